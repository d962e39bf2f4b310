"""Upstreams at the end of a wire: what distance costs, and what happens when one is gone."""
import socket
import ssl
import threading
import time

import server
from bed import Failed, fresh, settle
from probe import Probe, ask, good, milliseconds, percentile, wire
from upstream import FAR, NAMES

RTT = 30            # ms
BURST = 200
IDLE = 3            # seconds after which the upstream closes


def over_tls(bed, count=20):
    """Milliseconds of each of `count` queries over one TLS connection to the upstream, by nothing but a blocking
    socket: what the wire takes, and both ends' TLS."""
    context = ssl.create_default_context(cafile=bed.pki["ca"])
    times = []
    with socket.create_connection((FAR[0], 853), timeout=5) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_hostname=NAMES[0]) as tls:
            for _ in range(count):
                query = wire(fresh("t"))
                start = time.monotonic()
                tls.sendall(len(query).to_bytes(2, "big") + query)
                reply = tls.recv(4096)
                while len(reply) < 2 or len(reply) < 2 + int.from_bytes(reply[:2], "big"):
                    reply += tls.recv(4096)
                times.append((time.monotonic() - start) * 1000)
                settle(0.05)
    return times


def prewarmed(bed, name, proto):
    """The first query to a server that was told to connect ahead; None: it cannot be told."""
    if "prewarm" not in server.ask(name, "caps").split():
        return None
    srv = bed.server(name, proto, FAR[:1], prewarm=True)
    try:
        if not srv.wait_bound():
            raise Failed("not bound: " + srv.log())
        settle()
        first = milliseconds(ask(srv.addr, [(0, fresh("p"), "A")]))
        return first[0] if first else None
    finally:
        srv.close()


def distance(bed, name, proto):
    bed.upstream(FAR[0], idle=IDLE)
    bed.far.tell(f"delay {RTT / 2}")
    base = percentile(milliseconds(ask(FAR[0], [(i * 0.05, fresh("d"), "A") for i in range(20)])), 50)
    tls = percentile(over_tls(bed), 50)
    direct = milliseconds(ask(FAR[0], [(0, fresh("d"), "A")] * BURST))
    ahead = prewarmed(bed, name, proto)
    srv = bed.server(name, proto, FAR[:1])
    try:
        if not srv.wait_bound():
            raise Failed("not bound: " + srv.log())
        settle()                        # whoever connects at the start has done so
        cold = milliseconds(ask(srv.addr, [(0, fresh("c"), "A")]))
        if srv.wait_answer("ready.w.bench") is None:
            raise Failed("not ready: " + srv.log())
        ask(srv.addr, [(i * 0.05, fresh("x"), "A") for i in range(5)])
        bed.far.tell("reset")
        warm = percentile(milliseconds(ask(srv.addr, [(i * 0.05, fresh("w"), "A") for i in range(20)])), 50)
        carried = bed.far.tell("reset")
        burst = milliseconds(ask(srv.addr, [(0, fresh("b"), "A") for _ in range(BURST)]))
        settle(IDLE + 2)
        again = milliseconds(ask(srv.addr, [(0, fresh("i"), "A")]))
        return {"base_ms": base, "cold_ms": cold[0] if cold else None, "warm_ms": warm,
                "warm_over_ms": warm - base if warm else None, "tls_ms": tls,
                "warm_over_tls_ms": warm - tls if warm else None, "ahead_ms": ahead,
                "octets": (carried["up_bytes"] + carried["down_bytes"]) / 20,
                "burst_base_p50_ms": percentile(direct, 50), "burst_base_p99_ms": percentile(direct, 99),
                "burst_p50_ms": percentile(burst, 50), "burst_p99_ms": percentile(burst, 99),
                "burst_failed": BURST - len(burst), "again_ms": again[0] if again else None}
    finally:
        bed.far.tell("delay 0")
        srv.close()


class Victim:
    """The busier of the upstreams: breaks it in a way, and mends it."""

    def __init__(self, bed, ups):
        self.bed, self.ups, self.up = bed, ups, None
        self.before = [up.questions() for up in ups]

    def choose(self):
        had = [up.questions() - before for up, before in zip(self.ups, self.before)]
        self.up = self.ups[had.index(max(had))]

    def fail(self, way):
        {"kill": self.up.kill, "stop": self.up.stop,
         "drop": lambda: self.bed.far.tell("drop " + self.up.addr)}[way]()

    def heal(self, way):
        if way == "kill":
            self.up.start()
            self.up.wait()
        elif way == "stop":
            self.up.go_on()
        else:
            self.bed.far.tell("pass " + self.up.addr)


def outage(bed, name, proto):
    rate, length, fails, heals = 100, 25, 4, 17
    ups = [bed.upstream(addr) for addr in FAR]
    bed.far.tell("delay 5")
    out = {}
    try:
        for way in ("kill", "stop", "drop"):
            srv = bed.started(name, proto, FAR)
            try:
                victim = Victim(bed, ups)
                probe = Probe(srv.addr, sockets=64)
                choose = threading.Thread(target=victim.choose)
                heal = threading.Thread(target=victim.heal, args=[way])
                results = probe.run([(i / rate, fresh("f"), "A") for i in range(rate * length)],
                                    [(fails - 1, choose.start), (fails, lambda: victim.fail(way)),
                                     (heals, heal.start)])
                heal.join()
                probe.close()
            finally:
                srv.close()
            bad = [r for r in results if not good(r)]
            slow = [r for r in results if good(r) and r[1] > 1]
            late = [r[0] - fails for r in bad + slow if fails <= r[0] < heals]
            out.update({f"{way}_failed": len(bad), f"{way}_slow": len(slow),
                        f"{way}_recover_s": max(late, default=0.0),
                        f"{way}_worst_ms": max(milliseconds(results), default=None)})
        return out
    finally:
        bed.far.tell("delay 0")
