"""A server under test, started from its profile.

A profile is a shell script, profiles/NAME.sh, called with one word:

    caps      prints what it can do: udp dot doh (ways to ask upstream), tcp (from clients), cache, many
              (upstreams), local (answers localhost itself), validate, browser (DoH for
              clients), prewarm (connects to the upstream ahead when told to)
    version   prints one line
    run       writes its configuration into the current folder and execs the server in the foreground

`run` finds in the environment:

    B_DIR        the current folder, private to this run, which everybody may read
    B_LISTEN     address to answer on, UDP and TCP; B_PORT the port
    B_PROTO      how to ask upstream: udp, dot or doh
    B_UPSTREAMS  upstream addresses, space separated (ports 53, 853, 443)
    B_NAMES      their certificate names, in the same order (path /dns-query)
    B_CA         CA bundle that signs the upstreams
    B_CACHE      entries that the cache should hold
    B_DNSSEC     off or validate; B_ANCHOR a file with the DS record of the root
    B_DOH        1: also a DoH server on B_LISTEN, port 443, path /dns-query; else empty
    B_CERT       its certificate, B_KEY the key
    B_PREWARM    1: connects to the upstream before it is asked, if the server can be told to; else empty
    B_WRAP       words to put before the server's command
"""
import os
import signal
import socket
import subprocess
import time

import accounts
from probe import wire

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = os.path.join(HERE, "profiles")


def profiles():
    return sorted(f[:-3] for f in os.listdir(PROFILES) if f.endswith(".sh") and f[0] != "_")


def ask(name, word):
    """A profile's answer; empty when the server is not installed."""
    done = subprocess.run(["sh", os.path.join(PROFILES, name + ".sh"), word], timeout=20, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


class Server:
    def __init__(self, name, scratch, pki, proto, upstreams, names, anchor, cache=65536, dnssec="off",
                 wrap="", doh=False, prewarm=False):
        self.name, self.addr, self.port = name, "127.0.0.53", 53
        self.dir = os.path.join(scratch, f"{name}-{proto}-{time.monotonic_ns()}")
        os.mkdir(self.dir)
        os.chmod(self.dir, 0o777)       # a server that is no longer root may write what it must
        self.stamp = os.path.join(self.dir, "exec.ns")
        stamp = os.path.join(os.environ["BUILD"], "bench-stamp")
        env = dict(os.environ, B_DIR=self.dir, B_LISTEN=self.addr, B_PORT=str(self.port), B_PROTO=proto,
                   B_UPSTREAMS=" ".join(upstreams), B_NAMES=" ".join(names), B_CA=pki["ca"],
                   B_CACHE=str(cache), B_DNSSEC=dnssec, B_ANCHOR=anchor,
                   B_DOH="1" if doh else "", B_PREWARM="1" if prewarm else "", B_CERT=pki["cert"], B_KEY=pki["key"], B_WRAP=f"{stamp} {self.stamp} {wrap}")
        with open(os.path.join(self.dir, "log"), "wb") as log:
            self.process = subprocess.Popen(["sh", os.path.join(PROFILES, name + ".sh"), "run"], cwd=self.dir,
                                            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def log(self, lines=5):
        return " / ".join(accounts.read(os.path.join(self.dir, "log")).splitlines()[-lines:])

    def alive(self):
        return self.process.poll() is None

    def since_exec(self):
        """Milliseconds since the server's program was executed, its configuration being written."""
        return (time.monotonic_ns() - int(accounts.read(self.stamp) or "0")) / 1e6

    def wait_bound(self, limit=20):
        """Waits for its UDP socket without a query, which would warm things; False: it never came."""
        want = "%08X:%04X" % (int.from_bytes(socket.inet_aton(self.addr), "little"), self.port)
        end = time.monotonic() + limit
        while time.monotonic() < end and self.alive():
            if any(want == line.split()[1] for line in accounts.read("/proc/net/udp").splitlines()[1:]):
                return True
            time.sleep(0.002)
        return False

    def wait_answer(self, name, limit=20):
        """Asks until there is an answer with a record; milliseconds since its exec, or None."""
        query, end = wire(name, "A", 0x1234), time.monotonic() + limit
        while time.monotonic() < end and self.alive():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.25)
                try:
                    s.connect((self.addr, self.port))
                    s.send(query)
                    reply = s.recv(4096)
                except OSError:         # refused so far, or no answer yet
                    time.sleep(0.0005)
                    continue
                if reply[3] & 15 == 0 and reply[7] > 0:
                    return self.since_exec()
            time.sleep(0.005)
        return None

    def proves(self, name):
        """Does it set AD for who asks for it (RFC 6840 section 5.7)?"""
        query = bytearray(wire(name))
        query[3] |= 0x20
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.connect((self.addr, self.port))
            s.send(query)
            return bool(s.recv(4096)[3] & 0x20)

    def pids(self):
        return accounts.tree(self.process.pid)

    def cpu(self):
        return accounts.cpu(self.pids())

    def memory(self):
        return accounts.memory(self.pids())

    def close(self, limit=5):
        pids = self.pids()
        for number, seconds in ((signal.SIGTERM, limit), (signal.SIGKILL, 5)):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            # helpers may outlive it for a moment: what they write at their end is wanted
            end = time.monotonic() + seconds
            while accounts.tree(*pids) and time.monotonic() < end:
                time.sleep(0.01)
            if not accounts.tree(*pids):
                return
