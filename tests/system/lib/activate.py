"""Opens a UDP and a TCP socket for each address and hands them on as a service manager would
(sd_listen_fds(3)):

    activate.py ADDRESS:PORT... PROGRAM ARGUMENTS
"""
import os
import socket
import sys

addresses = [a for a in sys.argv[1:] if ":" in a and not a.startswith("/")]
command = sys.argv[1 + len(addresses):]
sockets = []
for address in addresses:
    host, _, port = address.rpartition(":")
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host, int(port)))
        if kind == socket.SOCK_STREAM:
            s.listen(16)
        sockets.append(s)
fds = [os.dup(s.fileno()) for s in sockets]
for i, fd in enumerate(fds):
    os.dup2(fd, 100 + i)
for i in range(len(fds)):
    os.dup2(100 + i, 3 + i)
    os.set_inheritable(3 + i, True)
os.environ["LISTEN_FDS"] = str(len(fds))
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(command[0], command)
