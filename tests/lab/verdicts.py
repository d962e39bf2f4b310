"""What a right validator says of the lab's names: the reference of the self test and of others.

`lab verdicts` prints the table as JSON.  A row's verdict is

    secure      proved: its rcode, with AD
    insecure    proved to be outside of DNSSEC: its rcode, without AD
    bogus       proved wrong, or not proved where a proof is due: SERVFAIL, without AD

Unbound 1.17 (alpha, and libunbound on its own), BIND's delv and knot-resolver (gamma) agree on it
in a lab where nothing is cached.  Where one does not, `others` says what it finds, `note` why.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One question and what is right to say of it."""
    name: str
    type: str
    verdict: str
    rcode: str                          # as a resolver that validates answers
    ede: tuple = ()                     # RFC 8914 codes that are true of it, the best one first;
                                        # where the answer is not SERVFAIL none is needed
    reason: str = ""                    # part of libunbound 1.17's reason, when nothing is cached
    others: dict = dataclasses.field(default_factory=dict)
    note: str = ""


def secure(name, rtype="A", rcode="NOERROR", **more):
    return Verdict(name, rtype, "secure", rcode, **more)


def insecure(name, rtype="A", rcode="NOERROR", **more):
    return Verdict(name, rtype, "insecure", rcode, **more)


def bogus(name, ede, reason, rtype="A", **more):
    return Verdict(name, rtype, "bogus", "SERVFAIL", ede, reason, **more)


OPTOUT = {"others": {"delv": "secure"},
          "note": "RFC 5155, section 9.2: no AD when the proof rests on an opt-out span; delv "
                  "only says that the NSEC3 records are genuine"}
DAMAGED = (6,), "signature verification failed"
EXPIRED = (7, 6), "signature expired"
EARLY = (8, 6), "signature before inception date"
# Without its signature a denial record proves nothing: it is missing, too.
UNSIGNED = (10, 12, 6), "no signatures"
NO_KEY = (9, 10, 6), "No DNSKEY record"
OTHER_KEY = (9, 6), "DS hash mismatches key"
NO_NSEC = (12, 10, 6), "no DNSSEC records"
TOO_MANY = (6,), "too many RRSIG validations"

VERDICTS = [
    # NSEC
    secure("www.example.com"),
    secure("www.example.com", "AAAA"),
    secure("example.com", "MX"),
    secure("big4.example.com", "TXT"),
    secure("v4only.example.com", "AAAA"),
    secure("nothing.example.com", rcode="NXDOMAIN"),
    secure("a.b.nothing.example.com", rcode="NXDOMAIN"),
    secure("ent.example.com"),
    secure("example.com", "DS"),
    secure("plain.example.com", "DS"),
    # NSEC3
    secure("www.example.co.uk"),
    secure("www.example.co.uk", "TXT"),
    secure("nothing.example.co.uk", rcode="NXDOMAIN"),
    secure("a.b.nothing.example.co.uk", rcode="NXDOMAIN"),
    secure("plain.example.co.uk", "DS"),
    # NSEC3 with opt-out: what is only covered by an opt-out span may be an unsigned delegation
    secure("www.optout.org"),
    secure("www.optout.org", "TXT"),
    secure("www.signed.optout.org"),
    secure("nothing.signed.optout.org", rcode="NXDOMAIN"),
    insecure("www.plain.optout.org"),
    insecure("nothing.plain.optout.org", rcode="NXDOMAIN"),
    insecure("plain.optout.org", "DS", **OPTOUT),
    insecure("nothing.optout.org", rcode="NXDOMAIN", **OPTOUT),
    insecure("x.wild.optout.org"),
    # wildcards: positive, NODATA, NXDOMAIN below and beside, a CNAME
    secure("x.wild.example.com"),
    secure("x.y.wild.example.com"),
    secure("x.wild.example.com", "TXT"),
    secure("x.wild.example.com", "AAAA"),
    secure("x.wildcname.example.com"),
    secure("x.wild.example.co.uk"),
    secure("x.y.wild.example.co.uk"),
    secure("x.wild.example.co.uk", "AAAA"),
    # CNAME and DNAME, in and across zones
    secure("alias.example.com"),
    secure("chain1.example.com"),
    secure("cross2.example.com"),
    insecure("cross.example.com"),
    bogus("tobogus.example.com", *DAMAGED),
    bogus("toexpired.example.com", *EXPIRED),
    insecure("tosecure.insecure.org"),
    secure("dangling.example.com", rcode="NXDOMAIN"),
    secure("host.dname.example.com"),
    secure("nothing.dname.example.com", rcode="NXDOMAIN"),
    secure("dname.example.com", "DNAME"),
    secure("www.dnamesecure.example.com"),
    insecure("www.dnameinsecure.example.com"),
    bogus("www.dnamebogus.example.com", *DAMAGED),
    # outside of DNSSEC: no DS, no DS but signed, algorithm or digest nobody supports
    insecure("www.insecure.org"),
    insecure("nothing.insecure.org", rcode="NXDOMAIN"),
    insecure("www.plain.example.com"),
    insecure("www.plain.example.co.uk"),
    insecure("www.island.org"),
    insecure("www.algorithm.org", ede=(1,)),
    insecure("nothing.algorithm.org", rcode="NXDOMAIN", ede=(1,)),
    insecure("www.digest.org", ede=(2,)),
    # a KSK roll: two KSKs and the old one's DS; two DS and the new KSK
    secure("www.roll.org"),
    secure("nothing.roll.org", rcode="NXDOMAIN"),
    secure("www.rolled.org"),
    # signatures: damaged, of the past, of the future, gone
    bogus("www.bogus.org", *DAMAGED),
    bogus("nothing.bogus.org", *DAMAGED),
    bogus("www.expired.org", *EXPIRED),
    bogus("nothing.expired.org", *EXPIRED),
    bogus("www.early.org", *EARLY),
    bogus("nothing.early.org", *EARLY),
    bogus("www.stripped.org", *UNSIGNED),
    bogus("nothing.stripped.org", *UNSIGNED,
          note="knot-resolver 5.6 says so once; from its cache then NXDOMAIN with AD"),
    # keys: none where the DS says there is one; another than the DS says
    bogus("www.naked.org", *NO_KEY),
    bogus("nothing.naked.org", *NO_KEY),
    bogus("www.wrongds.org", *OTHER_KEY),
    bogus("nothing.wrongds.org", *OTHER_KEY),
    # denial: none
    secure("www.nodenial.org"),
    bogus("www.nodenial.org", *NO_NSEC, rtype="TXT"),
    bogus("nothing.nodenial.org", *NO_NSEC),
    bogus("www.plain.nodenial.org", *NO_NSEC),
    bogus("x.wild.nodenial.org", (12, 6), "wildcard proof failed"),
    # work: 64 keys with the ZSK's tag and 64 signatures; 64 keys with the KSK's; 500 iterations
    bogus("www.keytrap.org", *TOO_MANY),
    bogus("last.keytrap.org", *TOO_MANY),
    bogus("nothing.keytrap.org", *TOO_MANY),
    bogus("www.dstrap.org", (6, 9), "for key dstrap.org"),
    secure("www.iterations.org"),
    insecure("nothing.iterations.org", rcode="NXDOMAIN", ede=(27,)),
    insecure("www.iterations.org", "TXT", ede=(27,)),
    insecure("x.wild.iterations.org", ede=(27,)),
]
