"""Answers that outlive a restart (`cache.persist`): what is kept, what never is, and when it is not believed."""
import os
import random
import signal
import stat
import time

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd
from lib.kept import block_of, content, file_of, loaded, restart, with_block, write

PUBLIC = ("www.example.com", "mail.example.com", "example.com")


def config(lab, persist=True, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"]], "strategy": "ordered"},
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "on_miss": ["providers"], "cache": {"persist": persist}, **more}


def asked(lab, name):
    return len(lab.record(name=name, client="laptop"))


def test_restart(lab):
    """after a restart, with the providers gone, public names are answered from the file; their TTLs went on"""
    with Stubd(lab, config(lab)) as stubd:
        before = {name: dig(lab, name) for name in PUBLIC}
        gone = dig(lab, "nothing.example.com")
        equal(gone.status, "NXDOMAIN")
        time.sleep(1.1)                                 # so that there is an age
        true("answers=4 over=0 refused=0" in restart(stubd), stubd.log())
        lab.fault("kill", "alpha")
        asked_before = [asked(lab, name + ".") for name in PUBLIC]
        for name in PUBLIC:
            after = dig(lab, name)
            equal((after.status, sorted(after.data("A"))), ("NOERROR", sorted(before[name].data("A"))))
            true(all(a[1] < b[1] for a, b in zip(after.records, before[name].records)), repr(after))
        equal(dig(lab, "nothing.example.com").status, "NXDOMAIN")
        equal(dig(lab, "ftp.example.com").status, "SERVFAIL", "never asked before")
        equal([asked(lab, name + ".") for name in PUBLIC], asked_before)
        equal(stat.S_IMODE(os.stat(file_of(stubd)).st_mode), 0o600)
        lab.heal()


def test_what_is_never_kept(lab):
    """names of split rules, failures and chains into another view are not in the file"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "wiki.corp.example").status, "NOERROR")
        dig(lab, "www.bogus.org")
        dig(lab, "www.example.com")
        stubd.stop()
        octets = content(stubd).lower()
        true(b"\3www\7example" in octets, "a public name is")
        true(b"corp" not in octets and b"wiki" not in octets, "no split name is")
        stubd.start()
        loaded(stubd)
        before = asked(lab, "wiki.corp.example.")
        equal(dig(lab, "wiki.corp.example").status, "NOERROR")
        equal(asked(lab, "wiki.corp.example."), before + 1)


def test_top_level(lab):
    """what is not asked by name and type alone: the servers of a top-level domain are public, its addresses are not"""
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "com", "NS").status, "NOERROR")
        true("answers=1 over=0 refused=0" in restart(stubd), stubd.log())
        before = asked(lab, "com.")
        equal(dig(lab, "com", "NS").status, "NOERROR")
        equal(asked(lab, "com."), before)
        equal(dig(lab, "com", "A").status, "NXDOMAIN")


def test_off_by_default(lab):
    """without the key there is no file, and one of before is removed; so it is when the key goes by a reload"""
    with Stubd(lab, {**config(lab), "cache": {}}) as stubd:
        dig(lab, "www.example.com")
        stubd.stop()
        true(not os.path.exists(file_of(stubd)), "no file")
        stubd.configure(config(lab))
        stubd.start()
        dig(lab, "www.example.com")
        stubd.stop()
        true(os.path.exists(file_of(stubd)), "a file")
        with open(file_of(stubd) + ".new", "w", encoding="ascii"):
            pass
        stubd.configure(config(lab, persist=False))
        stubd.start()
        true(not os.path.exists(file_of(stubd)) and not os.path.exists(file_of(stubd) + ".new"),
             "removed at the start")
        stubd.configure(config(lab))
        equal(stubd.ctl("reload")[0], 0)
        dig(lab, "www.example.com")
        restart(stubd)
        true(os.path.exists(file_of(stubd)), "a file again")
        stubd.configure(config(lab, persist=False))
        equal(stubd.ctl("reload")[0], 0)
        true(not os.path.exists(file_of(stubd)), "removed by the reload")


def test_flush(lab):
    """a flush removes the file, too; what is learnt after it is kept again"""
    with Stubd(lab, config(lab)) as stubd:
        dig(lab, "www.example.com")
        dig(lab, "mail.example.com")
        restart(stubd)
        true(os.path.exists(file_of(stubd)), "there is one")
        with open(file_of(stubd) + ".new", "w", encoding="ascii"):
            pass                                        # killed while it was written
        equal(stubd.ctl("flush", "www.example.com")[0], 0)
        true(not os.path.exists(file_of(stubd)), "gone")
        true(not os.path.exists(file_of(stubd) + ".new"), "and what was left of a newer one")
        true("answers=1 " in restart(stubd), stubd.log())
        true(b"\3www" not in content(stubd), "the name is gone from the disk")
        equal(stubd.ctl("flush")[0], 0)
        equal(restart(stubd), "", "nothing was kept")


def test_other_rules(lab):
    """a file of another configuration, or of other exceptions from validation, is thrown away"""
    with Stubd(lab, config(lab)) as stubd:
        dig(lab, "www.example.com")
        stubd.stop()
        stubd.configure(config(lab, dnssec="validate"))
        stubd.start()
        true("another configuration" in loaded(stubd) and "answers=0" in loaded(stubd), stubd.log())
        true(not os.path.exists(file_of(stubd)), "gone")
        answer = dig(lab, "www.example.com", "+dnssec")
        true("ad" in answer.flags, repr(answer))
        true("answers=1 " in restart(stubd), stubd.log())
        answer = dig(lab, "www.example.com", "+dnssec")
        true("ad" in answer.flags, "proved is proved: " + repr(answer))
        dig(lab, "mail.example.com")
        equal(stubd.ctl("nta", "add", "example.net")[0], 0)
        dig(lab, "example.com")
        kept = restart(stubd)
        true("answers=3 " in kept, stubd.log())
        stubd.stop()
        with open(os.path.join(stubd.folder, "state", "nta"), "w", encoding="utf-8"):
            pass                                        # its time is over while stubd is not there
        stubd.start()
        true("another configuration" in loaded(stubd), stubd.log())


def test_broken(lab):
    """whatever stands in the file: stubd starts, answers, and believes no part that was damaged"""
    with Stubd(lab, config(lab)) as stubd:
        for name in PUBLIC:
            dig(lab, name)
        stubd.stop()
        good = content(stubd)
        rng = random.Random(1)
        spoilt = [b"", b"x" * 100, good[:50], good[:-1], good[:len(good) // 2], good + good, rng.randbytes(5000)]
        for _ in range(5):
            at = rng.randrange(len(good))
            spoilt.append(good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:])
        for octets in spoilt:
            write(stubd, octets)
            stubd.start()
            line = loaded(stubd)
            true("refused=0" in line, line)
            equal(dig(lab, "www.example.com").status, "NOERROR")
            stubd.stop()
        write(stubd, good)
        stubd.start()
        true(f"answers={len(PUBLIC)} " in loaded(stubd), stubd.log())


def test_forged(lab):
    """a file in which somebody wrote an answer for a name of a split rule: that is refused, others are not"""
    own, public, split = (b"\1" + x + b"\4wild\7example\3" + y + b"\0"
                          for x, y in ((b"x", b"com"), (b"y", b"com"), (b"x", b"net")))
    rules = [{"domains": ["wild.example.net"], "servers": [lab.env["CORP4"]]}]
    with Stubd(lab, config(lab, split=rules)) as stubd:
        equal(dig(lab, "x.wild.example.com").status, "NOERROR")
        stubd.stop()
        good = content(stubd)
        for other, line in ((own, "answers=1 over=0 refused=0"), (public, "answers=1 over=0 refused=0"),
                            (split, "answers=0 over=0 refused=1")):
            write(stubd, with_block(good, block_of(good).replace(own, other)))
            stubd.start()
            true(f"{line} end=\"all of it\"" in loaded(stubd), stubd.log())
            stubd.stop()


def test_killed(lab):
    """killed while it stops, at whatever moment: there is a whole file, the one before or the new one"""
    with Stubd(lab, config(lab)) as stubd:
        dig(lab, "www.example.com")
        stubd.stop()
        rng = random.Random(2)
        for i in range(12):
            stubd.start()
            line = loaded(stubd)
            true("refused=0" in line and 'end="all of it"' in line, line)
            dig(lab, f"n{i}.wild.example.com")
            stubd.signal(signal.SIGTERM)
            time.sleep(rng.random() * 0.02)
            try:
                stubd.signal(signal.SIGKILL)
            except ProcessLookupError:
                pass
            stubd.process.wait(timeout=30)
            stubd.notify.close()
            os.unlink(os.path.join(stubd.folder, "notify"))
        stubd.start()
        true('end="all of it"' in loaded(stubd), stubd.log())


def test_first_answer(lab):
    """3,000 answers come in while others ask: nobody's question is lost, and none of them goes upstream again"""
    with Stubd(lab, config(lab)) as stubd:
        names = [f"kept{i}.load.example.com" for i in range(3000)]
        load = Load(lab, names, 1000).finish()
        equal((load.lost, load.rcodes), (0, {"NOERROR": len(names)}))
        stubd.stop()
        size = os.path.getsize(file_of(stubd))
        stubd.start()
        local = Load(lab, ["localhost"] * 500, 1000).finish()
        equal((local.lost, local.rcodes), (0, {"NOERROR": 500}))
        true("answers=3000 " in loaded(stubd), stubd.log())
        print(f"  {size} octets for 3,000 answers; slowest local answer meanwhile "
              f"{max(local.latencies) * 1000:.1f} ms")
        again = Load(lab, names, 1000).finish()
        equal((again.lost, again.rcodes), (0, {"NOERROR": len(names)}))
        equal(len(lab.record(party="alpha")), len(names), "asked once")
