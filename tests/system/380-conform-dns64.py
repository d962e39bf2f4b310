"""Conformance of DNS64 (lib/conform.py says how)."""
from lib.conform import Check, ask, can_fail, conforms, flags, twice
from lib.message import A, AAAA, AD, CD, CNAME, DO, NOERROR, NXDOMAIN, PTR, RD, SOA, Opt, wire

def reverse(digits):
    return ".".join(reversed("0064ff9b" + "0" * 16 + digits)) + ".ip6.arpa"


PREFIX = bytes.fromhex("0064ff9b") + bytes(8)
D = {"opt": Opt(flags=DO)}


def made(*addresses):
    return lambda r: r.rcode == NOERROR and r.of(AAAA) == sorted(PREFIX + bytes(a) for a in addresses) and not r.of(A)


def no_data(r):
    return r.rcode == NOERROR and not r.answer and [x.type for x in r.authority] == [SOA]


CHECKS = [
    Check("RFC 6147, 5.1.6", "a name that has IPv4 addresses only is given IPv6 ones", ask("v4only.example.com", AAAA),
          made([192, 0, 2, 84]), "rdata", "empty", "add"),
    Check("RFC 6147, 5.1.6", "each of them", ask("many.example.com", AAAA),
          made(*([192, 0, 2, n] for n in range(101, 105))), "drop-last", "rdata"),
    Check("RFC 6147, 5.1.6", "from the cache too", twice("v4-only.*.author.org", AAAA),
          lambda a, b: made([192, 0, 2, 33])(a) and made([192, 0, 2, 33])(b), "empty", "rdata"),
    Check("RFC 6147, 5.1.7", "the question is the client's", ask("V4only.example.com", AAAA),
          lambda r: r.questions == [("V4only.example.com", AAAA, 1)], "qtype", "case"),
    Check("RFC 6147, 5.1.7", "they last no longer than the denial", ask("v4-only.*.author.org", AAAA),
          lambda r: [x.ttl for x in r.answer] == [300], "ttl:600"),
    Check("RFC 6147, 5.1.7", "nor than ten minutes where the denial has no SOA", ask("v4-bare.*.author.org", AAAA),
          lambda r: [x.ttl for x in r.answer] == [600], "ttl:5000"),
    Check("RFC 6147, 5.1.5", "an alias is kept", ask("v4-alias.*.author.org", AAAA),
          lambda r: [(x.type, x.ttl) for x in r.answer] == [(CNAME, 200), (AAAA, 100)] and made([192, 0, 2, 34])(r),
          "drop-first", "reverse", "ttl:200"),
    Check("RFC 6147, 5.1.1", "a name that has an IPv6 address keeps it alone", ask("www.example.com", AAAA),
          lambda r: len(r.of(AAAA)) == 1 and not r.of(AAAA)[0].startswith(PREFIX), "empty", "drop-last"),
    Check("RFC 6147, 5.1.4", "IPv4 addresses in disguise are no IPv6 ones", ask("v4-disguised.*.author.org", AAAA),
          made([192, 0, 2, 36]), "empty", "rdata"),
    Check("RFC 6147, 5.1.4", "beside them the others are enough", ask("v6-disguised.*.author.org", AAAA),
          lambda r: len(r.of(AAAA)) == 2 and not any(a.startswith(PREFIX) for a in r.of(AAAA)), "empty", "drop-last"),
    Check("RFC 6147, 5.1.2", "a name that does not exist does not exist", ask("v4-late.*.author.org", AAAA),
          lambda r: r.rcode == NXDOMAIN and not r.answer, "rcode", "add"),
    Check("RFC 6147, 5.1.6", "a name that has neither has neither", ask("ent.example.com", AAAA), no_data, "rcode:3",
          "add", "no-authority"),
    Check("RFC 6147, 5.1.6", "IPv4 addresses are given as they are", ask("v4only.example.com"),
          lambda r: r.of(A) == [bytes([192, 0, 2, 84])] and not r.of(AAAA), "rdata", "empty"),
    Check("RFC 6147, 5.5", "who validates by himself gets no made address",
          ask("v4only.example.com", AAAA, **flags(RD | CD)), no_data, "add", "rcode:3"),
    Check("RFC 6147, 5.5", "what is made is not called authentic", ask("v4only.example.com", AAAA, **flags(RD | AD, **D)),
          lambda r: made([192, 0, 2, 84])(r) and not r.bit(AD), "ad"),
    Check("RFC 6147, 5.5", "nor has it a signature", ask("v4only.example.com", AAAA, **D),
          lambda r: [x.type for x in r.answer] == [AAAA], "add", "empty"),
    Check("RFC 6052, 3.1", "private addresses have no place in the well-known prefix", ask("ten.*.author.org", AAAA),
          no_data, "add", "rcode:3"),
    Check("RFC 7050, 3", "programs find the prefix by ipv4only.arpa", ask("ipv4only.arpa", AAAA),
          made([192, 0, 0, 170], [192, 0, 0, 171]), "drop-last", "rdata"),
    Check("RFC 6147, 5.3.1", "the reverse name of a made address leads to that of the IPv4 one",
          ask(reverse("c6120050"), PTR),
          lambda r: [x.type for x in r.answer] == [CNAME, PTR] and r.of(PTR) == [wire("www.example.com")], "reverse",
          "drop-last", "rdata"),
    Check("RFC 6147, 5.3.1", "which may be one that nobody is asked for", ask(reverse("7f000001"), PTR),
          lambda r: not r.answer, "add"),
    Check("RFC 6147, 5.1", "a company's names are left as they are", ask("intranet.corp.example", AAAA), no_data, "add",
          "rcode:3"),
    Check("RFC 6761, 6.3", "localhost is left as it is", ask("localhost", AAAA),
          lambda r: r.of(AAAA) == [bytes(15) + b"\1"], "rdata", "empty"),
]


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}, "nat64": "64:ff9b::/96", "dns64": "always",
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]}


def test_conforms(lab):
    """DNS64 is as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
