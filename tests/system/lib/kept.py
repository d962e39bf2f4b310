"""The file of answers that outlive a restart (`cache.persist`), as a test reads, writes and forges it."""
import os
import struct
import time

HEADER, BLOCK = 72, 12      # octets of the file's header, and of what stands before a block


def file_of(stubd):
    return os.path.join(stubd.folder, "state", "cache")


def content(stubd):
    with open(file_of(stubd), "rb") as f:
        return f.read()


def write(stubd, octets):
    with open(file_of(stubd), "wb") as f:
        f.write(octets)
    os.chmod(file_of(stubd), 0o600)
    owner = os.stat(os.path.dirname(file_of(stubd)))
    os.chown(file_of(stubd), owner.st_uid, owner.st_gid)


def restart(stubd):
    stubd.stop()
    stubd.start()
    return loaded(stubd)


def loaded(stubd, seconds=10):
    """What the log says of the file that was read, once that is over; "" when there was none."""
    end = time.monotonic() + seconds
    while os.path.exists(file_of(stubd)) and time.monotonic() < end:
        lines = [line for line in stubd.log().splitlines() if "cache: file=" in line]
        if lines:
            return lines[0]
        time.sleep(0.02)
    return "".join(line for line in stubd.log().splitlines() if "cache: file=" in line)


def siphash(key, octets):
    """SipHash-1-3, as the file's checksums are made."""
    mask = (1 << 64) - 1
    v = [key[i & 1] ^ c for i, c in enumerate((0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
                                               0x7465646279746573))]

    def turn(x, by):
        return (x << by | x >> 64 - by) & mask

    def mix():
        v[0], v[2] = (v[0] + v[1]) & mask, (v[2] + v[3]) & mask
        v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
        v[0] = turn(v[0], 32)
        v[0], v[2] = (v[0] + v[3]) & mask, (v[2] + v[1]) & mask
        v[3], v[1] = turn(v[3], 21) ^ v[0], turn(v[1], 17) ^ v[2]
        v[2] = turn(v[2], 32)

    padded = octets + bytes(-(len(octets) + 1) % 8) + bytes([len(octets) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        mix()
        v[0] ^= word
    v[2] ^= 0xff
    for _ in range(3):
        mix()
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def block_of(octets):
    """The records of the first block."""
    length = struct.unpack(">I", octets[HEADER:HEADER + 4])[0]
    return octets[HEADER + BLOCK:HEADER + BLOCK + length]


def with_block(octets, block):
    """The file with another first block, and a checksum that is right."""
    key = (0x7374756264206361, 0x6368652066696c65)
    rest = octets[HEADER + BLOCK + len(block_of(octets)):]
    return octets[:HEADER] + struct.pack(">IQ", len(block), siphash(key, block)) + block + rest
