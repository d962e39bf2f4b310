"""The zones that the upstreams serve.

Unsigned, answered for every name below these labels of `bench.`, and below w1 to w15, v41 and so on:

    *.w.bench     A twice, AAAA twice, HTTPS      (the common case)
    *.v4.bench    A only; other types are NODATA
    *.c.bench     CNAME to edge.cdn.bench         (A, AAAA)
    *.nx.bench    NXDOMAIN

Signed with ECDSA P-256, below a signed root: nNNNNN.signed., each with an A record of its own, and
cNN.signed., a zone each with one A record at `www`: its chain is one DS and one key longer.
"""
import os
import subprocess
import time

import load

TTL = 3600
SOA = "ns.bench. root.bench. 1 7200 900 604800 900"
HEAD = f"$TTL {TTL}\n@ SOA {SOA}\n@ NS ns.bench.\n"
SIGNED_NAMES, SIGNED_ZONES = 20000, 100
BENCH = HEAD + """
ns A 192.0.2.53
up1 A {up[0]}
up2 A {up[1]}
edge.cdn A 192.0.2.4
edge.cdn AAAA 2001:db8::4
"""
DOMAIN = """
*.w{n} A 192.0.2.1
*.w{n} A 192.0.2.2
*.w{n} AAAA 2001:db8::1
*.w{n} AAAA 2001:db8::2
*.w{n} HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1
*.v4{n} A 192.0.2.3
*.c{n} CNAME edge.cdn
nx{n} TXT "nothing below"
"""


def signed_names():
    return [f"n{i:05d}.signed" for i in range(SIGNED_NAMES)]


def chain_names():
    return [f"www.c{i:02d}.signed" for i in range(SIGNED_ZONES)]


def bench_zone(path, upstreams):
    domains = "".join(DOMAIN.format(n=n or "") for n in range(load.DOMAINS))
    with open(path, "w", encoding="ascii") as f:
        f.write("$ORIGIN bench.\n" + BENCH.format(up=upstreams) + domains)


class Signed:
    """The signed zones in a folder of their own; files: {zone: path}, anchor: a file with the root's DS."""

    def __init__(self, folder):
        self.folder, self.files = folder, {}
        os.mkdir(folder)
        below = "".join(f"n{i:05d} A 192.0.2.{i % 250 + 1}\n" for i in range(SIGNED_NAMES))
        for i in range(SIGNED_ZONES):
            zone = f"c{i:02d}.signed."
            below += f"{zone} NS ns.bench.\n" + self.sign(zone, "www A 192.0.2.7\n")
        delegation = "signed. NS ns.bench.\n" + self.sign("signed.", below)
        self.anchor = os.path.join(folder, "anchor")
        with open(self.anchor, "w", encoding="ascii") as f:
            f.write(self.sign(".", "bench. NS ns.bench.\nns.bench. A 192.0.2.53\n" + delegation))
        for file in os.listdir(folder):
            os.chmod(os.path.join(folder, file), 0o644)
        os.chmod(folder, 0o755)

    def sign(self, zone, text):
        """Writes and signs a zone; returns its DS record as a line."""
        path = os.path.join(self.folder, "zone" + zone)
        with open(path, "w", encoding="ascii") as f:
            f.write(f"$ORIGIN {zone}\n{HEAD}{text}")
        key = self.run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", zone).strip()
        self.run("ldns-signzone", "-e", time.strftime("%Y%m%d", time.gmtime(time.time() + 30 * 86400)),
                 "-f", path, path, key)
        self.files[zone] = path
        with open(os.path.join(self.folder, key + ".ds"), encoding="ascii") as f:
            return f.read()

    def run(self, *command):
        return subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout
