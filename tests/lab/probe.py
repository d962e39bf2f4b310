"""Waits until servers really answer, asked from the laptop over every transport."""
import concurrent.futures
import sys
import time

import control
from ask import ask
from life import last_words
from world import PARTIES, ZONES

SECONDS = 10.0


def good(party, reply):
    """Is it the answer this party is there to give?"""
    if reply.rcode or not reply.answers:
        return False
    if party.kind == "nsd":
        return reply.aa
    return reply.ad or party.name in ("isp", "corp", "portal")      # the others validate


def question(party):
    if party.kind == "nsd":
        return next(z for z, (server, _) in ZONES.items() if server == party.name), "SOA"
    return ("intranet.corp.example" if party.name == "corp" else "www.example.com"), "A"


def wait_for(state, party, transport, address, end):
    """None, or what is wrong."""
    trouble = "no answer"
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            reply = ask(transport, address, *question(party), host=party.host,
                        ca=f"{state}/ca.pem")
            if good(party, reply):
                return None
            trouble = f"rcode {reply.rcode}, {reply.answers} answers, ad={reply.ad}"
        except OSError as e:
            trouble = str(e) or type(e).__name__
        if control.ask(state, do="status")["parties"][party.name]["state"] == "dead":
            trouble = "it ended"
            break
        time.sleep(max(0, 0.03 - (time.monotonic() - began)))
    return f"{party.name} does not answer over {transport} at {address}: {trouble}"


def wait(state, names):
    """Probe these parties (or all) side by side; tell the first that fails, with its log."""
    parties = [PARTIES[n] for n in names or PARTIES if not PARTIES[n].local]
    end = time.monotonic() + SECONDS
    todo = [(p, t, a) for p in parties for t in p.transports for a in p.addresses]
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(todo) or 1) as pool:
        results = list(pool.map(lambda x: wait_for(state, *x, end), todo))
    for (party, _, _), trouble in zip(todo, results):
        if trouble:
            print(f"lab: {trouble}; its log ({state}/{party.name}/log) ends\n"
                  + last_words(f"{state}/{party.name}"), file=sys.stderr)
            return 1
    return 0
