"""Networks with one address family only: recursion, and providers and clients by way of NAT64."""
import contextlib
import time

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd

GATEWAY4, GATEWAY6 = "100.64.0.1", "2001:db8:64::1"


def ip(lab, *words, check=True, where="laptop"):
    lab.output("ip", *words, check=check, where=where)


def lose_v4(lab):
    ip(lab, "addr", "del", f"{lab.env['LAPTOP4']}/24", "dev", "up0")


def lose_v6(lab):
    ip(lab, "-6", "addr", "del", f"{lab.env['LAPTOP6']}/64", "dev", "up0")


def dual(lab):
    ip(lab, "addr", "replace", f"{lab.env['LAPTOP4']}/24", "dev", "up0")
    ip(lab, "-6", "addr", "replace", f"{lab.env['LAPTOP6']}/64", "dev", "up0", "nodad")
    ip(lab, "route", "replace", "default", "via", GATEWAY4)
    ip(lab, "-6", "route", "replace", "default", "via", GATEWAY6)


@contextlib.contextmanager
def network(lab):
    """Whatever happens to the laptop's addresses, they are as they were afterwards."""
    try:
        yield
    finally:
        dual(lab)


RECURSE = {"on_miss": ["recurse"], "providers": {"custom": []}}
DEADLINE = 4.5


def test_recursion_v6(lab):
    """recursion with IPv6 only: dual-stack zones are reached; those of IPv4 servers fail at once and say why"""
    with network(lab):
        lose_v4(lab)
        with Stubd(lab, RECURSE):
            equal(dig(lab, "www.insecure.org").data("A"), ["192.0.2.111"])
            equal(dig(lab, "www.example.com", "AAAA").data("AAAA"), ["2001:db8:2::80"])
            for name in ("www.v4.org", "other.load.v4.org", "www.dead.org"):
                before = time.monotonic()
                answer = dig(lab, name)
                took = time.monotonic() - before
                print(f"  {name}: fails after {took * 1000:.0f} ms, dig included")
                equal(answer.status, "SERVFAIL", name)
                true(took < DEADLINE / 2, f"{name} took {took:.2f} s")
                true("no way to IPv4 servers" in answer.ede_text, answer.ede_text)
            true(all(":" in r["client"] for r in lab.record(client="laptop")), "all of it over IPv6")
            # IPv4 is back: nothing of that is remembered for longer than it takes to ask again.
            dual(lab)
            becomes_true(lambda: dig(lab, "a.load.v4.org").data("A") == ["192.0.2.114"], "IPv4 servers answer")
            equal(dig(lab, "www.v4.org").data("A"), ["192.0.2.113"])


def test_recursion_v4(lab):
    """recursion with IPv4 only: dual-stack zones and those of IPv4 servers are reached"""
    with network(lab):
        lose_v6(lab)
        with Stubd(lab, RECURSE):
            equal(dig(lab, "www.insecure.org").data("A"), ["192.0.2.111"])
            equal(dig(lab, "www.v4.org").data("A"), ["192.0.2.113"])
            # The other family alone, without a start in between.
            dual(lab)
            lose_v4(lab)
            equal(dig(lab, "www.example.co.uk").data("A"), ["192.0.2.141"])
            equal(dig(lab, "b.load.v4.org").status, "SERVFAIL")
