"""stubctl over the control socket."""
import json

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd


def config(lab):
    return {"providers": {"custom": [lab.providers["alpha-doh"], lab.providers["beta-dot"]]},
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}]}


def test_query(lab):
    """query asks the daemon; NXDOMAIN is exit 1"""
    with Stubd(lab, config(lab)) as stubd:
        code, text = stubd.ctl("query", "www.example.com", "AAAA")
        true(code == 0 and "2001:db8:2::80" in text, text)
        equal(stubd.ctl("query", "nx.example.com")[0], 1)
        code, text = stubd.ctl("--json", "query", "www.example.com")
        equal(code, 0)
        true("192.0.2.80" in json.dumps(json.loads(text)), text)


def test_explain(lab):
    """explain names rule, view, stages, candidates, cache state; live: upstream, age, timings"""
    with Stubd(lab, config(lab)) as stubd:
        code, text = stubd.ctl("explain", "www.example.com")
        true(code == 0 and "alpha-doh" in text and "beta-dot" in text and "providers" in text, text)
        code, text = stubd.ctl("explain", "wiki.corp.example")
        true(code == 0 and "split" in text and lab.env["CORP4"] in text and "alpha" not in text, text)
        equal(lab.record(client="laptop"), [])          # explain alone asks nobody
        code, text = stubd.ctl("explain", "--live", "www.example.com")
        true(code == 0 and "alpha-doh" in text and " ms" in text, text)
        code, text = stubd.ctl("explain", "x.onion")
        true("onion" in text and "alpha" not in text, text)


def test_status(lab):
    """status tells what runs, and lists plain servers of split rules as the person's exception"""
    with Stubd(lab, config(lab)) as stubd:
        dig(lab, "www.example.com")
        code, text = stubd.ctl("status")
        true(code == 0 and "encrypted" in text and lab.env["CORP4"] in text, text)
        equal(stubd.status()["counters"]["answered"], 1)


def test_reload(lab):
    """reload reports errors with their place and exits 1, or says it is done"""
    with Stubd(lab, config(lab)) as stubd:
        equal(stubd.ctl("reload")[0], 0)
        with open(stubd.file, "w", encoding="utf-8") as f:
            f.write('{\n "on_miss": [ "provider" ]\n}\n')
        code, text = stubd.ctl("reload")
        true(code == 1 and ":2: /on_miss/0" in text, text)
        equal(dig(lab, "www.example.com").status, "NOERROR")


def test_unreachable(lab):
    """without a daemon: exit 3 and one line; bad usage: exit 2"""
    stubd = Stubd(lab, config(lab))
    code, text = stubd.ctl("status")
    true(code == 3 and len(text.strip().splitlines()) == 1, text)
    equal(stubd.ctl("frobnicate")[0], 2)
