"""Conformance of what the person may ask for besides: answers that are blocked or made (lib/conform.py
says how)."""
from lib.conform import Check, ask, can_fail, conforms, twice
from lib.message import A, AAAA, HTTPS, NOERROR, SOA, Opt

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
