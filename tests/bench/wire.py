"""A long wire between two network namespaces, for kernels without netem.

Run in the near namespace as `wire.py FAR_PID CONTROL_SOCKET`: makes a TUN device on each side, joins
them, and holds every packet for the delay in each direction. The control socket (unix datagrams) takes:

    delay MS        one-way delay from now on
    drop IP         throw away what goes to or comes from IP (a black hole)
    pass IP         undo it
    reset           zeroes the counts

Every command is answered with the counts before it, as JSON: packets, octets and TCP SYNs each way.
"""
import collections
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

NEAR_IP, FAR_IPS = "10.53.0.1", ["10.53.1.1", "10.53.1.2", "10.53.1.3"]
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
MTU = 1500


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def ip(*args, far=None):
    pre = ["nsenter", "-t", far, "-n"] if far else []
    subprocess.run([*pre, "ip", *args], check=True)


def configure(far):
    ip("addr", "add", NEAR_IP + "/24", "dev", "near")
    ip("link", "set", "near", "up", "mtu", str(MTU), "txqueuelen", "2000")
    ip("route", "add", "10.53.1.0/24", "dev", "near")
    ip("link", "set", "far", "netns", far)
    for a in FAR_IPS:
        ip("addr", "add", a + "/24", "dev", "far", far=far)
    ip("link", "set", "far", "up", "mtu", str(MTU), "txqueuelen", "2000", far=far)
    ip("link", "set", "lo", "up", far=far)
    ip("route", "add", "10.53.0.0/24", "dev", "far", far=far)


class Wire:
    def __init__(self, near, far):
        self.delay = 0.0
        self.dropped = set()
        self.out = {near: far, far: near}
        self.queue = {near: collections.deque(), far: collections.deque()}
        self.side = {near: "up", far: "down"}
        self.reset()

    def reset(self):
        self.count = {k + w: 0 for k in ("up_", "down_") for w in ("packets", "bytes", "syns")}

    def read(self, fd):
        queue, side = self.queue[fd], self.side[fd]
        for _ in range(64):
            try:
                pkt = os.read(fd, 2048)
            except BlockingIOError:
                return
            if pkt[0] >> 4 != 4:
                continue
            if self.dropped and (pkt[12:16] in self.dropped or pkt[16:20] in self.dropped):
                continue
            self.count[side + "_packets"] += 1
            self.count[side + "_bytes"] += len(pkt)
            tcp = (pkt[0] & 15) * 4
            if pkt[9] == 6 and pkt[tcp + 13] & 0x12 == 0x02:
                self.count[side + "_syns"] += 1
            queue.append((time.monotonic() + self.delay, pkt))

    def flush(self):
        """Pass on what is due; return seconds until the next, or None."""
        wait = None
        for fd, queue in self.queue.items():
            while queue:
                left = queue[0][0] - time.monotonic()
                if left > 0:
                    wait = left if wait is None else min(wait, left)
                    break
                try:
                    os.write(self.out[fd], queue.popleft()[1])
                except OSError:
                    pass
        return wait

    def command(self, line):
        word, _, arg = line.partition(" ")
        answer = json.dumps(self.count)
        if word == "delay":
            self.delay = float(arg) / 1000
        elif word == "drop":
            self.dropped.add(socket.inet_aton(arg))
        elif word == "pass":
            self.dropped.discard(socket.inet_aton(arg))
        elif word == "reset":
            self.reset()
        return answer


def main():
    far_pid, path = sys.argv[1:3]
    near, far = tun("near"), tun("far")
    configure(far_pid)
    ctl = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ctl.bind(path)
    wire = Wire(near, far)
    while True:
        ready = select.select([near, far, ctl], [], [], wire.flush())[0]
        for fd in ready:
            if fd is ctl:
                line, peer = ctl.recvfrom(256)
                ctl.sendto(wire.command(line.decode()).encode(), peer)
            else:
                wire.read(fd)


if __name__ == "__main__":
    main()
