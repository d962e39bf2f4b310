"""Client subnets (RFC 7871) where a provider has `ecs: pass`: who is told of them, and who gets which answer."""
import os
import re
import tempfile

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.conform import HOST, PORT, Author, Check, ask, can_fail, conforms
from lib.daemon import Stubd
from lib.message import A, ECS, FORMERR, NOERROR, Opt
from lib.resolvers import NetworkFile

UNBOUND_PORT = 5377
UNBOUND = """
server:
	interface: 127.0.0.1
	port: {port}
	username: ""
	chroot: ""
	directory: "{folder}"
	pidfile: ""
	use-syslog: no
	logfile: "{folder}/unbound.log"
	do-not-query-localhost: no
	module-config: "subnetcache iterator"
	send-client-subnet: {author}
	client-subnet-always-forward: yes
	qname-minimisation: no
	max-client-subnet-ipv4: 24
	local-zone: "author.org." transparent
forward-zone:
	name: "author.org."
	forward-addr: {author}
remote-control:
	control-enable: no
"""


def config(lab, *names, ecs="pass", **more):
    first = {**lab.providers[names[0]], "ecs": ecs}
    return {"providers": {"custom": [first, *(lab.providers[n] for n in names[1:])]}, **more}


def subnet(lab, name, network=None, **more):
    """Asks for that network; returns the last number of the address, and the subnet that came back."""
    answer = dig(lab, name, "A", *([f"+subnet={network}"] if network else []), **more)
    told = re.search(r"CLIENT-SUBNET: (\S+)", answer.text)
    data = answer.data("A")
    return int(data[0].rsplit(".", 1)[1]) if data else answer.status, told and told[1]


def option(query):
    """The value of the client subnet option of a query; None: there is none."""
    rest = query[query.index(b"\x00\x00\x29") + 11:]
    while rest:
        code, length = int.from_bytes(rest[:2], "big"), int.from_bytes(rest[2:4], "big")
        if code == ECS:
            return rest[4:4 + length].hex()
        rest = rest[4 + length:]
    return None


def told(lab, label, party="crook"):
    rows = [bytes.fromhex(r["query"]) for r in lab.record(party=party) if r["name"].startswith(label)]
    true(all(len(query) % 128 == 0 for query in rows), "padded")
    return [option(query) for query in rows]


def test_bytes(lab):
    """what leaves: a program's subnet to who has `pass`, at most 24 or 56 bits of it; of who tells none, none"""
    for transport in ("doh", "dot"):
        with Stubd(lab, config(lab, f"crook-{transport}")):
            for label, network, value in (("four", "198.51.100.0/24", "00011800c63364"),
                                          ("host", "198.51.100.77", "00011800c63364"),
                                          ("short", "198.48.0.0/13", "00010d00c630"),
                                          ("six", "2001:db8:1:2::/64", "0002380020010db8000100"),
                                          ("nobody", "0.0.0.0/0", "00010000"), ("none", None, None)):
                subnet(lab, f"{label}-{transport}.load.example.com", network)
                equal(told(lab, f"{label}-{transport}"), [value], f"{label} {transport}")


def test_others(lab):
    """only who has `pass` is told: not the next provider, not a split server, nor in what the validator asks"""
    split = [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]
    with Stubd(lab, config(lab, "crook-doh", "alpha-dot", split=split, dnssec="validate")):
        equal(dig(lab, "first.load.example.com", "A", "+subnet=198.51.100.0/24").status, "NOERROR")
        equal(dig(lab, "intranet.corp.example", "A", "+subnet=198.51.100.0/24").data("A"), ["10.7.0.20"])
        equal(told(lab, "first"), ["00011800c63364"])
        rows = [r for r in lab.record(party="crook") if r["type"] in ("DS", "DNSKEY")]
        equal({option(bytes.fromhex(r["query"])) for r in rows}, {None})
        lab.fault("http500", "crook")
        equal(dig(lab, "second.load.example.com", "A", "+subnet=198.51.100.0/24").status, "NOERROR")
        lab.heal("crook")
    for party, label in (("alpha", "second"), ("corp", "intranet")):
        (row,) = [r for r in lab.record(party=party) if r["name"].startswith(label)]
        true(b"\0\x08\0\7\0\1" not in bytes.fromhex(row["query"]), row)


def test_plain(lab):
    """a plain resolver of the network is not told, when it answers in the place of who has `pass`"""
    lab.fault("kill", "crook")
    with Stubd(lab, config(lab, "crook-doh", privacy="opportunistic", on_miss=["providers", "network"],
                           **NetworkFile(lab, lab.env["ISP4"]).config())):
        equal(dig(lab, "third.load.example.com", "A", "+subnet=198.51.100.0/24").status, "NOERROR")
    (row,) = [r for r in lab.record(party="isp") if r["name"].startswith("third")]
    equal(option(bytes.fromhex(row["query"])), None, row)


def test_scopes(lab):
    """an answer is given to those for whom it is, and to nobody else"""
    with Author(lab), Stubd(lab, config(lab, "crook-dot")):
        for name, asked in {
                "near-16.a.author.org": [("198.51.100.0/24", 1, 16), ("198.51.7.0/24", 1, 16), ("198.52.7.0/24", 2, 16),
                                         (None, 3, None), ("198.51.100.0/24", 1, 16), (None, 3, None),
                                         ("198.51.0.0/16", 1, 16), ("198.0.0.0/8", 4, 8), ("198.52.9.0/24", 2, 16),
                                         ("198.1.1.0/24", 4, 8), ("2001:db8::/56", 5, 16), ("0.0.0.0/0", 6, 0),
                                         ("0.0.0.0/0", 6, 0)],
                "near-32.a.author.org": [("198.51.100.0/24", 1, 24), ("198.51.100.9/32", 1, 24),
                                         ("198.51.101.0/24", 2, 24)],
                "near-0.a.author.org": [("198.51.100.0/24", 1, 0), ("203.0.113.0/24", 1, 0), (None, 1, None),
                                        ("0.0.0.0/0", 1, 0)],
                "near-none.a.author.org": [("198.51.100.0/24", 1, 0), ("203.0.113.0/24", 1, 0), (None, 1, None)],
                "near-0.b.author.org": [(None, 1, None), ("198.51.100.0/24", 2, 0), (None, 1, None)]}.items():
            for i, (network, number, scope) in enumerate(asked):
                got, back = subnet(lab, name, network)
                equal((got, back and back.rsplit("/", 1)[1]), (number, None if scope is None else str(scope)),
                      f"{name}, question {i + 1}, {network}")
                if network and "/" in network:
                    equal(back.rsplit("/", 1)[0], network)


def test_wrong_answers(lab):
    """an answer for another subnet, or with a broken one, is none"""
    with Author(lab), Stubd(lab, config(lab, "crook-dot")):
        for kind in ("near-other", "near-broken"):
            answer = dig(lab, f"{kind}.a.author.org", "A", "+subnet=198.51.100.0/24")
            equal(answer.status, "SERVFAIL", kind)
            true("another subnet" in answer.ede_text, answer)
            equal(dig(lab, f"{kind}.a.author.org").status, "NOERROR", "nobody else suffers")


def test_validated(lab):
    """validated answers have the scope of what the provider said"""
    with Author(lab), Stubd(lab, config(lab, "crook-dot", dnssec="validate")) as stubd:
        equal(stubd.ctl("nta", "add", "author.org", "1h")[0], 0)    # org proves that there is no such zone
        equal(subnet(lab, "near-16.v.author.org", "198.51.100.0/24"), (1, "198.51.100.0/24/16"))
        equal(subnet(lab, "near-16.v.author.org", "198.51.7.0/24"), (1, "198.51.7.0/24/16"))
        equal(subnet(lab, "near-16.v.author.org", "198.52.7.0/24"), (2, "198.52.7.0/24/16"))
        for i in range(4):
            equal(subnet(lab, "near-alias.v.author.org", f"198.51.{i}.0/24"), (i + 1, f"198.51.{i}.0/24/24"))
        # Together: the validator is asked the same for each of them at the same time.
        digs = [lab.spawn("dig", "@127.0.0.1", "-p", "5300", "+tries=1", "+timeout=6", "+short",
                          f"+subnet=198.51.{i}.0/24", "near-24.w.author.org", text=True, stdout=-1) for i in range(8)]
        equal(sorted(p.communicate(timeout=20)[0].strip() for p in digs), [f"192.0.2.{i + 1}" for i in range(8)])


def test_unbound(lab):
    """the same with unbound's subnet module between: it takes what it is asked, and its scopes are heeded"""
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder, Author(lab):
        os.chmod(folder, 0o777)
        file = os.path.join(folder, "unbound.conf")
        with open(file, "w", encoding="ascii") as f:
            f.write(UNBOUND.format(port=UNBOUND_PORT, folder=folder, author=lab.env["CROOK4"]))
        unbound = lab.spawn("unbound", "-d", "-c", file, where="net")
        try:
            becomes_true(lambda: "flags:" in lab.output("dig", "@127.0.0.1", "-p", str(UNBOUND_PORT), "+tries=1",
                                                        "+timeout=1", "ready.author.org", where="net"), "it serves")
            lab.fault("from", str(UNBOUND_PORT), "crook")
            with Stubd(lab, config(lab, "crook-doh")):
                equal(subnet(lab, "near-16.u.author.org", "198.51.100.0/24"), (1, "198.51.100.0/24/16"))
                equal(subnet(lab, "near-16.u.author.org", "198.51.7.0/24"), (1, "198.51.7.0/24/16"))
                equal(subnet(lab, "near-16.u.author.org", "198.52.7.0/24"), (2, "198.52.7.0/24/16"))
            equal(told(lab, "near-16.u"), ["00011800c63364", "00011800c63407"])
        finally:
            unbound.kill()
            unbound.wait()


def opt(*values):
    return {"opt": [Opt(options=[(ECS, bytes.fromhex(v)) for v in values])]}


def broken(value):
    return ask("www.example.com", A, **opt(value))


def is_formerr(r):
    return r.rcode == FORMERR


CHECKS = [
    *(Check("RFC 7871, 7.1", f"{what} is FORMERR", broken(value), is_formerr, "rcode") for what, value in (
        ("a subnet without its fixed part", "000118"), ("an address that is too short", "00011800c633"),
        ("one that is too long", "00011800c6336400"), ("bits behind the prefix", "00011700c63365"),
        ("a scope in a question", "00011818c63364"), ("a prefix longer than addresses are", "00012100c633640100"),
        ("another family", "00031800c63364"))),
    Check("RFC 7871, 7.1", "so are two of them", ask("www.example.com", A, **opt(
        "00011800c63364", "00011800c63364")), is_formerr, "rcode"),
    Check("RFC 7871, 7.2.1", "what is good comes back with a scope", broken("00011800c63364"),
          lambda r: r.rcode == NOERROR and r.opt.get(ECS) == bytes.fromhex("00011800c63364"), "opt-clear"),
    Check("RFC 7871, 7.2.1", "also where an answer is for everybody", ask("localhost", A, **opt("00011800c63364")),
          lambda r: r.opt.get(ECS) == bytes.fromhex("00011800c63364"),
          "opt-clear"),
    Check("RFC 7871, 7.2.1", "and not to who does not tell one", ask("www.example.com", A, **opt()),
          lambda r: r.opt.get(ECS) is None, "opt-option:8:00010000"),
]


def reached(lab, ecs="pass"):
    return config(lab, "alpha-doh", ecs=ecs, listen=[f"127.0.0.1:{PORT}", f"{lab.env[HOST]}:{PORT}"],
                  allow=[f"{lab.env[HOST]}/32"])


def test_conforms(lab):
    """the option in clients' questions is read, and answered, as the RFC says"""
    conforms(lab, reached(lab), CHECKS)


def test_can_fail(lab):
    """each of these checks finds a fault that is planted"""
    can_fail(lab, reached(lab), CHECKS)


def test_off(lab):
    """where no provider has `pass` a subnet, even a broken one, is ignored"""
    conforms(lab, reached(lab, "off"), [
        Check("RFC 6891, 6.1.2", "an option that is not in use means nothing", broken(value),
              lambda r: r.rcode == NOERROR and r.opt.get(ECS) is None, "rcode")
        for value in ("00011800c63364", "000118", "00031818c63364")])
