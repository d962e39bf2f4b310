"""A name server that answers as it is told by the name: KIND.ANYTHING.author.org. What it has no KIND
for it asks the lab's own resolver. Run in the lab's `net`:

    author.py PORT RESOLVER_PORT ADDRESS

TCP at 127.0.0.1:PORT, for crook (`lab fault from PORT crook`); UDP and TCP at ADDRESS:53, for plain
questions, which it can be told to dislike. Prints "ok" when it serves, then each plain question as
JSON. Answers that count end in how often that question was asked: 192.0.2.COUNT.
"""
import asyncio
import json
import socket
import sys

from message import (A, AA, AAAA, AD, CNAME, COOKIE, DNAME, DO, ECS, EDE, FORMERR, HTTPS, KEEPALIVE, NOTIMP, NS, NXDOMAIN,
                     QR, RA, REFUSED, RRSIG, SERVFAIL, SVCB_RDATA, TC, TXT, Message, Opt, Record, read, soa, strings, wire)

ZONE = "author.org"
counts = {}
kinds = {}


def kind(function):
    kinds[function.__name__.replace("_", "-")] = function
    return function


class Asked:
    """A question, and what an answer needs of it."""

    def __init__(self, data, plain):
        self.data, self.query, self.plain = data, read(data), plain
        self.name, self.type, _ = self.query.questions[0]
        self.below = self.name.partition(".")[2]
        key = (self.name.lower(), self.type)
        self.count = counts[key] = counts.get(key, 0) + 1

    def reply(self, *answer, rcode=0, authority=(), additional=(), flags=RA, opt=True):
        m = Message(self.query.id, QR | self.query.flags & 0x7910 | flags | rcode & 15, self.query.questions)
        m.answer, m.authority, m.additional = list(answer), list(authority), list(additional)
        if self.query.opts and opt:
            m.opts = [Opt(1232, self.query.opts[0].flags & DO, extended=rcode >> 4)]
        return m

    def address(self, ttl=600, name=None):
        return Record(name or self.name, A, ttl, bytes([192, 0, 2, self.count % 256]))

    def cname(self, target, ttl=600, owner=None):
        return Record(owner or self.name, CNAME, ttl, wire(target))


# --- TTLs and the cache ---

@kind
def count(q):
    return q.reply(q.address())


@kind
def ttl_top(q):
    return q.reply(q.address(0x80000000 + 300))


@kind
def ttl_all(q):
    return q.reply(q.address(0xffffffff))


@kind
def ttl_zero(q):
    return q.reply(q.address(0))


@kind
def ttl_long(q):
    return q.reply(q.address(0x7fffffff))


@kind
def ttl_two(q):
    """One address in a second is all there is."""
    return q.reply(q.address(2))


@kind
def ttl_mixed(q):
    """A set of records whose TTLs differ."""
    return q.reply(q.address(500), Record(q.name, A, 100, bytes([192, 0, 2, 200])))


@kind
def repeated(q):
    """One address twice."""
    return q.reply(q.address(), q.address(), Record(q.name, A, 600, bytes([192, 0, 2, 200])))


@kind
def nx_bare(q):
    """No such name, without a SOA; from the second time on there is one."""
    return q.reply(rcode=NXDOMAIN) if q.count == 1 else q.reply(q.address())


@kind
def nodata_bare(q):
    return q.reply() if q.count == 1 else q.reply(q.address())


@kind
def nx_kept(q):
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 300, 300)]) if q.count == 1 else q.reply(q.address())


@kind
def nodata_kept(q):
    return q.reply(authority=[soa(ZONE, 300, 300)]) if q.count == 1 else q.reply(q.address())


@kind
def nx_minimum(q):
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 900, 40)])


@kind
def nx_ttl(q):
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 40, 900)])


@kind
def nx_long(q):
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 900000, 900000)])


@kind
def nx_top(q):
    """A SOA whose TTL has the top bit set lasts no time."""
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 0x80000000 + 300, 300)]) if q.count == 1 \
        else q.reply(q.address())


@kind
def nx_stranger(q):
    """A SOA of another zone is none."""
    return q.reply(rcode=NXDOMAIN, authority=[soa("example.net", 300, 300)]) if q.count == 1 \
        else q.reply(q.address())


# --- what does not belong there ---

@kind
def stray_answer(q):
    return q.reply(q.address(), Record("victim." + q.below, A, 600, bytes([192, 0, 2, 250])))


@kind
def stray_additional(q):
    return q.reply(q.address(), additional=[Record("victim." + q.below, A, 600, bytes([192, 0, 2, 250]))])


@kind
def stray_authority(q):
    return q.reply(q.address(), authority=[Record("com", NS, 600, wire("ns.victim." + q.below))])


@kind
def stray_type(q):
    return q.reply(q.address(), Record(q.name, TXT, 600, strings("stray")))


@kind
def stray_class(q):
    return q.reply(q.address(), Record(q.name, A, 600, bytes([192, 0, 2, 250]), 3))


@kind
def victim(q):
    return q.reply(q.address())


@kind
def referral(q):
    """Not an answer: somebody else may know."""
    return q.reply(authority=[Record(ZONE, NS, 600, wire("ns." + ZONE))])


# --- chains ---

@kind
def chain(q):
    steps = [q.name, "b." + q.below, "c." + q.below]
    return q.reply(q.cname(steps[1]), q.cname(steps[2], 500, steps[1]), q.address(400, steps[2]))


@kind
def chain_mixed(q):
    steps = [q.name, "b." + q.below, "c." + q.below]
    return q.reply(q.address(400, steps[2]), q.cname(steps[2], 500, steps[1]), q.cname(steps[1]))


@kind
def chain_loop(q):
    return q.reply(q.cname("b." + q.below), q.cname(q.name, 600, "b." + q.below))


@kind
def chain_self(q):
    return q.reply(q.cname(q.name))


@kind
def chain_endless(q):
    names = [q.name] + [f"x{i}.{q.below}" for i in range(40)]
    return q.reply(*(q.cname(b, 600, a) for a, b in zip(names, names[1:])), q.address(600, names[-1]))


@kind
def chain_open(q):
    """The alias alone; its target has to be asked for."""
    return q.reply(q.cname("count." + q.below))


@kind
def chain_nx(q):
    return q.reply(q.cname("b." + q.below), rcode=NXDOMAIN, authority=[soa(ZONE, 300, 300)])


@kind
def chain_nodata(q):
    return q.reply(q.cname("b." + q.below), authority=[soa(ZONE, 300, 300)])


@kind
def dname(q):
    """x.dname... is asked as KIND dname-x; the DNAME stands above the unique label."""
    return q.reply(Record(q.below, DNAME, 700, wire("to." + ZONE)),
                   q.cname(q.name.partition(".")[0] + ".to." + ZONE, 700),
                   q.address(600, q.name.partition(".")[0] + ".to." + ZONE))


@kind
def dname_bare(q):
    """Without the CNAME that it stands for."""
    return q.reply(Record(q.below, DNAME, 700, wire("to." + ZONE)),
                   q.address(600, q.name.partition(".")[0] + ".to." + ZONE))


@kind
def dname_long(q):
    """Its target makes a name of more than 255 octets."""
    return q.reply(Record(q.below, DNAME, 700, wire(".".join(["a" * 60] * 4))))


# --- bytes that are nobody's business ---

@kind
def https(q):
    return q.reply(Record(q.name, q.type, 600, SVCB_RDATA))


@kind
def https_alias(q):
    return q.reply(Record(q.name, HTTPS, 600, b"\0\0" + wire("Pool.Svc." + q.below)))


@kind
def unknown(q):
    return q.reply(Record(q.name, q.type, 600, b"\xc0\x0c\xc0\x0cABC\0\xff"))


@kind
def unknown_empty(q):
    return q.reply(Record(q.name, q.type, 600, b""))


@kind
def text(q):
    return q.reply(Record(q.name, TXT, 600, strings("", "MiXed \xff\0\\\"", "x" * 255)))


@kind
def rdata_case(q):
    """Letters in RDATA stay as they are, though names compare without case."""
    return q.reply(Record(q.name, q.type, 600, b"\0\5" + wire("MaiL." + q.below)))


@kind
def size(q):
    """sizeN: a TXT answer with N octets of RDATA."""
    n = int(q.name.partition(".")[0][4:])
    data = b"".join(bytes([len(c)]) + c for c in (b"x" * min(255, n - i - 1) for i in range(0, n, 256)))
    return q.reply(Record(q.name, TXT, 600, data))


@kind
def signed(q):
    """With its signature for who sets DO."""
    sig = b"\0\1\x0d\3\0\0\x02\x58" + bytes(10) + wire(ZONE) + b"\1" * 64
    do = q.query.opts and q.query.opts[0].flags & DO
    return q.reply(q.address(), *([Record(q.name, RRSIG, 600, sig)] if do else []))


@kind
def seen(q):
    """What the question looked like when it came here."""
    opt = q.query.opts[0] if q.query.opts else None
    options = ".".join(str(c) for c, _ in opt.options) if opt else "none"
    said = (f"flags={q.query.flags:04x} size={opt.size if opt else 0} do={int(bool(opt and opt.flags & DO))} "
            f"options={options} rest={len(q.data) % 128} name={q.name}")
    return q.reply(Record(q.name, TXT, 600, strings(said)))


# --- flags and codes ---

@kind
def flags_all(q):
    return q.reply(q.address(), flags=AA | AD | 0x40)


@kind
def flags_none(q):
    return q.reply(q.address(), flags=0)


@kind
def options(q):
    """An answer with options of every kind."""
    m = q.reply(q.address())
    for opt in m.opts:
        opt.options = [(COOKIE, bytes(16)), (KEEPALIVE, b"\0\x64"), (EDE, b"\0\x16")]
    return m


def keeps(value):
    """Says how long the connection is kept, in units of 100 ms (RFC 7828)."""
    def answer(q):
        m = q.reply(q.address())
        for opt in m.opts:
            opt.options = [(KEEPALIVE, value)]
        return m
    return answer


kinds["keep-not"], kinds["keep-broken"] = keeps(b"\0\0"), keeps(b"\0\0\0")


def near(scope, value=None, alias=False):
    """For a part of the subnet that it was asked for (RFC 7871); value: what is said in place of that; alias: through
    one that is for that part alone."""
    def answer(q):
        at = f"t{q.count}.{q.below}"
        m = q.reply(q.cname(at), q.address(name=at)) if alias else q.reply(q.address())
        told = q.query.opts[0].get(ECS) if q.query.opts else None
        if told and scope is not None:
            m.opts[0].options = [(ECS, value or told[:3] + bytes([scope]) + told[4:])]
        return m
    return answer


for _scope in (0, 16, 24, 32):
    kinds[f"near-{_scope}"] = near(_scope)
kinds["near-none"] = near(None)
kinds["near-alias"] = near(24, alias=True)
kinds["near-other"] = near(24, bytes.fromhex("00011818cb0071"))
kinds["near-broken"] = near(24, bytes.fromhex("00011818c633"))


def fails(code):
    def answer(q):
        return q.reply(rcode=code)
    return answer


for _name, _code in (("servfail", SERVFAIL), ("refused", REFUSED), ("formerr", FORMERR), ("notimp", NOTIMP),
                     ("yxdomain", 6), ("badvers", 16), ("badcookie", 23)):
    kinds[_name] = fails(_code)


@kind
def broken(q):
    """Its RDATA goes beyond the end."""
    data = q.reply(q.address(), opt=False).build()
    return data[:-2]


@kind
def two_opts(q):
    m = q.reply(q.address())
    m.opts *= 2
    return m


# --- addresses that no public name should have ---

def at(*addresses):
    def answer(q):
        family = socket.AF_INET if q.type == A else socket.AF_INET6
        own = [a for a in addresses if (":" in a) == (q.type == AAAA)]
        if q.type not in (A, AAAA) or not own:
            return q.reply(authority=[soa(ZONE, 300, 300)])
        return q.reply(*(Record(q.name, q.type, 600, socket.inet_pton(family, a)) for a in own))
    return answer


for _name, _addresses in {
        "ten": ["10.1.2.3"], "loop": ["127.0.0.1", "::1"], "home": ["192.168.1.1", "fd00::1"],
        "linklocal": ["169.254.169.254", "fe80::1"], "zero": ["0.0.0.0", "::"], "mapped": ["::ffff:10.0.0.1"],
        "shared": ["100.64.0.1"], "one-of-two": ["192.0.2.7", "10.1.2.3"], "public": ["192.0.2.7", "2001:db8::7"],
        "v4-only": ["192.0.2.33"], "v4-disguised": ["192.0.2.36", "::ffff:192.0.2.36"],
        "v6-disguised": ["192.0.2.37", "2001:db8::37", "::ffff:192.0.2.37"]}.items():
    kinds[_name] = at(*_addresses)


@kind
def alias_home(q):
    """Through an alias."""
    return q.reply(q.cname("b." + q.below), Record("b." + q.below, A, 600, bytes([192, 168, 0, 1])))


@kind
def https_home(q):
    """A private address as a hint: 192.168.1.1."""
    return q.reply(Record(q.name, q.type, 600, b"\0\1\0\0\4\0\4\xc0\xa8\1\1"))


@kind
def v4_alias(q):
    """An alias to a name without IPv6 addresses."""
    alias = q.cname("b." + q.below, 200)
    if q.type == AAAA:
        return q.reply(alias, authority=[soa(ZONE, 300, 300)])
    return q.reply(alias, Record("b." + q.below, A, 100, bytes([192, 0, 2, 34])))


@kind
def v4_bare(q):
    """Without IPv6 addresses, and without a SOA that says for how long."""
    return q.reply() if q.type == AAAA else q.reply(Record(q.name, A, 5000, bytes([192, 0, 2, 35])))


@kind
def v4_late(q):
    """No such name, though it has an address: NXDOMAIN is of all types."""
    return q.reply(rcode=NXDOMAIN, authority=[soa(ZONE, 300, 300)]) if q.type == AAAA else q.reply(q.address())


# --- plain servers and EDNS ---

@kind
def old(q):
    """A server from before EDNS: FORMERR without OPT (RFC 6891, section 7)."""
    return q.reply(rcode=FORMERR, opt=False) if q.query.opts else q.reply(q.address())


@kind
def choosy(q):
    """FORMERR with OPT: it does know EDNS."""
    return q.reply(rcode=FORMERR)


@kind
def mute(q):
    """Silent where there is EDNS, which is no way to say that one does not know it."""
    return None if q.query.opts else q.reply(q.address())


@kind
def slow(q):
    return q.reply(q.address())


@kind
def cut_off(q):
    """Over UDP: come by TCP."""
    return q.reply(flags=RA | TC) if q.plain == "udp" else q.reply(q.address())


def find(name):
    first = name.partition(".")[0].lower()
    if not name.lower().endswith("." + ZONE):
        return None
    if first.startswith("size"):
        return kinds["size"]
    if first.startswith("slow"):
        return kinds["slow"]
    return kinds.get(first)


async def elsewhere(data):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    writer.write(len(data).to_bytes(2, "big") + data)
    size_of = await reader.readexactly(2)
    reply = await reader.readexactly(int.from_bytes(size_of, "big"))
    writer.close()
    return reply


async def answer_to(data, plain):
    q = Asked(data, plain)
    if plain:
        print(json.dumps({"name": q.name, "transport": plain, "edns": bool(q.query.opts),
                          "size": q.query.opts[0].size if q.query.opts else 0}), flush=True)
    function = find(q.name)
    if not function:
        return await elsewhere(data)
    if q.name.startswith("slow"):
        await asyncio.sleep(0.3)
    reply = function(q)
    return reply.build() if isinstance(reply, Message) else reply


def server(plain):
    async def serve(reader, writer):
        async def one(data):
            reply = await answer_to(data, plain)
            if reply is not None:
                writer.write(len(reply).to_bytes(2, "big") + reply)

        tasks = []
        try:
            while True:
                size_of = await reader.readexactly(2)
                data = await reader.readexactly(int.from_bytes(size_of, "big"))
                tasks.append(asyncio.get_running_loop().create_task(one(data)))
        except (asyncio.IncompleteReadError, OSError):
            pass
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
    return serve


class Udp(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport, self.tasks = transport, set()

    def datagram_received(self, data, client):
        async def one():
            reply = await answer_to(data, "udp")
            if reply is not None:
                self.transport.sendto(reply, client)

        task = asyncio.get_running_loop().create_task(one())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def main():
    servers = [await asyncio.start_server(server(""), "127.0.0.1", int(sys.argv[1])),
               await asyncio.start_server(server("tcp"), sys.argv[3], 53)]
    await asyncio.get_running_loop().create_datagram_endpoint(Udp, local_addr=(sys.argv[3], 53))
    print("ok", flush=True)
    await asyncio.gather(*(s.serve_forever() for s in servers))


if __name__ == "__main__":
    asyncio.run(main())
