"""The daemon's life: configuration errors, reload, shutdown, sockets."""
import json
import os
import re
import signal
import subprocess
import time

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import BUILD, Stubd


def config(lab, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"]]}, **more}


def check(lab, text):
    """stubd -n on a text: (exit code, lines)."""
    path = os.path.join(lab.folder, "check.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    done = subprocess.run([os.path.join(BUILD, "stubd"), "-n", "-c", path], text=True, capture_output=True)
    return done.returncode, [line for line in done.stderr.splitlines() if line]


def test_check(lab):
    """-n names every error at once with file, line, path and the mend"""
    code, lines = check(lab, """{
\t"listen": [ "127.0.0.1:99999" ],
\t"privcy": "encrypted",
\t"dnssec": "validate",
\t"providers": { "catalogue": null, "strategy": "best" },
\t"on_miss": [ "provider" ]
}
""")
    equal(code, 1)
    places = {}
    for line in lines:
        found = re.match(r"\S+check\.json:(\d+): (/\S*): (.+)", line)
        true(found, f"file:line: /path: text in {line!r}")
        places[found[2]] = (int(found[1]), found[3])
    equal(places["/listen/0"][0], 2)
    true(places["/privcy"][0] == 3 and "privacy" in places["/privcy"][1], "the nearest key is named")
    true(places["/dnssec"][0] == 4 and "not built" in places["/dnssec"][1], "what is not built is refused")
    equal(places["/providers/strategy"][0], 5)
    equal(places["/on_miss/0"][0], 6)
    code, lines = check(lab, '{ "listen": [ ],, }')
    true(code == 1 and "check.json:1:" in lines[0], f"a syntax error has its line: {lines}")
    equal(check(lab, '{ "// why": "a comment", "on_miss": [ "recurse" ] }'), (0, []))
    code, lines = check(lab, '{ "privacy": "strict", "on_miss": [ "providers", "recurse" ] }')
    true(code == 1 and "recurse" in lines[0], "strict forbids recursion")


def test_reload(lab):
    """SIGHUP under load: a bad file changes nothing, a good one takes over, no query is lost"""
    names = [f"reload{i}.load.example.com" for i in range(1500)]
    with Stubd(lab, config(lab)) as stubd:
        load = Load(lab, names, 300)
        with open(stubd.file, "w", encoding="utf-8") as f:
            f.write('{ "on_miss": "nobody" ')
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("READY=1")
        true("the old configuration stays" in stubd.log(), "the old one stays")
        equal(dig(lab, "www.example.com").status, "NOERROR")
        stubd.configure(config(lab, split=[{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
                               listen=["127.0.0.1:5300", "127.0.0.1:5301"]))
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("READY=1")
        true(re.search(r"listen\b.*restart", stubd.log()), "a key that needs a restart is named")
        equal(dig(lab, "intranet.corp.example").data("A"), ["10.7.0.20"])
        load.finish()
    equal((load.lost, load.rcodes), (0, {"NOERROR": 1500}))


def test_stop(lab):
    """SIGTERM: waiting queries get an answer or SERVFAIL, and it is over within a second"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("stop", "alpha")
        waiting = lab.spawn("dig", "@127.0.0.1", "-p", "5300", "+tries=1", "+timeout=6", "slow.wild.example.com",
                            text=True, stdout=subprocess.PIPE)
        while stubd.status()["counters"]["waiting"] == 0:
            time.sleep(0.01)
        before = time.monotonic()
        stubd.signal(signal.SIGTERM)
        text, _ = waiting.communicate(timeout=10)
        true("SERVFAIL" in text, text)
        equal(stubd.process.wait(timeout=10), 0)
        true(time.monotonic() - before < 3, "soon")     # generous: two cores, sanitizers
    lab.heal("alpha")


def test_taken_port(lab):
    """a taken port is one line that names the owner and the mend"""
    with Stubd(lab, config(lab)) as first:
        second = Stubd(lab, config(lab), name="second")
        done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), "-c", second.file), text=True,
                              env=lab.environment, capture_output=True, timeout=20)
        equal(done.returncode, 1)
        lines = [line for line in done.stderr.splitlines() if "taken" in line]
        true(len(lines) == 1 and "127.0.0.1:5300" in lines[0] and "stubd" in lines[0], done.stderr)
        equal(dig(lab, "www.example.com").status, "NOERROR")
        del first


def test_inherited(lab):
    """sockets of the service manager are used: two of each kind"""
    stubd = Stubd(lab, config(lab, listen=["127.0.0.1:5300"]))
    stubd.wrap = ["python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "activate.py"),
                  "127.0.0.1:5300", "127.0.0.1:5353"]
    with stubd:
        for port in (5300, 5353):
            equal(dig(lab, "www.example.com", port=port).status, "NOERROR")
            equal(dig(lab, "www.example.com", "A", "+tcp", port=port).status, "NOERROR")
        equal(stubd.log().count("inherited"), 4)


def test_many_addresses(lab):
    """any number of listen addresses, each answered from the address that was asked"""
    addresses = ["127.0.0.1:5300", "127.0.0.2:5300", "[::1]:5300", f"{lab.env['LAPTOP4']}:5300"]
    with Stubd(lab, config(lab, listen=addresses)):
        for server in ("127.0.0.1", "127.0.0.2", "::1", lab.env["LAPTOP4"]):
            equal(dig(lab, "www.example.com", server=server).status, "NOERROR", server)
            equal(dig(lab, "www.example.com", "A", "+tcp", server=server).status, "NOERROR", server)


def test_hosts_and_user(lab):
    """the daemon is no root once it runs"""
    with Stubd(lab, config(lab)) as stubd:
        with open(f"/proc/{stubd.pid}/status", encoding="utf-8") as f:
            uids = re.search(r"^Uid:\s+(.*)$", f.read(), re.M)[1].split()
        if os.geteuid() == 0:
            true("0" not in uids, f"uids {uids}")
        equal(json.loads(stubd.ctl("--json", "status")[1])["version"], stubd.status()["version"])
