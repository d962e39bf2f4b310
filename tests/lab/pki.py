"""The lab's private certification authority and its servers' certificates.

Every certificate is EC P-256, good for its host name and its addresses.  crook
has three more, each with one fault: another's name, out of date, self-signed.
"""
import datetime
import os

from run import run, side_by_side, write
from world import PARTIES

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
CA_CONF = """[ca]
default_ca = lab
[lab]
database = {dir}/expired.index
new_certs_dir = {dir}
serial = {dir}/expired.serial
certificate = {dir}/../ca.pem
private_key = {dir}/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def extensions(path, names):
    write(path, f"subjectAltName={','.join(names)}\nbasicConstraints=critical,CA:FALSE\n"
          "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n")


def request(folder, name, host):
    run("openssl", "req", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr",
        "-subj", f"/CN={host}", cwd=folder)


def issue(folder, serial, name, host, names):
    """A good certificate."""
    request(folder, name, host)
    extensions(f"{folder}/{name}.ext", names)
    run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "../ca.pem", "-CAkey", "ca.key",
        "-set_serial", str(serial), "-days", "90", "-extfile", f"{name}.ext",
        "-out", f"{name}.pem", cwd=folder)


def issue_expired(folder, name, host, names):
    """One that was good for a month and ended yesterday."""
    request(folder, name, host)
    extensions(f"{folder}/{name}.ext", names)
    write(f"{folder}/expired.cnf", CA_CONF.format(dir=folder))
    write(f"{folder}/expired.index", "")
    write(f"{folder}/expired.serial", "7000\n")
    now = datetime.datetime.now(datetime.timezone.utc)
    first, last = (f"{now - datetime.timedelta(days=d):%Y%m%d%H%M%SZ}" for d in (31, 1))
    run("openssl", "ca", "-batch", "-notext", "-config", "expired.cnf", "-in", f"{name}.csr",
        "-out", f"{name}.pem", "-startdate", first, "-enddate", last,
        "-extfile", f"{name}.ext", cwd=folder)


def self_signed(folder, name, host, names):
    run("openssl", "req", "-x509", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem",
        "-days", "90", "-subj", f"/CN={host}", "-addext", f"subjectAltName={','.join(names)}",
        cwd=folder)


def make(state):
    """Write ca.pem into the state folder and the rest into its pki folder."""
    folder = f"{state}/pki"
    os.makedirs(folder, exist_ok=True)
    run("openssl", "req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "../ca.pem",
        "-days", "90", "-subj", "/CN=stubd lab CA",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=folder)
    calls = []
    for serial, p in enumerate((p for p in PARTIES.values() if p.host), start=1000):
        names = [f"DNS:{p.host}"] + [f"IP:{a}" for a in p.addresses]
        calls.append(lambda p=p, s=serial, n=names: issue(folder, s, p.name, p.host, n))
        if p.kind == "crook":
            calls += [lambda: issue(folder, 2000, "wrong-name", "dns.other.example",
                                    ["DNS:dns.other.example"]),
                      lambda n=names, h=p.host: issue_expired(folder, "expired", h, n),
                      lambda n=names, h=p.host: self_signed(folder, "self-signed", h, n)]
    side_by_side(calls)
