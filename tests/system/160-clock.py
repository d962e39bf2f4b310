"""A clock that nobody has set: what time certificates and signatures are checked by, and what is said."""
import os
import time

from lib.ask import dig
from lib.check import equal, true
from lib.clock import DAY, Clock
from lib.daemon import Stubd

TO_1980 = 315532800 - int(time.time())
NOT_SYNCHRONISED = "this machine's clock is not synchronised"


def config(lab, *names, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names or ("alpha-doh",)]}, "dnssec": "validate",
            **more}


def stubd_with(lab, clock, wanted, kept=None):
    stubd = clock.worn_by(Stubd(lab, wanted))
    state = os.path.join(stubd.folder, "state")
    os.mkdir(state)
    os.chmod(state, 0o777)
    if kept is not None:
        with open(os.path.join(state, "clock"), "w", encoding="ascii") as f:
            f.write(f"{kept}\n" if isinstance(kept, int) else kept)
    return stubd


def kept_by(stubd):
    path = os.path.join(stubd.folder, "state", "clock")
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as f:
        return int(f.read())


def secure(lab, name="www.example.com"):
    answer = dig(lab, name, "A", "+adflag")
    equal((answer.status, "ad" in answer.flags), ("NOERROR", True), answer.text)


def test_synchronised(lab):
    """a synchronised clock is used, and its time kept for later"""
    with stubd_with(lab, Clock(lab, 0, True), config(lab)) as stubd:
        secure(lab)
        equal(stubd.status()["clock"], {"synchronised": True, "using": "clock"})
        true(abs(kept_by(stubd) - time.time()) < DAY, kept_by(stubd))
        true("clock          synchronised" in stubd.ctl("status")[1], "status")
        mode = os.stat(os.path.join(stubd.folder, "state", "clock")).st_mode & 0o777
        equal(oct(mode), "0o600")


def test_1980(lab):
    """a clock of 1980 that is not synchronised: the last good time of an earlier run proves all there is"""
    for recurse in (False, True):
        wanted = config(lab, on_miss=["recurse"] if recurse else ["providers"])
        kept = int(time.time()) + 60     # the lab is a few seconds old
        with stubd_with(lab, Clock(lab, TO_1980), wanted, kept) as stubd:
            secure(lab)
            clock = stubd.status()["clock"]
            equal((clock["synchronised"], clock["using"]), (False, "kept"))
            true("not synchronised, using the last good time: 20" in stubd.ctl("status")[1], "status")
            equal(dig(lab, "www.expired.org").ede, 7)
            equal(kept_by(stubd), kept, "an unsynchronised clock leaves the kept time alone")


def test_build(lab):
    """without a kept time, or with one that is none, the time of the build is used"""
    for kept, said in ((None, False), ("yesterday\n", True)):
        with stubd_with(lab, Clock(lab, TO_1980), config(lab), kept) as stubd:
            equal(stubd.status()["clock"]["using"], "build")
            equal("is no time" in stubd.log(), said)


def test_certificates(lab):
    """a clock 100 days ahead: certificates have expired, and the clock is named; once it is set, all is well"""
    clock = Clock(lab, 100 * DAY)
    with stubd_with(lab, clock, config(lab)) as stubd:
        answer = dig(lab, "www.example.com")
        equal(answer.status, "SERVFAIL")
        true("expired" in answer.ede_text and NOT_SYNCHRONISED in answer.ede_text, answer.ede_text)
        equal(lab.record(client="laptop"), [])
        equal(kept_by(stubd), None)
        clock.set(0, True)
        equal(stubd.status()["clock"]["synchronised"], True)
        secure(lab)


def test_signatures(lab):
    """a clock 75 days ahead: signatures have expired, and the clock is named; once it is set, all is well"""
    clock = Clock(lab, 75 * DAY)
    with stubd_with(lab, clock, config(lab)) as stubd:
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.ede), ("SERVFAIL", 7))
        true(NOT_SYNCHRONISED in answer.ede_text, answer.ede_text)
        clock.set(0, True)
        equal(stubd.status()["clock"]["synchronised"], True)
        secure(lab)


def test_other_faults(lab):
    """an expired certificate is the provider's fault when the clock is right"""
    lab.fault("expired", "crook")
    with stubd_with(lab, Clock(lab, 0, True), config(lab, "crook-doh")):
        answer = dig(lab, "www.example.com")
        true("expired" in answer.ede_text and "clock" not in answer.ede_text, answer.ede_text)
