"""Conformance of messages: header, question, names, types and classes (lib/conform.py says how)."""
from lib.conform import Check, ask, can_fail, conforms, flags, send, tcp, twice
from lib.message import (A, AA, AD, ANY, AXFR, CD, CH, FORMERR, HINFO, HS, IXFR, MX, NOERROR, NOTIMP, NS, NXDOMAIN, NXNAME,
                         OPT, QR, RD, REFUSED, TXT, Z, Message, Opt, question, soa, wire)

WWW, LOCAL = "www.example.com", "localhost"
NAME = wire(WWW)
NAME_255 = ".".join(["a" * 63] * 3 + ["b" * 45, "example", "com"])      # 255 octets on the wire


def refused(r):
    return r.rcode == REFUSED and not r.answer


def formerr(r):
    return r.rcode == FORMERR and r.bit(QR) and r.id == 0x1234 and not r.answer


def notimp(opcode):
    return lambda r: r.rcode == NOTIMP and r.opcode == opcode and r.bit(QR) and not r.answer


def header(word="0100", qd=1, an=0, ns=0, ar=0):
    return bytes.fromhex(f"1234{word}{qd:04x}{an:04x}{ns:04x}{ar:04x}")


def with_opcode(n):
    return send(header(f"{n << 3:02x}00") + NAME + b"\0\1\0\1")


def bad_name(octets):
    return send(header() + octets + b"\0\1\0\1")


def ixfr(zone):
    """As a secondary asks: with the SOA that it has."""
    m = Message(0x1234, RD, [(zone, IXFR, 1)])
    m.authority = [soa(zone, 0, 0)]
    return m.build()


def refused_with_opt(data, code):
    """What is refused as a whole, to who speaks EDNS."""
    return send(data), lambda r: r.rcode == code and len(r.opts) == 1 and not r.answer, "opt-drop", "rcode"


def chaos(name):
    return Check("RFC 4892, 2", f"{name} in class CH tells nobody which server this is", ask(name, TXT, CH), refused,
                 "rcode", "add")


HEADER = [
    Check("RFC 1035, 4.1.1", "the ID comes back", ask(WWW, number=0x4711), lambda r: r.id == 0x4711, "id"),
    Check("RFC 1035, 4.1.1", "the ID of each question comes back, from the cache too",
          [ask(WWW, number=1), ask(WWW, number=0xffff)], lambda a, b: (a.id, b.id) == (1, 0xffff), "id"),
    Check("RFC 1035, 4.1.1", "a reply says that it is one", ask(WWW), lambda r: r.bit(QR), "qr"),
    Check("RFC 1035, 4.1.1", "the opcode is that of the question", ask(WWW), lambda r: r.opcode == 0, "opcode"),
    Check("RFC 1035, 4.1.1", "RD comes back set", ask(WWW), lambda r: r.bit(RD), "rd"),
    Check("RFC 1035, 4.1.1", "RD comes back clear", [ask(WWW), ask(WWW, **flags(0))], lambda a, b: not b.bit(RD), "rd"),
    Check("RFC 1035, 4.1.1", "RA says that recursion is available", ask(WWW), lambda r: r.bit(0x80), "ra"),
    Check("RFC 1035, 4.1.1", "RA is set though the server above leaves it clear", ask("flags-none.*.author.org"),
          lambda r: r.bit(0x80) and len(r.answer) == 1, "ra"),
    Check("RFC 1035, 4.1.1", "RA is set in an error too", send(header(qd=0)), lambda r: r.bit(0x80), "ra"),
    Check("RFC 1035, 4.1.1", "Z is clear", ask(WWW), lambda r: not r.bit(Z), "z"),
    Check("RFC 1035, 4.1.1", "Z is clear though the question sets it", ask(WWW, **flags(RD | Z)),
          lambda r: not r.bit(Z) and r.rcode == NOERROR, "z"),
    Check("RFC 1035, 4.1.1", "Z is clear though the server above sets it", ask("flags-all.*.author.org"),
          lambda r: not r.bit(Z) and len(r.answer) == 1, "z"),
    Check("RFC 1035, 4.1.1", "AA is clear in what others answered", ask("flags-all.*.author.org"),
          lambda r: not r.bit(AA) and len(r.answer) == 1, "aa"),
    Check("RFC 1035, 4.1.1", "AA and TC of a question mean nothing", ask(WWW, **flags(RD | AA | 0x200)),
          lambda r: r.rcode == NOERROR and not r.bit(AA) and not r.bit(0x200) and r.answer, "aa", "tc", "rcode"),
    Check("RFC 4035, 3.2.2", "CD comes back set", ask(WWW, **flags(RD | CD)), lambda r: r.bit(CD), "cd"),
    Check("RFC 4035, 3.2.2", "CD comes back clear", ask(WWW), lambda r: not r.bit(CD), "cd"),
    Check("RFC 6840, 5.8", "AD is clear where nobody validated, though the question asks for it",
          ask(WWW, **flags(RD | AD)), lambda r: not r.bit(AD) and r.rcode == NOERROR, "ad"),
    Check("RFC 4035, 3.2.3", "the AD of the server above is not passed on", ask("flags-all.*.author.org", opt=Opt()),
          lambda r: not r.bit(AD) and len(r.answer) == 1, "ad"),
    Check("RFC 1035, 4.1.1", "a response is never answered", send(header("8180") + NAME + b"\0\1\0\1"),
          lambda r: r is None, "answer"),
    Check("RFC 1035, 4.1.1", "less than a header is not answered", send(header()[:11]), lambda r: r is None, "answer"),
]

OPCODES = [
    Check("RFC 3425, 3", "IQUERY is not implemented", with_opcode(1), notimp(1), "rcode", "opcode"),
    Check("RFC 1035, 4.1.1", "STATUS is not implemented", with_opcode(2), notimp(2), "rcode", "opcode"),
    Check("RFC 6895, 2.2", "opcode 3 is not implemented", with_opcode(3), notimp(3), "rcode", "opcode"),
    Check("RFC 1996, 3", "NOTIFY is not for a resolver", with_opcode(4), notimp(4), "rcode", "opcode"),
    Check("RFC 2136, 3", "UPDATE is not for a resolver", with_opcode(5), notimp(5), "rcode", "qr"),
    Check("RFC 8490, 5.1.1", "stateful operations are not implemented", with_opcode(6), notimp(6), "rcode", "opcode"),
    Check("RFC 6895, 2.2", "opcode 15 is not implemented", with_opcode(15), notimp(15), "rcode", "opcode"),
]

WITH_OPT = [
    Check("RFC 6891, 7", "an opcode that is not implemented is refused with OPT to who sent one",
          *refused_with_opt(header("2400", ar=1) + NAME + b"\0\6\0\1" + Opt().build(), NOTIMP)),
    Check("RFC 6891, 7", "so is no question at all", *refused_with_opt(header(qd=0, ar=1) + Opt().build(), FORMERR)),
    Check("RFC 6891, 7", "so are two",
          *refused_with_opt(header(qd=2, ar=1) + (NAME + b"\0\1\0\1") * 2 + Opt().build(), FORMERR)),
    Check("RFC 6891, 7", "so is a question that brings its answer",
          *refused_with_opt(header(an=1, ar=1) + NAME + b"\0\1\0\1" + NAME + b"\0\1\0\1" + bytes(6) + Opt().build(),
                            FORMERR)),
    Check("RFC 6891, 6.1.1", "and without OPT to who sent none", send(header("2400") + NAME + b"\0\6\0\1"),
          lambda r: r.rcode == NOTIMP and not r.opts, "opt-add"),
]

QUESTION = [
    Check("RFC 9619, 3", "no question at all is a format error", send(header(qd=0)), formerr, "rcode", "id"),
    Check("RFC 9619, 3", "two questions are a format error", send(header(qd=2) + (NAME + b"\0\1\0\1") * 2), formerr,
          "rcode"),
    Check("RFC 9619, 3", "the same over TCP", tcp(header(qd=2) + (NAME + b"\0\1\0\1") * 2), formerr, "rcode"),
    Check("RFC 9619, 3", "no reply has more than one question", send(header(qd=2) + (NAME + b"\0\1\0\1") * 2),
          lambda r: len(r.questions) <= 1 and r.rcode == FORMERR, "rcode"),
    Check("RFC 1035, 4.1.2", "the question comes back", ask(WWW, MX), lambda r: r.questions == [(WWW, MX, 1)], "qname",
          "qtype", "unask"),
    Check("RFC 1035, 4.1.2", "the question comes back with an error of format behind it",
          send(header(ar=1) + NAME + b"\0\1\0\1"), lambda r: formerr(r) and r.questions == [(WWW, A, 1)], "qname"),
    Check("RFC 1035, 4.1", "octets behind the last record are a format error",
          send(question(WWW) + b"\0"), formerr, "rcode"),
    Check("RFC 1035, 4.1", "records that are announced and missing are a format error",
          send(header(ar=1) + NAME + b"\0\1\0\1"), formerr, "rcode"),
    Check("RFC 1035, 4.1.2", "a question without its class is a format error", send(header() + NAME + b"\0\1"), formerr,
          "rcode"),
    Check("RFC 1035, 2.3.4", "a name of 256 octets is a format error",
          bad_name((b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\0"), formerr, "rcode"),
    Check("RFC 1035, 2.3.4", "a name of 255 octets is a name", ask(NAME_255),
          lambda r: r.rcode == NXDOMAIN and r.questions[0][0] == NAME_255, "rcode", "qname"),
    Check("RFC 6891, 5", "a label of the types 01 and 10 is a format error", bad_name(b"\x41" + b"a" * 65 + b"\0"), formerr,
          "rcode"),
    Check("RFC 1035, 4.1.4", "a pointer to itself is a format error", bad_name(b"\xc0\x0c"), formerr, "rcode"),
    Check("RFC 1035, 4.1.4", "a pointer forwards is a format error", bad_name(b"\x01a\xc0\x20"), formerr, "rcode"),
    Check("RFC 1035, 4.1.4", "a pointer into the header is a format error", bad_name(b"\xc0\x04"), formerr, "rcode"),
    Check("RFC 1035, 3.1", "the root can be asked for", ask("", NS),
          lambda r: r.rcode == NOERROR and len(r.of(NS)) >= 1 and r.questions == [("", NS, 1)], "empty", "qtype"),
    Check("RFC 2181, 11", "a label may have any octets", ask("a\x00b\xff\x2e_.wild.example.com"),
          lambda r: r.rcode == NOERROR and len(r.of(A)) == 1, "rcode", "empty"),
]

SPELLING = [
    Check("RFC 4343, 4.1", "the spelling of the name comes back", ask("wWw.ExAmPlE.cOm"),
          lambda r: r.questions[0][0] == "wWw.ExAmPlE.cOm", "case"),
    Check("RFC 4343, 4.1", "the spelling comes back from the cache, each its own",
          [ask("count.*.author.org"), ask("COUNT.*.AUTHOR.org"), ask("cOuNt.*.aUtHoR.org")],
          lambda *r: [x.questions[0][0][:5] for x in r] == ["count", "COUNT", "cOuNt"] and
          len({x.answer[0].rdata for x in r}) == 1, "case", "empty"),
    Check("RFC 4343, 4.1", "the spelling comes back in a local answer", ask("LocalHost"),
          lambda r: r.questions[0][0] == "LocalHost" and r.of(A), "case"),
    Check("RFC 4343, 4.1", "the spelling comes back in NXDOMAIN", ask("Nx.EXAMPLE.com"),
          lambda r: r.rcode == NXDOMAIN and r.questions[0][0] == "Nx.EXAMPLE.com", "case"),
    Check("RFC 4343, 3", "records belong to the name without regard to case", ask("wwW.exAmple.com"),
          lambda r: [x.owner.lower() for x in r.answer] == [WWW], "owner"),
    Check("RFC 4343, 4.1", "the spelling of names in RDATA is the server's", ask("rdata-case.*.author.org", MX),
          lambda r: b"\x04MaiL" in r.answer[0].rdata, "rdata-case"),
]

CLASSES = [
    chaos("id.server"), chaos("version.server"), chaos("version.bind"), chaos("hostname.bind"), chaos("authors.bind"),
    Check("RFC 1035, 3.2.4", "class HS is refused", ask(WWW, A, HS), refused, "rcode"),
    Check("RFC 1035, 3.2.5", "class ANY is refused", ask(WWW, A, 255), refused, "rcode"),
    Check("RFC 3597, 3", "a class that nobody knows is refused, and comes back", ask(WWW, A, 4660),
          lambda r: refused(r) and r.questions == [(WWW, A, 4660)], "rcode", "qtype"),
    Check("RFC 3597, 3", "class NONE is refused", ask(WWW, A, 254), refused, "rcode"),
    Check("RFC 1035, 3.2.4", "answers are of class IN", ask(WWW), lambda r: r.answer[0].cls == 1, "class"),
]

TYPES = [
    Check("RFC 5936, 4.2", "AXFR over UDP is refused", ask("example.com", AXFR), refused, "rcode", "add"),
    Check("RFC 5936, 4.1", "AXFR over TCP is refused", tcp(("example.com", AXFR)), refused, "rcode", "add"),
    Check("RFC 1995, 2", "IXFR over UDP is refused", ask("example.com", IXFR), refused, "rcode", "add"),
    Check("RFC 1995, 2", "IXFR over TCP is refused", tcp(("example.com", IXFR)), refused, "rcode", "add"),
    Check("RFC 1995, 3", "IXFR with the SOA that the client has is refused", send(ixfr("example.com")), refused, "rcode",
          "add"),
    Check("RFC 1995, 3", "so it is over TCP", tcp(ixfr("example.com")), refused, "rcode", "add"),
    Check("RFC 5936, 4.1", "AXFR of a local zone is refused", tcp((LOCAL, AXFR)), refused, "rcode"),
    Check("RFC 6891, 6.1.1", "OPT is nothing to ask for", ask(WWW, OPT), formerr, "rcode"),
    Check("RFC 9824, 3.5", "NXNAME is nothing to ask for, and that is told", ask("count.*.author.org", NXNAME, opt=Opt()),
          lambda r: formerr(r) and r.ede == 30, "rcode", "opt-clear", "opt-data"),
    Check("RFC 6895, 3.1", "a mail agent's meta type is not asked around", ask("count.*.author.org", 253),
          lambda r: r.rcode in (NOTIMP, REFUSED) and not r.answer, "rcode", "add"),
    Check("RFC 3597, 3", "a type that nobody knows is answered octet by octet", ask("unknown.*.author.org", 65400),
          lambda r: [x.rdata for x in r.answer] == [b"\xc0\x0c\xc0\x0cABC\0\xff"], "rdata"),
    Check("RFC 3597, 4", "what looks like a pointer in it stays as it is, from the cache too",
          twice("unknown.*.author.org", 65401), lambda a, b: a.answer[0].rdata == b.answer[0].rdata and
          a.answer[0].rdata.startswith(b"\xc0\x0c\xc0\x0cABC"), "rdata-case", "empty"),
    Check("RFC 3597, 3", "RDATA may be empty", ask("unknown-empty.*.author.org", 65402),
          lambda r: [x.rdata for x in r.answer] == [b""], "rdata", "empty"),
    Check("RFC 3597, 3", "type 0 harms nothing", ask("count.*.author.org", 0),
          lambda r: r.bit(QR) and r.questions[0][1] == 0, "qtype", "qr"),
    Check("RFC 8482, 4.2", "ANY is answered with one HINFO", ask(WWW, ANY),
          lambda r: r.rcode == NOERROR and r.of(HINFO) == [b"\x07RFC8482\0"] and len(r.answer) == 1, "add", "empty",
          "rdata"),
    Check("RFC 8482, 4.2", "ANY asks nobody", [ask("count.*.author.org", ANY), ask("count.*.author.org")],
          lambda a, b: not a.of(A) and b.answer[0].rdata[3] == 1, "add", "rdata"),
    Check("RFC 8482, 4.2", "ANY over TCP is no larger", tcp((WWW, ANY)),
          lambda r: r.length < 100 and len(r.answer) == 1, "longer:100", "add"),
]

CHECKS = HEADER + OPCODES + WITH_OPT + QUESTION + SPELLING + CLASSES + TYPES


def config(lab):
    return {"providers": {"custom": [lab.providers["crook-dot"]]}}


def test_conforms(lab):
    """header, question, names, classes and types are as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
