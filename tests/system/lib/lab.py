"""The lab as tests use it: a thin wrapper of tests/lab/lab."""
import json
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
PROVIDERS = ["alpha-doh", "alpha-dot", "beta-doh", "beta-dot", "gamma-doh", "gamma-dot", "crook-doh", "crook-dot",
             "alpha-plain", "beta-plain", "gamma-plain", "isp"]
LAB = os.path.join(ROOT, "tests", "lab", "lab")


class Lab:
    """Brought up on entry, taken down on exit. Its folder is readable by everyone, since the daemon
    is an ordinary user once it has started."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="stubd-lab.", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.environment = dict(os.environ, STUBD_LAB_DIR=self.folder)
        try:
            self.run("up")
        except RuntimeError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.env = {}
        for line in self.run("env").splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            self.env[key] = value.strip("'\"")
        self.providers = {p["name"]: p for p in json.loads(self.run("providers", *PROVIDERS))}
        return self

    def __exit__(self, *_):
        self.run("down")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *words, check=True):
        done = subprocess.run([LAB, *words], env=self.environment, text=True, capture_output=True)
        if check and done.returncode:
            raise RuntimeError(f"lab {' '.join(words)}: {done.stderr or done.stdout}")
        return done.stdout

    def inside(self, *argv, where="laptop"):
        """The command line that runs argv in a namespace of the lab."""
        return [LAB, "exec", "--in", where, *argv]

    def spawn(self, *argv, where="laptop", **options):
        return subprocess.Popen(self.inside(*argv, where=where), env=self.environment, **options)

    def output(self, *argv, where="laptop", timeout=120, check=False, **more):
        done = subprocess.run(self.inside(*argv, where=where), env=self.environment, text=True,
                              capture_output=True, timeout=timeout, **more)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(argv)[:200]}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def forget(self):
        """Empties the record and the connection counters."""
        self.run("record", "--clear")

    def record(self, client=None, **filters):
        """Rows of the record, as dictionaries: t, party, client, name (with its last dot), type,
        transport. client="laptop" is whatever came from an address of the laptop."""
        words = [w for k, v in filters.items() for w in (f"--{k}", str(v))]
        rows = [json.loads(line) for line in self.run("record", *words).splitlines()]
        laptop = {self.env[k] for k in ("LAPTOP4", "LAPTOP6", "LAPTOP_VPN4")}
        for row in rows:
            row["name"] = row["name"].rstrip(".") + "."
        return [r for r in rows if client is None or r["client"] in laptop]

    def connections(self, party):
        """How many TCP connections the laptop opened to a party, by transport."""
        rows = (line.split() for line in self.run("conns", party).splitlines() if line.strip())
        return {row[0]: int(row[1]) for row in rows}

    def fault(self, name, party, *more):
        self.run("fault", name, party, *more)

    def heal(self, *party):
        self.run("heal", *party)
