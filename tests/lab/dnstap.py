"""Collects dnstap: Frame Streams (bidirectional, on a unix socket) around protobuf.

Only what the record needs is read: questions from clients, with their time,
sender, transport and bytes.
Frame Streams: https://farsightsec.github.io/fstrm/ ; schema: dnstap.proto.
"""
import asyncio
import struct

ACCEPT, START, STOP, READY, FINISH = 1, 2, 3, 4, 5
CONTENT_TYPE = b"protobuf:dnstap.Dnstap"
FRAME_MAX = 128 * 1024
AUTH_QUERY, CLIENT_QUERY = 1, 5
MESSAGE, TYPE, PROTOCOL, ADDRESS, PORT, SECONDS, NANOSECONDS, QUERY = 14, 1, 3, 4, 7, 8, 9, 10


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """The fields of a protobuf message, by number; the last one wins."""
    out, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = int.from_bytes(data[at:at + size], "little"), at + size
        else:
            raise ValueError(f"protobuf wire type {kind}")
        out[key >> 3] = value
    return out


def transport(message):
    """By the server's port: unbound 1.17 calls DoT TCP, and DoH nothing."""
    plain = "udp" if message.get(PROTOCOL) == 1 else "tcp"
    return {853: "dot", 443: "doh"}.get(message.get(PORT), plain)


def question(frame):
    """(time, address bytes, transport, message bytes), or None for other events."""
    message = fields(fields(frame).get(MESSAGE, b""))
    if message.get(TYPE) not in (AUTH_QUERY, CLIENT_QUERY):
        return None
    when = message.get(SECONDS, 0) + message.get(NANOSECONDS, 0) / 1e9
    return when, message.get(ADDRESS, b""), transport(message), message.get(QUERY, b"")


def control(kind):
    body = struct.pack("!I", kind)
    if kind == ACCEPT:
        body += struct.pack("!II", 1, len(CONTENT_TYPE)) + CONTENT_TYPE
    return struct.pack("!II", 0, len(body)) + body


class Receiver(asyncio.Protocol):
    """One server's stream; hands over its questions, a batch at a time.

    Frames that contain `mark` go to `marked` as they are.
    """

    def __init__(self, take, mark, marked):
        self.take, self.mark, self.marked = take, mark, marked
        self.buffer, self.transport = b"", None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        data = self.buffer + data
        at, batch = 0, []
        while len(data) - at >= 4:
            size, = struct.unpack_from("!I", data, at)
            head = 4
            if size == 0:                               # an escape: a control frame follows
                if len(data) - at < 8:
                    break
                size, = struct.unpack_from("!I", data, at + 4)
                head = 8
            if size > FRAME_MAX:
                self.transport.abort()
                return
            if len(data) - at < head + size:
                break
            frame = data[at + head:at + head + size]
            at += head + size
            if head == 8:
                self.handle_control(frame)
            elif self.mark in frame:
                self.marked(frame)
            else:
                batch.append(question(frame))
        self.buffer = data[at:]
        if batch:
            self.take([q for q in batch if q])

    def handle_control(self, frame):
        kind, = struct.unpack_from("!I", frame)
        if kind == READY:
            self.transport.write(control(ACCEPT))
        elif kind == STOP:
            self.transport.write(control(FINISH))
