"""An upstream beside the server: what an answer costs from the cache, on a miss, and when validated."""
import accounts
import zones
from bed import Failed, settle
from probe import ask, milliseconds

NAMES = 10000       # of the Zipf mix


def cached(bed, name, proto, mode):
    mix, distinct = bed.zipf(NAMES)
    srv = bed.started(name, proto)
    try:
        for _ in range(2):
            bed.dnsperf(srv, distinct, outstanding=50, clients=4, once=True)
        r = bed.measured(srv, mix, bed.seconds, outstanding=64, clients=8, mode=mode)
        out = {k: r[k] for k in ("cpu_us", "user_us", "qps", "busy", "load_busy", "lost")}
        r = bed.measured(srv, mix, bed.seconds, outstanding=1000, clients=8, rate=5000, mode=mode,
                         each=bed.path("each"))
        out.update({"calm_" + k: r[k] for k in ("cpu_us", "p50_us", "p99_us", "lost")})
        return out
    finally:
        srv.close()


def udp(bed, name, proto):
    return cached(bed, name, proto, "udp")


def tcp(bed, name, proto):
    return cached(bed, name, proto, "tcp")


def miss(bed, name, proto):
    srv = bed.started(name, proto)
    try:
        bed.dnsperf(srv, bed.unique(500), 5, outstanding=20, once=True)
        before = accounts.accepted()
        r = bed.measured(srv, bed.unique(60000 * bed.seconds), bed.seconds, once=True)
        out = {k: r[k] for k in ("cpu_us", "user_us", "qps", "busy", "load_busy", "lost", "servfail")}
        out["connections"] = accounts.accepted() - before
        settle()
        r = bed.measured(srv, bed.unique(1000 * bed.seconds + 1000), bed.seconds, outstanding=1000, rate=1000,
                         each=bed.path("each"))
        out.update({"calm_" + k: r[k] for k in ("cpu_us", "p50_us", "p99_us")})
        out["calm_failed"] = r["lost"] + r["servfail"]
        return out
    finally:
        srv.close()


def validated(bed, name, proto):
    """A chain from nothing; names in a hundred zones, each with a key of its own; then names of one zone,
    whose keys are known: 2,000, after which memory is looked at, 500 one after another, and many."""
    names = zones.signed_names()
    srv = bed.started(name, proto, dnssec="validate")
    try:
        before = srv.cpu()[0]
        first = milliseconds(ask(srv.addr, [(0, names[0], "A")]))
        out = {"first_ms": first[0] if first else None, "first_cpu_us": (srv.cpu()[0] - before) * 1e6}
        if not srv.proves(names[0]):
            raise Failed("answers without AD")
        cold = bed.measured(srv, bed.listed(zones.chain_names()), outstanding=1, clients=1, once=True)
        some = bed.dnsperf(srv, bed.listed(names[1:2001]), once=True)
        settle()
        out["rss_kib"], out["pss_kib"] = srv.memory()
        single = bed.measured(srv, bed.listed(names[2001:2501]), outstanding=1, clients=1, once=True,
                              each=bed.path("each"))
        many = bed.measured(srv, bed.listed(names[2501:]), once=True)
        out.update({k: many[k] for k in ("cpu_us", "user_us", "qps")}, cold_cpu_us=cold["cpu_us"],
                   single_cpu_us=single["cpu_us"], single_p50_us=single["p50_us"],
                   failed=sum(r["lost"] + r["servfail"] for r in (cold, some, single, many)))
        return out
    finally:
        srv.close()
