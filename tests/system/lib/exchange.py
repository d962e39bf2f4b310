"""A client that sends the octets it is told to. Run inside the lab; each line on standard input is a
JSON object, answered by a line with the list of what came back:

    {"port": P, "steps": [STEP...]}

    ["udp", ADDRESS, HEX]            a datagram; what came back, or null when a good question sent
                                     after it was answered first
    ["ask", ADDRESS, HEX]            the same, but the answer is waited for
    ["tcp", ADDRESS, [HEX...], N]    messages on one connection, in one piece; the first N that came
                                     back, fewer when it was closed before
    ["bytes", ADDRESS, [HEX...], N]  the same, but the pieces are raw octets, sent one after another
    ["half", ADDRESS, [HEX...], N]   the same, and then the end of what we say; what comes back until the other
                                     end is said, too, and at the end null when it is not
    ["pause", SECONDS]               until a TTL is over; nothing came back

HEX is a message in hex. ADDRESS is where the daemon listens.
"""
import json
import socket
import sys
import time

MARKER = bytes.fromhex("fffe01000001000000000000") + b"\x09localhost\x00\x00\x01\x00\x01"
PATIENCE = 8    # seconds; the daemon's own deadline is 4.5


def udp(address, data, marked):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        s.connect(address)
        s.send(bytes.fromhex(data))
        if marked:
            s.send(MARKER)
        replies = []
        try:
            while not replies or marked and replies[-1][:2] != MARKER[:2]:
                replies.append(s.recv(65535))
        except OSError:
            pass
        if replies and replies[0][:2] != MARKER[:2]:
            return replies[0].hex()
        return None


def messages(s, n):
    got, out = b"", []
    while len(out) < n:
        if len(got) >= 2 and len(got) >= 2 + int.from_bytes(got[:2], "big"):
            end = 2 + int.from_bytes(got[:2], "big")
            out.append(got[2:end].hex())
            got = got[end:]
            continue
        try:
            chunk = s.recv(65535)
        except OSError:
            break
        if not chunk:
            break
        got += chunk
    return out


def ends(s):
    """Is there nothing more, in good order?"""
    try:
        return s.recv(1) == b""
    except OSError:
        return False


def tcp(address, pieces, n, half=False):
    with socket.create_connection(address, PATIENCE) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.settimeout(PATIENCE)
        try:
            for piece in pieces:
                s.sendall(piece)
            if half:
                s.shutdown(socket.SHUT_WR)
        except OSError:             # it was closed under us; what came back is still there
            pass
        got = messages(s, n)
        return got + [None] if half and not ends(s) else got


def step(port, kind, *words):
    if kind == "pause":
        time.sleep(words[0])
        return []
    address = (words[0], port)
    if kind in ("udp", "ask"):
        return [udp(address, words[1], kind == "udp")]
    pieces = [bytes.fromhex(h) for h in words[1]]
    if kind == "tcp":
        pieces = [b"".join(len(p).to_bytes(2, "big") + p for p in pieces)]
    return tcp(address, pieces, words[2], kind == "half")


for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps([r for s in job["steps"] for r in step(job["port"], *s)]), flush=True)
