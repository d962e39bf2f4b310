"""Trouble that is nobody's zone's is named: stripped DNSSEC, a wrong clock, a captive portal."""
from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.clock import DAY, Clock
from lib.daemon import Stubd

AUTHORITIES = ("root", "tld", "leaf1", "leaf2")
NAMES = ("www.example.com", "www.example.co.uk", "www.insecure.org", "dns.alpha.example")


def config(lab, *names, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names]}, "dnssec": "validate", **more}


def trouble(stubd):
    return stubd.status()["trouble"]


def told(stubd, kind):
    """How often the log names it."""
    return stubd.log().count(f"event=trouble kind={kind}")


def test_stripped(lab):
    """a provider that removes DNSSEC records: refused, named once, forgotten when it does so no more"""
    for transport in ("doh", "dot"):
        lab.fault("strip", "crook")
        with Stubd(lab, config(lab, f"crook-{transport}", "alpha-dot")) as stubd:
            for name in NAMES:
                answer = dig(lab, name)
                equal(answer.status, "SERVFAIL", name)
                true(answer.ede_text.startswith("DNSSEC records are removed on the way: "), repr(answer))
            equal((trouble(stubd), told(stubd, "stripped-dnssec")), ("stripped-dnssec", 1))
            true("DNSSEC records are removed" in stubd.ctl("status")[1], "status")
            equal([r for r in lab.record(client="laptop") if r["party"] == "alpha"], [], "never masked by another")
            lab.heal("crook")
            becomes_true(lambda: dig(lab, "alias.example.com").status == "NOERROR", "an answer again")
            equal((trouble(stubd), stubd.status()["warnings"]), ("none", []))


def test_broken_zones(lab):
    """zones that are broken by themselves are called so, and nothing else"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for name in ("www.bogus.org", "www.expired.org", "www.stripped.org", "www.naked.org", "www.early.org",
                     *(f"row{i}.bogus.org" for i in range(10))):
            answer = dig(lab, name)
            equal(answer.status, "SERVFAIL", name)
            true(answer.ede_text.startswith("validation: "), answer.ede_text)
        equal((trouble(stubd), stubd.status()["warnings"]), ("none", []))


def test_clock_of_signatures(lab):
    """a clock 75 days ahead that is said to be synchronised: the root's signatures say that it is wrong"""
    clock = Clock(lab, 75 * DAY, True)
    with clock.worn_by(Stubd(lab, config(lab, "alpha-doh"))) as stubd:
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.ede), ("SERVFAIL", 7))
        true(answer.ede_text.startswith("this machine's clock is wrong: "), answer.ede_text)
        equal((trouble(stubd), told(stubd, "wrong-clock")), ("wrong-clock", 1))
        (text,) = stubd.status()["warnings"]
        true("the signatures of the root are not good, which are so from 20" in text, text)
        print("  " + text)


def test_clock_of_certificates(lab):
    """a clock 100 days ahead: the certificates of all providers say that it is wrong"""
    for names, synchronised, kind in ((("alpha-doh", "beta-dot"), True, "wrong-clock"),
                                      (("alpha-doh",), False, "wrong-clock"), (("alpha-doh",), True, "none")):
        clock = Clock(lab, 100 * DAY, synchronised)
        with clock.worn_by(Stubd(lab, config(lab, *names))) as stubd:
            equal(dig(lab, "www.example.com").status, "SERVFAIL")
            equal(trouble(stubd), kind, f"{names} {synchronised}")
    equal(lab.record(client="laptop"), [])


def test_captive_portal(lab):
    """a captive portal: named, never asked, never believed; gone after the login"""
    lab.run("fault", "captive")
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot")) as stubd:
        answer = dig(lab, "www.example.com")
        equal(answer.status, "SERVFAIL")
        true(answer.ede_text.startswith("a captive portal"), answer.ede_text)
        equal((trouble(stubd), told(stubd, "captive-portal")), ("captive-portal", 1))
        true("captive portal" in stubd.ctl("status")[1], "status")
        equal(lab.record(party="portal"), [])
        lab.heal()
        becomes_true(lambda: dig(lab, "alias.example.com").status == "NOERROR", "an answer after the login")
        equal(trouble(stubd), "none")


def test_captive_recursion(lab):
    """with recursion behind the providers, the portal's lies are not believed either, and it keeps its name"""
    lab.run("fault", "captive")
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot", on_miss=["providers", "recurse"])) as stubd:
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.data("A")), ("SERVFAIL", []))
        equal(trouble(stubd), "captive-portal")


def test_impostor(lab):
    """somebody else's certificate in the place of every provider is a portal; of one, it is that one's"""
    impostor = {**lab.providers["alpha-doh"], "name": "other", "url": "https://dns.other.example/dns-query"}
    lab.fault("wrong-name", "crook")
    for others, kind in (([impostor], "captive-portal"), ([], "none"), ([lab.providers["beta-dot"]], "none")):
        wanted = {"providers": {"custom": [lab.providers["crook-doh"], *others]}, "dnssec": "validate"}
        with Stubd(lab, wanted) as stubd:
            dig(lab, "www.example.com")
            equal(trouble(stubd), kind)
    equal(lab.record(party="crook"), [])
