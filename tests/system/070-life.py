"""The daemon's life: configuration errors, reload, shutdown, sockets."""
import os
import re
import signal
import subprocess
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import BUILD, Stubd
from lib.lab import ROOT


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
\t"workers": 65,
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
    true(places["/workers"][0] == 4 and "from 1 to 64" in places["/workers"][1], "a number has its range")
    equal(places["/providers/strategy"][0], 5)
    equal(places["/on_miss/0"][0], 6)
    code, lines = check(lab, '{ "listen": [ ],, }')
    true(code == 1 and "check.json:1:" in lines[0], f"a syntax error has its line: {lines}")
    anchors = f'"engine": {{ "trust_anchors": "{lab.env["LAB_ROOT_ANCHOR"]}" }}'
    equal(check(lab, f'{{ "// why": "a comment", "on_miss": [ "recurse" ], {anchors} }}'), (0, []))
    empty = '"on_miss": [ "recurse" ], "engine": { "trust_anchors": "/dev/null" }'
    code, lines = check(lab, f'{{ {empty} }}')
    true(code == 1 and len(lines) == 1 and re.match('stubd: .*/dev/null.*"trust_anchors"', lines[0]),
         f"what cannot validate is not good: {lines}")
    equal(check(lab, f'{{ "dnssec": "off", {empty} }}'), (0, []))
    code, lines = check(lab, '{ "privacy": "strict", "on_miss": [ "providers", "recurse" ] }')
    true(code == 1 and "recurse" in lines[0], "strict forbids recursion")


CONTRACT = """{
	"// what": "every key of the contract",
	"listen": [ "127.0.0.1:5300" ],
	"providers": {
		"catalogue": "CATALOGUE",
		"choose": [], "require": { "logs": false, "filters": false }, "strategy": "one", "draw": 3,
		"custom": [ { "name": "office", "url": "https://doh.example/dns-query",
			"addresses": [ "192.0.2.1", "[2001:db8::1]:8443" ], "pins": [], "ca_file": "CA" },
			{ "name": "home", "url": "tls://dot.example:853", "addresses": [ "192.0.2.7" ], "// mine": 1 },
			{ "name": "stamped", "stamp": "sdns://AgcAAAAAAAAACTE5Mi4wLjIuMSAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHxBkb2guZXhhbXBsZTo4NDQzAi9xijE5Mi4wLjIuNTMOWzIwMDE6ZGI4Ojo1M10" } ]
	},
	"privacy": "encrypted", "on_miss": [ "providers", "recurse" ], "dnssec": "validate",
	"split": [ { "domains": [ "corp.example", "10.7.0.0/16" ], "dnssec": "off", "trust_anchors": null,
		"servers": [ "10.7.0.53", "tls://10.7.0.54#dns.corp.example" ], "link": "tun0" } ],
	"engine": { "root_hints": null, "trust_anchors": null },
	"cache": { "size": "16M", "stale": "1d", "prefetch": true },
	"control": "/run/stubd/control.sock", "state": "/var/lib/stubd",
	"doh": { "listen": [], "path": "/dns-query", "certificate": null, "key": null },
	"workers": 1
}
"""


def test_contract(lab):
    """every key of the contract is known, and -n takes their values"""
    text = CONTRACT.replace("CATALOGUE", os.path.join(ROOT, "policy", "providers.json"))
    text = text.replace("CA\"", f"{lab.env['LAB_CA']}\"")
    text = text.replace('"root_hints": null, "trust_anchors": null',
                        f'"root_hints": null, "trust_anchors": "{lab.env["LAB_ROOT_ANCHOR"]}"')
    equal(check(lab, text), (0, []))


def test_options(lab):
    """-V and -h print and exit 0, -v logs more, anything else is usage and exit 2"""
    def run(*words):
        done = subprocess.run([os.path.join(BUILD, "stubd"), *words], text=True, capture_output=True)
        return done.returncode, done.stdout, done.stderr

    code, version, _ = run("-V")
    true(code == 0 and re.fullmatch(r"stubd \d+\.\d+\.\d+\n", version), version)
    true(run("-h")[0] == 0 and run("-h")[1].startswith("usage: stubd"), "usage on request")
    for words in (["-x"], ["surplus"], ["-c"]):
        code, out, err = run(*words)
        true(code == 2 and not out and "usage: stubd" in err, f"{words}: {code} {err}")
    for wrap, wanted in ((["-v"], True), ([], False)):
        stubd = Stubd(lab, config(lab))
        stubd.options = wrap
        with stubd:
            dig(lab, "www.example.com")
            equal("debug: connection: upstream=alpha-doh" in stubd.log(), wanted)
            equal(f"stubd {stubd.status()['version']}\n", version)


def test_hardened(lab):
    """the programs are position independent, with full RELRO, stack protector and checked libc calls"""
    for program in ("stubd", "stubctl"):
        path = os.path.join(BUILD, program)
        text = subprocess.run(["readelf", "-W", "-h", "-l", "-d", "--dyn-syms", path], text=True,
                              capture_output=True, check=True).stdout
        true(re.search(r"Type:\s+DYN", text) and re.search(r"FLAGS_1.*\bPIE\b", text), f"{program}: PIE")
        true("GNU_RELRO" in text and re.search(r"FLAGS_1.*\bNOW\b", text), f"{program}: full RELRO")
        true(re.search(r"GNU_STACK.* RW ", text), f"{program}: no executable stack")
        true("__stack_chk_fail" in text, f"{program}: stack protector")
        true(os.path.basename(BUILD) in ("asan", "tsan") or "__snprintf_chk" in text, f"{program}: fortified")


def test_reload(lab):
    """SIGHUP under load: a bad file changes nothing, a good one takes over, no query is lost"""
    names = [f"reload{i}.load.{('example.com', 'insecure.org')[i % 2]}" for i in range(1500)]
    with Stubd(lab, config(lab)) as stubd:
        load = Load(lab, names, 300)
        with open(stubd.file, "w", encoding="utf-8") as f:
            f.write('{ "on_miss": "nobody" ')
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("RELOADING=1")
        stubd.wait_for("READY=1")
        true("the old configuration stays" in stubd.log(), "the old one stays")
        equal(dig(lab, "www.example.com").status, "NOERROR")
        stubd.configure(config(lab, split=[{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
                               listen=["127.0.0.1:5300", "127.0.0.1:5301"], cache={"size": "8M"}))
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("READY=1")
        for key in ("listen", "cache/size"):
            true(f"key={key} needs a restart" in stubd.log(), f"{key} needs a restart, and is named")
        equal(dig(lab, "intranet.corp.example").data("A"), ["10.7.0.20"])
        load.finish()
    equal((load.lost, load.rcodes), (0, {"NOERROR": 1500}))


def test_stop(lab):
    """SIGTERM: waiting queries get an answer or SERVFAIL, idle clients are let go, within a second"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("stop", "alpha")
        waiting = lab.spawn("dig", "@127.0.0.1", "-p", "5300", "+tries=1", "+timeout=6", "slow.wild.example.com",
                            text=True, stdout=subprocess.PIPE)
        idle = lab.spawn("python3", "-c", "import socket; s = socket.create_connection(('127.0.0.1', 5300));"
                         "print('connected', flush=True); print(s.recv(1))", text=True, stdout=subprocess.PIPE)
        equal(idle.stdout.readline(), "connected\n")
        becomes_true(lambda: stubd.status()["counters"]["waiting"] > 0, "the question waits")
        before = time.monotonic()
        stubd.signal(signal.SIGTERM)
        stubd.wait_for("STOPPING=1")
        text, _ = waiting.communicate(timeout=10)
        true("SERVFAIL" in text, text)
        equal(stubd.process.wait(timeout=10), 0)
        took = time.monotonic() - before
        true(took < (1.2 if os.path.basename(BUILD) == "release" else 3), f"took {took:.2f} s")
        equal(idle.communicate(timeout=10)[0], "b''\n", "the idle client sees its connection closed")
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


def test_taken_control(lab):
    """a control socket that another stubd answers is one line that says so, and the socket is left alone"""
    with Stubd(lab, config(lab)) as first:
        second = Stubd(lab, config(lab, listen=["127.0.0.1:5301"], control=first.control), name="second")
        done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), "-c", second.file), text=True,
                              env=lab.environment, capture_output=True, timeout=20)
        equal(done.returncode, 1)
        lines = [line for line in done.stderr.splitlines() if line.startswith("stubd: control socket ")]
        true(len(lines) == 1 and "another stubd answers there; stop it" in lines[0], done.stderr)
        equal(first.ctl("status")[0], 0)


def test_control_folder(lab):
    """the control socket's folder is made, for the user that the daemon becomes: the socket goes at the end"""
    stubd = Stubd(lab, config(lab))
    stubd.control = os.path.join(stubd.folder, "run", "control.sock")
    stubd.configure(config(lab))
    with stubd:
        equal(stubd.ctl("status")[0], 0)
        equal(os.stat(os.path.dirname(stubd.control)).st_mode & 0o777, 0o755)
        stubd.stop()
        equal(os.listdir(os.path.dirname(stubd.control)), [])


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
    with Stubd(lab, config(lab, listen=addresses, allow=[f"{lab.env['LAPTOP4']}/32"])):
        for server in ("127.0.0.1", "127.0.0.2", "::1", lab.env["LAPTOP4"]):
            equal(dig(lab, "www.example.com", server=server).status, "NOERROR", server)
            equal(dig(lab, "www.example.com", "A", "+tcp", server=server).status, "NOERROR", server)


def test_user(lab):
    """the daemon is no root once it runs"""
    with Stubd(lab, config(lab)) as stubd:
        with open(f"/proc/{stubd.pid}/status", encoding="utf-8") as f:
            uids = re.search(r"^Uid:\s+(.*)$", f.read(), re.M)[1].split()
        if os.geteuid() == 0:
            true("0" not in uids, f"uids {uids}")
