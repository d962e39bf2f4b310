"""Builds the lab's zones: contents, delegations, keys, signatures.

A zone's text is a header (SOA, NS), what zones/ZONE.zone says, and NS, glue and
DS for every child zone in world.ZONES.  The root has a KSK and a ZSK, the other
signed zones one key each; all are ECDSA P-256.
"""
import os
import re
import time

from run import run, side_by_side, write
from world import CORP_ZONES, NAME_OF, PARTIES, ZONES, parent

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = 86400
HEADER = """$ORIGIN {origin}
$TTL 3600
@ SOA {ns}. hostmaster.{ns}. 1 7200 900 604800 300
@ NS {ns}.
"""


def stem(zone):
    return "root" if zone == "." else zone


def dotted(zone):
    return zone if zone == "." else zone + "."


def big_text(name, records, size):
    """TXT records of `size` bytes of text each, to outgrow a datagram."""
    return "".join(f'{name} TXT "{n:02d} {"x" * (size - 3)}"\n' for n in range(records))


def contents(zone):
    """What the zone says of itself: the file, and for example.com the large answers."""
    path = f"{HERE}/zones/{stem(zone)}.zone"
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
    if zone == "example.com":
        text += big_text("big1", 8, 240) + big_text("big4", 24, 240)
    return text


def delegations(zone, ds):
    out = ""
    for child, (server, _) in ZONES.items():
        if child != "." and parent(child) == zone:
            out += f"{dotted(child)} NS {NAME_OF[server]}.\n" + "".join(ds.get(child, []))
    if zone == ".":                                     # glue: the rest needs none
        for server in ("root", "tld"):
            p = PARTIES[server]
            out += f"{NAME_OF[server]}. A {p.v4}\n{NAME_OF[server]}. AAAA {p.v6}\n"
    return out


def make_keys(folder, zone):
    """Returns the zone's key files' stems and its DS lines."""
    def keygen(*flags):
        return run("ldns-keygen", *flags, "-a", "ECDSAP256SHA256", stem_for_tool,
                   cwd=folder).strip()
    stem_for_tool = zone
    keys = [keygen("-k")] + ([keygen()] if zone == "." else [])
    with open(f"{folder}/{keys[0]}.ds", encoding="ascii") as f:
        return keys, f.readlines()


def damage(text):
    """Change one character of every signature but the DNSKEY's."""
    def other(m):
        return m[1] + ("A" if m[2] != "A" else "B")
    return re.sub(r"(\tRRSIG\t(?!DNSKEY)(?:\S+ ){8}\S{20})(\S)", other, text)


def sign(folder, zone, how, keys):
    """Make ZONE.signed from ZONE.zone."""
    name = f"{stem(zone)}.zone"
    first, last = -1 * DAY, 60 * DAY
    if how == "expired":
        first, last = -31 * DAY, -1 * DAY
    now = int(time.time())
    extra = {"nsec3": ["-n", "-t", "0"], "optout": ["-n", "-t", "0", "-p"]}.get(how, [])
    run("ldns-signzone", *extra, "-i", str(now + first), "-e", str(now + last), "-o", dotted(zone),
        "-f", f"{stem(zone)}.signed", name, *keys, cwd=folder)
    if how == "bogus":
        with open(f"{folder}/{stem(zone)}.signed", encoding="ascii") as f:
            text = f.read()
        write(f"{folder}/{stem(zone)}.signed", damage(text))


def served_file(zone):
    """The file's name, relative to the zones folder, that the server reads."""
    return f"{stem(zone)}.{'zone' if ZONES[zone][1] == 'unsigned' else 'signed'}"


def make(state):
    """Write all zones, root.hints and root.anchor into the state folder."""
    folder = f"{state}/zones"
    os.makedirs(folder, exist_ok=True)
    signed = [z for z, (_, how) in ZONES.items() if how != "unsigned"]
    made = dict(zip(signed, side_by_side([lambda z=z: make_keys(folder, z) for z in signed])))
    ds = {z: lines for z, (_, lines) in made.items()}
    for zone, (server, _) in ZONES.items():
        header = HEADER.format(origin=dotted(zone), ns=NAME_OF[server])
        write(f"{folder}/{stem(zone)}.zone", header + contents(zone) + delegations(zone, ds))
    side_by_side([lambda z=z: sign(folder, z, ZONES[z][1], made[z][0]) for z in signed])
    for zone in CORP_ZONES:
        header = HEADER.format(origin=dotted(zone), ns="dns.corp.example")
        write(f"{folder}/corp-{zone}.zone", header + contents(zone))
    root = PARTIES["root"]
    write(f"{state}/root.anchor", "".join(ds["."]))
    write(f"{state}/root.hints", f". 3600000 NS {NAME_OF['root']}.\n"
          f"{NAME_OF['root']}. 3600000 A {root.v4}\n{NAME_OF['root']}. 3600000 AAAA {root.v6}\n")
