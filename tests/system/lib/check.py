"""Two assertions that say what they saw."""


def equal(seen, wanted, about=""):
    if seen != wanted:
        raise AssertionError(f"{about + ': ' if about else ''}expected {wanted!r}, saw {seen!r}")


def true(condition, about):
    if not condition:
        raise AssertionError(about)
