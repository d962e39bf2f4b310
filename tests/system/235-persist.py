"""Answers that outlive a restart (`cache.persist`): what is kept, what never is, and when it is not believed."""
import os
import random
import signal
import stat
import struct
import time

from lib.ask import Load, dig
from lib.check import equal, true
from lib.daemon import Stubd

PUBLIC = ("www.example.com", "mail.example.com", "example.com")


def config(lab, persist=True, **more):
    return {"providers": {"custom": [lab.providers["alpha-doh"]], "strategy": "ordered"},
            "split": [{"domains": ["corp.example"], "servers": [lab.env["CORP4"]]}],
            "on_miss": ["providers"], "cache": {"persist": persist}, **more}


def file_of(stubd):
    return os.path.join(stubd.folder, "state", "cache")


def content(stubd):
    with open(file_of(stubd), "rb") as f:
        return f.read()


def write(stubd, octets):
    with open(file_of(stubd), "wb") as f:
        f.write(octets)
    os.chmod(file_of(stubd), 0o600)
    owner = os.stat(os.path.dirname(file_of(stubd)))
    os.chown(file_of(stubd), owner.st_uid, owner.st_gid)


def asked(lab, name):
    return len(lab.record(name=name, client="laptop"))


def restart(stubd):
    stubd.stop()
    stubd.start()
    return loaded(stubd)


def loaded(stubd, seconds=10):
    """What the log says of the file that was read, once that is over; "" when there was none."""
    end = time.monotonic() + seconds
    while os.path.exists(file_of(stubd)) and time.monotonic() < end:
        lines = [line for line in stubd.log().splitlines() if "cache: file=" in line]
        if lines:
            return lines[0]
        time.sleep(0.02)
    return "".join(line for line in stubd.log().splitlines() if "cache: file=" in line)


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
        stubd.configure(config(lab, persist=False))
        stubd.start()
        true(not os.path.exists(file_of(stubd)), "removed at the start")
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
        equal(stubd.ctl("flush", "www.example.com")[0], 0)
        true(not os.path.exists(file_of(stubd)), "gone")
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


def siphash(key, octets):
    """SipHash-1-3, as the file's checksums are made."""
    mask = (1 << 64) - 1
    v = [key[i & 1] ^ c for i, c in enumerate((0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                                               0x7465646279746573))]

    def turn(x, by):
        return (x << by | x >> 64 - by) & mask

    def mix():
        v[0], v[2] = (v[0] + v[1]) & mask, (v[2] + v[3]) & mask
        v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
        v[0] = turn(v[0], 32)
        v[0], v[2] = (v[0] + v[3]) & mask, (v[2] + v[1]) & mask
        v[3], v[1] = turn(v[3], 21) ^ v[0], turn(v[1], 17) ^ v[2]
        v[2] = turn(v[2], 32)

    padded = octets + bytes(-(len(octets) + 1) % 8) + bytes([len(octets) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        mix()
        v[0] ^= word
    v[2] ^= 0xff
    for _ in range(3):
        mix()
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def forged(octets, name, other):
    """The file with another name in its only block, and a checksum that is right."""
    head, length = 72, struct.unpack(">I", octets[72:76])[0]
    block = octets[head + 12:head + 12 + length].replace(name, other)
    key = (0x7374756264206361, 0x6368652066696c65)
    return octets[:head] + struct.pack(">IQ", length, siphash(key, block)) + block + octets[head + 12 + length:]


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
            write(stubd, forged(good, own, other))
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
