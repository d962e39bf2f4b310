"""Clients that ask too much. Run inside the lab; each prints one line of JSON.

    crowd.py crowd N EXTRA NAME     N clients of TCP, all idle but for the first; then EXTRA more
    crowd.py idle NAME              clients that do nothing, one of them octet by octet
    crowd.py slow NAME              a client of TCP that reads no answers
    crowd.py flood N SUFFIX NAME    N distinct names over UDP, and meanwhile a cached one
"""
import json
import re
import select
import socket
import struct
import sys
import time

TO = ("127.0.0.1", 5300)
EDE = 15    # RFC 8914


def question(name, number=1, kind=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.rstrip(".").split("."))
    opt = b"\0" + struct.pack(">HHIH", 41, 4096, 0, 0)
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack(">HH", kind, 1) + opt


def framed(message):
    return struct.pack(">H", len(message)) + message


def client():
    s = socket.create_connection(TO, 10)
    s.settimeout(10)
    return s


def ask(s, name):
    """Asks over TCP; returns the rcode."""
    s.sendall(framed(question(name)))
    return message(s)[3] & 15


def message(s):
    got = b""
    while len(got) < 2 or len(got) < 2 + int.from_bytes(got[:2], "big"):
        chunk = s.recv(65535)
        if not chunk:
            raise EOFError("closed without an answer")
        got += chunk
    return got[2:]


def closed(s):
    """Has the daemon closed it, and sent nothing before?"""
    return bool(select.select([s], [], [], 0)[0]) and s.recv(1) == b""


def crowd(n, extra, name):
    clients = [client() for _ in range(n)]
    rcodes = [ask(s, name) for s in clients]
    rcodes.append(ask(clients[0], name))
    for _ in range(extra):
        clients.append(client())
        rcodes.append(ask(clients[-1], name))
    return {"rcodes": sorted(set(rcodes)), "answers": len(rcodes),
            "closed": [i for i, s in enumerate(clients) if closed(s)]}


def idle(name):
    """Seconds until each is closed: after an answer, without a word, a question octet by octet."""
    asked, silent, trickling = client(), client(), client()
    start = time.monotonic()
    ask(asked, name)
    ends, octets = {}, iter(framed(question(name)))
    while len(ends) < 3 and time.monotonic() - start < 30:
        for key, s in (("asked", asked), ("silent", silent), ("trickling", trickling)):
            if key not in ends and closed(s):
                ends[key] = time.monotonic() - start
        if "trickling" not in ends:
            trickling.send(bytes([next(octets)]))
        select.select([], [], [], 0.5)
    return ends


def slow(name):
    """A reader that does not read, until it is closed; what another client waits meanwhile."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(TO)
    s.settimeout(0.1)
    start, worst, gone = time.monotonic(), 0, False
    poll = select.poll()
    poll.register(s, select.POLLHUP | select.POLLERR)
    while not gone and time.monotonic() - start < 40:
        try:
            s.sendall(framed(question(name, kind=16)) * 10)
        except TimeoutError:        # it is not read from: as it should be
            pass
        except OSError:
            gone = True
        before = time.monotonic()
        with client() as other:
            ask(other, name)
        worst = max(worst, time.monotonic() - before)
        gone = gone or bool(poll.poll(0))
    return {"gone": gone, "after": time.monotonic() - start, "worst": worst}


def ede(reply):
    """The text of the EDE option at the end of a reply without records; None: none."""
    at = reply.find(b"\0" + struct.pack(">H", 41))
    rest = reply[at + 11:] if at >= 0 else b""
    while len(rest) >= 4:
        code, n = struct.unpack(">HH", rest[:4])
        if code == EDE:
            return rest[6:4 + n].decode()
        rest = rest[4 + n:]
    return None


def flood(n, suffix, name):
    many, one = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    many.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    for s in (many, one):
        s.connect(TO)
        s.settimeout(10)
    many.setblocking(False)
    replies, worst, hits = {}, 0, 0

    def take():
        try:
            while True:
                reply = many.recv(65535)
                replies.setdefault(int.from_bytes(reply[:2], "big"), []).append(reply)
        except BlockingIOError:
            pass

    for i in range(n):
        many.send(question(f"flood{i}.{suffix}", i))
        if i % 50 == 49:
            before = time.monotonic()
            one.send(question(name))
            hits += one.recv(65535)[3] & 15 == 0
            worst = max(worst, time.monotonic() - before)
            take()
    end = time.monotonic() + 15
    while len(replies) < n and time.monotonic() < end:
        select.select([many], [], [], 1)
        take()
    causes = {}
    for reply in (r[0] for r in replies.values()):
        why = ede(reply)
        key = f"{reply[3] & 15} " + ("without EDE" if why is None else re.sub(r"\d+", "N", why))
        causes[key] = causes.get(key, 0) + 1
    return {"answered": len(replies), "twice": sum(len(r) > 1 for r in replies.values()), "causes": causes,
            "hits": hits, "worst": worst}


if __name__ == "__main__":
    kind, *given = sys.argv[1:]
    print(json.dumps({"crowd": crowd, "idle": idle, "slow": slow, "flood": flood}[kind](
        *(int(w) if w.isdigit() else w for w in given))))
