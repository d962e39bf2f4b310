"""DNS messages, written and read without help (RFC 1035, 6891), so that what checks the daemon shares
no code with it. Names are text without a last dot; the root is ""."""
import struct

A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV, DNAME, OPT = 1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 39, 41
DS, RRSIG, NSEC, DNSKEY, SVCB, HTTPS, NXNAME, IXFR, AXFR, ANY = 43, 46, 47, 48, 64, 65, 128, 251, 252, 255
IN, CH, HS = 1, 3, 4
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
NSID, ECS, COOKIE, KEEPALIVE, PADDING, EDE = 3, 8, 10, 11, 12, 15
DO = 0x8000
# Where names stand in RDATA, for the types whose names may be compressed (RFC 3597, section 4).
NAMES = {NS: (0, 1), CNAME: (0, 1), PTR: (0, 1), SOA: (0, 2), MX: (2, 1), DNAME: (0, 1), SRV: (6, 1)}

# Of an HTTPS or SVCB record: alpn, ipv4hint, ech, and a key that nobody knows (RFC 9460, section 2.2).
SVCB_RDATA = (b"\0\1\0" + b"\0\1\0\3\2h2" + b"\0\4\0\4\xc0\0\2\x50" + b"\0\5\0\7ech\xff\0\xc0\x0c" +
              b"\xff\0\0\2\1\2")


def wire(name):
    """A name's octets."""
    labels = [x.encode("latin-1") for x in name.split(".") if x]
    return b"".join(bytes([len(x)]) + x for x in labels) + b"\0"


def strings(*texts):
    """RDATA of a TXT record."""
    return b"".join(bytes([len(t)]) + t.encode("latin-1") for t in texts)


class Record:
    """A resource record; RDATA with its names whole."""

    def __init__(self, owner, kind, ttl, rdata, cls=IN):
        self.owner, self.type, self.ttl, self.rdata, self.cls = owner, kind, ttl, rdata, cls

    def build(self):
        return wire(self.owner) + struct.pack(">HHIH", self.type, self.cls, self.ttl, len(self.rdata)) + self.rdata

    def key(self):
        return self.owner.lower(), self.type, self.rdata

    def __repr__(self):
        return f"{self.owner or '.'} {self.ttl} TYPE{self.type} {self.rdata.hex()[:80]}"


class Opt:
    """The OPT record; options is a list of (code, data)."""

    def __init__(self, size=1232, flags=0, version=0, options=(), extended=0):
        self.size, self.flags, self.version, self.extended = size, flags, version, extended
        self.options = list(options)

    def build(self):
        data = b"".join(struct.pack(">HH", c, len(d)) + d for c, d in self.options)
        return b"\0" + struct.pack(">HHBBHH", OPT, self.size, self.extended, self.version, self.flags, len(data)) + data

    def get(self, code):
        return next((d for c, d in self.options if c == code), None)


class Message:
    """A message. Reading raises ValueError or an error of struct on any fault."""

    def __init__(self, number=0, flags=0, questions=()):
        self.id, self.flags, self.questions = number, flags, list(questions)
        self.answer, self.authority, self.additional, self.opts = [], [], [], []
        self.length = 0

    def bit(self, mask):
        return bool(self.flags & mask)

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    @property
    def rcode(self):
        return self.flags & 15 | (self.opts[0].extended << 4 if self.opts else 0)

    @property
    def opt(self):
        return self.opts[0] if len(self.opts) == 1 else None

    @property
    def ede(self):
        """The code of the Extended DNS Error, or None."""
        data = self.opt.get(EDE) if self.opt else None
        return int.from_bytes(data[:2], "big") if data else None

    def of(self, kind):
        """RDATA of the answer's records of a type, sorted."""
        return sorted(r.rdata for r in self.answer if r.type == kind)

    def build(self):
        out = struct.pack(">6H", self.id, self.flags, len(self.questions), len(self.answer), len(self.authority),
                          len(self.additional) + len(self.opts))
        out += b"".join(wire(n) + struct.pack(">HH", k, c) for n, k, c in self.questions)
        return out + b"".join(x.build() for x in self.answer + self.authority + self.additional + self.opts)

    def __repr__(self):
        return (f"id {self.id:x} flags {self.flags:04x} rcode {self.rcode} {self.questions} answer {self.answer} "
                f"authority {self.authority} additional {self.additional} "
                f"opts {[vars(o) for o in self.opts]} {self.length} octets")


def read_name(data, at):
    """(name, where it ends)"""
    labels, end, hops = [], None, 0
    while data[at]:
        n = data[at]
        if n >= 0xc0:
            end = end or at + 2
            at, hops = (n & 0x3f) << 8 | data[at + 1], hops + 1
            if hops > 64:
                raise ValueError("a loop of pointers")
            continue
        if n > 63 or at + 1 + n > len(data):
            raise ValueError("a broken label")
        labels.append(data[at + 1:at + 1 + n].decode("latin-1"))
        at += 1 + n
    return ".".join(labels), end or at + 1


def read_rdata(data, kind, at, n):
    if kind not in NAMES:
        return data[at:at + n]
    skip, names = NAMES[kind]
    out, p = data[at:at + skip], at + skip
    for _ in range(names):
        name, p = read_name(data, p)
        out += wire(name)
    return out + data[p:at + n]


def read_opt(data, at, n, size, ttl):
    opt, end = Opt(size, ttl & 0xffff, ttl >> 16 & 255, extended=ttl >> 24), at + n
    while at < end:
        code, length = struct.unpack_from(">HH", data, at)
        if at + 4 + length > end:
            raise ValueError("a broken option")
        opt.options.append((code, data[at + 4:at + 4 + length]))
        at += 4 + length
    return opt


def read(data):
    """A message from its octets, all of them."""
    number, flags, qd, *counts = struct.unpack_from(">6H", data)
    m, at = Message(number, flags), 12
    m.length = len(data)
    for _ in range(qd):
        name, at = read_name(data, at)
        m.questions.append((name, *struct.unpack_from(">HH", data, at)))
        at += 4
    for section, count in zip((m.answer, m.authority, m.additional), counts):
        for _ in range(count):
            owner, at = read_name(data, at)
            kind, cls, ttl, n = struct.unpack_from(">HHIH", data, at)
            at += 10
            if at + n > len(data):
                raise ValueError("RDATA beyond the end")
            if kind == OPT:
                m.opts.append(read_opt(data, at, n, cls, ttl))
            else:
                section.append(Record(owner, kind, ttl, read_rdata(data, kind, at, n), cls))
            at += n
    if at != len(data):
        raise ValueError(f"{len(data) - at} octets too many")
    return m


def question(name, kind=A, cls=IN, number=0x1234, flags=RD, opt=None):
    """A question's octets; opt is an Opt, or several."""
    m = Message(number, flags, [(name, kind, cls)])
    m.opts = list(opt) if isinstance(opt, (list, tuple)) else [opt] if opt else []
    return m.build()


def soa(zone, ttl, minimum):
    """A SOA record with that TTL and MINIMUM."""
    return Record(zone, SOA, ttl, wire("ns." + zone) + wire("host." + zone) +
                  struct.pack(">5I", 1, 3600, 1200, 604800, minimum))
