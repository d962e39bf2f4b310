"""`privacy: opportunistic`: when the network's own resolver is asked, when it must not be, and what is said of
its answers; judged by its record and by the packets."""
import json
import os
import subprocess

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import BUILD, Stubd
from lib.packets import Packets
from lib.resolvers import DESIGNATION, NetworkFile

AUTHORITIES = {"root", "tld", "leaf1", "leaf2"}
PROVIDERS = ("alpha", "beta")


def config(lab, *addresses, **more):
    """With the isp, by IPv4 alone, as the network's resolver."""
    return {"privacy": "opportunistic", "on_miss": ["providers", "network"],
            "providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
            **NetworkFile(lab, *(addresses or (lab.env["ISP4"],))).config(), **more}


def lose(lab, fault="kill"):
    for p in PROVIDERS:
        lab.fault(fault, p)


def asked(lab, party, **filters):
    return [r for r in lab.record(client="laptop", party=party, **filters) if r["name"] != DESIGNATION]


def label(lab):
    return f"answered by the network's own resolver {lab.env['ISP4']}, in plaintext"


def test_fallback(lab):
    """providers that cannot be reached: the network's resolver answers, and EDE, query, explain, status and the ledger say so"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "www.example.com").ede, None)
        equal(asked(lab, "isp"), [])
        lose(lab)
        for _ in range(2):      # the second is the cache's
            answer = dig(lab, "www.example.co.uk", "A", "+adflag")
            equal((answer.data("A"), answer.ede, answer.ede_text), (["192.0.2.141"], 0, label(lab)))
            true("ad" not in answer.flags, "nobody proved it")
        equal(dig(lab, "nx.example.com").status, "NXDOMAIN")
        names = {r["name"] for r in asked(lab, "isp")}
        equal(names, {"www.example.co.uk.", "nx.example.com."})
        code, text = stubd.ctl("query", "v4only.example.com")
        true(code == 0 and label(lab) in text and f"network {lab.env['ISP4']} by do53" in text, text)
        text = stubd.ctl("explain", "v6only.example.com")[1]
        true("2. network" in text or "1. network" in text, text)
        true(label(lab) in stubd.ctl("explain", "www.example.co.uk")[1], "explain of what is cached")
        status = stubd.status()
        equal(status["network"]["asked_for"], "public names")
        equal([u["name"] for u in status["network"]["asked"]], [f"network {lab.env['ISP4']}"])
        text = stubd.ctl("status")[1]
        true("the network's own resolvers (asked for public names)" in text, text)
        told = json.loads(stubd.ctl("--json", "providers", "--exposure")[1])
        equal(told["network_servers"]["network"]["queries"], len(asked(lab, "isp")))
        true(told["network_servers"]["network"]["domains"] in (1, 2), told)
        true("network's own" in stubd.ctl("providers", "--exposure")[1], "exposure")
    equal([r for r in lab.record(client="laptop") if r["party"] in AUTHORITIES], [], "recursion")


def test_validated(lab):
    """validated as ever: keys and delegations come from the network's resolver, too; AD is for what was proved, bogus is final"""
    lose(lab)
    with Stubd(lab, config(lab, dnssec="validate", on_miss=["providers", "network", "recurse"])) as stubd:
        answer = dig(lab, "www.example.com", "A", "+adflag")
        equal((answer.data("A"), "ad" in answer.flags, answer.ede_text), (["192.0.2.80"], True, label(lab)))
        answer = dig(lab, "www.insecure.org", "A", "+adflag")
        equal((answer.data("A"), "ad" in answer.flags, answer.ede_text), (["192.0.2.111"], False, label(lab)))
        equal((dig(lab, "www.bogus.org").status, dig(lab, "www.expired.org").ede), ("SERVFAIL", 7))
        true({"DNSKEY", "DS"} <= {r["type"] for r in asked(lab, "isp")}, "the chain of trust")
        told = json.loads(stubd.ctl("--json", "providers", "--exposure")[1])
        network = told["network_servers"]["network"]
        equal(network["queries"], len(asked(lab, "isp")))
        equal(network["chain"], len([r for r in asked(lab, "isp") if r["type"] in ("DNSKEY", "DS")]))
        equal(stubd.status()["counters"]["recursions"], 0)
    equal([r for r in lab.record(client="laptop") if r["party"] in AUTHORITIES], [], "recursion")


def test_never(lab):
    """a broken zone, a provider's refusal, its HTTP error or its garbage: the network's resolver is not asked"""
    crook = {"custom": [lab.providers["crook-doh"], lab.providers["alpha-doh"]]}
    with Stubd(lab, config(lab)):
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
        equal(dig(lab, "www.lame.org").status, "SERVFAIL")
    for number, fault in enumerate(("http500", "http429", "garbage", "wrong-type", "empty", "wrong-question")):
        lab.heal()
        lab.fault(fault, "crook")
        lab.fault("kill", "alpha")
        with Stubd(lab, config(lab, providers=crook)):
            equal(dig(lab, f"never{number}.load.example.com").status, "SERVFAIL", fault)
    equal(asked(lab, "isp"), [])


def test_no_downgrade(lab):
    """whatever becomes of the providers, no one of them is ever asked in plaintext: plain packets go to the network's resolver alone"""
    faults = ("kill", "refuse853", "reset", "blackhole", "stop")
    flows = []
    for number, fault in enumerate(faults):
        lose(lab, fault)
        with Packets(lab) as packets:
            with Stubd(lab, config(lab, on_miss=["providers", "network", "recurse"])):
                equal(dig(lab, f"plain{number}.load.example.com").status, "NOERROR", fault)
        flows += packets.flows
        lab.heal()
    plain = {f["to"] for f in flows if f["to"][1] == 53 and f["link"] != "lo"}
    equal(plain, {(lab.env["ISP4"], 53)})
    rows = [r for r in lab.record(client="laptop") if r["transport"] in ("udp", "tcp") and r["name"] != DESIGNATION]
    equal({r["party"] for r in rows}, {"isp"})
    names = {f"plain{i}.load.example.com." for i, f in enumerate(faults) if f != "refuse853"}
    equal({r["name"] for r in rows}, names, "alpha's DoH is not on port 853")


def test_recursion_behind(lab):
    """the network's resolver is lost, too: recursion answers, if on_miss has it; else the question fails and names all"""
    lose(lab)
    lab.fault("kill", "isp")
    with Stubd(lab, config(lab, on_miss=["providers", "network", "recurse"])):
        answer = dig(lab, "www.example.com")
        true(answer.data("A") == ["192.0.2.80"] and "local recursion" in answer.ede_text, answer)
    with Stubd(lab, config(lab)):
        answer = dig(lab, "www.example.co.uk")
        equal((answer.status, answer.ede), ("SERVFAIL", 23))
        true("alpha-doh" in answer.ede_text and f"network {lab.env['ISP4']}" in answer.ede_text, answer.ede_text)


def test_other_network(lab):
    """the network names another resolver, over IPv6 too, or none: from then on that one is asked, or nobody"""
    lose(lab)
    file = NetworkFile(lab)
    with Stubd(lab, {**config(lab), **file.config(), "on_miss": ["network"]}) as stubd:
        file.becomes(stubd)
        answer = dig(lab, "www.example.com")
        true(answer.status == "SERVFAIL" and "names no resolver" in answer.ede_text, answer)
        file.becomes(stubd, lab.env["ISP6"])
        true(lab.env["ISP6"] in dig(lab, "www.insecure.org").ede_text, "the isp by IPv6")
        file.becomes(stubd, lab.env["GAMMA4"])
        true(lab.env["GAMMA4"] in dig(lab, "www.insecure.org").ede_text, "what another network said is forgotten")
        equal({r["transport"] for r in asked(lab, "gamma")}, {"udp"})
        before = len(asked(lab, "isp"))
        file.becomes(stubd)
        equal(dig(lab, "www.example.co.uk").status, "SERVFAIL")
        equal(len(asked(lab, "isp")), before)
        true("event=network_servers servers=\"\"" in stubd.log(), "the log says so")


def test_portal(lab):
    """a captive portal's resolver: nothing of signed names is believed, and its tale is gone soon after the login"""
    lose(lab)
    lab.run("fault", "captive")
    with Stubd(lab, config(lab, dnssec="validate")) as stubd:
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
        lab.heal()
        becomes_true(lambda: dig(lab, "www.example.com").data("A") == ["192.0.2.80"], "the truth after the login")
        equal(stubd.status()["counters"]["recursions"], 0)
    with Stubd(lab, config(lab)):
        lose(lab)
        lab.run("fault", "captive")
        answer = dig(lab, "www.insecure.org")
        equal(answer.data("A"), ["192.0.2.1"])
        true(all(ttl <= 60 for _, ttl, _, _ in answer.records), answer.records)


def test_providers_back(lab):
    """while all providers are lost nobody waits for them, status warns; when one answers the network's resolver is left"""
    lose(lab)
    with Stubd(lab, config(lab)) as stubd:
        def warned():
            dig(lab, f"lost{warned.n}.load.example.com")
            warned.n += 1
            return any("answered by the network's own resolver" in w for w in stubd.status()["warnings"])
        warned.n = 0
        becomes_true(warned, "a warning that providers are lost")
        lab.heal()

        def back():
            back.n += 1
            return dig(lab, f"back{back.n}.load.example.com").ede is None
        back.n = 0
        becomes_true(back, "providers are back")
        before = len(asked(lab, "isp"))
        equal(dig(lab, "last.load.example.com").ede, None)
        equal(len(asked(lab, "isp")), before)


def test_plain_provider(lab):
    """a custom provider in plaintext is one of the person's own: asked as such, shown as plaintext"""
    with Stubd(lab, config(lab, providers={"custom": [lab.providers["isp"]]}, on_miss=["providers"])) as stubd:
        answer = dig(lab, "www.example.com")
        equal((answer.data("A"), answer.ede), (["192.0.2.80"], None))
        true("plaintext" in stubd.ctl("providers")[1], "shown")
        true("privacy is opportunistic" in stubd.ctl("status")[1], "warned")


# A resolver on the other end of up0 at a link-local address; it has one answer.
ROUTER = """
import socket, sys
link = socket.if_nametoindex("lap0")
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53, 0, link))
print("ready", flush=True)
while True:
    question, asker = s.recvfrom(4096)
    end = question.index(0, 12) + 5
    s.sendto(question[:2] + bytes.fromhex("81800001000100000000") + question[12:end]
             + bytes.fromhex("c00c000100010000003c0004c0000263"), asker)
"""


def test_link_local(lab):
    """a router that is known by its link-local address alone is asked through its link"""
    lose(lab)
    lab.output("ip", "addr", "add", "fe80::53/64", "dev", "lap0", "nodad", where="net", check=True)
    router = lab.spawn("python3", "-c", ROUTER, "fe80::53", where="net", stdout=subprocess.PIPE, text=True)
    try:
        equal(router.stdout.readline(), "ready\n")
        with Stubd(lab, config(lab, "fe80::53%up0")):
            answer = dig(lab, "www.insecure.org")
            equal(answer.data("A"), ["192.0.2.99"])
            true("fe80::53%" in answer.ede_text, answer.ede_text)
    finally:
        router.kill()
        router.wait()
        router.stdout.close()
        lab.output("ip", "addr", "del", "fe80::53/64", "dev", "lap0", where="net")


def test_refused(lab):
    """"network" under another privacy is an error that names the place and the mend"""
    stubd = Stubd(lab, config(lab, privacy="encrypted"))
    done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), "-n", "-c", stubd.file), env=lab.environment,
                          text=True, capture_output=True)
    equal(done.returncode, 1)
    true("/on_miss/1" in done.stderr and '"privacy": "opportunistic"' in done.stderr, done.stderr)
