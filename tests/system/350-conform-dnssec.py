"""Conformance of a validating resolver: AD, CD, what is refused and why (lib/conform.py says how; which
verdicts are right is tests/system/120-dnssec.py's business)."""
from lib.conform import Check, ask, can_fail, conforms
from lib.message import A, AD, CD, CNAME, DNSKEY, DO, DS, NOERROR, NXDOMAIN, RD, RRSIG, SERVFAIL, Opt

D, E = {"opt": Opt(flags=DO)}, {"opt": Opt()}
SECURE, INSECURE, BOGUS = "www.example.com", "www.insecure.org", "www.bogus.org"


def proved(r):
    return r.rcode == NOERROR and r.bit(AD)


def unproved(r):
    return r.rcode == NOERROR and not r.bit(AD) and r.answer


def bogus(r):
    return r.rcode == SERVFAIL and not r.answer and not r.bit(AD) and 6 <= r.ede <= 12 and len(r.opt.get(15)) > 2


CHECKS = [
    Check("RFC 4035, 3.2.3", "AD is set for what was proved, to who sets DO", ask(SECURE, **D), proved, "ad", "rcode"),
    Check("RFC 6840, 5.7", "AD is set for what was proved, to who sets AD", ask(SECURE, flags=RD | AD), proved, "ad"),
    Check("RFC 6840, 5.8", "AD is clear to who asks for neither", ask(SECURE), unproved, "ad"),
    Check("RFC 6840, 5.8", "AD is each client's own matter, from the cache too",
          [ask(SECURE), ask(SECURE, **D), ask(SECURE, flags=RD | AD), ask(SECURE)],
          lambda *r: [x.bit(AD) for x in r] == [False, True, True, False], "ad"),
    Check("RFC 4035, 3.2.3", "AD is clear for a zone that is not signed", ask(INSECURE, **D), unproved, "ad"),
    Check("RFC 4035, 3.2.3", "AD is set for a denial that was proved", ask("nx.example.com", **D),
          lambda r: r.rcode == NXDOMAIN and r.bit(AD), "ad"),
    Check("RFC 4035, 3.2.3", "AD is clear where an alias leads out of what was proved",
          ask("cross.example.com", **D), lambda r: unproved(r) and r.of(CNAME), "ad", "empty"),
    Check("RFC 4035, 3.2.3", "AD is set where all steps of it were proved", ask("alias.example.com", **D),
          lambda r: proved(r) and r.of(CNAME), "ad"),
    Check("RFC 4035, 5.5", "what is bogus is SERVFAIL, and says why", ask(BOGUS, **E), bogus, "rcode", "add",
          "opt-clear"),
    Check("RFC 4035, 5.5", "so it is to who sets DO", ask(BOGUS, **D), bogus, "rcode", "ad"),
    Check("RFC 4035, 5.5", "and the second time", [ask(BOGUS, **E), ask(BOGUS, **E)], lambda a, b: bogus(a) and bogus(b),
          "rcode"),
    Check("RFC 8914, 4.8", "a signature that is over says so", ask("www.expired.org", **E),
          lambda r: bogus(r) and r.ede == 7, "opt-data"),
    Check("RFC 4035, 3.2.2", "with CD the client gets what is bogus", ask(BOGUS, flags=RD | CD, **D),
          lambda r: unproved(r) and r.bit(CD) and r.of(A) and r.of(RRSIG), "rcode", "cd", "empty"),
    Check("RFC 4035, 3.2.2", "which nobody else gets", [ask(BOGUS, flags=RD | CD, **D), ask(BOGUS, **E)],
          lambda a, b: a.answer and bogus(b), "rcode"),
    Check("RFC 4035, 4.5", "an alias to what is bogus is bogus", ask("tobogus.example.com", **E), bogus, "rcode"),
    Check("RFC 4035, 3.1.4.1", "DS is the parent's to prove", ask("insecure.org", DS, **D),
          lambda r: r.rcode == NOERROR and not r.answer and r.bit(AD), "ad", "add"),
    Check("RFC 4035, 5.3", "keys can be asked for", ask("example.com", DNSKEY, **D),
          lambda r: proved(r) and r.of(DNSKEY) and r.of(RRSIG), "ad", "empty"),
    Check("RFC 4035, 3.2.1", "signatures come to who sets DO", ask(SECURE, **D),
          lambda r: [x.type for x in r.answer] == [A, RRSIG], "drop-last"),
    Check("RFC 4035, 3.2.1", "and to nobody else", ask(SECURE, flags=RD | AD),
          lambda r: [x.type for x in r.answer] == [A], "add"),
    Check("RFC 6840, 5.7", "a local answer is not proved", ask("localhost", **D), unproved, "ad"),
]


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}, "dnssec": "validate"}


def test_conforms(lab):
    """a validating resolver is as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
