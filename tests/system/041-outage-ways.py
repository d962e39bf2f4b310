"""A way to a provider is lost, at 200 distinct names a second: its port 853 is blocked, or its server says
GOAWAY all the time. The same provider goes on answering, by its DoH or on another connection, and nobody else
learns of anything.

One round of each in `make check`, ten under `make check-timed` (lib/outage.py).
"""
from lib.ask import dig
from lib.check import equal
from lib.daemon import Stubd
from lib.outage import AT_ONCE, SILENT, rounds, under_load


def standing(stubd):
    return stubd.status()["providers"][0]


def blocked(lab, fault, speed):
    """What works is remembered for the network, so each round has a daemon of its own."""
    entry = dict(lab.providers["alpha-dot"], name="alpha", other_url=lab.providers["alpha-doh"]["url"])

    def one_round(label):
        with Stubd(lab, {"providers": {"custom": [entry, lab.providers["beta-doh"]]}}) as stubd:
            equal(dig(lab, f"first.{label}.load.example.com").status, "NOERROR")
            equal(standing(stubd).get("fallback"), None)
            waits = under_load(lab, label, speed, lambda: lab.fault(fault, "alpha"))
            equal((standing(stubd)["fallback"], standing(stubd)["standing"]), ("doh", "up"), label)
            lab.forget()
            equal(dig(lab, f"last.{label}.load.example.com").status, "NOERROR")
            rows = [r for r in lab.record(client="laptop") if r["name"].startswith("last.")]
            equal([(r["party"], r["transport"]) for r in rows], [("alpha", "doh")], label)
        lab.heal("alpha")
        return waits

    rounds(fault, speed, 1, one_round)


def test_refused(lab):
    """port 853 refused"""
    blocked(lab, "refuse853", AT_ONCE)


def test_reset(lab):
    """port 853 reset by the first octets"""
    blocked(lab, "reset853", AT_ONCE)


def test_silent(lab):
    """port 853 silent"""
    blocked(lab, "block853", SILENT)


def goaway(lab, transport):
    """One provider alone: whoever is not answered by it fails."""
    def one_round(label):
        waits = under_load(lab, label, AT_ONCE, lambda: lab.fault("goaway", "crook", "20"))
        lab.heal("crook")
        return waits

    with Stubd(lab, {"providers": {"custom": [lab.providers[f"crook-{transport}"]]}}):
        equal(dig(lab, "www.example.com").status, "NOERROR")
        before = lab.connections("crook")[transport]
        rounds(f"goaway over {transport}", AT_ONCE, 1, one_round)
        print(f"  {lab.connections('crook')[transport] - before} connections, each of 20 answers or more")


def test_goaway_doh(lab):
    """GOAWAY after every twentieth answer, DoH"""
    goaway(lab, "doh")


def test_goaway_dot(lab):
    """closed after every twentieth answer, DoT"""
    goaway(lab, "dot")
