"""Load: files of queries, and dnsperf."""
import bisect
import itertools
import os
import random
import re
import subprocess

from probe import percentile

TYPES = [("A", 45), ("AAAA", 35), ("HTTPS", 20)]
KINDS = [("w", 75), ("c", 10), ("v4", 10), ("nx", 5)]
DOMAINS = 64    # of each kind: who caps what is under way below one domain is not to cap a busy household


def pick(rng, table):
    return rng.choices([word for word, _ in table], [weight for _, weight in table])[0]


def host(label, kind, number):
    return f"{label}.{kind}{number % DOMAINS or ''}.bench"


def names(count, seed=1):
    """Host names: most have records, some are aliases, have only A, or do not exist."""
    rng = random.Random(seed)
    return [host(f"host{i:06d}", pick(rng, KINDS), i) for i in range(count)]


def zipf_file(path, count, lines=200000, seed=2):
    """Queries drawn from `count` names by Zipf's law (s = 1); returns the file of the distinct ones."""
    rng = random.Random(seed)
    hosts = names(count)
    sums = list(itertools.accumulate(1 / (i + 1) for i in range(count)))
    kinds = rng.choices([t for t, _ in TYPES], [w for _, w in TYPES], k=lines)
    queries = [f"{hosts[bisect.bisect(sums, rng.random() * sums[-1])]} {kind}\n" for kind in kinds]
    with open(path, "w", encoding="ascii") as f:
        f.writelines(queries)
    with open(path + ".distinct", "w", encoding="ascii") as f:
        f.writelines(dict.fromkeys(queries))
    return path + ".distinct"


def unique_file(path, count, salt):
    """Queries, no two alike and none seen under another salt."""
    rng = random.Random(salt)
    kinds = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS], k=count)
    types = rng.choices([t for t, _ in TYPES], [w for _, w in TYPES], k=count)
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"{host(f'u{salt:x}-{i}', kinds[i], i)} {types[i]}\n" for i in range(count))


def number(pattern, text):
    found = re.search(pattern, text)
    return float(found.group(1)) if found else 0.0


def dnsperf(addr, port, path, seconds, outstanding=100, clients=10, rate=None, once=False, pin=None, each=None,
            mode="udp"):
    """One run; returns its counts. `each`: a scratch file, with which p50 and p99 (µs) come too."""
    command = [] if pin is None else ["taskset", "-c", str(pin)]
    command += ["dnsperf", "-m", mode, "-s", addr, "-p", str(port), "-d", path, "-l", str(seconds), "-q",
                str(outstanding), "-c", str(clients), "-T", "1", "-t", "5"]
    command += ["-Q", str(rate)] if rate else []
    command += ["-n", "1"] if once else []
    command += ["-v"] if each else []
    file, latencies, rest = each or path + ".out", [], []
    with open(file, "w", encoding="utf-8") as out:
        subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, timeout=seconds * 3 + 60, check=False)
    with open(file, encoding="utf-8", errors="replace") as f:
        for line in f:
            if not line.startswith("> "):
                rest.append(line)
            elif line[2] != "T":        # "> NOERROR name A 0.000123"; T: timed out
                latencies.append(float(line.rsplit(None, 1)[1]) * 1e6)
    os.unlink(file)
    text = "".join(rest)
    result = {key: number(pattern, text) for key, pattern in (
        ("sent", r"Queries sent: +(\d+)"), ("done", r"Queries completed: +(\d+)"),
        ("lost", r"Queries lost: +(\d+)"), ("seconds", r"Run time \(s\): +([\d.]+)"),
        ("qps", r"Queries per second: +([\d.]+)"), ("servfail", r"SERVFAIL (\d+)"),
        ("refused", r"REFUSED (\d+)"))}
    if each:
        result["p50_us"], result["p99_us"] = percentile(latencies, 50), percentile(latencies, 99)
    return result
