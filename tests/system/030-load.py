"""Many distinct names at a steady rate: nothing lost, few handshakes."""
from lib.ask import Load
from lib.check import equal, true
from lib.daemon import Stubd

NAMES, RATE = 10000, 500
WAITING = 200   # without an answer at most: who asks on when a busy machine stands still asks for more than fits
HEDGE = 0.25    # s that an answer takes at least before there is reason for another connection
ZONES = "example.com", "insecure.org", "v4.org"   # one domain alone is capped


def run(lab, provider, transport):
    names = [f"{transport}{i}.load.{ZONES[i % len(ZONES)]}" for i in range(NAMES)]
    config = {"providers": {"custom": [lab.providers[f"{provider}-{transport}"]]}}
    with Stubd(lab, config):
        load = Load(lab, names, RATE, waiting=WAITING).finish()
    equal((load.sent, load.lost, load.rcodes), (NAMES, 0, {"NOERROR": NAMES}))
    equal(len({r["name"] for r in lab.record(party=provider) if r["transport"] == transport}), NAMES)
    opened = lab.connections(provider).get(transport, 0)
    most = 2 if max(load.latencies) < HEDGE else 10
    true(1 <= opened <= most, f"{opened} connections to {provider}, at most {most}")
    print(f"  {transport} {provider}: {NAMES} names, {opened} connection(s), "
          f"slowest {max(load.latencies) * 1000:.0f} ms")


def test_doh(lab):
    """10,000 uncached names at 500/s through DoH: none lost, none SERVFAIL, few handshakes"""
    run(lab, "alpha", "doh")


def test_dot(lab):
    """10,000 uncached names at 500/s through DoT: none lost, none SERVFAIL, few handshakes"""
    run(lab, "beta", "dot")
