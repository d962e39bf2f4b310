"""Clients of DoH that mean harm (lib/flood.py): whatever they do, others are answered and memory is
bounded."""
import json
import os
import subprocess

from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.invariants import accounted
from lib.message import NOERROR, question
from lib.web import LISTENING, Web, certify, post

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS, GONE = 64, 1000        # stubd/front/doh.h
ROOM = 24 * 1024                # KiB that a flood may make it larger


class Victim:
    """A daemon with DoH, and its floods."""

    def __init__(self, lab):
        self.lab, self.stubd = lab, Stubd(lab, {})
        files = certify(self.stubd.folder)
        self.stubd.configure({"providers": {"custom": [lab.providers["alpha-doh"]]},
                              "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
                              "doh": {"listen": [LISTENING], "certificate": files[0], "key": files[1]}})
        # A sanitizer holds freed memory back, 256 MB of it unless told otherwise: that is no growth of ours.
        self.stubd.wrap = ["env", "ASAN_OPTIONS=quarantine_size_mb=8"]
        self.web = Web(lab, self.stubd.folder, files[0])

    def __enter__(self):
        self.stubd.start()
        self.ask()
        self.before = self.memory()
        return self

    def __exit__(self, *how):
        self.stubd.__exit__(*how)

    def ask(self):
        (url, *words), data = post(question("www.example.com", number=0))
        reply = self.web.ask(url, *words, body=data)
        equal(reply and reply.dns.rcode, NOERROR, "somebody else asks")

    def memory(self):
        with open(f"/proc/{self.stubd.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * 4

    def flood(self, mode, *words):
        """Runs one; returns what became of it, after somebody else was answered and all was counted."""
        host, port = LISTENING.split(":")
        with self.lab.spawn("python3", os.path.join(HERE, "lib", "flood.py"), host, port, mode, *map(str, words),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
            text = flood.stdout.readline()
            after = self.memory()
            self.ask()
            flood.stdin.close()
        print(f"  {mode}: {text.strip()[:200]}, {after - self.before} KiB more")
        true(after - self.before < ROOM, f"it has grown by {after - self.before} KiB")
        accounted(self.stubd)
        return json.loads(text)

    def doh(self):
        return self.stubd.status()["doh"]


def test_garbage(lab):
    """octets that are no TLS, and frames that make no sense, hurt nobody"""
    with Victim(lab) as v:
        v.flood("garbage", 200)
        v.flood("frames", 100)
        becomes_true(lambda: v.doh()["clients"] == 0, "their connections are over")


def test_crowd(lab):
    """of too many connections those that did nothing for the longest make room"""
    with Victim(lab) as v:
        seen = v.flood("crowd", CLIENTS + 10)
        equal(seen["last"], "HTTP/1.1 200")
        true(seen["closed"] >= 10, f"{seen}")
        true(v.doh()["displaced"] >= 10, "and are counted")


def test_endless(lab):
    """headers and bodies that do not end are cut off, slow ones keep nobody waiting"""
    with Victim(lab) as v:
        equal(v.flood("headers")["http1"][1], "HTTP/1.1 400")
        seen = v.flood("body")
        equal((seen["declared"], seen["chunked"], seen["reset"][:1]), ("HTTP/1.1 413", "HTTP/1.1 413", [1]))
        equal(v.flood("slow")["seen"], ["HTTP/1.1 200"])


def test_reset(lab):
    """requests that are taken back, over and over, end the connection, and their questions with it"""
    with Victim(lab) as v:
        v.flood("reset", 3000)
        equal(v.doh()["closed_flood"], 1)
        true(GONE <= v.doh()["requests"] < 3000, f"{v.doh()}")
        becomes_true(lambda: v.doh()["waiting"] == 0, "nothing waits any more")


def test_unread(lab):
    """answers and frames that nobody reads do not pile up"""
    with Victim(lab) as v:
        v.flood("unread", 100)
        v.flood("control", 200000)
        becomes_true(lambda: v.doh()["clients"] == 0, "their connections are over")
