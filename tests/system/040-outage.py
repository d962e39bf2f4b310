"""A provider dies in every way, at 200 distinct names a second: nobody notices.

Each pair of fault and transport has one daemon and ROUNDS rounds (three; the variable of that name
overrides): the fault comes in the middle of a steady load, then the provider is mended, and the
next round begins when it has its place again. Nobody may fail. How long anybody waits is shown, and
held to limits under `make check-timed` (lib/outage.py).
"""
import time

from lib.ask import dig
from lib.check import equal, true, within
from lib.daemon import Stubd
from lib.outage import AT_ONCE, SILENT, rounds, under_load

SPEED = {"kill": AT_ONCE, "reset": AT_ONCE, "stop": SILENT, "blackhole": SILENT}
RECOVERY = 5                            # seconds from the mend to the return
NEVER = 60                              # seconds after which it is not slow but broken


def recover(lab, stubd, label):
    """Asks until the first provider has its place again; returns the seconds it took."""
    started = time.monotonic()
    while stubd.status()["providers"][0]["standing"] != "up":
        true(time.monotonic() - started < NEVER, "the first provider does not come back")
        equal(dig(lab, f"{time.monotonic_ns()}.load.example.com").status, "NOERROR", label)
    return time.monotonic() - started


def outage(lab, fault, transport):
    config = {"providers": {"custom": [lab.providers[f"{p}-{transport}"] for p in ("alpha", "beta")]}}
    back = []

    def one_round(label):
        waits = under_load(lab, label, SPEED[fault], lambda: lab.fault(fault, "alpha"))
        lab.heal("alpha")
        back.append(recover(lab, stubd, label))
        return waits

    with Stubd(lab, config) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        rounds(f"{fault} over {transport}", SPEED[fault], 3, one_round)
    print(f"  back {max(back) * 1000:.0f} ms after the mend at the latest")
    within(max(back), RECOVERY, "the first provider's return")


def test_kill_doh(lab):
    """provider killed, DoH"""
    outage(lab, "kill", "doh")


def test_stop_doh(lab):
    """provider stopped, DoH"""
    outage(lab, "stop", "doh")


def test_blackhole_doh(lab):
    """provider black-holed, DoH"""
    outage(lab, "blackhole", "doh")


def test_reset_doh(lab):
    """connections reset, DoH"""
    outage(lab, "reset", "doh")


def test_reset_dot(lab):
    """connections reset, DoT"""
    outage(lab, "reset", "dot")


def test_kill_dot(lab):
    """provider killed, DoT"""
    outage(lab, "kill", "dot")


def test_stop_dot(lab):
    """provider stopped, DoT"""
    outage(lab, "stop", "dot")


def test_blackhole_dot(lab):
    """provider black-holed, DoT"""
    outage(lab, "blackhole", "dot")
