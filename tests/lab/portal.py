"""The hotel's network: a captive portal, and the web host one tests reachability with.

    portal.py STATE             in `net`, as the party `portal`

On 192.0.2.1 it answers every A question with itself (port 53, UDP and TCP) and
every HTTP request with a redirection to its page; POST /login there ends the
captivity.  Traffic comes to it once `lab fault captive` diverts it (filter.py).
On www.example.com's addresses it is a web server: 204 for /generate_204.
"""
import http.server
import socketserver
import struct
import sys
import threading
import time

import control
from world import PARTIES, WEB4, WEB6

ADDRESS = PARTIES["portal"].v4
PAGE = b"<html><title>Hotel</title><form method=post action=/login><button>Log in</button></form>\n"
A, HEADER = 1, 12


def question_end(message):
    """Where the question section ends; ValueError when there is none."""
    at = HEADER
    while at < len(message) and message[at]:
        at += 1 + message[at]
    if at + 5 > len(message):
        raise ValueError("no question")
    return at + 5


def lie(message):
    """An answer that sends everyone to the portal; for other types than A there is no data."""
    end = question_end(message)
    ours = struct.unpack_from("!H", message, end - 4)[0] == A
    head = message[:2] + struct.pack("!5H", 0x8180, 1, int(ours), 0, 0)
    answer = struct.pack("!3HIH4s", 0xC00C, A, 1, 0, 4, bytes(map(int, ADDRESS.split("."))))
    return head + message[HEADER:end] + (answer if ours else b"")


class Record:
    """Writes the party's rows, before it answers."""

    def __init__(self, state):
        self.file = open(f"{state}/record/portal.jsonl", "a", buffering=1, encoding="ascii")

    def add(self, client, transport, message):
        self.file.write(f'{{"t":{time.time():.6f},"client":"{client}",'
                        f'"transport":"{transport}","query":"{message.hex()}"}}\n')


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        message, s = self.request
        self.server.record.add(self.client_address[0], "udp", message)
        s.sendto(lie(message), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while len(size := self.rfile.read(2)) == 2:
            message = self.rfile.read(int.from_bytes(size, "big"))
            self.server.record.add(self.client_address[0], "tcp", message)
            answer = lie(message)
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


class Http(http.server.BaseHTTPRequestHandler):
    """What portal and web host have in common."""

    def reply(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Portal(Http):
    def do_GET(self):
        if self.headers.get("Host") == ADDRESS:
            self.reply(200, PAGE)
        else:
            self.reply(302, Location=f"http://{ADDRESS}/")

    def do_POST(self):
        control.ask(self.server.state, do="heal", party="portal")
        self.reply(200, b"You are on the Internet.\n")


class Web(Http):
    def do_GET(self):
        self.reply(204) if self.path == "/generate_204" else self.reply(200, b"www.example.com\n")


def serve(kind, address, handler, state, record):
    """Start a server thread of its own."""
    class Server(kind):
        address_family = 10 if ":" in address[0] else 2
        allow_reuse_address = daemon_threads = True
    server = Server(address, handler)
    server.state, server.record = state, record
    threading.Thread(target=server.serve_forever).start()


def main():
    state = sys.argv[1]
    record = Record(state)
    serve(socketserver.ThreadingTCPServer, (ADDRESS, 53), Tcp, state, record)
    serve(http.server.ThreadingHTTPServer, (ADDRESS, 80), Portal, state, record)
    serve(http.server.ThreadingHTTPServer, (WEB4, 80), Web, state, record)
    serve(http.server.ThreadingHTTPServer, (WEB6, 80), Web, state, record)
    serve(socketserver.ThreadingUDPServer, (ADDRESS, 53), Udp, state, record)


if __name__ == "__main__":
    main()
