"""Assertions that say what they saw."""
import time


def equal(seen, wanted, about=""):
    if seen != wanted:
        raise AssertionError(f"{about + ': ' if about else ''}expected {wanted!r}, saw {seen!r}")


def true(condition, about):
    if not condition:
        raise AssertionError(about)


def becomes_true(condition, about, seconds=20):
    """For what tells nobody that it has happened: asks again until it has."""
    end = time.monotonic() + seconds
    while not condition():
        true(time.monotonic() < end, f"not within {seconds} s: {about}")
        time.sleep(0.01)
