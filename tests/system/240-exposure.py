"""The exposure ledger: what stubd says that each provider was told is what the provider has in its record."""
import json
import os
import time
from collections import Counter

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.network import SECOND, move, network, only_v4

NAMES = ["www.example.com", "v4only.example.com", "cross.example.com", "www.example.co.uk", "www.insecure.org",
         "nothing.example.com", "www.optout.org"]
KEYS = ("DS", "DNSKEY")


def config(lab, *names, strategy="ordered", **more):
    custom = [only_v4(lab.providers[n]) for n in names]
    return {"providers": {"strategy": strategy, "custom": custom}, **more}


def exposure(stubd):
    """The ledger; providers by name."""
    code, text = stubd.ctl("--json", "providers", "--exposure")
    equal(code, 0, text)
    told = json.loads(text)
    told["providers"] = {p["name"]: p for p in told["providers"]}
    return told


def recorded(lab, **filters):
    """Questions from the laptop, by the provider's name as the configuration has it."""
    return Counter(f"{r['party']}-{r['transport']}" for r in lab.record(client="laptop", **filters))


def agree(lab, stubd, account):
    """Each provider's account is what its record has; of keys and delegations nobody but the validator asks."""
    told = exposure(stubd)["providers"]
    queries, chain = recorded(lab), Counter()
    for kind in KEYS:
        chain += recorded(lab, type=kind)
    equal({n: p[account]["queries"] for n, p in told.items() if p[account]["queries"]}, dict(queries))
    equal({n: p[account]["chain"] for n, p in told.items() if p[account]["chain"]}, dict(chain))
    return told


def domains(lab, party):
    """Registrable domains in a provider's record; names at public suffixes have none."""
    suffixes = {".", "com.", "org.", "uk.", "co.uk.", "example.", "net."}
    found = set()
    for row in lab.record(client="laptop", party=party):
        if row["name"] not in suffixes:
            labels = row["name"].split(".")
            found.add(".".join(labels[-4 if row["name"].endswith(".co.uk.") else -3:]))
    return found


def test_counts(lab):
    """questions, chain questions and domains of each provider are those of its record; the cache tells nobody"""
    for strategy in ("ordered", "spread"):
        lab.forget()
        with Stubd(lab, config(lab, "alpha-doh", "beta-dot", strategy=strategy, dnssec="validate")) as stubd:
            for name in NAMES + NAMES:
                true(dig(lab, name).status in ("NOERROR", "NXDOMAIN"), name)
            told = agree(lab, stubd, "network")
            equal({n: p["total"] for n, p in told.items()}, {n: p["network"] for n, p in told.items()})
            true(sum(p["network"]["chain"] for p in told.values()) >= 5, told)
            for name, provider in told.items():
                seen, estimate = domains(lab, name.split("-")[0]), provider["network"]["domains"]
                print(f"  {strategy:8} {name:10} {provider['network']['queries']} questions, of them "
                      f"{provider['network']['chain']} of the chain; {estimate} domains, in truth {len(seen)}")
                true(abs(estimate - len(seen)) <= 2, f"{estimate} domains, in truth {seen}")
            equal(exposure(stubd)["recursion"]["total"], {"queries": 0, "domains": 0})


def test_failover(lab):
    """a provider that dies: what the second is asked in its place is a failover there, and nothing at the first"""
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        agree(lab, stubd, "network")
        lab.fault("kill", "alpha")
        becomes_true(lambda: stubd.status()["providers"][0]["connections"] == 0, "the connection is lost")
        equal(dig(lab, "www.example.co.uk").status, "NOERROR")
        told = agree(lab, stubd, "network")
        beta = told["beta-dot"]["network"]
        equal((beta["queries"] - beta["hedges"], beta["failovers"], beta["chain"], beta["domains"]), (1, 1, 0, 1))
        code, text = stubd.ctl("providers", "--exposure")
        equal(code, 0, text)
        true("on this network" in text and "alpha-doh" in text and "beta-dot" in text and "www" not in text, text)
        equal(stubd.ctl("providers", "--exposure", "shuffle")[0], 2)


def test_errors(lab):
    """an error is confirmed by one other provider, which learns of the name: a failover, by both records"""
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot")) as stubd:
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
        told = agree(lab, stubd, "network")
        equal(told["beta-dot"]["network"]["failovers"], 1)


def test_network(lab):
    """another network begins another account; the total keeps what was, and no name is counted twice in it"""
    with network(lab), Stubd(lab, config(lab, "alpha-doh")) as stubd:
        for name in ("www.example.com", "www.example.co.uk"):
            equal(dig(lab, name).status, "NOERROR")
        before = agree(lab, stubd, "network")["alpha-doh"]["network"]
        move(lab)
        becomes_true(lambda: exposure(stubd)["network"]["number"] >= 1, "a new network")
        told = exposure(stubd)["providers"]["alpha-doh"]
        equal(told["network"]["queries"], 0)
        equal(told["total"], before)
        for name in ("www.insecure.org", "v4only.example.com"):
            equal(dig(lab, name).status, "NOERROR")
        told = exposure(stubd)["providers"]["alpha-doh"]
        since = len([r for r in lab.record(party="alpha") if r["client"] == SECOND])
        true(since >= 2, "asked from the new address")
        equal((told["network"]["queries"], told["total"]["queries"]), (since, before["queries"] + since))
        true(2 <= told["total"]["domains"] <= 3, "example.com, example.co.uk, insecure.org")
        true("on all networks" in stubd.ctl("providers", "--exposure")[1], "both are shown")


def test_recursion(lab):
    """names that are resolved in plaintext are counted apart"""
    with Stubd(lab, config(lab, "alpha-doh", on_miss=["recurse"])) as stubd:
        for name in ("www.example.com", "v4only.example.com", "www.example.co.uk", "www.example.com"):
            equal(dig(lab, name).status, "NOERROR")
        told = exposure(stubd)
        equal(told["providers"], {})
        equal(told["recursion"]["network"]["queries"], 3)
        true(1 <= told["recursion"]["network"]["domains"] <= 2, "example.com, example.co.uk")
        true("in plaintext" in stubd.ctl("providers", "--exposure")[1], "shown")
    equal(len([r for r in lab.record() if r["party"] in ("alpha", "beta", "gamma") and r["client"] == lab.env["LAPTOP4"]]), 0)


def test_kept(lab):
    """with `keep_exposure` the account goes on over restarts, in a file that only the daemon reads and that has no name in
    it; without, the file is removed; a broken one is told and begun anew"""
    names = ("www.example.com", "www.example.co.uk")

    def asked(stubd):
        for name in names:
            equal(dig(lab, name).status, "NOERROR")
        return exposure(stubd)

    kept = config(lab, "alpha-doh")
    kept["providers"]["keep_exposure"] = True
    with Stubd(lab, kept) as stubd:
        file = os.path.join(stubd.folder, "state", "exposure")
        first = asked(stubd)["providers"]["alpha-doh"]["total"]
        stubd.stop()
        equal(os.stat(file).st_mode & 0o777, 0o600)
        with open(file, encoding="ascii") as f:
            text = f.read()
        true("example" not in text and "www" not in text, text)
        lab.forget()
        stubd.start()
        told = asked(stubd)
        equal(told["providers"]["alpha-doh"]["network"]["queries"], recorded(lab)["alpha-doh"])
        total = told["providers"]["alpha-doh"]["total"]
        equal((total["queries"], total["domains"]), (first["queries"] + recorded(lab)["alpha-doh"], first["domains"]))
        true(", over restarts" in stubd.ctl("providers", "--exposure")[1], "said")
        stubd.stop()
        with open(file, "a", encoding="ascii") as f:
            f.write("x\n")
        stubd.start()
        equal(stubd.log().count("malformed"), 1, stubd.log())
        equal(exposure(stubd)["providers"], {})
        begun = asked(stubd)["kept_since"]
        with open(file + ".new", "w", encoding="ascii"):
            pass                                        # killed while it was written
        stubd.configure(config(lab, "alpha-doh"))
        equal(stubd.ctl("reload")[0], 0)
        true(not os.path.exists(file) and not os.path.exists(file + ".new"), "it is removed")
        told = exposure(stubd)
        equal((told["kept_since"], told["providers"]), (0, {}), "of what was kept nothing is left")
        stubd.stop()
        stubd.start()
        asked(stubd)
        time.sleep(1.1)                                 # so that there is a difference
        stubd.configure(kept)
        equal(stubd.ctl("reload")[0], 0)
        told = exposure(stubd)
        true(told["providers"]["alpha-doh"]["total"]["queries"] >= 2, "what this run has asked stays")
        true(begun <= told["kept_since"] < time.time() - 1, "kept since the account was begun, not since the reload")
