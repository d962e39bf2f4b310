"""The DoH server, asked by curl in the lab; and certificates for it. A row of a conformance test is made
twice, over HTTP/1.1 and HTTP/2; then its judge is shown replies that are spoilt, each of which it must
refuse (SPOIL)."""
import base64
import copy
import json
import os
import subprocess

from .check import equal, true
from .message import read

TYPE = "application/dns-message"
URL, LISTENING = "https://localhost:8443/dns-query", "127.0.0.1:8443"
VERSIONS = ("--http1.1", "--http2")


class Reply:
    def __init__(self, status, version, headers, body):
        self.status, self.version, self.headers, self.body = status, version, headers, body

    def all(self, name):
        return [v for k, v in self.headers if k == name]

    def one(self, name):
        """The header's value; None where it is not there, or there twice."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None

    @property
    def dns(self):
        return read(self.body)

    @property
    def age(self):
        """The seconds of max-age; None for anything else."""
        key, _, value = (self.one("cache-control") or "").partition("=")
        return int(value) if key == "max-age" and value.isdigit() else None

    def __repr__(self):
        return f"HTTP/{self.version} {self.status} {self.headers} {self.body[:300]!r}"


def certify(folder, name="localhost"):
    """Makes a certificate for this machine; returns the files of it and its key."""
    files = [os.path.join(folder, f"{name}.{end}") for end in ("pem", "key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:100.64.0.2",
                    "-days", "30", "-keyout", files[1], "-out", files[0]], check=True, capture_output=True)
    for f in files:
        os.chmod(f, 0o644)
    return files


class Web:
    """curl, which trusts one certificate."""

    def __init__(self, lab, folder, certificate):
        self.lab, self.folder, self.certificate = lab, folder, certificate

    def ask(self, url=URL, *words, body=None, version="--http2", seconds=20):
        """Returns a Reply; None when there was no answer."""
        said = {k: os.path.join(self.folder, f"curl.{k}") for k in ("in", "out")}
        for k in said:
            with open(said[k], "wb") as f:
                f.write(body or b"")
        data = ["--data-binary", "@" + said["in"]] if body is not None else []
        told = self.lab.output(
            "curl", "--silent", "--globoff", "--path-as-is", "--cacert", self.certificate, "--max-time", str(seconds),
            version, *data, *words, "--output", said["out"], "--write-out",
            '%{http_code}\n%{http_version}\n%{header_json}', url)
        status, http, headers = told.split("\n", 2)
        if status == "000":
            return None
        with open(said["out"], "rb") as f:
            body = f.read()
        if "--head" in words:                               # curl shows the headers in place of a body
            body = body.partition(b"\r\n\r\n")[2]
        return Reply(int(status), http, [(k.lower(), v) for k, values in json.loads(headers).items() for v in values],
                     body)


def get(message, *words, url=URL):
    """?dns= with that message."""
    text = base64.urlsafe_b64encode(message).rstrip(b"=").decode()
    return (f"{url}?dns={text}", *words), None


def post(message, *words, url=URL, kind=TYPE):
    return (url, "-H", f"content-type: {kind}", *words), message


def bare(*words, url=URL):
    """A request that curl is told by words alone."""
    return (url, *words), None


def header(name, value):
    """Sets a header's value, or takes the header away."""
    def spoil(r):
        r.headers = [h for h in r.headers if h[0] != name] + ([(name, value)] if value is not None else [])
    return spoil


def status(value):
    def spoil(r):
        r.status = value
    return spoil


def body(change):
    def spoil(r):
        r.body = change(r.body)
    return spoil


class Row:
    """judge is called with the Reply; spoils are changes that it must notice."""

    def __init__(self, rfc, sentence, request, judge, *spoils, versions=VERSIONS):
        self.rfc, self.sentence, self.request, self.judge = rfc, sentence, request, judge
        self.spoils, self.versions = spoils, versions

    def holds(self, reply):
        try:
            return bool(self.judge(reply))
        except Exception:                                   # a reply that cannot be read
            return False


def conforms(web, rows):
    failures, spoilt = [], 0
    for row in rows:
        for version in row.versions:
            (url, *words), data = row.request
            reply = web.ask(url, *words, body=data, version=version)
            about = f"  {row.rfc}: {row.sentence} ({version[2:]})"
            if reply is None or not row.holds(reply):
                failures.append(f"{about}: {reply}")
                continue
            equal(reply.version, {"--http1.1": "1.1", "--http2": "2"}[version], about)
            true(row.spoils, f"{about}: names nothing that it would notice")
            for i, spoil in enumerate(row.spoils):
                bad = copy.deepcopy(reply)
                spoil(bad)
                spoilt += 1
                if row.holds(bad):
                    failures.append(f"{about}: does not notice the change {i} to {bad}")
    true(not failures, f"{len(failures)} fail:\n" + "\n".join(failures))
    print(f"  {sum(len(r.versions) for r in rows)} checks hold, and find {spoilt} planted faults")
