"""The packet filter (nftables) in front of the servers: network faults and counters.

One table `lab` in each of `net` and `corp`.  Chains `faults_in` and `faults_out`
are rewritten as a whole whenever the set of faults changes; the counters count
the TCP connections (SYNs that got past the faults) to ports 853 and 443.
"""
import json

from ask import PROBE_PORTS
from netns import TOWARDS_LAPTOP, wrap
from run import run
from world import LAPTOP4, LAPTOP6, LAPTOP_VPN4, PARTIES, PORTS

LOSS = 30                               # per cent, unless told


def nft(net, text, *options):
    return run(*wrap(net, ["nft", *options, "-f", "-"]), stdin=text)


def members(net):
    return [p for p in PARTIES.values() if p.net == net and not p.local]


def selector(address, side):
    return f"{'ip6' if ':' in address else 'ip'} {side} {address}"


def table(net):
    """The table as it is after `up`."""
    counters = [(p, t) for p in members(net) for t in ("dot", "doh")]
    rules = [f"{selector(a, 'daddr')} tcp dport {PORTS[t]} counter name {p.name}_{t}"
             for p, t in counters for a in p.addresses]
    return "\n".join([
        "table inet lab {",
        *(f"counter {p.name}_{t} {{ }}" for p, t in counters),
        "chain faults_in { }", "chain faults_out { }",
        "chain count {", *rules, "}",
        "chain input { type filter hook input priority 0;",
        "ip saddr 127.0.0.1 accept",                    # the record's markers always pass
        "jump faults_in",
        f'iifname != "lo" tcp sport < {PROBE_PORTS} tcp flags & (syn | ack) == syn jump count', "}",
        "chain output { type filter hook output priority 0;", "jump faults_out", "}", "}", ""])


def rules_for(party, fault, value):
    """The rules of one fault, as (chain, rule) pairs.

    A provider's faults concern the laptop only, so that its own recursion goes
    on; an authority's concern everyone.
    """
    outside = "" if party.kind == "nsd" else 'iifname != "lo" '
    leaving = "" if party.kind == "nsd" else 'oifname != "lo" '
    for a in party.addresses:
        to, out = outside + selector(a, "daddr"), leaving + selector(a, "saddr")
        if fault == "blackhole":
            yield "faults_in", f"{to} drop"
            yield "faults_out", f"{out} drop"
        elif fault == "block853":
            yield "faults_in", f"{to} tcp dport 853 drop"
            yield "faults_out", f"{out} tcp sport 853 drop"
        elif fault == "refuse853":
            yield "faults_in", f"{to} tcp dport 853 reject with tcp reset"
        elif fault == "reset853":                       # the connection stands, the first octets end it
            yield "faults_in", f"{to} tcp dport 853 tcp flags & psh == psh reject with tcp reset"
        elif fault == "reset":
            yield "faults_in", f"{to} meta l4proto tcp reject with tcp reset"
            yield "faults_in", f"{to} meta l4proto udp reject"
        elif fault == "loss":
            chance = f"numgen random mod 100 < {value or LOSS} drop"
            yield "faults_in", f"{to} {chance}"
            yield "faults_out", f"{out} {chance}"


def captive(party, on):
    """Divert the laptop's DNS and HTTP to the portal, and refuse the rest of its traffic."""
    nft("net", "table inet captive { }\ndelete table inet captive\n")
    if on:
        laptop = f'iifname "{TOWARDS_LAPTOP["net"]}"'
        elsewhere = f"{laptop} ip daddr != {party.v4}"
        nft("net", "\n".join([
            "table inet captive {",
            "chain divert { type nat hook prerouting priority -100;",
            f"{elsewhere} udp dport 53 dnat ip to {party.v4}",
            f"{elsewhere} tcp dport {{ 53, 80 }} dnat ip to {party.v4}", "}",
            "chain refuse { type filter hook input priority 0;",
            f"{elsewhere} meta l4proto tcp reject with tcp reset",
            f"{elsewhere} meta l4proto udp reject",
            f"{laptop} meta nfproto ipv6 meta l4proto {{ tcp, udp }} reject", "}", "}", ""]))


def apply(faults):
    """Make the filter match `faults`: {party name: {fault: value}}."""
    for party in (p for p in members("net") if p.kind == "portal"):
        captive(party, "captive" in faults.get(party.name, {}))
    for net in ("net", "corp"):
        text = "flush chain inet lab faults_in\nflush chain inet lab faults_out\n"
        for party in members(net):
            for fault, value in faults.get(party.name, {}).items():
                for chain, rule in rules_for(party, fault, value):
                    text += f"add rule inet lab {chain} {rule}\n"
        nft(net, text)


def reset_connections(party):
    """Send a reset on every connection the party has with the laptop."""
    for laptop in (LAPTOP4, f"[{LAPTOP6}]", LAPTOP_VPN4):
        for a in party.addresses:
            ours = f"[{a}]" if ":" in a else a
            if ours[0] == laptop[0] or "[" not in ours + laptop:
                run(*wrap(party.net, ["ss", "-K", "-H", "state", "established",
                                      "src", ours, "and", "dst", laptop]))


def connections(party):
    """How many TCP connections came: {"dot": n, "doh": n}."""
    listing = json.loads(run(*wrap(party.net, ["nft", "-j", "list", "counters"])))
    count = {c["counter"]["name"]: c["counter"]["packets"]
             for c in listing["nftables"] if "counter" in c}
    return {t: count[f"{party.name}_{t}"] for t in ("dot", "doh") if t in party.transports}


def clear_connections():
    for net in ("net", "corp"):
        run(*wrap(net, ["nft", "reset", "counters"]))


def build():
    for net in ("net", "corp"):
        nft(net, table(net))
