"""Contents of zones that make a resolver work: who asks one question causes many, unless the
resolver has bounds.  world.ZONES delegates those that have servers of their own.

NXNSAttack (2020): each name below nxns.org is delegated to NXNS_SERVERS name servers in victim.com,
none of which exists.  TsuNAME (2021): the only name servers of two zones are in each other.
"""

NXNS_CHILDREN, NXNS_SERVERS = 210, 64
CHAIN = 17                              # CNAMEs; resolvers follow eight to twelve
SILENT = [f"203.0.113.{n}" for n in range(230, 243)]    # nobody's addresses
TSUNAME = ("tsuname1", "tsuname2")


def nxns():
    """No name server is named twice: nothing learnt from one delegation helps with the next."""
    return "".join(f"d{child} NS n{child}-{n}.victim.com.\n"
                   for child in range(NXNS_CHILDREN) for n in range(NXNS_SERVERS))


def broken_delegations():
    """In org: TsuNAME's pair; thirteen servers that are silent; two that are there, and refuse."""
    one, two = TSUNAME
    text = f"{one} NS ns.{two}\n{two} NS ns.{one}\n"
    for n, address in enumerate(SILENT):
        text += f"silent NS ns{n}.silent\nns{n}.silent A {address}\n"
    return text + "".join(f"lames NS {server}.\n"
                          for server in ("ns1.hosts.net", "ns2.hosts.net"))


def chain_zone(n):
    """The zone of a link: each is in another one than the link before it."""
    return ("insecure.org", "example.co.uk")[n % 2]


def chain(zone):
    """The links of the chain of CNAMEs long0 … that are in this zone, and its half of a loop."""
    other = chain_zone(1 if zone == chain_zone(0) else 0)
    text = f"loop CNAME loop.{other}.\n"
    for n in range(CHAIN):
        if chain_zone(n) == zone:
            text += f"long{n} CNAME long{n + 1}.{chain_zone(n + 1)}.\n"
    if zone == chain_zone(0):
        text += "*.circle CNAME loop\n"
    if chain_zone(CHAIN) == zone:
        text += f"long{CHAIN} A 192.0.2.113\n"
    return text


def contents(zone):
    """What is added to the zone's file."""
    if zone == "nxns.org":
        return nxns()
    if zone == "org":
        return broken_delegations()
    return chain(zone) if zone in (chain_zone(0), chain_zone(1)) else ""
