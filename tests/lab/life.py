"""Bringing the lab up, mending it, ending it: the outside half of the supervisor."""
import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys

import build
import control
import pki
import servers
import zonefiles
from run import LabError, PATH, side_by_side

HERE = os.path.dirname(os.path.realpath(__file__))
READY_SECONDS = 10
PACKAGES = {"nsd": "nsd", "unbound": "unbound", "dnsdist": "dnsdist", "kresd": "knot-resolver",
            "ldns-signzone": "ldnsutils", "nft": "nftables", "ip": "iproute2",
            "openssl": "openssl", "unshare": "util-linux", "cc": "gcc"}


def check_tools():
    missing = [pkg for tool, pkg in PACKAGES.items() if not shutil.which(tool, path=PATH)]
    if missing:
        raise LabError("not installed: " + " ".join(missing)
                       + " (apt-get install; tests/lab/README.md names all packages)")


@contextlib.contextmanager
def only_one(state):
    """Two `lab up` in one folder wait for each other."""
    with open(f"{state}/lock", "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def clean(state):
    """Remove what an earlier lab left in the folder, but zones that may serve again."""
    from world import PARTIES
    for name in (*PARTIES, "pki", "record"):
        shutil.rmtree(f"{state}/{name}", ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{state}/{control.SOCKET}")


def start_supervisor(state):
    """Its process (unshare's), once it listens; raises what it complained of."""
    ready, theirs = os.pipe()
    user = ["--user", "--map-root-user"] if os.geteuid() else []
    with open(f"{state}/log", "w", encoding="ascii") as log:
        process = subprocess.Popen(
            ["unshare", *user, "--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child",
             sys.executable, "-B", f"{HERE}/supervisor.py", state, str(theirs)],
            cwd=state, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, pass_fds=(theirs,))
    os.close(theirs)
    in_time = select.select([ready], [], [], READY_SECONDS)[0]
    told = os.read(ready, 65536).decode() if in_time else "too slow"
    os.close(ready)
    if told != "up\n":
        process.kill()
        raise LabError(f"the supervisor did not start: {told.strip() or last_words(state)}")
    return process


def last_words(folder):
    with contextlib.suppress(OSError), open(f"{folder}/log", encoding="utf-8",
                                            errors="replace") as f:
        return "\n".join(f.read().splitlines()[-8:])
    return ""


def probe(state, parties):
    """Wait, in the laptop's namespace, until these parties (or all) answer; 0 or 1."""
    failed = subprocess.run([sys.executable, f"{HERE}/lab", "probe", *parties], check=False,
                            env={**os.environ, "STUBD_LAB_DIR": state}).returncode
    if not failed:
        control.ask(state, do="ready", parties=parties)
    return failed


def up(state):
    check_tools()
    os.makedirs(state, exist_ok=True)
    if os.path.realpath(state).startswith("/run/"):
        raise LabError("the state folder cannot be below /run, which the lab hides")
    with only_one(state):
        if control.supervisor(state):
            return 0
        clean(state)
        side_by_side([lambda: zonefiles.make(state), lambda: pki.make(state),
                      lambda: servers.make(state), lambda: build.crook(state)])
        process = start_supervisor(state)
        if probe(state, []):
            if process.poll() is not None:
                raise LabError(f"the supervisor ended with {process.returncode}: {last_words(state)}")
            down(state)
            return 1
        control.ask(state, do="clear")
    return 0


def heal(state, party):
    healed = control.ask(state, do="heal", party=party)["healed"]
    return probe(state, healed) if healed else 0


def intruders(nets):
    """Processes from outside that live in the lab's network namespaces (lab exec)."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}/ns/net").st_ino in nets:
                    yield int(name)


def parent_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return next(int(x.split()[1]) for x in f if x.startswith("PPid:"))


def down(state):
    pid = control.supervisor(state)
    if not pid:
        return 0
    waiting = [os.pidfd_open(p) for p in (pid, parent_of(pid)) if p > 1]
    nets = control.ask(state, do="status")["nets"]
    for intruder in intruders(nets):
        with contextlib.suppress(OSError):
            os.kill(intruder, signal.SIGKILL)
    with contextlib.suppress(LabError):
        control.ask(state, do="down")
    for fd in waiting:
        if not select.select([fd], [], [], READY_SECONDS)[0]:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)
    return 0
