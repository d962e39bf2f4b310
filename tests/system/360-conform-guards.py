"""Conformance of what the person may ask for besides: answers that are blocked or made (lib/conform.py
says how)."""
from lib.check import equal
from lib.conform import HOST, PORT, Check, ask, can_fail, conforms, tcp, twice
from lib.message import A, AAAA, HTTPS, NOERROR, RD, REFUSED, SERVFAIL, SOA, Opt

E = {"opt": Opt()}


def blocked(r):
    """No data, and the reason: filtered."""
    return r.rcode == NOERROR and not r.answer and [x.type for x in r.authority] == [SOA] and r.ede == 17 and \
        len(r.opt.get(15)) > 2


def private(what, kind, qtype=A):
    return Check("RFC 8914, 4.18", f"a public name with {what} is blocked, and that is told",
                 ask(f"{kind}.*.author.org", qtype, **E), blocked, "rcode", "opt-clear", "opt-data", "add")


def data(*addresses):
    return lambda r: r.rcode == NOERROR and r.of(A) == sorted(bytes(a) for a in addresses)


REBINDING = [
    private("an address of 10.0.0.0/8", "ten"), private("a loopback address", "loop"),
    private("the IPv6 loopback address", "loop", AAAA), private("an address of 192.168.0.0/16", "home"),
    private("a unique local address", "home", AAAA), private("a link-local address", "linklocal"),
    private("an IPv6 link-local address", "linklocal", AAAA), private("no address at all", "zero"),
    private("no IPv6 address at all", "zero", AAAA), private("a mapped private address", "mapped", AAAA),
    private("a shared address", "shared"), private("a private address beside a public one", "one-of-two"),
    private("an alias to a private address", "alias-home"), private("a private hint", "https-home", HTTPS),
    Check("RFC 8914, 4.18", "it is blocked from the cache, too", twice("ten.*.author.org", **E),
          lambda a, b: blocked(a) and blocked(b), "add", "opt-clear"),
    Check("RFC 6891, 6.1.1", "who sends no OPT gets no reason", ask("ten.*.author.org"),
          lambda r: r.rcode == NOERROR and not r.answer and not r.opts, "opt-add", "add"),
    Check("RFC 1918, 3", "a public name keeps its public address", ask("public.*.author.org", **E),
          lambda r: data([192, 0, 2, 7])(r) and r.ede is None, "empty", "opt-option:15:0011"),
    Check("RFC 4291, 2.4", "and its public IPv6 address", ask("public.*.author.org", AAAA),
          lambda r: len(r.of(AAAA)) == 1, "empty"),
    Check("RFC 9460, 7.3", "and its public hints", ask("https.*.author.org", HTTPS), lambda r: len(r.answer) == 1,
          "empty"),
    Check("RFC 1918, 3", "a name that is excepted keeps its private address", ask("ten.*.fine.author.org"),
          data([10, 1, 2, 3]), "empty", "rdata"),
    Check("RFC 1918, 3", "a company's name keeps its private address", ask("intranet.corp.example"),
          data([10, 7, 0, 20]), "empty", "rdata"),
    Check("RFC 1918, 3", "a company's alias keeps its private address", ask("alias.corp.example"),
          data([10, 7, 0, 20]), "empty", "drop-last"),
    Check("RFC 1034, 3.6.2", "a public alias does not lead to a company's private address",
          ask("tocorp.example.com", **E), blocked, "add", "opt-clear"),
    Check("RFC 6761, 6.3", "localhost keeps its address", ask("localhost"), data([127, 0, 0, 1]), "empty"),
]

STRANGERS = [
    Check("RFC 5358, 4", "who may not ask is refused, and told so", ask("www.example.com", at=HOST, **E),
          lambda r: r.rcode == REFUSED and not r.answer and r.ede == 18, "rcode", "opt-data", "add"),
    Check("RFC 5358, 4", "the same over TCP", tcp(("www.example.com", A, 1, 1, RD, Opt()), at=HOST),
          lambda r: r.rcode == REFUSED and r.ede == 18, "rcode", "opt-clear"),
    Check("RFC 5358, 4", "not even local names are told", ask("localhost", at=HOST), lambda r: r.rcode == REFUSED,
          "rcode"),
    Check("RFC 5358, 4", "nor what is cached", [ask("www.example.com"), ask("www.example.com", at=HOST)],
          lambda a, b: a.answer and b.rcode == REFUSED and not b.answer, "rcode", "add"),
    Check("RFC 5358, 4", "a refusal is little longer than its question", ask("www.example.com", at=HOST),
          lambda r: r.rcode == REFUSED and r.length <= 33, "longer:1"),
    Check("RFC 5358, 4", "this machine may ask", ask("www.example.com"), data([192, 0, 2, 80]), "empty", "rcode"),
]

LIMITED = [
    Check("RFC 5358, 3", "who asks too fast over UDP is told to come by TCP, and no more",
          [ask("localhost", at=HOST) for _ in range(6)],
          lambda *r: any(x.bit(0x200) and not x.answer and x.length <= 27 for x in r) and
          all(x.bit(0x200) != bool(x.answer) for x in r), "tc", "add"),
    Check("RFC 7766, 5", "and has its answer there", tcp(*(("localhost", A, 1, n) for n in range(6)), at=HOST),
          lambda *r: all(x.answer and not x.bit(0x200) for x in r) and len(r) == 6, "tc", "empty"),
    Check("RFC 8914, 4.1", "who has too many questions that wait is told so",
          tcp(("slow1.*.author.org", A, 1, 1, RD, Opt()), ("slow2.*.author.org", A, 1, 2, RD, Opt()),
              ("slow3.*.author.org", A, 1, 3, RD, Opt()), at=HOST),
          lambda *r: [(x.id, x.rcode, x.ede) for x in r if x.rcode == SERVFAIL] == [(3, SERVFAIL, 0)] and
          sorted(x.id for x in r if x.answer) == [1, 2], "rcode", "opt-clear"),
    Check("RFC 8914, 4.1", "this machine itself has no such limit",
          tcp(*((f"slow{n}.*.author.org", A, 1, n) for n in range(1, 6))),
          lambda *r: all(x.answer for x in r) and len(r) == 5, "empty", "lose"),
    Check("RFC 1035, 4.2.1", "nor one of speed", [ask("localhost") for _ in range(20)],
          lambda *r: all(x.answer and not x.bit(0x200) for x in r), "tc", "empty"),
]

FILTER = [
    Check("RFC 8914, 4.18", "with the filter a name has no IPv6 address, and that is told",
          ask("www.example.com", AAAA, **E), blocked, "rcode:3", "opt-clear", "add"),
    Check("RFC 2308, 2.2", "NODATA, not NXDOMAIN, without EDNS too", ask("www.example.com", AAAA),
          lambda r: r.rcode == NOERROR and not r.answer and r.authority and not r.opts, "rcode:3", "no-authority"),
    Check("RFC 2308, 2.2", "nobody is asked for it", [ask("public.*.author.org", AAAA), ask("count.*.author.org", AAAA),
                                                      ask("public.*.author.org")],
          lambda a, b, c: not a.answer and not b.answer and len(c.of(A)) == 1, "add", "empty"),
    Check("RFC 1035, 3.4.1", "it has its IPv4 address", ask("www.example.com"), data([192, 0, 2, 80]), "empty"),
    Check("RFC 8914, 4.18", "a company's name has none either", ask("intranet.corp.example", AAAA, **E), blocked, "add",
          "opt-clear"),
    Check("RFC 6761, 6.3", "localhost keeps its own", ask("localhost", AAAA, **E),
          lambda r: len(r.of(AAAA)) == 1 and r.ede is None, "empty", "opt-option:15:0011"),
    Check("RFC 6761, 6.2", "what does not exist does not exist", ask("www.test", AAAA), lambda r: r.rcode == 3,
          "rcode"),
    Check("RFC 9460, 2", "HTTPS is not touched", ask("https.*.author.org", HTTPS), lambda r: len(r.answer) == 1,
          "empty"),
]


FILTER_A = [
    Check("RFC 8914, 4.18", "with the other filter a name has no IPv4 address, and that is told",
          ask("public.*.author.org", A, **E), blocked, "rcode:3", "opt-clear", "add"),
    Check("RFC 4291, 2.4", "it has its IPv6 address", ask("public.*.author.org", AAAA), lambda r: len(r.of(AAAA)) == 1,
          "empty"),
]


def filtered(lab, kind="AAAA"):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}, "filter": kind,
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]}


def listening(lab, **more):
    return {"listen": [f"127.0.0.1:{PORT}", f"{lab.env[HOST]}:{PORT}"],
            "providers": {"custom": [lab.providers["crook-dot"]]}, **more}


def limited(lab):
    return listening(lab, allow=["100.64.0.0/10"], limits={"client_rate": 2, "client_queries": 2})


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]},
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "rebinding": {"block": True, "except": ["fine.author.org"]}}


def test_rebinding(lab):
    """public names have no private addresses, where the person says so"""
    conforms(lab, config(lab), REBINDING)


def test_rebinding_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), REBINDING)


def test_strangers(lab):
    """who is not allowed has no answer"""
    conforms(lab, listening(lab), STRANGERS)


def test_strangers_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, listening(lab), STRANGERS)


def test_limits(lab):
    """who is allowed has its share and no more"""
    conforms(lab, limited(lab), LIMITED)


def test_limits_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, limited(lab), LIMITED)


def test_filter(lab):
    """with a filter names have no IPv6 addresses, and nobody is asked for them"""
    conforms(lab, filtered(lab), FILTER)
    kinds = {r["type"] for r in lab.record(client="laptop")}
    equal("AAAA" in kinds, False, f"types that left: {kinds}")


def test_filter_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, filtered(lab), FILTER)


def test_filter_a(lab):
    """with the other filter names have no IPv4 addresses, and nobody is asked for them"""
    conforms(lab, filtered(lab, "A"), FILTER_A)
    kinds = {r["type"] for r in lab.record(client="laptop")}
    equal("A" in kinds, False, f"types that left: {kinds}")


def test_filter_a_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, filtered(lab, "A"), FILTER_A)
