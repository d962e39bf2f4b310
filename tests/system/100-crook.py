"""A provider that misbehaves in every way: the next one answers, the cache stays clean."""
import json

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd

CERTIFICATES = ("wrong-name", "expired", "self-signed")
ANSWERS = ("http500", "http302", "http429", "garbage", "truncated", "wrong-question", "wrong-type", "empty",
           "huge", "rst", "close")


def config(lab, *names):
    return {"providers": {"custom": [lab.providers[n] for n in names]}}


def options(query):
    """{code: octets} of a query's EDNS options, in their order."""
    rest, found = query[query.index(b"\x00\x00\x29") + 11:], {}
    while rest:
        length = int.from_bytes(rest[2:4], "big")
        found[int.from_bytes(rest[:2], "big")] = rest[4:4 + length]
        rest = rest[4 + length:]
    return found


def test_certificates(lab):
    """a wrong, expired or self-signed certificate: no question is sent, the reason is told"""
    for fault in CERTIFICATES:
        for transport in ("doh", "dot"):
            lab.fault(fault, "crook")
            lab.forget()
            with Stubd(lab, config(lab, f"crook-{transport}")):
                answer = dig(lab, "www.example.com")
                equal(answer.status, "SERVFAIL", f"{fault} {transport}")
                true("certificate" in answer.ede_text or "host name" in answer.ede_text,
                     f"{fault}: {answer.ede_text}")
            equal(lab.record(party="crook"), [])
            lab.heal("crook")


def test_answers(lab):
    """each broken answer moves the question to the next provider, which is believed instead"""
    for fault in ANSWERS:
        lab.fault(fault, "crook")
        with Stubd(lab, config(lab, "crook-doh", "alpha-dot")):
            for _ in range(2):
                equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"], fault)
        lab.heal("crook")


def test_age(lab):
    """an answer that caches on its way have kept has that much less time left (RFC 8484, 5.1)"""
    with Stubd(lab, config(lab, "crook-doh")):
        for seconds, least, most in ((600, 2900, 3000), (3600, 0, 0), (4000000000, 0, 0)):
            lab.fault("age", "crook", str(seconds))
            (record,) = dig(lab, f"age{seconds}.load.example.com").records
            true(least <= record[1] <= most, f"{seconds}: {record}")
    lab.heal("crook")


def test_goaway(lab):
    """GOAWAY loses no question"""
    lab.fault("goaway", "crook")
    with Stubd(lab, config(lab, "crook-doh")):
        for i in range(30):
            equal(dig(lab, f"goaway{i}.load.example.com").status, "NOERROR")
    lab.heal("crook")


def test_bytes(lab):
    """what leaves: only the needed headers, id 0, padded to 128, no option of the client's"""
    with Stubd(lab, config(lab, "crook-doh")):
        dig(lab, "www.example.com", "A", "+subnet=198.51.100.0/24", "+cookie=0123456789abcdef", "+nsid")
    (row,) = [r for r in lab.record(party="crook") if r["name"] == "www.example.com."]
    names = [h[0] for h in row["headers"]]
    equal(names, [":method", ":scheme", ":authority", ":path", "accept", "content-type", "content-length"])
    query = bytes.fromhex(row["query"])
    equal(len(query) % 128, 0)
    equal(query[:2], b"\0\0")
    equal(list(options(query)), [12], f"EDNS options in {json.dumps(row)}")


def test_bytes_dot(lab):
    """the same over DoT, where each question asks alike how long the connection is kept (RFC 7828), and nothing else"""
    with Stubd(lab, config(lab, "crook-dot")):
        for i in range(3):
            dig(lab, f"bytes{i}.load.example.com", "A", "+subnet=198.51.100.0/24", "+cookie=0123456789abcdef", "+nsid",
                "+keepalive")
    queries = [bytes.fromhex(r["query"]) for r in lab.record(party="crook") if r["name"].startswith("bytes")]
    equal(len(queries), 3)
    for query in queries:
        equal(len(query) % 128, 0)
        equal(list(options(query).items())[0], (11, b""))
        equal(list(options(query)), [11, 12])
    equal(len({q[:2] for q in queries}), 3, "IDs are random")


def test_subnet(lab):
    """ecs zero: an empty client subnet beside the padding, which still fills up to 128, and no other's"""
    for transport in ("doh", "dot"):
        entry = {**lab.providers[f"crook-{transport}"], "ecs": "zero"}
        lab.forget()
        with Stubd(lab, {"providers": {"custom": [entry]}, "dnssec": "off"}):
            dig(lab, f"{transport}.load.example.com", "A", "+subnet=198.51.100.0/24")
        rows = lab.record(party="crook")
        true(rows, "it was asked")
        for query in (bytes.fromhex(row["query"]) for row in rows):
            equal(len(query) % 128, 0)
            equal(options(query)[8], bytes.fromhex("00010000"))
            equal(list(options(query)), [8, 12] if transport == "doh" else [8, 11, 12])
