"""Hostile bytes from clients: no crash, the answer the RFC asks for or none, and a counter."""
import os
import random

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd
from lib.invariants import accounted

RAW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "raw.py")
NAME = "03777777076578616d706c6503636f6d00"
QUESTION = NAME + "00010001"


def header(flags="0100", qd=1, an=0, ns=0, ar=0):
    return f"1234{flags}{qd:04x}{an:04x}{ns:04x}{ar:04x}"


def raw(lab, kind, *packets):
    return lab.output("python3", RAW, kind, check=True, input=" ".join(packets)).split()


def rcode(reply):
    return int(reply[7], 16) if reply != "-" else None


def config(lab):
    return {"providers": {"custom": [lab.providers["alpha-doh"]]}}


def test_udp(lab):
    """malformed questions get FORMERR, NOTIMP, BADVERS or silence as the RFCs say"""
    cases = [
        ("shorter than a header", "123401", None),
        ("a header alone, no question", header(qd=0), 1),
        ("two questions (RFC 9619)", header(qd=2) + QUESTION * 2, 1),
        ("a response", header("8180") + QUESTION, None),
        ("opcode NOTIFY", header("2000") + QUESTION, 4),
        ("a pointer loop", header() + "c00c00010001", 1),
        ("a label of 64", header() + "40" + "61" * 64 + "0000010001", 1),
        ("a name of 300", header() + ("3f" + "61" * 63) * 5 + "0000010001", 1),
        ("a cut question", header() + NAME + "0001", 1),
        ("EDNS version 1 (RFC 6891)", header(ar=1) + QUESTION + "0000291000" + "00010000" + "0000", 0),
        ("two OPTs", header(ar=2) + QUESTION + ("0000291000" + "00000000" + "0000") * 2, 1),
        ("class CH", header() + NAME + "00100003", 5),
        ("AXFR", header() + NAME + "00fc0001", 5),
    ]
    with Stubd(lab, config(lab)) as stubd:
        before = stubd.status()
        replies = raw(lab, "udp", *(c[1] for c in cases))
        for (about, sent, wanted), reply in zip(cases, replies):
            equal(rcode(reply), wanted, about)
            if reply != "-":
                equal(reply[:4], "1234", f"{about}: the id comes back")
        badvers = replies[[c[0] for c in cases].index("EDNS version 1 (RFC 6891)")]
        equal(badvers[24 + len(QUESTION):][10:12], "01", f"the upper bits of BADVERS in {badvers}")
        after = stubd.status()
        true(after["counters"]["dropped"] - before["counters"]["dropped"] == 2, "two named drops")


def test_random(lab):
    """2,000 random and mutated packets leave the daemon answering, and every query accounted for"""
    rng = random.Random(7)
    good = bytes.fromhex(header(ar=1) + QUESTION + "00002904d0000080000000")
    packets = []
    for _ in range(2000):
        b = bytearray(good if rng.random() < 0.7 else rng.randbytes(rng.randrange(1, 400)))
        for _ in range(rng.randrange(1, 6)):
            b[rng.randrange(len(b))] = rng.randrange(256)
        b[0:2] = b"\x12\x34"[:len(b)]
        packets.append(bytes(b).hex())
    with Stubd(lab, config(lab)) as stubd:
        for i in range(0, len(packets), 500):
            raw(lab, "udp", *packets[i:i + 500])
        raw(lab, "tcp", *(f"{len(p) // 2:04x}{p}" for p in packets[:300]))
        equal(dig(lab, "www.example.com").status, "NOERROR")
        accounted(stubd)


def test_tcp(lab):
    """pipelined questions are answered each; a zero-length frame ends the connection only"""
    q = header() + QUESTION
    frame = f"{len(q) // 2:04x}{q}"
    with Stubd(lab, config(lab)):
        (got,) = raw(lab, "tcp", *[frame] * 20)
        n = 0
        while got:
            size = int(got[:4], 16)
            equal(got[4:8], "1234")
            got = got[4 + 2 * size:]
            n += 1
        equal(n, 20)
        raw(lab, "tcp", frame, "0000")
        equal(dig(lab, "www.example.com", "A", "+tcp").status, "NOERROR")
