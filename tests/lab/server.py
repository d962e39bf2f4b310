"""One server process: start it, hurt it, mend it."""
import contextlib
import ctypes
import os
import signal
import socket
import subprocess

from netns import wrap
from run import LabError, run

LIBC = ctypes.CDLL(None)
PIDFD_GETFD = 438
CROOK_CONTROL, CROOK_REPLY = "/run/lab/crook.control", "/run/lab/crook.reply"
LISTENERS_BELOW = 128                   # file descriptors opened at the start


class Server:
    """A party's process group, as the supervisor sees it."""

    def __init__(self, party, state, argv):
        self.party, self.argv, self.folder = party, argv, f"{state}/{party.name}"
        self.process = None
        self.stopped = False
        self.said = []                                  # names of records that it was given

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                wrap(self.party.net, self.argv), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self.stopped = False

    def poll(self):
        return self.process.poll() if self.process else None

    def reaped(self, pid, status):
        """pid 1 collected a child that may be ours."""
        if self.process and self.process.pid == pid and self.process.returncode is None:
            self.process.returncode = os.waitstatus_to_exitcode(status)

    def state(self):
        if not self.process or self.process.returncode is not None:
            return "dead"
        return "stopped" if self.stopped else "running"

    def signal(self, number):
        """To the whole group: NSD is several processes."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.signal(signal.SIGSTOP)
        self.stopped = True

    def heal(self):
        if self.state() == "dead":
            self.said = []
            self.start()
            return
        self.signal(signal.SIGCONT)
        self.stopped = False
        if self.party.kind == "crook":
            self.crook_mode("ok", None)
        self.says("")

    def says(self, records):
        """Give it these records, "NAME TTL IN TYPE RDATA; ...", in place of those it was given before."""
        if records and self.party.kind != "unbound":
            raise LabError(f"{self.party.name} has no fault says")
        for name in self.said:
            self.control("local_data_remove", name)
            self.control("local_zone_remove", name)
        wanted = [r.strip() for r in (records or "").split(";") if r.strip()]
        self.said = [r.split()[0] for r in wanted]
        for record in wanted:
            self.control("local_data", *record.split())

    def control(self, *words):
        run("unbound-control", "-c", f"{self.folder}/unbound.conf", *words)

    def no_delay(self):
        """Set TCP_NODELAY on its listening sockets, for its connections to inherit.

        unbound has no setting for it, and without it answers over DoT wait for
        the client's acknowledgement, as no public resolver's do.
        """
        process = os.pidfd_open(self.pid)
        on = ctypes.c_int(1)
        for number in range(LISTENERS_BELOW):
            fd = LIBC.syscall(PIDFD_GETFD, process, number, 0)
            if fd >= 0:                                 # on anything but TCP this fails: fine
                LIBC.setsockopt(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY,
                                ctypes.byref(on), ctypes.sizeof(on))
                os.close(fd)
        os.close(process)

    def crook_mode(self, mode, value):
        """Tell crook how to misbehave from now on; it confirms."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(CROOK_REPLY)
            s.bind(CROOK_REPLY)                         # where it answers
            try:
                s.sendto(f"{mode} {value if value is not None else ''}".encode(),
                         CROOK_CONTROL)
                answer = s.recv(256).decode()
            except OSError as e:
                raise LabError(f"crook does not listen: {e}") from None
        if answer != "ok":
            raise LabError(answer)
