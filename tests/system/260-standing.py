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
