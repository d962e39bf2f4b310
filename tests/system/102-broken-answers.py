"""Every broken answer over DoH: the failure is counted by its kind, the next provider answers, the cache stays clean."""
import json

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd

NAME = "www.example.com"
RIGHT = ["192.0.2.80"]
# fault of crook: (kind, how it is told)
FAULTS = {
    "http302": ("http", "HTTP status 302"),
    "status 400": ("http", "HTTP status 400"),
    "status 404": ("http", "HTTP status 404"),
    "status 413": ("http", "HTTP status 413"),
    "http429": ("http", "HTTP status 429"),
    "http500": ("http", "HTTP status 500"),
    "status 503": ("http", "HTTP status 503"),
    "wrong-type": ("http", "content type is not application/dns-message"),
    "empty": ("malformed", "shorter than a header"),
    "huge": ("http", "answer longer than 65535 octets"),
    "wrong-question": ("malformed", "another name"),
    "wrong-id": ("malformed", "wrong ID"),
    "truncated": ("malformed", "ends within its records"),
    "trailing": ("malformed", "octets behind its last record"),
    "header-flood": ("http", "HTTP/2 stream error 2"),
    "continuation-flood": ("http", None),       # what nghttp2 says of it
    "endless": ("http", "answer longer than 65535 octets"),
    "rst": ("http", "HTTP/2 stream error 2"),
    "rst 7": ("reset", "HTTP/2 stream refused"),
    "goaway-early": ("reset", None),            # refused by the GOAWAY, or closed first
    "close": ("reset", None),
}


def config(lab, *names):
    return {"providers": {"custom": [lab.providers[n] for n in names]}}


def standing(stubd):
    code, text = stubd.ctl("--json", "providers")
    equal(code, 0, text)
    return {p["name"]: p for p in json.loads(text)["providers"]}


def told(provider):
    return {(t["kind"], t["text"]) for t in provider["troubles"]}


def test_next_one(lab):
    """the failure is counted by kind, the next provider is asked and believed"""
    for fault, (kind, text) in FAULTS.items():
        lab.fault(*fault.split()[:1], "crook", *fault.split()[1:])
        lab.forget()
        with Stubd(lab, config(lab, "crook-doh", "alpha-dot")) as stubd:
            equal(dig(lab, NAME).data("A"), RIGHT, fault)
            crook = standing(stubd)["crook-doh"]
            equal(list(crook["fails"]), [kind], f"{fault}: {crook}")
            if text:
                true((kind, text) in told(crook), f"{fault}: {told(crook)}")
            print(f"  {fault}: {sorted(told(crook))}")
            equal(dig(lab, NAME).data("A"), RIGHT, f"{fault}, from the cache")
        asked = [r["party"] for r in lab.record(client="laptop", name=NAME)]
        equal((asked[0], asked[-1]), ("crook", "alpha"), fault)


def test_nothing_is_kept(lab):
    """with no other provider it fails and says why; no octet of it is in the cache, and the next good answer is used"""
    for fault, (kind, text) in FAULTS.items():
        lab.fault(*fault.split()[:1], "crook", *fault.split()[1:])
        with Stubd(lab, config(lab, "crook-doh")) as stubd:
            answer = dig(lab, NAME)
            equal((answer.status, answer.data("A")), ("SERVFAIL", []), fault)
            true(answer.ede_text.startswith("crook-doh: ") and (not text or text in answer.ede_text),
                 f"{fault}: {answer.ede_text}")
            cache = stubd.status()["cache"]
            equal((cache["entries"], cache["inserts"]), (0, 0), fault)
            equal(list(standing(stubd)["crook-doh"]["fails"]), [kind], fault)
            lab.heal("crook")
            rounds = 0
            while dig(lab, f"after{rounds}.load.example.com").status != "NOERROR":
                rounds += 1
                true(rounds < 400, f"{fault}: it never works again")
        lab.heal("crook")


def test_garbage(lab):
    """octets that are no message at all, and a body that comes drop by drop and never ends"""
    for fault in ("garbage", "endless"):
        lab.fault(fault, "crook", *(["200"] if fault == "endless" else []))
        lab.forget()
        with Stubd(lab, config(lab, "crook-doh", "alpha-dot")) as stubd:
            equal(dig(lab, NAME).data("A"), RIGHT, fault)
            if fault == "garbage":
                equal(list(standing(stubd)["crook-doh"]["fails"]), ["malformed"])
            equal(stubd.status()["cache"]["entries"], 1)
        equal({r["party"] for r in lab.record(client="laptop", name=NAME)}, {"crook", "alpha"}, fault)
        lab.heal("crook")


def test_goaway_in_midflight(lab):
    """GOAWAY with questions under way: those it does not count are asked again at the same provider, nobody else learns of them"""
    lab.fault("goaway", "crook", "15")
    lab.fault("delay", "300", "leaf1")      # all are under way before the first is answered
    with Stubd(lab, config(lab, "crook-doh", "alpha-dot")) as stubd:
        for number in range(10):            # where a later one was answered before, GOAWAY counts all of them
            lab.forget()
            load = Load(lab, [f"mid{number}-{i}.load.example.com" for i in range(20)], 4000).finish()
            equal((load.failed, load.lost), (0, 0), load.rcodes)
            rows = [r for r in lab.record(client="laptop") if r["party"] in ("crook", "alpha")]
            equal({r["party"] for r in rows}, {"crook"})
            again = len(rows) - len({r["name"] for r in rows})
            if again:
                break
        true(again > 0, "none was under way when the GOAWAY came")
        print(f"  {again} of 20 were under way when a GOAWAY came, and asked again; {standing(stubd)['crook-doh']['fails']}")
    lab.heal("crook")
