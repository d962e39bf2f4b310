"""The first question after a rest, when its connection is gone: closed by the server, or swallowed by the path without a
word. Nobody fails, and nobody waits longer than for a new connection. While it rests nothing is sent.

Under `make check-timed` it rests for a minute, and for twenty seconds; the server closes after ten. Else for a few
seconds, after one.
"""
import os
import time

from lib.ask import Load
from lib.check import equal, true, within
from lib.daemon import Stubd
from lib.network import only_v4
from lib.packets import Packets

LONG = bool(os.environ.get("TIMED"))
RESTS = (20, 60) if LONG else (3,)
CLOSES = 10 if LONG else 1
FIRST_PORT = 5301
TRANSPORTS = ("doh", "dot")
FAREWELL = 300              # octets of a connection's own end: close_notify, and acknowledgements of HTTP/2
HEDGE = 0.06                # seconds: PURSUIT_HEDGE_QUIET, however short the usual time is
NOISE = 0.1


def stubd_at(lab, number, provider):
    """One of several daemons in the laptop."""
    return Stubd(lab, {"listen": [f"127.0.0.1:{FIRST_PORT + number}"],
                       "providers": {"custom": [only_v4(lab.providers[provider])]}})


def wait_of(lab, number, label):
    """Seconds until one new name is answered."""
    load = Load(lab, [f"{label}-{number}-{time.monotonic_ns()}.load.example.com"], 100, port=FIRST_PORT + number).finish()
    equal((load.failed, load.lost), (0, 0), f"{label} {number}: {load.rcodes}")
    return load.latencies[0]


def sent(capture, address):
    """Octets of the laptop to a provider, over all connections."""
    return sum(len(f["payload"]) for f in capture.flows if f["to"][0] == address and f["to"][1] in (443, 853))


def ports_to(lab, address):
    """Of the laptop's, of its connections to that address."""
    lines = lab.output("ss", "-Htn", "state", "established", "dst", address).splitlines()
    return [line.split()[2].rsplit(":", 1)[1] for line in lines if line.strip()]


def forget_path(lab, ports):
    """The state of a NAT in between is lost: packets of those connections lead nowhere."""
    lab.output("nft", f"add table inet nat_gone; add chain inet nat_gone out {{ type filter hook output priority 0; }}; "
               f"add rule inet nat_gone out tcp sport {{ {', '.join(ports)} }} drop", check=True)


def rest(lab, party, seconds, gone):
    """Asks by each transport, rests, asks again; returns (fresh, SRTT, after) in seconds for each."""
    address = lab.env[f"{party.upper()}4"]
    daemons = [stubd_at(lab, i, f"{party}-{transport}") for i, transport in enumerate(TRANSPORTS)]
    for stubd in daemons:
        stubd.start()
    try:
        fresh = [wait_of(lab, i, "fresh") for i in range(len(daemons))]
        usual = [max(wait_of(lab, i, "usual") for _ in range(3)) for i in range(len(daemons))]
        ports = ports_to(lab, address)
        equal(len(ports), len(daemons))
        lab.forget()
        with Packets(lab) as capture:
            time.sleep(seconds)             # the rest itself
            equal(lab.record(client="laptop"), [], "questions while it rests")
            equal(sum(lab.connections(party).values()), 0, "connections while it rests")
        octets = sent(capture, address)
        true(octets <= FAREWELL * len(daemons), f"{octets} octets were sent while it rested")
        gone(ports)
        with Packets(lab) as busy:
            after = [wait_of(lab, i, "after") for i in range(len(daemons))]
        true(sent(busy, address) > FAREWELL * len(daemons), "the capture sees what is sent")
    finally:
        lab.output("nft", "delete table inet nat_gone")
        for stubd in daemons:
            stubd.__exit__()
    return octets, list(zip(fresh, usual, after))


def judge(title, seconds, octets, waits, limit):
    for transport, (fresh, usual, after) in zip(TRANSPORTS, waits):
        print(f"  {title}, {seconds} s of rest, {transport}: a new connection {fresh * 1000:.0f} ms, usual "
              f"{usual * 1000:.0f} ms, first question after the rest {after * 1000:.0f} ms; {octets} octets sent meanwhile")
        within(after, limit(fresh, usual), f"{title}, {transport}")


def test_closed(lab):
    """a server that closes resting connections: the first question waits for a new connection, and no longer"""
    for seconds in RESTS:
        lab.fault("idle", "crook", str(CLOSES))
        octets, waits = rest(lab, "crook", seconds, lambda _: None)
        judge(f"closed after {CLOSES} s", seconds, octets, waits, lambda fresh, _: fresh + NOISE)
        lab.heal("crook")


def test_path_gone(lab):
    """a path that went silent: the first question waits for three times the usual time, and for a new connection"""
    for seconds in RESTS:
        octets, waits = rest(lab, "alpha", seconds, lambda ports: forget_path(lab, ports))
        judge("path gone", seconds, octets, waits, lambda fresh, usual: max(3 * usual, HEDGE) + fresh + NOISE)
