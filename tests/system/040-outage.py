"""A provider dies in every way, ten times, at 200 distinct names a second: nobody notices."""
import time

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd

RATE, ROUNDS = 200, 10
WORST = {"kill": 0.3, "reset": 0.3, "stop": 1.5, "blackhole": 1.5}     # seconds


def one_round(lab, fault, victim, transport, label):
    """One fault in the middle of a steady load. Returns the worst wait in seconds."""
    names = [f"{label}-{i}.load.example.com" for i in range(RATE * 3)]
    load = Load(lab, names, RATE)
    time.sleep(1)                       # the load has to be under way: this is its length, not a wait
    lab.fault(fault, victim)
    load.finish()
    lab.heal(victim)
    equal(load.failed, 0, f"{fault} of {victim}: failed queries {load.rcodes} lost {load.lost}")
    return max(load.latencies)


def outage(lab, fault, transport):
    config = {"providers": {"custom": [lab.providers[f"{p}-{transport}"] for p in ("alpha", "beta")]}}
    worst = []
    for i in range(ROUNDS):
        with Stubd(lab, config):
            equal(dig(lab, "www.example.com").status, "NOERROR")
            worst.append(one_round(lab, fault, "alpha", transport, f"{fault}-{transport}-{i}"))
    print(f"  {fault} over {transport}: worst wait {max(worst) * 1000:.0f} ms in {ROUNDS} rounds")
    true(max(worst) <= WORST[fault], f"worst wait {max(worst):.2f} s")


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


def test_blackhole_dot(lab):
    """provider black-holed, DoT"""
    outage(lab, "blackhole", "dot")
