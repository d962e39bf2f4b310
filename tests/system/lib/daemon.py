"""The real daemon, started in the lab's laptop and waited for by sd_notify(3)."""
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile

from .lab import ROOT

BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build", "release"))
ADDRESS, PORT = "127.0.0.1", 5300
START_TIME = 20     # seconds; under sanitizers on a busy machine


def anonymous(pid):
    """KiB of memory that is no file's and that a process has for itself; 0 of one that has just ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("Pss_Anon:"))
    except (OSError, StopIteration):
        return 0


class Stubd:
    """with Stubd(lab, {...}) as stubd: ... The configuration is given as the person would write it;
    what a test does not care about is filled in here. WORKERS=2 in the environment runs any test so."""

    def __init__(self, lab, config, name="stubd"):
        self.lab = lab
        self.wrap, self.options = [], []        # before and behind the program's name
        self.folder = tempfile.mkdtemp(prefix=f"{name}.", dir=lab.folder)
        os.chmod(self.folder, 0o777)
        self.file = os.path.join(self.folder, "stubd.json")
        self.control = os.path.join(self.folder, "control.sock")
        self.log_file = os.path.join(self.folder, "log")
        self.configure(config)

    def configure(self, config):
        full = {
            "listen": [f"{ADDRESS}:{PORT}"],
            "privacy": "encrypted",
            "on_miss": ["providers"],
            "dnssec": "off",
            "control": self.control,
            "state": os.path.join(self.folder, "state"),
            "workers": int(os.environ.get("WORKERS", "1")),
            "engine": {
                "root_hints": self.lab.env["LAB_ROOT_HINTS"],
                "trust_anchors": self.lab.env["LAB_ROOT_ANCHOR"],
            },
        }
        full.update(config)
        full["providers"] = {"catalogue": None, "strategy": "ordered", **config.get("providers", {})}
        with open(self.file, "w", encoding="utf-8") as f:
            json.dump(full, f, indent=1)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        path = os.path.join(self.folder, "notify")
        self.notify.bind(path)
        os.chmod(path, 0o777)
        with open(self.log_file, "w", encoding="utf-8") as log:
            self.process = self.lab.spawn(
                "env", f"NOTIFY_SOCKET={path}", *self.wrap, os.path.join(BUILD, "stubd"), "-c", self.file,
                *self.options, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self.wait_for("READY=1")

    def wait_for(self, word, seconds=START_TIME):
        """Waits for a notification; returns the pid of who sent it, as seen from here."""
        while True:
            ready, _, _ = select.select([self.notify], [], [], seconds)
            if not ready or self.process.poll() is not None:
                raise RuntimeError(f"stubd did not say {word}:\n{self.log()}")
            text, ancillary, _, _ = self.notify.recvmsg(4096, socket.CMSG_SPACE(12))
            if word in text.decode().split("\n"):
                return struct.unpack("3i", ancillary[0][2][:12])[0]

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.notify.close()
        if os.path.exists(os.path.join(self.folder, "notify")):
            os.unlink(os.path.join(self.folder, "notify"))
        log = self.log()
        if code or "Sanitizer" in log or "runtime error:" in log:
            raise RuntimeError(f"stubd ended with {code}:\n{log[-6000:]}")
        return code

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as f:
            return f.read()

    def ctl(self, *words):
        """stubctl: (exit code, output)."""
        done = subprocess.run(
            self.lab.inside(os.path.join(BUILD, "stubctl"), "--socket", self.control, *words),
            env=self.lab.environment, text=True, capture_output=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def status(self):
        code, text = self.ctl("--json", "status")
        if code:
            raise RuntimeError(f"stubctl status: {text}")
        return json.loads(text)
