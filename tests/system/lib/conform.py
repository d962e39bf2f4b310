"""What conformance tests are made of. A check is a row: the section of an RFC, a sentence, what to ask,
and a judge of what came back; and mutations, each of which has to make the judge say no. So every
check is made three times: of the daemon; through a proxy that changes nothing; and through it once
for each of its mutations (lib/mutate.py), where it must fail.

    Check("RFC 1035, 4.1.1", "the ID comes back", ask("www.example.com"), lambda r: r.id == 0x1234, "id")

Names that begin with a KIND of lib/author.py and end in author.org are answered by that server,
through the encrypted provider crook; "*" in a name is a label that was never used before.
"""
import itertools
import json
import os
import subprocess

from .check import true
from .daemon import PORT, Stubd
from .message import A, IN, RD, question, read

HERE = os.path.dirname(os.path.abspath(__file__))
LOOPBACK, PROXY_PORT, AUTHOR_PORT, RESOLVER_PORT = "127.0.0.1", 5400, 5353, 5302
HOST = "LAPTOP4"            # the variable with the address that is not loopback
unique = itertools.count()


class Check:
    """judge is called with the replies, each a Message or None; what it raises is a no."""

    def __init__(self, rfc, sentence, steps, judge, *mutations):
        self.rfc, self.sentence, self.judge, self.mutations = rfc, sentence, judge, mutations
        self.steps = steps if isinstance(steps, list) else [steps]

    def __str__(self):
        return f"{self.rfc}: {self.sentence}"


def step(kind, make, *rest, at=LOOPBACK):
    """A step whose messages are made anew for each run: make(label) gives octets, or several."""
    return lambda label: [kind, at, make(label), *rest]


def named(name, *arguments, **more):
    return lambda label: question(name.replace("*", label), *arguments, **more)


def ask(name, kind=A, cls=IN, at=LOOPBACK, **more):
    """One question over UDP, whose answer is waited for."""
    return step("ask", named(name, kind, cls, **more), at=at)


def send(data):
    """Octets as one datagram; the reply is None when there was none at once."""
    return step("udp", lambda _: data)


def tcp(*questions, at=LOOPBACK):
    """Several questions, as (name, kind, more) or octets, in one piece on one connection."""
    def make(label):
        return [q if isinstance(q, bytes) else question(q[0].replace("*", label), *q[1:]) for q in questions]
    return step("tcp", make, len(questions), at=at)


def raw_stream(pieces, n):
    """Raw octets on one connection; n messages are expected. pieces: a list, or what makes it of a label."""
    return step("bytes", pieces if callable(pieces) else lambda _: pieces, n)


def half_closed(pieces, n):
    """The same from a client that has nothing more to say; n messages, and the end, are expected."""
    return step("half", pieces if callable(pieces) else lambda _: pieces, n)


def pause(seconds):
    return lambda _: ["pause", seconds]


def twice(name, kind=A, **more):
    return [ask(name, kind, **more), ask(name, kind, **more)]


def flags(value=RD, **more):
    return {"flags": value, **more}


class Talker:
    """A program in the lab that answers lines with lines."""

    def __init__(self, lab, program, *words, where="laptop"):
        self.process = lab.spawn("python3", os.path.join(HERE, program), *map(str, words), where=where, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self):
        text = self.process.stdout.readline()
        true(text, "a helper of the test has ended")
        return text.strip()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Author(Talker):
    """The server that is told by names what to answer; crook's answers come from it meanwhile."""

    def __init__(self, lab):
        super().__init__(lab, "author.py", AUTHOR_PORT, RESOLVER_PORT, lab.env["CROOK4"], where="net")
        self.lab = lab

    def __enter__(self):
        self.line()
        self.lab.fault("from", str(AUTHOR_PORT), "crook")
        return self

    def __exit__(self, *_):
        self.lab.heal("crook")
        super().__exit__()


class Conversation:
    """The client, the proxy, and a daemon to talk to."""

    def __init__(self, lab):
        self.lab = lab
        self.client = Talker(lab, "exchange.py")
        self.proxy = Talker(lab, "mutate.py", PROXY_PORT, PORT, LOOPBACK, lab.env[HOST])

    def __enter__(self):
        self.proxy.line()
        return self

    def __exit__(self, *_):
        self.proxy.__exit__()
        self.client.__exit__()

    def hold(self, check, port):
        """Makes a check; None when it holds, else what was seen."""
        label = f"n{next(unique)}"
        steps = [s(label) for s in check.steps]
        for s in steps:
            if s[0] == "pause":
                continue
            s[1] = self.lab.env.get(s[1], s[1])
            s[2] = s[2].hex() if isinstance(s[2], bytes) else [b.hex() for b in s[2]]
        got = json.loads(self.client.say(json.dumps({"port": port, "steps": steps})))
        replies = []
        try:
            replies = [read(bytes.fromhex(r)) if r else None for r in got]
            return None if check.judge(*replies) else f"saw {replies}"
        except Exception as e:                      # an answer that cannot be read, or is not there
            return f"{type(e).__name__}: {e}; saw {replies or got}"


def conforms(lab, config, checks):
    """Makes every check of the daemon; all that fail are told."""
    failures = []
    with Author(lab), Stubd(lab, config), Conversation(lab) as talk:
        for check in checks:
            seen = talk.hold(check, PORT)
            if seen:
                failures.append(f"  {check}: {seen}")
    true(not failures, f"{len(failures)} of {len(checks)} checks fail:\n" + "\n".join(failures))
    print(f"  {len(checks)} checks hold")


def can_fail(lab, config, checks):
    """Makes every check through the proxy: it holds when nothing is changed, and with no mutation."""
    failures, planted = [], 0
    with Author(lab), Stubd(lab, config), Conversation(lab) as talk:
        for check in checks:
            true(check.mutations, f"{check}: names no mutation")
            for mutation in ("none", *check.mutations):
                talk.proxy.say(mutation)
                seen = talk.hold(check, PROXY_PORT)
                planted += 1
                if (seen is None) != (mutation == "none"):
                    failures.append(f"  {check}: with mutation {mutation}: {seen or 'it holds'}")
    true(not failures, f"{len(failures)} of {planted} are wrong:\n" + "\n".join(failures))
    print(f"  {planted - len(checks)} planted faults are found by {len(checks)} checks")
