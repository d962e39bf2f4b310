"""DNSSEC arithmetic on records in text form: key tags, DS digests, keys that collide."""
import base64
import hashlib
import struct

PRIME = 2**255 - 19                     # of Ed25519 (RFC 8032, section 5.1)
D = -121665 * pow(121666, -1, PRIME) % PRIME


def key_rdata(dnskey):
    """Wire form of "FLAGS PROTOCOL ALGORITHM BASE64"."""
    flags, protocol, algorithm, key = dnskey.split()[:4]
    return struct.pack("!HBB", int(flags), int(protocol), int(algorithm)) + base64.b64decode(key)


def key_tag(rdata):
    """RFC 4034, appendix B."""
    total = sum(b if i & 1 else b << 8 for i, b in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def ds(zone, dnskey):
    """The zone's DS record (SHA-256) for this key, as a line."""
    rdata = key_rdata(dnskey)
    labels = [x.encode() for x in zone.split(".") if x]
    owner = b"".join(bytes([len(x)]) + x for x in labels) + b"\0"
    digest = hashlib.sha256(owner + rdata).hexdigest()
    return f"{zone.rstrip('.')}.\tIN\tDS\t{key_tag(rdata)} {dnskey.split()[2]} 2 {digest}\n"


def is_point(key):
    """Do these 32 bytes decode to a point (RFC 8032, section 5.1.3)?  Verifiers refuse others
    before they have cost anything."""
    y = int.from_bytes(key, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    return y < PRIME and pow(square, (PRIME - 1) // 2, PRIME) == 1


def colliding_key(tag, rng):
    """An Ed25519 DNSKEY nobody has the private key of, with this key tag; it is before others in
    canonical order."""
    while True:
        key = b"\0" + rng.randbytes(29)
        word = (tag - key_tag(struct.pack("!HBB", 256, 3, 15) + key + b"\0\0")) & 0xffff
        key += struct.pack("!H", word)
        text = f"256 3 15 {base64.b64encode(key).decode()}"
        if key_tag(key_rdata(text)) == tag and is_point(key):
            return text


def random_signature(rng):
    """64 bytes that have the form of an Ed25519 signature: S below the group's order."""
    raw = bytearray(rng.randbytes(64))
    raw[63] &= 0x0f
    return base64.b64encode(raw).decode()
