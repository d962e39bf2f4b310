"""Strategies that use several providers: who learns of which names, by the lab's record."""
from collections import defaultdict

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd

# gamma over DoT: over DoH its make refuses a stream now and then, which is asked elsewhere.
MEMBERS = ["alpha-doh", "beta-dot", "gamma-dot", "crook-doh"]
SUFFIXES = ["com", "org", "co.uk", "net"]


def config(lab, strategy, **more):
    return {"providers": {"strategy": strategy, "draw": 4, "custom": [lab.providers[n] for n in MEMBERS]}, **more}


def names(domains, hosts, prefix=""):
    """hosts names in each of so many registrable domains; none exists, which is an answer as good."""
    return [f"{prefix}h{h}.d{d}.{SUFFIXES[d % len(SUFFIXES)]}" for h in range(hosts) for d in range(domains)]


def domain(name):
    """The registrable domain, of names as they are made above."""
    labels = name.rstrip(".").split(".")
    return ".".join(labels[-3 if labels[-2:] == ["co", "uk"] else -2:])


def asked(lab, about=None):
    """What each provider learnt: provider → names, of what was asked by the test itself."""
    seen = defaultdict(list)
    wanted = None if about is None else {n + "." for n in about}
    for row in lab.record(client="laptop"):
        if wanted is None or row["name"] in wanted:
            seen[f"{row['party']}-{row['transport']}"].append(row["name"])
    return seen


def warm(lab):
    """The providers know the top-level domains: it is not their own recursion that is tested."""
    for party in ("ALPHA4", "BETA4", "GAMMA4"):
        for suffix in SUFFIXES:
            dig(lab, f"warm.{suffix}", server=lab.env[party], port=53)
    lab.forget()


def ask_all(lab, all_names, rate=600):
    load = Load(lab, all_names, rate).finish()
    equal(load.lost, 0, "every question is answered")
    equal(sum(load.rcodes.get(c, 0) for c in ("NOERROR", "NXDOMAIN")), len(all_names), load.text[-600:])


def homes(seen):
    """registrable domain → the parties that were asked about it"""
    at = defaultdict(set)
    for party, learnt in seen.items():
        for name in learnt:
            at[domain(name)].add(party)
    return at


def show(title, seen):
    names_all = {n for learnt in seen.values() for n in learnt}
    domains_all = {domain(n) for n in names_all}
    for party in sorted(seen):
        learnt = set(seen[party])
        domains = {domain(n) for n in learnt}
        print(f"  {title:22} {party:9} {len(seen[party]):6} questions, {100 * len(learnt) / len(names_all):5.1f} % of the "
              f"names, {100 * len(domains) / len(domains_all):5.1f} % of the domains")


def sharded(lab, stubd, round_):
    """Asks 10,000 names; returns domain → party, or None when a provider was silent for a while on a busy
    machine, and its questions went elsewhere, as they should."""
    first = names(2000, 5, prefix=f"r{round_}-")
    lab.forget()
    before = stubd.status()["counters"]
    ask_all(lab, first)
    now = stubd.status()["counters"]
    seen = asked(lab, first)
    show("shard, 10,000 names", seen)
    at = homes(seen)
    equal(len(at), 2000)
    if now["failovers"] > before["failovers"] or now["probes"] > before["probes"]:
        print(f"  {now['failovers'] - before['failovers']} failovers: once more")
        return None
    equal({d: p for d, p in at.items() if len(p) != 1}, {}, "domains at more than one provider")
    equal(len(seen), 4)
    for party, learnt in seen.items():
        true(1900 < len(set(learnt)) < 3100, f"{party} has {len(learnt)} of 10,000: about a quarter")
    return {d: p for d, (p,) in at.items()}


def test_shard(lab):
    """shard: 10,000 names over four providers, each registrable domain at exactly one; killing one moves its share only"""
    second = names(2000, 1, prefix="later-")
    warm(lab)
    with Stubd(lab, config(lab, "shard")) as stubd:
        before = sharded(lab, stubd, 0) or sharded(lab, stubd, 1) or sharded(lab, stubd, 2)
        true(before, "a round in which no provider was silent")
        lab.fault("kill", "crook")
        for i, d in enumerate(d for d, p in before.items() if p == "crook-doh"):
            equal(dig(lab, f"failing.{d}").status, "NXDOMAIN")
            if i == 3:
                break
        lab.forget()
        ask_all(lab, second)
        seen = asked(lab, second)
        show("shard, crook is dead", seen)
        after = homes(seen)
        equal({d for d in after if before[d] not in after[d]}, {d for d in before if before[d] == "crook-doh"},
              "who left its provider is of the share of the dead one")
        equal({p for d in after for p in after[d] if before[d] == "crook-doh"}, {"alpha-doh", "beta-dot", "gamma-dot"},
              "all others have taken a part of it")


def test_suffixes(lab):
    """shard: questions for public suffixes, the validator's too, go to the first of the draw alone"""
    with Stubd(lab, config(lab, "shard", dnssec="validate")) as stubd:
        fixed = stubd.status()["draw"]["members"][0]
        for name in ("com", "org", "co.uk", "uk"):
            equal(dig(lab, name, "SOA").status, "NOERROR")
        for name in ("www.example.com", "www.example.co.uk", "www.insecure.org"):
            equal(dig(lab, name).status, "NOERROR")
    for row in lab.record(client="laptop"):
        if row["name"] in (".", "com.", "org.", "co.uk.", "uk."):
            equal(f"{row['party']}-{row['transport']}", fixed, f"{row['name']} {row['type']}")
    at = homes({p: [n for n in v if n.count(".") > 2 or n.startswith("example.") or n.startswith("insecure.")]
                for p, v in asked(lab).items()})
    for d in ("example.com", "example.co.uk", "insecure.org"):
        equal(len(at[d]), 1, f"{d}, with its keys, is at {at[d]}")


def test_exposure(lab):
    """what each provider learns under each strategy, of the same 2,000 names in 500 domains"""
    warm(lab)
    for strategy in ("one", "ordered", "spread", "shard", "fastest"):
        lab.forget()
        with Stubd(lab, config(lab, strategy)) as stubd:
            drawn = stubd.status()["draw"]["members"]
            ask_all(lab, names(500, 4))
            counters = stubd.status()["counters"]
        seen = asked(lab)
        calm = counters["failovers"] + counters["probes"] == 0      # nobody was silent for a while
        show(strategy, seen)
        if strategy in ("one", "ordered") and calm:
            equal(len(seen), 1, f"{strategy}: one provider is enough")
        elif strategy == "spread":
            equal(len(seen), 4)
            true(all(350 < len(v) < 650 for v in seen.values()), "a quarter each")
        if strategy == "shard" and calm:
            true(all(len(p) == 1 for p in homes(seen).values()), "one provider a domain")
        equal(len(drawn), {"one": 1, "ordered": 0}.get(strategy, 4))


def test_explain(lab):
    """explain says by what a strategy chose, and is right"""
    with Stubd(lab, config(lab, "shard")) as stubd:
        code, text = stubd.ctl("explain", "www.example.co.uk")
        true(code == 0 and "shard, by the domain example.co.uk." in text, text)
        named = [m for m in MEMBERS if m in text]
        equal(len(named), 4)
        equal(dig(lab, "mail.example.co.uk").status, "NXDOMAIN")
        equal(list(asked(lab)), [min(named, key=text.index)])
        true("fixed member" in stubd.ctl("explain", "co.uk")[1], "a public suffix is at the fixed member")
