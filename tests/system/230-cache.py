"""What is remembered: failures, answers past their time, and what a flush takes of it."""
import time

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd


def config(lab, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]], "strategy": "ordered"},
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "on_miss": ["providers"], **more}


def asked(lab, name):
    """The questions for a name that left the machine."""
    return len(lab.record(name=name, client="laptop"))


def cached(stubd):
    return stubd.status()["cache"]


def test_failures(lab):
    """a zone that is broken is not asked for again at once; a flush asks again (RFC 9520)"""
    with Stubd(lab, config(lab, dnssec="off")) as stubd:
        first = dig(lab, "www.bogus.org")
        equal(first.status, "SERVFAIL")
        true("EDE: 13" not in first.text, first.text)
        before = asked(lab, "www.bogus.org.")
        again = dig(lab, "www.bogus.org")
        equal(again.status, "SERVFAIL")
        equal(again.ede, first.ede)
        true("EDE: 13" in again.text, again.text)
        equal(asked(lab, "www.bogus.org."), before)
        equal((cached(stubd)["failures"], cached(stubd)["failure_hits"]), (1, 1))
        equal(stubd.ctl("flush", "bogus.org")[0], 0)
        equal(cached(stubd)["failures"], 0)
        true("EDE: 13" not in dig(lab, "www.bogus.org").text, "asked anew")


def test_stale(lab):
    """all providers gone: an answer past its time, TTL 30, no AD, EDE 3; they are back: a fresh one (RFC 8767)"""
    with Stubd(lab, config(lab, dnssec="validate")) as stubd:
        answer = dig(lab, "ttl1.example.com", "+dnssec")
        true(answer.status == "NOERROR" and "ad" in answer.flags, repr(answer))
        for p in ("alpha", "beta"):
            lab.fault("kill", p)
        end = time.monotonic() + 10
        while stubd.ctl("explain", "ttl1.example.com")[1].find("fresh") >= 0 and time.monotonic() < end:
            time.sleep(0.1)                             # its second has to be over
        old = dig(lab, "ttl1.example.com", "+dnssec")
        equal((old.status, old.ede, old.data("A")), ("NOERROR", 3, answer.data("A")))
        true("ad" not in old.flags, repr(old))
        equal({r[1] for r in old.records}, {30})
        true(cached(stubd)["stale"] >= 1, "counted")
        equal(dig(lab, "ttl5.example.com").status, "SERVFAIL")   # never asked before
        lab.heal()
        end = time.monotonic() + 30
        while dig(lab, "ttl1.example.com").ede == 3 and time.monotonic() < end:
            time.sleep(0.2)                             # a refresh a second, on a question
        fresh = dig(lab, "ttl1.example.com")
        equal((fresh.status, fresh.ede), ("NOERROR", None))


def proof(text):
    """The SOA, NSEC and signatures of a denial, without their TTLs."""
    rows = (line.split() for line in text.splitlines() if line and line[0] != ";")
    return sorted(" ".join(r[:1] + r[2:]).lower() for r in rows if len(r) > 4)


def test_gaps(lab):
    """a name beside one that a signed zone has denied is denied by the same proof, which is what the provider would
    have said of it; nobody is asked. A name that exists, and any name after a flush, is asked for (RFC 8198)"""
    with Stubd(lab, config(lab, dnssec="validate")) as stubd:
        first = dig(lab, "nothing-a.example.com", "A", "+dnssec")
        equal((first.status, "ad" in first.flags), ("NXDOMAIN", True))
        for name in ("nothing-b.example.com", "x.y.nothing-c.example.com"):
            said = lab.output("dig", f"@{lab.env['ALPHA4']}", "+dnssec", "+cd", "+noqr", name, "MX")
            lab.forget()
            again = dig(lab, name, "MX", "+dnssec")
            equal((again.status, "ad" in again.flags), ("NXDOMAIN", True), name)
            equal(proof(again.text), proof(said))
            equal(asked(lab, name + "."), 0)
        equal((cached(stubd)["gaps"], cached(stubd)["entries"]), (2, 1))
        for name in ("www.example.com", "n1.wild.example.com"):
            answer = dig(lab, name, "A", "+dnssec")
            equal((answer.status, asked(lab, name + ".")), ("NOERROR", 1))
        equal(dig(lab, "ent.example.com").status, "NOERROR")
        equal(stubd.ctl("flush", "name", "nothing-b.example.com")[0], 0)
        equal(dig(lab, "nothing-b.example.com").status, "NXDOMAIN")
        equal(asked(lab, "nothing-b.example.com."), 1)


def test_flush(lab):
    """flush: a name alone, with all below it, a view, everything; it says how many"""
    with Stubd(lab, config(lab, dnssec="off")) as stubd:
        def fill():
            for name in ("example.com", "www.example.com", "mail.example.com", "wiki.corp.example"):
                dig(lab, name)

        fill()
        equal(cached(stubd)["entries"], 4)
        for words, count in ((("name", "example.com"), 1), (("example.com",), 2), (("view", "any.corp.example"), 1)):
            code, text = stubd.ctl("flush", *words)
            equal((code, text.split()[0]), (0, str(count)))
        equal(cached(stubd)["entries"], 0)
        fill()
        equal(stubd.ctl("flush", "view", "example.org")[1].split()[0], "3")
        equal(stubd.ctl("flush")[1].split()[0], "1")
        equal(stubd.ctl("flush", "view", "localhost")[0], 2)
        equal(stubd.ctl("flush", "zone", "example.com")[0], 2)
