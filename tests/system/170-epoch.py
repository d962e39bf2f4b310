"""The network changes: a new epoch when the way to the providers dies, and none when it does not."""
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.network import GATEWAY, SECOND, ip, move, network, only_v4, restore


def config(lab, *names):
    return {"providers": {"custom": [only_v4(lab.providers[n]) for n in names]}}


def epoch(stubd):
    return stubd.status()["epoch"]["number"]


def test_nothing_of_ours(lab):
    """a container's bridge, further addresses, a lease that is renewed: the same epoch, the same connection"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        ip(lab, "link", "add", "br-test", "type", "bridge")
        ip(lab, "link", "set", "br-test", "up")
        ip(lab, "addr", "add", "172.17.0.1/16", "dev", "br-test")
        ip(lab, "-6", "addr", "add", "2001:db8:64::dead/64", "dev", "up0", "nodad")
        ip(lab, "addr", "add", f"{SECOND}/24", "dev", "up0")
        ip(lab, "addr", "change", f"{lab.env['LAPTOP4']}/24", "dev", "up0", "valid_lft", "3600",
           "preferred_lft", "3600")
        ip(lab, "route", "replace", "default", "via", GATEWAY)
        ip(lab, "addr", "del", f"{SECOND}/24", "dev", "up0")
        ip(lab, "-6", "addr", "del", "2001:db8:64::dead/64", "dev", "up0")
        # An event that does count, so that those before it have been looked at.
        equal(dig(lab, "before.load.example.com").status, "NOERROR")
        equal((epoch(stubd), lab.connections("alpha")["doh"]), (0, 1))
        move(lab)
        becomes_true(lambda: epoch(stubd) >= 1, "the epoch that a new address brings")
        reasons = [line for line in stubd.log().splitlines() if "event=epoch number=1" in line]
        true(lab.env["LAPTOP4"] in reasons[0] or "no way" in reasons[0], reasons)


def test_address(lab):
    """the address is replaced: one log line, answers at once over a new connection, standing forgotten"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh", "beta-dot")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        move(lab)
        becomes_true(lambda: epoch(stubd) >= 1, "a new epoch")
        equal(dig(lab, "after.load.example.com").status, "NOERROR")
        rows = lab.record(name="after.load.example.com.", party="alpha")
        equal([r["client"] for r in rows], [SECOND])
        code, text = stubd.ctl("status")
        true("network" in text and "changed" in text, text)
        lines = [line for line in stubd.log().splitlines() if "event=epoch" in line]
        equal(len(lines), epoch(stubd), "\n".join(lines))


def ask_and_move(lab, stubd, number):
    """Ten questions on their way when the address goes: what came of them, whom they reached then, and how long
    the network took to move. Asked by one process, so that none is older than another."""
    names = [f"out{number}-{i}.load.example.com" for i in range(10)]
    before = epoch(stubd)
    lab.fault("stop", "alpha")
    started = time.monotonic()
    load = Load(lab, names, 1000)
    becomes_true(lambda: stubd.status()["counters"]["waiting"] == len(names) or load.process.poll() is not None,
                 "ten wait")
    move(lab)
    lab.heal("alpha")
    took = time.monotonic() - started
    load.finish()
    becomes_true(lambda: epoch(stubd) > before, "a new epoch")
    there = {r["name"] for r in lab.record(party="alpha") if r["client"] == SECOND}
    return load.rcodes, [n for n in names if f"{n}." not in there], took


def test_outstanding(lab):
    """questions on their way when the address goes are answered by way of the new one"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for number in range(5):
            equal(dig(lab, f"before{number}.load.example.com").status, "NOERROR")
            rcodes, missing, took = ask_and_move(lab, stubd, number)
            if rcodes == {"NOERROR": 10}:
                equal(missing, [], "asked from the new address")
                return
            # Nothing waits longer than 4.5 s: where ten questions take as long to be asked, only that is seen.
            true(took > 2, f"the network moved in {took:.1f} s, and the answers were {rcodes}")
            print(f"  the network took {took:.1f} s to move: once more")
            restore(lab)
        true(False, "this machine is too slow to move its network while a question waits")


def lines_of(stubd, words):
    return [line for line in stubd.log().splitlines() if "event=epoch" in line and words in line]


def roam(lab, stubd, number):
    """The address goes; when that was noticed another one comes. What came of ten questions on their way and one
    that is asked meanwhile, whom they reached then, and how long it took."""
    names = [f"roam{number}-{i}.load.example.com" for i in range(10)]
    lost, back = len(lines_of(stubd, "no way")), len(lines_of(stubd, "again"))
    lab.fault("stop", "alpha")
    load = Load(lab, names, 1000)
    becomes_true(lambda: stubd.status()["counters"]["waiting"] == len(names) or load.process.poll() is not None,
                 "ten wait")
    started = time.monotonic()
    ip(lab, "addr", "del", f"{lab.env['LAPTOP4']}/24", "dev", "up0")
    becomes_true(lambda: len(lines_of(stubd, "no way")) > lost, "the way is lost")
    meanwhile = Load(lab, [f"meanwhile{number}.load.example.com"], 1000)
    ip(lab, "addr", "add", f"{SECOND}/24", "dev", "up0")
    ip(lab, "route", "replace", "default", "via", GATEWAY)
    took = time.monotonic() - started
    lab.heal("alpha")
    load.finish()
    meanwhile.finish()
    becomes_true(lambda: len(lines_of(stubd, "again")) > back, "a way again")
    there = {r["name"] for r in lab.record(party="alpha") if r["client"] == SECOND}
    return load.rcodes, meanwhile.rcodes, [n for n in names if f"{n}." not in there], took


def test_roaming(lab):
    """between two networks there is none: what is on its way, or asked meanwhile, waits for the next one"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for number in range(5):
            equal(dig(lab, f"roams{number}.load.example.com").status, "NOERROR")
            rcodes, meanwhile, missing, took = roam(lab, stubd, number)
            print(f"  {took:.2f} s from the address that went to the one that came")
            if rcodes == {"NOERROR": 10} and meanwhile == {"NOERROR": 1}:
                equal(missing, [], "asked from the new address")
                return
            # Nobody waits for a network for longer than 2 s.
            true(took > 1.5, f"after {took:.1f} s the answers were {rcodes}, {meanwhile}")
            restore(lab)
        true(False, "this machine is too slow to move its network while a question waits")


def test_offline(lab):
    """without a network for longer: what waited fails, what is asked then fails at once, and says why; what is
    cached is answered; and with a network it works again"""
    with network(lab), Stubd(lab, {**config(lab, "alpha-doh"), "on_miss": ["providers"], "dnssec": "off"}) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        ip(lab, "addr", "del", f"{lab.env['LAPTOP4']}/24", "dev", "up0")
        becomes_true(lambda: lines_of(stubd, "no way"), "the way is lost")
        equal(dig(lab, "waits.load.example.com").status, "SERVFAIL")
        equal(dig(lab, "www.example.com").status, "NOERROR", "cached")
        started = time.monotonic()
        reply = dig(lab, "offline.load.example.com")
        print(f"  {time.monotonic() - started:.2f} s to be told, dig included")
        equal((reply.status, reply.ede), ("SERVFAIL", 23))
        ip(lab, "addr", "add", f"{SECOND}/24", "dev", "up0")
        ip(lab, "route", "replace", "default", "via", GATEWAY)
        becomes_true(lambda: lines_of(stubd, "again"), "a way again")
        equal(dig(lab, "offline.load.example.com").status, "NOERROR", "no failure was kept")


def test_link(lab):
    """the link goes down and comes up: answers again, without a wait for back-offs"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        ip(lab, "link", "set", "up0", "down")
        becomes_true(lambda: epoch(stubd) == 1, "the way is lost")
        equal(dig(lab, "down.load.example.com").status, "SERVFAIL")
        ip(lab, "link", "set", "up0", "up")
        ip(lab, "route", "replace", "default", "via", GATEWAY)
        becomes_true(lambda: epoch(stubd) == 2, "and is there again")
        equal(stubd.status()["providers"][0]["standing"], "untried")
        equal(dig(lab, "up.load.example.com").status, "NOERROR")


def test_tickets(lab):
    """a TLS session is resumed within an epoch, never in the next one or after a restart, by the server's own word"""
    for transport in ("doh", "dot"):
        with network(lab), Stubd(lab, config(lab, f"crook-{transport}")) as stubd:
            lab.forget()
            lab.fault("goaway", "crook", "1")
            for i in range(4):
                equal(dig(lab, f"{transport}{i}.load.example.com").status, "NOERROR")
            within = [r["resumed"] for r in lab.record(party="crook")]
            equal(within, [False, True, True, True], "one question a connection")
            move(lab)
            becomes_true(lambda: epoch(stubd) >= 1, "a new epoch")
            lab.forget()
            for i in range(4, 7):
                equal(dig(lab, f"{transport}{i}.load.example.com").status, "NOERROR")
            after = [r["resumed"] for r in lab.record(party="crook")]
            equal(after, [False, True, True])
            lab.forget()
            stubd.stop()
            stubd.start()
            equal(dig(lab, f"{transport}7.load.example.com").status, "NOERROR")
            equal([r["resumed"] for r in lab.record(party="crook")], [False], "none outlives the daemon")
        lab.heal()


def test_no_tickets(lab):
    """with `tickets: false` no TLS session is ever resumed, by the server's own word"""
    for transport in ("doh", "dot"):
        entry = {**lab.providers[f"crook-{transport}"], "tickets": False}
        lab.forget()
        lab.fault("goaway", "crook", "1")
        with Stubd(lab, {"providers": {"custom": [entry]}, "dnssec": "off", "on_miss": ["providers"]}):
            for i in range(4):
                equal(dig(lab, f"untied{transport}{i}.load.example.com").status, "NOERROR")
        equal([r["resumed"] for r in lab.record(party="crook")], [False] * 4, "one question a connection")
        lab.heal()
