"""Local recursion is bounded: zones made to turn one question into many do not; and it is minimal: no
server learns more of a name than it must."""
import os
import re
import sys
import time

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd
from lib.lab import ROOT
from lib.packets import Packets

sys.path.append(os.path.join(ROOT, "tests", "lab"))
from attacks import SILENT      # noqa: E402

AUTHORITIES = ("root", "tld", "leaf1", "leaf2")
RECURSE = {"on_miss": ["recurse"], "dnssec": "validate", "providers": {"custom": []}}
DISTINCT, RATE = 200, 100
GIVES_UP = 18   # seconds; libunbound has then done all that it does for a name
# What one question may cost the authorities together, keys and their own servers' addresses included;
# and what each of many may, when those are known. About twice of what was seen; of the lame, what three
# questions to each of four addresses come to.
NXNS, NXNS_EACH = 50, 40
TSUNAME, TSUNAME_EACH = 20, 4
LOOP, LOOP_EACH = 20, 4
CHAIN = 50
LAME, LAME_EACH = 24, 15
SILENCE, SILENCE_EACH = 80, 20


def asked(lab):
    """What the authorities were asked by the laptop, once nothing more comes."""
    before = None
    while True:
        rows = [r for r in lab.record(client="laptop") if r["party"] in AUTHORITIES]
        if before == len(rows):
            return rows
        before = len(rows)
        time.sleep(0.3)


def neighbour(lab, number):
    """Not of a signed zone, where one wildcard proved answers for all names (RFC 8198)."""
    equal(dig(lab, f"near{number}.load.insecure.org").data("A"), ["192.0.2.112"], "a neighbour")


def fails(lab, name):
    """In time: dig waits 6 s, the daemon 4.5."""
    answer = dig(lab, name)
    equal(answer.status, "SERVFAIL", name)
    true(answer.ede is not None and "recursion" in answer.ede_text, f"{name}: EDE says why: {answer}")


def one(lab, name, most):
    """One question, in a recursion that knows the neighbourhood and nothing of the zone."""
    lab.forget()
    fails(lab, name)
    rows = asked(lab)
    print(f"  {name}: {len(rows)} questions, at most {most}")
    true(len(rows) <= most, f"{name}: {len(rows)} questions: {[(r['party'], r['name'], r['type']) for r in rows]}")
    neighbour(lab, name.split(".")[0])


def many(lab, names, each):
    """Many names at a steady rate: each costs no more than so much, and neighbours are answered."""
    lab.forget()
    load = Load(lab, names, RATE)
    number = 0
    while load.process.poll() is None:
        neighbour(lab, f"{names[0].replace('.', '')}{number}")
        number += 1
    load.finish()
    near = [r for r in asked(lab) if "near" in r["name"]]
    rows = [r for r in asked(lab) if "near" not in r["name"]]
    print(f"  {len(names)} like {names[0]}: {len(rows)} questions, {len(rows) / len(names):.1f} each, "
          f"at most {each}; {number} neighbours answered meanwhile for {len(near)}")
    equal((load.lost, load.rcodes), (0, {"SERVFAIL": len(names)}), names[0])
    true(number > 0, "a neighbour was asked meanwhile")
    true(len(rows) <= each * len(names), f"{len(rows)} questions for {len(names)}")


def test_nxns(lab):
    """NXNSAttack: a delegation to 64 name servers that do not exist; and 200 of them"""
    with Stubd(lab, RECURSE):
        neighbour(lab, "first")
        one(lab, "www.d0.nxns.org", NXNS)
        many(lab, [f"w.d{i}.nxns.org" for i in range(1, DISTINCT + 1)], NXNS_EACH)


def test_tsuname(lab):
    """TsuNAME: two zones whose only name servers are in each other"""
    with Stubd(lab, RECURSE):
        neighbour(lab, "first")
        one(lab, "www.tsuname1.org", TSUNAME)
        one(lab, "www.tsuname2.org", TSUNAME)
        many(lab, [f"w{i}.tsuname{i % 2 + 1}.org" for i in range(DISTINCT)], TSUNAME_EACH)


def test_cname(lab):
    """CNAMEs in a circle through two zones, and a chain of seventeen"""
    with Stubd(lab, RECURSE):
        neighbour(lab, "first")
        one(lab, "loop.insecure.org", LOOP)
        one(lab, "loop.example.co.uk", LOOP)
        one(lab, "loop1.example.com", LOOP)
        one(lab, "long0.insecure.org", CHAIN)
        many(lab, [f"l{i}.circle.insecure.org" for i in range(DISTINCT)], LOOP_EACH)


def test_lame(lab):
    """all servers of a zone refuse"""
    with Stubd(lab, RECURSE):
        neighbour(lab, "first")
        one(lab, "www.lame.org", LAME)
        one(lab, "www.lames.org", LAME)
        many(lab, [f"w{i}.lames.org" for i in range(DISTINCT)], LAME_EACH)


def silence(lab, names):
    """Neighbours are answered until libunbound has given up all of these names."""
    started, number = time.monotonic(), 0
    load = Load(lab, names, RATE)
    while time.monotonic() - started < GIVES_UP + len(names) / RATE:
        neighbour(lab, f"{len(names)}silence{number}")
        number += 1
        time.sleep(0.2)
    load.finish()
    equal((load.lost, load.rcodes), (0, {"SERVFAIL": len(names)}), names[0])
    print(f"  {number} neighbours answered meanwhile")


def test_silence(lab):
    """thirteen servers of a zone, all silent: counted on the link, until libunbound has given up"""
    with Stubd(lab, RECURSE), Packets(lab) as packets:
        fails(lab, "www.silent.org")
        silence(lab, ["www.silent.org"])
    sent = len(packets.questions(*SILENT))
    print(f"  www.silent.org: {sent} questions, at most {SILENCE}")
    true(0 < sent <= SILENCE, f"{sent} questions to the silent")


def test_silence_of_many(lab):
    """the same for 200 names"""
    with Stubd(lab, RECURSE), Packets(lab) as packets:
        silence(lab, [f"w{i}.silent.org" for i in range(DISTINCT)])
    sent = len(packets.questions(*SILENT))
    print(f"  {DISTINCT} like w0.silent.org: {sent} questions, {sent / DISTINCT:.1f} each, at most {SILENCE_EACH}")
    true(0 < sent <= SILENCE_EACH * DISTINCT, f"{sent} questions to the silent")


# Who serves which zones (tests/lab/world.py); the one below them that is cut off two labels further down; and
# the names that are in no zone of their own.
SERVED = {"root": ["."], "tld": ["com.", "org.", "net.", "uk.", "co.uk.", "example.", "arpa.", "in-addr.arpa.", "."],
          "leaf1": ["example.com.", "."]}
CUTS = ("18.198.in-addr.arpa.",)
SERVERS = re.compile(r"((a\.)?(root-servers|nic)|(ns[12]\.)?hosts)\.net\.")
DEEP = ("one.two.three.wild.example.com TXT", "my.secret.host.plain.example.com A", "a.b.wild.example.co.uk MX",
        "a.b.load.insecure.org HTTPS", "my.own.printer.no-such-tld A", "very.private.no-such-domain.org A",
        "very.private.no-such-domain.uk TXT", "deep.in.no-such-domain.com AAAA", "x.y.www.dead.org A",
        "80.0.18.198.in-addr.arpa PTR", "_443._tcp.www.example.com TLSA", "x.example.com DS")


def labels(name):
    return 0 if name == "." else name.count(".")


def beyond(row):
    """How many labels the name has beyond the zone that its server would refer from, or answer in."""
    name = row["name"].lower()
    zone = next(z for z in sorted(SERVED[row["party"]], key=labels, reverse=True)
                if z == "." or name == z or name.endswith("." + z))
    return labels(name) - labels(zone)


def test_minimised(lab):
    """root and TLD see one label more than they serve, and never the type that was asked; no telemetry"""
    with Stubd(lab, RECURSE):
        for question in DEEP:
            dig(lab, *question.split())
    rows = asked(lab)
    above = [r for r in rows if r["party"] in ("root", "tld") and not SERVERS.fullmatch(r["name"].lower())]
    true(len(above) > 10, "root and TLD were asked")
    shown = [(r["party"], r["name"], r["type"]) for r in above if beyond(r) > 1 and r["name"] not in CUTS]
    equal(shown, [], "names shown to those above")
    equal({r["type"] for r in above} - {"A", "AAAA", "NS", "DS", "DNSKEY"}, set(), "types shown to those above")
    # RFC 9156 section 2.3 for a zone that is not a TLD: its child's secrets are none of its own.
    equal([r["name"] for r in rows if r["party"] == "leaf1" and "secret" in r["name"]], [])
    equal([r["name"] for r in rows if r["name"].startswith("_ta-")], [], "telemetry (RFC 8145)")
    print(f"  {len(above)} questions to root and TLD for {len(DEEP)} names")


def test_ports(lab):
    """source ports and IDs are random: neither repeats, neither is a row"""
    with Stubd(lab, RECURSE), Packets(lab) as packets:
        Load(lab, [f"port{i}.load.insecure.org" for i in range(100)], RATE).finish()
    sent = packets.questions()
    true(len(sent) >= 100, f"{len(sent)} questions were captured")
    for what, seen in (("ports", [f["from"][1] for f in sent]),
                       ("IDs", [int.from_bytes(f["payload"][:2], "big") for f in sent])):
        steps = {b - a for a, b in zip(seen, seen[1:])}
        print(f"  {what}: {len(set(seen))} of {len(seen)} are distinct, from {min(seen)} to {max(seen)}")
        true(len(set(seen)) >= len(seen) * 0.95, f"{what} repeat: {sorted(seen)}")
        true(len(steps) >= len(seen) * 0.9 and max(seen) - min(seen) > 1 << 15, f"{what} are a row: {seen}")
