"""A fault in the middle of a steady load of distinct names, round after round: nobody fails, and how long
anybody waited.

What it must never come to is one limit, what it usually comes to another, and one round in five may be
disturbed by other work on the machine; they are asserts under `make check-timed` only.
"""
import os
import re
import statistics
import time
from collections import namedtuple

from .ask import Load
from .check import equal, true, within

RATE = 200
BEFORE = 0.3                            # seconds of load before the fault
NOISY = 5                               # one round in so many may be disturbed
LATE_WAIT = 0.1                         # seconds, after the switch in most rounds

# Seconds: of load after the fault; until the switch is over; anybody may wait; in most rounds.
Speed = namedtuple("Speed", "after late worst usual")
AT_ONCE = Speed(1.5, 0.5, 0.3, 0.2)     # who is asked says no
SILENT = Speed(2.5, 1.5, 1.5, 1.0)      # nobody says anything


def ms(waits):
    return f"{max(waits) * 1000:.0f} ms"


def worst_waits(load, ended, since):
    """Of all questions, and of those sent at `since` or later: they left at a steady rate up to the end.
    None: a busy machine took so long for the fault that hardly any did."""
    waits = {int(i): float(wait) for i, wait in re.findall(r"^> \w+ \S*-(\d+)\.load\S* A (\S+)$", load.text, re.M)}
    late = [waits[i] for i in waits if ended - (len(waits) - 1 - i) / RATE >= since]
    return max(waits.values()), max(late) if len(late) >= 5 else None


def under_load(lab, label, speed, fault):
    """Loads, calls fault() in its midst, and returns the worst waits: of all, and after the switch."""
    count = round(RATE * (BEFORE + speed.after))
    load = Load(lab, [f"{label}-{i}.load.{('example.com', 'insecure.org')[i % 2]}" for i in range(count)], RATE)
    time.sleep(BEFORE)                  # the load's length before the fault, not a wait for anything
    fault()
    failed = time.monotonic()
    load.finish()
    equal((load.failed, load.lost), (0, 0), f"{label}: {load.rcodes}")
    return worst_waits(load, time.monotonic(), failed + speed.late)


def rounds(title, speed, usually, one_round):
    """Calls one_round(label) ROUNDS times (that variable, else `usually`), shows and judges what it returns."""
    number = int(os.environ.get("ROUNDS", usually))
    started = time.monotonic()
    label = title.replace(" ", "-")
    worst, late = zip(*(one_round(f"{label}-{i}") for i in range(number)))
    each = (time.monotonic() - started) / number
    late = [wait for wait in late if wait is not None]
    true(late, "no round was asked anything after the switch")
    usual, usual_late = statistics.median(worst), statistics.median(late)
    print(f"  {title}: worst wait {ms(worst)}, usual {usual * 1000:.0f} ms; from {speed.late} s "
          f"after the fault on {ms(late)}, usual {usual_late * 1000:.0f} ms; {number} rounds of {each:.1f} s")
    within(sorted(worst)[-1 - number // NOISY], speed.worst, "worst wait")
    within(usual, speed.usual, "usual worst wait")
    within(usual_late, LATE_WAIT, "usual worst wait after the switch")
