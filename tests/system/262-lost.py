"""A provider that is lost is not knocked at all the time: handshakes are counted by its own packet filter."""
import os
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.network import only_v4

SECONDS = 60 if os.environ.get("TIMED") else 10
RATE = 50
MOST = 8                    # handshakes in any 60 s


def lose(lab, stubd, fault):
    equal(dig(lab, "www.example.com").status, "NOERROR")
    lab.fault(fault, "alpha")
    if fault == "kill":
        becomes_true(lambda: stubd.status()["providers"][0]["connections"] == 0, "the connection is lost")
    lab.forget()


def counted(lab, label):
    """Asks for distinct names at a steady rate; returns the load and the handshakes begun with alpha."""
    load = Load(lab, [f"{label}{i}.load.example.com" for i in range(RATE * SECONDS)], RATE).finish()
    return load, sum(lab.connections("alpha").values())


def test_while_another_lives(lab):
    """it refuses connections, another answers everything: no more than eight handshakes in a minute, and it is back soon
    once it is mended"""
    custom = [only_v4(lab.providers["alpha-dot"]), only_v4(lab.providers["beta-doh"])]
    with Stubd(lab, {"providers": {"custom": custom}}) as stubd:
        lose(lab, stubd, "kill")
        load, handshakes = counted(lab, "lost")
        equal((load.failed, load.lost), (0, 0), load.rcodes)
        print(f"  {handshakes} handshakes in {SECONDS} s of {RATE} questions a second")
        true(1 <= handshakes <= MOST, handshakes)
        lab.heal("alpha")
        rounds, mended = 0, time.monotonic()
        while stubd.status()["providers"][0]["standing"] != "up":
            true(time.monotonic() - mended < 330, "it never comes back")
            equal(dig(lab, f"back{rounds}.load.example.com").status, "NOERROR")
            rounds += 1
        print(f"  back {time.monotonic() - mended:.1f} s after the mend")


def test_alone(lab):
    """nobody else is there: questions fail at once with its reason, and it is tried no more often"""
    with Stubd(lab, {"providers": {"custom": [only_v4(lab.providers["alpha-dot"])]}}) as stubd:
        lose(lab, stubd, "kill")
        load, handshakes = counted(lab, "alone")
        equal((load.failed, load.lost), (RATE * SECONDS, 0), load.rcodes)
        print(f"  {handshakes} handshakes in {SECONDS} s of {RATE} questions a second")
        true(1 <= handshakes <= MOST, handshakes)
        true("connection refused" in dig(lab, "why.load.example.com").ede_text, "the reason")
