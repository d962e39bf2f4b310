"""What an answer from the cache costs: no memory, and of the kernel what a whole batch shares. The daemon
stands still while the questions arrive, so that they are one batch on any machine."""
import json
import os
import signal

from lib.check import equal, true
from lib.conform import Talker
from lib.count import Counts, is_sanitised
from lib.daemon import ADDRESS, BUILD, PORT, Stubd
from lib.message import A, AAAA, CD, DO, NS, RD, Opt, question
from lib.web import certify

DOH_PORT, ROUNDS = 8443, 20
NAMES = ("www.example.com", "mail.example.com", "many.example.com", "chain1.example.com", "nx.example.com",
         "wiki.corp.example")


def config(lab):
    certificate, key = certify(lab.folder)
    return {"providers": {"custom": [lab.providers["alpha-doh"]]}, "workers": 1,
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "doh": {"listen": [f"{ADDRESS}:{DOH_PORT}"], "certificate": certificate, "key": key}}


def questions(n):
    """n questions of every kind that the cache answers: spelled anyhow, with EDNS and without, denials, chains."""
    ways = [{}, {"opt": Opt()}, {"opt": Opt(flags=DO)}, {"flags": 0}, {"flags": RD | CD, "opt": Opt(flags=DO)}]
    return [question(NAMES[i % len(NAMES)].title() if i % 3 else NAMES[i % len(NAMES)],
                     (A, AAAA, NS)[i // len(NAMES) % 3], number=i, **ways[i % len(ways)]) for i in range(n)]


class Bench:
    """A daemon that counts, and its client."""

    def __init__(self, lab):
        self.counts = Counts(lab)
        self.stubd = self.counts.of(Stubd(lab, config(lab)))
        self.lab = lab

    def __enter__(self):
        self.stubd.__enter__()
        self.client = Talker(self.lab, "count.py", ADDRESS, PORT, DOH_PORT)
        self.client.line()
        return self

    def __exit__(self, *error):
        self.client.__exit__()
        self.stubd.__exit__(*error)

    def ask(self, kind, asked):
        """Sends them in one piece; returns what they cost."""
        before = self.counts.read()
        self.stubd.signal(signal.SIGSTOP)
        self.client.say(json.dumps([kind, *(q.hex() for q in asked)]))
        self.stubd.signal(signal.SIGCONT)
        equal(int(self.client.say('["take"]')), len(asked), f"answers over {kind}")
        after = self.counts.read()
        return {k: after[k] - before[k] for k in after}

    def ask_again_and_again(self, kind, asked):
        """The least of each that any of some rounds cost: what else the daemon has to do is in few of them."""
        rounds = [self.ask(kind, asked) for _ in range(ROUNDS)]
        return {k: min(r[k] for r in rounds) for k in rounds[0]}


def begin(lab):
    """None where it cannot be counted."""
    if is_sanitised(os.path.join(BUILD, "stubd")):
        print("  not counted: a sanitizer has an allocator of its own")
        return None
    return Bench(lab)


def test_udp(lab):
    """60 questions that the cache answers, in one batch: no memory, one sendmmsg(2), and the time of the turn"""
    bench = begin(lab)
    if not bench:
        return
    with bench:
        equal(bench.ask("udp", questions(60))["recvmmsg"] > 0, True, "counted")
        missed = bench.ask("udp", [question(f"n{i}.wild.example.com", number=i) for i in range(10)])
        true(missed["allocated"] > 0 and missed["wrote"] > 0 and missed["time"] > 0, f"counted: {missed}")
        cost = bench.ask_again_and_again("udp", questions(60))
        print(f"  60 questions in one batch: {cost}")
        equal({k: cost[k] for k in ("allocated", "wrote", "read", "sendmmsg")},
              {"allocated": 0, "wrote": 0, "read": 0, "sendmmsg": 1})
        true(cost["recvmmsg"] <= 2, "one batch, and perhaps a look for the next")
        true(cost["time"] <= 4, "the time is of a turn, not of a question")


def test_streams(lab):
    """60 answers from the cache leave over TCP, and over DoH, in one piece"""
    bench = begin(lab)
    if not bench:
        return
    with bench:
        bench.ask("udp", questions(60))                 # now all are cached
        for kind in ("tcp", "h2"):
            cost = bench.ask(kind, questions(60))
            print(f"  60 questions over {kind} in one piece: {cost}")
            true(0 < cost["wrote"] <= 2, cost)
