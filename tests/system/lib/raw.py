"""Bytes that no DNS client would send. Run inside the lab:

    raw.py udp     each packet in turn to the daemon; prints each reply in hex, or "-" for none
    raw.py tcp     as one stream; prints what came back until the daemon closed or reset it

Packets are hex words on standard input. An unanswered datagram is known by the answer to a good
question that was sent after it.
"""
import socket
import sys

TO = ("127.0.0.1", 5300)
MARKER = bytes.fromhex("fffe01000001000000000000") + b"\x09localhost\x00\x00\x01\x00\x01"


def udp(packets):
    for packet in packets:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect(TO)
            s.send(packet)
            s.send(MARKER)
            reply = s.recv(65535)
            print("-" if reply[:2] == b"\xff\xfe" else reply.hex())


def tcp(packets):
    with socket.create_connection(TO, 10) as s:
        s.settimeout(30)
        got = b""
        try:
            s.sendall(b"".join(packets))
            s.shutdown(socket.SHUT_WR)
            while chunk := s.recv(65535):
                got += chunk
        except OSError:             # a reset, noticed at any of these
            pass
        print(got.hex())


{"udp": udp, "tcp": tcp}[sys.argv[1]]([bytes.fromhex(h) for h in sys.stdin.read().split()])
