"""HTTP/2 frames, written and read without help (RFC 9113, RFC 7541), for clients of DoH that do what a
library would not."""
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
OK = 0x88                   # ":status: 200", which is in the static table


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    """A string without Huffman's code; its length has a prefix of 7 bits."""
    n = len(value)
    if n < 127:
        return bytes([n]) + value.encode()
    n, out = n - 127, b"\x7f"
    while n >= 128:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n]) + value.encode()


def literal(name, value):
    """A header that is not indexed (RFC 7541, section 6.2.2)."""
    return b"\0" + text(name) + text(value)


def request(target, method="GET", *more):
    fields = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", target), *more]
    return b"".join(literal(k, v) for k, v in fields)


def frames(data):
    """(kind, flags, stream, payload) of each whole frame; then the octets that are left, as (None, ...)."""
    at = 0
    while at + 9 <= len(data) and at + 9 + int.from_bytes(data[at:at + 3], "big") <= len(data):
        n = int.from_bytes(data[at:at + 3], "big")
        yield data[at + 3], data[at + 4], int.from_bytes(data[at + 5:at + 9], "big"), data[at + 9:at + 9 + n]
        at += 9 + n
    yield None, 0, 0, data[at:]
