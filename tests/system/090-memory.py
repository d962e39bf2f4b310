"""Memory: flat after 10,000 mixed queries, given back after a crowd, nothing leaked at the end."""
from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import BUILD, Stubd, anonymous
from lib.invariants import accounted

ROUND = 2500
CROWD, NAMES = 8000, 200    # questions that wait at once
SANITIZED = "asan" in BUILD or "tsan" in BUILD


def mixed(prefix):
    """Distinct, repeated, missing, local, split and chained names."""
    kinds = ["{0}{1}.load.example.com", "www.example.com", "{0}{1}.nx.example.com", "{0}{1}.test",
             "{0}{1}.load.corp.example", "chain1.example.com", "portal.corp.example", "www.bogus.org"]
    return [kinds[i % len(kinds)].format(prefix, i) for i in range(ROUND)]


def resident(stubd):
    with open(f"/proc/{stubd.pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * 4


def test_mixed(lab):
    """10,000 mixed queries: memory levels off, counters add up, a sanitizer finds nothing"""
    config = {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
              "on_miss": ["providers", "recurse"], "cache": {"size": "1M"},
              "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]}
    stubd = Stubd(lab, config)
    # A sanitizer holds freed memory back, 256 MB of it unless told otherwise: that is no growth of ours.
    stubd.wrap = ["env", "ASAN_OPTIONS=quarantine_size_mb=8"]
    with stubd:
        sizes = []
        for i in range(4):
            load = Load(lab, mixed(f"m{i}-"), 500).finish()
            equal(load.lost, 0)
            sizes.append(resident(stubd))
        dig(lab, "www.example.com")
        accounted(stubd)
        print(f"  resident after each {ROUND}: {sizes} KiB")
        true(sizes[3] - sizes[1] < 4096, f"grows: {sizes} KiB")


def test_given_back(lab):
    """8,000 questions wait for a provider that is silent; when they are over, and some that stay, so is their memory"""
    with Stubd(lab, {"providers": {"custom": [lab.providers["alpha-dot"]]}}) as stubd:
        dig(lab, "www.example.com")
        lab.fault("blackhole", "alpha")
        before = anonymous(stubd.pid)
        load = Load(lab, [f"c{i % NAMES}.load.example.com" for i in range(CROWD)], 10**5, waiting=CROWD)
        becomes_true(lambda: anonymous(stubd.pid) > before + 4096, "there is a crowd")
        load.finish()
        equal(accounted(stubd)["waiting"], 0)
        most = anonymous(stubd.pid)
        if not SANITIZED:
            becomes_true(lambda: anonymous(stubd.pid) < before + 2048, "memory is given back")
        print(f"  {before} KiB before, {most} KiB when the crowd is gone, {anonymous(stubd.pid)} KiB given back")
