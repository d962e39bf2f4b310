"""Asks a DNS server one question, over UDP, TCP, DoT or DoH.

Small and blocking: for readiness probes, which are to leave no trace.  So its
questions carry an EDNS option of their own, by which the record leaves them out,
and its TCP connections come from ports that nobody gets by chance (the kernel's
own choice ends at 60999), by which the counters do.
"""
import errno
import random
import socket
import ssl
import struct

TYPES = {"A": 1, "NS": 2, "SOA": 6, "AAAA": 28, "DNSKEY": 48}
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROBE_PORTS = 61000                     # and above
PROBE_OPTION = struct.pack("!HH9s", 65001, 9, b"lab-probe")
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS = 1, 4


class Reply:
    """The head of an answer."""

    def __init__(self, wire):
        _, flags, _, self.answers, _, _ = struct.unpack_from("!6H", wire)
        self.wire, self.rcode = wire, flags & 15
        self.aa, self.tc, self.ad = (bool(flags & bit) for bit in (0x400, 0x200, 0x20))


def query(name, rtype="A"):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    question = labels + b"\0" + struct.pack("!HH", TYPES[rtype], 1)
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, len(PROBE_OPTION)) + PROBE_OPTION
    return struct.pack("!6H", 0, 0x120, 1, 0, 0, 1) + question + opt


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def read_exactly(s, size):
    out = b""
    while len(out) < size:
        got = s.recv(size - len(out))
        if not got:
            raise OSError("connection closed")
        out += got
    return out


def connect(address, port, seconds):
    while True:
        s = socket.socket(family(address), socket.SOCK_STREAM)
        s.settimeout(seconds)
        try:
            s.bind(("", random.randrange(PROBE_PORTS, 65536)))
            s.connect((address, port))
            return s
        except OSError as e:
            s.close()
            if e.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
                raise


def secured(address, port, host, ca, alpn, seconds):
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols([alpn])
    raw = connect(address, port, seconds)
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except OSError:
        raw.close()
        raise


def framed(s, message):
    s.sendall(struct.pack("!H", len(message)) + message)
    size, = struct.unpack("!H", read_exactly(s, 2))
    return read_exactly(s, size)


def frame(kind, flags, stream, body=b""):
    return struct.pack("!I", len(body))[1:] + struct.pack("!BBI", kind, flags, stream) + body


def http2_post(s, host, message):
    """One POST on a fresh HTTP/2 connection; returns the body."""
    headers = {":method": "POST", ":scheme": "https", ":authority": host, ":path": "/dns-query",
               "content-type": "application/dns-message", "accept": "application/dns-message"}
    block = b"".join(b"\0" + bytes([len(k)]) + k.encode() + bytes([len(v)]) + v.encode()
                     for k, v in headers.items())
    s.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, block)
              + frame(DATA, END_STREAM, 1, message))
    body = b""
    while True:
        head = read_exactly(s, 9)
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big")
        payload = read_exactly(s, size)
        if kind in (RST_STREAM, GOAWAY):
            raise OSError("HTTP/2 stream refused")
        if kind == DATA and stream == 1:
            body += payload
        if kind in (DATA, HEADERS) and stream == 1 and flags & END_STREAM:
            return body


def ask(transport, address, name, rtype="A", host=None, ca=None, seconds=1.0):
    """Ask and return a Reply; OSError when there is none."""
    message = query(name, rtype)
    if transport == "udp":
        with socket.socket(family(address), socket.SOCK_DGRAM) as s:
            s.settimeout(seconds)
            s.connect((address, 53))
            s.send(message)
            wire = s.recv(65535)
    elif transport == "tcp":
        with connect(address, 53, seconds) as s:
            wire = framed(s, message)
    elif transport == "dot":
        with secured(address, 853, host, ca, "dot", seconds) as s:
            wire = framed(s, message)
    else:
        with secured(address, 443, host, ca, "h2", seconds) as s:
            wire = http2_post(s, host, message)
    if len(wire) < 12:
        raise OSError("not a DNS message")
    return Reply(wire)
