"""The lab's first process: owns the namespaces, the servers, the record, the faults.

`lab up` starts it below unshare(1) in network, mount and pid namespaces of its
own.  As pid 1 of the last one it takes everything with it when it ends, however
it ends.  It listens on control.sock in the state folder; a request is one JSON
line {"do": VERB, ...}, the answer another, and each method `do_VERB` is one verb.

    supervisor.py STATE READY_FD
"""
import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import sys

import collect
import delay
import filter as packets
import netns
import servers
from control import SOCKET
from run import LabError, PATH, run, write
from server import Server
from world import PARTIES, env

NETWORK_FAULTS = ("blackhole", "reset", "block853", "refuse853", "reset853", "loss", "delay", "captive")
PROCESS_FAULTS = ("kill", "stop")
SAYS = "says"


def private_files(state):
    """/run and /etc/resolv.conf of the lab's own.  (/proc stays: pids are the machine's.)"""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "lab", "/run")
    os.makedirs("/run/lab")
    target = os.path.realpath("/etc/resolv.conf")
    write(f"{state}/resolv.conf", f"nameserver {PARTIES['isp'].v4}\n")
    if target.startswith("/run/"):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write(target, "")
    if os.path.exists(target):
        run("mount", "--bind", f"{state}/resolv.conf", target)


class Lab:
    """Everything that is up."""

    def __init__(self, state):
        self.state = state
        commands = servers.commands(state)
        self.servers = {n: Server(p, state, commands[n]) for n, p in PARTIES.items()}
        self.faults = {}                                # {party: {fault: value}}
        self.collector = collect.Collector(state)
        self.delays = delay.Relays()
        self.over = asyncio.Event()

    # The verbs.

    async def do_status(self, request):
        pids = machine_pids() if request.get("pids") else {}
        return {"parties": {n: {"pid": pids.get(s.pid), "state": s.state(),
                                "faults": self.faults.get(n, {})}
                            for n, s in self.servers.items()},
                "nets": [os.stat(netns.path(n)).st_ino for n in netns.NAMES]}

    async def do_flush(self, _):
        """Wait until every question asked so far is in the record."""
        listening = [s.party for s in self.servers.values()
                     if s.party.dnstap and s.state() == "running"]
        return {"missing": await self.collector.flush(listening)}

    async def do_clear(self, request):
        answer = await self.do_flush(request)
        self.collector.clear()
        packets.clear_connections()
        return answer

    async def do_conns(self, request):
        return packets.connections(self.party(request))

    async def do_fault(self, request):
        fault, value = request["fault"], request.get("value")
        if fault in ("delay", "slow") and value is None:
            raise LabError(f"{fault} by how many milliseconds? (lab fault {fault} MS)")
        if fault == "captive":
            request["party"] = "portal"
        if fault not in NETWORK_FAULTS + PROCESS_FAULTS + (SAYS,):
            return self.crook_fault(fault, value, request.get("party"))
        party = self.party(request)
        if fault == SAYS:
            self.servers[party.name].says(value)
        await self.do_flush(request)                    # a dead server keeps what it had to say
        self.faults.setdefault(party.name, {})[fault] = value
        if fault in PROCESS_FAULTS:
            getattr(self.servers[party.name], fault)()
        self.settle()
        if fault == "reset":
            packets.reset_connections(party)
        return {}

    async def do_heal(self, request):
        """Undo all faults of one party, or of all; says whom to wait for."""
        names = [request["party"]] if request.get("party") else list(self.faults)
        healed = [n for n in names if self.faults.pop(self.party({"party": n}).name, None)]
        self.settle()
        for name in healed:
            self.servers[name].heal()
        return {"healed": healed}

    async def do_ready(self, request):
        """The probe found these parties (or all) to answer."""
        for name in request["parties"] or list(PARTIES):
            if PARTIES[name].kind == "unbound":
                self.servers[name].no_delay()
        return {}

    async def do_down(self, _):
        self.over.set()
        return {}

    # Their helpers.

    def crook_fault(self, fault, value, party):
        """One at a time; "ok" is none."""
        if party not in (None, "crook"):
            raise LabError(f"{party} has no fault {fault}")
        self.servers["crook"].crook_mode(fault, value)
        others = {f: v for f, v in self.faults.get("crook", {}).items()
                  if f in NETWORK_FAULTS + PROCESS_FAULTS}
        self.faults["crook"] = others | ({} if fault == "ok" else {fault: value})
        return {}

    def party(self, request):
        party = PARTIES.get(request.get("party") or "")
        if not party or party.local:
            known = ", ".join(n for n, p in PARTIES.items() if not p.local)
            raise LabError(f"which party? not {request.get('party')}; there are {known}")
        return party

    def settle(self):
        """Make the packet filter and the delay relays match the faults."""
        packets.apply(self.faults)
        self.delays.settle({n: f["delay"] for n, f in self.faults.items() if "delay" in f})

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            line = await reader.readline()
            if line:                                    # an empty one only asks for our pid
                try:
                    request = json.loads(line)
                    answer = await getattr(self, "do_" + request["do"])(request)
                except LabError as e:
                    answer = {"error": str(e)}
                except Exception as e:                  # noqa: say it rather than hang
                    answer = {"error": f"supervisor: {e!r}"}
                writer.write((json.dumps(answer) + "\n").encode())
                await writer.drain()
        writer.close()

    def reap(self):
        """Collect dead children: our servers, and orphans, as pid 1 must."""
        for server in self.servers.values():
            server.poll()
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                for server in self.servers.values():
                    server.reaped(pid, status)

    async def run(self, ready):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self.reap)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(sig, self.over.set)
        netns.build()
        packets.build()
        await self.collector.start()
        for server in self.servers.values():
            server.start()
        await asyncio.start_unix_server(self.serve, SOCKET)
        os.write(ready, b"up\n")
        os.close(ready)
        await self.over.wait()


def machine_pids():
    """{pid in here: pid on the machine} of every process of this pid namespace."""
    ours = os.readlink("/proc/self/ns/pid")
    out = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):              # processes come and go
            if os.readlink(f"/proc/{name}/ns/pid") != ours:
                continue
            with open(f"/proc/{name}/status", encoding="ascii", errors="replace") as f:
                found = re.search(r"^NSpid:.*\s(\d+)$", f.read(), re.MULTILINE)
            if found:
                out[int(found[1])] = int(name)
    return out


def main():
    state, ready = sys.argv[1], int(sys.argv[2])
    os.environ.update(env(state), PATH=PATH)
    os.chdir(state)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        private_files(state)
        asyncio.run(Lab(state).run(ready))
    except (LabError, OSError) as e:
        os.write(ready, f"{e}\n".encode())
        sys.exit(1)
    with contextlib.suppress(OSError):
        os.unlink(SOCKET)
    os._exit(0)                                         # the kernel ends the rest


if __name__ == "__main__":
    main()
