"""All packets of the machine, captured on all links and ports: under privacy strict no queried name is
in one of them, whatever fails."""
import os
import re
import secrets
import struct

from lib.ask import Load
from lib.check import equal, true
from lib.daemon import ADDRESS, PORT, Stubd
from lib.lab import ROOT
from lib.packets import Packets

README = os.path.join(ROOT, "tests", "lab", "README.md")
PROVIDERS = ("alpha", "beta", "crook")
CERTIFICATES = ("wrong-name", "expired", "self-signed", "tls11")
ZONES = ("load.example.com", "wildcname.example.com", "example.com", "load.insecure.org", "wild.example.co.uk",
         "bogus.org", "dead.org", "no-such-tld")
SLOW = "1500"       # milliseconds, for the faults that want some


class Capture(Packets):
    def outside(self):
        """What is not between our own sockets."""
        return [f for f in self.flows if f["link"] != "lo" or not (ours(f["from"]) or ours(f["to"]))]

    def leaks(self, labels):
        """(label, from, to) of each label that can be read."""
        wanted = re.compile("|".join(labels).encode())
        return sorted({(m.decode(), f["from"], f["to"]) for f in self.outside()
                       for m in wanted.findall(f["payload"].lower())})

    def server_names(self):
        """The names in all TLS ClientHellos (RFC 6066 section 3): a host name by itself, in three lengths."""
        names = set()
        for f in self.outside():
            data = f["payload"]
            if data[:1] != b"\x16" or data[5:6] != b"\x01":
                continue
            names |= {name for at in range(len(data) - 9) if (name := server_name(data, at))}
        return names


def ours(place):
    """The listener for clients, or the validator's at an address of its own that nobody else has the use of
    (120-dnssec.py)."""
    return place == (ADDRESS, PORT) or place[0].startswith("127.") and place[0] != ADDRESS


def server_name(data, at):
    """The host name of a server_name extension that begins at this octet, or None."""
    kind, whole, entries, form, length = struct.unpack(">HHHBH", data[at:at + 9])
    if (kind, form) != (0, 0) or whole != entries + 2 or entries != length + 3:
        return None
    name = data[at + 9:at + 9 + length]
    return name.decode("ascii", "replace") if length and len(name) == length else None


def lab_faults():
    """(name, value or None) of every fault in the lab's README: those of parties, and those of crook."""
    with open(README, encoding="utf-8") as f:
        text = f.read().split("\n## Faults\n")[1].split("\n## ")[0]
    tables = text.split("For `crook` only")
    return [[(name, SLOW if value == "MS" else None)
             for line in table.splitlines() if line.startswith("| `")
             for name, value in re.findall(r"`([a-z0-9-]+) ?([^`]*)`", line.split("|")[1])]
            for table in tables]


def config(lab, *names, **more):
    return {"privacy": "strict", "dnssec": "validate",
            "providers": {"custom": [lab.providers[n] for n in names]}, **more}


def ask_all(lab, labels):
    """Names never asked before, one in each zone, all at once; notes their labels."""
    mine = [secrets.token_hex(10) for _ in ZONES]
    labels += mine
    load = Load(lab, [f"{label}.{zone}" for label, zone in zip(mine, ZONES)], 100).finish()
    equal((load.sent, load.lost), (len(ZONES), 0))


def under(lab, labels, providers, fault):
    """Asks under a fault that is there before the first connection, and under one that comes later."""
    name, value = fault
    parties = [()] if name == "captive" else [(p,) for p in PROVIDERS if any(n.startswith(p) for n in providers)]
    more = (value,) if value else ()

    def break_it():
        for party in parties:
            lab.run("fault", name, *more, *party)

    break_it()
    with Stubd(lab, config(lab, *providers)):
        ask_all(lab, labels)
        lab.heal()
        ask_all(lab, labels)
        break_it()
        ask_all(lab, labels)
    lab.heal()


def nothing_in_clear(lab, capture, labels):
    hosts = {lab.env[f"{p.upper()}_HOST"] for p in PROVIDERS}
    equal(capture.leaks(labels), [], "names in clear")
    equal(capture.server_names() - hosts, set(), "server names in ClientHellos")
    true(capture.server_names(), "ClientHellos were captured")
    plain = [r for r in lab.record(client="laptop") if r["transport"] in ("udp", "tcp")]
    equal(plain, [], "plain questions")


def told_crook(lab, labels):
    """Was it told one of the names of the last round?"""
    return not set(labels[-len(ZONES):]).isdisjoint(r["name"].split(".")[0] for r in lab.record(party="crook"))


def test_strict_network_faults(lab):
    """privacy strict, each fault of the network, at every provider: no packet has a queried name"""
    labels = []
    faults, _ = lab_faults()
    true(len(faults) >= 8, f"the lab's faults: {faults}")
    with Capture(lab) as capture:
        for fault in faults:
            under(lab, labels, ("alpha-doh", "beta-dot", "crook-doh"), fault)
    nothing_in_clear(lab, capture, labels)


def test_strict_crooked_answers(lab):
    """privacy strict, each way of crook to misbehave: no packet has a queried name"""
    labels = []
    _, faults = lab_faults()
    true(len(faults) >= 18, f"crook's faults: {faults}")
    with Capture(lab) as capture:
        for name, value in faults:
            with Stubd(lab, config(lab, "crook-doh", "crook-dot", "alpha-doh")):
                lab.fault(name, *filter(None, (value,)), "crook")
                ask_all(lab, labels)
                if name not in CERTIFICATES and not told_crook(lab, labels):
                    ask_all(lab, labels)    # who was slow to connect was overtaken by the next provider, and is there now
            equal(told_crook(lab, labels), name not in CERTIFICATES, f"crook was asked under {name}")
            lab.heal()
    nothing_in_clear(lab, capture, labels)


def test_detector(lab):
    """the same capture sees every name that recursion asks for, so it would have seen one"""
    labels = []
    asked = config(lab, "alpha-doh", privacy="encrypted", on_miss=["providers", "recurse"])
    with Capture(lab) as capture:
        lab.fault("kill", "alpha")
        with Stubd(lab, asked):
            ask_all(lab, labels)
    seen = {label for label, *_ in capture.leaks(labels)}
    # Aggressive NSEC (RFC 8198) may deny the names that do not exist; those below wildcards must be asked for.
    true(labels[0] in seen and labels[3] in seen and len(seen) >= 4, f"{len(seen)} of {len(labels)} were seen")
