"""The standing of providers: how long they take, what goes wrong, and what they ask of us."""
import json

from lib.ask import dig
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
            becomes_true(lambda: stubd.status()["epoch"]["number"] == 1, "a new epoch")
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
        dig(lab, "first.load.example.com")
        for i in range(10):
            answer = dig(lab, f"more{i}.load.example.com")
            equal(answer.status, "SERVFAIL")
            true("429" in answer.ede_text or "asks us to wait" in answer.ede_text, answer.ede_text)
        equal(standing(stubd)["crook-doh"]["standing"], "held")
        rows = lab.record(party="crook")
        print(f"  {len(rows)} of 11 questions reached it")
        true(len(rows) < 11, str(rows))
