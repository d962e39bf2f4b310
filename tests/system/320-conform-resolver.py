"""Conformance of what is made of others' answers: TTLs, denials, chains, strays, failures
(lib/conform.py says how)."""
from lib.conform import Check, ask, can_fail, conforms, flags, pause, twice
from lib.message import (A, AAAA, CNAME, DNAME, DO, HTTPS, MX, NOERROR, NS, NSEC, NXDOMAIN, REFUSED, RRSIG,
                         SERVFAIL, SOA, SVCB, SVCB_RDATA, TXT, Opt, strings, wire)

WWW = "www.example.com"
D = {"opt": Opt(flags=DO)}
E = {"opt": Opt()}
DAY, THREE_HOURS = 86400, 10800


def ttls(r):
    return [x.ttl for x in r.answer + r.authority]


def count(r):
    """How often the author was asked for it."""
    return r.answer[0].rdata[3]


def again(a, b):
    return count(a) == 1 and count(b) == 2


def same(a, b):
    return count(a) == count(b) == 1


def no_such(r):
    return r.rcode == NXDOMAIN and not r.answer and [x.type for x in r.authority] == [SOA]


def no_data(r):
    return r.rcode == NOERROR and not r.answer and [x.type for x in r.authority] == [SOA]


def types(r):
    return [x.type for x in r.answer]


def links(r):
    """Does each record of the answer lead to the next?"""
    wanted = r.questions[0][0].lower()
    for x in r.answer:
        if x.type == DNAME:
            continue
        if wire(x.owner.lower()) != wire(wanted):
            return False
        if x.type == CNAME:
            wanted = name_of(x.rdata)
    return True


def name_of(rdata):
    out, at = [], 0
    while rdata[at]:
        out.append(rdata[at + 1:at + 1 + rdata[at]].decode().lower())
        at += 1 + rdata[at]
    return ".".join(out)


def failed(*codes):
    """SERVFAIL with an Extended DNS Error that has a text."""
    return lambda r: r.rcode == SERVFAIL and not r.answer and r.ede in codes and len(r.opt.get(15)) > 2


def fails(rfc, about, kind):
    return Check(rfc, about, ask(f"{kind}.*.author.org", **E), failed(0), "rcode", "opt-clear", "add")


def unspoiled(a, b):
    """Nothing of the stray record is believed: the victim is asked for itself."""
    return len(a.answer) == 1 and not a.additional and b.answer[0].rdata == bytes([192, 0, 2, 1])


def stray(rfc, about, kind, *mutations):
    return Check(rfc, about, [ask(f"{kind}.*.author.org"), ask("victim.*.author.org")], unspoiled, *mutations)


TIME = [
    Check("RFC 2181, 8", "a TTL with the top bit set is 0", ask("ttl-top.*.author.org"), lambda r: ttls(r) == [0],
          "ttl:300"),
    Check("RFC 2181, 8", "such an answer is not used again", twice("ttl-top.*.author.org"), again, "repeat"),
    Check("RFC 2181, 8", "a TTL of all bits is 0", twice("ttl-all.*.author.org"),
          lambda a, b: ttls(a) == [0] and again(a, b), "ttl:1", "repeat"),
    Check("RFC 1035, 3.2.1", "TTL 0 is passed on", ask("ttl-zero.*.author.org"), lambda r: ttls(r) == [0], "ttl:1"),
    Check("RFC 1035, 3.2.1", "TTL 0 is not used again", twice("ttl-zero.*.author.org"), again, "repeat"),
    Check("RFC 1035, 7.4", "what has a TTL is used again", twice("count.*.author.org"), same, "rdata"),
    Check("RFC 8767, 4", "a TTL of 68 years is cut to a day", ask("ttl-long.*.author.org"), lambda r: ttls(r) == [DAY],
          "ttl:2147483647"),
    Check("RFC 1035, 3.2.1", "TTLs count down", [ask("count.*.author.org"), pause(1.1), ask("count.*.author.org")],
          lambda a, b: same(a, b) and b.answer[0].ttl < a.answer[0].ttl == 600, "repeat"),
    Check("RFC 1035, 3.2.1", "what is past its TTL is asked for again",
          [ask("ttl-two.*.author.org"), pause(2.1), ask("ttl-two.*.author.org")], again, "repeat"),
    Check("RFC 2181, 5.2", "the records of a set have one TTL, the least", ask("ttl-mixed.*.author.org"),
          lambda r: ttls(r) == [100, 100], "ttl:500"),
    Check("RFC 2181, 5", "a record that comes twice is given once", ask("repeated.*.author.org"),
          lambda r: r.of(A) == [bytes([192, 0, 2, 1]), bytes([192, 0, 2, 200])], "drop-last", "add", "rdata"),
    Check("RFC 2181, 5.2", "the records of a set come all", ask("many.example.com"),
          lambda r: len(r.of(A)) == 4 and len(set(ttls(r))) == 1, "drop-last", "drop-first"),
]

DENIAL = [
    Check("RFC 2308, 2.1", "no such name: NXDOMAIN with the SOA", ask("nx.example.com"), no_such, "rcode",
          "no-authority", "add"),
    Check("RFC 2308, 2.2", "no such data: NOERROR with the SOA", ask("v4only.example.com", AAAA), no_data, "rcode:3",
          "no-authority", "add"),
    Check("RFC 8020, 2", "a name above others exists", ask("ent.example.com"), no_data, "rcode:3"),
    Check("RFC 2308, 5", "NXDOMAIN without SOA is not kept", twice("nx-bare.*.author.org"),
          lambda a, b: a.rcode == NXDOMAIN and count(b) == 2, "repeat"),
    Check("RFC 2308, 5", "NODATA without SOA is not kept", twice("nodata-bare.*.author.org"),
          lambda a, b: not a.answer and a.rcode == NOERROR and count(b) == 2, "repeat"),
    Check("RFC 2308, 5", "NXDOMAIN with SOA is kept", twice("nx-kept.*.author.org"),
          lambda a, b: no_such(a) and no_such(b), "rcode", "add"),
    Check("RFC 2308, 5", "NODATA with SOA is kept", twice("nodata-kept.*.author.org"),
          lambda a, b: no_data(a) and no_data(b), "rcode:3", "add"),
    Check("RFC 2308, 5", "the SOA's MINIMUM bounds the time", ask("nx-minimum.*.author.org"),
          lambda r: ttls(r) == [40], "ttl:900"),
    Check("RFC 2308, 5", "the SOA's own TTL bounds the time", ask("nx-ttl.*.author.org"), lambda r: ttls(r) == [40],
          "ttl:900"),
    Check("RFC 2308, 5", "a denial is kept three hours at most", ask("nx-long.*.author.org"),
          lambda r: no_such(r) and ttls(r) == [THREE_HOURS], "ttl:900000"),
    Check("RFC 2308, 5", "a denial's time counts down",
          [ask("nx-minimum.*.author.org"), pause(1.1), ask("nx-minimum.*.author.org")],
          lambda a, b: b.authority[0].ttl < a.authority[0].ttl == 40, "repeat"),
    Check("RFC 2181, 8", "a SOA whose TTL has the top bit set keeps nothing", twice("nx-top.*.author.org"),
          lambda a, b: a.rcode == NXDOMAIN and count(b) == 2, "repeat"),
    Check("RFC 2308, 2.1", "the SOA of another zone is none", twice("nx-stranger.*.author.org"),
          lambda a, b: a.rcode == NXDOMAIN and not a.authority and count(b) == 2, "repeat", "add-authority"),
    Check("RFC 2308, 2.2", "a denial is of one type", [ask("v4only.example.com", AAAA), ask("v4only.example.com")],
          lambda a, b: no_data(a) and len(b.of(A)) == 1, "rcode:3", "empty"),
    Check("RFC 6604, 3", "NXDOMAIN at the end of an alias, with the alias", ask("dangling.example.com"),
          lambda r: r.rcode == NXDOMAIN and types(r) == [CNAME] and [x.type for x in r.authority] == [SOA], "rcode",
          "empty", "no-authority"),
    Check("RFC 2308, 2.1", "NXDOMAIN at the end of an alias that came in one answer", ask("chain-nx.*.author.org"),
          lambda r: r.rcode == NXDOMAIN and types(r) == [CNAME] and r.authority, "rcode", "no-authority"),
    Check("RFC 2308, 2.2", "NODATA at the end of an alias", ask("chain-nodata.*.author.org"),
          lambda r: r.rcode == NOERROR and types(r) == [CNAME] and r.authority, "rcode:3", "no-authority"),
]

CHAINS = [
    Check("RFC 1034, 3.6.2", "a chain of aliases comes whole and in order", ask("chain.*.author.org"),
          lambda r: types(r) == [CNAME, CNAME, A] and links(r), "reverse", "drop-first", "drop-last", "owner"),
    Check("RFC 1034, 3.6.2", "and from the cache", twice("chain.*.author.org"),
          lambda a, b: types(b) == [CNAME, CNAME, A] and links(b), "reverse", "drop-first"),
    Check("RFC 1034, 3.6.2", "in order though it came in disorder", ask("chain-mixed.*.author.org"),
          lambda r: types(r) == [CNAME, CNAME, A] and links(r), "reverse", "drop-last"),
    Check("RFC 1034, 3.6.2", "nine steps of the real thing", ask("chain1.example.com"),
          lambda r: types(r) == [CNAME] * 8 + [A] and links(r), "drop-last", "reverse"),
    Check("RFC 1034, 3.6.2", "an alias whose target did not come is followed", ask("chain-open.*.author.org"),
          lambda r: types(r) == [CNAME, A] and links(r), "drop-last", "reverse"),
    Check("RFC 1034, 3.6.2", "an alias that is asked for is not followed", ask("alias.example.com", CNAME),
          lambda r: types(r) == [CNAME], "add", "empty"),
    Check("RFC 1034, 3.6.2", "each record of a chain has its own TTL", ask("chain.*.author.org"),
          lambda r: ttls(r) == [600, 500, 400], "ttl:400", "reverse"),
    Check("RFC 1034, 3.6.2", "a loop fails", ask("chain-loop.*.author.org", **E), failed(0), "rcode", "opt-clear"),
    Check("RFC 1034, 3.6.2", "an alias of itself fails", ask("chain-self.*.author.org", **E), failed(0), "rcode"),
    Check("RFC 1034, 3.6.2", "a chain of forty fails", ask("chain-endless.*.author.org", **E), failed(0), "rcode",
          "opt-clear"),
    Check("RFC 6672, 3.1", "a DNAME comes with the alias that it stands for", ask("host.dname.example.com"),
          lambda r: types(r) == [DNAME, CNAME, A] and links(r), "drop-first", "drop-type:5", "reverse"),
    Check("RFC 6672, 3.1", "the alias is made where the server left it out", ask("dname-bare.*.author.org"),
          lambda r: types(r) == [DNAME, CNAME, A] and links(r), "drop-type:5", "drop-type:39"),
    Check("RFC 6672, 3.1", "that alias has the TTL of the DNAME", ask("dname-bare.*.author.org"),
          lambda r: ttls(r) == [700, 700, 600], "ttl:0"),
    Check("RFC 6672, 2.2", "what stands before the DNAME's owner stays", ask("dname.*.author.org"),
          lambda r: name_of(r.answer[1].rdata) == "dname.to.author.org", "drop-first"),
    Check("RFC 6672, 2.2", "a DNAME that makes a name too long is no answer", ask("dname-long.*.author.org", **E),
          failed(0), "rcode", "opt-clear"),
    Check("RFC 6672, 2.2", "nor is the error that says so, by its name", ask("yxdomain.*.author.org", **E),
          lambda r: failed(0)(r) and b"YXDOMAIN" in r.opt.get(15), "rcode", "opt-clear"),
]

BELIEF = [
    stray("RFC 2181, 5.4.1", "a record of another name in the answer is not believed", "stray-answer", "add", "empty"),
    stray("RFC 2181, 5.4.1", "a record in the additional section is not believed", "stray-additional", "add-additional"),
    stray("RFC 2181, 5.4.1", "a server's name for a zone above is not believed", "stray-authority", "empty"),
    Check("RFC 2181, 5.4.1", "that record is not passed on", ask("stray-authority.*.author.org"),
          lambda r: len(r.answer) == 1 and not [x for x in r.authority if x.owner != "author.org"], "add-authority"),
    Check("RFC 1034, 4.3.2", "a record of another type is not passed on", ask("stray-type.*.author.org"),
          lambda r: types(r) == [A], "add", "empty"),
    Check("RFC 2181, 5", "a record of another class is not passed on", ask("stray-class.*.author.org"),
          lambda r: [x.rdata for x in r.answer] == [bytes([192, 0, 2, 1])], "add"),
    Check("RFC 1034, 4.3.1", "a referral is not passed on as an answer", ask("referral.*.author.org", **E),
          lambda r: not r.answer and not [x for x in r.authority if x.type == NS or x.type == A], "add",
          "add-authority"),
]

BYTES = [
    Check("RFC 9460, 2.2", "HTTPS comes octet by octet, ech and unknown keys too", ask("https.*.author.org", HTTPS),
          lambda r: [x.rdata for x in r.answer] == [SVCB_RDATA], "rdata", "rdata-case"),
    Check("RFC 9460, 2.2", "SVCB comes octet by octet", ask("https.*.author.org", SVCB),
          lambda r: [x.rdata for x in r.answer] == [SVCB_RDATA], "rdata"),
    Check("RFC 9460, 2.4.2", "the alias form comes octet by octet", twice("https-alias.*.author.org", HTTPS),
          lambda a, b: a.answer[0].rdata == b.answer[0].rdata and a.answer[0].rdata.startswith(b"\0\0\4Pool\3Svc"),
          "rdata-case", "empty"),
    Check("RFC 9460, 4.1", "the zone's own HTTPS record has its ech", ask("svc.example.com", HTTPS),
          lambda r: len(r.answer) == 1 and b"\0\5" in r.answer[0].rdata, "empty"),
    Check("RFC 1035, 3.3.14", "strings of a TXT record come octet by octet", ask("text.*.author.org", TXT),
          lambda r: r.answer[0].rdata == strings("", "MiXed \xff\0\\\"", "x" * 255), "rdata-case", "rdata"),
    Check("RFC 3597, 4", "names in known types are unpacked right", ask("example.com", MX),
          lambda r: r.answer and r.answer[0].rdata[2:].endswith(wire("example.com")), "rdata", "empty"),
]

SECURITY = [
    Check("RFC 4035, 3.2.1", "without DO no signature", ask("signed.*.author.org"), lambda r: types(r) == [A], "add"),
    Check("RFC 4035, 3.2.1", "without DO no signature, in EDNS", ask("signed.*.author.org", **E),
          lambda r: types(r) == [A], "add"),
    Check("RFC 4035, 3.2.1", "with DO the signature", ask("signed.*.author.org", **D),
          lambda r: types(r) == [A, RRSIG], "drop-last"),
    Check("RFC 4035, 3.2.1", "with DO the signature, though it was kept for who had none",
          [ask("signed.*.author.org"), ask("signed.*.author.org", **D)],
          lambda a, b: types(a) == [A] and types(b) == [A, RRSIG] and same(a, b), "drop-last", "rdata"),
    Check("RFC 4035, 3.2.1", "without DO a denial has no proof", ask("nx.example.com"),
          lambda r: [x.type for x in r.authority] == [SOA], "add-authority"),
    Check("RFC 4035, 3.1.3", "with DO a denial has its proof", ask("nx.example.com", **D),
          lambda r: {SOA, RRSIG, NSEC} == {x.type for x in r.authority}, "no-authority", "drop-type:47"),
    Check("RFC 4035, 3.2.1", "NSEC that is asked for comes without DO", ask("example.com", NSEC),
          lambda r: types(r) == [NSEC], "empty", "add"),
]

FAILURE = [
    fails("RFC 8914, 2", "SERVFAIL above: SERVFAIL that says why", "servfail"),
    fails("RFC 8914, 2", "REFUSED above: SERVFAIL that says why", "refused"),
    fails("RFC 8914, 2", "FORMERR above: SERVFAIL that says why", "formerr"),
    fails("RFC 8914, 2", "NOTIMP above: SERVFAIL that says why", "notimp"),
    fails("RFC 6891, 9", "BADVERS above is no success", "badvers"),
    fails("RFC 7873, 8", "BADCOOKIE above is no success", "badcookie"),
    Check("RFC 1035, 7.3", "an answer that cannot be read is none", ask("broken.*.author.org", **E),
          lambda r: r.rcode == SERVFAIL and not r.answer and r.ede is not None, "rcode", "opt-clear"),
    Check("RFC 6891, 6.1.1", "an answer with two OPTs is none", ask("two-opts.*.author.org", **E),
          lambda r: r.rcode == SERVFAIL and not r.answer and r.ede is not None, "rcode", "opt-clear"),
    Check("RFC 1034, 4.3.1", "without RD what is cached is told", [ask("count.*.author.org"),
                                                                    ask("count.*.author.org", **flags(0))],
          same, "rdata", "empty"),
    Check("RFC 1034, 4.3.1", "without RD nobody is asked",
          [ask("count.*.author.org", **flags(0), **E), ask("count.*.author.org")],
          lambda a, b: a.rcode == REFUSED and not a.answer and count(b) == 1, "recurse", "rcode"),
    Check("RFC 8914, 4.1", "and the reply says so", ask("count.*.author.org", **flags(0), **E),
          lambda r: r.ede is not None and b"RD" in r.opt.get(15), "opt-clear"),
]

CHECKS = TIME + DENIAL + CHAINS + BELIEF + BYTES + SECURITY + FAILURE


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}}


def test_conforms(lab):
    """what is made of others' answers is as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
