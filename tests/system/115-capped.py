"""A flood of made up names below one domain: it takes nobody else's room, and providers see little of it."""
from collections import Counter

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd
from lib.invariants import accounted

FLIGHTS = 300                       # DOMAIN_FLIGHTS
RATE, SECONDS = 2000, 6
OTHERS = 50                         # questions a second for other names
CACHED = "www.example.co.uk"


def config(lab):
    return {"providers": {"custom": [lab.providers["alpha-doh"]]}}


def below(row, domain):
    return row["name"].rstrip(".").endswith(domain)


def flood(lab, stubd, domain):
    """Returns the flood, and how often a provider was asked for it; others must not notice."""
    equal(dig(lab, CACHED).status, "NOERROR")
    many = Load(lab, [f"made-up-{i}.{domain}" for i in range(RATE * SECONDS)], RATE)
    others = Load(lab, [f"other{i}.load.{'insecure.org' if i % 2 else 'v4.org'}" for i in range(OTHERS * (SECONDS - 1))],
                  OTHERS)
    known, refused = 0, False
    while many.process.poll() is None:
        equal(dig(lab, CACHED).status, "NOERROR", "a name that is known")
        known += 1
        refused = refused or "below its domain" in dig(lab, f"one-more-{known}.{domain}").ede_text
    others.finish()
    many.finish()
    equal((others.sent, others.lost, others.failed), (OTHERS * (SECONDS - 1), 0, 0), f"others: {others.rcodes}")
    equal(many.lost, 0)
    true(refused, "who has one more is told why not")
    counters = accounted(stubd)
    equal(counters["capped"], counters["overloaded"])
    seen = sum(below(r, domain) for r in lab.record(client="laptop", party="alpha"))
    print(f"  {many.sent} names below {domain}: {many.rcodes}, {seen} of them asked of the provider; "
          f"slowest other name {max(others.latencies) * 1000:.0f} ms; {known} known ones in between")
    return many, seen


def test_made_up(lab):
    """2,000 names a second that do not exist, below one domain: 300 at once and 100 a second go to the provider, all
    others fail by name; what others ask is answered"""
    with Stubd(lab, config(lab)) as stubd:
        many, seen = flood(lab, stubd, "example.com")
    true(FLIGHTS <= seen < RATE * SECONDS / 4, seen)
    true(many.rcodes.get("SERVFAIL", 0) > RATE * SECONDS / 2, many.rcodes)


def test_silent_zone(lab):
    """2,000 names a second below a domain whose servers are silent: 300 wait, others are not held up"""
    with Stubd(lab, config(lab)) as stubd:
        many, seen = flood(lab, stubd, "silent.org")
    equal(many.rcodes, {"SERVFAIL": RATE * SECONDS})
    true(FLIGHTS <= seen < RATE * SECONDS / 4, seen)


def test_page(lab):
    """a page of a hundred host names below one domain, each asked for three types at once, is answered"""
    names = [f"page{i}.load.example.com" for i in range(100)]
    with Stubd(lab, config(lab)) as stubd:
        lab.fault("delay", "200", "alpha")
        loads = [Load(lab, names, 10000, kind) for kind in ("A", "AAAA", "TXT")]
        rcodes = Counter()
        for load in loads:
            rcodes.update(load.finish().rcodes)
        equal(dict(rcodes), {"NOERROR": 300})
        equal(accounted(stubd)["capped"], 0)
