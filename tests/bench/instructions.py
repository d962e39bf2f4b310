"""User instructions a query, counted by callgrind: they do not depend on what else the machine does."""
import os
import re
import shutil
import tempfile

import accounts
import load
import zones
from bed import Failed

FEW, MANY = 1000, 21000


def writable(folder):
    """callgrind makes its file at the start and opens it again at the end, when the server may not be
    root any more."""
    for file in os.listdir(folder):
        os.chmod(os.path.join(folder, file), 0o666)


def counted(bed, name, proto, questions, dnssec):
    """Instructions of a server, its helpers included, that has answered the questions of these files."""
    where = tempfile.mkdtemp(dir=bed.scratch)
    os.chmod(where, 0o777)
    tool = ("valgrind --tool=callgrind --trace-children=yes "
            f"--callgrind-out-file={where}/out.%p --log-file={where}/log.%p")
    srv = bed.server(name, proto, ["127.0.0.10"], wrap=tool, dnssec=dnssec)
    try:
        if srv.wait_answer("ready.w.bench", limit=60) is None:
            raise Failed("not ready under valgrind: " + srv.log())
        done = 0
        for path in questions():
            r = bed.dnsperf(srv, path, outstanding=10, clients=2, once=True)
            if r["done"] == 0:
                raise Failed("no answers under valgrind")
            done += r["done"]
        writable(where)
    finally:
        srv.close(limit=20)
    text = "".join(accounts.read(f"{where}/{file}") for file in os.listdir(where) if file.startswith("log."))
    count = sum(int(n) for n in re.findall(r"Collected : (\d+)", text))
    if os.environ.get("BENCH_KEEP"):
        shutil.copytree(where, os.path.join(os.environ["BENCH_KEEP"], f"{name}-{proto}-{dnssec}-{done}"),
                        dirs_exist_ok=True)
    shutil.rmtree(where)
    if not count:
        raise Failed("callgrind gave no count")
    return count, done


def difference(bed, name, proto, batch, dnssec="off"):
    """Of two runs, so that starting costs nothing. batch(i): the file of the i-th 500 questions."""
    if not shutil.which("valgrind"):
        raise Failed("no valgrind")
    bed.upstream("127.0.0.10")
    few, many = (counted(bed, name, proto, lambda n=n: (batch(i) for i in range(n // 500)), dnssec)
                 for n in (FEW, MANY))
    return {"instructions": (many[0] - few[0]) / max(1, many[1] - few[1])}


def cached(bed, name, proto):
    hosts = load.names(500)
    return difference(bed, name, proto, lambda i: bed.listed(hosts))


def miss(bed, name, proto):
    return difference(bed, name, proto, lambda i: bed.unique(500))


def validated(bed, name, proto):
    names = zones.signed_names()
    return difference(bed, name, proto, lambda i: bed.listed(names[i * 500:(i + 1) * 500]), dnssec="validate")
