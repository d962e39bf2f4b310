"""`ntp_names`: while nobody has set the clock, names of time servers, and they alone, may be asked of the network's
own resolver; judged by the record."""
from lib.ask import dig
from lib.check import equal, true
from lib.clock import DAY, Clock
from lib.daemon import Stubd
from lib.resolvers import NetworkFile

NOT_SYNCHRONISED = "this machine's clock is not synchronised"
TIME = "load.example.com"       # a signed zone's; as many names as one likes


def config(lab, *addresses, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]}, "dnssec": "validate",
            "ntp_names": [TIME], **NetworkFile(lab, *(addresses or (lab.env["ISP4"],))).config(), **more}


def asked(lab, party):
    return {r["name"] for r in lab.record(client="laptop", party=party)}


def test_certificates(lab):
    """certificates look expired: ordinary names fail and name the clock, time servers are found; once it is set all are ordinary"""
    clock = Clock(lab, 100 * DAY)
    with clock.worn_by(Stubd(lab, config(lab))) as stubd:
        answer = dig(lab, "www.example.com")
        equal(answer.status, "SERVFAIL")
        true("expired" in answer.ede_text and NOT_SYNCHRONISED in answer.ede_text, answer.ede_text)
        for name in (TIME, f"0.{TIME}", f"1.{TIME}"):
            answer = dig(lab, name, "A", "+adflag")
            equal((answer.status, "ad" in answer.flags), ("NOERROR", False), answer.text)
            equal(answer.ede_text, f"answered by the network's own resolver {lab.env['ISP4']}, in plaintext")
        equal(dig(lab, f"0.{TIME}").data("A"), ["192.0.2.82"])
        equal(dig(lab, "mail.example.com").status, "SERVFAIL")
        equal(dig(lab, "www.insecure.org").status, "SERVFAIL")
        equal(asked(lab, "isp"), {f"{n}." for n in (TIME, f"0.{TIME}", f"1.{TIME}")})
        equal(stubd.status()["network"]["asked_for"], "time servers")
        true("asked for time servers only" in stubd.ctl("status")[1], "status")
        text = stubd.ctl("explain", f"2.{TIME}")[1]
        true("network" in text and "DNSSEC  off" in text, text)
        clock.set(0, True)
        equal(stubd.status()["clock"]["synchronised"], True)
        before = len(lab.record(party="isp"))
        for name in (f"0.{TIME}", f"3.{TIME}", "www.example.com"):
            answer = dig(lab, name, "A", "+adflag")
            equal((answer.status, "ad" in answer.flags, answer.ede), ("NOERROR", True, None), answer.text)
        equal(len(lab.record(party="isp")), before)
        equal(stubd.status()["network"]["asked_for"], "nothing")


def test_signatures(lab):
    """signatures look expired while certificates do not: providers are asked for time servers, without a proof that the clock would spoil"""
    with Clock(lab, 75 * DAY).worn_by(Stubd(lab, config(lab))):
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.ede), ("SERVFAIL", 7))
        answer = dig(lab, f"0.{TIME}", "A", "+adflag")
        equal((answer.data("A"), "ad" in answer.flags, answer.ede), (["192.0.2.82"], False, None), answer.text)
        equal(asked(lab, "isp"), set())
        true(f"0.{TIME}." in asked(lab, "alpha"), "the provider was")


def test_recursion(lab):
    """a network that names no resolver: recursion finds time servers, without that proof; ordinary names fail"""
    wanted = config(lab, on_miss=["providers", "recurse"])
    NetworkFile(lab)
    with Clock(lab, 100 * DAY).worn_by(Stubd(lab, wanted)):
        equal(dig(lab, f"0.{TIME}").data("A"), ["192.0.2.82"])
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
        equal(asked(lab, "isp"), set())


def test_synchronised(lab):
    """a synchronised clock: whatever becomes of the providers, the network's resolver is asked for nothing"""
    for p in ("alpha", "beta"):
        lab.fault("kill", p)
    with Clock(lab, 0, True).worn_by(Stubd(lab, config(lab))):
        equal(dig(lab, f"0.{TIME}").status, "SERVFAIL")
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
    equal(lab.record(client="laptop", party="isp"), [])


def test_default(lab):
    """by default the name is pool.ntp.org; under privacy strict there is none"""
    names = ("pool.ntp.org", "0.debian.pool.ntp.org")
    for privacy in ("encrypted", "strict"):
        wanted = config(lab, privacy=privacy)
        del wanted["ntp_names"]
        lab.forget()
        with Clock(lab, 100 * DAY).worn_by(Stubd(lab, wanted)):
            for name in (*names, "ntp.org", "www.example.com"):
                dig(lab, name)
        equal(asked(lab, "isp"), {f"{n}." for n in names} if privacy == "encrypted" else set())
