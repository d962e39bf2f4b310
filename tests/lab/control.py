"""How the command talks to the supervisor: one JSON line each way on a unix socket."""
import json
import os
import socket
import struct

from run import LabError

SOCKET = "control.sock"


def connect(state, seconds=10):
    """A connected socket, or None when no lab is up in this state folder."""
    s = socket.socket(socket.AF_UNIX)
    # Blocking, so that a full backlog is waited for and is no error; but not for ever.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", seconds, 0))
    folder = None
    try:
        # A short name, since socket paths are limited to 107 bytes; no chdir, since threads ask too.
        folder = os.open(state, os.O_PATH | os.O_CLOEXEC)
        s.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        s.settimeout(seconds)
    except OSError:
        s.close()
        return None
    finally:
        if folder is not None:
            os.close(folder)
    return s


def supervisor(state):
    """The supervisor's pid as seen from here, or None."""
    s = connect(state)
    if not s:
        return None
    with s:
        cred = s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", cred)[0]


def require(state):
    pid = supervisor(state)
    if not pid:
        raise LabError("no lab is up here (tests/lab/lab up)")
    return pid


def ask(state, seconds=10, **request):
    """Send a request; return the answer, or raise what the supervisor complains of."""
    s = connect(state, seconds)
    if not s:
        raise LabError("no lab is up here (tests/lab/lab up)")
    with s, s.makefile("rw", encoding="utf-8") as f:
        try:
            f.write(json.dumps(request) + "\n")
            f.flush()
            answer = json.loads(f.readline() or '{"error": "the supervisor went away"}')
        except OSError as e:
            raise LabError(f"the supervisor does not answer: {e}") from None
    if "error" in answer:
        raise LabError(answer["error"])
    return answer
