"""A proxy that spoils answers on command, between a client and the daemon: what shows that a check can
fail. Run inside the lab:

    mutate.py LISTEN_PORT DAEMON_PORT ADDRESS...

serves UDP and TCP at every ADDRESS and asks the daemon at the same one. A line on standard input is
the mutation from then on, NAME or NAME:ARGUMENT...; "none" passes on every octet. It is confirmed by
"ok". Markers (ID fffe) always pass.
"""
import asyncio
import socket
import sys

from message import A, AA, AD, CD, DO, IN, QR, RA, RD, TC, Z, Opt, Record, read

MARKER = b"\xff\xfe"


def flip(mask):
    def change(m):
        m.flags ^= mask
    return change


def rcode(m, value=None):
    m.flags = m.flags & ~15 | (int(value) if value else 0 if m.flags & 15 else 2)
    for opt in m.opts:
        opt.extended = 0


def case(m):
    m.questions = [(n.swapcase(), k, c) for n, k, c in m.questions]


def number(m):
    m.id ^= 1


def opcode(m):
    m.flags ^= 0x1000


def qtype(m):
    m.questions = [(n, k ^ 1, c) for n, k, c in m.questions]


def qname(m):
    m.questions = [("x" + n[1:], k, c) for n, k, c in m.questions]


def unask(m):
    m.questions = []


def opt_add(m, *_):
    m.opts.append(Opt())


def opt_drop(m):
    m.opts = []


def each_opt(change):
    def all_of_them(m, *arguments):
        for opt in m.opts:
            change(opt, *arguments)
    return all_of_them


def opt_version(opt):
    opt.version = 1


def opt_size(opt, size):
    opt.size = int(size)


def opt_do(opt):
    opt.flags ^= DO


def opt_z(opt):
    opt.flags ^= 1


def opt_clear(opt):
    opt.options = []


def opt_option(opt, code, data=""):
    opt.options.append((int(code), bytes.fromhex(data)))


def opt_data(opt):
    """Another code or value in the first option."""
    opt.options = [(c, bytes([d[0], d[1] ^ 0x55]) + d[2:]) if i == 0 and len(d) > 1 else (c, d)
                   for i, (c, d) in enumerate(opt.options)]


def stray(m):
    return Record("stray.example.net", A, 60, bytes(4), IN)


def add(m):
    m.answer.append(stray(m))


def add_authority(m):
    m.authority.append(stray(m))


def add_additional(m):
    m.additional.append(stray(m))


def drop_first(m):
    m.answer = m.answer[1:]


def drop_last(m):
    m.answer = m.answer[:-1]


def drop_type(m, kind):
    m.answer = [r for r in m.answer if r.type != int(kind)]
    m.authority = [r for r in m.authority if r.type != int(kind)]


def empty(m):
    m.answer = []


def no_authority(m):
    m.authority = []


def reverse(m):
    m.answer.reverse()


def ttl(m, value):
    for r in m.answer + m.authority:
        r.ttl = int(value)


def rdata(m):
    for r in (m.answer or m.authority)[:1]:
        r.rdata = r.rdata[:-1] + bytes([r.rdata[-1] ^ 1]) if r.rdata else b"\1"


def rdata_case(m):
    for r in m.answer:
        r.rdata = r.rdata.swapcase()


def owner(m):
    for r in (m.answer or m.authority)[:1]:
        r.owner = "x." + r.owner


def qclass(m):
    for r in m.answer[:1]:
        r.cls ^= 2


MESSAGE = {
    "id": number, "qr": flip(QR), "aa": flip(AA), "tc": flip(TC), "rd": flip(RD), "ra": flip(RA), "z": flip(Z),
    "ad": flip(AD), "cd": flip(CD), "opcode": opcode, "rcode": rcode, "case": case, "qname": qname, "qtype": qtype,
    "unask": unask, "opt-add": opt_add, "opt-drop": opt_drop, "opt-version": each_opt(opt_version),
    "opt-size": each_opt(opt_size), "do": each_opt(opt_do), "opt-z": each_opt(opt_z), "opt-clear": each_opt(opt_clear),
    "opt-option": each_opt(opt_option), "opt-data": each_opt(opt_data), "add": add, "add-authority": add_authority,
    "add-additional": add_additional, "drop-first": drop_first, "drop-last": drop_last, "drop-type": drop_type,
    "empty": empty, "no-authority": no_authority, "reverse": reverse, "ttl": ttl, "rdata": rdata,
    "rdata-case": rdata_case, "owner": owner, "class": qclass,
}


def octets(name, arguments, reply):
    """Mutations that need no message to be read."""
    if name == "cut":
        return reply[:-1]
    if name == "longer":
        return reply + bytes(int(arguments[0]))
    if name == "text":
        return reply.replace(arguments[0].encode(), arguments[1].encode())
    return None


class Mutator:
    """The mutation in force, and what it remembers."""

    def __init__(self):
        self.set("none")

    def set(self, text):
        self.name, *self.arguments = text.split(":")
        self.first = {}
        if self.name not in MESSAGE and self.name not in (
                "none", "cut", "longer", "text", "repeat", "answer", "recurse", "lose", "in-order"):
            raise SystemExit(f"no mutation {text}")

    def query(self, data):
        if self.name == "recurse" and len(data) > 2:
            return data[:2] + bytes([data[2] | 1]) + data[3:]
        return data

    def invent(self, data):
        """An answer where the daemon gave none."""
        return (data + bytes(12))[:2] + b"\x81\x80" + bytes(8) if self.name == "answer" else None

    def reply(self, data):
        if data[:2] == MARKER or self.name in ("none", "answer", "recurse", "lose", "in-order"):
            return data
        changed = octets(self.name, self.arguments, data)
        if changed is not None:
            return changed
        m = read(data)
        if self.name == "repeat":
            old = self.first.setdefault(str(m.questions).lower(), data)
            return data[:2] + old[2:]
        MESSAGE[self.name](m, *self.arguments)
        return m.build()


class Down(asyncio.DatagramProtocol):
    """Serves clients over UDP; each has a socket to the daemon."""

    def __init__(self, mutator, daemon):
        self.mutator, self.daemon, self.ups = mutator, daemon, {}

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        made = data[:2] != MARKER and self.mutator.invent(data)
        if made:
            self.transport.sendto(made, client)
            return
        if client not in self.ups:
            self.ups[client] = self.open(client)
        self.ups[client].send(self.mutator.query(data))

    def open(self, client):
        up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        up.bind((self.daemon[0], 0))
        up.connect(self.daemon)
        up.setblocking(False)
        asyncio.get_running_loop().add_reader(up, self.back, up, client)
        return up

    def back(self, up, client):
        self.transport.sendto(self.mutator.reply(up.recv(65535)), client)


async def frame(reader):
    size = await reader.readexactly(2)
    return await reader.readexactly(int.from_bytes(size, "big"))


def framed(data):
    return len(data).to_bytes(2, "big") + data


async def pump_up(client, daemon, mutator, order):
    """The client's questions. Octets that are no frame go on as they are when the client ends."""
    try:
        while True:
            data = await frame(client)
            order.append(data[:2])
            daemon.write(framed(mutator.query(data)))
    except asyncio.IncompleteReadError as e:
        daemon.write(e.partial)
    except OSError:
        pass
    if daemon.can_write_eof():
        daemon.write_eof()


async def pump_down(daemon, client, mutator, order):
    """The daemon's answers; in-order holds each until those asked before it are out; lose
    hangs up."""
    held = {}
    try:
        while mutator.name != "lose":
            data = await frame(daemon)
            held[data[:2]] = mutator.reply(data)
            ready = list(held) if mutator.name != "in-order" else []
            while mutator.name == "in-order" and order and order[0] in held:
                ready.append(order.pop(0))
            for key in ready:
                client.write(framed(held.pop(key)))
    except (asyncio.IncompleteReadError, OSError):
        pass
    client.close()


async def main():
    listen, port, *addresses = sys.argv[1:]
    mutator, servers = Mutator(), []

    def serve(address):
        async def serve_client(reader, writer):
            up_reader, up_writer = await asyncio.open_connection(address, int(port), local_addr=(address, 0))
            order = []
            await asyncio.gather(pump_up(reader, up_writer, mutator, order),
                                 pump_down(up_reader, writer, mutator, order))
            up_writer.close()
        return serve_client

    loop = asyncio.get_running_loop()
    for address in addresses:
        await loop.create_datagram_endpoint(lambda a=address: Down(mutator, (a, int(port))),
                                            local_addr=(address, int(listen)))
        servers.append(await asyncio.start_server(serve(address), address, int(listen), limit=1 << 17))
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ok", flush=True)
    while line := await reader.readline():
        mutator.set(line.decode().strip())
        print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
