"""Servers that cannot prove who they are: each fault is told in words of its own, and no question is sent."""
import base64
import hashlib
import json
import subprocess

from lib.ask import dig
from lib.check import equal
from lib.clock import Clock
from lib.daemon import Stubd

# What crook can do, and how it is told.
FAULTS = {
    "wrong-name": "host name mismatch: certificate is for dns.other.example",
    "expired": "certificate has expired",
    "self-signed": "self-signed certificate",
    "tls11": "server does not speak TLS 1.2 or newer",
}


def providers(stubd):
    code, text = stubd.ctl("--json", "providers")
    equal(code, 0, text)
    return {p["name"]: p for p in json.loads(text)["providers"]}


def pin(lab, party):
    """SHA-256 of the public key in a party's certificate."""
    file = f"{lab.folder}/pki/{party}.pem"
    key = subprocess.run(["openssl", "x509", "-in", file, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True,
                         check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def fails(lab, entry, text, label):
    """The provider is not believed, for that reason alone; it learns nothing, and nor does the cache."""
    lab.forget()
    with Clock(lab, 0, True).worn_by(Stubd(lab, {"providers": {"custom": [entry]}})) as stubd:
        answer = dig(lab, "www.example.com")
        equal((answer.status, answer.ede_text), ("SERVFAIL", f"{entry['name']}: {text}"), label)
        seen = providers(stubd)[entry["name"]]
        equal([(t["when"], t["kind"], t["text"]) for t in seen["troubles"]], [("connecting", "tls", text)], label)
        equal(list(seen["fails"]), ["tls"], label)
        status = stubd.status()
        equal((status["cache"]["entries"], status["cache"]["inserts"]), (0, 0), label)
        told = json.loads(stubd.ctl("--json", "providers", "--exposure")[1])["providers"]
        equal([p for p in told if p["total"]["queries"]], [], label)
    equal(lab.record(client="laptop"), [], f"{label}: questions")


def test_faults(lab):
    """a certificate of another name, expired, self-signed, or no newer protocol than TLS 1.1, over DoH and DoT"""
    for fault, text in FAULTS.items():
        lab.fault(fault, "crook")
        for transport in ("doh", "dot"):
            fails(lab, lab.providers[f"crook-{transport}"], text, f"{fault} {transport}")
        lab.heal("crook")


def test_unknown_authority(lab):
    """a certificate of an authority that the system does not know"""
    for transport in ("doh", "dot"):
        entry = {**lab.providers[f"alpha-{transport}"], "ca_file": None}
        fails(lab, entry, "unable to get local issuer certificate", transport)


def test_pins(lab):
    """the public key is none of those that are pinned, though all else is right; one of them is enough"""
    wrong, right = pin(lab, "beta"), pin(lab, "alpha")
    for transport in ("doh", "dot"):
        entry = lab.providers[f"alpha-{transport}"]
        fails(lab, {**entry, "pins": [wrong]}, "no certificate of the server is pinned", transport)
        lab.forget()
        with Stubd(lab, {"providers": {"custom": [{**entry, "pins": [wrong, right]}]}}):
            equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])
        equal({r["party"] for r in lab.record(client="laptop")}, {"alpha"})


def test_next_one(lab):
    """behind each of them the next provider answers, and the first is never asked"""
    for fault in FAULTS:
        lab.fault(fault, "crook")
        lab.forget()
        with Stubd(lab, {"providers": {"custom": [lab.providers["crook-dot"], lab.providers["alpha-doh"]]}}):
            for i in range(3):
                equal(dig(lab, f"{fault}{i}.load.example.com").status, "NOERROR", fault)
        equal({r["party"] for r in lab.record(client="laptop")}, {"alpha"}, fault)
        lab.heal("crook")
