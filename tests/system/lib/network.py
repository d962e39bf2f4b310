"""The laptop's network changes under a daemon's feet."""
import contextlib

SECOND = "100.64.0.77"      # another address for the laptop
GATEWAY = "100.64.0.1"


def ip(lab, *words):
    lab.output("ip", *words, check=True)


@contextlib.contextmanager
def network(lab):
    """Whatever happens to the laptop's wire, it is as it was afterwards."""
    try:
        yield
    finally:
        restore(lab)


def restore(lab):
    """The wire as the lab made it."""
    lab.output("ip", "link", "del", "br-test")
    lab.output("ip", "link", "set", "up0", "up")
    lab.output("ip", "addr", "del", f"{SECOND}/24", "dev", "up0")
    ip(lab, "addr", "replace", f"{lab.env['LAPTOP4']}/24", "dev", "up0")
    ip(lab, "-6", "addr", "replace", f"{lab.env['LAPTOP6']}/64", "dev", "up0", "nodad")
    ip(lab, "route", "replace", "default", "via", GATEWAY)
    ip(lab, "-6", "route", "replace", "default", "via", "2001:db8:64::1")


def only_v4(provider):
    return {**provider, "addresses": [a for a in provider["addresses"] if a[0] != "["
                                      and "::" not in a]}


def move(lab):
    """Another address in place of the first, as another network gives it; no process starts in between."""
    lines = (f"addr del {lab.env['LAPTOP4']}/24 dev up0", f"addr add {SECOND}/24 dev up0",
             f"route replace default via {GATEWAY}")
    lab.output("sh", "-c", f"printf '%s\\n' '{lines[0]}' '{lines[1]}' '{lines[2]}' | ip -batch -", check=True)
