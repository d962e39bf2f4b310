"""Assertions that say what they saw."""
import os
import time


def equal(seen, wanted, about=""):
    if seen != wanted:
        raise AssertionError(f"{about + ': ' if about else ''}expected {wanted!r}, saw {seen!r}")


def true(condition, about):
    if not condition:
        raise AssertionError(about)


def within(seconds, limit, about):
    """What a quiet machine must do in time. Other work makes any machine slow, and that is nobody's
    fault: so the figure is shown, and fails the test under `make check-timed` only."""
    if seconds <= limit:
        return
    text = f"{about}: {seconds:.2f} s, {limit} s on a quiet machine"
    true(not os.environ.get("TIMED"), text)
    print(f"  slow: {text}")


def becomes_true(condition, about, seconds=20):
    """For what tells nobody that it has happened: asks again until it has."""
    end = time.monotonic() + seconds
    while not condition():
        true(time.monotonic() < end, f"not within {seconds} s: {about}")
        time.sleep(0.01)
