"""The catalogue of providers: what a bad entry costs, and what a bad file does not."""
import json
import os
import shutil
import signal

from lib.ask import dig
from lib.check import equal, true
from lib.daemon import BUILD, ROOT, Stubd


def entry(name, **other):
    return {"name": name, "operator": "a", "logs": {"value": False}, "filters": {"value": []},
            "dot": {"value": f"tls://{name}.example"}, "addresses": {"value": ["192.0.2.1"]}, **other}


def write(path, *providers):
    """One entry a line: line 2 is the first."""
    with open(path, "w", encoding="utf-8") as f:
        f.write('{ "version": 2, "operators": [ { "id": "a", "name": "A" } ], "providers": [\n')
        f.write(",\n".join(map(json.dumps, providers)) + " ] }\n")
    os.chmod(path, 0o644)


def test_bad_catalogue(lab):
    """a bad entry is named and left out; a file without any good one is refused, the old stays"""
    stubd = Stubd(lab, {})
    catalogue = os.path.join(stubd.folder, "providers.json")
    write(catalogue, entry("good"), entry("bad", dot={"value": "https://bad.example/"}))
    stubd.configure({"providers": {"catalogue": catalogue, "custom": [lab.providers["alpha-doh"]]}})
    with stubd:
        warning = f"{catalogue}:3: /providers/1/dot: is of another scheme"
        true(warning in stubd.log() and '"bad" is left out' in stubd.log(), stubd.log())
        status = stubd.status()
        equal(status["providers_known"], 2)
        true(any("of the catalogue that are left out: 1" in line for line in status["warnings"]), status["warnings"])
        write(catalogue, {"name": "bad"}, 7)
        code, text = stubd.ctl("reload")
        true(code == 1 and "/providers: has no entry that can be used" in text, text)
        true(f"{catalogue}:2: /providers/0/operator: " in text and f"{catalogue}:3: /providers/1: " in text, text)
        equal(stubd.status()["providers_known"], 2)
        equal(dig(lab, "www.example.com").status, "NOERROR")
        write(catalogue, entry("good"), entry("better", addresses={"value": ["192.0.2.2"]}))
        stubd.signal(signal.SIGHUP)
        stubd.wait_for("RELOADING=1")
        stubd.wait_for("READY=1")
        status = stubd.status()
        equal((status["providers_known"], [w for w in status["warnings"] if "catalogue" in w]), (3, []))


def test_catalogue_shown(lab):
    """catalogue lists the file that the daemon uses, and tells of one entry what is known and whence"""
    stubd = Stubd(lab, {})
    catalogue = os.path.join(stubd.folder, "providers.json")
    fact = {"value": False, "source": "https://good.example/privacy", "read": "2026-01-02", "quote": "we keep nothing",
            "claimed": True}
    write(catalogue, entry("good", logs=fact), entry("other"))
    stubd.configure({"providers": {"catalogue": catalogue, "custom": [lab.providers["alpha-doh"]]}})
    with stubd:
        code, text = stubd.ctl("catalogue")
        true(code == 0 and "good " in text and "2 entries of 1 operators" in text, text)
        code, text = stubd.ctl("catalogue", "good")
        true(code == 0 and "good, by A" in text and "no  (claimed)" in text and fact["source"] in text, text)
        code, text = stubd.ctl("--json", "catalogue", "good")
        equal((code, json.loads(text)["provider"]["logs"]), (0, fact))
        code, text = stubd.ctl("catalogue", "nobody")
        true(code == 1 and '"nobody" is not in the catalogue' in text, text)
    stubd = Stubd(lab, {"providers": {"custom": [lab.providers["alpha-doh"]]}})
    with stubd:
        equal(stubd.ctl("catalogue"), (1, "stubctl: no catalogue is in use\n"))


def test_brief(lab):
    """the brief that is installed for stubd says of everybody what the catalogue says, and leads to it"""
    with open(f"{ROOT}/policy/providers.json", encoding="utf-8") as f:
        whole = json.load(f)
    with open(f"{BUILD}/providers.brief.json", encoding="utf-8") as f:
        brief = json.load(f)
    equal(brief["operators"], [{key: operator[key] for key in ("id", "name")} for operator in whole["operators"]])
    equal(len(brief["providers"]), len(whole["providers"]))
    for said, known in zip(brief["providers"], whole["providers"]):
        equal(said["operator"], known["operator"])
        for key in ("name", "logs", "filters", "dnssec", "doh", "dot", "addresses"):
            fact = {"value": known[key]["value"]} if isinstance(known[key], dict) else known[key]
            equal((known["name"], key, said[key]), (known["name"], key, fact))
    stubd = Stubd(lab, {})
    for name in (f"{ROOT}/policy/providers.json", f"{BUILD}/providers.brief.json"):
        os.chmod(shutil.copy(name, stubd.folder), 0o644)
    stubd.configure({"providers": {"catalogue": f"{stubd.folder}/providers.brief.json",
                                   "custom": [lab.providers["alpha-doh"]]}})
    with stubd:
        code, text = stubd.ctl("catalogue", "quad9")
        true(code == 0 and "quad9, by Quad9 Foundation" in text and "(claimed)" in text, text)
        true("https://quad9.net/news/blog/were-updating-our-privacy-policy/" in text, text)
