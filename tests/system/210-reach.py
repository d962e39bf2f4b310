"""Providers that are hard to reach, and are reached: blocked ports.

Times are printed; what is asserted is that nobody fails, and the order of magnitude.
"""
import re
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.conform import Author
from lib.daemon import Stubd

RATE = 200
DEADLINE = 4.5


def both(lab, party, first="dot", **more):
    """A provider by two transports."""
    other = {"dot": "doh", "doh": "dot"}[first]
    entry = dict(lab.providers[f"{party}-{first}"], name=party, **more)
    return dict(entry, other_url=lab.providers[f"{party}-{other}"]["url"])


def config(*entries):
    return {"providers": {"custom": list(entries)}}


def waits(load):
    return [float(w) for w in re.findall(r"^> \w+ \S+ A (\S+)$", load.text, re.M)]


def show(label, load):
    every = sorted(waits(load))
    print(f"  {label}: worst wait {every[-1] * 1000:.0f} ms, median {every[len(every) // 2] * 1000:.1f} ms, "
          f"{len([w for w in every if w > 0.1])} of {len(every)} over 100 ms")
    true(every[-1] < DEADLINE, f"{label}: somebody waited {every[-1]} s")


def only_provider(stubd):
    return stubd.status()["providers"][0]


def test_853_blocked_from_the_start(lab):
    """a daemon that starts where port 853 is blocked finds the provider's DoH, and asks nobody else"""
    for fault in ("refuse853", "reset853", "block853"):
        lab.fault(fault, "alpha")
        lab.forget()
        with Stubd(lab, config(both(lab, "alpha"), lab.providers["beta-doh"])) as stubd:
            equal(dig(lab, "www.example.com").status, "NOERROR", fault)
            equal({(r["party"], r["transport"]) for r in lab.record(client="laptop")}, {("alpha", "doh")}, fault)
            equal(only_provider(stubd)["fallback"], "doh", fault)
        lab.heal("alpha")


def test_server_closes_idle_connections(lab):
    """a server that closes resting connections (dnsdist, after two seconds): learnt, the next questions never fail"""
    with Stubd(lab, config(lab.providers["beta-dot"])) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        for i in range(4):
            started = time.monotonic()
            while only_provider(stubd)["connections"]:
                true(time.monotonic() - started < 20, "the connection is never closed")
                time.sleep(0.02)
            print(f"  round {i}: closed after {time.monotonic() - started:.2f} s of rest")
            asked = time.monotonic()
            equal(dig(lab, f"rest{i}.load.example.com").status, "NOERROR")
            print(f"  round {i}: answered in {(time.monotonic() - asked) * 1000:.0f} ms, dig's own start included")
        equal(only_provider(stubd)["last_error"], "")


def test_server_says_how_long(lab):
    """a server that says by EDNS how long it keeps a resting connection (unbound, three seconds): closed before that"""
    rule = {"domains": ["corp.example"], "servers": [f"tls://{lab.env['CORP4']}#{lab.env['CORP_HOST']}"],
            "ca_file": lab.env["LAB_CA"]}
    stubd = Stubd(lab, {**config(lab.providers["beta-doh"]), "split": [rule]})
    stubd.options = ["-v"]
    with stubd:
        for i in range(2):
            equal(dig(lab, f"keep{i}.load.corp.example").status, "NOERROR")
            started = time.monotonic()
            becomes_true(lambda: stubd.log().count("transport=dot") == 2 * (i + 1), "closed", 20)
            print(f"  round {i}: closed after {time.monotonic() - started:.2f} s of rest")
        events = re.findall(r'transport=dot .*event=(\w+) reason="([^"]*)"', stubd.log())
    equal(events, [("ready", ""), ("closed", "idle")] * 2)
    for row in lab.record(party="corp"):
        true(bytes.fromhex("000b0000000c") in bytes.fromhex(row["query"]), row)


def test_server_keeps_nothing(lab):
    """a server that says that it keeps no connection: each question has its own, and none fails; what is no time
    is ignored"""
    with Author(lab), Stubd(lab, config(lab.providers["crook-dot"])):
        for kind, connections in (("keep-not", 4), ("keep-broken", 1)):
            before = lab.connections("crook").get("dot", 0)
            for i in range(4):
                equal(dig(lab, f"{kind}.{i}.author.org").status, "NOERROR", kind)
            opened = lab.connections("crook").get("dot", 0) - before
            true(opened == connections, f"{kind}: {opened} connections")


def test_path_gone_while_idle(lab):
    """a path that went silent while it rested, alive again for new connections only: no error"""
    for transport in ("doh", "dot"):
        with Stubd(lab, config(lab.providers[f"alpha-{transport}"])):
            equal(dig(lab, "www.example.com").status, "NOERROR")
            # The state of a NAT in between is forgotten: packets of the old connection lead nowhere.
            port = {"doh": 443, "dot": 853}[transport]
            (line,) = [x for x in lab.output("ss", "-Htn", "state", "established", "dport", f"= :{port}").splitlines()]
            local = line.split()[2].rsplit(":", 1)[1]
            lab.output("nft", f"add table inet nat_gone; add chain inet nat_gone out "
                       f"{{ type filter hook output priority 0; }}; "
                       f"add rule inet nat_gone out tcp sport {local} drop", check=True)
            time.sleep(2.5)             # the rest itself
            load = Load(lab, [f"gone-{transport}.load.example.com"], RATE)
            load.finish()
            lab.output("nft", "delete table inet nat_gone", check=True)
            equal((load.failed, load.lost), (0, 0), load.rcodes)
            show(f"first question after the path was gone, {transport}", load)


def test_ipv6_black_holed(lab):
    """IPv6 leads nowhere: IPv4 is tried beside it, and first from then on"""
    alpha6 = lab.env["ALPHA6"]
    lab.output("nft", f"add table inet six; add chain inet six out {{ type filter hook output priority 0; }}; "
               f"add rule inet six out ip6 daddr {alpha6} drop", check=True)
    entry = lab.providers["alpha-doh"]
    true(any(":" in a for a in entry["addresses"]) and any("." in a for a in entry["addresses"]), str(entry))
    with Stubd(lab, config(entry)):
        load = Load(lab, [f"six-{i}.load.example.com" for i in range(50)], RATE)
        load.finish()
        equal((load.failed, load.lost), (0, 0), load.rcodes)
        show("IPv6 black-holed", load)
    lab.output("nft", "delete table inet six", check=True)
