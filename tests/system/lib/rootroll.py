"""Rolls of the lab's root key, step by step: publish a new one, revoke the old one, take it away."""
import contextlib
import glob
import os
import re
import shutil
import subprocess
import time

REVOKE = 128
DAY = 86400


class RootRoll:
    """with RootRoll(lab, resolver) as roll: ... On exit the zone is as it was. `resolver` is started anew
    at each step, since it knows the keys for an hour."""

    def __init__(self, lab, resolver):
        self.lab, self.resolver = lab, resolver
        self.zones = os.path.join(lab.folder, "zones")
        self.served = os.path.join(self.zones, "root.signed")

    def __enter__(self):
        shutil.copy(self.served, self.served + ".before")
        self.folder = os.path.join(self.lab.folder, "roll")
        os.mkdir(self.folder)
        for path in glob.glob(f"{self.zones}/K.+*.*"):
            shutil.copy(path, self.folder)
        shutil.copy(f"{self.zones}/root.zone", self.folder)
        self.old, self.zsk = sorted((p[:-4] for p in glob.glob(f"{self.folder}/K.+*.key")), key=self.is_zsk)
        self.new = os.path.join(self.folder, self.run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", ".").strip())
        return self

    def __exit__(self, *_):
        os.replace(self.served + ".before", self.served)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.serve()

    def run(self, *argv):
        return subprocess.run(argv, cwd=self.folder, check=True, text=True, capture_output=True).stdout

    @staticmethod
    def is_zsk(stem):
        with open(stem + ".key", encoding="ascii") as f:
            return " 256 " in f.read().replace("\t", " ")

    @staticmethod
    def key(stem):
        """The public key in base64."""
        with open(stem + ".key", encoding="ascii") as f:
            return f.read().partition("DNSKEY")[2].split()[3]

    def serve(self):
        for party in ("root", self.resolver):
            self.lab.fault("kill", party)
        self.lab.heal()

    def sign(self, *stems):
        now = int(time.time())
        self.run("ldns-signzone", "-i", str(now - DAY), "-e", str(now + 60 * DAY), "-o", ".", "-f", "out",
                 "root.zone", *stems)
        with open(f"{self.folder}/out", encoding="ascii") as f:
            text = re.sub(" ;{.*", "", f.read())
        with open(self.served, "w", encoding="ascii") as f:
            f.write(text)
        self.serve()

    def publish(self):
        """The new key stands beside the old one, and signs too."""
        self.sign(self.old, self.new, self.zsk)

    def revoke(self):
        """The old key with the REVOKE bit, which signs itself so (RFC 5011, section 2.1)."""
        with open(self.old + ".key", encoding="ascii") as f:
            text = re.sub(r"DNSKEY(\s+)257", rf"DNSKEY\g<1>{257 + REVOKE}", f.read())
        revoked = os.path.join(self.folder, "Krevoked")
        with open(revoked + ".key", "w", encoding="ascii") as f:
            f.write(text)
        shutil.copy(self.old + ".private", revoked + ".private")
        self.sign(revoked, self.new, self.zsk)

    def remove(self):
        """The new key alone."""
        self.sign(self.new, self.zsk)


def states(file):
    """Base64 of each key in libunbound's file, and its state there."""
    names = {"1": "pending", "2": "valid", "3": "missing", "4": "revoked"}
    with open(file, encoding="utf-8") as f:
        found = re.findall(r"DNSKEY\s+\d+ \d+ \d+ (\S+).*;;state=(\d)", f.read())
    return {key: names.get(state, state) for key, state in found}


def let_time_pass(file, days):
    """Moves what has happened to the keys into the past."""
    with open(file, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r";;lastchange=(\d+)", lambda m: f";;lastchange={int(m[1]) - days * DAY}", text)
    with contextlib.suppress(FileNotFoundError):
        with open(file, "w", encoding="utf-8") as f:
            f.write(text)
