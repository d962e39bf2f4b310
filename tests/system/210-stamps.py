"""DNS stamps: a provider that is written as one, and its hashes."""
import base64
import hashlib
import subprocess

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd


def tbs_hash(pem):
    """SHA-256 of the TBSCertificate, as the specification of stamps has it."""
    der = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "der"], capture_output=True, check=True).stdout
    tbs = subprocess.run(["openssl", "asn1parse", "-inform", "der", "-strparse", "4", "-noout", "-out", "/dev/stdout"],
                         input=der, capture_output=True, check=True).stdout
    return hashlib.sha256(tbs).digest()


def short(text):
    return bytes([len(text)]) + text.encode()


def stamp(kind, address, host, *hashes, path=None):
    listed = b"".join(bytes([len(h) | (0x80 if i + 1 < len(hashes) else 0)]) + h for i, h in enumerate(hashes)) or b"\0"
    octets = bytes([kind, 7, 0, 0, 0, 0, 0, 0, 0]) + short(address) + listed + short(host)
    octets += short(path) if path else b""
    return "sdns://" + base64.urlsafe_b64encode(octets).decode().rstrip("=")


def provider(lab, text):
    return {"name": "stamped", "stamp": text, "ca_file": lab.env["LAB_CA"]}


def config(lab, *texts):
    return {"providers": {"custom": [{**provider(lab, t), "name": f"stamped{i}"} for i, t in enumerate(texts)]}}


def test_hashes(lab):
    """a stamp's hash must be of a certificate of the chain: the authority's or the server's own, over DoH and DoT"""
    ca, wrong = tbs_hash(lab.env["LAB_CA"]), hashlib.sha256(b"another").digest()
    for kind, path in ((2, "/dns-query"), (3, None)):
        for hashes, good in (((), True), ((ca,), True), ((wrong, ca), True), ((wrong,), False)):
            lab.forget()
            text = stamp(kind, lab.env["ALPHA4"], lab.env["ALPHA_HOST"], *hashes, path=path)
            with Stubd(lab, config(lab, text)):
                answer = dig(lab, "www.example.com")
                equal(answer.status, "NOERROR" if good else "SERVFAIL")
                true(good or "hash of the stamp" in answer.ede_text, answer.ede_text)
            equal(len(lab.record(client="laptop")), 1 if good else 0, "nobody is asked who did not prove who it is")


def test_export(lab):
    """providers stamp writes what providers.custom reads: the same provider"""
    text = stamp(3, lab.env["BETA4"], lab.env["BETA_HOST"], tbs_hash(lab.env["LAB_CA"]))
    with Stubd(lab, config(lab, text, stamp(2, lab.env["ALPHA4"], lab.env["ALPHA_HOST"], path="/dns-query"))) as stubd:
        code, out = stubd.ctl("providers", "stamp", "stamped0")
        equal((code, out.splitlines()[0]), (0, text))
        true("a stamp cannot say: ca_file" in out, out)
        code, out = stubd.ctl("providers", "stamp", "nobody")
        equal(code, 1)
        true('there is no provider "nobody"' in out, out)
        equal(stubd.ctl("providers", "stamp")[0], 2)
