"""Running other programs: one error type, one way to call them, work side by side."""
import concurrent.futures
import os
import subprocess

PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


class LabError(Exception):
    """What the person is told, in one line (or a few)."""


def run(*argv, cwd=None, stdin=None):
    """Run a command to its end and return what it printed; its complaint is ours."""
    try:
        done = subprocess.run(argv, cwd=cwd, input=stdin, text=True, check=False,
                              env={**os.environ, "PATH": PATH},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed (tests/lab/README.md names the packages)") \
            from None
    if done.returncode:
        raise LabError(f"{' '.join(argv)[:200]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def side_by_side(calls):
    """Make all calls at the same time; return their results in order."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
        return [f.result() for f in [pool.submit(call) for call in calls]]


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
