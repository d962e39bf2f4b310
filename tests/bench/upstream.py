"""The upstream: one unbound that answers the zones (zones.py) at once, over UDP, TCP, DoT and DoH.

It speaks TLS 1.3 with ECDSA P-256, allows 100 streams on an HTTP/2 connection (its default), closes what
was idle for 10 s, and sets TCP_NODELAY. It has no Fast Open and no early data.
"""
import ctypes
import os
import signal
import socket
import subprocess
import time

import zones
from probe import wire

NAMES = ["up1.bench", "up2.bench"]
NEAR = ["127.0.0.10", "127.0.0.11"]
FAR = ["10.53.1.2", "10.53.1.3"]
CONF = """server:
    username: ""
    chroot: ""
    directory: "{dir}"
    pidfile: ""
    use-syslog: no
    interface: {addr}@53
    interface: {addr}@853
    interface: {addr}@443
    tls-port: 853
    https-port: 443
    tls-service-key: "{key}"
    tls-service-pem: "{cert}"
    access-control: 0.0.0.0/0 allow
    num-threads: 1
    module-config: "iterator"
    incoming-num-tcp: 2000
    tcp-idle-timeout: {idle_ms}
    minimal-responses: yes
    extended-statistics: yes
remote-control:
    control-enable: yes
    control-interface: "{dir}/control"
    control-use-cert: no
"""
PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)


def make_pki(folder):
    """A CA and one ECDSA P-256 leaf that is good for every upstream; the paths: ca, cert, key."""
    os.mkdir(folder)
    os.chmod(folder, 0o755)

    def run(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, stderr=subprocess.DEVNULL)

    good_for = ["DNS:" + n for n in NAMES] + ["IP:" + a for a in NEAR + FAR]
    with open(os.path.join(folder, "ext"), "w", encoding="ascii") as f:
        f.write(f"subjectAltName={','.join(good_for)}\nextendedKeyUsage=serverAuth\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=bench CA",
        "-addext", "keyUsage=keyCertSign,cRLSign")
    run("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=" + NAMES[0])
    run("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20",
        "-extfile", "ext", "-out", "leaf.pem")
    for file in os.listdir(folder):
        os.chmod(os.path.join(folder, file), 0o644)
    return {"ca": f"{folder}/ca.pem", "cert": f"{folder}/leaf.pem", "key": f"{folder}/leaf.key"}


def set_nodelay(pid):
    """Sets TCP_NODELAY on the listening sockets of another process, for what it accepts to inherit.
    unbound has no setting for it on DoT, and no public resolver lets answers wait for acknowledgements."""
    pidfd = os.pidfd_open(pid)
    for fd in os.listdir(f"/proc/{pid}/fd"):
        mine = LIBC.syscall(PIDFD_GETFD, pidfd, int(fd), 0)
        if mine < 0:
            continue
        try:
            with socket.socket(fileno=mine) as s:
                if s.type == socket.SOCK_STREAM and s.family == socket.AF_INET:
                    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:                 # no socket at all
            os.close(mine)
    os.close(pidfd)


class Upstream:
    """One upstream at `addr` (ports 53, 853, 443); `wrap`: words before its command."""

    def __init__(self, scratch, pki, signed, addr, wrap=(), idle=10):
        self.addr, self.wrap = addr, list(wrap)
        self.dir = os.path.join(scratch, "up-" + addr)
        os.makedirs(self.dir, exist_ok=True)
        self.conf = os.path.join(self.dir, "unbound.conf")
        zones.bench_zone(os.path.join(self.dir, "bench.zone"), FAR if addr in FAR else NEAR)
        files = {"bench.": os.path.join(self.dir, "bench.zone"), **signed.files}
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(CONF.format(dir=self.dir, addr=addr, idle_ms=idle * 1000, **pki))
            f.writelines(f'auth-zone:\n    name: "{zone}"\n    zonefile: "{file}"\n' for zone, file in files.items())
        self.start()

    def start(self):
        with open(os.path.join(self.dir, "log"), "ab") as log:
            self.process = subprocess.Popen([*self.wrap, "unbound", "-d", "-c", self.conf], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)

    def wait(self, limit=10):
        """Waits until it answers, asked from this namespace."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.2)
                try:
                    s.connect((self.addr, 53))
                    s.send(wire("ns.bench"))
                    if s.recv(512)[3] & 15 == 0:
                        set_nodelay(self.process.pid)
                        return self
                except OSError:
                    time.sleep(0.02)
        with open(os.path.join(self.dir, "log"), encoding="utf-8", errors="replace") as f:
            raise SystemExit(f"bench: upstream {self.addr} did not start: {f.read()[-500:]}")

    def questions(self):
        """How many it has had."""
        text = subprocess.run(["unbound-control", "-c", self.conf, "stats_noreset"], check=True,
                              stdout=subprocess.PIPE, text=True, timeout=10).stdout
        return int(dict(line.split("=") for line in text.splitlines())["total.num.queries"])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)
