"""Split horizon: corporate names to corporate servers, nothing else to anybody else."""
from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd


def config(lab, rule, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
            "split": [rule], **more}


def corp(lab, **more):
    return {"domains": ["corp.example", "10.7.0.0/16", "www.example.com"], "servers": [lab.env["CORP4"]],
            "link": "tun0", **more}


def test_names(lab):
    """corporate names, its own version of a public name and its reverse zone come from its server"""
    with Stubd(lab, config(lab, corp(lab))):
        equal(dig(lab, "intranet.corp.example").data("A"), ["10.7.0.20"])
        equal(dig(lab, "www.example.com").data("A"), ["10.7.0.80"])
        true(dig(lab, "53.0.7.10.in-addr.arpa", "PTR").data("PTR"), "the reverse zone of 10.7.0.0/16")
        equal(dig(lab, "nx.corp.example").status, "NXDOMAIN")
        equal(dig(lab, "mail.example.com").data("A"), ["192.0.2.25"])
    equal({r["name"] for r in lab.record(client="laptop") if r["party"] == "corp"},
          {"intranet.corp.example.", "www.example.com.", "53.0.7.10.in-addr.arpa.", "nx.corp.example."})
    for row in lab.record(name="www.example.com."):
        true(row["party"] == "corp", f"the split name at {row['party']}")


def test_dot_server(lab):
    """a split server is asked over DoT, its certificate verified by the rule's CA; without: refused"""
    rule = corp(lab, servers=[f"tls://{lab.env['CORP4']}#{lab.env['CORP_HOST']}"], ca_file=lab.env["LAB_CA"])
    with Stubd(lab, config(lab, rule)):
        equal(dig(lab, "intranet.corp.example").data("A"), ["10.7.0.20"])
    equal([(r["party"], r["transport"]) for r in lab.record(name="intranet.corp.example.")], [("corp", "dot")])
    lab.forget()
    for why, wrong in (("certificate", {"ca_file": None}),
                       ("host name", {"servers": [f"tls://{lab.env['CORP4']}#dns.other.example"]})):
        with Stubd(lab, config(lab, {**rule, **wrong})):
            answer = dig(lab, "intranet.corp.example")
            true(answer.status == "SERVFAIL" and why in answer.ede_text, repr(answer))
    equal(lab.record(name="intranet.corp.example."), [])


def test_crossing_chains(lab):
    """a CNAME from a corporate into a public name, and back, is decided again at each step"""
    rule = {"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}
    with Stubd(lab, config(lab, rule)):
        for _ in range(2):
            out = dig(lab, "portal.corp.example")
            equal([r[2] for r in out.records], ["CNAME", "A"])
            equal(out.data("A"), ["192.0.2.80"])
            back = dig(lab, "tocorp.example.com")
            equal(back.data("A"), ["10.7.0.20"])
    equal({r["party"] for r in lab.record(name="intranet.corp.example.", client="laptop")}, {"corp"})
    equal({r["party"] for r in lab.record(name="tocorp.example.com.", client="laptop")}, {"alpha"})


def test_closed(lab):
    """a corporate server that is silent, or a link that is not there, fails closed and says why"""
    with Stubd(lab, config(lab, corp(lab), on_miss=["providers", "recurse"])):
        lab.fault("blackhole", "corp")
        answer = dig(lab, "intranet.corp.example")
        equal(answer.status, "SERVFAIL")
        true(answer.ede is not None and answer.ede_text, "the reason is told")
    lab.heal("corp")
    with Stubd(lab, config(lab, corp(lab, link="tun9"), on_miss=["providers", "recurse"])):
        answer = dig(lab, "intranet.corp.example")
        equal(answer.status, "SERVFAIL")
        true("tun9" in answer.ede_text, f"the missing link is named: {answer.ede_text}")
    public = [r for r in lab.record(client="laptop") if r["party"] != "corp" and "corp." in r["name"]]
    equal(public, [])


def test_order_of_servers(lab):
    """the second server answers when the first is silent"""
    rule = corp(lab, servers=["10.7.0.99", lab.env["CORP4"]], timeout="300ms")
    with Stubd(lab, config(lab, rule)):
        equal(dig(lab, "intranet.corp.example").data("A"), ["10.7.0.20"])
        equal(dig(lab, "wiki.corp.example").data("A"), ["10.7.0.21", "10.7.0.22"])


def test_special_names(lab):
    """special-use names are answered here and never leave"""
    names = {"localhost": "NOERROR", "a.localhost": "NOERROR", "x.test": "NXDOMAIN", "x.invalid": "NXDOMAIN",
             "x.onion": "NXDOMAIN", "printer.local": "NXDOMAIN", "x.home.arpa": "NXDOMAIN",
             "_dns.resolver.arpa": "NOERROR", "1.1.168.192.in-addr.arpa": "NXDOMAIN", "dotless": "NXDOMAIN"}
    with Stubd(lab, {"providers": {"custom": [lab.providers["alpha-doh"]]}}):
        for name, status in names.items():
            equal(dig(lab, name).status, status, name)
        equal(dig(lab, "localhost").data("A"), ["127.0.0.1"])
        equal(dig(lab, "localhost", "AAAA").data("AAAA"), ["::1"])
    equal(lab.record(client="laptop"), [])
