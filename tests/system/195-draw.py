"""The draw: kept over restarts, made anew on request and when its period is over."""
import os
import struct
import time

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd

NAMES = ["alpha-doh", "alpha-dot", "beta-doh", "beta-dot", "gamma-doh", "gamma-dot"]


def config(lab, **more):
    return {"providers": {"strategy": "one", "custom": [lab.providers[n] for n in NAMES], **more}}


def drawn(stubd):
    return stubd.status()["draw"]["members"]


def test_kept(lab):
    """one provider is drawn, is asked alone, and is the same after a restart"""
    with Stubd(lab, config(lab)) as stubd:
        first = drawn(stubd)
        equal(len(first), 1)
        for i in range(5):
            equal(dig(lab, f"kept{i}.load.example.com").status, "NOERROR")
        equal({r["party"] for r in lab.record(client="laptop")}, {first[0].split("-")[0]})
        for _ in range(3):
            stubd.stop()
            stubd.start()
            equal(drawn(stubd), first)


def test_shuffle(lab):
    """providers shuffle draws anew at once; who is no longer used is asked no more, its connections end"""
    with Stubd(lab, config(lab)) as stubd:
        seen = set()
        for i in range(60):
            code, text = stubd.ctl("providers", "shuffle")
            equal(code, 0, text)
            now = drawn(stubd)[0]
            true(now in text, f"{text} names {now}")
            if len(seen) < 3 and now not in seen:
                lab.forget()
                equal(dig(lab, f"shuffled{i}.load.example.com").status, "NOERROR")
                equal({(r["party"], r["transport"]) for r in lab.record(client="laptop")}, {tuple(now.split("-"))})
                becomes_true(lambda: sum(p["connections"] > 0 for p in stubd.status()["providers"]) == 1,
                             "only the drawn one has connections")
            seen.add(now)
            if len(seen) > 3:
                break
        true(len(seen) > 3, f"sixty draws of six gave {seen}")
        last = drawn(stubd)
        stubd.stop()
        stubd.start()
        equal(drawn(stubd), last)


def test_period(lab):
    """a draw older than "reshuffle" is made anew when the daemon starts; a younger one is kept"""
    with Stubd(lab, config(lab, reshuffle="30d")) as stubd:
        seed = os.path.join(stubd.folder, "state", "seed")
        for age, kept in ((29, True), (31, False)):
            stubd.stop()
            with open(seed, "r+b") as f:
                secret = f.read(16)
                f.write(struct.pack(">Q", int(time.time()) - age * 86400))
            stubd.start()
            if kept:
                becomes_true(lambda: stubd.status()["draw"]["drawn_at"] < time.time() - 28 * 86400, "kept")
            else:
                becomes_true(lambda: stubd.status()["draw"]["drawn_at"] > time.time() - 86400, "made anew")
            with open(seed, "rb") as f:
                equal(f.read(16) == secret, kept)
