"""Conformance of EDNS: the OPT record, sizes, options (lib/conform.py says how)."""
from lib.conform import HOST, PORT, Check, ask, can_fail, conforms, flags, send, step, tcp
from lib.message import (A, COOKIE, DO, ECS, EDE, FORMERR, KEEPALIVE, NOERROR, NSID, PADDING, RD, TC, TXT, Opt, Record,
                         question)

WWW, LOCAL = "www.example.com", "localhost"
SEEN = "seen.*.author.org"
SUBNET = bytes([0, 1, 24, 0, 198, 51, 100])
ALL = [(ECS, SUBNET), (COOKIE, b"12345678"), (NSID, b""), (PADDING, bytes(9)), (65001, b"private")]


def opt(**more):
    return {"opt": Opt(**more)}


def formerr(r):
    return r.rcode == FORMERR and not r.answer


def badvers(r):
    return r.rcode == 16 and r.flags & 15 == 0 and r.opt.version == 0 and not r.answer


def whole(r):
    return r.rcode == NOERROR and not r.bit(TC) and len(r.answer) == 1


def cut(limit):
    return lambda r: r.rcode == NOERROR and r.bit(TC) and not r.answer and r.length <= limit


def seen(text):
    return lambda r: text in r.answer[0].rdata.decode("latin-1") + " "


def no_option(code):
    return lambda r: r.rcode == NOERROR and r.opt and r.opt.get(code) is None


def size(n, at=None, **more):
    return ask(f"size{n}.*.author.org", TXT, **({"at": at} if at else {}), **more)


def tcp_size(n):
    return tcp((f"size{n}.*.author.org", TXT))


def with_record_behind(label):
    """An OPT that is not the last record of its section."""
    return question(WWW, opt=[Opt(), Record("x.example", A, 0, bytes(4))])


def alien_opt(owner=b"\0", data=b""):
    """An OPT with an owner or options of one's own."""
    body = owner + Opt().build()[1:-2] + len(data).to_bytes(2, "big") + data
    return send(question(WWW)[:10] + b"\0\1" + question(WWW)[12:] + body)


RECORD = [
    Check("RFC 6891, 6.1.1", "no OPT to who sent none", ask(WWW), lambda r: not r.opts and r.answer, "opt-add"),
    Check("RFC 6891, 6.1.1", "no OPT to who sent none, in NXDOMAIN", ask("nx.example.com"), lambda r: not r.opts,
          "opt-add"),
    Check("RFC 6891, 6.1.1", "no OPT to who sent none, in an error", ask(WWW, A, 3), lambda r: not r.opts, "opt-add"),
    Check("RFC 6891, 6.1.1", "no OPT to who sent none, in a local answer", ask(LOCAL), lambda r: not r.opts, "opt-add"),
    Check("RFC 6891, 6.1.1", "no OPT to who sent none, when it failed", ask("servfail.*.author.org"),
          lambda r: r.rcode == 2 and not r.opts, "opt-add"),
    Check("RFC 6891, 6.1.1", "one OPT to who sent one", ask(WWW, **opt()), lambda r: len(r.opts) == 1, "opt-drop",
          "opt-add"),
    Check("RFC 6891, 6.1.1", "one OPT to who sent one, in a local answer", ask(LOCAL, **opt()),
          lambda r: len(r.opts) == 1, "opt-drop"),
    Check("RFC 6891, 7", "one OPT to who sent one, in an error", ask(WWW, A, 3, **opt()), lambda r: len(r.opts) == 1,
          "opt-drop"),
    Check("RFC 6891, 6.1.1", "one OPT to who sent one, in a reply that is cut", size(2000, **opt(size=600)),
          lambda r: r.bit(TC) and len(r.opts) == 1, "opt-drop", "tc"),
    Check("RFC 6891, 6.1.1", "two OPTs are a format error", ask(WWW, opt=[Opt(), Opt()]), formerr, "rcode"),
    Check("RFC 6891, 6.1.1", "two OPTs are a format error over TCP", tcp((WWW, A, 1, 0x1234, RD, [Opt(), Opt()])),
          formerr, "rcode"),
    Check("RFC 6891, 6.1.1", "OPT may stand anywhere in its section", step("ask", with_record_behind),
          lambda r: r.rcode == NOERROR and len(r.opts) == 1, "opt-drop", "rcode"),
    Check("RFC 6891, 6.1.2", "an OPT of any name but the root is a format error", alien_opt(b"\1x\0"), formerr,
          "rcode"),
    Check("RFC 6891, 6.1.2", "an option that is longer than its record is a format error",
          alien_opt(data=b"\0\x0a\0\x08abc"), formerr, "rcode"),
    Check("RFC 6891, 6.1.2", "half an option is a format error", alien_opt(data=b"\0\x0a\0"), formerr, "rcode"),
    Check("RFC 6891, 6.1.3", "version 1 is BADVERS, and version 0 is what there is", ask(WWW, **opt(version=1)),
          badvers, "rcode", "opt-version", "opt-drop"),
    Check("RFC 6891, 6.1.3", "version 255 is BADVERS", ask(WWW, **opt(version=255)), badvers, "rcode"),
    Check("RFC 6891, 6.1.3", "BADVERS over TCP", tcp((WWW, A, 1, 0x1234, RD, Opt(version=1))), badvers, "rcode"),
    Check("RFC 6891, 6.1.3", "BADVERS whatever the options of that version look like",
          ask(WWW, **opt(version=2, options=[(65001, b"x" * 40)])), badvers, "rcode"),
    Check("RFC 6891, 6.1.3", "our version is 0", ask(WWW, **opt()), lambda r: r.opt.version == 0, "opt-version"),
    Check("RFC 6891, 6.1.3", "the extended code of success is 0", ask(WWW, **opt()),
          lambda r: r.rcode == 0 and r.opt.extended == 0, "rcode"),
    Check("RFC 3225, 3", "DO comes back set", ask(WWW, **opt(flags=DO)), lambda r: r.opt.flags & DO, "do", "opt-drop"),
    Check("RFC 3225, 3", "DO comes back clear", ask(WWW, **opt()), lambda r: not r.opt.flags & DO, "do"),
    Check("RFC 3225, 3", "DO comes back set in NXDOMAIN", ask("nx.example.com", **opt(flags=DO)),
          lambda r: r.opt.flags & DO, "do"),
    Check("RFC 6891, 6.1.4", "the other flags are 0 though the question sets them", ask(WWW, **opt(flags=0x7fff)),
          lambda r: r.opt.flags == 0 and r.rcode == NOERROR, "opt-z"),
    Check("RFC 6891, 6.1.2", "an option that nobody knows is ignored, and not sent back",
          ask(WWW, **opt(options=[(65001, b"x")])), lambda r: r.rcode == NOERROR and not r.opt.options,
          "opt-option:65001:78", "rcode"),
]

SIZES = [
    Check("RFC 1035, 4.2.1", "without EDNS what is longer than 512 octets is cut", size(600), cut(512), "tc",
          "longer:490"),
    Check("RFC 1035, 4.2.1", "without EDNS 512 octets are sent whole", size(450), whole, "tc", "empty"),
    Check("RFC 6891, 6.2.3", "a size of 0 means 512", size(420, **opt(size=0)), whole, "tc"),
    Check("RFC 6891, 6.2.3", "a size of 100 means 512", size(420, **opt(size=100)), whole, "tc"),
    Check("RFC 6891, 6.2.3", "a size of 100 does not mean more", size(600, **opt(size=100)), cut(512), "tc"),
    Check("RFC 6891, 6.2.3", "the client's size is kept", size(1300, **opt(size=1232)), cut(1232), "tc"),
    Check("RFC 6891, 6.2.3", "what fits the client's size is sent whole", size(1100, **opt(size=1232)), whole, "tc"),
    Check("RFC 6891, 6.2.5", "on loopback 2,000 octets are sent whole to who takes 4,096",
          size(2000, **opt(size=4096)), whole, "tc"),
    Check("RFC 6891, 6.2.5", "on loopback 5,000 octets are cut though the client takes 65,535",
          size(5000, **opt(size=65535)), cut(4096), "tc"),
    Check("RFC 9715, 3.1", "beyond loopback 2,000 octets are cut though the client takes 4,096",
          size(2000, HOST, **opt(size=4096)), cut(1232), "tc", "longer:1233"),
    Check("RFC 9715, 3.1", "beyond loopback 1,100 octets are sent whole", size(1100, HOST, **opt(size=4096)), whole,
          "tc"),
    Check("RFC 6891, 6.2.3", "the size that we say is 1,232", ask(WWW, **opt(size=4096)), lambda r: r.opt.size == 1232,
          "opt-size:4096"),
    Check("RFC 2181, 9", "a reply that is cut has no part of a set of records", size(600),
          lambda r: r.bit(TC) and not r.answer and not r.authority, "add", "add-authority"),
    Check("RFC 2181, 9", "TC is clear in what is whole", ask("many.example.com"),
          lambda r: not r.bit(TC) and len(r.answer) == 4, "tc", "drop-last"),
    Check("RFC 1035, 4.2.2", "over TCP the same comes whole", tcp_size(600), whole, "tc", "cut"),
    Check("RFC 7766, 5", "over TCP 6,000 octets come whole", tcp_size(6000),
          lambda r: whole(r) and r.length > 6000, "tc", "empty"),
    Check("RFC 1035, 4.2.2", "over TCP 65,000 octets come whole", tcp_size(65000),
          lambda r: whole(r) and r.length > 65000, "tc", "rcode"),
    Check("RFC 1035, 4.2.2", "over TCP 65,535 octets come whole",
          tcp((f"size{65440}.*.author.org", TXT)),
          lambda r: r.rcode == NOERROR and not r.bit(TC) and 65490 < r.length <= 65535, "tc", "rcode"),
    Check("RFC 6891, 6.2.3", "over TCP the size that EDNS says means nothing",
          tcp(("size2000.*.author.org", TXT, 1, 0x1234, RD, Opt(size=512))), whole, "tc"),
]

OPTIONS = [
    Check("RFC 7828, 3.3.2", "over TCP the idle time is told to who asks for it",
          tcp((WWW, A, 1, 0x1234, RD, Opt(options=[(KEEPALIVE, b"")]))),
          lambda r: int.from_bytes(r.opt.get(KEEPALIVE), "big") == 100, "opt-clear", "opt-data"),
    Check("RFC 7828, 3.3.2", "it is told in errors, too",
          tcp((WWW, A, 3, 0x1234, RD, Opt(options=[(KEEPALIVE, b"")]))),
          lambda r: r.rcode == 5 and len(r.opt.get(KEEPALIVE)) == 2, "opt-clear"),
    Check("RFC 7828, 3.3.2", "it is not told to who does not ask", tcp((WWW, A, 1, 0x1234, RD, Opt())),
          lambda r: r.opt.get(KEEPALIVE) is None, "opt-option:11:0064"),
    Check("RFC 7828, 3.3.1", "over UDP it is ignored", ask(WWW, **opt(options=[(KEEPALIVE, b"")])),
          no_option(KEEPALIVE), "opt-option:11:0064", "rcode"),
    Check("RFC 7828, 3.2.1", "a client that tells a time breaks the format",
          tcp((WWW, A, 1, 0x1234, RD, Opt(options=[(KEEPALIVE, b"\0\1")]))), formerr, "rcode"),
    Check("RFC 7873, 5.2.1", "a client's cookie is ignored by who does not know cookies",
          ask(WWW, **opt(options=[(COOKIE, b"12345678")])), no_option(COOKIE), "opt-option:10:3132333435363738",
          "rcode"),
    Check("RFC 7873, 5.2.2", "so is one of the wrong length", ask(WWW, **opt(options=[(COOKIE, b"12345")])),
          no_option(COOKIE), "rcode"),
    Check("RFC 8467, 4", "a reply over UDP is not padded", ask(WWW, **opt(options=[(PADDING, bytes(20))])),
          no_option(PADDING), "opt-option:12:0000", "rcode"),
    Check("RFC 8467, 4", "a reply over TCP is not padded",
          tcp((WWW, A, 1, 0x1234, RD, Opt(options=[(PADDING, bytes(20))]))), no_option(PADDING), "opt-option:12:0000"),
    Check("RFC 7871, 7.2.2", "a client's subnet is not sent back", ask(WWW, **opt(options=[(ECS, SUBNET)])),
          no_option(ECS), "opt-option:8:00011800c63364"),
    Check("RFC 5001, 2.3", "nobody learns which server this is", ask(WWW, **opt(options=[(NSID, b"")])),
          no_option(NSID), "opt-option:3:6e616d65"),
    Check("RFC 6891, 6.1.1", "options of the server above are not passed on",
          ask("options.*.author.org", **opt()),
          lambda r: r.rcode == NOERROR and not [c for c, _ in r.opt.options if c in (COOKIE, KEEPALIVE)],
          "opt-option:10:00", "opt-option:11:0064"),
    Check("RFC 8914, 3", "an error of the server above is no error of ours", ask("options.*.author.org", **opt()),
          lambda r: r.opt.get(EDE) is None and r.answer, "opt-option:15:0016"),
]

ABOVE = [
    Check("RFC 7871, 7.1.2", "of a client's options none is sent on, the subnet least of all",
          ask(SEEN, TXT, **opt(options=ALL)), seen("options=11.12 "), "text:options=11.12:options=08.12"),
    Check("RFC 6891, 6.1.1", "EDNS is spoken upwards though the client does not", ask(SEEN, TXT), seen("options=11.12 "),
          "text:options=11.12:options=none."),
    Check("RFC 8467, 4.1", "a question upwards is padded to a multiple of 128", ask(SEEN, TXT), seen("rest=0 "),
          "text:rest=0:rest=7"),
    Check("RFC 8467, 4.1", "so is one with a longer name", ask("seen.*." + "x" * 60 + ".author.org", TXT),
          seen("rest=0 "), "text:rest=0:rest=7"),
    Check("RFC 9715, 3.2", "upwards we say that we take 1,232", ask(SEEN, TXT, **opt(size=4096)), seen("size=1232 "),
          "text:size=1232:size=4096"),
    Check("RFC 4035, 3.2.1", "upwards DO is set though the client does not set it", ask(SEEN, TXT), seen("do=1 "),
          "text:do=1:do=0"),
    Check("RFC 1035, 4.1.1", "upwards RD is set, and nothing else", ask(SEEN, TXT, **flags(RD | 0x60)),
          seen("flags=0100 "), "text:flags=0100:flags=0120"),
    Check("RFC 4035, 3.2.2", "upwards CD is set where the client sets it", ask(SEEN, TXT, **flags(RD | 0x10)),
          seen("flags=0110 "), "text:flags=0110:flags=0100"),
    Check("RFC 4343, 4.1", "upwards names go in small letters, whatever the client's spelling tells of it",
          ask("SEEN.*.AUTHOR.org", TXT), lambda r: r.answer[0].rdata.decode("latin-1").rpartition("name=")[2].islower(),
          "rdata-case"),
]

CHECKS = RECORD + SIZES + OPTIONS + ABOVE


def config(lab):
    return {"listen": [f"127.0.0.1:{PORT}", f"{lab.env[HOST]}:{PORT}"], "allow": [f"{lab.env[HOST]}/32"],
            "providers": {"custom": [lab.providers["crook-dot"]]}}


NARROW = [
    Check("RFC 6891, 6.2.3", "beyond loopback no reply is longer than the person says", size(800, HOST, **opt(size=4096)),
          cut(700), "tc", "longer:701"),
    Check("RFC 6891, 6.2.3", "what is shorter is sent whole", size(600, HOST, **opt(size=4096)), whole, "tc"),
    Check("RFC 6891, 6.2.3", "the client's size is kept there, too", size(600, HOST, **opt(size=512)), cut(512), "tc"),
    Check("RFC 6891, 6.2.5", "loopback does not know that limit", size(2000, **opt(size=4096)), whole, "tc"),
    Check("RFC 7766, 5", "nor does TCP", tcp(("size2000.*.author.org", TXT), at=HOST), whole, "tc"),
]


def narrow(lab):
    return {**config(lab), "limits": {"udp_size": 700}}


def test_narrow(lab):
    """replies beyond loopback are as short as the person says (limits.udp_size)"""
    conforms(lab, narrow(lab), NARROW)


def test_narrow_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, narrow(lab), NARROW)


def test_conforms(lab):
    """the OPT record, sizes and options are as the RFCs say"""
    conforms(lab, config(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, config(lab), CHECKS)
