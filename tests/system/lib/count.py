"""What the daemon asks of its allocator and of the kernel (lib/count.c), and a client that sends much in one
piece. As a program, inside the lab: `count.py ADDRESS PORT DOH_PORT`; each line on standard input is a
JSON list, ["udp" or "tcp" or "h2", HEX...] to send those questions in one piece, or ["take"] to wait for all
of their answers. Both are answered by a line with how many."""
import base64
import json
import os
import socket
import ssl
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("allocated", "recvmmsg", "sendmmsg", "turns", "time", "wrote", "read")
PATIENCE = 8


class Counts:
    """Of one daemon, from its start on."""

    def __init__(self, lab):
        self.library = os.path.join(lab.folder, "count.so")
        self.file = os.path.join(lab.folder, "count")
        if not os.path.exists(self.library):
            subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-fno-builtin", "-shared", "-fPIC", "-o", self.library,
                            os.path.join(HERE, "count.c"), "-ldl"], check=True)
        with open(self.file, "wb") as f:
            f.write(bytes(8 * len(NAMES)))
        os.chmod(self.file, 0o666)

    def of(self, stubd):
        """Makes the daemon, which has not started yet, count."""
        stubd.wrap = ["env", "LD_PRELOAD=" + self.library]
        return stubd

    def read(self):
        with open(self.file, "rb") as f:
            return dict(zip(NAMES, struct.unpack(f"={len(NAMES)}Q", f.read())))


def is_sanitised(program):
    """A sanitizer has an allocator, and wrappers, of its own."""
    libraries = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
    return "libasan" in libraries or "libtsan" in libraries


def framed(data):
    return len(data).to_bytes(2, "big") + data


def requests(questions):
    """A client's preface, and a GET for each question."""
    import h2
    out = h2.PREFACE + h2.frame(h2.SETTINGS, 0, 0)
    for i, q in enumerate(questions):
        target = "/dns-query?dns=" + base64.urlsafe_b64encode(q).decode().rstrip("=")
        out += h2.frame(h2.HEADERS, h2.END_STREAM | h2.END_HEADERS, 2 * i + 1, h2.request(target))
    return out


def whole_messages(data):
    n, at = 0, 0
    while at + 2 <= len(data) and at + 2 + int.from_bytes(data[at:at + 2], "big") <= len(data):
        at += 2 + int.from_bytes(data[at:at + 2], "big")
        n += 1
    return n


def whole_responses(data):
    import h2
    return sum(1 for kind, flags, _, _ in h2.frames(data) if kind == h2.DATA and flags & h2.END_STREAM)


class Client:
    def __init__(self, address, port, doh_port):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect((address, port))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        doh = socket.create_connection((address, doh_port), PATIENCE)
        self.streams = {"tcp": socket.create_connection((address, port), PATIENCE), "h2": context.wrap_socket(doh)}
        for s in (self.udp, *self.streams.values()):
            s.settimeout(PATIENCE)
        self.kind, self.n = "udp", 0

    def send(self, kind, questions):
        self.kind, self.n = kind, len(questions)
        if kind == "udp":
            for q in questions:
                self.udp.send(q)
            return
        piece = b"".join(map(framed, questions)) if kind == "tcp" else requests(questions)
        self.streams[kind].sendall(piece)

    def take(self):
        """How many answers there were."""
        got, n = b"", 0
        try:
            while n < self.n:
                if self.kind == "udp":
                    n += len(self.udp.recv(4096)) > 0
                    continue
                got += self.streams[self.kind].recv(65535)
                n = (whole_messages if self.kind == "tcp" else whole_responses)(got)
        except OSError:
            pass
        return n


def main():
    client = Client(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print("ok", flush=True)
    for line in sys.stdin:
        kind, *questions = json.loads(line)
        if kind != "take":
            client.send(kind, [bytes.fromhex(q) for q in questions])
        print(client.take() if kind == "take" else client.n, flush=True)


if __name__ == "__main__":
    main()
