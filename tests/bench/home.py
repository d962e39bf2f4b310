"""What a server costs when it has little to do, and what a flood of names does to it."""
import threading
import time

import accounts
import load
import server
from bed import settle
from probe import Probe, milliseconds, percentile
from upstream import NEAR

IDLE = 60           # seconds
CLOSED = 30         # seconds that it may take until the upstream has closed what rests; longer than it waits for that


def idle(srv, addr):
    """Context switches a minute when there is nothing left to do: the upstream has closed what rested, and
    what closing set off is over."""
    end = time.monotonic() + CLOSED
    while accounts.connections(addr) and time.monotonic() < end:
        time.sleep(0.1)
    settle(CLOSED)
    pids = srv.pids()
    before = accounts.switches(pids)
    time.sleep(IDLE)
    return (accounts.switches(pids) - before) * 60 / IDLE


def start(bed, name, proto):
    """First a server of its own for each: the first local answer, then the first from upstream."""
    out = {}
    if "local" in server.ask(name, "caps").split():
        srv = bed.started(name, proto, ready="localhost")
        out["local_ms"] = srv.start_ms
        srv.close()
    srv = bed.started(name, proto, cache=200000)
    try:
        out["start_ms"] = srv.start_ms
        settle()
        out["idle_rss_kib"], out["idle_pss_kib"] = srv.memory()
        if bed.lead:
            out["wakeups_min"] = idle(srv, NEAR[0])
        if bed.lead and "cache" in server.ask(name, "caps").split():
            for key, more in (("10k", 10000), ("100k", 90000)):
                r = bed.dnsperf(srv, bed.unique(more), 90, outstanding=50, clients=4, once=True)
                out[key + "_rss_kib"], out[key + "_pss_kib"] = srv.memory()
                out[key + "_done"] = r["done"] - r["servfail"]
        return out
    finally:
        srv.close()


def flood(bed, name, proto):
    """Names never seen before, and meanwhile names that are in the cache."""
    seconds, rate = 30, 10000
    srv = bed.started(name, proto, cache=10000)
    try:
        known = load.names(50)
        bed.dnsperf(srv, bed.listed(known), 5, once=True)
        settle()
        rss, result = [srv.memory()[0]], {}
        path = bed.unique(seconds * rate + 10000)
        thread = threading.Thread(target=lambda: result.update(
            bed.measured(srv, path, seconds, outstanding=1000, rate=rate)))
        probe = Probe(srv.addr, timeout=2.0)
        thread.start()
        seen = probe.run([(i * 0.05, known[i % 50], "A") for i in range(seconds * 20)],
                         [(t, lambda: rss.append(srv.memory()[0])) for t in range(1, seconds)])
        thread.join()
        probe.close()
        settle(3)
        rss.append(srv.memory()[0])
        hits = milliseconds(seen)
        return {"hit_failed": len(seen) - len(hits), "hit_p50_ms": percentile(hits, 50),
                "hit_p99_ms": percentile(hits, 99), "before_kib": rss[0], "peak_kib": max(rss),
                "after_kib": rss[-1], "answered": result["done"] - result["servfail"] - result["refused"],
                "servfail": result["servfail"], "lost": result["lost"], "cpu_us": result["cpu_us"]}
    finally:
        srv.close()
