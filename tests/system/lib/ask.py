"""Independent clients: dig, kdig, dnsperf."""
import re
import tempfile
import os

from .daemon import ADDRESS, PORT

RECORD = re.compile(r"^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$")


class Answer:
    """What dig printed, read."""

    def __init__(self, text):
        self.text = text
        status = re.search(r"status: (\w+)", text)
        flags = re.search(r";; flags: ([^;]*);", text)
        ede = re.search(r"; EDE: (\d+)[^:\n]*(?:: \((.*)\))?", text)
        self.status = status.group(1) if status else None
        self.flags = set(flags.group(1).split()) if flags else set()
        self.ede = int(ede.group(1)) if ede else None
        self.ede_text = (ede.group(2) or "") if ede else ""
        self.edns = "OPT PSEUDOSECTION" in text
        self.records = []
        section = None
        for line in text.splitlines():
            if line.startswith(";; "):
                section = line[3:].split()[0]
            found = RECORD.match(line)
            if found and section != "AUTHORITY":
                self.records.append((found[1].lower(), int(found[2]), found[3], found[4]))

    def data(self, kind):
        """RDATA texts of one type, sorted."""
        return sorted(r[3] for r in self.records if r[2] == kind)

    def __repr__(self):
        return f"{self.status} {sorted(self.flags)} {self.records} EDE {self.ede} {self.ede_text}"


def dig(lab, name, kind="A", *options, server=ADDRESS, port=PORT, timeout=6):
    """One question by dig, never repeated."""
    return Answer(lab.output("dig", f"@{server}", "-p", str(port), f"+timeout={timeout}", "+tries=1",
                             "+noqr", *options, name, kind))


def kdig(lab, name, kind="A", *options, server=ADDRESS, port=PORT):
    return lab.output("kdig", f"@{server}", "-p", str(port), "+timeout=6", "+retry=0", *options, name, kind)


class Load:
    """dnsperf: each name once, at a steady rate, unless so many have no answer yet."""

    def __init__(self, lab, names, rate, kind="A", waiting=2000, port=PORT):
        handle, self.file = tempfile.mkstemp(dir=lab.folder, text=True)
        with os.fdopen(handle, "w") as f:
            f.writelines(f"{n} {kind}\n" for n in names)
        os.chmod(self.file, 0o644)
        # A file, not a pipe: a full pipe would make dnsperf wait, and its latencies with it.
        self.output = tempfile.TemporaryFile("w+", dir=lab.folder)
        self.process = lab.spawn("dnsperf", "-s", ADDRESS, "-p", str(port), "-d", self.file, "-Q", str(rate),
                                 "-q", str(waiting), "-t", "6", "-v", text=True, stdout=self.output, stderr=self.output)

    def finish(self):
        """Waits for the end; returns self with sent, lost, rcodes and latencies (s) filled."""
        self.process.wait(timeout=600)
        self.output.seek(0)
        text = self.output.read()
        self.output.close()
        os.unlink(self.file)
        self.text = text
        self.sent = int(re.search(r"Queries sent:\s+(\d+)", text)[1])
        self.lost = int(re.search(r"Queries lost:\s+(\d+)", text)[1])
        codes = re.search(r"Response codes:\s+(.*)", text)
        self.rcodes = dict(re.findall(r"(\w+) (\d+)", codes[1])) if codes else {}
        self.rcodes = {k: int(v) for k, v in self.rcodes.items()}
        # "> NOERROR name A 0.000123"
        self.latencies = [float(line.split()[-1]) for line in text.splitlines()
                          if line.startswith("> ") and not line.startswith("> T ")]
        return self

    @property
    def failed(self):
        return self.sent - self.rcodes.get("NOERROR", 0)
