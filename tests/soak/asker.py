"""A client of one kind for the soak. Run inside the lab:

    asker.py udp|tcp|doh RATE SEED LABEL

asks about RATE questions a second, of a mix of names, until its standard input ends; then waits for what
is outstanding, and prints one line of JSON. Each question must have one answer, in time: the name's data,
its absence, or SERVFAIL with an Extended DNS Error. Now and then a client leaves, with all that it waits
for; those questions count as left.
"""
import collections
import json
import os
import random
import selectors
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system", "lib"))

import h2                                                               # noqa: E402
from message import (A, AAAA, EDE, HTTPS, NOERROR, NXDOMAIN, SERVFAIL, TXT, Opt, question, read)    # noqa: E402

KIND, RATE, SEED, LABEL = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
DNS, WEB = ("127.0.0.1", 5300), ("127.0.0.1", 8443)
PATIENCE = 10               # seconds; what is not answered then is lost
CONNECTIONS, STREAMS = 4, 50
rand = random.Random(f"{SEED}-{KIND}")
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.set_alpn_protocols(["h2"])

# (share, name, type); "*" is a label that nobody has asked for before, "#" one of a few.
MIX = [
    (20, "www.example.com", A), (8, "www.example.com", AAAA), (4, "svc.example.com", HTTPS), (6, "#.wild.example.com", A),
    (18, "*.load.example.com", A), (8, "#.nothing.example.com", A), (6, "*.nothing.example.com", A), (4, "v6only.example.com", A),
    (6, "ttl1.example.com", A), (4, "ttl5.example.com", A), (4, "chain8.example.com", A), (2, "big4.example.com", TXT),
    (8, "#.load.corp.example", A), (4, "*.load.corp.example", A), (2, "tocorp.example.com", A), (3, "localhost", A),
    (2, "printer.local", A), (2, "www.bogus.org", A), (2, "www.insecure.org", A), (1, "www.lame.org", A),
]


class Tally:
    def __init__(self):
        self.sent = self.answered = self.left = self.lost = self.twice = self.bad = 0
        self.worst = 0.0
        self.rcodes, self.edes, self.reasons = collections.Counter(), collections.Counter(), collections.Counter()
        self.complaints = []
        self.serial = 0

    def question(self):
        """Octets of the next one."""
        _, name, kind = rand.choices(MIX, [m[0] for m in MIX])[0]
        self.serial += 1
        name = name.replace("*", f"{LABEL}{KIND}{self.serial}").replace("#", f"r{rand.randrange(200)}")
        self.sent += 1
        return name, question(name, kind, number=0 if KIND == "doh" else self.serial & 0xffff, opt=Opt(4096))

    def complain(self, what):
        self.bad += 1
        if len(self.complaints) < 10:
            self.complaints.append(what)

    def judge(self, name, data, took):
        self.answered += 1
        self.worst = max(self.worst, took)
        try:
            reply = read(data)
        except Exception as e:                              # an answer that cannot be read
            self.complain(f"{name}: {e!r}")
            return
        self.rcodes[reply.rcode] += 1
        if reply.questions[0][0].lower() != name.lower():
            self.complain(f"{name}: an answer to {reply.questions}")
        elif reply.rcode == SERVFAIL and reply.ede is not None:
            code = int.from_bytes(reply.opt.get(EDE)[:2], "big")
            self.edes[code] += 1
            text = reply.opt.get(EDE)[2:].decode(errors="replace")
            self.reasons[f"{code} {text[:160]}"] += 1
        elif reply.rcode not in (NOERROR, NXDOMAIN):
            self.complain(f"{name}: {reply}")


tally = Tally()


class Line:
    """One socket with the questions that wait on it: {key: (name, since)}."""

    def __init__(self, loop):
        self.loop, self.waiting, self.got, self.unsent = loop, {}, b"", b""
        self.sock = self.connect()
        self.sock.setblocking(False)
        loop.register(self.sock, selectors.EVENT_READ, self)

    def end(self, lost):
        if lost:
            tally.lost += len(self.waiting)
            if self.waiting:
                tally.complain(f"a {KIND} connection ended with {len(self.waiting)} questions")
        else:
            tally.left += len(self.waiting)
        self.waiting = {}
        self.loop.unregister(self.sock)
        self.sock.close()
        self.sock = None

    def answer(self, key, data):
        if key not in self.waiting:
            tally.twice += 1
            return
        name, since = self.waiting.pop(key)
        tally.judge(name, data, time.monotonic() - since)

    def write(self, data):
        self.unsent += data
        self.flush()

    def flush(self):
        while self.unsent and self.sock:
            try:
                self.unsent = self.unsent[self.sock.send(self.unsent):]
            except (BlockingIOError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.end(lost=True)

    def readable(self):
        """Reads all there is."""
        while self.sock:
            try:
                chunk = self.sock.recv(65535)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.end(lost=True)
                return
            self.got += chunk
            self.take()

    def stale(self, now):
        for key, (name, since) in list(self.waiting.items()):
            if now - since > PATIENCE:
                del self.waiting[key]
                tally.lost += 1
                tally.complain(f"no answer: {name}")


class Udp(Line):
    def connect(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(DNS)
        return s

    def ask(self):
        name, data = tally.question()
        self.waiting[data[:2]] = name, time.monotonic()
        self.sock.send(data)

    def take(self):
        self.answer(self.got[:2], self.got)
        self.got = b""


class Tcp(Line):
    def connect(self):
        return socket.create_connection(DNS, 10)

    def ask(self):
        name, data = tally.question()
        self.waiting[data[:2]] = name, time.monotonic()
        self.write(len(data).to_bytes(2, "big") + data)

    def take(self):
        while len(self.got) > 2 and len(self.got) >= 2 + int.from_bytes(self.got[:2], "big"):
            n = 2 + int.from_bytes(self.got[:2], "big")
            message, self.got = self.got[2:n], self.got[n:]
            self.answer(message[:2], message)


class Doh(Line):
    def connect(self):
        self.next, self.bodies = 1, {}
        s = context.wrap_socket(socket.create_connection(WEB, 10), server_hostname="localhost")
        s.sendall(h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0))
        return s

    def ask(self):
        name, data = tally.question()
        kind = ("content-type", "application/dns-message")
        headers = h2.frame(h2.HEADERS, h2.END_HEADERS, self.next, h2.request("/dns-query", "POST", kind))
        self.waiting[self.next] = name, time.monotonic()
        self.bodies[self.next] = b""
        self.write(headers + h2.frame(h2.DATA, h2.END_STREAM, self.next, data))
        if rand.random() < 0.02:                            # changes its mind
            self.write(h2.frame(h2.RST, 0, self.next, b"\0\0\0\x08"))
            del self.waiting[self.next], self.bodies[self.next]
            tally.left += 1
        self.next += 2

    def take(self):
        for kind, flags, stream, payload in h2.frames(self.got):
            if kind is None:
                self.got = payload
            elif kind == h2.SETTINGS and not flags & h2.ACK:
                self.write(h2.frame(h2.SETTINGS, h2.ACK, 0))
            elif stream in self.bodies:
                self.part(kind, flags, stream, payload)

    def part(self, kind, flags, stream, payload):
        if kind == h2.HEADERS and payload[0] != h2.OK:
            tally.complain(f"{self.waiting[stream][0]}: another status than 200")
        if kind == h2.RST:
            tally.complain(f"{self.waiting.pop(stream)[0]}: the stream was reset")
            tally.lost += 1
            del self.bodies[stream]
            return
        if kind == h2.DATA:
            self.bodies[stream] += payload
            self.write(h2.frame(h2.WINDOW, 0, 0, len(payload).to_bytes(4, "big")) if payload else b"")
        if flags & h2.END_STREAM:
            self.answer(stream, self.bodies.pop(stream))


def run(make):
    loop = selectors.DefaultSelector()
    loop.register(sys.stdin, selectors.EVENT_READ, None)
    lines, due, going = [], time.monotonic(), True
    while going or any(line.waiting for line in lines if line.sock):
        now = time.monotonic()
        for key, _ in loop.select(max(0, min(due - now, 0.05)) if going else 0.05):
            if key.data:
                key.data.readable()
            else:
                going = False
                loop.unregister(sys.stdin)
        lines = [line for line in lines if line.sock]
        now = time.monotonic()
        while going and due <= now:
            due += rand.expovariate(RATE)
            free = [line for line in lines if len(line.waiting) < STREAMS]
            if len(lines) < CONNECTIONS and rand.random() < 0.1 or not free and len(lines) < 20:
                free = [make(loop)]
                lines += free
            if free:
                rand.choice(free).ask()
            lines = [line for line in lines if line.sock]
        if going and lines and rand.random() < 0.002:
            lines.pop(rand.randrange(len(lines))).end(lost=False)
        for line in lines:
            line.flush()
            line.stale(now)
    print(json.dumps({k: v for k, v in vars(tally).items() if k != "serial"}))


run({"udp": Udp, "tcp": Tcp, "doh": Doh}[KIND])
