"""The named limits: what is full refuses newcomers by name, and nothing else suffers."""
import json
import os

from lib.ask import dig
from lib.check import becomes_true, equal, true, within
from lib.daemon import BUILD, Stubd
from lib.invariants import accounted

CROWD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "crowd.py")
CACHED = "www.example.com"
MAX_TCP_CLIENTS, TCP_IDLE, MAX_FLIGHTS = 256, 10, 2000
RESIDENT_MAX = 1024 if "asan" in BUILD else 128     # MiB; a sanitizer holds freed memory back


def crowd(lab, *words):
    return json.loads(lab.output("python3", CROWD, *map(str, words), check=True))


def config(lab, *providers, **more):
    return {"providers": {"custom": [lab.providers[p] for p in providers or ("alpha-doh",)]}, **more}


def peak(stubd):
    """MiB that were resident at most."""
    with open(f"/proc/{stubd.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) // 1024


def test_tcp_clients(lab):
    """300 clients of TCP: all are answered, newcomers displace those that are idle longest"""
    extra = 300 - MAX_TCP_CLIENTS
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, CACHED).status, "NOERROR")
        got = crowd(lab, "crowd", MAX_TCP_CLIENTS, extra, CACHED)
        equal(got["rcodes"], [0])
        equal(got["answers"], 301)
        equal(got["closed"], list(range(1, 1 + extra)), "the first was not the longest idle any more")
        equal(stubd.status()["tcp"]["displaced"], extra)
        equal(dig(lab, CACHED).status, "NOERROR")


def test_tcp_idle(lab):
    """a client of TCP that asks nothing is closed after 10 s, also when octets trickle in"""
    with Stubd(lab, config(lab)) as stubd:
        ends = crowd(lab, "idle", CACHED)
        for key in ("asked", "silent", "trickling"):
            true(TCP_IDLE - 1 < ends.get(key, 99) < TCP_IDLE + 5, f"{key}: {ends}")
        equal(stubd.status()["tcp"]["closed_idle"], 3)


def test_slow_reader(lab):
    """a client of TCP that does not read its answers is closed, and nobody waits for it"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "big4.example.com", "TXT", "+tcp").status, "NOERROR")
        got = crowd(lab, "slow", "big4.example.com")
        true(got["gone"], f"it is still there: {got}")
        within(got["worst"], 2, "others wait")
        equal(stubd.status()["tcp"]["closed_slow"], 1)
        accounted(stubd)


def test_flights(lab):
    """silent providers, 3,000 names: MAX_FLIGHTS wait, the rest and in the end all get SERVFAIL + EDE, hits still answer"""
    providers = ["alpha-doh", "alpha-dot", "beta-doh", "beta-dot", "gamma-doh", "gamma-dot", "crook-doh", "crook-dot"]
    with Stubd(lab, config(lab, *providers)) as stubd:
        equal(dig(lab, CACHED).status, "NOERROR")
        for party in ("alpha", "beta", "gamma", "crook"):
            lab.fault("stop", party)
        got = crowd(lab, "flood", 3000, "com", CACHED)
        print(f"  {got['causes']}, worst hit {got['worst'] * 1000:.0f} ms, peak {peak(stubd)} MiB")
        equal((got["answered"], got["twice"], got["hits"]), (3000, 0, 60))
        true(all(cause.startswith("2 ") and "without EDE" not in cause for cause in got["causes"]), got["causes"])
        within(got["worst"], 1, "a hit waits for nobody")
        counters = accounted(stubd)
        equal((counters["waiting"], counters["failed"] + counters["overloaded"]), (0, 3000))
        equal(counters["overloaded"], got["causes"].get("2 too many questions in flight", 0))
        true(counters["overloaded"] > 0 and counters["flights"] >= MAX_FLIGHTS, counters)
        true(peak(stubd) < RESIDENT_MAX, f"{peak(stubd)} MiB")
        lab.heal()
        becomes_true(lambda: dig(lab, "after.load.example.com").status == "NOERROR", "it recovers", 30)


def test_descriptors(lab):
    """a silent split server does not use up the descriptors: public names are answered, by the provider"""
    split = [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]
    stubd = Stubd(lab, config(lab, split=split, on_miss=["providers", "recurse"]))
    stubd.wrap = ["prlimit", "--nofile=1024:"]
    with stubd:
        lab.fault("stop", "corp")
        flood = lab.spawn("python3", CROWD, "flood", "2500", "corp.example", "localhost", text=True, stdout=-1)
        becomes_true(lambda: stubd.status()["counters"]["queries"] >= 2500, "the flood came in")
        true(stubd.status()["counters"]["waiting"] > 0, "there is load")
        equal(dig(lab, CACHED).data("A"), ["192.0.2.80"])
        equal(dig(lab, CACHED, "AAAA", "+tcp").status, "NOERROR")
        got = json.loads(flood.communicate(timeout=60)[0])
        equal((got["answered"], got["twice"]), (2500, 0))
        equal(accounted(stubd)["recursions"], 0)
        rows = lab.record(client="laptop", name=CACHED)
        equal({r["party"] for r in rows}, {"alpha"})
