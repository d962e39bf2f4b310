"""A provider dies in every way, at 200 distinct names a second: nobody notices.

Each pair of fault and transport has one daemon and ROUNDS rounds (three; the variable of that name
overrides): the fault comes in the middle of a steady load, then the provider is mended, and the
next round begins when it has its place again. Nobody may fail. How long anybody waits is shown, and
held to limits under `make check-timed`: what it must never come to is one, what it usually comes to
another, and one round in five may be disturbed by other work on the machine.
"""
import os
import re
import statistics
import time

from lib.ask import Load, dig
from lib.check import equal, true, within
from lib.daemon import Stubd

RATE = 200
ROUNDS = int(os.environ.get("ROUNDS", "3"))
BEFORE = 0.3                            # seconds of load before the fault
AFTER = {"kill": 1.5, "reset": 1.5, "stop": 2.5, "blackhole": 2.5}      # seconds of load after it
LATE = {"kill": 0.5, "reset": 0.5, "stop": 1.5, "blackhole": 1.5}       # seconds after it: the switch is over
WORST = {"kill": 0.3, "reset": 0.3, "stop": 1.5, "blackhole": 1.5}      # seconds that anybody may wait
USUAL = {"kill": 0.2, "reset": 0.2, "stop": 1.0, "blackhole": 1.0}      # the same in most rounds
NOISY = 5                               # one round in so many may be disturbed by other work on the machine
USUAL_LATE = 0.1                                                        # after the switch in most rounds
RECOVERY = 5                            # seconds from the mend to the return
NEVER = 60                              # seconds after which it is not slow but broken


def ms(waits):
    return f"{max(waits) * 1000:.0f} ms"


def worst_waits(load, ended, since):
    """Of all questions, and of those sent at `since` or later: they left at a steady rate up to the end.
    None: a busy machine took so long for the fault that hardly any did."""
    waits = {int(i): float(wait) for i, wait in re.findall(r"^> \w+ \S*-(\d+)\.load\S* A (\S+)$", load.text, re.M)}
    late = [waits[i] for i in waits if ended - (len(waits) - 1 - i) / RATE >= since]
    return max(waits.values()), max(late) if len(late) >= 5 else None


def recover(lab, stubd, label):
    """Asks until the first provider has its place again; returns the seconds it took."""
    started = time.monotonic()
    while stubd.status()["providers"][0]["standing"] != "up":
        true(time.monotonic() - started < NEVER, "the first provider does not come back")
        equal(dig(lab, f"{time.monotonic_ns()}.load.example.com").status, "NOERROR", label)
    return time.monotonic() - started


def one_round(lab, stubd, fault, label):
    count = round(RATE * (BEFORE + AFTER[fault]))
    load = Load(lab, [f"{label}-{i}.load.{('example.com', 'insecure.org')[i % 2]}" for i in range(count)], RATE)
    time.sleep(BEFORE)                  # the load's length before the fault, not a wait for anything
    lab.fault(fault, "alpha")
    failed = time.monotonic()
    load.finish()
    ended = time.monotonic()
    lab.heal("alpha")
    equal((load.failed, load.lost), (0, 0), f"{label}: {load.rcodes}")
    return *worst_waits(load, ended, failed + LATE[fault]), recover(lab, stubd, label)


def outage(lab, fault, transport):
    config = {"providers": {"custom": [lab.providers[f"{p}-{transport}"] for p in ("alpha", "beta")]}}
    started = time.monotonic()
    with Stubd(lab, config) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        rounds = [one_round(lab, stubd, fault, f"{fault}-{transport}-{i}") for i in range(ROUNDS)]
    each = (time.monotonic() - started) / ROUNDS
    worst, late, back = zip(*rounds)
    late = [wait for wait in late if wait is not None]
    true(late, "no round was asked anything after the switch")
    usual, usual_late = statistics.median(worst), statistics.median(late)
    print(f"  {fault} over {transport}: worst wait {ms(worst)}, usual {usual * 1000:.0f} ms; from {LATE[fault]} s "
          f"after the fault on {ms(late)}, usual {usual_late * 1000:.0f} ms; back {ms(back)} after the mend; "
          f"{ROUNDS} rounds of {each:.1f} s")
    within(sorted(worst)[-1 - ROUNDS // NOISY], WORST[fault], "worst wait")
    within(usual, USUAL[fault], "usual worst wait")
    within(usual_late, USUAL_LATE, "usual worst wait after the switch")
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
