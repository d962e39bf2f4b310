"""Local recursion: when it answers, when it must not, and that the person can forbid it."""
from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd

AUTHORITIES = {"root", "tld", "leaf1", "leaf2"}


def config(lab, on_miss, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
            "on_miss": on_miss, **more}


def recursed(lab):
    return [r for r in lab.record(client="laptop") if r["party"] in AUTHORITIES]


def test_fallback(lab):
    """all providers dead: recursion answers, and says so"""
    with Stubd(lab, config(lab, ["providers", "recurse"])):
        for p in ("alpha", "beta"):
            lab.fault("kill", p)
        answer = dig(lab, "www.example.com")
        equal(answer.data("A"), ["192.0.2.80"])
        true("local recursion" in answer.ede_text, f"EDE says so: {answer.ede_text}")
        equal(dig(lab, "www.insecure.org").status, "NOERROR")
        equal(dig(lab, "nx.example.com").status, "NXDOMAIN")
    true(recursed(lab), "the authorities were asked by the laptop")


def test_forbidden(lab):
    """["providers"] alone: SERVFAIL, a reason that names provider and cause, no recursion"""
    with Stubd(lab, config(lab, ["providers"])):
        for p in ("alpha", "beta"):
            lab.fault("kill", p)
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.ede), ("SERVFAIL", 23))
        true("alpha-doh" in answer.ede_text and "refused" in answer.ede_text, answer.ede_text)
    equal(recursed(lab), [])


def test_alone(lab):
    """["recurse"] alone: every answer comes from the authorities, no provider is needed"""
    with Stubd(lab, {"on_miss": ["recurse"], "providers": {"custom": []}}):
        equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])
        equal(dig(lab, "cross.example.com").status, "NOERROR")
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
    true(recursed(lab), "authorities asked")


def test_broken_zone(lab):
    """a zone that providers answer with SERVFAIL causes no recursion, and is asked elsewhere once"""
    with Stubd(lab, config(lab, ["providers", "recurse"])):
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
    equal(recursed(lab), [])
    equal({r["party"] for r in lab.record(name="www.bogus.org.", client="laptop")}, {"alpha", "beta"})


def test_alias(lab):
    """an alias into a split zone is followed there, by CNAME or DNAME, and no authority hears of that zone"""
    for dnssec in ("off", "validate"):
        split = [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]
        with Stubd(lab, {"on_miss": ["recurse"], "providers": {"custom": []}, "split": split, "dnssec": dnssec}):
            equal(dig(lab, "tocorp.example.com").data("A"), ["10.7.0.20"])
            equal(dig(lab, "intranet.oldcorp.example.com").data("A"), ["10.7.0.20"])
            equal(dig(lab, "www.lame.org").status, "SERVFAIL")
            equal(dig(lab, "nx.example.com").status, "NXDOMAIN")
    equal([r for r in recursed(lab) if r["name"].endswith("corp.example.")], [])


def test_special_alias(lab):
    """an alias to a special-use name ends here, and no authority hears of that, not even of its last label"""
    with Stubd(lab, {"on_miss": ["recurse"], "providers": {"custom": []}}):
        for alias, target in (("toonion", "secret.onion."), ("tohome", "nas.home.arpa."),
                              ("toreverse", "53.1.0.10.in-addr.arpa.")):
            answer = dig(lab, f"{alias}.example.com")
            equal((answer.status, answer.data("CNAME")), ("NXDOMAIN", [target]))
            equal(dig(lab, target).status, "NXDOMAIN")
        equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])
    true("toonion.example.com." in {r["name"] for r in recursed(lab)}, "the alias was asked of the authorities")
    equal([r for r in recursed(lab) if r["name"].split(".")[-2] in ("onion", "arpa")], [])


def test_denials(lab):
    """what a signed zone has denied is not asked again under another name of the same gap (RFC 8198)"""
    with Stubd(lab, {"on_miss": ["recurse"], "providers": {"custom": []}, "dnssec": "validate"}):
        for name in ("nothing-a.example.com", "nothing-b.example.com"):
            answer = dig(lab, name, "A", "+dnssec")
            equal((answer.status, "ad" in answer.flags), ("NXDOMAIN", True), name)
    names = {r["name"] for r in recursed(lab)}
    true("nothing-a.example.com." in names and "nothing-b.example.com." not in names, sorted(names))


def test_silence(lab):
    """providers black-holed: recursion answers within the deadline"""
    with Stubd(lab, config(lab, ["providers", "recurse"])):
        for p in ("alpha", "beta"):
            lab.fault("blackhole", p)
        equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])


def test_strict(lab):
    """privacy strict: nothing of a public name leaves in plaintext, whatever fails"""
    with Stubd(lab, {"privacy": "strict", "providers": {"custom": [lab.providers["alpha-doh"]]},
                     "on_miss": ["providers"]}):
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("kill", "alpha")
        equal(dig(lab, "mail.example.com").status, "SERVFAIL")
    plain = [r for r in lab.record(client="laptop") if r["transport"] in ("udp", "tcp")]
    equal(plain, [])
