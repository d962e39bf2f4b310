"""A connection before the first question, where the person wants that: to one provider, without a question, and once."""
import contextlib

from lib.ask import dig
from lib.check import becomes_true, equal
from lib.daemon import Stubd
from lib.network import move, network, only_v4


def config(lab, *names, **providers):
    return {"providers": {"custom": [only_v4(lab.providers[n]) for n in names], **providers}}


def connections(lab):
    return sum(sum(lab.connections(party).values()) for party in ("alpha", "beta"))


def questions(lab):
    return lab.record(client="laptop")


NO_NEW_ONES = """
table inet closed {
    chain out { type filter hook output priority 0; tcp flags & (syn | ack) == syn drop; }
}"""


@contextlib.contextmanager
def no_new_connections(lab):
    """What is open stays."""
    lab.output("nft", "-f", "-", input=NO_NEW_ONES, check=True)
    try:
        yield
    finally:
        lab.output("nft", "delete", "table", "inet", "closed")


def test_by_itself(lab):
    """by default nobody is told that somebody is there before anybody asks"""
    with Stubd(lab, config(lab, "alpha-dot", "beta-doh")) as stubd:
        equal(dig(lab, "localhost").status, "NOERROR")
        equal(stubd.status()["providers"][0]["connections"], 0)
    equal((connections(lab), questions(lab)), (0, []))


def test_start(lab):
    """with "prewarm" the first provider has a connection soon after the start, and it is the one that the question takes"""
    for first, second in (("alpha-dot", "beta-doh"), ("beta-doh", "alpha-dot")):
        lab.forget()
        with Stubd(lab, config(lab, first, second, prewarm=True)) as stubd:
            becomes_true(lambda: stubd.status()["providers"][0]["connections"] == 1, "there is a connection")
            equal(questions(lab), [])
            with no_new_connections(lab):
                equal(dig(lab, "www.example.com").status, "NOERROR")
            equal(connections(lab), 1)
            equal(lab.connections(first.split("-")[0])[first.split("-")[1]], 1, "it goes to the first one")


def test_closed(lab):
    """one that the provider closes unused is not made again"""
    lab.fault("idle", "crook", "1")
    with Stubd(lab, config(lab, "crook-dot", prewarm=True)) as stubd:
        becomes_true(lambda: lab.connections("crook")["dot"] == 1, "there is a connection")
        becomes_true(lambda: not lab.output("ss", "-Htn", "dst", lab.env["CROOK4"]).strip(), "it is closed")
        equal(stubd.status()["providers"][0]["connections"], 0)
        equal(dig(lab, "localhost").status, "NOERROR")
        equal(lab.connections("crook")["dot"], 1)


def test_network(lab):
    """in a new network there is one if somebody has asked lately, and none if nobody has"""
    for asked in (False, True):
        with network(lab), Stubd(lab, config(lab, "alpha-dot", prewarm=True)) as stubd:
            becomes_true(lambda: stubd.status()["providers"][0]["connections"] == 1, "there is a connection")
            if asked:
                equal(dig(lab, "www.example.com").status, "NOERROR")
            lab.forget()
            move(lab)
            becomes_true(lambda: stubd.status()["epoch"]["number"] >= 1, "a new epoch")
            if asked:
                becomes_true(lambda: lab.connections("alpha")["dot"] >= 1, "there is a connection again")
            else:
                equal(lab.connections("alpha")["dot"], 0)
            equal(questions(lab), [])
            equal(dig(lab, "after.load.example.com").status, "NOERROR")
