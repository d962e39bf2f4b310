"""All providers out of reach: recursion takes over, nobody waits twice, and providers are back soon."""
import time

from lib.ask import Load, dig
from lib.check import equal, true, within
from lib.daemon import Stubd

RATE, SECONDS = 200, 12
ZONES = ("load.example.com", "load.insecure.org", "wild.example.co.uk")
AUTHORITIES = ("root", "tld", "leaf1", "leaf2")
# Seconds; 2.8, 0.01 and 0.5 on a machine that does nothing else.
FIRST, SETTLED, BACK = 3.5, 1.0, 5.0


def back_at_providers(lab, stubd, since):
    """Seconds from `since` until a question was answered by a provider again."""
    number = 0
    while time.monotonic() - since < 60:
        code, text = stubd.ctl("explain", "--live", f"back{number}.wild.example.com")
        if code == 0 and "alpha-doh" in text.split("asked", 1)[-1] and not stubd.status()["warnings"]:
            return time.monotonic() - since
        number += 1
    raise AssertionError("providers never came back")


def black_hole(lab, dnssec):
    config = {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
              "on_miss": ["providers", "recurse"], "dnssec": dnssec}
    for authority in AUTHORITIES:
        lab.fault("delay", "30", authority)
    with Stubd(lab, config) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        for provider in ("alpha", "beta"):
            lab.fault("blackhole", provider)
        load = Load(lab, [f"deg{i}.{ZONES[i % 3]}" for i in range(RATE * SECONDS)], RATE)
        load.finish()
        equal((load.lost, load.failed), (0, 0), f"failed: {load.rcodes}")
        late = load.latencies[-RATE * 4:]
        true(stubd.status()["warnings"], "status warns of recursion in plaintext")
        true("ad" in dig(lab, "last.load.example.com", "A", "+dnssec").flags, "recursion proves what it says")
        mended = time.monotonic()
        lab.heal()
        back = back_at_providers(lab, stubd, mended)
    print(f"  worst wait {max(load.latencies):.2f} s, of the last four seconds {max(late):.2f} s; "
          f"back at providers {back:.1f} s after the mend")
    within(max(load.latencies), FIRST, "worst wait")
    within(max(late), SETTLED, "late wait")
    within(back, BACK, "back at providers")


def test_black_hole(lab):
    """providers black-holed at 200 names a second, authorities 30 ms away: every name is answered by
    recursion, the first ones in time, later ones without waiting; back within 5 s"""
    black_hole(lab, "off")


def test_black_hole_validating(lab):
    """the same with dnssec: validate, whose own questions for keys are lost too"""
    black_hole(lab, "validate")


def test_broken_zone_at_load(lab):
    """a zone that always fails causes no recursion, however often it is asked"""
    config = {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
              "on_miss": ["providers", "recurse"]}
    with Stubd(lab, config):
        for i in range(20):
            equal(dig(lab, f"n{i}.bogus.org").status, "SERVFAIL")
        equal(dig(lab, "www.example.com").status, "NOERROR")
    equal([r for r in lab.record(client="laptop") if r["party"] in AUTHORITIES], [])
