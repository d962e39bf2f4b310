"""What a provider is sent, to the octet, and what is made of its Age and its GOAWAY."""
import json

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd


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
    """what leaves: only the needed headers, id 0, padded to 128, no option of the client's; the cookie that each answer
    brings never comes back, on the same connection or another"""
    with Stubd(lab, config(lab, "crook-doh")):
        for i in range(6):
            dig(lab, f"bytes{i}.load.example.com", "A", "+subnet=198.51.100.0/24", "+cookie=0123456789abcdef", "+nsid",
                "+ednsopt=65001:00010203")
            if i == 2:
                lab.fault("goaway", "crook", "1")
    rows = [r for r in lab.record(party="crook") if r["name"].startswith("bytes")]
    equal(len(rows), 6)
    equal(len({json.dumps(row["headers"]) for row in rows}), 1, "one is like the other")
    for row in rows:
        equal(row["headers"], [
            [":method", "POST"], [":scheme", "https"], [":authority", lab.env["CROOK_HOST"]], [":path", "/dns-query"],
            ["accept", "application/dns-message"], ["content-type", "application/dns-message"],
            ["content-length", "128"]])
        query = bytes.fromhex(row["query"])
        equal(len(query), 128)
        equal(query[:2], b"\0\0")
        equal(list(options(query)), [12], f"EDNS options in {json.dumps(row)}")
    lab.heal("crook")


def test_bytes_dot(lab):
    """the same over DoT, where each question asks alike how long the connection is kept (RFC 7828), and nothing else"""
    with Stubd(lab, config(lab, "crook-dot")):
        for i in range(3):
            dig(lab, f"bytes{i}.load.example.com", "A", "+subnet=198.51.100.0/24", "+cookie=0123456789abcdef", "+nsid",
                "+keepalive", "+ednsopt=65001:00010203")
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
