"""The lab's three network namespaces, and how a process gets into one of them.

    laptop  up0  100.64.0.2/24, 2001:db8:64::2/64  --  lap0  net     every public server
            tun0 10.7.0.2/24                       --  vpn0  corp    the corporate server

They are named in /run/netns, but /run is the lab's own (see supervisor.py).
"""
import contextlib
import ctypes
import os
import socket

from run import LabError, run
from world import GATEWAY4, GATEWAY6, LAPTOP4, LAPTOP6, LAPTOP_VPN4, PARTIES, WEB4, WEB6

NAMES = ("laptop", "net", "corp")
LAPTOP_MAC = {"net": "02:00:00:00:64:02", "corp": "02:00:00:00:07:02"}
TOWARDS_LAPTOP = {"net": "lap0", "corp": "vpn0"}
LIBC = ctypes.CDLL(None, use_errno=True)


def setns(fd):
    if LIBC.setns(fd, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def path(name):
    return f"/run/netns/{name}"


@contextlib.contextmanager
def inside(name):
    """Be in that namespace for the length of a `with`; sockets made there stay there."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(there)
        yield
    finally:
        setns(home)
        os.close(home)
        os.close(there)


def wrap(name, argv):
    """The command line that runs argv in that namespace, keeping the pid."""
    return ["nsenter", f"--net={path(name)}", "--", *argv]


def enter(pid, name):
    """Move this process into the lab that `pid` supervises, and there into a namespace."""
    opened = []
    for kind in ("user", "mnt"):
        theirs, ours = f"/proc/{pid}/ns/{kind}", f"/proc/self/ns/{kind}"
        if os.readlink(theirs) != os.readlink(ours):
            opened.append(os.open(theirs, os.O_RDONLY | os.O_CLOEXEC))
    here = os.getcwd()
    try:
        for fd in opened:
            setns(fd)
        net = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
        setns(net)
    except OSError as e:
        raise LabError(f"cannot enter the lab's namespace {name}: {e.strerror}") from None
    for fd in (*opened, net):
        os.close(fd)
    os.chdir(here)


def address(party_net, device, addr):
    length, flag = ("/128", " nodad") if ":" in addr else ("/32", "")
    return f"-n {party_net} addr add {addr}{length} dev {device}{flag}"


def quiet_kernel(name):
    """No reverse-path filter (answers may take the delayed way), no address detection."""
    with inside(name):
        for knob, value in (("ipv4/conf/all/rp_filter", 0), ("ipv4/conf/default/rp_filter", 0),
                            ("ipv6/conf/all/accept_dad", 0), ("ipv6/conf/default/accept_dad", 0)):
            with contextlib.suppress(OSError), \
                    open(f"/proc/sys/net/{knob}", "w", encoding="ascii") as f:
                f.write(str(value))


def build():
    """Make the namespaces, the two wires and all addresses."""
    for name in NAMES:
        run("ip", "netns", "add", name)
        quiet_kernel(name)
    todo = [
        f"link add up0 netns laptop address {LAPTOP_MAC['net']}"
        " type veth peer name lap0 netns net",
        f"link add tun0 netns laptop address {LAPTOP_MAC['corp']}"
        " type veth peer name vpn0 netns corp",
        f"-n laptop addr add {LAPTOP4}/24 dev up0",
        f"-n laptop addr add {LAPTOP6}/64 dev up0 nodad",
        f"-n laptop addr add {LAPTOP_VPN4}/24 dev tun0",
        f"-n net addr add {GATEWAY4}/24 dev lap0",
        f"-n net addr add {GATEWAY6}/64 dev lap0 nodad",
        f"-n corp addr add {PARTIES['corp'].v4}/24 dev vpn0",
    ]
    todo += [address(p.net, "lo", a) for p in PARTIES.values() if p.net == "net" and not p.local
             for a in p.addresses]
    todo += [address("net", "lo", a) for a in (WEB4, WEB6)]
    todo += [f"-n {net} link set {dev} up" for net, dev in (
        ("laptop", "lo"), ("net", "lo"), ("corp", "lo"), ("laptop", "up0"), ("net", "lap0"),
        ("laptop", "tun0"), ("corp", "vpn0"))]
    todo += [f"-n laptop route add default via {GATEWAY4}",
             f"-n laptop -6 route add default via {GATEWAY6}"]
    for line in todo:
        run("ip", *line.split())


def udp_socket(name):
    """A datagram socket in that namespace, from its loopback address."""
    with inside(name):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        s.bind(("127.0.0.1", 0))
        return s
