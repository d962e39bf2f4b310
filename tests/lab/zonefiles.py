"""Builds the lab's zones: contents, delegations, keys, signatures.

A zone's text is a header (SOA, NS), what zones/ZONE.zone says, and NS, glue and
DS for every child zone in world.ZONES.  kinds.py says how each is signed.
"""
import contextlib
import hashlib
import os
import re
import shutil
import time

import attacks
from dnssec import ds
from kinds import KINDS
from run import run, side_by_side, write
from world import CORP_ZONES, NAME_OF, PARTIES, ZONES, nameserver, parent

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
    """What the zone says of itself: the file, for example.com the large answers, and attacks.py's."""
    path = f"{HERE}/zones/{stem(zone)}.zone"
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            text = f.read()
    if zone == "example.com":
        text += big_text("big1", 8, 240) + big_text("big4", 24, 240)
    return text + attacks.contents(zone)


def delegations(zone, parents_say, secure):
    """The children's NS and DS: of those with a DS, or of those without."""
    return "".join(f"{dotted(child)} NS {nameserver(child)}.\n" + "".join(parents_say[child])
                   for child in ZONES
                   if child != "." and parent(child) == zone and bool(parents_say[child]) == secure)


def glue(zone):
    """The root's; the others need none."""
    servers = [PARTIES[s] for s in ("root", "tld") if zone == "."]
    return "".join(f"{NAME_OF[p.name]}. A {p.v4}\n{NAME_OF[p.name]}. AAAA {p.v6}\n"
                   for p in servers)


def kind_of(zone):
    return KINDS[ZONES[zone][1] if zone in ZONES else CORP_ZONES[zone]]


def make_keys(folder, zone):
    """Returns the zone's key files' stems and its keys' RDATA, the KSKs first."""
    kind = kind_of(zone)
    stems = [run("ldns-keygen", *flags, "-a", kind.algorithm, zone, cwd=folder).strip()
             for flags in kind.ksks * [["-k"]] + kind.zsks * [[]]]
    keys = []
    for name in stems:
        with open(f"{folder}/{name}.key", encoding="ascii") as f:
            keys.append(f.read().partition("\tDNSKEY\t")[2])
    return stems, keys


def sign(folder, zone, stems, keys, unseen="", source=None):
    """Make ZONE.signed from ZONE.zone; what is `unseen` has no part in the denial of existence."""
    kind = kind_of(zone)
    source = source or stem(zone)
    now = int(time.time())
    first, last = (str(now + days * DAY) for days in kind.days)
    out = f"{folder}/{source}.signed"
    run("ldns-signzone", *kind.options, "-i", first, "-e", last, "-o", dotted(zone), "-f", out,
        f"{source}.zone", *stems[kind.gone:], cwd=folder)
    with open(out, encoding="ascii") as f:
        text = re.sub(" ;{.*", "", f.read())            # what ldns has to say of the keys
    write(out, kind.after(text, keys) + unseen)


def served_file(zone):
    """The file's name, relative to the zones folder, that the server reads."""
    return f"{stem(zone)}.{'signed' if KINDS[ZONES[zone][1]].signed else 'zone'}"


def write_anchors(state, key):
    """The root's key and address, in the forms that resolvers and delv read."""
    line = ds(".", key)
    root = PARTIES["root"]
    write(f"{state}/root.anchor", line)
    tag, algorithm, digest_type, digest = line.split("\t")[3].split()
    write(f"{state}/root.delv", "trust-anchors {\n"
          f'\t. static-ds {tag} {algorithm} {digest_type} "{digest}";\n}};\n')
    write(f"{state}/root.hints", f". 3600000 NS {NAME_OF['root']}.\n"
          f"{NAME_OF['root']}. 3600000 A {root.v4}\n{NAME_OF['root']}. 3600000 AAAA {root.v6}\n")


def corp_file(zone):
    """The file's name, relative to the zones folder, that the corporate server reads."""
    return f"corp-{zone}.{'signed' if kind_of(zone).signed else 'zone'}"


def build_corp(state, folder):
    """The corporate zones; and the keys of the signed ones that no zone above vouches for."""
    keys = {z: make_keys(folder, z) for z in CORP_ZONES if kind_of(z).signed}
    anchors = ""
    for zone in CORP_ZONES:
        text = HEADER.format(origin=dotted(zone), ns="dns.corp.example") + contents(zone)
        for child in keys:
            if child.partition(".")[2] == zone and zone in keys:
                text += f"{child}. NS dns.corp.example.\n" + "".join(ds(child, keys[child][1][0]))
        write(f"{folder}/corp-{zone}.zone", text)
        if zone in keys:
            sign(folder, zone, *keys[zone], source=f"corp-{zone}")
            if zone.partition(".")[2] not in keys:
                anchors += ds(zone, keys[zone][1][0])
    write(f"{state}/corp.anchor", anchors)


def build(state):
    """Write all zones, and what is known of the root."""
    folder = f"{state}/zones"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    signed = [z for z, (_, kind) in ZONES.items() if KINDS[kind].signed]
    made = dict(zip(signed, side_by_side([lambda z=z: make_keys(folder, z) for z in signed])))
    keys = {z: made[z][1] if z in made else [] for z in ZONES}
    parents_say = {z: KINDS[kind].ds(z, keys[z]) for z, (_, kind) in ZONES.items()}
    unseen = {}
    for zone, (_, kind) in ZONES.items():
        text = HEADER.format(origin=dotted(zone), ns=nameserver(zone)) + contents(zone) \
            + delegations(zone, parents_say, True) + glue(zone)
        insecure = delegations(zone, parents_say, False)
        unseen[zone] = insecure if kind == "optout" else ""
        text += "" if kind == "optout" else insecure
        write(f"{folder}/{stem(zone)}.zone", KINDS[kind].before(text, keys[zone]))
    side_by_side([lambda z=z: sign(folder, z, *made[z], unseen[z]) for z in signed])
    build_corp(state, folder)
    write_anchors(state, keys["."][0])


def recipe():
    """A digest of all that the zones are made from."""
    files = [f"{HERE}/{f}" for f in ("world.py", "attacks.py", "kinds.py", "dnssec.py", "zonefiles.py")]
    sha = hashlib.sha256()
    for path in files + sorted(f"{HERE}/zones/{f}" for f in os.listdir(f"{HERE}/zones")):
        with open(path, "rb") as f:
            sha.update(f.read())
    return sha.hexdigest()


def make(state):
    """Build the zones, unless the folder has them of the same recipe and not half a day old:
    the dates in the signatures are relative to the day."""
    stamp, wanted = f"{state}/zones/stamp", recipe()
    with contextlib.suppress(OSError), open(stamp, encoding="ascii") as f:
        if f.read() == wanted and 0 <= time.time() - os.stat(stamp).st_mtime < DAY / 2:
            return
    build(state)
    write(stamp, wanted)
