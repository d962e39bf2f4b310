"""A stub that nobody asks anything sleeps: no thread of its processes has a timer, so that nothing but somebody's question
wakes the machine. Asked of the kernel, which knows how long each thread means to sleep: no time is measured."""
import os
import platform

from lib.ask import dig
from lib.check import becomes_true, true
from lib.daemon import Stubd
from lib.network import only_v4

EPOLL_WAIT = {"x86_64": ("232", "281"), "aarch64": ("22",)}[platform.machine()]
EPOLL_PWAIT_TIMEOUT = 4     # field of /proc/PID/syscall: number, then arguments
FOR_EVER = ("0xffffffff", "0xffffffffffffffff")
LONG = 600000               # ms: what is longer wakes nobody worth speaking of
CLOSES = "1"                # seconds after which the provider closes what rests
# libunbound keeps what it has over TCP for 60 s, once after its last question: under `make check-timed` that is waited for.
TIMED = bool(os.environ.get("TIMED"))
PATIENCE = 120 if TIMED else 60


def processes(stubd):
    """Of the daemon: {thread's id: name}; its helper's, too."""
    found = {}
    for pid in [stubd.pid, *children(stubd.pid)]:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as f:
                found[task] = f.read().strip()
    return found


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def sleep_of(task):
    """How long a thread means to sleep that waits for events, in ms; -1: for ever. None: it does something."""
    with open(f"/proc/{task}/syscall", encoding="ascii") as f:
        words = f.read().split()
    if words[0] not in EPOLL_WAIT:
        return None
    timeout = words[EPOLL_PWAIT_TIMEOUT]
    return -1 if timeout in FOR_EVER else int(timeout, 16)


def awake(stubd):
    """Those that will wake by themselves: {name: ms}."""
    sleeps = {f"{name}/{task}": sleep_of(task) for task, name in processes(stubd).items()}
    return {name: ms for name, ms in sleeps.items()
            if (ms is None or 0 <= ms < LONG) and (TIMED or not name.startswith("stubd-engine/"))}


def sleeps(stubd):
    try:
        becomes_true(lambda: not awake(stubd), "all threads sleep until somebody asks", seconds=PATIENCE)
    except AssertionError as e:
        raise AssertionError(f"{e}; awake, or will be in so many ms: {awake(stubd)}") from None


def rests(lab, stubd):
    """After questions that were answered, and whose connections the provider has closed."""
    lab.fault("idle", "crook", CLOSES)
    for name in ("www.example.com", "nx.example.com", "localhost", "www.example.com"):
        dig(lab, name)
    true(lab.record(client="laptop", name="www.example.com"), "the provider was asked")
    becomes_true(lambda: not lab.output("ss", "-Htn", "state", "established", "dst", lab.env["CROOK4"]).strip(),
                 "the provider has closed")
    sleeps(stubd)


def config(lab, provider, **more):
    return {"workers": 2, "providers": {"custom": [only_v4(lab.providers[provider])]}, **more}


def test_from_start(lab):
    """nobody has asked anything yet"""
    with Stubd(lab, config(lab, "crook-dot")) as stubd:
        becomes_true(lambda: set(processes(stubd).values()) == {"stubd", "stubd/1"}, "both threads are there")
        sleeps(stubd)


def test_after_questions(lab):
    """questions were answered over DoT, and the provider has closed the connection"""
    with Stubd(lab, config(lab, "crook-dot")) as stubd:
        rests(lab, stubd)


def test_validated(lab):
    """questions were answered over DoH and validated: the engine's process sleeps, too"""
    with Stubd(lab, config(lab, "crook-doh", dnssec="validate")) as stubd:
        true("ad" in dig(lab, "www.example.org", "A", "+dnssec").flags, "validated")
        true("stubd-engine" in processes(stubd).values(), "there is a helper")
        rests(lab, stubd)
