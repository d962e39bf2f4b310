"""Questions at set times, whatever becomes of those before (an open loop)."""
import selectors
import socket
import struct
import time

NUMBER = {"A": 1, "AAAA": 28, "HTTPS": 65}


def wire(name, kind="A", ident=0):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack(">6H", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", NUMBER[kind], 1)


class Probe:
    """Sends at set times and notes what became of each question: (sent at, seconds or None, rcode or
    None), in the order of sending. Without an answer after `timeout` it has failed; nothing is sent twice."""

    def __init__(self, addr, port=53, timeout=5.0, sockets=16):
        self.timeout = timeout
        self.selector = selectors.DefaultSelector()
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(sockets)]
        for s in self.sockets:
            s.setblocking(False)
            s.connect((addr, port))
            self.selector.register(s, selectors.EVENT_READ)

    def run(self, plan, calls=()):
        """`plan`: (offset in seconds, name, type), and `calls`: (offset, function), both by offset."""
        plan, calls = sorted(plan, key=lambda p: p[0]), sorted(calls, key=lambda c: c[0])
        self.results, self.waiting, self.start = [], {}, time.monotonic()
        while len(self.results) < len(plan) or calls or self.waiting:
            now = time.monotonic() - self.start
            while calls and calls[0][0] <= now:
                calls.pop(0)[1]()
            self.send_due(plan, now)
            self.give_up(now)
            ahead = [p[0] for p in plan[len(self.results):][:1]] + [c[0] for c in calls[:1]]
            left = min(ahead, default=now + 0.05) - (time.monotonic() - self.start)
            for key, _ in self.selector.select(max(0.0, min(left, 0.05))):
                self.drain(key.fileobj)
        return self.results

    def send_due(self, plan, now):
        """At most 16, so that answers are read in between."""
        for offset, name, kind in plan[len(self.results):][:16]:
            if offset > now:
                return
            i = len(self.results)
            s, ident = self.sockets[i % len(self.sockets)], i // len(self.sockets) & 0xFFFF
            self.results.append((time.monotonic() - self.start, None, None))
            try:
                s.send(wire(name, kind, ident))
                self.waiting[s.fileno(), ident] = i
            except OSError:
                pass

    def give_up(self, now):
        for key, i in list(self.waiting.items()):
            if now <= self.results[i][0] + self.timeout:
                return                  # in the order of sending
            del self.waiting[key]

    def drain(self, s):
        while True:
            try:
                reply = s.recv(4096)
            except BlockingIOError:
                return
            except OSError:             # an ICMP error; the answer to another question may come yet
                continue
            i = self.waiting.pop((s.fileno(), reply[0] << 8 | reply[1]), None)
            if i is not None:
                sent = self.results[i][0]
                self.results[i] = (sent, time.monotonic() - self.start - sent, reply[3] & 15)

    def close(self):
        for s in self.sockets:
            s.close()
        self.selector.close()


def ask(addr, plan, timeout=5.0):
    probe = Probe(addr, timeout=timeout)
    try:
        return probe.run(plan)
    finally:
        probe.close()


def good(result):
    return result[1] is not None and result[2] in (0, 3)


def milliseconds(results):
    return [r[1] * 1000 for r in results if good(r)]


def percentile(values, per_cent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))] if ordered else None
