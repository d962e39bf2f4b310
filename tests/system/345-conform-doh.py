"""Conformance of DoH to clients (lib/web.py says how); its certificate, its addresses, its reloads."""
import os
import signal
import subprocess

from lib.check import becomes_true, equal, true
from lib.daemon import BUILD, Stubd
from lib.invariants import accounted
from lib.message import A, NOERROR, NXDOMAIN, PADDING, SERVFAIL, TXT, Opt, question
from lib.web import LISTENING, TYPE, URL, Row, Web, bare, body, certify, conforms, get, header, post, status

WWW = question("www.example.com", number=0)
PLAIN = "http://127.0.0.1:8053/dns-query"


def config(lab, files, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"]]},
            "split": [{"domains": ["nobody.corp.example"], "servers": []},
                      {"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "doh": {"listen": [LISTENING], "certificate": files[0], "key": files[1], **more}}


def is_dns(r, rcode=NOERROR):
    return r.status == 200 and r.one("content-type") == TYPE and r.one("content-length") == str(len(r.body)) and \
        r.dns.rcode == rcode and r.dns.id == 0


def answers(r):
    return is_dns(r) and len(r.dns.answer) == 1 and r.dns.answer[0].rdata == bytes([192, 0, 2, 80])


def least(r):
    return min(x.ttl for x in r.dns.answer)


def refused(code, **headers):
    """An error of HTTP's, in words, that is not to be kept."""
    return lambda r: r.status == code and r.one("cache-control") == "no-store" and r.body.endswith(b"\n") and \
        r.one("content-type") == "text/plain; charset=utf-8" and r.one("content-length") == str(len(r.body)) and \
        all(r.one(k) == v for k, v in headers.items())


ANY_ERROR = (status(200), header("cache-control", None), header("content-type", TYPE))
OTHER_ID = body(lambda b: b"\0\1" + b[2:])
CUT = body(lambda b: b[:-1])


def wrong(rfc, sentence, request, code, **headers):
    return Row(rfc, sentence, request, refused(code, **headers), *ANY_ERROR,
               *(header(k, None) for k in headers))


ROWS = [
    Row("RFC 8484, 4.1", "a question by GET is answered", get(WWW), answers, status(404), CUT, OTHER_ID,
        header("content-type", "text/html"), header("content-length", "1")),
    Row("RFC 8484, 4.1", "a question by POST is answered", post(WWW), answers, status(415), CUT, OTHER_ID,
        header("content-type", None)),
    Row("RFC 8484, 4.1", "the ID of the question comes back", post(question("www.example.com", number=0xbeef)),
        lambda r: r.dns.id == 0xbeef, OTHER_ID, CUT),
    Row("RFC 8484, 4.1", "other parameters do not matter", bare(url=get(WWW)[0][0].replace("?", "?ct=x&") + "&y"),
        answers, CUT),
    Row("RFC 9110, 8.3.1", "nor do the letters and parameters of the type", post(WWW, kind="Application/DNS-Message ; a=b"),
        answers, status(415), CUT),
    Row("RFC 9110, 9.3.2", "HEAD is GET without the body", get(WWW, "--head"),
        lambda r: r.status == 200 and not r.body and int(r.one("content-length")) > 40 and
        r.one("content-type") == TYPE and r.age is not None,
        status(405), header("content-length", "0"), header("cache-control", None), body(lambda b: b"x")),
    Row("RFC 8484, 5.1", "an answer is fresh as long as its shortest TTL", get(question("chain1.example.com", number=0)),
        lambda r: is_dns(r) and len(r.dns.answer) > 1 and r.age == least(r) and 0 < r.age <= 3600,
        header("cache-control", "max-age=3601"), header("cache-control", None), header("cache-control", "no-store")),
    Row("RFC 8484, 5.1", "a short TTL is a short time", get(question("ttl5.example.com", number=0)),
        lambda r: is_dns(r) and r.age == least(r) <= 5, header("cache-control", "max-age=6"), header("cache-control", None)),
    Row("RFC 8484, 5.1", "what does not exist is fresh as long as its SOA says",
        get(question("nothing.example.com", number=0)),
        lambda r: is_dns(r, NXDOMAIN) and 0 < r.age <= 300 and r.age <= r.dns.authority[0].ttl,
        header("cache-control", "max-age=301"), header("cache-control", "no-store"), body(lambda b: b[:3] + b"\x80" + b[4:])),
    Row("RFC 8484, 5.1", "so is a name without such data", get(question("v6only.example.com", number=0)),
        lambda r: is_dns(r) and not r.dns.answer and 0 < r.age <= 300, header("cache-control", "max-age=3600"),
        header("cache-control", None)),
    Row("RFC 8484, 5.1", "a failure is not kept", get(question("x.nobody.corp.example", number=0, opt=Opt())),
        lambda r: is_dns(r, SERVFAIL) and r.one("cache-control") == "no-store" and r.dns.ede is not None,
        header("cache-control", "max-age=1"), header("cache-control", None), status(502)),
    Row("RFC 8484, 4.2.1", "an error of DNS is no error of HTTP", post(question("www.example.com", 252, number=0)),
        lambda r: r.status == 200 and r.dns.rcode == 5 and r.one("cache-control") == "no-store", status(400),
        header("cache-control", None)),
    Row("RFC 8484, 6", "a long answer comes whole", post(question("big4.example.com", TXT, number=0)),
        lambda r: is_dns(r) and len(r.body) > 5000 and not r.dns.flags & 0x200, CUT, body(lambda b: b[:2] + b"\x83" + b[3:])),
    Row("RFC 8467, 4.1", "who pads has padded answers", post(question("www.example.com", number=0, opt=Opt(options=[(PADDING, bytes(40))]))),
        lambda r: answers(r) and len(r.body) == 468 and not r.dns.opt.get(PADDING).strip(b"\0"), CUT,
        body(lambda b: b[:-1] + b"x")),
    Row("RFC 7830, 4", "who does not has none", post(question("www.example.com", number=0, opt=Opt())),
        lambda r: answers(r) and len(r.body) < 100 and r.dns.opt.get(PADDING) is None, CUT, body(lambda b: b + bytes(400))),
    Row("RFC 8484, 8.1", "nothing tells what serves, and nothing is left behind", get(WWW),
        lambda r: not (r.all("server") or r.all("set-cookie") or r.all("via") or r.all("etag") or r.all("alt-svc")),
        header("server", "x"), header("set-cookie", "a=b")),
    Row("RFC 8484, 4.1", "a split-horizon name is answered as everywhere", post(question("intranet.corp.example", number=0)),
        lambda r: is_dns(r) and r.dns.of(A) == [bytes([10, 7, 0, 20])], CUT, status(404)),
    wrong("RFC 9110, 15.5.5", "another path is not found", get(WWW, url="https://localhost:8443/"), 404),
    wrong("RFC 9110, 15.5.5", "nor one below", get(WWW, url=URL + "/x"), 404),
    wrong("RFC 9110, 15.5.5", "nor one that leads there in a circle", get(WWW, url="https://localhost:8443/x/../dns-query"), 404),
    wrong("RFC 9110, 15.5.5", "nor is there a status page", bare(url="https://localhost:8443/status"), 404),
    wrong("RFC 9110, 15.5.6", "PUT is not allowed, and what is is told",
          ((URL, "-X", "PUT", "-H", f"content-type: {TYPE}"), WWW), 405, allow="GET, HEAD, POST"),
    wrong("RFC 9110, 15.5.6", "nor is OPTIONS: no other site has leave", bare("-X", "OPTIONS"), 405, allow="GET, HEAD, POST"),
    wrong("RFC 9110, 15.6.2", "a method that nobody knows is not implemented", bare("-X", "FROBNICATE"), 501),
    wrong("RFC 8484, 4.1", "GET without a question is a bad request", bare(), 400),
    wrong("RFC 8484, 4.1", "so is one with another parameter", bare(url=URL + "?name=www.example.com"), 400),
    wrong("RFC 8484, 4.1", "padding is not allowed", bare(url=URL + "?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQABAA=="), 400),
    wrong("RFC 4648, 5", "the letters are those for URLs", bare(url=URL + "?dns=AAAB+//BAAAAAAAA"), 400),
    wrong("RFC 8484, 4.1", "two questions are none", ((get(WWW)[0][0] + "&dns=AAAA",), None), 400),
    wrong("RFC 1035, 4.1.1", "what is shorter than a header is no question", get(WWW[:11]), 400),
    wrong("RFC 1035, 4.1.1", "a response is no question", post(WWW[:2] + b"\x81" + WWW[3:]), 400),
    wrong("RFC 9110, 15.5.1", "POST without a body is a bad request", post(b""), 400),
    wrong("RFC 9110, 15.5.16", "another type is not taken", post(WWW, kind="application/x-www-form-urlencoded"), 415),
    wrong("RFC 9110, 15.5.16", "nor is JSON", post(WWW, kind="application/dns-json"), 415),
    wrong("RFC 9110, 15.5.16", "nor is none", ((URL, "-H", "content-type:"), WWW), 415),
    wrong("RFC 9110, 15.5.14", "a question that is too long is not taken", post(WWW + bytes(5000)), 413),
    wrong("RFC 9110, 15.5.15", "nor is a target", bare(url=URL + "?dns=" + "A" * 8300), 414),
    wrong("RFC 9110, 15.5.4", "a web page of another origin has no business here", get(WWW, "-H", "origin: https://evil.example"), 403),
    wrong("RFC 9110, 15.5.4", "nor has a link from one", get(WWW, "-H", "sec-fetch-site: cross-site"), 403),
]

WITHOUT_TLS = [
    Row("RFC 8484, 4.1", "on loopback it may be asked without TLS", get(WWW, url=PLAIN), answers, CUT, status(400)),
    Row("RFC 8484, 4.1", "under the name localhost, too", post(WWW, "-H", "host: localhost", url=PLAIN), answers, CUT),
    wrong("RFC 9110, 15.5.20", "a web page's own name that leads here is not served",
          get(WWW, "-H", "host: evil.example", url=PLAIN), 421),
    wrong("RFC 9110, 15.5.20", "nor is an address beyond", get(WWW, "-H", "host: 192.0.2.1:8053", url=PLAIN), 421),
]
for row in WITHOUT_TLS:
    row.versions = ("--http1.1",)


def served(lab, **more):
    stubd = Stubd(lab, {})
    files = certify(stubd.folder)
    stubd.configure(config(lab, files, **more))
    return stubd, Web(lab, stubd.folder, files[0])


def test_conforms(lab):
    """DoH is as the RFCs say, over HTTP/1.1 and HTTP/2, and each check finds faults that are planted"""
    stubd, web = served(lab)
    with stubd:
        conforms(web, ROWS)
        counts = stubd.status()["doh"]
        accounted(stubd)
        equal(counts["listen"], ["https://127.0.0.1:8443/dns-query"])
        equal(counts["requests"], counts["answered"] + counts["bad"] + counts["gone"] + counts["waiting"])
        true("www.example.com" not in stubd.log() and "dns=" not in stubd.log(), "the log says who asked for what")


def test_without_tls(lab):
    """without a certificate it is served on loopback, to who means this machine"""
    stubd = Stubd(lab, {})
    full = config(lab, (None, None), listen=["127.0.0.1:8053", "[::1]:8053"])
    stubd.configure(full)
    with stubd:
        web = Web(lab, stubd.folder, "/dev/null")
        conforms(web, WITHOUT_TLS)
        (url, *words), _ = get(WWW, url="http://[::1]:8053/dns-query")
        equal(web.ask(url, *words, version="--http1.1").status, 200)


def test_kdig(lab):
    """kdig asks by POST and by GET, and sees the certificate's name proved"""
    stubd, web = served(lab)
    with stubd:
        for how in ("+https", "+https-get"):
            text = lab.output("kdig", "@127.0.0.1", "-p", "8443", how, f"+tls-ca={web.certificate}",
                              "+tls-hostname=localhost", "www.example.com", "A")
            true("192.0.2.80" in text and "status: 200" in text, text)


def test_gone(lab):
    """who leaves before the answer takes the question along"""
    stubd, web = served(lab)
    with stubd:
        lab.fault("stop", "corp")
        (url, *words), data = post(question("wiki.corp.example", number=0))
        true(web.ask(url, *words, body=data, seconds=0.5) is None, "an answer from a server that is stopped")
        becomes_true(lambda: stubd.status()["doh"]["gone"] == 1, "the client is gone")
        equal(accounted(stubd)["abandoned"], 1)
        lab.heal("corp")
        equal(web.ask(url, *words, body=data).dns.rcode, NOERROR)


def test_ttl(lab):
    """an answer that is given again is fresh for as much less"""
    stubd, web = served(lab)
    with stubd:
        (url, *words), _ = get(question("ttl60.example.com", number=0))
        first = web.ask(url, *words)
        becomes_true(lambda: web.ask(url, *words).age < first.age, "its time goes on")
        last = web.ask(url, *words)
        equal(last.age, last.dns.answer[0].ttl)


def test_inherited(lab):
    """a socket of the service manager stands in for an address that DoH is served at"""
    stubd, web = served(lab)
    stubd.wrap = ["python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "activate.py"), LISTENING]
    with stubd:
        true(f"address={LISTENING} transport=doh inherited" in stubd.log(), stubd.log())
        (url, *words), _ = get(WWW)
        equal(web.ask(url, *words).status, 200)
        equal(stubd.ctl("reload")[0], 0)
        equal(web.ask(url, *words).status, 200)


def test_network(lab):
    """beyond this machine it is served to whom allow names, with TLS only"""
    laptop = lab.env["LAPTOP4"]
    url = f"https://{laptop}:8443/dns-query"
    stubd, web = served(lab, listen=[LISTENING, f"{laptop}:8443"])
    (asked, *words), _ = get(WWW, url=url)
    with stubd:
        true(web.ask(asked, *words) is None, "a stranger was answered")
        equal(stubd.status()["doh"]["prohibited"], 1)
        full = config(lab, (web.certificate, web.certificate.replace("pem", "key")), listen=[f"{laptop}:8443"])
        full["allow"] = [f"{laptop}/32"]
        stubd.configure(full)
        equal(stubd.ctl("reload")[0], 0)
        equal(web.ask(asked, *words).status, 200)
        true(web.ask(*get(WWW)[0]) is None, "an address that is not served any more answered")


def test_reload(lab):
    """a reload takes addresses, path and certificate; one with an error takes none, and says which file"""
    stubd, web = served(lab)
    (url, *words), _ = get(WWW)
    with stubd:
        equal(web.ask(url, *words).status, 200)
        other = certify(stubd.folder, "other")
        full = config(lab, other, listen=[LISTENING, "127.0.0.1:8444"], path="/q")
        stubd.configure(full)
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("READY=1")
        true(web.ask(url, *words) is None, "the old certificate is still shown")
        web = Web(lab, stubd.folder, other[0])
        equal(web.ask(*get(WWW, url="https://localhost:8444/q")[0]).status, 200)
        equal(web.ask(*get(WWW, url="https://localhost:8443/q")[0]).status, 200)
        equal(web.ask(url, *words).status, 404)
        full["doh"]["key"] = os.path.join(stubd.folder, "localhost.key")
        full["doh"]["listen"] = ["127.0.0.1:8445"]
        stubd.configure(full)
        code, text = stubd.ctl("reload")
        true(code == 1 and "is not the key of the certificate in" in text and full["doh"]["key"] in text, text)
        equal(web.ask(*get(WWW, url="https://localhost:8443/q")[0]).status, 200)
        true(web.ask(*get(WWW, url="https://localhost:8445/q")[0]) is None, "an address of the bad configuration")
        del full["doh"]["listen"], full["doh"]["key"], full["doh"]["certificate"]
        stubd.configure(full)
        equal(stubd.ctl("reload")[0], 0)
        true(web.ask(*get(WWW, url="https://localhost:8443/q")[0]) is None, "still served")
        equal(stubd.status()["doh"]["listen"], [])


def refuses(lab, files, *texts):
    stubd = Stubd(lab, config(lab, files))
    for how in ([], ["-n"]):
        done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), *how, "-c", stubd.file), env=lab.environment,
                              text=True, capture_output=True, timeout=30)
        equal(done.returncode, 1)
        for text in texts:
            true(text in done.stderr, f"{text!r} in {done.stderr}")


def test_files(lab):
    """a certificate or key that is of no use is named, with the mend; one that has expired is a warning"""
    stubd, web = served(lab)
    key = web.certificate.replace("pem", "key")
    other = certify(stubd.folder, "other")
    empty = os.path.join(stubd.folder, "empty")
    open(empty, "w", encoding="ascii").close()
    refuses(lab, ("/nonexistent.pem", key), "/nonexistent.pem cannot be read: No such file")
    refuses(lab, (web.certificate, "/nonexistent.key"), "/nonexistent.key cannot be read: No such file")
    refuses(lab, (empty, key), empty, "holds no certificate")
    refuses(lab, (web.certificate, empty), empty, "holds no private key")
    refuses(lab, (web.certificate, other[1]), other[1], "is not the key of the certificate", web.certificate)
    old = [os.path.join(lab.folder, "pki", f"expired.{end}") for end in ("pem", "key")]
    stubd.configure(config(lab, old))
    with stubd:
        (warning,) = [w for w in stubd.status()["warnings"] if "certificate" in w]
        true(old[0] in warning and "expired" in warning, warning)
        true("expired" in stubd.log(), "the log says so, too")
        stubd.configure(config(lab, (web.certificate, key)))
        equal(stubd.ctl("reload")[0], 0)
        true(not [w for w in stubd.status()["warnings"] if "certificate" in w], "the warning is gone")
