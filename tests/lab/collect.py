"""Gathers the record: dnstap streams into record/PARTY.jsonl, and knows when all is in.

dnsdist, kresd and crook write their files themselves, before they answer.
unbound and NSD hold dnstap back for up to a second or some dozens of events; so
a flush asks them marker questions, enough of them to fill those buffers, and
waits until one asked now comes out.  Markers never reach the record.
"""
import asyncio
import contextlib
import os

import dnstap
import netns
from ask import query
from world import CORE_PORT, PARTIES

MARK = b"\x06marker\x03lab\x00"
BURST, PAUSE = 120, 0.01                # several bursts fill what any of them holds back
PATIENCE = 3.0


class Collector:
    """All dnstap streams and the files they go to."""

    def __init__(self, state):
        self.folder = f"{state}/record"
        self.files, self.sockets, self.servers = {}, {}, []
        self.round = 0
        self.waiting = {}               # (party name, marker it has to show) → event

    async def start(self):
        loop = asyncio.get_running_loop()
        for net in ("net", "corp"):
            self.sockets[net] = netns.udp_socket(net)
        for party in PARTIES.values():
            if party.dnstap:
                self.files[party.name] = open(self.path(party), "a", encoding="ascii")
                self.servers.append(await loop.create_unix_server(
                    lambda p=party: self.receiver(p), f"/run/lab/{party.name}.dnstap"))

    def receiver(self, party):
        return dnstap.Receiver(lambda batch: self.take(party, batch), MARK,
                               lambda frame: self.marked(party, frame))

    def path(self, party):
        return f"{self.folder}/{party.name}.jsonl"

    def take(self, party, batch):
        """A batch of questions from one server's stream."""
        out = self.files[party.name]
        out.write("".join(f'{{"t":{when:.6f},"address":"{address.hex()}",'
                          f'"transport":"{transport}","query":"{message.hex()}"}}\n'
                          for when, address, transport, message in batch))
        out.flush()

    def marked(self, party, frame):
        for (name, marker), event in self.waiting.items():
            if name == party.name and marker in frame:
                event.set()

    async def flush(self, parties):
        """Returns the names of those whose marker did not come in time."""
        self.round += 1
        marker = f"{self.round}.marker.lab"
        wire = query(marker)
        seen = await asyncio.gather(*(self.mark(p, wire) for p in parties))
        return [p.name for p, ok in zip(parties, seen) if not ok]

    async def mark(self, party, wire):
        marker = wire[12:].split(MARK)[0] + MARK
        event = self.waiting[party.name, marker] = asyncio.Event()
        port = CORE_PORT if party.local else 53
        end = asyncio.get_running_loop().time() + PATIENCE
        while not event.is_set() and asyncio.get_running_loop().time() < end:
            self.burst(party, wire, port)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(event.wait(), PAUSE)
        del self.waiting[party.name, marker]
        return event.is_set()

    def burst(self, party, wire, port):
        s = self.sockets[party.net]
        try:
            for _ in range(BURST):
                s.sendto(wire, (party.v4, port))
            while True:
                s.recv(512)             # the answers are of no interest
        except OSError:
            pass

    def clear(self):
        """Forget all questions so far; the writers append, so they go on at the start."""
        for party in PARTIES.values():
            if party.recorded:
                os.truncate(self.path(party), 0)
