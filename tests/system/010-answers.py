"""Answers over UDP and TCP, through DoH and DoT, from the cache, and of every shape."""
from lib.ask import dig, kdig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd


def providers(lab, *names):
    return {"providers": {"custom": [lab.providers[n] for n in names]}}


def ways(lab, name):
    """How the laptop's question for a name left it: {(party, transport)}."""
    return {(r["party"], r["transport"]) for r in lab.record(name=name, client="laptop")}


def test_each_provider_and_transport(lab):
    """a first question goes to the provider, by its transport; the second comes from the cache"""
    for provider in ("alpha", "beta", "gamma"):
        for transport in ("doh", "dot"):
            name = f"{provider}-{transport}.wild.example.com"
            with Stubd(lab, providers(lab, f"{provider}-{transport}")):
                answer = dig(lab, name)
                equal(answer.status, "NOERROR")
                equal(answer.data("A"), ["192.0.2.81"])
                equal(dig(lab, name, "A", "+tcp").data("A"), ["192.0.2.81"])
                true("192.0.2.81" in kdig(lab, name), "kdig reads the cached answer")
            rows = [r for r in lab.record(name=name + ".") if r["party"] == provider]
            equal([(r["transport"]) for r in rows], [transport])


def test_shapes(lab):
    """every shape of answer is what the provider itself says"""
    asked = [
        ("www.example.com", "AAAA"), ("nx.example.com", "A"), ("www.example.com", "TXT"),
        ("chain1.example.com", "A"), ("cross.example.com", "A"), ("host.dname.example.com", "A"),
        ("svc.example.com", "HTTPS"), ("_dns.svc.example.com", "SVCB"), ("unknown.example.com", "TYPE65400"),
        ("example.com", "MX"), ("_sip._tcp.example.com", "SRV"), ("enum.example.com", "NAPTR"),
        ("example.com", "CAA"), ("xn--bcher-kva.example.com", "A"), ("many.example.com", "A"),
        ("www.insecure.org", "A"), ("www.example.co.uk", "A"), ("ent.example.com", "A"),
        ("_443._tcp.www.example.com", "TLSA"), ("example.com", "DNSKEY"), ("example.com", "DS"),
    ]
    with Stubd(lab, providers(lab, "beta-doh")):
        for name, kind in asked:
            direct = dig(lab, name, kind, server=lab.env["BETA4"], port=53)
            for _ in ("from the provider", "from the cache"):
                ours = dig(lab, name, kind)
                equal(ours.status, direct.status, f"{name} {kind}")
                equal(sorted((r[0], r[2], r[3]) for r in ours.records),
                      sorted((r[0], r[2], r[3]) for r in direct.records), f"{name} {kind}")


def test_large(lab):
    """an answer that does not fit sets TC over UDP and comes whole over TCP"""
    with Stubd(lab, providers(lab, "alpha-doh")):
        for name, least in (("big1.example.com", 1232), ("big4.example.com", 4096)):
            cut = dig(lab, name, "TXT", "+ignore", "+bufsize=1232")
            true("tc" in cut.flags, f"{name}: TC over UDP")
            whole = dig(lab, name, "TXT", "+tcp")
            true("tc" not in whole.flags and sum(map(len, whole.data("TXT"))) > least, f"{name} over TCP")
            equal(dig(lab, name, "TXT", "+bufsize=1232").data("TXT"), whole.data("TXT"))


def test_dnssec_records(lab):
    """RRSIGs are given to who sets DO and to nobody else, from one question upstream"""
    with Stubd(lab, providers(lab, "alpha-dot")):
        without = dig(lab, "www.example.com", "A")
        with_do = dig(lab, "www.example.com", "A", "+dnssec")
        equal([r[2] for r in without.records], ["A"])
        equal(sorted(r[2] for r in with_do.records), ["A", "RRSIG"])
        true("ad" not in with_do.flags, "AD is not set: nobody validated here")
    equal(len(lab.record(party="alpha", name="www.example.com.")), 1)


def test_case_and_edns(lab):
    """the spelling of the question comes back, and OPT only to who sent one"""
    with Stubd(lab, providers(lab, "alpha-doh")):
        for _ in range(2):
            answer = dig(lab, "wWw.ExAmple.Com", "A")
            true("wWw.ExAmple.Com." in answer.text, "spelled as asked")
            true(answer.edns, "OPT for EDNS")
        true(not dig(lab, "www.example.com", "A", "+noedns").edns, "no OPT without EDNS")


def test_ttl_ages(lab):
    """TTLs in the cache age, and an aged-out answer is asked again"""
    def ttl():
        return dig(lab, "ttl5.example.com").records[0][1]

    with Stubd(lab, providers(lab, "alpha-doh")):
        first = ttl()
        true(2 <= first <= 5, f"TTL {first}")
        becomes_true(lambda: ttl() < first, "the TTL ages", 3)
        equal(len(lab.record(party="alpha", name="ttl5.example.com.")), 1)
        becomes_true(lambda: ttl() and len(lab.record(party="alpha", name="ttl5.example.com.")) > 1,
                     "it is asked again", 10)
