"""Exceptions from validation: the person's, by name and for a time."""
import json
import os
import re

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd

BROKEN = "www.bogus.org"


def config(lab, *names, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names]}, "dnssec": "validate", **more}


def verdict(answer):
    return answer.status, "ad" in answer.flags


def add(stubd, name, *duration):
    code, text = stubd.ctl("nta", "add", name, *duration)
    equal(code, 0, text)


def names(stubd):
    return [n["name"] for n in stubd.status()["ntas"]]


def test_begins_and_ends(lab):
    """a bogus zone is answered without AD while it is excepted, and refused before and after; others stay proved"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(verdict(dig(lab, BROKEN)), ("SERVFAIL", False), "before")
        add(stubd, "BOGUS.org.", "1h")
        seen = dig(lab, BROKEN, "A", "+dnssec")
        equal((verdict(seen), seen.data("A")), (("NOERROR", False), ["192.0.2.121"]), "while")
        equal(verdict(dig(lab, "www.example.com")), ("NOERROR", True), "another name")
        equal(dig(lab, "www.expired.org").status, "SERVFAIL", "another bogus zone")
        equal(stubd.ctl("nta", "remove", "bogus.org")[0], 0)
        seen = dig(lab, BROKEN)
        equal(verdict(seen), ("SERVFAIL", False), "after")
        true(6 <= seen.ede <= 12, repr(seen))


def test_chains(lab):
    """a chain is judged link by link: into an excepted zone it is insecure, out of one into a bogus zone it fails"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for name in ("tobogus.example.com", "www.dnamebogus.example.com"):
            equal(dig(lab, name).status, "SERVFAIL", name)
        add(stubd, "bogus.org")
        for name in ("tobogus.example.com", "www.dnamebogus.example.com"):
            seen = dig(lab, name)
            equal((verdict(seen), seen.data("A")), (("NOERROR", False), ["192.0.2.121"]), name)
        stubd.ctl("nta", "remove", "bogus.org")
        for name in ("tobogus.example.com", "www.dnamebogus.example.com"):
            equal(dig(lab, name).status, "SERVFAIL", f"{name} again, though it was cached")
        add(stubd, "example.com")
        equal(dig(lab, "tobogus.example.com").status, "SERVFAIL", "out of an excepted zone")
        equal(verdict(dig(lab, "www.example.com")), ("NOERROR", False), "an excepted good zone")
        equal(verdict(dig(lab, "cross2.example.com")), ("NOERROR", False), "out of it into a good one")
        equal(verdict(dig(lab, "www.example.co.uk")), ("NOERROR", True), "a good one")
        equal(verdict(dig(lab, "example.com", "DS")), ("NOERROR", True), "its DS, which is its parent's")


def test_nothing_was_kept_wrongly(lab):
    """what was cached as proved is not given as proved once its name is excepted, nor the other way round"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for excepted in (False, True, False):
            if excepted:
                add(stubd, "example.com")
            else:
                stubd.ctl("nta", "remove", "example.com")
            for _ in range(2):
                equal(verdict(dig(lab, "www.example.com")), ("NOERROR", not excepted))
                equal(verdict(dig(lab, "chain1.example.com")), ("NOERROR", not excepted))


def test_recursion(lab):
    """local recursion goes by the same exceptions"""
    more = {"on_miss": ["recurse"]}
    with Stubd(lab, config(lab, "alpha-doh", **more)) as stubd:
        equal(dig(lab, BROKEN).status, "SERVFAIL")
        add(stubd, "bogus.org")
        equal(verdict(dig(lab, BROKEN)), ("NOERROR", False))
        stubd.ctl("nta", "remove", "bogus.org")
        equal(dig(lab, BROKEN).status, "SERVFAIL")
        equal(verdict(dig(lab, "www.example.com")), ("NOERROR", True))


def test_other_modes(lab):
    """where the provider validates, an excepted name is asked for with CD, and its AD is not believed"""
    for mode in ("trust", "off"):
        with Stubd(lab, config(lab, "alpha-doh", dnssec=mode)) as stubd:
            equal(dig(lab, BROKEN).status, "SERVFAIL", mode)
            add(stubd, "bogus.org")
            add(stubd, "example.com")
            equal(verdict(dig(lab, BROKEN)), ("NOERROR", False), mode)
            equal(verdict(dig(lab, "www.example.com")), ("NOERROR", False), mode)


def test_expires(lab):
    """an exception ends by itself, and the zone is refused again at once"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        add(stubd, "bogus.org", "2s")
        add(stubd, "expired.org", "7d")
        becomes_true(lambda: names(stubd) == ["expired.org."], "the exception ends")
        equal(dig(lab, BROKEN).status, "SERVFAIL")
        equal(dig(lab, "www.expired.org").status, "NOERROR")
        true("name=bogus.org. is over" in stubd.log(), "the log tells")


def test_restart(lab):
    """exceptions outlive a restart, in a file that is the owner's alone; what is malformed in it is named and skipped"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        add(stubd, "bogus.org", "1d")
        until = stubd.status()["ntas"][0]["until"]
        stubd.stop()
        file = os.path.join(stubd.folder, "state", "nta")
        equal(os.stat(file).st_mode & 0o777, 0o600)
        with open(file, "a", encoding="utf-8") as f:
            f.write(f"expired.org. soon\n. {until}\nover.example. 1000\ndnssec..org {until}\nfar.example. 99999999999\n")
        stubd.start()
        entries = {n["name"]: n for n in stubd.status()["ntas"]}
        equal(sorted(entries), ["bogus.org.", "far.example."])
        equal(entries["bogus.org."]["until"], until)
        true(entries["far.example."]["left_s"] <= 7 * 86400, "a week is the most")
        equal(dig(lab, BROKEN).status, "NOERROR")
        equal(sorted(int(n) for n in re.findall(r"/nta:(\d+): ", stubd.log())), [3, 4, 6])
        stubd.ctl("nta", "remove", "bogus.org")
        stubd.stop()
        stubd.start()
        equal(names(stubd), ["far.example."])
        equal(dig(lab, BROKEN).status, "SERVFAIL")


def test_told(lab):
    """the list, status and explain show what is excepted; wrong words are refused"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        true("no name is excepted" in stubd.ctl("nta")[1], "empty")
        add(stubd, "bogus.org", "90m")
        code, text = stubd.ctl("nta")
        true(code == 0 and re.search(r"bogus\.org\. +1 h (29|30) min left", text), text)
        listed = json.loads(stubd.ctl("nta", "--json")[1])["ntas"]
        equal([n["name"] for n in listed], ["bogus.org."])
        true(5000 < listed[0]["left_s"] <= 5400, str(listed))
        true("negative trust anchors" in stubd.ctl("status")[1], "status")
        text = stubd.ctl("explain", "a.b.bogus.org")[1]
        true("exception for bogus.org." in text, text)
        equal(json.loads(stubd.ctl("explain", "--json", "bogus.org")[1])["nta"]["name"], "bogus.org.")
        equal(json.loads(stubd.ctl("explain", "--json", "example.org")[1])["nta"], None)
        for words, code, part in ((("add", "bogus.org", "8d"), 1, "7d"), (("add", "bogus.org", "0"), 1, "7d"),
                                  (("add", "."), 1, "root"), (("add", "bogus.org", "soon"), 2, "soon"),
                                  (("add",), 2, "write:"), (("remove", "example.com"), 1, "not excepted"),
                                  (("forget", "bogus.org"), 2, "write:"), (("add", "b\u00fccher.example"), 2, "xn--")):
            seen, text = stubd.ctl("nta", *words)
            true(seen == code and part in text, f"{words}: {seen} {text}")
        equal(names(stubd), ["bogus.org."])
        for i in range(63):
            equal(stubd.ctl("nta", "add", f"n{i}.example")[0], 0)
        code, text = stubd.ctl("nta", "add", "one.more.example")
        true(code == 1 and "64" in text, text)


def test_state_that_cannot_be_written(lab):
    """without a state folder exceptions count for this run, and status says so"""
    with Stubd(lab, config(lab, "alpha-doh", state="/proc/none")) as stubd:
        add(stubd, "bogus.org")
        equal(dig(lab, BROKEN).status, "NOERROR")
        true(any("end with this run" in w for w in stubd.status()["warnings"]), str(stubd.status()["warnings"]))
