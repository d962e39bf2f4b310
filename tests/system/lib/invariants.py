"""What must hold after every test, asked of the lab's record; and of a daemon's counters at any time."""
from .check import equal, true
from .resolvers import DESIGNATION

SPLIT = ("corp.example.", "7.10.in-addr.arpa.")
OWN_VERSION = ("www.example.com.",)     # public, but the corporate server has its own


def is_under(name, zones):
    return any(name.lower() == z or name.lower().endswith("." + z) for z in zones)


def standing(lab):
    """The laptop asks the corporate server, and nobody else, for split names and for nothing else."""
    for row in lab.record(client="laptop"):
        if row["name"] == DESIGNATION:
            continue
        if row["party"] == "corp":
            true(is_under(row["name"], SPLIT + OWN_VERSION), f"a public name at the corporate server: {row}")
        else:
            true(not is_under(row["name"], SPLIT), f"a split-horizon name elsewhere: {row}")


def accounted(stubd):
    """Every query has had one end, or waits; returns the counters."""
    c = stubd.status()["counters"]
    equal(c["queries"], sum(c[k] for k in ("dropped", "errors", "local", "cached", "answered", "failed",
                                           "overloaded", "prohibited", "limited", "abandoned", "waiting")), "every query has its end")
    return c
