"""Tables of results, in Markdown: medians over the rounds, and their extremes."""
import json
import os
import platform
import statistics
import time

from scenarios import ALL

REFERENCE = "stubd"
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"


def load(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def number(v):
    if v == int(v):
        return f"{int(v):,}"
    return f"{v:,.0f}" if abs(v) >= 100 else f"{v:.3g}"


def cell(values):
    if not values:
        return "-"
    middle = number(statistics.median(values))
    low, high = number(min(values)), number(max(values))
    return middle if low == high else f"{middle} ({low}–{high})"


def ratios(rows, mine, key):
    """A server's figure as a multiple of stubd's of the same round and protocol (any, if stubd has one)."""
    ours = [r for r in rows if r["server"] == REFERENCE and r.get(key)]
    ours = [r for r in ours if r["proto"] == mine[0]["proto"] or len({x["proto"] for x in ours}) == 1]
    stubd = {r["round"]: r[key] for r in ours}
    return [r[key] / stubd[r["round"]] for r in mine if r.get(key) and r["round"] in stubd]


def table(scenario, rows):
    columns, judge = scenario.columns, next(iter(scenario.columns))
    lines = ["| server | × stubd | " + " | ".join(columns.values()) + " |", "|---|" + "--:|" * (len(columns) + 1)]
    order = {}
    for key in dict.fromkeys((r["server"], r["proto"]) for r in rows):
        mine = [r for r in rows if (r["server"], r["proto"]) == key]
        values = [r[judge] for r in mine if r.get(judge) is not None]
        ratio = ratios(rows, mine, judge)
        cells = [f"{statistics.median(ratio):.2f}" if ratio else "-"]
        cells += [cell([r[c] for r in mine if r.get(c) is not None]) for c in columns]
        order[f"| {key[0]}, {key[1]} | " + " | ".join(cells) + " |"] = statistics.median(values) if values else 1e99
    lines += sorted(order, key=order.get)
    why = {f"{r['server']}, {r['proto']}: {r['error'].split(':')[0]}" for r in rows if "error" in r}
    return lines + [""] + [f"- {w}" for w in sorted(why)]


def markdown(results):
    lines = []
    for key, scenario in ALL.items():
        rows = [r for r in results if r["scenario"] == key]
        if rows:
            rounds = len({r["round"] for r in rows})
            lines += [f"### {scenario.title} (`{key}`)", "", f"{rounds} round{'s' if rounds > 1 else ''}.", ""]
            lines += table(scenario, rows) + [""]
    return "\n".join(line for i, line in enumerate(lines) if line or lines[i - 1])


def machine(versions):
    """Where and when, and who took part."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown")
    with open("/proc/loadavg", encoding="utf-8") as f:
        busy = f.read().split()[0]
    return "\n".join([f"{time.strftime('%Y-%m-%d', time.gmtime())}, {os.cpu_count()} CPUs ({cpu}), Linux "
                      f"{platform.release()}, load average at the end {busy}.", "",
                      *(f"- {name}: {version}" for name, version in versions.items()), ""])


def write(path, text):
    """Puts text between the marks of a document."""
    with open(path, encoding="utf-8") as f:
        before, rest = f.read().split(BEGIN)
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1])
