"""The file of kept answers (`cache.persist`): what is told to nobody by it, whose it is, and which file is refused."""
import os
import stat
import struct
import time

from lib.ask import dig
from lib.check import equal, true
from lib.clock import Clock
from lib.conform import Author
from lib.daemon import Stubd
from lib.kept import block_of, content, file_of, loaded, restart, with_block
from lib.resolvers import NetworkFile

TIME = "load.example.com"       # as many names as one likes
PROVED = "answered by the network's own resolver, before stubd was started anew"


def config(lab, *names, persist=True, **more):
    return {"providers": {"custom": [lab.providers[n] for n in names or ("alpha-doh", "beta-dot")]},
            "cache": {"persist": persist}, **more}


def asked(lab, name, party=None):
    return len([r for r in lab.record(client="laptop", name=name + ".") if party in (None, r["party"])])


def has(stubd, name):
    """Is there such a name, or the label that it begins with, in the file?"""
    label = name.split(".", maxsplit=1)[0].encode()
    return bytes([len(label)]) + label in content(stubd).lower()


def test_network(lab):
    """of what the network's resolver said there is what was proved, not by whom; and that is still told after the restart"""
    wanted = config(lab, privacy="opportunistic", on_miss=["providers", "network"], dnssec="validate",
                    **NetworkFile(lab, lab.env["ISP4"]).config())
    for p in ("alpha", "beta"):
        lab.fault("kill", p)
    with Stubd(lab, wanted) as stubd:
        true("ad" in dig(lab, "www.example.com", "A", "+adflag").flags, "proved")
        equal(dig(lab, "www.insecure.org").status, "NOERROR")
        equal(dig(lab, "cross.example.com").status, "NOERROR", "an alias from there to there")
        equal(asked(lab, "www.insecure.org", "isp"), 1)
        stubd.stop()
        true(has(stubd, "www.example.com"), "what was proved is there")
        true(not has(stubd, "cross.example.com") and b"insecure" not in content(stubd), "what was not, is not")
        true(lab.env["ISP4"].encode() not in content(stubd), "nor who it was")
        stubd.start()
        true("answers=1 over=0 refused=0" in loaded(stubd), stubd.log())
        before = asked(lab, "www.example.com")
        for _ in range(2):
            answer = dig(lab, "www.example.com", "A", "+adflag")
            equal((answer.data("A"), "ad" in answer.flags, answer.ede_text), (["192.0.2.80"], True, PROVED))
        equal(asked(lab, "www.example.com"), before)
        equal(dig(lab, "www.insecure.org").status, "NOERROR")
        equal(asked(lab, "www.insecure.org", "isp"), 2, "it was asked again")


def test_unproved(lab):
    """the same without validation: nothing that the network's resolver said is on the disk"""
    wanted = config(lab, privacy="opportunistic", on_miss=["providers", "network"],
                    **NetworkFile(lab, lab.env["ISP4"]).config())
    for p in ("alpha", "beta"):
        lab.fault("kill", p)
    with Stubd(lab, wanted) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        stubd.stop()
        true(not os.path.exists(file_of(stubd)), "no file")


def test_time_servers(lab):
    """names of time servers, and chains, are left out while the clock is not synchronised, and kept once it is"""
    clock = Clock(lab)
    names = ("www.example.com", f"spoilt.{TIME}", "alias.example.com")
    with clock.worn_by(Stubd(lab, config(lab, dnssec="validate", ntp_names=[TIME]))) as stubd:
        for name in names:
            equal(dig(lab, name).status, "NOERROR", name)
        stubd.stop()
        equal([has(stubd, name) for name in names], [True, False, False])
        true(b"\4load" not in content(stubd), "nothing below, either")
        stubd.start()
        true("answers=1 over=0 refused=0" in loaded(stubd), stubd.log())
        equal(dig(lab, f"spoilt.{TIME}").status, "NOERROR")
        clock.set(0, True)
        equal(stubd.status()["clock"]["synchronised"], True)
        for name in names:
            equal(dig(lab, name).status, "NOERROR", name)
        stubd.stop()
        equal([has(stubd, name) for name in names], [True, True, True])
        equal(asked(lab, f"spoilt.{TIME}"), 3, "each time in which it was not known")


def test_subnets(lab):
    """where a provider has `ecs: pass`: answers for a client's network, or asked for one, and their names are not on the disk"""
    wanted = config(lab)
    wanted["providers"] = {"custom": [{**lab.providers["crook-dot"], "ecs": "pass"}]}
    with Author(lab), Stubd(lab, wanted) as stubd:
        def ask(name, *words):
            return [int(a.rsplit(".", 1)[1]) for a in dig(lab, name, "A", *words).data("A")]

        equal(ask("near-16.told.author.org", "+subnet=198.51.100.0/24"), [1])
        equal(ask("near-0.for-all.author.org", "+subnet=198.51.100.0/24"), [1])
        equal(ask("near-16.nobody.author.org", "+subnet=0.0.0.0/0"), [1])
        equal(ask("near-16.untold.author.org"), [1])
        equal(ask("near-16.both.author.org", "+subnet=198.51.100.0/24"), [1])
        equal(ask("near-16.both.author.org"), [2])
        stubd.stop()
        octets = content(stubd)
        equal([octets.count(bytes([len(name)]) + name) for name in (b"told", b"for-all", b"nobody", b"untold", b"both")],
              [0, 0, 0, 1, 1])
        true(b"\xc6\x33\x64" not in octets, "no client's network")
        true(b"\xc0\0\2\2" in octets and octets.count(b"\xc0\0\2\1") == 1, "who told none has no other's answer")
        stubd.start()
        true("answers=2 over=0 refused=0" in loaded(stubd), stubd.log())
        equal(ask("near-16.untold.author.org"), [1])
        equal(ask("near-16.both.author.org"), [2])
        equal(ask("near-16.both.author.org", "+subnet=198.51.100.0/24"), [3], "asked again")
        equal(ask("near-16.told.author.org", "+subnet=198.51.100.0/24"), [2], "asked again")


def test_private(lab):
    """public names with private addresses are not on the disk, whether or not they are blocked"""
    with Author(lab), Stubd(lab, config(lab, "crook-dot")) as stubd:
        for name in ("ten.own.author.org", "alias-home.own.author.org", "one-of-two.own.author.org",
                     "public.own.author.org"):
            equal(dig(lab, name).status, "NOERROR", name)
        stubd.stop()
        octets = content(stubd)
        true(b"\6public" in octets and b"\3ten" not in octets and b"-home" not in octets and b"one-of" not in octets,
             "the public one alone")
        true("answers=1 " in restart(stubd), stubd.log())


def test_blocked(lab):
    """what a provider blocks is not on the disk: after a restart it is asked, and told, again"""
    with Stubd(lab, config(lab, "crook-doh", "alpha-dot")) as stubd:
        for number, fault in enumerate(("nowhere", "block 17", "block 18", "refuse 16")):
            lab.fault(*fault.split(), "crook")
            true(dig(lab, f"blocked{number}.{TIME}").ede is not None, fault)
        lab.heal("crook")
        equal(dig(lab, "www.example.com").status, "NOERROR")
        stubd.stop()
        true(has(stubd, "www.example.com") and b"\x08blocked" not in content(stubd), "names")
        stubd.start()
        true("answers=1 " in loaded(stubd), stubd.log())
        equal(dig(lab, f"blocked1.{TIME}").status, "NOERROR", "it is not blocked any more")


def test_owner(lab):
    """the file is the daemon's own, for nobody else to read, whoever made one there before; nothing is left beside it"""
    with Stubd(lab, config(lab)) as stubd:
        for aside in ("cache", "cache.new"):
            dig(lab, "www.example.com")
            user = os.stat(f"/proc/{stubd.pid}").st_uid
            stubd.stop()
            seen = os.lstat(file_of(stubd))
            equal((stat.S_IFMT(seen.st_mode), stat.S_IMODE(seen.st_mode), seen.st_uid), (stat.S_IFREG, 0o600, user))
            equal([f for f in os.listdir(os.path.dirname(file_of(stubd))) if f.startswith("cache")], ["cache"])
            os.unlink(file_of(stubd))
            path = os.path.join(os.path.dirname(file_of(stubd)), aside)
            with open(path, "w", encoding="ascii"):
                os.chmod(path, 0o666)
            stubd.start()


def spoil_mode(path, owner):
    os.chmod(path, 0o640)


def spoil_owner(path, owner):
    os.chmod(path, 0o644)
    os.chown(path, owner + 1 if owner == 0 else 0, -1)


def spoil_link(path, owner):
    os.rename(path, path + ".good")
    os.symlink(path + ".good", path)


def spoil_fifo(path, owner):
    os.unlink(path)
    os.mkfifo(path, 0o600)
    os.chown(path, owner, -1)


def spoil_folder(path, owner):
    os.unlink(path)
    os.mkdir(path, 0o700)
    os.chown(path, owner, -1)


def spoil_size(path, owner):
    os.truncate(path, (32 << 20) + 16)


def spoil_header(path, owner):
    with open(path, "r+b") as f:
        f.write(b"stubd cachf")


STRANGE = ((spoil_mode, "others may read or write it"), (spoil_owner, "it is another user's"),
           (spoil_link, "Too many levels of symbolic links"), (spoil_fifo, "it is no regular file"),
           (spoil_folder, "it is no regular file"), (spoil_size, "it is larger than the cache could be"),
           (spoil_header, "it is no file of this version"))


def test_strange(lab):
    """a file that was not written here is refused unread, with one warning, and removed; stubd starts, and answers"""
    with Stubd(lab, config(lab)) as stubd:
        dig(lab, "www.example.com")
        for spoil, why in STRANGE:
            stubd.stop()
            owner = os.stat(file_of(stubd)).st_uid
            try:
                spoil(file_of(stubd), owner)
            except OSError as e:
                if spoil is not spoil_owner:
                    raise
                print(f"  no other user in this lab: {e}")
                stubd.start()
                continue
            stubd.start()
            before = asked(lab, "www.example.com")
            equal(dig(lab, "www.example.com").status, "NOERROR", why)
            line = loaded(stubd)
            true("warning: " in line and "answers=0 over=0 refused=0" in line and why in line, stubd.log())
            equal(stubd.log().count("cache: "), 1, "once")
            equal(asked(lab, "www.example.com"), before + 1, why)
            if os.path.isdir(file_of(stubd)):
                os.rmdir(file_of(stubd))
            true(not os.path.lexists(file_of(stubd)), "removed")


def with_left(octets, seconds):
    """The file of one answer with so many seconds left to it."""
    block = block_of(octets)
    return with_block(octets, block[:4] + struct.pack(">I", seconds) + block[8:])


def put(stubd, octets):
    """In the same file, which keeps its owner and its mode."""
    with open(file_of(stubd), "r+b") as f:
        f.write(octets)
        f.truncate()


def test_past_its_time(lab):
    """what is past its time is not taken; what was taken gets past its time as any answer (RFC 8767), and is then not kept"""
    with Stubd(lab, config(lab)) as stubd:
        fresh = dig(lab, "www.example.com")
        stubd.stop()
        good = content(stubd)
        for p in ("alpha", "beta"):
            lab.fault("kill", p)
        put(stubd, with_left(good, 1))
        stubd.start()
        true("answers=0 over=1 refused=0" in loaded(stubd), stubd.log())
        equal(dig(lab, "www.example.com").status, "SERVFAIL")
        stubd.stop()
        put(stubd, with_left(good, 8))
        stubd.start()
        true("answers=1 over=0 refused=0" in loaded(stubd), stubd.log())
        kept = dig(lab, "www.example.com")
        equal((kept.data("A"), kept.ede), (fresh.data("A"), None))
        end = time.monotonic() + 20
        while "fresh" in stubd.ctl("explain", "www.example.com")[1] and time.monotonic() < end:
            time.sleep(0.1)                             # its seconds have to be over
        old = dig(lab, "www.example.com")
        equal((old.data("A"), old.ede, {r[1] for r in old.records}), (fresh.data("A"), 3, {30}))
        equal(dig(lab, "localhost").status, "NOERROR")
        lab.heal()
        equal(dig(lab, "mail.example.com").status, "NOERROR")
        stubd.stop()
        true(has(stubd, "mail.example.com"), "the file is a new one")
