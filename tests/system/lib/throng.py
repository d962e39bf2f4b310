"""Many clients, each with a socket of its own, so that sockets that share an address all get some of
their questions. Run inside the lab; prints one line of JSON: what was answered, and how often.

    throng.py [--tcp] [--to ADDRESS] [--each N] CLIENTS NAME [TYPE]

Each client asks N times (1), one after another over TCP, all at once over UDP. An answer is told as its
rcode and first address, "TC" when it was cut, with the text of its EDE behind it; "lost" when none came.
"""
import argparse
import collections
import json
import select
import socket
import struct
import time

from crowd import ede, framed, message, question

PORT, PATIENCE = 5300, 10
KINDS = {"A": 1, "AAAA": 28}


def told(reply):
    """What an answer says, in short."""
    said = ede(reply)
    words = [str(reply[3] & 15)]
    if reply[2] & 2:
        words.append("TC")
    at = 12 + len(reply[12:].split(b"\0", 1)[0]) + 5
    if int.from_bytes(reply[6:8], "big"):
        kind, n = int.from_bytes(reply[at + 2:at + 4], "big"), int.from_bytes(reply[at + 10:at + 12], "big")
        if kind in KINDS.values():
            words.append(socket.inet_ntop(socket.AF_INET if n == 4 else socket.AF_INET6, reply[at + 12:at + 12 + n]))
    return " ".join(words + ([said] if said else []))


def over_udp(to, clients, each, name, kind):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(clients)]
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        s.connect((to, PORT))
        s.setblocking(False)
    seen, left = [], clients * each
    for number in range(each):
        for s in sockets:
            s.send(question(name, number, kind))
    poll, end = select.poll(), time.monotonic() + PATIENCE
    by_fd = {s.fileno(): s for s in sockets}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    while left and time.monotonic() < end:
        for fd, _ in poll.poll(1000):
            try:
                while True:
                    seen.append(told(by_fd[fd].recv(65535)))
                    left -= 1
            except BlockingIOError:
                pass
    return seen + ["lost"] * left


def over_tcp(to, clients, each, name, kind):
    sockets = [socket.create_connection((to, PORT), PATIENCE) for _ in range(clients)]
    seen = []
    for number in range(each):
        for s in sockets:
            s.sendall(framed(question(name, number, kind)))
        seen += [told(message(s)) for s in sockets]
    return seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--to", default="127.0.0.1")
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("clients", type=int)
    parser.add_argument("name")
    parser.add_argument("type", nargs="?", default="A")
    words = parser.parse_args()
    ask = over_tcp if words.tcp else over_udp
    print(json.dumps(collections.Counter(
        ask(words.to, words.clients, words.each, words.name, KINDS[words.type]))))


if __name__ == "__main__":
    main()
