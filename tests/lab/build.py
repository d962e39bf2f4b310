"""Compiles crook into the state folder, when it is not there or older than its source."""
import glob
import os

from run import LabError, run

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra"]


def crook(state):
    sources = sorted(glob.glob(f"{HERE}/crook/*.[ch]"))
    binary = f"{state}/bin/crook"
    if os.path.exists(binary) and os.path.getmtime(binary) > max(map(os.path.getmtime, sources)):
        return
    os.makedirs(f"{state}/bin", exist_ok=True)
    try:
        run("cc", *FLAGS, "-o", f"{binary}.new", *(s for s in sources if s.endswith(".c")),
            "-lssl", "-lcrypto", "-lnghttp2")
    except LabError as e:
        raise LabError(f"crook does not compile (libssl-dev, libnghttp2-dev?): {e}") from None
    os.rename(f"{binary}.new", binary)
