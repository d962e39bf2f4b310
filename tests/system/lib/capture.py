"""Everything that a machine sends and receives, on all its links and all ports. Run inside the lab:

    capture.py watch FILE    prints "ready", takes packets until it sees the end, writes FILE: JSON
    capture.py end           what makes it see the end

FILE: {"drops": packets that the kernel could not keep, "flows": [{"link", "protocol", "from", "to",
"payload": hex of all payloads of one direction, one after the other}]}. Addresses are [ip, port].
"""
import json
import socket
import struct
import sys

END = b"end of the capture"
PORT = 9                    # discard
ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE = 263, 6, 33
TCP, UDP = socket.IPPROTO_TCP, socket.IPPROTO_UDP


def network(kind, packet):
    """(protocol, from, to, payload) of an IP packet; everything else is its own payload."""
    if kind == ETH_P_IP:
        length = (packet[0] & 15) * 4
        total = int.from_bytes(packet[2:4], "big")
        places = [socket.inet_ntop(socket.AF_INET, packet[i:i + 4]) for i in (12, 16)]
        return packet[9], *places, packet[length:total]
    if kind == ETH_P_IPV6:
        places = [socket.inet_ntop(socket.AF_INET6, packet[i:i + 16]) for i in (8, 24)]
        return packet[6], *places, packet[40:]
    return -kind, "", "", packet


def transport(protocol, segment):
    """(port, port, payload)"""
    if protocol == TCP and len(segment) >= 20:
        return *struct.unpack(">HH", segment[:4]), segment[(segment[12] >> 4) * 4:]
    if protocol == UDP and len(segment) >= 8:
        return *struct.unpack(">HH", segment[:4]), segment[8:]
    return 0, 0, segment


def watch(file):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    print("ready", flush=True)
    flows = {}
    while True:
        packet, (link, kind, direction, _, _) = s.recvfrom(1 << 17)
        if link == "lo" and direction == socket.PACKET_OUTGOING:
            continue        # it comes once more
        protocol, source, target, segment = network(kind, packet)
        from_port, to_port, payload = transport(protocol, segment)
        if link == "lo" and to_port == PORT and payload == END:
            break
        flow = (link, protocol, (source, from_port), (target, to_port))
        flows.setdefault(flow, bytearray()).extend(payload)
    drops = struct.unpack("II", s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    rows = [{"link": f[0], "protocol": f[1], "from": f[2], "to": f[3], "payload": p.hex()}
            for f, p in flows.items()]
    with open(file, "w", encoding="ascii") as out:
        json.dump({"drops": drops, "flows": rows}, out)


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(sys.argv[2])
    else:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(END, ("127.0.0.1", PORT))
