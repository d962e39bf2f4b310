"""The facts of the lab: who is there, at which addresses, serving which zones.

Everything else reads them from here: the zone builder, the configurations, the
packet filter, `lab env`, `lab providers` and the self test.
"""
import dataclasses

LAPTOP4, LAPTOP6 = "100.64.0.2", "2001:db8:64::2"
GATEWAY4, GATEWAY6 = "100.64.0.1", "2001:db8:64::1"
LAPTOP_VPN4 = "10.7.0.2"
WEB4, WEB6 = "192.0.2.80", "2001:db8:2::80"             # www.example.com, which has a web server
CORE_PORT = 5302                        # beta's recursor, on 127.0.0.1 in `net`
PORTS = {"udp": 53, "tcp": 53, "dot": 853, "doh": 443}


@dataclasses.dataclass(frozen=True)
class Party:
    """One server: its kind says which program and which configuration."""
    name: str
    kind: str                           # nsd, unbound, dnsdist, kresd, crook or portal
    v4: str
    v6: str = ""
    transports: tuple = ("udp", "tcp")
    net: str = "net"                    # the namespace it lives in
    host: str = ""                      # the name in its certificate
    recorded: bool = True               # its questions are in the record

    @property
    def addresses(self):
        return [a for a in (self.v4, self.v6) if a]

    @property
    def dnstap(self):
        return self.recorded and self.kind in ("nsd", "unbound")

    @property
    def local(self):
        """Reachable from inside its namespace only."""
        return self.v4.startswith("127.")


ALL = ("udp", "tcp", "dot", "doh")
PARTIES = {p.name: p for p in (
    Party("root", "nsd", "198.51.100.1", "2001:db8:100::1"),
    Party("tld", "nsd", "198.51.100.2", "2001:db8:100::2"),
    Party("leaf1", "nsd", "203.0.113.1", "2001:db8:113::1"),
    Party("leaf2", "nsd", "203.0.113.2", "2001:db8:113::2"),
    Party("alpha", "unbound", "192.0.2.11", "2001:db8:2::11", ALL, host="dns.alpha.example"),
    Party("beta", "dnsdist", "192.0.2.12", "2001:db8:2::12", ALL, host="dns.beta.example"),
    Party("gamma", "kresd", "192.0.2.13", "2001:db8:2::13", ALL, host="dns.gamma.example"),
    Party("crook", "crook", "192.0.2.14", "2001:db8:2::14", ("dot", "doh"),
          host="dns.crook.example"),
    Party("isp", "unbound", "192.0.2.53", "2001:db8:2::53"),
    Party("portal", "portal", "192.0.2.1"),
    Party("core", "unbound", "127.0.0.1", recorded=False),
    Party("corp", "unbound", "10.7.0.53", transports=("udp", "tcp", "dot"), net="corp",
          host="dns.corp.example"),
)}
PROVIDERS = [p for p in PARTIES.values() if p.host and p.net == "net"]
AUTHORITIES = [p for p in PARTIES.values() if p.kind == "nsd"]
# From whom the authorities are asked: a provider's own recursion has its own address.
OUTGOING = {"core": PARTIES["beta"].addresses}

# Zone → (the authority that serves it, how it is signed: one of kinds.KINDS).  The
# parent of a zone is the longest other name here that it ends in; its delegation,
# glue and DS are made from this table.  Contents are in zones/ZONE.zone, when there are any.
ZONES = {
    ".": ("root", "root"),
    "com": ("tld", "optout"),
    "org": ("tld", "nsec3"),
    "net": ("tld", "nsec3"),
    "uk": ("tld", "nsec3"),
    "co.uk": ("tld", "nsec3"),
    "example": ("tld", "nsec"),
    "arpa": ("tld", "nsec"),
    "in-addr.arpa": ("tld", "nsec"),
    "example.com": ("leaf1", "nsec"),
    "alpha.example": ("leaf1", "nsec"),
    "beta.example": ("leaf1", "nsec"),
    "gamma.example": ("leaf1", "nsec"),
    "crook.example": ("leaf1", "nsec"),
    "example.co.uk": ("leaf2", "nsec3"),
    "insecure.org": ("leaf2", "unsigned"),
    "v4.org": ("leaf2", "unsigned"),
    "bogus.org": ("leaf2", "bogus"),
    "expired.org": ("leaf2", "expired"),
    "early.org": ("leaf2", "early"),
    "stripped.org": ("leaf2", "stripped"),
    "naked.org": ("leaf2", "naked"),
    "wrongds.org": ("leaf2", "wrong-ds"),
    "nodenial.org": ("leaf2", "no-denial"),
    "plain.nodenial.org": ("leaf2", "unsigned"),
    "optout.org": ("leaf2", "optout"),
    "plain.optout.org": ("leaf2", "unsigned"),
    "signed.optout.org": ("leaf2", "nsec"),
    "plain.example.com": ("leaf2", "unsigned"),
    "plain.example.co.uk": ("leaf2", "unsigned"),
    "island.org": ("leaf2", "island"),
    "algorithm.org": ("leaf2", "algorithm"),
    "digest.org": ("leaf2", "digest"),
    "roll.org": ("leaf2", "roll"),
    "rolled.org": ("leaf2", "rolled"),
    "iterations.org": ("leaf2", "iterations"),
    "keytrap.org": ("leaf2", "keytrap"),
    "dstrap.org": ("leaf2", "dstrap"),
    "nxns.org": ("leaf2", "unsigned"),
    "victim.com": ("leaf1", "unsigned"),
    "home.arpa": ("leaf2", "unsigned"),
    "2.0.192.in-addr.arpa": ("leaf2", "nsec"),
    "18.198.in-addr.arpa": ("leaf2", "nsec"),
}
# The company's own, at `corp` only: the public zones know nothing of them. How they are signed.
CORP_ZONES = {
    "corp.example": "unsigned",
    "7.10.in-addr.arpa": "unsigned",
    "www.example.com": "unsigned",
    "signed.corp.example": "nsec",
    "below.signed.corp.example": "nsec",
    "broken.corp.example": "bogus",
}
NAME_OF = {"root": "a.root-servers.net", "tld": "a.nic.net",
           "leaf1": "ns1.hosts.net", "leaf2": "ns2.hosts.net"}
V4_ONLY = {"v4.org": "ns4.hosts.net"}   # zones whose servers have no IPv6, and by which name


def nameserver(zone):
    """The name in the zone's NS."""
    return V4_ONLY.get(zone) or NAME_OF[ZONES[zone][0]]


def parent(zone):
    """The zone that delegates `zone`."""
    labels = zone.split(".")
    for i in range(1, len(labels)):
        above = ".".join(labels[i:])
        if above in ZONES:
            return above
    return "."


def env(state):
    """What tests need to know, as environment variables."""
    out = {"LAB_DIR": state, "LAB_CA": f"{state}/ca.pem",
           "LAB_ROOT_HINTS": f"{state}/root.hints", "LAB_ROOT_ANCHOR": f"{state}/root.anchor",
           "LAB_ROOT_DELV": f"{state}/root.delv", "LAB_CORP_ANCHOR": f"{state}/corp.anchor",
           "LAPTOP4": LAPTOP4, "LAPTOP6": LAPTOP6, "LAPTOP_VPN4": LAPTOP_VPN4,
           "WEB4": WEB4, "WEB6": WEB6}
    for p in PARTIES.values():
        if p.local:
            continue
        out[p.name.upper() + "4"] = p.v4
        if p.v6:
            out[p.name.upper() + "6"] = p.v6
        if p.host:
            out[p.name.upper() + "_HOST"] = p.host
    return out


def provider_entries(state):
    """Custom-provider entries for stubd's configuration, by name."""
    out = {}
    for p in PROVIDERS:
        urls = {"doh": f"https://{p.host}/dns-query", "dot": f"tls://{p.host}"}
        for transport, url in urls.items():
            name = f"{p.name}-{transport}"
            out[name] = {"name": name, "url": url, "addresses": p.addresses,
                         "ca_file": f"{state}/ca.pem"}
    for p in (PARTIES[n] for n in ("alpha", "beta", "gamma", "isp")):
        name = p.name if p.name == "isp" else f"{p.name}-plain"
        out[name] = {"name": name, "url": f"dns://{p.v4}:53", "addresses": p.addresses}
    return out
