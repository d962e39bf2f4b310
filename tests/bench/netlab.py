"""The private network: everything runs in namespaces of its own.

enter() starts the harness once more in new network, mount and pid namespaces: no route leads out,
nothing outlives it, and /run is empty. Far adds a second network namespace at the end of a wire
(wire.py).
"""
import json
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = "STUBD_BENCH_INSIDE"


def enter():
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        return
    if os.geteuid():
        sys.exit("bench: needs root, for network namespaces and ports below 1024")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
                          "--propagation", "private", sys.executable, "-B", *sys.argv])


class Far:
    """The far namespace and the wire to it. OSError when there can be none (no TUN devices)."""

    def __init__(self, scratch):
        self.place = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.place.pid}/ns/net") == mine:
            time.sleep(0.01)
        self.path = os.path.join(scratch, "wire.sock")
        self.wire = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "wire.py"), str(self.place.pid),
                                      self.path])
        while not os.path.exists(self.path):
            if self.wire.poll() is not None:
                self.place.kill()
                raise OSError("no wire (are there TUN devices?)")
            time.sleep(0.01)
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.control.bind(self.path + ".client")
        self.control.settimeout(5)

    def tell(self, line):
        """One command to the wire; returns its counts before it."""
        self.control.sendto(line.encode(), self.path)
        return json.loads(self.control.recv(4096))

    def inside(self, command):
        return ["nsenter", "-t", str(self.place.pid), "-n", *command]

    def close(self):
        for process in (self.wire, self.place):
            process.kill()
            process.wait()
