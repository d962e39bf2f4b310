"""Several threads that answer, one that asks: the same answers, one question upstream, exact sums, and
nothing old after a reload, a flush or the end of a link. Under TSan by `make tsan`."""
import collections
import json
import os
import signal
import subprocess
import tempfile

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.conform import Author
from lib.daemon import ADDRESS, BUILD, PORT, Stubd
from lib.invariants import accounted

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
WORKERS = 2
CLIENTS = 64            # all at one of two sockets: once in 2^63 times
DESK_ERRANDS = 8192
SLOW = "tsan" in BUILD


def config(lab, **more):
    return {"workers": WORKERS, "providers": {"custom": [lab.providers["alpha-doh"]]}, **more}


def throng(lab, name, kind="A", *options, clients=CLIENTS, where="laptop"):
    return json.loads(lab.output("python3", os.path.join(HERE, "throng.py"), *options, str(clients), name, kind,
                                 where=where, check=True))


def turns(stubd):
    """How often each of the threads that answer has slept: {name: times}."""
    found = {}
    for task in os.listdir(f"/proc/{stubd.pid}/task"):
        with open(f"/proc/{stubd.pid}/task/{task}/status", encoding="ascii") as f:
            lines = dict(line.split(":\t", 1) for line in f if ":\t" in line)
        if lines["Name"].strip() in ("stubd", "stubd/1"):
            found[lines["Name"].strip()] = int(lines["voluntary_ctxt_switches"])
    return found


def questions(lab, name):
    return len(lab.record(client="laptop", name=name))


def test_all_answer(lab):
    """two threads answer over UDP and TCP; a name that all ask for at once is one question upstream, on one connection; the sums are exact"""
    with Stubd(lab, config(lab)) as stubd:
        becomes_true(lambda: set(turns(stubd)) == {"stubd", "stubd/1"}, "both threads have their names")
        before = turns(stubd)
        equal(throng(lab, "one.wild.example.com"), {"0 192.0.2.81": CLIENTS})
        equal(throng(lab, "one.wild.example.com", "A", "--each", "10"), {"0 192.0.2.81": 10 * CLIENTS})
        equal(throng(lab, "two.wild.example.com", "A", "--tcp", "--each", "3"), {"0 192.0.2.81": 3 * CLIENTS})
        equal(throng(lab, "localhost"), {"0 127.0.0.1": CLIENTS})
        equal(throng(lab, "nx.example.com"), {"3": CLIENTS})
        after = turns(stubd)
        true(all(after[name] > before[name] for name in before), f"both work: {before}, {after}")
        counters, status = accounted(stubd), stubd.status()
        equal(status["workers"], WORKERS)
        equal((counters["queries"], counters["local"], counters["waiting"]), (16 * CLIENTS, CLIENTS, 0))
        equal(counters["cached"] + counters["answered"], 15 * CLIENTS)
        equal((status["udp"]["received"], status["udp"]["sent"], status["tcp"]["received"], status["tcp"]["accepted"]),
              (13 * CLIENTS, 13 * CLIENTS, 3 * CLIENTS, CLIENTS))
        equal(status["cache"]["hits"] + status["cache"]["misses"], 15 * CLIENTS, "each look into the cache counts once")
        equal(status["cache"]["hits"], counters["cached"])
    for name in ("one.wild.example.com", "two.wild.example.com", "nx.example.com"):
        equal(questions(lab, name), 1, name)
    equal(lab.connections("alpha").get("doh"), 1)


def test_inherited(lab):
    """threads share the sockets of the service manager"""
    stubd = Stubd(lab, config(lab))
    stubd.wrap = ["python3", os.path.join(HERE, "activate.py"), f"{ADDRESS}:{PORT}"]
    with stubd:
        equal(throng(lab, "www.example.com", "A", "--each", "10"), {"0 192.0.2.80": 10 * CLIENTS})
        equal(throng(lab, "www.example.com", "A", "--tcp", "--each", "10"), {"0 192.0.2.80": 10 * CLIENTS})
        equal(accounted(stubd)["queries"], 20 * CLIENTS)


def test_taken(lab):
    """an address that another stubd shares out among its threads is taken all the same"""
    with Stubd(lab, config(lab)):
        second = Stubd(lab, config(lab), name="second")
        done = subprocess.run(lab.inside(os.path.join(BUILD, "stubd"), "-c", second.file), text=True,
                              env=lab.environment, capture_output=True, timeout=20)
        equal(done.returncode, 1)
        true(f"{ADDRESS}:{PORT} is taken by stubd" in done.stderr, done.stderr)


def test_reload(lab):
    """when a reload has returned no thread answers by the old rules"""
    with Stubd(lab, config(lab)) as stubd:
        for filtered in (False, True) * 5:
            stubd.configure(config(lab, filter="AAAA" if filtered else None))
            equal(stubd.ctl("reload")[0], 0)
            got = throng(lab, "www.example.com", "AAAA")
            equal([word.split()[0] for word in got], ["0"])
            true(all(("filtered" in word) == filtered for word in got), got)
        accounted(stubd)


def test_link(lab):
    """when a link is seen to be gone no thread gives what was learnt over it"""
    rule = {"domains": ["corp.example"], "servers": [lab.env["CORP4"]], "link": "tun0"}
    name = "intranet.corp.example"

    def closed():
        return not json.loads(stubd.ctl("--json", "explain", name)[1])["stages"]

    with Stubd(lab, config(lab, split=[rule])) as stubd:
        for _ in range(5):
            equal(throng(lab, name), {"0 10.7.0.20": CLIENTS})
            lab.output("ip", "link", "set", "tun0", "down", check=True)
            try:
                becomes_true(closed, "the link is seen to be gone")
                got = throng(lab, name)
                true(all(word.startswith("2 ") and "tun0" in word for word in got), got)
            finally:
                lab.output("ip", "link", "set", "tun0", "up", check=True)
            becomes_true(lambda: not closed(), "the link is seen to be back")
        equal(throng(lab, name), {"0 10.7.0.20": CLIENTS})
        accounted(stubd)


def test_flush(lab):
    """when a flush has returned no thread gives what was there before; the next question is one upstream"""
    name = "flushed.wild.example.com"
    with Stubd(lab, config(lab)) as stubd:
        for n in range(1, 6):
            equal(throng(lab, name, "A", "--each", "3"), {"0 192.0.2.81": 3 * CLIENTS})
            equal(questions(lab, name), n)
            equal(stubd.ctl("flush", name)[0], 0)


def test_subnets(lab):
    """an answer for one network is given to nobody of another, whichever thread its client asks; each is one question upstream"""
    providers = {"custom": [{**lab.providers["crook-dot"], "ecs": "pass"}]}
    name, clients = "near-16.t.author.org", 8   # twice; all of a network at one of two sockets: once in 2^15 times
    networks = ["198.51.100.0/24", "198.52.7.0/24", None, "198.51.7.0/24"]

    def told(network):
        return [f"+subnet={network}"] if network else []

    def all_ask():
        digs = [(network, lab.spawn("dig", f"@{ADDRESS}", "-p", str(PORT), "+tries=1", "+timeout=6", "+short", name,
                                    *told(network), text=True, stdout=subprocess.PIPE))
                for network in networks for _ in range(clients)]
        found = collections.defaultdict(collections.Counter)
        for network, process in digs:
            found[network][process.communicate(timeout=20)[0].strip()] += 1
        return found

    with Author(lab), Stubd(lab, config(lab, providers=providers)) as stubd:
        for number, network in enumerate(networks[:3]):
            equal(dig(lab, name, "A", *told(network)).data("A"), [f"192.0.2.{number + 1}"])
        for _ in range(2):
            equal(all_ask(), {network: {f"192.0.2.{number}": clients} for network, number in zip(networks, (1, 2, 3, 1))})
        counters = accounted(stubd)
        equal(counters["queries"], 3 + 2 * 4 * clients)
        equal(counters["cached"], 2 * 4 * clients)
    equal(len(lab.record(party="crook", name=name)), 3)


def test_full(lab):
    """questions of a thread that wait for the one that asks are limited; beyond, SERVFAIL + EDE at once"""
    clients = 400
    each = 2 * WORKERS * DESK_ERRANDS // clients
    with Stubd(lab, config(lab)) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.fault("stop", "alpha")
        got = collections.Counter(throng(lab, "silent.example.com", "A", "--each", str(each), clients=clients))
        full = sum(n for word, n in got.items() if "the thread that asks" in word)
        print(f"  {dict(got)}")
        true(full > 0 and got.get("lost", 0) < clients * each // 2, got)
        counters = accounted(stubd)
        equal(counters["waiting"], 0)
        true(counters["overloaded"] >= full, counters)
        equal(throng(lab, "www.example.com"), {"0 192.0.2.80": CLIENTS})


def test_shares(lab):
    """a client beyond this machine has its share once, however many threads it asks"""
    rate = 50
    beyond = lab.env["LAPTOP4"]
    with Stubd(lab, config(lab, listen=[f"{beyond}:{PORT}", f"{ADDRESS}:{PORT}"], allow=["100.64.0.0/10"],
                           limits={"client_rate": rate, "client_queries": 1000})) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        lab.output("true")
        got = collections.Counter(throng(lab, "www.example.com", "A", "--to", beyond, "--each", "20", where="net"))
        limited = accounted(stubd)["limited"]
    print(f"  {dict(got)}")
    equal(got["0 TC"], limited)
    # It is given a second's questions at once, and further ones as long as it takes to ask.
    true(rate <= got["0 192.0.2.80"] < 20 * CLIENTS // 2, got)


class Load:
    """dnsperf from many sockets, for so many seconds."""

    def __init__(self, lab, names, rate, seconds, *options):
        handle, self.file = tempfile.mkstemp(dir=lab.folder, text=True)
        with os.fdopen(handle, "w") as f:
            f.writelines(f"{name} A\n" for name in names)
        os.chmod(self.file, 0o644)
        self.process = lab.spawn("dnsperf", "-s", ADDRESS, "-p", str(PORT), "-d", self.file, "-c", "16", "-Q", str(rate),
                                 "-q", "1000", "-t", "6", "-l", str(seconds), *options, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self):
        """(sent, lost)."""
        text = self.process.communicate(timeout=120)[0]
        figures = dict(line.strip().split(":", 1) for line in text.splitlines() if ":" in line)
        return int(figures["Queries sent"]), int(figures["Queries lost"].split()[0])


def test_load(lab):
    """cached names, misses and TCP under reloads, flushes and links that come and go: nothing is lost, the sums are exact, the end is clean"""
    rule = {"domains": ["corp.example"], "servers": [lab.env["CORP4"]], "link": "tun0"}
    rate, seconds = (1200, 6) if SLOW else (2000, 5)
    cached = [f"c{i}.wild.example.com" for i in range(200)] + ["localhost", "www.corp.example"]
    with Stubd(lab, config(lab, split=[rule], cache={"size": "1M"})) as stubd:
        loads = [Load(lab, cached, rate, seconds), Load(lab, cached, rate // 4, seconds, "-m", "tcp"),
                 Load(lab, (f"m{i}.load.example.com" for i in range(20000)), rate // 4, seconds)]
        rounds = 0
        while any(load.process.poll() is None for load in loads):
            stubd.configure(config(lab, split=[rule], cache={"size": "1M"}, filter="AAAA" if rounds % 2 else None))
            for words in (["status"], ["reload"], ["status"], ["flush", "wild.example.com"], ["status"], ["flush"]):
                equal(stubd.ctl(*words)[0], 0)
                lab.output("ip", "link", "set", "tun0", "down" if rounds % 2 else "up", check=True)
            rounds += 1
        lab.output("ip", "link", "set", "tun0", "up", check=True)
        done = [load.finish() for load in loads]
        counters, status = accounted(stubd), stubd.status()
        print(f"  {rounds} rounds, (sent, lost) {done}, {counters}")
        equal(sum(lost for _, lost in done), 0)
        equal((counters["queries"], counters["waiting"]), (sum(sent for sent, _ in done), 0))
        equal(status["udp"]["received"] + status["tcp"]["received"], counters["queries"])
        # The end comes under load, too.
        last = Load(lab, cached, rate, 3)
        becomes_true(lambda: stubd.status()["counters"]["queries"] > counters["queries"], "there is load")
        stubd.signal(signal.SIGTERM)
        equal(stubd.process.wait(timeout=30), 0)
        last.finish()
