"""What processes have used, from /proc: CPU, memory, wake-ups. Children count with their parents."""
import os
import socket

TICK = os.sysconf("SC_CLK_TCK")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tree(*roots):
    """The pids of the processes `roots` and of all their descendants."""
    parent = {}
    for name in os.listdir("/proc"):
        stat = read(f"/proc/{name}/stat") if name.isdigit() else ""
        if stat:
            parent[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found = {r for r in roots if r in parent}
    while more := {p for p, above in parent.items() if above in found} - found:
        found |= more
    return found


def threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return []


def cpu(pids):
    """(seconds in all, seconds of them in user mode). The sum is the scheduler's, in nanoseconds, but
    where threads have ended, which it forgets; the share of user mode, and what children used that have
    ended, are counted in ticks of 10 ms."""
    exact, user, ticks, ended, ended_user = 0.0, 0, 0, 0, 0
    for pid in pids:
        stat = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
        if not stat:
            continue
        mine, system, of_children, system_of_children = (int(word) for word in stat[11:15])
        user, ticks = user + mine, ticks + mine + system
        ended_user, ended = ended_user + of_children, ended + of_children + system_of_children
        for thread in threads(pid):
            numbers = read(f"/proc/{pid}/task/{thread}/schedstat").split()
            exact += int(numbers[0]) / 1e9 if numbers else 0.0
    own = exact if exact > ticks / TICK - 0.05 else ticks / TICK
    return own + ended / TICK, own * user / max(1, ticks) + ended_user / TICK


def memory(pids):
    """(RSS, PSS) in KiB."""
    sums = {"Rss:": 0, "Pss:": 0}
    for pid in pids:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            words = line.split()
            if words[0] in sums:
                sums[words[0]] += int(words[1])
    return sums["Rss:"], sums["Pss:"]


def switches(pids):
    """Context switches of all threads; of a process that has nothing to do each is a wake-up."""
    return sum(int(line.split()[1]) for pid in pids for thread in threads(pid)
               for line in read(f"/proc/{pid}/task/{thread}/status").splitlines() if "ctxt_switches" in line)


def connections(addr):
    """TCP connections to an address that are established."""
    want = "%08X:" % int.from_bytes(socket.inet_aton(addr), "little")
    rows = (line.split() for line in read("/proc/net/tcp").splitlines()[1:])
    return sum(1 for row in rows if row[2].startswith(want) and row[3] == "01")


def accepted():
    """TCP connections accepted in this network namespace."""
    keys, values = (line.split() for line in read("/proc/net/snmp").splitlines() if line.startswith("Tcp:"))
    return int(values[keys.index("PassiveOpens")])
