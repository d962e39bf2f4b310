"""The ways a zone of the lab is signed, and spoiled afterwards.

world.ZONES names one of KINDS for each zone.  A kind says which keys the zone
has, how ldns-signzone is called, which DS its parent gets, and which edits are
made to the zone's text before and after signing.  The text is ldns's: a record
a line, "OWNER TTL IN TYPE RDATA" with tabs between.
"""
import dataclasses
import random
import re
from collections.abc import Callable

from dnssec import colliding_key, ds, key_rdata, key_tag, random_signature

NOBODYS = 200                           # an algorithm and a digest type that nobody supports
TRAP_KEYS = TRAP_SIGNATURES = 64        # 4,096 verifications a record set for who does not bound it


def rtype(line):
    """A record's type; with a signature's, the type it covers: "RRSIG A"."""
    fields = line.split("\t")
    if len(fields) < 5:
        return ""
    return f"RRSIG {fields[4].split()[0]}" if fields[3] == "RRSIG" else fields[3]


def without(text, unwanted):
    """The zone without the records whose type `unwanted` matches in full."""
    return "".join(line for line in text.splitlines(keepends=True)
                   if not re.fullmatch(unwanted, rtype(line)))


def unchanged(text, _keys):
    return text


# After signing.

def damage(text, _keys):
    """Change one character of every signature but the DNSKEY's."""
    def other(m):
        return m[1] + ("A" if m[2] != "A" else "B")
    return re.sub(r"(\tRRSIG\t(?!DNSKEY)(?:\S+ ){8}\S{20})(\S)", other, text)


def rename_algorithm(text, keys):
    """As if it were signed with an algorithm of the future."""
    tags = [str(key_tag(key_rdata(k))) for k in (keys[0], foreign(keys[0]))]
    text = re.sub(r"(\tDNSKEY\t\d+ 3 )13 ", rf"\g<1>{NOBODYS} ", text)
    text = re.sub(r"(\tRRSIG\t\S+ )13 ", rf"\g<1>{NOBODYS} ", text)
    return re.sub(rf"(\tRRSIG\t(?:\S+ ){{6}}){tags[0]} ", rf"\g<1>{tags[1]} ", text)


def multiply_signatures(text, _keys):
    """Many signatures, all wrong, in place of each but the DNSKEY's; `last` keeps the right one,
    which the last of the keys has made."""
    rng = random.Random(1)

    def many(m):
        return "".join(f"{m[1]}{random_signature(rng)}\n" for _ in range(TRAP_SIGNATURES))
    return re.sub(r"^((?!last\.)\S+\t\d+\tIN\tRRSIG\t(?!DNSKEY)(?:\S+ ){8})\S+\n", many, text,
                  flags=re.MULTILINE)


# Before signing.

def add_colliding_keys(text, keys):
    """Keys with the same tag and algorithm as the one that signs the data."""
    rng = random.Random(0)
    tag = key_tag(key_rdata(keys[-1]))
    return text + "".join(f"@ DNSKEY {colliding_key(tag, rng)}\n" for _ in range(TRAP_KEYS))


# What the parent says of it.

def foreign(key):
    flags, protocol, _, data = key.split()[:4]
    return f"{flags} {protocol} {NOBODYS} {data}"


def ds_first(zone, keys):
    return [ds(zone, keys[0])]


def ds_foreign(zone, keys):
    return [ds(zone, foreign(keys[0]))]


def ds_digest(zone, keys):
    """A digest of a type of the future."""
    return [re.sub(r" 2 (\S+)$", rf" {NOBODYS} \1", ds(zone, keys[0]))]


def ds_wrong(zone, keys):
    """The right tag and algorithm, but another key's digest."""
    return [re.sub(r"(\S)$", lambda m: "0" if m[1] != "0" else "1", ds(zone, keys[0]))]


@dataclasses.dataclass(frozen=True)
class Kind:
    """ksks and zsks count keys; without a ZSK the KSK signs everything."""
    ksks: int = 1
    zsks: int = 0
    algorithm: str = "ECDSAP256SHA256"
    options: tuple = ()                 # of ldns-signzone
    days: tuple = (-1, 60)              # the signatures' inception and expiration, from now
    gone: int = 0                       # so many of the first keys are not in the zone any more
    ds: Callable = ds_first
    before: Callable = unchanged        # edits of the text
    after: Callable = unchanged

    @property
    def signed(self):
        return self.ksks > 0


NSEC3 = ("-n", "-t", "0")
KINDS = {
    "unsigned": Kind(ksks=0, ds=lambda *_: []),
    "nsec": Kind(),
    "root": Kind(zsks=1),
    "nsec3": Kind(options=NSEC3),
    "optout": Kind(options=(*NSEC3, "-p")),
    "iterations": Kind(options=("-n", "-t", "500", "-s", "beef")),
    "island": Kind(ds=lambda *_: []),
    "roll": Kind(ksks=2, zsks=1),                       # double signature; DS of the old KSK
    "rolled": Kind(ksks=2, zsks=1, gone=1,
                   ds=lambda zone, keys: [ds(zone, k) for k in keys[:2]]),
    "algorithm": Kind(ds=ds_foreign, after=rename_algorithm),
    "digest": Kind(ds=ds_digest),
    "bogus": Kind(after=damage),
    "expired": Kind(days=(-31, -2)),                   # unbound forgives clocks a day either way
    "early": Kind(days=(2, 60)),
    "stripped": Kind(after=lambda text, _: without(text, "RRSIG (?!DNSKEY).*")),
    "naked": Kind(after=lambda text, _: without(text, "RRSIG .*|DNSKEY|NSEC")),
    "wrong-ds": Kind(ds=ds_wrong),
    "no-denial": Kind(after=lambda text, _: without(text, "(RRSIG )?NSEC")),
    "keytrap": Kind(zsks=1, algorithm="ED25519", before=add_colliding_keys,
                    after=multiply_signatures),
    "dstrap": Kind(algorithm="ED25519", before=add_colliding_keys),
}
