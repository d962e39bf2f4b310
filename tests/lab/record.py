"""Reads the record: which questions each server was asked, by whom, how.

The files hold one JSON object a line, with the question's bytes in hex; the
name and type are read from those bytes.
"""
import fnmatch
import ipaddress
import json
import os
import struct
import sys
import time

import control
from ask import PROBE_OPTION
from world import PARTIES

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT",
         28: "AAAA", 33: "SRV", 35: "NAPTR", 39: "DNAME", 43: "DS", 44: "SSHFP", 46: "RRSIG",
         47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 64: "SVCB",
         65: "HTTPS", 252: "AXFR", 255: "ANY", 257: "CAA"}
PROBE = PROBE_OPTION.hex()


def text(label):
    """A label in presentation format (RFC 1035, 5.1)."""
    out = ""
    for byte in label:
        char = chr(byte)
        if char in '.\\"();@$':
            out += "\\" + char
        else:
            out += char if 0x21 <= byte <= 0x7E else f"\\{byte:03d}"
    return out


def question(message):
    """(name, type) of a message's question; ("?", "?") when it has none that can be read."""
    labels, at = [], 12
    try:
        while message[at]:
            size = message[at]
            if size > 63:
                return "?", "?"
            labels.append(text(message[at + 1:at + 1 + size]))
            at += 1 + size
        rtype, = struct.unpack_from("!H", message, at + 1)
    except (IndexError, struct.error):
        return "?", "?"
    return ".".join(labels) or ".", TYPES.get(rtype, f"TYPE{rtype}")


def row(party, line):
    raw = json.loads(line)
    name, rtype = question(bytes.fromhex(raw["query"]))
    client = raw.pop("client", None)
    if client is None:
        client = str(ipaddress.ip_address(bytes.fromhex(raw.pop("address"))))
    out = {"t": raw.pop("t"), "party": party, "client": client, "name": name, "type": rtype,
           "transport": raw.pop("transport")}
    return out | raw


def rows(state, parties=None):
    """All rows, by time."""
    out = []
    for party in PARTIES.values():
        path = f"{state}/record/{party.name}.jsonl"
        if not party.recorded or (parties and party.name not in parties) \
                or not os.path.exists(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as f:
            out += [row(party.name, line) for line in f
                    if line.endswith("}\n") and PROBE not in line]
    return sorted(out, key=lambda r: r["t"])


def matching(state, parties=None, since=0.0, name=None, client=None, rtype=None, transport=None):
    """The rows that fit: a name may be a pattern (*.example.com); a plain one is exact."""
    pattern = name.lower().rstrip(".") or "." if name is not None else None
    return [r for r in rows(state, parties)
            if r["t"] >= since
            and (pattern is None or fnmatch.fnmatchcase(r["name"].lower(), pattern))
            and (client is None or r["client"] == client)
            and (rtype is None or r["type"] == rtype.upper())
            and (transport is None or r["transport"] == transport)]


def wait(state, least, filters, seconds=3.0):
    """What matches once every server's questions are in, or once there are `least` rows."""
    end = time.monotonic() + seconds
    while True:
        missing = control.ask(state, do="flush")["missing"]
        found = matching(state, **filters)
        if least is None or len(found) >= least or time.monotonic() > end:
            if missing:
                print(f"lab: the record of {', '.join(missing)} may be incomplete",
                      file=sys.stderr)
            return found
        time.sleep(0.05)
