"""Conformance of special names: what is answered here, what is asked of nobody, what has servers of
its own (lib/conform.py says how)."""
from lib.check import equal
from lib.conform import Check, ask, can_fail, conforms, tcp
from lib.message import (A, AAAA, AD, ANY, DS, HTTPS, MX, NOERROR, NS, NXDOMAIN, PTR, RD, SERVFAIL, SOA, SRV, TXT, Opt,
                         wire)

E = {"opt": Opt()}
LOOP6 = "1." + "0." * 31 + "ip6.arpa"


def address(*octets):
    return lambda r: r.rcode == NOERROR and r.of(A) == [bytes(octets)] and len(r.answer) == 1


def no_such(r):
    return r.rcode == NXDOMAIN and not r.answer and [x.type for x in r.authority] == [SOA]


def no_data(r):
    return r.rcode == NOERROR and not r.answer and [x.type for x in r.authority] == [SOA]


def nothing(rfc, name, kind=A):
    return Check(rfc, f"{name} does not exist", ask(name, kind), no_such, "rcode", "no-authority", "add")


def empty(rfc, name, kind):
    return Check(rfc, f"{name} has no data of type {kind}", ask(name, kind), no_data, "rcode:3", "no-authority", "add")


LOCAL = [
    Check("RFC 6761, 6.3", "localhost is the loopback address", ask("localhost"), address(127, 0, 0, 1), "rdata", "add"),
    Check("RFC 6761, 6.3", "localhost over IPv6", ask("localhost", AAAA), lambda r: r.of(AAAA) == [bytes(15) + b"\1"],
          "rdata", "empty"),
    Check("RFC 6761, 6.3", "names below localhost too", ask("a.b.LOCALHOST"), address(127, 0, 0, 1), "rdata", "rcode"),
    empty("RFC 6761, 6.3", "localhost", MX), empty("RFC 6761, 6.3", "localhost", TXT),
    nothing("RFC 6761, 6.2", "www.test"), nothing("RFC 6761, 6.2", "test", NS), nothing("RFC 6761, 6.4", "x.invalid"),
    nothing("RFC 7686, 2", "abcdefghijklmnop.onion"), nothing("RFC 7686, 2", "abcdefghijklmnop.onion", HTTPS),
    nothing("RFC 9476, 3", "name.alt"), nothing("RFC 6762, 22.1", "printer.local"),
    nothing("RFC 6762, 22.1", "_ipp._tcp.local", SRV),
    nothing("RFC 8375, 4", "router.home.arpa"), nothing("RFC 8375, 4", "home.arpa", SOA),
    Check("RFC 8375, 4", "the DS of home.arpa is a public question", ask("home.arpa", DS),
          lambda r: r.rcode == NOERROR and not r.bit(0x400) and r.authority, "rcode:3", "aa"),
    empty("RFC 9462, 6.4", "resolver.arpa", A), empty("RFC 9462, 6.4", "_dns.resolver.arpa", 64),
    Check("RFC 8880, 7.1", "ipv4only.arpa has its two addresses", ask("ipv4only.arpa"),
          lambda r: r.of(A) == [bytes([192, 0, 0, 170]), bytes([192, 0, 0, 171])], "rdata", "drop-last", "add"),
    empty("RFC 8880, 7.1", "ipv4only.arpa", AAAA), empty("RFC 8880, 7.1", "ipv4only.arpa", TXT),
    nothing("RFC 8880, 7.1", "x.ipv4only.arpa"),
    Check("RFC 6303, 3", "127.0.0.1 is localhost", ask("1.0.0.127.in-addr.arpa", PTR),
          lambda r: r.of(PTR) == [wire("localhost")], "rdata", "empty"),
    Check("RFC 6303, 3", "::1 is localhost", ask(LOOP6, PTR), lambda r: r.of(PTR) == [wire("localhost")], "rdata",
          "empty"),
    nothing("RFC 6303, 4.2", "2.0.0.127.in-addr.arpa", PTR), nothing("RFC 6303, 4.1", "1.1.168.192.in-addr.arpa", PTR),
    nothing("RFC 6303, 4.1", "1.0.16.172.in-addr.arpa", PTR), nothing("RFC 6303, 4.2", "1.1.254.169.in-addr.arpa", PTR),
    nothing("RFC 7793, 3", "1.0.64.100.in-addr.arpa", PTR), nothing("RFC 6303, 4.4", "1.0.0.0.d.f.ip6.arpa", PTR),
    nothing("RFC 6303, 4.5", "1.0.8.e.f.ip6.arpa", PTR),
    Check("RFC 8020, 2", "the names above 127.0.0.1's exist", ask("0.0.127.in-addr.arpa", PTR), no_data, "rcode:3"),
    Check("RFC 6303, 3", "the SOA of a reverse zone is of that zone", ask("1.1.168.192.in-addr.arpa", PTR),
          lambda r: r.authority[0].owner.endswith("in-addr.arpa"), "no-authority"),
    Check("RFC 6761, 6.2", "a local denial is authoritative", ask("www.test"), lambda r: r.bit(0x400), "aa"),
    Check("RFC 6840, 5.8", "what is local is never called authentic", ask("localhost", **{"flags": RD | AD, **E}),
          lambda r: not r.bit(AD) and r.answer, "ad"),
    Check("RFC 8482, 4.3", "ANY of localhost says no more than is so", ask("localhost", ANY),
          lambda r: r.rcode == NOERROR and len(r.answer) <= 1 and not r.bit(0x200), "rcode:3", "tc"),
    nothing("RFC 6762, 22.1", "name", A), nothing("RFC 9460, 9", "name", HTTPS),
    Check("RFC 1034, 3.1", "a top-level domain can be asked for its servers", ask("com", NS),
          lambda r: r.rcode == NOERROR and r.of(NS), "empty"),
]

SPLIT = [
    Check("RFC 6761, 5", "a company's name comes from its own server", ask("intranet.corp.example"),
          address(10, 7, 0, 20), "rdata", "empty"),
    Check("RFC 4035, 3.1.4.1", "the DS at the apex of a split zone is asked of the split zone's server, not of the public",
          ask("corp.example", DS, **E), lambda r: r.rcode == SERVFAIL and not r.answer and r.ede is not None, "rcode",
          "opt-clear"),
    Check("RFC 1035, 3.5", "the reverse zone of the company's prefix is asked of its server",
          ask("20.0.7.10.in-addr.arpa", PTR), lambda r: r.of(PTR) == [wire("intranet.corp.example")], "rdata", "empty"),
    Check("RFC 1034, 3.6.2", "an alias out of the split zone is followed in public", ask("portal.corp.example"),
          lambda r: [x.type for x in r.answer] == [5, A] and r.answer[1].rdata == bytes([192, 0, 2, 80]), "rdata",
          "drop-last", "reverse"),
    Check("RFC 1034, 3.6.2", "an alias into the split zone is followed there", ask("tocorp.example.com"),
          lambda r: [x.type for x in r.answer] == [5, A] and r.answer[1].rdata == bytes([10, 7, 0, 20]), "drop-last",
          "reverse"),
    Check("RFC 8914, 4.19", "a split rule without servers: prohibited", ask("x.closed.example", **E),
          lambda r: r.rcode == SERVFAIL and r.ede == 18, "rcode", "opt-data"),
    Check("RFC 8914, 4.19", "the same over TCP", tcp(("y.closed.example", A, 1, 0x1234, RD, Opt())),
          lambda r: r.rcode == SERVFAIL and r.ede == 18, "opt-clear"),
]

CHECKS = LOCAL + SPLIT


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]},
            "split": [{"domains": ["corp.example", "10.7.0.0/16"], "servers": [lab.env["CORP4"]]},
                      {"domains": ["closed.example"], "servers": []}]}


def test_conforms(lab):
    """special names are answered as the RFCs say, and all but three of them leave no trace"""
    conforms(lab, config(lab), CHECKS)
    asked = {r["name"] for r in lab.record(client="laptop")} - {r["name"] for r in lab.record(party="corp")}
    equal(asked, {"home.arpa.", "com.", "www.example.com.", "tocorp.example.com."}, "what left")


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
