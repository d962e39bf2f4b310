"""Conformance of DNS over TCP to clients (lib/conform.py says how)."""
from lib.conform import Check, ask, can_fail, conforms, half_closed, raw_stream, tcp
from lib.message import A, CD, DO, NOERROR, RD, RRSIG, TXT, Opt, question

WWW = "www.example.com"
SLOW, FAST = "slow.*.author.org", "localhost"


def framed(data):
    return len(data).to_bytes(2, "big") + data


def q(name, number):
    return (name, A, 1, number)


def ids(*numbers):
    return lambda *r: [m.id for m in r] == list(numbers)


def slow_one(label):
    """A question whose answer takes its time, and the beginning of another one."""
    return [framed(question(SLOW.replace("*", label), number=1)) + b"\0\x1d\0"]


def proving(name, number):
    """For who validates by himself."""
    return (name, A, 1, number, RD | CD, Opt(flags=DO))


Q1, Q2, Q3 = (framed(question(WWW, number=n)) for n in (1, 2, 3))

CHECKS = [
    Check("RFC 1035, 4.2.2", "an answer has two octets of length before it", tcp(q(WWW, 7)),
          lambda r: r.id == 7 and r.answer, "cut", "longer:1", "empty"),
    Check("RFC 7766, 6.2.1.1", "questions in one piece are answered each",
          tcp(*(q(WWW, n) for n in range(1, 21))), lambda *r: sorted(m.id for m in r) == list(range(1, 21)), "lose"),
    Check("RFC 7766, 6.2.1.1", "questions of one name are answered each", tcp(*(q("count.*.author.org", n) for n in (5, 6))),
          lambda *r: sorted(m.id for m in r) == [5, 6] and r[0].answer[0].rdata == r[1].answer[0].rdata, "lose", "id"),
    Check("RFC 7766, 7", "a fast answer does not wait for a slow one", tcp(q(SLOW, 1), q(FAST, 2)), ids(2, 1), "in-order",
          "lose"),
    Check("RFC 7766, 7", "nor do several", tcp(q(SLOW, 1), q(FAST, 2), q(WWW, 3)),
          lambda *r: r[-1].id == 1 and len(r) == 3, "in-order"),
    Check("RFC 7766, 8", "a question octet by octet is one question", raw_stream([bytes([b]) for b in Q1], 1), ids(1),
          "id", "lose"),
    Check("RFC 7766, 8", "a length that comes in two pieces is one length", raw_stream([Q1[:1], Q1[1:2], Q1[2:]], 1),
          ids(1), "id", "lose"),
    Check("RFC 7766, 6.2.3", "a client that has nothing more to say has its answer, and then the end",
          half_closed([Q1 + Q2], 2), lambda *r: sorted(m.id for m in r) == [1, 2], "lose", "id"),
    Check("RFC 7766, 6.2.3", "also when it waits for one, and left off within the next question",
          half_closed(slow_one, 1), lambda *r: [m.id for m in r] == [1] and r[0].answer, "lose", "empty"),
    Check("RFC 7766, 7", "each of several answers, as they are ready, has the flags of its own question",
          tcp(proving(SLOW, 1), proving(WWW, 2), q(FAST, 3)),
          lambda *r: r[-1].id == 1 and [bool(m.bit(CD) and m.opt and m.opt.flags & DO) for m in
                                        sorted(r, key=lambda m: m.id)] == [True, True, False] and
          [len(m.of(RRSIG)) for m in r if m.id == 2] == [1], "cd", "do", "in-order", "drop-type:46"),
    Check("RFC 7766, 8", "questions that are cut anywhere are whole again",
          raw_stream([Q1[:1], Q1[1:9], Q1[9:] + Q2[:1], Q2[1:] + Q3], 3),
          lambda *r: sorted(m.id for m in r) == [1, 2, 3], "lose"),
    Check("RFC 7766, 6.2.1", "a connection serves many questions, one after the other",
          raw_stream([Q1, Q2, Q3], 3), lambda *r: sorted(m.id for m in r) == [1, 2, 3], "lose"),
    Check("RFC 7766, 5", "TC is never set over TCP", tcp(("size6000.*.author.org", TXT)), lambda r: not r.bit(0x200), "tc"),
    Check("RFC 7766, 5", "an answer that was cut over UDP comes whole over TCP",
          [ask("size3000.0.author.org", TXT), tcp(("size3000.0.author.org", TXT))],
          lambda a, b: a.bit(0x200) and len(b.answer) == 1 and b.length > 3000, "tc", "empty"),
    Check("RFC 7766, 7", "the answer tells its question", tcp(("wWw.example.com", A, 1, 9)),
          lambda r: r.questions == [("wWw.example.com", A, 1)], "case", "unask", "qtype"),
    Check("RFC 7766, 8", "a large answer is followed by the next one",
          tcp(("size60000.*.author.org", TXT, 1, 1), (WWW, A, 1, 2)),
          lambda *r: sorted(m.id for m in r) == [1, 2] and max(m.length for m in r) > 60000, "lose", "id"),
    Check("RFC 1035, 4.2.1", "the same question is answered the same over UDP and TCP",
          [ask("count.0.author.org"), tcp(("count.0.author.org", A))],
          lambda a, b: a.rcode == b.rcode == NOERROR and a.answer[0].key() == b.answer[0].key(), "empty", "rcode"),
]


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}}


def test_conforms(lab):
    """DNS over TCP is as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
