"""A wall clock that is wrong, for the daemon alone (lib/clock.c)."""
import os
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
DAY = 86400


class Clock:
    """One clock; set() may be called while the daemon runs."""

    def __init__(self, lab, wrong=0, synchronised=False):
        self.library = os.path.join(lab.folder, "clock.so")
        self.file = os.path.join(lab.folder, "clock")
        if not os.path.exists(self.library):
            subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-shared", "-fPIC", "-o", self.library,
                            os.path.join(HERE, "clock.c"), "-ldl"], check=True)
        self.set(wrong, synchronised)

    def set(self, wrong=0, synchronised=False):
        with open(self.file, "r+b" if os.path.exists(self.file) else "w+b") as f:
            f.write(struct.pack("=qq", wrong, synchronised))
        os.chmod(self.file, 0o644)

    def worn_by(self, stubd):
        """Makes the daemon, which has not started yet, see this clock."""
        from .daemon import BUILD
        program = os.path.join(BUILD, "stubd")
        libraries = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
        first = [line.split()[2] for line in libraries.splitlines() if "libasan" in line]
        stubd.wrap = ["env", "LD_PRELOAD=" + ":".join(first + [self.library])]
        return stubd
