"""What scenarios share: scratch, pinning, upstreams, servers, loads."""
import os
import random
import time

import accounts
import load
import server
import upstream
import zones
from upstream import FAR, NEAR


class Failed(Exception):
    """The server did not come up, went away, or cannot do this."""


class Bed:
    """The test bed. far: the wire, or None; seconds: length of one load; lead: is this the first round?
    What takes long and does not vary is measured only then."""

    def __init__(self, scratch, far, seconds):
        self.scratch, self.far, self.seconds, self.lead = scratch, far, seconds, True
        self.pki = upstream.make_pki(self.path("pki"))
        self.signed = zones.Signed(self.path("signed"))
        two = len(os.sched_getaffinity(0)) > 1
        self.server_cpu, self.load_cpu = (1, 0) if two else (None, None)
        self.ups, self.files = {}, {}

    def path(self, name):
        return os.path.join(self.scratch, name)

    @staticmethod
    def pinned(cpu):
        return [] if cpu is None else ["taskset", "-c", str(cpu)]

    def upstream(self, addr, idle=10):
        if addr not in self.ups:
            wrap = self.pinned(self.load_cpu)
            if addr in FAR:
                if not self.far:
                    raise Failed("there is no wire")
                wrap = self.far.inside(wrap)
            self.ups[addr] = upstream.Upstream(self.scratch, self.pki, self.signed, addr, wrap, idle).wait()
        return self.ups[addr]

    def close_upstreams(self):
        for up in self.ups.values():
            up.kill()
        self.ups = {}

    def server(self, name, proto, addrs, wrap=None, **more):
        """Started, not waited for."""
        wrap = " ".join(self.pinned(self.server_cpu)) if wrap is None else wrap
        return server.Server(name, self.scratch, self.pki, proto, addrs, upstream.NAMES[:len(addrs)],
                             self.signed.anchor, wrap=wrap, **more)

    def started(self, name, proto, addrs=None, ready="ready.w.bench", **more):
        """A server that answers; with its upstream."""
        addrs = addrs or NEAR[:1]
        for addr in addrs:
            self.upstream(addr)
        srv = self.server(name, proto, addrs, **more)
        srv.start_ms = srv.wait_answer(ready)
        if srv.start_ms is None:
            why = srv.log()
            srv.close()
            raise Failed("not ready: " + why)
        return srv

    def zipf(self, count):
        """(file of queries, file of the distinct ones)"""
        if count not in self.files:
            path = self.path(f"zipf-{count}")
            self.files[count] = path, load.zipf_file(path, count)
        return self.files[count]

    def unique(self, count):
        """A file of queries never asked before."""
        load.unique_file(self.path("unique"), count, random.getrandbits(40))
        return self.path("unique")

    def listed(self, names):
        """A file of questions for the A records of these names."""
        with open(self.path("listed"), "w", encoding="ascii") as f:
            f.writelines(f"{name} A\n" for name in names)
        return self.path("listed")

    def dnsperf(self, srv, path, seconds=60, **more):
        return load.dnsperf(srv.addr, srv.port, path, seconds, pin=self.load_cpu, **more)

    def measured(self, srv, path, seconds=60, **more):
        """A load, with what it cost: cpu_us and user_us for each answer, busy: the server's share of a
        CPU, load_busy: that of dnsperf and the upstreams together."""
        pids = srv.pids()
        others = accounts.tree(*(up.process.pid for up in self.ups.values()))
        server0, others0, times0 = accounts.cpu(pids), accounts.cpu(others)[0], os.times()
        result = self.dnsperf(srv, path, seconds, **more)
        times, used = os.times(), [b - a for a, b in zip(server0, srv.cpu())]
        done, length = max(1, result["done"]), max(0.001, result["seconds"])
        loader = times.children_user + times.children_system - times0.children_user - times0.children_system
        result.update(cpu_us=used[0] * 1e6 / done, user_us=used[1] * 1e6 / done, busy=used[0] / length,
                      load_busy=(loader + accounts.cpu(others)[0] - others0) / length)
        return result


def fresh(tag):
    """A name never asked before."""
    return f"{tag}{random.getrandbits(48):x}.w.bench"


def settle(seconds=1.0):
    """Lets what follows a load (closed connections, freed memory) come to rest: nothing tells when."""
    time.sleep(seconds)
