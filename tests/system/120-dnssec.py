"""Validation of what providers answer: verdict, AD and reason, compared with a validating resolver; what it
costs the provider; what fails how; and that the validator's own door is shut."""
import json
import os
import re
import subprocess
import time

from lib.ask import Answer, dig
from lib.check import equal, true, within
from lib.daemon import ADDRESS, BUILD, PORT, Stubd
from lib.lab import ROOT

RAW = os.path.join(ROOT, "tests", "system", "lib", "stranger.py")

def config(lab, *names, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names]}, "dnssec": "validate", **more}


def verdict(answer):
    return answer.status, "ad" in answer.flags


def rows(lab, *filters):
    return [(r["party"], r["name"], r["type"]) for r in lab.record(client="laptop")]


def compare(lab, provider):
    """Every row of the lab's table of verdicts, on which unbound, delv and knot-resolver agree."""
    with Stubd(lab, config(lab, provider)):
        for row in json.loads(lab.run("verdicts")):
            name, kind = row["name"], row["type"]
            about = f"{name} {kind} by {provider}"
            wanted = row["rcode"], row["verdict"] == "secure"
            seen = dig(lab, name, kind, "+dnssec")
            equal(verdict(seen), wanted, about)
            if row["verdict"] == "bogus":
                true(seen.ede in row["ede"], f"{about}: EDE {seen.ede} {seen.ede_text}, expected one of {row['ede']}")
                true("127." not in seen.ede_text and "<www." not in seen.ede_text
                     and "validation: " in seen.ede_text, seen.ede_text)
            else:
                again = dig(lab, name, kind, "+dnssec")
                equal((verdict(again), sorted(again.data(kind))), (wanted, sorted(seen.data(kind))),
                      f"{about}, cached")


def test_doh(lab):
    """through DoH every kind of answer has the right verdict, and the reason when it is bogus"""
    compare(lab, "alpha-doh")


def test_dot(lab):
    """the same through DoT, by another make of provider"""
    compare(lab, "beta-dot")


def test_flags(lab):
    """AD for those who ask for it, by AD or DO, and nobody else; CD=1 gets what is bogus"""
    with Stubd(lab, config(lab, "alpha-doh")):
        for _ in range(2):
            true("ad" not in dig(lab, "www.example.com", "A", "+noad", "+nodnssec").flags, "neither bit")
            true("ad" in dig(lab, "www.example.com", "A", "+ad").flags, "AD bit")
            true("ad" in dig(lab, "www.example.com", "A", "+noad", "+dnssec").flags, "DO bit")
        answer = dig(lab, "www.bogus.org", "A", "+cd", "+dnssec")
        equal((answer.data("A"), "ad" in answer.flags), (["192.0.2.121"], False))
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")


def test_cost(lab):
    """once the chain is known a name costs the provider one question, chains of CNAMEs too; no telemetry"""
    with Stubd(lab, config(lab, "alpha-doh")):
        for warm in ("www.example.com", "www.insecure.org", "www.example.co.uk", "www.bogus.org"):
            dig(lab, warm)
        lab.forget()
        names = [f"cost{i}.load.example.com" for i in range(20)] + [
            "nx1.example.com", "v4only.example.com", "chain1.example.com", "cross.example.com",
            "cross2.example.com", "host.dname.example.com", "nx.example.co.uk", "x.load.insecure.org"]
        for name in names:
            true(dig(lab, name).status in ("NOERROR", "NXDOMAIN"), name)
        equal(sorted(rows(lab)), sorted(("alpha", n + ".", "A") for n in names))


def test_telemetry(lab):
    """of its own the validator asks for keys and delegations, and nothing else"""
    with Stubd(lab, config(lab, "alpha-doh")):
        for name in ("www.example.com", "www.bogus.org", "www.expired.org", "www.insecure.org"):
            dig(lab, name)
    for _, name, kind in rows(lab):
        true("_ta-" not in name and (kind in ("DS", "DNSKEY") or name.startswith("www.")), f"{name} {kind}")
    true(any(kind == "DNSKEY" for _, _, kind in rows(lab)), "keys were asked for")


def test_final(lab):
    """a bogus zone is never masked: no recursion, no second provider"""
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot", on_miss=["providers", "recurse"])) as stubd:
        for name in ("www.bogus.org", "www.expired.org", "tobogus.example.com"):
            equal(dig(lab, name).status, "SERVFAIL")
        counters = stubd.status()["counters"]
    equal({party for party, _, _ in rows(lab)}, {"alpha"})
    equal((counters["bogus"], counters["recursions"]), (3, 0))


def test_recursion(lab):
    """providers gone: recursion answers with AD, without the validator"""
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot", on_miss=["providers", "recurse"])):
        for party in ("alpha", "beta"):
            lab.fault("kill", party)
        answer = dig(lab, "www.example.com", "A", "+dnssec")
        equal(verdict(answer), ("NOERROR", True))
        true("local recursion" in answer.ede_text, answer.ede_text)
        equal((dig(lab, "www.expired.org").ede), 7)


def test_split(lab):
    """a public CNAME into a split zone: no AD, and no provider learns of the split name"""
    rule = {"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}
    with Stubd(lab, config(lab, "alpha-doh", split=[rule])):
        for _ in range(2):
            answer = dig(lab, "tocorp.example.com", "A", "+dnssec")
            equal((verdict(answer), answer.data("A")), (("NOERROR", False), ["10.7.0.20"]))
        equal(verdict(dig(lab, "tocorp.example.com", "CNAME", "+dnssec")), ("NOERROR", True))
        answer = dig(lab, "wiki.oldcorp.example.com", "A", "+dnssec")
        equal((verdict(answer), answer.data("A")), (("NOERROR", False), ["10.7.0.21", "10.7.0.22"]))
    equal({name for party, name, kind in rows(lab) if kind not in ("DS", "DNSKEY") and party == "alpha"},
          {"tocorp.example.com.", "wiki.oldcorp.example.com."})


def seconds(lab, name, **options):
    started = time.monotonic()
    answer = dig(lab, name, **options)
    return time.monotonic() - started, answer


def test_silence(lab):
    """a silent provider is left as fast as without validation, and its return is noticed"""
    took = {}
    for mode in ("off", "validate"):
        with Stubd(lab, {**config(lab, "crook-doh", "alpha-dot"), "dnssec": mode}):
            equal(dig(lab, "www.example.com").status, "NOERROR")
            lab.fault("silent", "crook")
            took[mode], answer = seconds(lab, f"silence-{mode}.load.example.com")
            equal(answer.status, "NOERROR", mode)
            lab.heal("crook")
    within(took["validate"] - took["off"], 0.3, "what validation adds to the failover")


def test_slow(lab):
    """a provider that takes 2 s: validated in 2.6 s once the chain is known"""
    with Stubd(lab, config(lab, "crook-doh")):
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("slow", "crook", "2000")
        took, answer = seconds(lab, "slow.load.example.com")
        lab.heal("crook")
        equal(answer.status, "NOERROR")
        within(took, 2.6, "the answer")


def test_outage(lab):
    """keys that could not be had during an outage are not held against the zone after it"""
    with Stubd(lab, config(lab, "crook-doh")) as stubd:
        lab.fault("silent", "crook")
        for name in ("www.example.com", "www.example.co.uk"):
            equal(dig(lab, name).status, "SERVFAIL")
        lab.heal("crook")
        lab.fault("slow", "crook", "1500")      # the message comes, the keys do not in time
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
        lab.fault("silent", "crook")            # the keys are lost while they are asked for
        dig(lab, "mail.example.com")
        lab.heal("crook")
        started = time.monotonic()
        while True:
            answer = dig(lab, "v4only.example.com", "A", "+dnssec")
            if verdict(answer) == ("NOERROR", True):
                break
            true(time.monotonic() - started < 30, f"{answer}")
        equal(stubd.status()["counters"]["bogus"], 0)


def test_lost(lab):
    """keys lost on their way are told as that, not as bogus; the next question starts with a clean slate"""
    with Stubd(lab, config(lab, "crook-doh")) as stubd:
        lab.fault("slow", "crook", "700")
        client = lab.spawn("dig", f"@{ADDRESS}", "-p", str(PORT), "+tries=1", "+timeout=6", "www.example.com",
                           stdout=subprocess.PIPE, text=True)
        lab.run("record", "--party", "crook", "--type", "DNSKEY", "--wait", "1")
        lab.fault("kill", "crook")
        answer = Answer(client.communicate(timeout=10)[0])
        equal((answer.status, answer.ede), ("SERVFAIL", 23), answer.text)
        true("lost" in answer.ede_text, answer.ede_text)
        lab.heal("crook")
        started = time.monotonic()
        while verdict(dig(lab, "www.example.com", "A", "+dnssec")) != ("NOERROR", True):
            true(time.monotonic() - started < 30, "validated again")
        status = stubd.status()
        equal(status["counters"]["bogus"], 0)
        true(status["validation"]["renewals"] >= 1, "the context was made anew")


def test_stranger(lab):
    """another local process gets nothing from the validator's listener"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        dig(lab, "www.example.com")
        sockets = lab.output("ss", "-Hltn")
        places = re.findall(r"\s(127\.\d+\.\d+\.\d+):(\d+)\s", sockets)
        (place,) = [p for p in places if p[0] != "127.0.0.1"]
        equal([p for p in re.findall(r"(127\.\d+\.\d+\.\d+):", lab.output("ss", "-Hlun")) if p == place[0]], [])
        lab.forget()
        text = lab.output("python3", RAW, *place, check=True)
        equal(text.split(), ["closed"] * 20)
        equal(rows(lab), [])
        true(stubd.status()["validation"]["strangers"] >= 20, "they are counted")
        equal(verdict(dig(lab, "alias.example.com", "A", "+dnssec")), ("NOERROR", True))


def test_strict(lab):
    """privacy strict: neither a question nor a key leaves in plaintext, whatever fails"""
    with Stubd(lab, config(lab, "crook-doh", "alpha-dot", privacy="strict")):
        dig(lab, "www.example.com")
        for i, fault in enumerate(("http500", "garbage", "truncated", "wrong-question", "empty", "rst", "close",
                                   "expired", "silent")):
            lab.fault(fault, "crook")
            equal(dig(lab, f"strict{i}.load.example.com").status, "NOERROR", fault)
            lab.heal("crook")
        for party in ("alpha", "crook"):
            lab.fault("kill", party)
        equal(dig(lab, "www.example.co.uk").status, "SERVFAIL")
    equal([r for r in lab.record(client="laptop") if r["transport"] in ("udp", "tcp")], [])


def test_trust(lab):
    """trust: the provider's AD bit is given on; what it calls bogus is SERVFAIL; nothing more is asked"""
    with Stubd(lab, {**config(lab, "alpha-doh"), "dnssec": "trust"}):
        for _ in range(2):
            equal(verdict(dig(lab, "www.example.com", "A", "+dnssec")), ("NOERROR", True))
        equal(verdict(dig(lab, "www.insecure.org", "A", "+dnssec")), ("NOERROR", False))
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
    equal(sorted({kind for _, _, kind in rows(lab)}), ["A"])


def test_anchors(lab):
    """without trust anchors there is no start, and the error says what to write; with dnssec off there is"""
    engine = {"root_hints": lab.env["LAB_ROOT_HINTS"], "trust_anchors": lab.env["LAB_ROOT_HINTS"]}
    stubd = Stubd(lab, config(lab, "alpha-doh", engine=engine))
    done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), "-c", stubd.file), env=lab.environment, text=True,
                          capture_output=True, timeout=20)
    equal(done.returncode, 1)
    true("trust_anchors" in done.stderr and "only DS and DNSKEY" in done.stderr, done.stderr)
    stubd.configure({**config(lab, "alpha-doh", engine=engine), "dnssec": "off"})
    with stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")


def test_told(lab):
    """status, explain and query tell the mode and the verdict"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        true("secure" in stubd.ctl("query", "www.example.com")[1], "query")
        true("bogus" in stubd.ctl("query", "www.bogus.org")[1], "query of a bogus name")
        true("validate" in stubd.ctl("explain", "www.example.com")[1], "explain")
        status = stubd.status()
        equal((status["dnssec"], status["counters"]["validations"], status["counters"]["bogus"]), ("validate", 2, 1))
        true(status["validation"]["running"] and status["counters"]["chain"] > 4, "the validator's questions are counted")
