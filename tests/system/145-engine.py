"""The engine's own process: it may die or hang as it likes, and nobody outside notices more than he must."""
import os
import re
import shutil
import signal
import time

from lib.ask import Load, dig
from lib.check import becomes_true, equal, true
from lib.daemon import BUILD, Stubd

SANITIZED = os.path.basename(BUILD) in ("asan", "tsan")
RATE, SECONDS = 100, 8


def config(lab, *names, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names]}, "dnssec": "validate", **more}


def process(pid):
    """/proc/PID/status as a dictionary; empty when there is no such process."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    except OSError:
        return {}


def children(pid):
    return [int(p) for p in os.listdir("/proc") if p.isdigit() and process(p).get("PPid") == str(pid)]


def helper(stubd):
    """The pid of the one child there is; None: there is none."""
    found = children(stubd.pid)
    true(len(found) <= 1, f"more than one child: {[process(p) for p in found]}")
    return found[0] if found and process(found[0]).get("State", "Z")[0] != "Z" else None


def restarts(stubd):
    return stubd.status()["engine"]["restarts"]


def descriptors(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))


def replaced(stubd, before):
    """Waits until the helper `before` is gone and no zombie is left of it."""
    becomes_true(lambda: helper(stubd) != before and not process(before), "the lost helper is reaped")


def test_lazy(lab):
    """there is none before it is needed; it inherits nothing, can do little, and is gone with the daemon"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(helper(stubd), None)
        equal(stubd.status()["engine"], {"running": False, "restarts": 0})
        equal(dig(lab, "localhost").status, "NOERROR")
        equal(helper(stubd), None)
        with open(f"/proc/{stubd.pid}/maps", encoding="ascii") as f:
            true("libunbound" not in f.read(), "stubd itself is without libunbound")
        true("ad" in dig(lab, "www.example.com", "A", "+dnssec").flags, "validated")
        pid = helper(stubd)
        true(pid is not None, "there is a helper")
        true(stubd.status()["engine"]["running"], "status knows")
        status = process(pid)
        equal(status["NoNewPrivs"], "1")
        equal(status["Uid"], process(stubd.pid)["Uid"])
        if not SANITIZED:
            equal(status["Seccomp"], "2")
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            equal(f.read(), b"stubd: engine\0")
        with open(f"/proc/{pid}/environ", "rb") as f:
            names = {v.split(b"=")[0].decode() for v in f.read().split(b"\0") if v}
        true(names <= {"JOURNAL_STREAM", "LD_PRELOAD", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}, f"{names}")
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            limits = {line[:26].strip(): line[26:].split()[0] for line in f}
        equal((limits["Max core file size"], limits["Max open files"]), ("0", "2048"))
        if not SANITIZED:
            equal((limits["Max processes"], limits["Max address space"]), ("0", str(512 << 20)))
        files = [f for f in descriptors(pid) if f not in ("socket", "pipe") and not f.startswith("anon_inode")]
        equal(files, ["/dev/null", "/dev/null", stubd.log_file], "files of the helper")
        stubd.stop()
        equal(process(pid), {})
        stubd.start()


MISSING = "the program that validates is not there"


def said_by(lab, *words):
    """Runs it: (exit code, lines of errors)."""
    done = lab.spawn(*words, stdout=-1, stderr=-1, text=True)
    said = done.communicate(timeout=60)[1]
    return done.returncode, said.splitlines()


def test_missing(lab):
    """without the helper's program stubd goes on without recursion; a start, -n and a reload refuse to validate"""
    with Stubd(lab, config(lab, "alpha-doh", dnssec="off", on_miss=["providers", "recurse"])) as stubd:
        stubd.stop()
        alone = shutil.copy(os.path.join(BUILD, "stubd"), stubd.folder)
        stubd.wrap = ["sh", "-c", f'shift; exec {alone} "$@"', "sh"]
        stubd.start()
        true("engine: there is neither recursion nor validation without its program" in stubd.log(), stubd.log())
        true(any("stubd-engine" in w for w in stubd.status()["warnings"]), "status says so")
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("reset", "alpha")
        failed = dig(lab, "www.example.org")
        equal(failed.status, "SERVFAIL")
        true("engine" in failed.ede_text, f"{failed}")
        lab.heal("alpha")
        equal(said_by(lab, alone, "-n", "-c", stubd.file), (0, []), "good without validation")
        split = {"domains": ["signed.corp.example", "broken.corp.example"], "servers": [lab.env["CORP4"]],
                 "dnssec": "validate", "trust_anchors": lab.env["LAB_CORP_ANCHOR"]}
        for more in ({"dnssec": "validate"}, {"dnssec": "off", "split": [split]}):
            stubd.configure(config(lab, "alpha-doh", **more))
            code, lines = said_by(lab, alone, "-n", "-c", stubd.file)
            true(code == 1 and len(lines) == 1 and lines[0].startswith(f"stubd: {MISSING}: /"), f"-n: {code} {lines}")
            code, text = stubd.ctl("reload")
            true(code == 1 and f"{MISSING}: /" in text, f"reload: {code} {text}")
            true("the old configuration stays" in stubd.log(), stubd.log())
            answer = dig(lab, f"after{len(more)}.load.example.com", "A", "+dnssec")
            equal((answer.status, "ad" in answer.flags), ("NOERROR", False), "by the old configuration")
            true(any("the last reload failed" in w for w in stubd.status()["warnings"]), "status says so")
        stubd.stop()
        code, lines = said_by(lab, alone, "-c", stubd.file)
        true(code == 1 and lines[-1].startswith(f"stubd: {MISSING}: /"), f"{code} {lines}")
        stubd.wrap = []
        stubd.start()


def of_another_build(file, folder):
    """A copy of a program that says it was made from other sources."""
    with open(file, "rb") as f:
        octets = f.read()
    found = set(re.findall(rb"\0(\d+\.\d+\.\d+ [0-9a-f]{16})\0", octets))
    equal(len(found), 1, "builds that it is of")
    build = found.pop()
    other = build[:-1] + (b"0" if build[-1:] != b"0" else b"1")
    copy = os.path.join(folder, os.path.basename(file))
    with open(copy, "wb") as f:
        f.write(octets.replace(build, other))
    os.chmod(copy, 0o755)
    return build.decode(), other.decode()


def test_stranger(lab):
    """a helper of another build is not used: what needs it fails at once, by name and with the mend, and all else goes on"""
    mend = "stubd-engine is of another version: restart stubd"
    with Stubd(lab, config(lab, "alpha-doh", on_miss=["providers", "recurse"])) as stubd:
        stubd.stop()
        alone = shutil.copy(os.path.join(BUILD, "stubd"), stubd.folder)
        own, other = of_another_build(os.path.join(BUILD, "stubd-engine"), stubd.folder)
        stubd.wrap = ["sh", "-c", f'shift; exec {alone} "$@"', "sh"]
        stubd.start()
        equal([w for w in stubd.status()["warnings"] if mend in w], [], "before one was tried")
        waits, began = [], time.monotonic()
        for n in range(20):
            started = time.monotonic()
            failed = dig(lab, f"strange{n}.load.example.com")
            waits.append(time.monotonic() - started)
            equal((failed.status, mend in failed.ede_text), ("SERVFAIL", True), f"{failed.ede_text}")
        true(max(waits) < 4.5, f"at once: {waits}")
        equal(helper(stubd), None)
        said = [line for line in stubd.log().splitlines() if "engine:" in line]
        true(len(said) == 1 and mend in said[0] and f'helper="{other}" stubd="{own}"' in said[0], f"{said}")
        equal(len([w for w in stubd.status()["warnings"] if mend in w]), 1, "status says so")
        tried = restarts(stubd)
        true(1 <= tried <= 1 + (time.monotonic() - began) / 8, f"tried {tried} times")
        equal(stubd.status()["counters"]["recursions"], 0)
        equal(dig(lab, "localhost").status, "NOERROR")
        stubd.configure(config(lab, "alpha-doh", dnssec="off"))
        equal(stubd.ctl("reload")[0], 0)
        equal(dig(lab, "www.example.com").status, "NOERROR", "what needs no verdict")
        stubd.configure(config(lab, "alpha-doh"))
        code, text = stubd.ctl("reload")
        true(code == 1 and mend in text, f"a reload that begins to validate: {code} {text}")
        shutil.copy(os.path.join(BUILD, "stubd-engine"), stubd.folder)
        stubd.stop()
        stubd.start()
        true("ad" in dig(lab, "www.example.com", "A", "+dnssec").flags, "after the mend")
        equal([w for w in stubd.status()["warnings"] if mend in w], [])
        stubd.stop()
        stubd.wrap = []
        stubd.start()
    print(f"  worst wait {max(waits):.2f} s")


def test_refuses(lab):
    """nobody but stubd starts it: called by its name it says so and ends"""
    done = lab.spawn(os.path.join(BUILD, "stubd-engine"), stderr=-1, text=True)
    equal((done.communicate(timeout=20)[1].strip(), done.returncode),
          ("stubd: only stubd starts its own helper", 2))


def test_killed(lab):
    """killed again and again under validated load: no client fails, and it comes back each time"""
    with Stubd(lab, config(lab, "alpha-doh", "beta-dot")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        before = len(descriptors(stubd.pid))
        load = Load(lab, [f"kill{i}.load.{('example.com', 'insecure.org')[i % 2]}" for i in range(RATE * SECONDS)], RATE)
        killed = 0
        # Longer apart than it rests after a second death.
        for pause in (0.5, 1.0, 2.0):
            time.sleep(pause)   # so much of the load
            becomes_true(lambda: helper(stubd) is not None, "there is a helper")
            pid = helper(stubd)
            os.kill(pid, signal.SIGKILL)
            killed += 1
            replaced(stubd, pid)
        load.finish()
        equal((load.lost, load.failed), (0, 0), f"failed: {load.rcodes}")
        equal(restarts(stubd), killed)
        equal(stubd.log().count("engine: helper lost"), killed)
        true("ad" in dig(lab, "alias.example.com", "A", "+dnssec").flags, "validated again")
        becomes_true(lambda: len(descriptors(stubd.pid)) <= before + 8, "no descriptors are lost")
    print(f"  worst wait {max(load.latencies):.2f} s")


def test_told_again(lab):
    """one that comes anew knows what is excepted before its first question, and one that runs learns of it at once"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL")
        equal(stubd.ctl("nta", "add", "bogus.org")[0], 0)
        equal(dig(lab, "www.bogus.org").status, "NOERROR", "told the one that ran")
        pid = helper(stubd)
        os.kill(pid, signal.SIGKILL)
        replaced(stubd, pid)
        equal(stubd.ctl("flush")[0], 0)
        equal(dig(lab, "www.bogus.org").status, "NOERROR", "told the one that came")
        true("ad" in dig(lab, "www.example.com", "A", "+dnssec").flags, "validated")
        pid = helper(stubd)
        os.kill(pid, signal.SIGKILL)
        replaced(stubd, pid)
        equal(stubd.ctl("nta", "remove", "bogus.org")[0], 0)
        equal(dig(lab, "www.bogus.org").status, "SERVFAIL", "told the next one")
        equal(restarts(stubd), 2)
        equal(stubd.log().count("engine: helper lost"), 2)


def test_hung(lab):
    """stopped, it is replaced; cached answers are given meanwhile, new ones after"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        pid = helper(stubd)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        load = Load(lab, [f"hung{i}.load.example.com" for i in range(20)], 100)
        while process(pid):
            equal(dig(lab, "www.example.com").status, "NOERROR", "cached")
            true(time.monotonic() - started < 20, "it is replaced")
        took = time.monotonic() - started
        load.finish()
        equal((load.lost, load.failed), (0, 0), f"failed: {load.rcodes}")
        true("it hung" in stubd.log(), "the log says why")
        equal(restarts(stubd), 1)
        true("ad" in dig(lab, "alias.example.com", "A", "+dnssec").flags, "validated again")
    print(f"  replaced after {took:.2f} s, worst wait {max(load.latencies):.2f} s")


def test_deadly(lab):
    """a question at which it dies each time fails by name, opens no recursion, and harms no other"""
    with Stubd(lab, config(lab, "crook-doh", on_miss=["providers", "recurse"])) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.forget()
        lab.fault("slow", "crook", "1500")      # its keys are on their way while it is killed
        client = lab.spawn("dig", "@127.0.0.1", "-p", "5300", "+tries=1", "+timeout=6", "www.example.co.uk",
                           stdout=-1, text=True)
        # The first has the question once its message was answered, and asks for keys then.
        for n in range(2):
            lab.run("record", "--party", "crook", "--type", "DS", "--wait", "1")
            becomes_true(lambda: helper(stubd) is not None, "there is a helper")
            os.kill(helper(stubd), signal.SIGKILL)
            becomes_true(lambda: restarts(stubd) == n + 1, "it is missed")
            if n == 0:
                becomes_true(lambda: helper(stubd) is not None, "the question is asked once more")
        text = client.communicate(timeout=10)[0]
        true("status: SERVFAIL" in text and "the engine died twice" in text, text)
        equal(dig(lab, "www.example.com").status, "NOERROR", "cached")
        lab.heal("crook")
        becomes_true(lambda: "ad" in dig(lab, "v4only.example.com", "A", "+dnssec").flags, "validated again")
        counters = stubd.status()["counters"]
        equal((counters["recursions"], counters["bogus"]), (0, 0))
    equal([r for r in lab.record(client="laptop") if r["party"] != "crook"], [])


def test_restless(lab):
    """what dies all the time rests between, and then questions fail soon rather than late"""
    with Stubd(lab, config(lab, "alpha-doh")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        for n in range(7):
            becomes_true(lambda: dig(lab, f"r{time.monotonic_ns()}.load.example.com").status == "NOERROR",
                         "it comes back", 40)
            pid = helper(stubd)
            os.kill(pid, signal.SIGKILL)
            replaced(stubd, pid)
        started = time.monotonic()
        answer = dig(lab, "rest.load.example.com")
        took = time.monotonic() - started
        equal(answer.status, "SERVFAIL")
        true("the engine" in answer.ede_text, answer.ede_text)
        equal(dig(lab, "www.example.com").status, "NOERROR", "cached")
    print(f"  failed after {took:.2f} s")


def test_orphan(lab):
    """when the daemon is killed it is gone, too"""
    stubd = Stubd(lab, config(lab, "alpha-doh"))
    stubd.start()
    equal(dig(lab, "www.example.com").status, "NOERROR")
    pid = helper(stubd)
    os.kill(pid, signal.SIGSTOP)        # so that it cannot end by itself
    stubd.signal(signal.SIGKILL)
    stubd.process.wait(timeout=30)
    stubd.notify.close()
    becomes_true(lambda: not process(pid), "it is gone")


def test_drained(lab):
    """signals for the whole group do not end it before the daemon has drained"""
    with Stubd(lab, config(lab, "crook-doh")) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("slow", "crook", "300")
        lab.forget()
        client = lab.spawn("dig", "@127.0.0.1", "-p", "5300", "+tries=1", "+timeout=6", "last.load.example.com",
                           stdout=-1, text=True)
        lab.run("record", "--party", "crook", "--wait", "1")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(helper(stubd), number)
        stubd.signal(signal.SIGTERM)
        text = client.communicate(timeout=10)[0]
        true("status: NOERROR" in text, text)
        stubd.process.wait(timeout=30)
