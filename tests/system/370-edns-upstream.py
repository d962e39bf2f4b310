"""EDNS towards plain servers: given up for nothing but FORMERR without OPT (RFC 6891, section 7; the
flag days of 2019 and 2020)."""
import json

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.conform import Author
from lib.daemon import Stubd
from lib.network import move, network


def config(lab):
    return {"privacy": "opportunistic",
            "providers": {"custom": [{"name": "author", "url": f"dns://{lab.env['CROOK4']}"}]}}


def asked(author, upto):
    """What the author was asked in plain until that name: (first label, transport, with EDNS)."""
    rows = []
    while True:
        row = json.loads(author.line())
        equal(row["size"], 1232 if row["edns"] else 0, "the size that is said upwards (RFC 9715)")
        rows.append((row["name"].partition(".")[0], row["transport"], row["edns"]))
        if row["name"] == upto:
            return rows


def test_old_server(lab):
    """a server from before EDNS is asked twice once, and then as it wants it"""
    with Author(lab) as author, Stubd(lab, config(lab)):
        for name in ("old.a.author.org", "old.b.author.org", "count.c.author.org"):
            equal(dig(lab, name).status, "NOERROR", name)
        equal(asked(author, "count.c.author.org"),
              [("old", "udp", True), ("old", "udp", False), ("old", "udp", False), ("count", "udp", False)])


def test_another_network(lab):
    """that a server is from before EDNS is forgotten with the network: in the next one it may be another"""
    with network(lab), Author(lab) as author, Stubd(lab, config(lab)) as stubd:
        for name in ("old.a.author.org", "count.b.author.org"):
            equal(dig(lab, name).status, "NOERROR", name)
        equal(asked(author, "count.b.author.org"), [("old", "udp", True), ("old", "udp", False), ("count", "udp", False)])
        before = stubd.status()["epoch"]["number"]
        move(lab)
        becomes_true(lambda: stubd.status()["epoch"]["number"] > before, "a new epoch")
        equal(dig(lab, "old.c.author.org").status, "NOERROR")
        equal(asked(author, "old.c.author.org"), [("old", "udp", True)])
        equal(asked(author, "old.c.author.org"), [("old", "udp", False)])


def test_refusal_with_opt(lab):
    """FORMERR with OPT says nothing of EDNS: it fails, and EDNS goes on"""
    with Author(lab) as author, Stubd(lab, config(lab)):
        equal(dig(lab, "choosy.a.author.org").status, "SERVFAIL")
        equal(dig(lab, "count.b.author.org").status, "NOERROR")
        rows = asked(author, "count.b.author.org")
        true(all(edns for _, _, edns in rows), rows)


def test_silence(lab):
    """a server that is silent where there is EDNS has no answer got from it, and is not asked without"""
    with Author(lab) as author, Stubd(lab, config(lab)):
        answer = dig(lab, "mute.a.author.org")
        equal((answer.status, answer.ede), ("SERVFAIL", 23))
        equal(dig(lab, "count.b.author.org").status, "NOERROR")
        rows = asked(author, "count.b.author.org")
        true(all(edns for _, _, edns in rows) and len(rows) > 1, rows)


def test_truncated(lab):
    """what does not fit is asked for over TCP, with EDNS"""
    with Author(lab) as author, Stubd(lab, config(lab)):
        equal(dig(lab, "cut-off.a.author.org").data("A"), ["192.0.2.2"])
        equal(asked(author, "cut-off.a.author.org"), [("cut-off", "udp", True)])
        equal(asked(author, "cut-off.a.author.org"), [("cut-off", "tcp", True)])


def test_encrypted(lab):
    """an encrypted provider is never asked without EDNS, whatever it says"""
    with Author(lab), Stubd(lab, {"providers": {"custom": [lab.providers["crook-dot"]]}}):
        equal(dig(lab, "old.a.author.org").status, "SERVFAIL")
        said = dig(lab, "seen.b.author.org", "TXT").data("TXT")
        true(said and "options=11.12" in said[0], said)
