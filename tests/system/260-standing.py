"""The standing of providers: how long they take, what goes wrong, and what they ask of us."""
import json
import os
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd
from lib.network import move, network, only_v4

CERTIFICATES = ("wrong-name", "expired", "self-signed")
ANSWERS = ("http500", "http302", "garbage", "truncated", "wrong-question", "wrong-type", "empty", "rst")


def config(*entries, **more):
    return {"providers": {"custom": list(entries)}, **more}


def standing(stubd):
    """Providers by name, as /v1/providers has them."""
    code, text = stubd.ctl("--json", "providers")
    equal(code, 0, text)
    return {p["name"]: p for p in json.loads(text)["providers"]}


def troubles(provider):
    return {(t["when"], t["kind"], t["text"]): t["times"] for t in provider["troubles"]}


def test_times(lab):
    """handshakes and answers are counted where they happen; nothing of it outlives the network"""
    with network(lab):
        with Stubd(lab, config(only_v4(lab.providers["alpha-doh"]), only_v4(lab.providers["beta-dot"]))) as stubd:
            for i in range(50):
                equal(dig(lab, f"times{i}.load.example.com").status, "NOERROR")
            seen = standing(stubd)
            alpha = seen["alpha-doh"]
            equal((alpha["handshake"]["times"], alpha["query"]["times"]), (1, 50))
            for times in (alpha["handshake"], alpha["query"]):
                true(0 < times["p50_ms"] <= times["p99_ms"], str(times))
            true(alpha["asked_ms_ago"] <= alpha["answered_ms_ago"] + 1000, str(alpha))
            equal(alpha["troubles"], [])
            true("query" not in seen["beta-dot"], str(seen["beta-dot"]))
            code, text = stubd.ctl("providers")
            true(code == 0 and "99 % within" in text, text)
            print("  " + text.replace("\n", "\n  "))
            move(lab)
            becomes_true(lambda: stubd.status()["epoch"]["number"] >= 1, "a new epoch")
            true("query" not in standing(stubd)["alpha-doh"], "of the old network")
            equal(dig(lab, "after.load.example.com").status, "NOERROR")
            equal(standing(stubd)["alpha-doh"]["query"]["times"], 1)


def test_troubles(lab):
    """what goes wrong is counted by kind and reason, and has its place"""
    for fault in CERTIFICATES:
        lab.fault(fault, "crook")
        with Stubd(lab, config(only_v4(lab.providers["crook-dot"]))) as stubd:
            equal(dig(lab, "www.example.com").status, "SERVFAIL")
            (row,) = standing(stubd)["crook-dot"]["troubles"]
            equal((row["when"], row["kind"]), ("connecting", "tls"), fault)
            true("certificate" in row["text"] or "name" in row["text"], str(row))
        lab.heal("crook")
    with Stubd(lab, config(only_v4(lab.providers["crook-doh"]), lab.providers["alpha-dot"])) as stubd:
        for fault in ANSWERS:
            lab.fault(fault, "crook")
            equal(stubd.ctl("query", f"{fault}.load.example.com")[0], 0, fault)
            lab.heal("crook")
        seen = standing(stubd)["crook-doh"]
        print(f"  {troubles(seen)}")
        true(len(seen["troubles"]) <= 8, str(seen["troubles"]))
        true(("asking", "http", "HTTP status 500") in troubles(seen), str(seen))
        true(sum(seen["fails"].values()) >= 3, str(seen["fails"]))
    lab.fault("kill", "alpha")
    with Stubd(lab, config(only_v4(lab.providers["alpha-dot"]))) as stubd:
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
        equal(list(troubles(standing(stubd)["alpha-dot"])), [("connecting", "refused", "connection refused")])


def test_retry_after(lab):
    """429 with Retry-After: 5: the next one is asked at once, this one nothing for 5 s, and it is said"""
    lab.fault("http429", "crook")
    with Stubd(lab, config(only_v4(lab.providers["crook-doh"]), only_v4(lab.providers["alpha-dot"]))) as stubd:
        equal(dig(lab, "first.load.example.com").status, "NOERROR")
        crook = standing(stubd)["crook-doh"]
        equal(crook["standing"], "held")
        true(0 < crook["held_ms"] <= 5000, str(crook))
        true("asks us to wait" in stubd.ctl("providers")[1], stubd.ctl("providers")[1])
        lab.heal("crook")
        asked = 0
        while standing(stubd)["crook-doh"]["standing"] == "held":
            equal(dig(lab, f"held{asked}.load.example.com").status, "NOERROR")
            asked += 1
        true(asked > 0, "the hold was too short to see")
        rows = [(r["party"], r["name"]) for r in lab.record(client="laptop")]
        # what was asked in its last moment may have come behind it
        held = [n for p, n in rows if p == "crook" and n.startswith("held")]
        true(set(held) <= {f"held{asked - 1}.load.example.com."}, f"asked while held: {rows}")
        print(f"  {asked} questions while it was held, {len(held)} in the moment of its end")
        dig(lab, "probe.load.example.com")
        becomes_true(lambda: standing(stubd)["crook-doh"]["standing"] == "up", "it is back by a copy")
        lab.forget()
        equal(dig(lab, "again.load.example.com").status, "NOERROR")
        equal([r["party"] for r in lab.record(client="laptop", name="again.load.example.com")], ["crook"])


def test_retry_after_alone(lab):
    """the only provider says 429: one question in 2 s reaches it, the others fail at once and say why"""
    lab.fault("http429", "crook")
    with Stubd(lab, config(only_v4(lab.providers["crook-doh"]))) as stubd:
        equal(dig(lab, "first.load.example.com").status, "SERVFAIL")
        load = Load(lab, [f"more{i}.load.example.com" for i in range(100)], 400)
        load.finish()
        equal((load.failed, load.lost), (100, 0), load.rcodes)
        true(troubles(standing(stubd)["crook-doh"])[("asking", "http", "HTTP status 429")] >= 2, "it was let through")
        rows = lab.record(party="crook")
        print(f"  {len(rows)} of 101 questions reached it")
        true(len(rows) < 50, str(rows))


NOWHERE = "192.0.2.200"     # nobody is there: connections are refused or lead nowhere


def misplaced(lab, name, *addresses):
    """A provider under its right name at wrong addresses."""
    return {**lab.providers[name], "addresses": list(addresses or [NOWHERE])}


def asked_for(lab, host):
    """Who was asked where that host is, and for what."""
    return sorted((r["party"], r["type"], r["transport"]) for r in lab.record(client="laptop", name=host + "."))


def uses(lab, stubd, provider, party):
    """From now on that provider answers, without anybody having to wait for it."""
    rounds = 0
    while standing(stubd)[provider]["standing"] != "up":
        true(rounds < 400, f"{provider} is never used: {standing(stubd)[provider]}")
        equal(dig(lab, f"round{rounds}.load.example.com").status, "NOERROR")
        rounds += 1
    lab.forget()
    equal(dig(lab, "then.load.example.com").status, "NOERROR")
    equal([r["party"] for r in lab.record(client="laptop", name="then.load.example.com.")], [party])


def test_address_found(lab):
    """a provider with a wrong address and the right name is looked up through another one, found, and used"""
    host = lab.env["ALPHA_HOST"]
    entries = (misplaced(lab, "alpha-doh"), lab.providers["beta-dot"])
    with Stubd(lab, config(*entries)) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        becomes_true(lambda: standing(stubd)["alpha-doh"]["found"], "alpha is found")
        equal(asked_for(lab, host), [("beta", "A", "dot"), ("beta", "AAAA", "dot")])
        found = standing(stubd)["alpha-doh"]["found"]
        true(f"{lab.env['ALPHA4']}:443" in found and f"[{lab.env['ALPHA6']}]:443" in found, str(found))
        told = json.loads(stubd.ctl("--json", "providers", "--exposure")[1])["providers"]
        equal([p["network"]["addresses"] for p in told if p["name"] == "beta-dot"], [2])
        uses(lab, stubd, "alpha-doh", "alpha")
        # after a restart what was found is used at once, and nobody has to be asked for it
        stubd.stop()
        lab.forget()
        stubd.start()
        uses(lab, stubd, "alpha-doh", "alpha")
        equal(asked_for(lab, host), [])


def test_address_of_an_impostor(lab):
    """where another party is at the address, it fails at its certificate, gets no question, and the right one is found"""
    entries = (misplaced(lab, "alpha-dot", lab.env["CROOK4"]), lab.providers["beta-dot"])
    with Stubd(lab, config(*entries)) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        becomes_true(lambda: standing(stubd)["alpha-dot"]["found"], "alpha is found")
        uses(lab, stubd, "alpha-dot", "alpha")
    equal(lab.record(party="crook"), [])


def test_address_alone(lab):
    """the only provider at a wrong address: nobody is asked for it; nor is one of the same host"""
    for entries in ((misplaced(lab, "alpha-doh"),), (misplaced(lab, "alpha-doh"), lab.providers["alpha-dot"])):
        lab.forget()
        with Stubd(lab, config(*entries)) as stubd:
            for i in range(3):
                dig(lab, f"alone{i}.load.example.com")
            equal(standing(stubd)["alpha-doh"]["found"], [])
        equal(asked_for(lab, lab.env["ALPHA_HOST"]), [])


def test_address_of_own_rule(lab):
    """a provider's name that is the person's own, by a split rule, is asked of no provider"""
    entries = (misplaced(lab, "alpha-doh"), lab.providers["beta-dot"])
    split = [{"domains": ["alpha.example"], "servers": ["10.7.0.53"]}]
    with Stubd(lab, config(*entries, split=split)) as stubd:
        for i in range(3):
            equal(dig(lab, f"rule{i}.load.example.com").status, "NOERROR")
        equal(standing(stubd)["alpha-doh"]["found"], [])
    equal(asked_for(lab, lab.env["ALPHA_HOST"]), [])


def test_addresses_malformed(lab):
    """the file of found addresses is malformed: that is said once, and they are found anew"""
    with Stubd(lab, config(misplaced(lab, "alpha-doh"), lab.providers["beta-dot"])) as stubd:
        file = os.path.join(stubd.folder, "state", "addresses")
        equal(dig(lab, "www.example.com").status, "NOERROR")
        becomes_true(lambda: os.path.exists(file), "what was found is kept")
        equal(os.stat(file).st_mode & 0o777, 0o600)
        stubd.stop()
        with open(file, encoding="utf-8") as f:
            good = f.read()
        true(lab.env["ALPHA4"] in good, good)
        with open(file, "w", encoding="utf-8") as f:
            f.write(good.replace(lab.env["ALPHA4"], "127.0.0.1"))
        stubd.start()
        equal(stubd.log().count("malformed"), 1, stubd.log())
        equal(standing(stubd)["alpha-doh"]["found"], [])
        equal(dig(lab, "www.example.com").status, "NOERROR")
        becomes_true(lambda: standing(stubd)["alpha-doh"]["found"], "alpha is found anew")


def by_both(lab, party):
    """A provider by DoT, and by DoH beside it."""
    return {**only_v4(lab.providers[f"{party}-dot"]), "name": party, "other_url": lab.providers[f"{party}-doh"]["url"]}


def test_blocked_behind_the_handshake(lab):
    """port 853 takes the handshake, then is silent or resets: the same provider's DoH from the second time on"""
    for fault in ("rst853", "silent853"):
        lab.fault(fault, "crook")
        with Stubd(lab, config(by_both(lab, "crook"))) as stubd:
            asked = time.monotonic()
            equal(dig(lab, f"{fault}.load.example.com").status, "NOERROR", fault)
            print(f"  {fault}: the first question was answered in {time.monotonic() - asked:.2f} s")
            equal(standing(stubd)["crook"].get("fallback"), "doh", fault)
            lab.forget()
            for i in range(5):
                equal(dig(lab, f"{fault}-{i}.load.example.com").status, "NOERROR", fault)
            equal({r["transport"] for r in lab.record(party="crook")}, {"doh"}, fault)
        lab.heal("crook")


def test_blocked_behind_the_handshake_of_two(lab):
    """the same with another provider: nobody fails, and the first one is back by its DoH"""
    for fault in ("rst853", "silent853"):
        lab.fault(fault, "crook")
        with Stubd(lab, config(by_both(lab, "crook"), lab.providers["alpha-dot"])) as stubd:
            rounds = 0
            while standing(stubd)["crook"].get("fallback") != "doh" or standing(stubd)["crook"]["standing"] != "up":
                true(rounds < 400, f"{fault}: {standing(stubd)['crook']}")
                equal(dig(lab, f"{fault}{rounds}.load.example.com").status, "NOERROR", fault)
                rounds += 1
            lab.forget()
            equal(dig(lab, f"{fault}.load.example.com").status, "NOERROR")
            equal([r["transport"] for r in lab.record(party="crook")], ["doh"], fault)
        lab.heal("crook")
