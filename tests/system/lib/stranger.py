"""A local process that would use the validator's listener: stranger.py ADDRESS PORT. Asks twenty times
over TCP; prints "closed" each time it got nothing but the end. Run inside the lab."""
import socket
import sys

QUESTION = bytes.fromhex("00210001010000010000000000000377777707") + b"example\x03com\x00\x00\x01\x00\x01"

for _ in range(20):
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as s:
        s.settimeout(5)
        try:
            s.sendall(QUESTION)
            got = s.recv(65535)
        except OSError:         # a reset
            got = b""
        print(got.hex() or "closed")
