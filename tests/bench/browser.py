"""A DoH server for browsers: cached answers over HTTP/2 and TLS, and what a new connection costs."""
import base64
import os
import re
import subprocess

import accounts
from bed import settle
from probe import percentile, wire

NAMES = 200
CROWD = 50          # connections at once, each for one question
PORT = 443


def targets(path, addr, queries):
    """A file of URLs, one for each of the lines "NAME TYPE"."""
    with open(path, "w", encoding="ascii") as f:
        for query in queries:
            text = base64.urlsafe_b64encode(wire(*query.split())).decode().rstrip("=")
            f.write(f"https://{addr}:{PORT}/dns-query?dns={text}\n")
    return path


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found.group(1)) if found else 0.0


def h2load(bed, srv, urls, requests, clients, streams):
    """GETs of these URLs in turn; returns counts, latencies (µs), and what each cost the server."""
    log = bed.path("h2load.log")
    before = srv.cpu()
    done = subprocess.run(
        [*bed.pinned(bed.load_cpu), "h2load", "-n", str(requests), "-c", str(clients), "-m", str(streams), "-t", "1",
         "-H", "accept: application/dns-message", "-i", urls, "--log-file", log, "-T", "5", f"https://{srv.addr}:{PORT}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
    used = [b - a for a, b in zip(before, srv.cpu())]
    each = [int(words[2]) for words in map(str.split, accounts.read(log).splitlines()) if words[1] == "200"]
    if os.path.exists(log):
        os.unlink(log)
    good = max(1, len(each))
    return {"done": len(each), "lost": requests - len(each), "cpu_us": used[0] * 1e6 / good, "user_us": used[1] * 1e6 / good,
            "qps": number(r"finished in [\d.]+\w+, ([\d.]+) req/s", done.stdout),
            "p50_us": percentile(each, 50), "p99_us": percentile(each, 99)}


def cached(bed, name, proto):
    _, distinct = bed.zipf(NAMES)
    srv = bed.started(name, proto, doh=True)
    try:
        urls = targets(bed.path("urls"), srv.addr, accounts.read(distinct).split("\n")[:-1])
        bed.dnsperf(srv, distinct, outstanding=50, clients=4, once=True)
        h2load(bed, srv, urls, 1000, 4, 25)
        out = h2load(bed, srv, urls, 20000 * bed.seconds, 4, 25)
        calm = h2load(bed, srv, urls, 3000 * bed.seconds, 4, 1)
        settle()
        new = [h2load(bed, srv, urls, CROWD, CROWD, 1) for _ in range(2 * bed.seconds)]
        out.update({"calm_" + k: calm[k] for k in ("cpu_us", "p50_us", "p99_us")},
                   new_cpu_us=sum(r["cpu_us"] for r in new) / len(new), new_lost=sum(r["lost"] for r in new))
        return out
    finally:
        srv.close()
