"""Writes each server's configuration and says how it is started."""
import os
import string
import sys

from run import write
from world import CORE_PORT, CORP_ZONES, OUTGOING, PARTIES, ZONES
from zonefiles import corp_file, dotted, served_file

HERE = os.path.dirname(os.path.abspath(__file__))


def fill(template, values):
    with open(f"{HERE}/conf/{template}", encoding="utf-8") as f:
        return string.Template(f.read()).substitute(values)


def lines(*items):
    return "\n\t".join(items)


def nsd_zones(party):
    return "".join(f'zone:\n\tname: "{dotted(z)}"\n\tzonefile: "{served_file(z)}"\n'
                   for z, (server, _) in ZONES.items() if server == party.name)


def unbound_interfaces(party):
    if party.name == "core":
        return f"interface: {party.v4}@{CORE_PORT}"
    ports = {"udp": 53, "dot": 853, "doh": 443}
    return lines(*(f"interface: {a}@{port}" for a in party.addresses
                   for transport, port in ports.items() if transport in party.transports))


def unbound_zones(party, state):
    """The corporate server's own zones, which it answers from without asking anyone."""
    if party.name != "corp":
        return ""
    return "".join(f'auth-zone:\n\tname: "{z}."\n\tzonefile: "{state}/zones/{corp_file(z)}"\n'
                   "\tfor-downstream: no\n\tfor-upstream: yes\n\tfallback-enabled: no\n"
                   for z in CORP_ZONES)


def unbound_special(party, state):
    if party.name == "corp":                            # it serves its own zones and no more
        own = [f'local-zone: "{z}." transparent' for z in CORP_ZONES]
        return lines('local-zone: "." refuse', *own, "edns-tcp-keepalive: yes", "edns-tcp-keepalive-timeout: 3000")
    anchor = f'trust-anchor-file: "{state}/root.anchor"'
    return lines(f'root-hints: "{state}/root.hints"', "" if party.name == "isp" else anchor)


def values(party, state):
    """What the templates may name."""
    out = {"name": party.name, "state": state, "dir": f"{state}/{party.name}", "v4": party.v4,
           "v6": party.v6, "pki": f"{state}/pki", "record": f"{state}/record",
           "core_port": CORE_PORT}
    if party.kind == "nsd":
        out["interfaces"] = lines(*(f"ip-address: {a}" for a in party.addresses))
        out["zones"] = nsd_zones(party)
    if party.kind == "unbound":
        key = f"{state}/pki/{party.name}"
        outgoing = OUTGOING.get(party.name, party.addresses)
        out |= {"interfaces": unbound_interfaces(party), "zones": unbound_zones(party, state),
                "special": unbound_special(party, state),
                "modules": "iterator" if party.name in ("isp", "corp") else "validator iterator",
                "tls": lines(f'tls-service-key: "{key}.key"', f'tls-service-pem: "{key}.pem"')
                if party.host else "",
                "outgoing": lines(*(f"outgoing-interface: {a}" for a in outgoing)),
                "dnstap": "yes" if party.dnstap else "no"}
    return out


def command(party, state):
    """The server's command line; it stays in the foreground."""
    folder = f"{state}/{party.name}"
    return {"nsd": ["nsd", "-d", "-c", f"{folder}/nsd.conf"],
            "unbound": ["unbound", "-d", "-c", f"{folder}/unbound.conf"],
            "dnsdist": ["dnsdist", "--supervised", "--disable-syslog", "-C",
                        f"{folder}/dnsdist.lua"],
            "kresd": ["kresd", "-n", "-c", f"{folder}/kresd.lua", folder],
            "crook": [f"{state}/bin/crook", state, str(CORE_PORT), *party.addresses],
            "portal": [sys.executable, "-B", f"{HERE}/portal.py", state]}[party.kind]


def make(state):
    """Write every configuration."""
    os.makedirs(f"{state}/record", exist_ok=True)
    for party in PARTIES.values():
        folder = f"{state}/{party.name}"
        os.makedirs(folder, exist_ok=True)
        write(f"{state}/record/{party.name}.jsonl", "")
        template = {"nsd": "nsd.conf", "unbound": "unbound.conf", "dnsdist": "dnsdist.lua",
                    "kresd": "kresd.lua"}.get(party.kind)
        if template:
            write(f"{folder}/{template}", fill(template, values(party, state)))


def commands(state):
    return {p.name: command(p, state) for p in PARTIES.values()}
