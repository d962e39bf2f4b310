"""The root's keys, followed over a roll in the state folder (RFC 5011)."""
import os
import shutil

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd
from lib.rootroll import RootRoll, let_time_pass, states

NAME = "www.example.com"


def config(lab, **more):
    """By a resolver that does not validate itself, and by recursion."""
    return {"providers": {"custom": [lab.providers["isp"]]}, "privacy": "opportunistic", "dnssec": "validate", **more}


def verdict(answer):
    return answer.status, "ad" in answer.flags


def state_file(stubd):
    return os.path.join(stubd.folder, "state", "root", "root.key")


def edit(stubd, change, *words):
    stubd.stop()
    change(state_file(stubd), *words)
    stubd.start()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def roll(lab, more, resolver):
    """A new key is seen, trusted after 30 days, and goes on alone when the old one is revoked."""
    with RootRoll(lab, resolver) as keys, Stubd(lab, config(lab, **more)) as stubd:
        old, new, file = keys.key(keys.old), keys.key(keys.new), state_file(stubd)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "before")
        equal(states(file), {old: "valid"})
        equal(os.stat(file).st_mode & 0o777, 0o600)
        keys.publish()
        edit(stubd, lambda _: None)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "both keys")
        equal(states(file), {old: "valid", new: "pending"})
        edit(stubd, let_time_pass, 29)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "29 days")
        equal(states(file), {old: "valid", new: "pending"}, "29 days")
        edit(stubd, let_time_pass, 2)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "31 days")
        equal(states(file), {old: "valid", new: "valid"}, "31 days")
        keys.revoke()
        edit(stubd, lambda _: None)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "the old key is revoked")
        equal(states(file), {old: "revoked", new: "valid"})
        keys.remove()
        edit(stubd, lambda _: None)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True), "the new key alone")
        equal(os.stat(file).st_mode & 0o777, 0o600)
        with open(file, encoding="utf-8") as f:
            kept = f.read()
        stubd.stop()
        with Stubd(lab, config(lab, **more)) as late:
            equal(dig(lab, NAME).status, "SERVFAIL", "who has not followed")
            late.stop()
            write(state_file(late), kept)
            late.start()
            equal(verdict(dig(lab, NAME)), ("NOERROR", True), "the state wins over the file it began with")
        stubd.start()


def test_roll_of_the_validator(lab):
    """a roll of the root's key is followed by the validation of what providers answer"""
    roll(lab, {}, "isp")


def test_roll_of_the_recursion(lab):
    """a roll of the root's key is followed by the local recursion, where nothing else is validated"""
    roll(lab, {"on_miss": ["recurse"], "dnssec": "off"}, "isp")


def test_both(lab):
    """where both validate the recursion takes the keys that the validation has followed, a roll later too"""
    with RootRoll(lab, "isp") as keys, Stubd(lab, config(lab, on_miss=["providers", "recurse"])) as stubd:
        old, new = keys.key(keys.old), keys.key(keys.new)
        keys.publish()
        equal(stubd.ctl("flush")[0], 0)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        edit(stubd, let_time_pass, 31)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        equal(states(state_file(stubd)), {old: "valid", new: "valid"})
        keys.remove()
        equal(stubd.ctl("flush")[0], 0)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        equal(states(state_file(stubd)), {old: "missing", new: "valid"})
        lab.fault("reset", "isp")
        seen = dig(lab, "www.example.co.uk")
        equal((verdict(seen), "recursion" in seen.ede_text), (("NOERROR", True), True), repr(seen))
        equal(states(state_file(stubd)), {old: "missing", new: "valid"})


def test_broken_state(lab):
    """a state file that is empty or malformed is told once, put aside, and begun anew; one without a key, too"""
    with Stubd(lab, config(lab)) as stubd:
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        with open(state_file(stubd), encoding="utf-8") as f:
            good = f.read()
        for broken in ("", "garbage\n", good.replace("state=2", "state=4"), good.replace("state=2", "state=9"),
                       ";;REVOKED\n" + good, good[:len(good) // 2], "; nothing\n", "\0" * 100):
            edit(stubd, write, broken)
            log = stubd.log()
            equal(log.count("root keys: "), 1, log)
            true("root.key is malformed" in log and "root.key.old" in log, log)
            with open(state_file(stubd) + ".old", encoding="utf-8") as f:
                equal(f.read(), broken)
            equal(verdict(dig(lab, NAME)), ("NOERROR", True), repr(broken[:40]))
            equal(list(states(state_file(stubd)).values()), ["valid"])
        edit(stubd, lambda _: None)
        true("root keys: " not in stubd.log(), "told once")


def test_when_needed(lab):
    """who neither validates nor recurses follows no keys; a reload that turns validation on begins it"""
    with Stubd(lab, config(lab, dnssec="off", on_miss=["providers"])) as stubd:
        equal(dig(lab, NAME).status, "NOERROR")
        true(not os.path.exists(state_file(stubd)), "nobody needs it")
        equal([w for w in stubd.status()["warnings"] if "not followed" in w], [])
        stubd.configure(config(lab))
        code, text = stubd.ctl("reload")
        equal(code, 0, text)
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        equal(list(states(state_file(stubd)).values()), ["valid"])


def test_another_seed(lab):
    """when the file of anchors is another one it wins, whatever was followed before"""
    anchor = os.path.join(lab.folder, "other.anchor")
    wrong = ". IN DS 1 13 2 " + "00" * 32 + "\n"
    engine = {"root_hints": lab.env["LAB_ROOT_HINTS"], "trust_anchors": anchor}
    shutil.copy(lab.env["LAB_ROOT_ANCHOR"], anchor)
    with Stubd(lab, config(lab, engine=engine)) as stubd:
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        edit(stubd, lambda _: write(anchor, wrong))
        equal(dig(lab, NAME).status, "SERVFAIL")
        edit(stubd, lambda _: shutil.copy(lab.env["LAB_ROOT_ANCHOR"], anchor))
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))


def test_static(lab):
    """where the state cannot be written, or the file has more than the root's keys, they are not followed; told"""
    with Stubd(lab, config(lab, state="/proc/none")) as stubd:
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        true(any("not followed" in w for w in stubd.status()["warnings"]), str(stubd.status()["warnings"]))
        true("root keys: /proc/none/root/root.key cannot be written" in stubd.log(), stubd.log())
    more = os.path.join(lab.folder, "more.anchor")
    with open(lab.env["LAB_ROOT_ANCHOR"], encoding="ascii") as f:
        write(more, f.read() + "other.example. IN DS 1 13 2 " + "00" * 32 + "\n")
    engine = {"root_hints": lab.env["LAB_ROOT_HINTS"], "trust_anchors": more}
    with Stubd(lab, config(lab, engine=engine)) as stubd:
        equal(verdict(dig(lab, NAME)), ("NOERROR", True))
        true("not followed" in stubd.log(), stubd.log())
        true(not os.path.exists(state_file(stubd)), "no state")
