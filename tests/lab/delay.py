"""A party's answers to the laptop arrive late, for kernels without netem.

Routing rules send them into a veth pair whose far end nobody answers at: dly0 →
dly1.  The relay (this file run as a program) picks the frames up there with a
packet socket, holds each for its sender's delay and puts it on the wire to the
laptop.  The laptop sees nothing of it: no interface, no route.

    delay.py DEVICE ADDRESS=MS...       in the party's namespace
"""
import array
import fcntl
import heapq
import select
import socket
import struct
import subprocess
import sys
import time

from netns import LAPTOP_MAC, TOWARDS_LAPTOP, inside, wrap
from run import LabError, run
from world import LAPTOP4, LAPTOP6, LAPTOP_VPN4, PARTIES

NEAR, FAR, TABLE = "dly0", "dly1", "100"
LAPTOP = {"net": (LAPTOP4, LAPTOP6), "corp": (LAPTOP_VPN4,)}
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
ETH_P_ALL, PACKET_OUTGOING = 3, 4


def option(address):
    return "-6" if ":" in address else "-4"


def checksums_in_software(device):
    """Else frames come out with the checksum left to hardware there is none of."""
    value = array.array("I", [ETHTOOL_STXCSUM, 0])      # struct ethtool_value
    request = struct.pack("16sP16x", device.encode(), value.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, request)


class Relays:
    """One relay in each namespace that needs one."""

    def __init__(self):
        self.running = {}               # namespace → process
        self.rules = []                 # what to undo

    def settle(self, delays):
        """Make the relays match {party name: milliseconds}."""
        for net, rule in self.rules:
            run("ip", "-n", net, *rule[:2], "del", *rule[2:])
        self.rules = []
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running = {}
        for net in LAPTOP:
            parties = [PARTIES[n] for n in delays if PARTIES[n].net == net]
            if parties:
                self.start(net, {a: delays[p.name] for p in parties for a in p.addresses})

    def start(self, net, by_address):
        self.make_pair(net)
        process = subprocess.Popen(
            wrap(net, [sys.executable, "-B", __file__, TOWARDS_LAPTOP[net],
                       *(f"{a}={ms}" for a, ms in by_address.items())]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.running[net] = process
        with process.stdout:
            if process.stdout.readline() != "ready\n":
                raise LabError("the delay relay did not start; see the lab's log")
        for address in by_address:
            for laptop in LAPTOP[net]:
                if option(laptop) == option(address):
                    rule = [option(address), "rule", "from", address, "to", laptop,
                            "lookup", TABLE]
                    run("ip", "-n", net, *rule[:2], "add", *rule[2:])
                    self.rules.append((net, rule))

    def make_pair(self, net):
        """Idempotent: the pair stays until the lab ends."""
        if NEAR in run("ip", "-n", net, "-br", "link"):
            return
        run("ip", "link", "add", NEAR, "netns", net, "type", "veth", "peer", "name", FAR,
            "netns", net)
        with inside(net):
            checksums_in_software(NEAR)
        for device in (NEAR, FAR):
            run("ip", "-n", net, "link", "set", device, "up")
        for laptop in LAPTOP[net]:
            run("ip", "-n", net, "neigh", "add", laptop, "lladdr", LAPTOP_MAC[net],
                "dev", NEAR, "nud", "permanent")
            run("ip", "-n", net, option(laptop), "route", "add", "default", "dev", NEAR,
                "table", TABLE)


def sender(frame):
    """The source address in a frame, as bytes."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return frame[26:30]
    return frame[22:38] if kind == b"\x86\xdd" else b""


def packet_socket(device):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.bind((device, ETH_P_ALL))
    s.setblocking(False)
    return s


def relay(device, delays):
    """Forever: hold every frame for its sender's delay."""
    source, wire = packet_socket(FAR), packet_socket(device)
    queue, serial = [], 0
    print("ready", flush=True)
    while True:
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            try:
                wire.send(heapq.heappop(queue)[2])
            except OSError:
                pass                                    # as any wire may lose a frame
        select.select([source], [], [], queue[0][0] - now if queue else None)
        try:
            while True:
                frame, origin = source.recvfrom(65535)
                if origin[2] != PACKET_OUTGOING and sender(frame) in delays:
                    serial += 1
                    due = time.monotonic() + delays[sender(frame)]
                    heapq.heappush(queue, (due, serial, frame))
        except BlockingIOError:
            pass


def main():
    delays = {}
    for word in sys.argv[2:]:
        address, _, ms = word.partition("=")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        delays[socket.inet_pton(family, address)] = int(ms) / 1000
    relay(sys.argv[1], delays)


if __name__ == "__main__":
    main()
