"""Networks with one address family only: recursion, and providers and clients by way of NAT64."""
import contextlib
import ipaddress
import socket
import struct
import time

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd

GATEWAY4, GATEWAY6 = "100.64.0.1", "2001:db8:64::1"


def ip(lab, *words, check=True, where="laptop"):
    lab.output("ip", *words, check=check, where=where)


def lose_v4(lab):
    ip(lab, "addr", "del", f"{lab.env['LAPTOP4']}/24", "dev", "up0")


def lose_v6(lab):
    ip(lab, "-6", "addr", "del", f"{lab.env['LAPTOP6']}/64", "dev", "up0")


def dual(lab):
    ip(lab, "addr", "replace", f"{lab.env['LAPTOP4']}/24", "dev", "up0")
    ip(lab, "-6", "addr", "replace", f"{lab.env['LAPTOP6']}/64", "dev", "up0", "nodad")
    ip(lab, "route", "replace", "default", "via", GATEWAY4)
    ip(lab, "-6", "route", "replace", "default", "via", GATEWAY6)


@contextlib.contextmanager
def network(lab):
    """Whatever happens to the laptop's addresses, they are as they were afterwards."""
    try:
        yield
    finally:
        dual(lab)


# A router advertisement with one PREF64 option (RFC 8781 section 4), sent once on lap0; a router that
# is nobody's default.
ROUTER = """
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.sendto(bytes.fromhex(sys.argv[2]), ("ff02::1", 0, 0, socket.if_nametoindex(sys.argv[1])))
"""
LENGTH_CODES = {96: 0, 64: 1, 56: 2, 48: 3, 40: 4, 32: 5}


def announce(lab, prefix, lifetime=1800, where=("net", "lap0")):
    ip6, bits = prefix.split("/")
    option = struct.pack("!BBH", 38, 2, lifetime & ~7 | LENGTH_CODES[int(bits)]) \
        + socket.inet_pton(socket.AF_INET6, ip6)[:12]
    advertisement = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0) + option
    lab.output("python3", "-c", ROUTER, where[1], advertisement.hex(), where=where[0], check=True)


def network_of(stubd):
    network = stubd.status()["network"]
    return {key: network[key] for key in ("ipv4", "nat64", "dns64")}


def prefix_becomes(stubd, lab, prefix):
    becomes_true(lambda: network_of(stubd)["nat64"] == prefix, f"the prefix is {prefix}")


def through(lab, *names):
    """Providers by their IPv4 addresses alone."""
    return [{**lab.providers[n], "addresses": [a for a in lab.providers[n]["addresses"] if "." in a]}
            for n in names]


RECURSE = {"on_miss": ["recurse"], "providers": {"custom": []}}
DEADLINE = 4.5


def test_recursion_v6(lab):
    """recursion with IPv6 only: dual-stack zones are reached; those of IPv4 servers fail at once and say why"""
    with network(lab):
        lose_v4(lab)
        with Stubd(lab, RECURSE) as stubd:
            equal(dig(lab, "www.insecure.org").data("A"), ["192.0.2.111"])
            equal(dig(lab, "www.example.com", "AAAA").data("AAAA"), ["2001:db8:2::80"])
            for name in ("www.v4.org", "other.load.v4.org", "www.dead.org"):
                before = time.monotonic()
                answer = dig(lab, name)
                took = time.monotonic() - before
                print(f"  {name}: fails after {took * 1000:.0f} ms, dig included")
                equal(answer.status, "SERVFAIL", name)
                true(took < DEADLINE / 2, f"{name} took {took:.2f} s")
                true("no way to IPv4 servers" in answer.ede_text, answer.ede_text)
            equal([r for r in lab.record(client="laptop") if "." in r["client"]], [], "asked over IPv4")
            # IPv4 is back: nothing of that is remembered.
            dual(lab)
            becomes_true(lambda: network_of(stubd)["ipv4"], "IPv4 is back")
            answer = dig(lab, "www.v4.org")
            equal(answer.data("A"), ["192.0.2.113"], str(answer))


def test_recursion_v4(lab):
    """recursion with IPv4 only: dual-stack zones and those of IPv4 servers are reached"""
    with network(lab):
        lose_v6(lab)
        with Stubd(lab, RECURSE):
            equal(dig(lab, "www.insecure.org").data("A"), ["192.0.2.111"])
            equal(dig(lab, "www.v4.org").data("A"), ["192.0.2.113"])
            # The other family alone, without a start in between.
            dual(lab)
            lose_v4(lab)
            equal(dig(lab, "www.example.co.uk").data("A"), ["192.0.2.141"])
            equal(dig(lab, "b.load.v4.org").status, "SERVFAIL")


def accept(lab):
    """The laptop's kernel listens to routers, as it does by itself on a laptop."""
    lab.output("sh", "-c", "for i in up0 tun0; do echo 2 >/proc/sys/net/ipv6/conf/$i/accept_ra; done", check=True)


V4ONLY = "v4only.example.com"
MADE = "64:ff9b::c000:254"


def test_learnt(lab):
    """a prefix that a router announces: names get addresses while there is no IPv4, for its lifetime"""
    accept(lab)
    config = {"providers": {"custom": [lab.providers["alpha-doh"]]}}
    with network(lab), Stubd(lab, config) as stubd:
        equal({k: network_of(stubd)[k] for k in ("ipv4", "nat64", "dns64")},
              {"ipv4": True, "nat64": None, "dns64": False})
        announce(lab, "64:ff9b::/96")
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [], "IPv4 is there")
        lose_v4(lab)
        becomes_true(lambda: network_of(stubd)["dns64"], "IPv4 is gone")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [MADE])
        equal(dig(lab, "www.example.com", "AAAA").data("AAAA"), ["2001:db8:2::80"])
        equal(dig(lab, V4ONLY, "AAAA", "+cd").data("AAAA"), [], "who validates himself")
        equal(dig(lab, "ipv4only.arpa", "AAAA").data("AAAA"), ["64:ff9b::c000:aa", "64:ff9b::c000:ab"])
        text = stubd.ctl("status")[1]
        true("64:ff9b::/96, no IPv4, names get addresses in it" in text, text)
        announce(lab, "2001:db8:122:344::/64")
        prefix_becomes(stubd, lab, "2001:db8:122:344::/64")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), ["2001:db8:122:344:c0:2:5400:0"])
        # The router takes it back; then the older one's time runs out.
        announce(lab, "2001:db8:122:344::/64", 0)
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        announce(lab, "64:ff9b::/96", 8)
        becomes_true(lambda: network_of(stubd)["nat64"] is None, "the lifetime ends")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [])
        announce(lab, "64:ff9b::/96")
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [MADE])
        dual(lab)
        becomes_true(lambda: network_of(stubd)["ipv4"], "IPv4 is back")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [])


def test_other_link(lab):
    """what a router says counts while the machine leaves by its link, and ends with the link"""
    accept(lab)
    config = {"providers": {"custom": [lab.providers["alpha-doh"]]}}
    with network(lab), Stubd(lab, config) as stubd:
        try:
            announce(lab, "2001:db8:bad::/96", where=("corp", "vpn0"))
            announce(lab, "64:ff9b::/96")
            prefix_becomes(stubd, lab, "64:ff9b::/96")
            announce(lab, "64:ff9b::/96", 0)
            becomes_true(lambda: network_of(stubd)["nat64"] is None, "none is left that counts")
            # The kernel sends such traffic to the VPN: now its router has a say.
            ip(lab, "-6", "addr", "add", "2001:db8:7::2/64", "dev", "tun0", "nodad")
            ip(lab, "-6", "route", "add", "2001:db8:bad::/96", "dev", "tun0")
            prefix_becomes(stubd, lab, "2001:db8:bad::/96")
            ip(lab, "link", "set", "tun0", "down")
            becomes_true(lambda: network_of(stubd)["nat64"] is None, "the link is gone")
        finally:
            ip(lab, "link", "set", "tun0", "up")
            ip(lab, "-6", "addr", "del", "2001:db8:7::2/64", "dev", "tun0", check=False)


def test_written(lab):
    """a written prefix counts instead of an announced one; null: none does"""
    accept(lab)
    config = {"providers": {"custom": [lab.providers["alpha-doh"]]}, "nat64": "2001:db8:64:64::/96"}
    with network(lab), Stubd(lab, config) as stubd:
        lose_v4(lab)
        announce(lab, "64:ff9b::/96")
        becomes_true(lambda: network_of(stubd)["dns64"], "IPv4 is gone")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), ["2001:db8:64:64::c000:254"])
        for more, wanted in (({"nat64": None}, []), ({"nat64": "auto"}, [MADE]), ({"dns64": "never"}, [])):
            stubd.configure({**config, "nat64": "auto", **more})
            equal(stubd.ctl("reload")[0], 0)
            equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), wanted, str(more))


NAT64_SAYS = "ipv4only.arpa. 60 IN AAAA {0}c000:aa; ipv4only.arpa. 60 IN AAAA {0}c000:ab"
NAME = "ipv4only.arpa."


def servers_file(lab, *addresses):
    """Whom the network names as its own servers."""
    path = f"{lab.folder}/resolv.conf.own"
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"nameserver {a}\n" for a in addresses)
    return path


def askers(lab):
    return {(r["party"], r["type"], r["transport"]) for r in lab.record(client="laptop", name=NAME)}


def test_asked(lab):
    """where no router says anything the network's own server is asked for the prefix, while there is no IPv4"""
    accept(lab)
    lab.fault("says", NAT64_SAYS.format("64:ff9b::"), "isp")
    config = {"providers": {"custom": [lab.providers["alpha-doh"]]},
              "network": {"resolv_conf": [servers_file(lab, lab.env["ISP6"])]}}
    with network(lab), Stubd(lab, config) as stubd:
        equal(dig(lab, "www.example.com").status, "NOERROR")
        equal((network_of(stubd)["nat64"], askers(lab)), (None, set()), "there is IPv4")
        lose_v4(lab)
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [MADE])
        equal(askers(lab), {("isp", "AAAA", "udp")}, "nobody else is asked, and for nothing else")
        # A router knows better.
        announce(lab, "2001:db8:122:344::/64")
        prefix_becomes(stubd, lab, "2001:db8:122:344::/64")
        lab.forget()
        announce(lab, "2001:db8:122:344::/64", 0)
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        equal(askers(lab), {("isp", "AAAA", "udp")}, "asked anew")
        # Other servers, who do not translate; then the first one again, behind one that is silent.
        servers_file(lab, lab.env["GAMMA6"])
        prefix_becomes(stubd, lab, None)
        equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [])
        lab.fault("blackhole", "gamma")
        servers_file(lab, lab.env["GAMMA6"], lab.env["ISP6"])
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        lab.forget()
        dual(lab)
        prefix_becomes(stubd, lab, None)
        equal(askers(lab), set(), "there is IPv4 again")


def test_asked_lengths(lab):
    """a prefix of any length is found by the well-known addresses; an answer without them tells of none"""
    path = servers_file(lab, lab.env["ISP6"])
    config = {"providers": {"custom": [lab.providers["alpha-doh"]]}, "network": {"resolv_conf": [path]}}
    with network(lab):
        lose_v4(lab)
        for address, prefix in (("2001:db8:c000:aa::", "2001:db8::/32"), ("2001:db8:1c0:0:aa::", "2001:db8:100::/40"),
                                ("2001:db8:122:c000:0:ab00::", "2001:db8:122::/48"),
                                ("2001:db8:122:3c0:0:aa::", "2001:db8:122:300::/56"),
                                ("2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344::/64")):
            lab.fault("says", f"{NAME} 60 IN AAAA {address}", "isp")
            with Stubd(lab, config) as stubd:
                prefix_becomes(stubd, lab, prefix)
        for address in ("2001:db8::1", "::ffff:192.0.0.170", "fe80::c000:aa"):
            lab.fault("says", f"{NAME} 60 IN AAAA {address}", "isp")
            lab.forget()
            with Stubd(lab, config) as stubd:
                becomes_true(lambda: askers(lab), "it is asked")
                equal(dig(lab, V4ONLY, "AAAA").data("AAAA"), [], address)
                equal(network_of(stubd)["nat64"], None)


def test_asked_never(lab):
    """it is not asked under privacy strict, nor where the prefix is written or not wanted"""
    lab.fault("says", NAT64_SAYS.format("64:ff9b::"), "isp")
    for more in ({"privacy": "strict"}, {"nat64": "2001:db8:64:64::/96"}, {"nat64": None}):
        config = {"providers": {"custom": [lab.providers["alpha-doh"]]},
                  "network": {"resolv_conf": [servers_file(lab, lab.env["ISP6"])]}, **more}
        with network(lab), Stubd(lab, config) as stubd:
            lose_v4(lab)
            becomes_true(lambda: not network_of(stubd)["ipv4"], "IPv4 is gone")
            equal(dig(lab, "www.example.com", "AAAA").status, "NOERROR")
            equal(askers(lab), set(), str(more))


@contextlib.contextmanager
def translator(lab, prefix, *parties):
    """Addresses in the prefix lead to the party: the other end translates by destination, as a NAT64
    does for the whole internet."""
    rules = "".join(f"add rule ip6 nat64 pre ip6 daddr {ipaddress.ip_address(prefix + lab.env[p + '4'])} dnat to "
                    f"{lab.env[q + '6']}\n"
                    for p, q in parties)
    script = "add table ip6 nat64\nadd chain ip6 nat64 pre { type nat hook prerouting priority -100; }\n" + rules
    lab.output("nft", "-f", "-", where="net", check=True, input=script)
    try:
        yield
    finally:
        lab.output("nft", "delete", "table", "ip6", "nat64", where="net")


def test_providers(lab):
    """providers that have IPv4 addresses only are reached through NAT64, and directly again once there is IPv4"""
    accept(lab)
    config = {"providers": {"custom": through(lab, "alpha-doh", "beta-dot")}, "dnssec": "validate"}
    with network(lab), translator(lab, "64:ff9b::", ("ALPHA", "ALPHA"), ("BETA", "BETA")), Stubd(lab, config) as stubd:
        equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])
        lose_v4(lab)
        becomes_true(lambda: stubd.status()["epoch"]["number"] > 0, "the way is lost")
        before = dig(lab, "lost.load.example.com")
        equal((before.status, "64:ff9b" in before.ede_text), ("SERVFAIL", False))
        announce(lab, "64:ff9b::/96")
        prefix_becomes(stubd, lab, "64:ff9b::/96")
        lab.forget()
        answer = dig(lab, "through.load.example.com")
        equal(answer.data("A"), ["192.0.2.82"])
        true("ad" in answer.flags, answer)
        equal({(r["party"], r["client"]) for r in lab.record(client="laptop", name="through.load.example.com")},
              {("alpha", lab.env["LAPTOP6"])})
        text = stubd.ctl("query", "other.load.example.com")[1]
        true("64:ff9b::c000:20b" in text, text)
        lab.fault("kill", "alpha")
        equal(dig(lab, "second.load.example.com").data("A"), ["192.0.2.82"])
        # IPv4 comes: what lives goes on; what is new is made without the translator.
        dual(lab)
        lab.heal("alpha")
        becomes_true(lambda: network_of(stubd)["ipv4"], "IPv4 is back")
        equal(dig(lab, "back.load.example.com").status, "NOERROR")
        announce(lab, "64:ff9b::/96", 0)
        prefix_becomes(stubd, lab, None)
        equal(dig(lab, "direct.load.example.com").status, "NOERROR")
        becomes_true(lambda: {r["client"] for r in asked(lab, "fresh")} == {lab.env["LAPTOP4"]}, "directly")


def asked(lab, label):
    """Asks for a name that nobody has asked for, and returns its rows."""
    name = f"{label}{time.monotonic_ns()}.load.example.com"
    equal(dig(lab, name).status, "NOERROR")
    return lab.record(client="laptop", name=name)


def test_other_certificate(lab):
    """who is there under another name is not asked, behind a translator either"""
    config = {"providers": {"custom": through(lab, "alpha-doh")}, "nat64": "64:ff9b::/96"}
    with network(lab), translator(lab, "64:ff9b::", ("ALPHA", "CROOK")), Stubd(lab, config) as stubd:
        lose_v4(lab)
        becomes_true(lambda: network_of(stubd)["dns64"], "IPv4 is gone")
        answer = dig(lab, "www.example.com")
        equal(answer.status, "SERVFAIL")
        true("certificate" in answer.ede_text, answer.ede_text)
    equal(lab.record(client="laptop"), [])
