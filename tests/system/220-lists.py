"""Signed lists of resolvers: what is signed is used, and never an older one again."""
import base64
import hashlib
import os
import subprocess
import time

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import BUILD, Stubd

NUMBER = b"LABLABLA"


class Publisher:
    """A key, and a list that is signed with it, in a folder."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "lab.md")
        self.secret = os.path.join(folder, "secret.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.secret], check=True)
        public = subprocess.run(["openssl", "pkey", "-in", self.secret, "-pubout", "-outform", "der"],
                                capture_output=True, check=True).stdout[-32:]
        self.key = base64.b64encode(b"Ed" + NUMBER + public).decode()

    def sign(self, message):
        path = self.secret + ".message"
        with open(path, "wb") as f:
            f.write(message)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.secret, "-in", path],
                              capture_output=True, check=True).stdout

    def publish(self, text, when):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(text)
        signature = self.sign(hashlib.blake2b(text.encode()).digest())
        comment = f"timestamp:{when}\tfile:lab.md\thashed"
        lines = ("untrusted comment: lab", base64.b64encode(b"ED" + NUMBER + signature).decode(),
                 f"trusted comment: {comment}", base64.b64encode(self.sign(signature + comment.encode())).decode())
        with open(self.file + ".minisig", "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")


def entry(name, kind, address, host, path=""):
    octets = bytes([kind, 7] + [0] * 7) + bytes([len(address)]) + address.encode() + b"\0"
    octets += bytes([len(host)]) + host.encode() + (bytes([len(path)]) + path.encode() if kind == 2 else b"")
    return f"## {name}\n\nOf the lab.\n\nsdns://{base64.urlsafe_b64encode(octets).decode().rstrip('=')}\n\n"


def names(stubd):
    code, text = stubd.ctl("--json", "providers")
    equal(code, 0, text)
    return [line.split('"')[3] for line in text.splitlines() if line.startswith('      "name"')]


def test_lists(lab):
    """a list that was signed is used; one that is older, changed or broken is not, and the one before stays"""
    folder = os.path.join(lab.folder, "published")
    os.mkdir(folder)
    publisher, now = Publisher(folder), int(time.time())
    alpha = entry("listed-alpha", 2, lab.env["ALPHA4"], lab.env["ALPHA_HOST"], "/dns-query")
    beta = entry("listed-beta", 3, lab.env["BETA4"], lab.env["BETA_HOST"])
    publisher.publish("# lab\n\n" + alpha + "## broken\n\nsdns://AgcAAAAAAAAA\n", now)
    lists = {"providers": {"lists": [{"file": publisher.file, "key": publisher.key}]}}
    # The laptop's own authorities do not know the lab's: a list has no private CA. So nobody answers.
    with Stubd(lab, lists) as stubd:
        equal(names(stubd), ["listed-alpha"])
        true(any("/broken: is a stamp that is cut off" in w for w in stubd.status()["warnings"]), "named")
        answer = dig(lab, "www.example.com")
        true("listed-alpha" in answer.ede_text and "certificate" in answer.ede_text, answer.ede_text)
        equal(lab.record(client="laptop"), [])
        publisher.publish("# lab\n\n" + alpha + beta, now + 10)
        equal(stubd.ctl("reload")[0], 0)
        equal(names(stubd), ["listed-alpha", "listed-beta"])
        # an old one, with its good signature
        publisher.publish("# lab\n\n" + beta, now + 9)
        equal(stubd.ctl("reload")[0], 0)
        equal(names(stubd), ["listed-alpha", "listed-beta"])
        true(any("older than the one before" in w for w in stubd.status()["warnings"]), "said")
        # one octet more than was signed
        publisher.publish("# lab\n\n" + beta, now + 20)
        with open(publisher.file, "a", encoding="utf-8") as f:
            f.write("\n")
        stubd.stop()
        stubd.start()
        equal(names(stubd), ["listed-alpha", "listed-beta"])
        true(any("its signature is wrong" in w for w in stubd.status()["warnings"]), "said")
        publisher.publish("# lab\n\n" + beta, now + 21)
        equal(stubd.ctl("reload")[0], 0)
        equal(names(stubd), ["listed-beta"])
        equal(stubd.status()["warnings"], [])


def test_unsigned(lab):
    """without a list that was ever accepted, one that is not signed is an error that names it"""
    folder = os.path.join(lab.folder, "unsigned")
    os.mkdir(folder)
    publisher = Publisher(folder)
    with open(publisher.file, "w", encoding="utf-8") as f:
        f.write(entry("x", 3, lab.env["BETA4"], lab.env["BETA_HOST"]))
    config = os.path.join(folder, "stubd.json")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f'{{ "state": "{folder}/state", "providers": {{ "catalogue": null,\n'
                f'"lists": [ {{ "file": "{publisher.file}", "key": "{publisher.key}" }} ] }} }}\n')
    done = subprocess.run([os.path.join(BUILD, "stubd"), "-n", "-c", config], capture_output=True, text=True)
    equal(done.returncode, 1)
    true(f"{config}:2: /providers/lists/0: \"{publisher.file}\" has no signature" in done.stderr, done.stderr)
