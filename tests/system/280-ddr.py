"""The network's own resolver by its encrypted ways (DDR, RFC 9462): what is proved, what is labelled, what is
refused; judged by the servers' records, their connections, and the packets."""
import contextlib

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.network import move, network
from lib.resolvers import DESIGNATION, NetworkFile

DOT, DOH = "alpn=dot", "alpn=h2 key7=/dns-query{?dns}"


def designate(lab, party, *ways, ttl=60):
    """The party answers with these records, by priority."""
    lab.fault("says", "; ".join(f"{DESIGNATION} {ttl} IN SVCB {n} {way}" for n, way in enumerate(ways, 1)), party)


def config(lab, *addresses, **more):
    return {"privacy": "opportunistic", "on_miss": ["network"], "providers": {"custom": []},
            **NetworkFile(lab, *addresses).config(), **more}


class Trusting(Stubd):
    """The lab's authority is one of the system's."""

    def __init__(self, lab, *rest):
        super().__init__(lab, *rest)
        self.wrap = ["env", f"SSL_CERT_FILE={lab.env['LAB_CA']}"]


def told(lab, party, name="*.load.example.com"):
    """By which transports a party was asked for names."""
    return {r["transport"] for r in lab.record(client="laptop", party=party, name=name)}


def own(stubd):
    return stubd.status()["network"]["asked"]


def label(address, how):
    return f"answered by the network's own resolver {address}, {how}"


PLAIN, PROVED = "in plaintext", "encrypted and proved"
UNPROVED = "encrypted, but nobody proved who it is"
count = 0


def ask(lab, wanted, server, how):
    """A name that nobody has asked for: its address, and what is said of who gave it."""
    global count
    count += 1
    answer = dig(lab, f"ddr{count}.load.example.com")
    equal((answer.data("A"), answer.ede, answer.ede_text), ([wanted], 0, label(server, how)))


LOAD = "192.0.2.82"


def test_proved(lab):
    """a resolver whose designated one has its address in the certificate is asked there, from the first question on"""
    for way, transport in ((DOT, "dot"), (DOH, "doh"), (f"{DOT} ipv4hint=192.0.2.11", "dot")):
        designate(lab, "alpha", f"dns.alpha.example. {way}")
        lab.forget()
        with Trusting(lab, config(lab, lab.env["ALPHA4"])) as stubd:
            ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
            ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
            equal(told(lab, "alpha"), {transport})
            plain = [(r["name"], r["type"]) for r in lab.record(client="laptop", party="alpha") if r["transport"] == "udp"]
            equal(plain[0], (DESIGNATION, "SVCB"))
            true(set(plain) <= {(DESIGNATION, "SVCB"), ("dns.alpha.example.", "A")}, plain)
            row = own(stubd)[0]
            equal((row["transport"], row["encrypted"], row["proved"], row["designation"]), (transport, True, True, ""))
            text = stubd.ctl("status")[1]
            true("plaintext" not in text.split("own resolvers")[1].split("\n\n")[0], text)
            true("found=proved" in stubd.log(), stubd.log())


def test_elsewhere(lab):
    """the designated one may be at another address, with the first one's in its certificate; IPv6 too"""
    designate(lab, "alpha", f"dns.alpha.example. {DOH} ipv6hint={lab.env['ALPHA6']}")
    with Trusting(lab, config(lab, lab.env["ALPHA4"])):
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        rows = lab.record(client="laptop", party="alpha", name="*.load.example.com")
        equal({(r["transport"], r["client"]) for r in rows}, {("doh", lab.env["LAPTOP6"])})
    with Trusting(lab, config(lab, lab.env["ALPHA6"])):
        ask(lab, LOAD, lab.env["ALPHA6"], PROVED)


@contextlib.contextmanager
def crook_is_plain(lab):
    """crook has no plain DNS of its own: at its address the isp answers that, and designates crook."""
    lab.output("nft", "-f", "-", where="net", check=True, input=f"""
        table inet crookdns {{
            chain pre {{ type nat hook prerouting priority -100;
                ip daddr {lab.env['CROOK4']} udp dport 53 dnat ip to {lab.env['ISP4']}
                ip6 daddr {lab.env['CROOK6']} udp dport 53 dnat ip6 to {lab.env['ISP6']}
            }}
        }}
        """)
    try:
        yield
    finally:
        lab.output("nft", "delete", "table", "inet", "crookdns", where="net")


def test_headers(lab):
    """the host of DoH requests is the resolver's own address, and TLS has no server name (RFC 9462, 6.3)"""
    designate(lab, "isp", f"dns.crook.example. {DOH} ipv4hint={lab.env['CROOK4']}")
    with crook_is_plain(lab):
        for server, authority in ((lab.env["CROOK4"], lab.env["CROOK4"]), (lab.env["CROOK6"], f"[{lab.env['CROOK6']}]")):
            lab.forget()
            with Trusting(lab, config(lab, server)):
                ask(lab, LOAD, server, PROVED)
                row = lab.record(client="laptop", party="crook", name="*.load.example.com")[0]
                equal([dict(row["headers"])[k] for k in (":authority", ":path", ":method")],
                      [authority, "/dns-query", "POST"])


def test_certificates(lab):
    """a public resolver that cannot prove who it is is asked in plaintext, and labelled so; nothing goes to who failed"""
    designate(lab, "isp", f"dns.crook.example. {DOT} ipv4hint={lab.env['CROOK4']}",
              f"dns.crook.example. {DOH} ipv4hint={lab.env['CROOK4']}")
    faults = {"wrong-name": "mismatch", "expired": "expired", "self-signed": "self"}
    with crook_is_plain(lab):
        for fault, word in faults.items():
            lab.fault(fault, "crook")
            with Trusting(lab, config(lab, lab.env["CROOK4"])) as stubd:
                ask(lab, LOAD, lab.env["CROOK4"], PLAIN)
                row = own(stubd)[0]
                equal((row["encrypted"], row["proved"]), (False, False))
                true(word in row["designation"], row["designation"])
                true(row["designation"] in stubd.ctl("status")[1], "shown")
        # No authority that anybody trusts.
        lab.heal("crook")
        with Stubd(lab, config(lab, lab.env["CROOK4"])) as stubd:
            ask(lab, LOAD, lab.env["CROOK4"], PLAIN)
        # A good certificate, but of somebody else: the isp's address is not in it.
        with Trusting(lab, config(lab, lab.env["ISP4"])) as stubd:
            ask(lab, LOAD, lab.env["ISP4"], PLAIN)
            true("address mismatch" in own(stubd)[0]["designation"], own(stubd)[0])
    equal(told(lab, "crook"), set())


def test_private(lab):
    """at a private address an unproved one is used if it is the very same address, and labelled so everywhere"""
    rule = {"on_miss": ["network"]}
    designate(lab, "corp", f"dns.corp.example. {DOT}")
    with Stubd(lab, config(lab, lab.env["CORP4"], **rule)) as stubd:
        answer = dig(lab, "intranet.corp.example")
        equal((answer.data("A"), answer.ede_text), (["10.7.0.20"], label(lab.env["CORP4"], UNPROVED)))
        equal(told(lab, "corp", "intranet.corp.example"), {"dot"})
        row = own(stubd)[0]
        equal((row["transport"], row["encrypted"], row["proved"]), ("dot", True, False))
        for command in ("status", "providers"):
            true(UNPROVED in stubd.ctl(command)[1], stubd.ctl(command)[1])
        true("found=unproved" in stubd.log(), stubd.log())
    lab.forget()
    with Trusting(lab, config(lab, lab.env["CORP4"], **rule)) as stubd:
        equal(dig(lab, "intranet.corp.example").ede_text, label(lab.env["CORP4"], PROVED))
        equal(own(stubd)[0]["proved"], True)
    # Elsewhere it would have to prove itself.
    designate(lab, "corp", f"dns.alpha.example. {DOT} ipv4hint={lab.env['ALPHA4']}")
    with Stubd(lab, config(lab, lab.env["CORP4"], **rule)):
        equal(dig(lab, "intranet.corp.example").ede_text, label(lab.env["CORP4"], PLAIN))
    equal(told(lab, "alpha", "*.corp.example"), set())


def test_nobody(lab):
    """one that designates nobody, or nonsense, or whom nobody listens for, is asked in plaintext; the isp's word is asked for once"""
    for ways, word in (((), "nobody"), (("dns.alpha.example. alpn=h3",), "nobody"),
                       (("dns.alpha.example. mandatory=key999 alpn=dot key999=x",), "nobody"),
                       (("dns.alpha.example. alpn=dot port=4433 ipv4hint=192.0.2.11",), "refused")):
        if ways:
            designate(lab, "isp", *ways)
        lab.forget()
        with Trusting(lab, config(lab, lab.env["ISP4"])) as stubd:
            for _ in range(3):
                ask(lab, LOAD, lab.env["ISP4"], PLAIN)
            equal(len(lab.record(client="laptop", party="isp", name=DESIGNATION)), 1, str(ways))
            becomes_true(lambda: word in own(stubd)[0]["designation"], f"{word} in {own(stubd)[0]}")


def test_need(lab):
    """nobody is asked for it before the network's resolver is needed"""
    designate(lab, "alpha", f"dns.alpha.example. {DOT}")
    both = config(lab, lab.env["ALPHA4"], on_miss=["providers", "network"],
                  providers={"custom": [lab.providers["beta-doh"]]})
    with Trusting(lab, both) as stubd:
        equal(dig(lab, "need1.load.example.com").ede, None)
        equal(lab.record(client="laptop", party="alpha"), [])
        lab.fault("kill", "beta")
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        equal(told(lab, "alpha"), {"dot"})
        true(own(stubd)[0]["proved"], "proved")
    for privacy in ("encrypted", "strict"):
        lab.forget()
        with Trusting(lab, {**both, "privacy": privacy, "on_miss": ["providers"]}):
            equal(dig(lab, f"{privacy}.load.example.com").status, "SERVFAIL")
            equal(lab.record(client="laptop", party="alpha"), [])


def test_no_downgrade(lab):
    """one that was found encrypted is not asked in plaintext again, whatever becomes of it: the next one, or nobody"""
    designate(lab, "alpha", f"dns.alpha.example. {DOT} ipv4hint={lab.env['ALPHA4']}")
    with Trusting(lab, config(lab, lab.env["ALPHA4"], lab.env["ISP4"])) as stubd:
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        for fault in ("block853", "refuse853", "reset853"):
            lab.run("heal", "alpha")
            designate(lab, "alpha", f"dns.alpha.example. {DOT}")
            lab.fault(fault, "alpha")
            ask(lab, LOAD, lab.env["ISP4"], PLAIN)
        equal(told(lab, "alpha"), {"dot"})
    lab.heal()
    designate(lab, "alpha", f"dns.alpha.example. {DOT}")
    lab.forget()
    with Trusting(lab, config(lab, lab.env["ALPHA4"])) as stubd:
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        lab.fault("refuse853", "alpha")
        answer = dig(lab, "nobody.load.example.com")
        equal(answer.status, "SERVFAIL")
        true(f"network {lab.env['ALPHA4']}" in answer.ede_text, answer.ede_text)
        equal(told(lab, "alpha"), {"dot"})


def test_silence(lab):
    """who does not answer for it, or does not finish a handshake, delays nobody for long"""
    designate(lab, "isp", f"dns.alpha.example. {DOT} ipv4hint={lab.env['ALPHA4']}")
    lab.fault("stop", "alpha")
    with Trusting(lab, config(lab, lab.env["ISP4"])):
        ask(lab, LOAD, lab.env["ISP4"], PLAIN)
    lab.heal()
    lab.fault("blackhole", "isp")
    with Trusting(lab, config(lab, lab.env["ISP4"], lab.env["GAMMA4"])):
        ask(lab, LOAD, lab.env["GAMMA4"], PLAIN)


def test_other_network(lab):
    """in another network all is found out anew"""
    designate(lab, "alpha", f"dns.alpha.example. {DOT}")
    file = NetworkFile(lab, lab.env["ALPHA4"])
    with Trusting(lab, {**config(lab, lab.env["ALPHA4"]), **file.config()}) as stubd:
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        file.becomes(stubd, lab.env["GAMMA4"])
        ask(lab, LOAD, lab.env["GAMMA4"], PLAIN)
        file.becomes(stubd, lab.env["ALPHA4"])
        ask(lab, LOAD, lab.env["ALPHA4"], PROVED)
        # The same address, but a network where it designates nobody.
        lab.heal("alpha")
        before = stubd.status()["epoch"]["number"]
        with network(lab):
            move(lab)
            becomes_true(lambda: stubd.status()["epoch"]["number"] > before, "another network")
            ask(lab, LOAD, lab.env["ALPHA4"], PLAIN)
