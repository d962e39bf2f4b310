"""Split zones that bring their own trust anchor: proved from it, by their own servers, and by nobody else."""
import json
import os
import re
import subprocess

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import BUILD, Stubd

SIGNED = ["signed.corp.example", "broken.corp.example"]


def config(lab, rule=None, **more):
    """The anchored zones by one rule, the rest of the company's, which is not signed, by another."""
    anchored = {"domains": SIGNED, "servers": [lab.env["CORP4"]], "link": "tun0",
                "trust_anchors": lab.env["LAB_CORP_ANCHOR"], **(rule or {})}
    rest = {"domains": ["corp.example"], "servers": [lab.env["CORP4"]], "link": "tun0"}
    return {"providers": {"custom": [lab.providers["alpha-doh"]]}, "dnssec": "validate",
            "split": [{k: v for k, v in anchored.items() if v != "-"}, rest], **more}


def verdict(answer):
    return answer.status, "ad" in answer.flags


def test_proved(lab):
    """answers, denials, wildcards and children of an anchored zone are proved; a bogus one is refused with the reason"""
    with Stubd(lab, config(lab)):
        for name, kind, status in (("www.signed.corp.example", "A", "NOERROR"),
                                   ("signed.corp.example", "A", "NOERROR"),
                                   ("alias.signed.corp.example", "A", "NOERROR"),
                                   ("x.wild.signed.corp.example", "A", "NOERROR"),
                                   ("www.below.signed.corp.example", "A", "NOERROR"),
                                   ("below.signed.corp.example", "DS", "NOERROR"),
                                   ("signed.corp.example", "DNSKEY", "NOERROR"),
                                   ("www.signed.corp.example", "MX", "NOERROR"),
                                   ("nx.signed.corp.example", "A", "NXDOMAIN"),
                                   ("nx.below.signed.corp.example", "A", "NXDOMAIN")):
            for again in ("", ", cached"):
                equal(verdict(dig(lab, name, kind)), (status, True), f"{name} {kind}{again}")
        for name in ("www.broken.corp.example", "tobroken.signed.corp.example"):
            seen = dig(lab, name)
            equal(verdict(seen), ("SERVFAIL", False), name)
            true(6 <= seen.ede <= 12 and "validation: " in seen.ede_text, repr(seen))
            equal(verdict(dig(lab, name, "A", "+cd")), ("NOERROR", False), f"{name} with CD")
        equal(verdict(dig(lab, "www.signed.corp.example", "A", "+noad")), ("NOERROR", False), "without AD")
        equal(verdict(dig(lab, "intranet.corp.example")), ("NOERROR", False), "a rule without anchors")
        equal(verdict(dig(lab, "signed.corp.example", "DS")), ("NXDOMAIN", False), "its parent's word is no rule's")
        equal(verdict(dig(lab, "www.example.com")), ("NOERROR", True), "a public name")


def test_who_is_asked(lab):
    """keys and delegations of an anchored zone are asked of its own server alone, and only once"""
    with Stubd(lab, config(lab)) as stubd:
        for name in ("www.below.signed.corp.example", "nx.signed.corp.example", "out.signed.corp.example"):
            dig(lab, name)
        rows = [(r["party"], r["name"], r["type"]) for r in lab.record(client="laptop")]
        equal(sorted(r for r in rows if r[0] == "corp"), sorted([
            ("corp", "www.below.signed.corp.example.", "A"), ("corp", "signed.corp.example.", "DNSKEY"),
            ("corp", "below.signed.corp.example.", "DS"), ("corp", "below.signed.corp.example.", "DNSKEY"),
            ("corp", "nx.signed.corp.example.", "A"), ("corp", "out.signed.corp.example.", "A")]))
        true(not [r for r in rows if r[0] != "corp" and "corp.example" in r[1]], str(rows))
        equal(stubd.status()["counters"]["chain_refused"], 0)
        equal(verdict(dig(lab, "out.signed.corp.example")), ("NOERROR", True), "on to a public name, both proved")


def test_modes(lab):
    """whatever public names are done with, an anchored zone is proved; trust believes the server, off does not"""
    for mode in ("off", "trust"):
        with Stubd(lab, config(lab, dnssec=mode)) as stubd:
            equal(verdict(dig(lab, "www.signed.corp.example")), ("NOERROR", True), mode)
            equal(dig(lab, "www.broken.corp.example").status, "SERVFAIL", mode)
            split = stubd.status()["split"]
            equal([(s["dnssec"], s["trust_anchors"]) for s in split], [("validate", 2), ("off", 0)])
            true("its own trust anchors" in stubd.ctl("status")[1], "status")
            equal(json.loads(stubd.ctl("explain", "--json", "a.signed.corp.example")[1])["dnssec"], "validate")
    for mode in ("trust", "off"):           # the lab's corporate server never sets AD
        with Stubd(lab, config(lab, {"trust_anchors": "-", "dnssec": mode})):
            equal(verdict(dig(lab, "www.signed.corp.example")), ("NOERROR", False), mode)
            equal(verdict(dig(lab, "www.broken.corp.example")), ("NOERROR", False), mode)


def test_exception(lab):
    """the person's exception is stronger than a rule's anchor, at it and below it"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "www.broken.corp.example").status, "SERVFAIL")
        stubd.ctl("nta", "add", "broken.corp.example")
        equal(verdict(dig(lab, "www.broken.corp.example")), ("NOERROR", False))
        stubd.ctl("nta", "add", "below.signed.corp.example")
        equal(verdict(dig(lab, "www.below.signed.corp.example")), ("NOERROR", False))
        equal(verdict(dig(lab, "www.signed.corp.example")), ("NOERROR", True))
        stubd.ctl("nta", "remove", "broken.corp.example")
        equal(dig(lab, "www.broken.corp.example").status, "SERVFAIL")


def test_link(lab):
    """without its link an anchored zone fails; what was proved over an earlier life of the link is not given again"""
    with Stubd(lab, config(lab)) as stubd:
        equal(verdict(dig(lab, "www.signed.corp.example")), ("NOERROR", True))
        lab.output("ip", "link", "set", "tun0", "down", check=True)
        try:
            equal(dig(lab, "www.signed.corp.example").status, "SERVFAIL")
            equal(verdict(dig(lab, "www.example.com")), ("NOERROR", True))
        finally:
            lab.output("ip", "link", "set", "tun0", "up", check=True)
            lab.output("ip", "route", "replace", "10.7.0.0/24", "dev", "tun0")
        lab.forget()
        equal(verdict(dig(lab, "www.signed.corp.example")), ("NOERROR", True))
        asked = {r["type"] for r in lab.record(party="corp", client="laptop")}
        true({"A", "DNSKEY"} <= asked, f"asked anew: {asked}")
        equal(stubd.status()["counters"]["bogus"], 0)


def test_silent_server(lab):
    """a corporate server that is silent takes neither a public name's verdict nor its own zone's for a minute"""
    with Stubd(lab, config(lab, on_miss=["providers", "recurse"])) as stubd:
        lab.fault("blackhole", "corp")
        equal(dig(lab, "www.signed.corp.example").status, "SERVFAIL")
        equal(verdict(dig(lab, "www.example.com")), ("NOERROR", True))
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
        lab.heal("corp")
        for _ in range(20):
            if verdict(dig(lab, "www.signed.corp.example")) == ("NOERROR", True):
                break
        equal(verdict(dig(lab, "www.below.signed.corp.example")), ("NOERROR", True))
        equal(stubd.status()["counters"]["recursions"], 0)


def refused(lab, rule, *parts):
    with open(os.path.join(lab.folder, "wrong.json"), "w", encoding="utf-8") as f:
        json.dump(config(lab, rule), f, indent=1)
    done = subprocess.run([os.path.join(BUILD, "stubd"), "-n", "-c", f.name], text=True, capture_output=True)
    lines = done.stderr.splitlines()
    true(done.returncode == 1 and len(lines) == len(parts), f"{rule}: {done.stderr}")
    for line, part in zip(lines, parts):
        true(re.match(rf"{re.escape(f.name)}:\d+: /split/0", line) and part in line, f"{part!r}: {line}")


def test_wrong_configuration(lab):
    """an anchor that is wrong, missing, or of no use is an error that names the file, its line and the mend"""
    with open(lab.env["LAB_CORP_ANCHOR"], encoding="ascii") as f:
        good = f.read().splitlines()
    file = os.path.join(lab.folder, "wrong.anchor")

    def anchors(*lines):
        with open(file, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        return {"trust_anchors": file}
    refused(lab, {"trust_anchors": "-", "dnssec": "validate"}, '"trust_anchors": "FILE"')
    refused(lab, {"dnssec": "off"}, "leave it out")
    refused(lab, {"dnssec": "trust"}, "leave it out")
    refused(lab, {"trust_anchors": "/none"}, "/none: No such file")
    refused(lab, anchors("; nothing"), "has no DS or DNSKEY")
    refused(lab, anchors(*good, "", "signed.corp.example. IN DS 1 13 2 zz"), "wrong.anchor:4: ")
    refused(lab, anchors(*good, "signed.corp.example. IN A 10.7.0.1"), "wrong.anchor:3: only DS and DNSKEY")
    refused(lab, anchors(good[0].replace(" 13 ", " 200 "), good[1]), "wrong.anchor:1: algorithm 200")
    refused(lab, anchors(good[0].replace(" 2 ", " 200 ", 1), good[1]), "wrong.anchor:1: digest type 200")
    refused(lab, anchors(*good, ". IN DS 1 13 2 " + "00" * 32), "engine")
    refused(lab, anchors(good[0]), 'no anchor for "broken.corp.example"')
    refused(lab, anchors(*good, "corp.example. IN DS 1 13 2 " + "00" * 32), "anchor for corp.example., which is not")
    refused(lab, {"domains": [*SIGNED, "10.7.0.0/16"]}, 'no anchor for "10.7.0.0/16"')
