"""The packets of the laptop while something happens: capture.py, as tests use it."""
import json
import os
import socket
import subprocess

from .check import equal
from .lab import ROOT

TOOL = os.path.join(ROOT, "tests", "system", "lib", "capture.py")


class Packets:
    """Takes all packets from entry to exit; then flows holds them."""

    def __init__(self, lab):
        self.lab = lab

    def __enter__(self):
        self.file = os.path.join(self.lab.folder, "capture.json")
        self.process = self.lab.spawn("python3", TOOL, "watch", self.file, stdout=subprocess.PIPE, text=True)
        equal(self.process.stdout.readline(), "ready\n")
        return self

    def __exit__(self, *_):
        self.lab.output("python3", TOOL, "end", check=True)
        self.process.wait(timeout=60)
        self.process.stdout.close()
        with open(self.file, encoding="ascii") as f:
            seen = json.load(f)
        os.unlink(self.file)
        equal(seen["drops"], 0, "packets that were not captured")
        self.flows = [{**f, "payload": bytes.fromhex(f["payload"]), "from": tuple(f["from"]), "to": tuple(f["to"])}
                      for f in seen["flows"]]

    def questions(self, *addresses):
        """The flows over UDP that go to port 53 of these addresses, or of any. A question has a source
        port of its own, so this counts questions, and not more of them than there were."""
        return [f for f in self.flows if f["protocol"] == socket.IPPROTO_UDP and f["to"][1] == 53
                and f["link"] != "lo" and (not addresses or f["to"][0] in addresses)]
