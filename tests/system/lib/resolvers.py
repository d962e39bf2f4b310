"""Whom the network names as its resolvers: the file that a manager of networks would keep for the daemon."""
import os

from .check import becomes_true


DESIGNATION = "_dns.resolver.arpa."     # what such a resolver is asked of itself (RFC 9462), no name of anybody


class NetworkFile:
    """Used before the daemon is made: NetworkFile(lab, "isp") and its config() in the daemon's."""

    def __init__(self, lab, *addresses):
        self.path = os.path.join(lab.folder, "network.conf")
        self.write(*addresses)

    def config(self):
        return {"network": {"resolv_conf": [self.path]}}

    def write(self, *addresses):
        """As managers of networks do: beside it, then renamed."""
        with open(self.path + ".next", "w", encoding="utf-8") as f:
            f.writelines(f"nameserver {a}\n" for a in addresses)
        os.chmod(self.path + ".next", 0o644)
        os.rename(self.path + ".next", self.path)

    def becomes(self, stubd, *addresses):
        """Writes it, and waits until the daemon knows."""
        self.write(*addresses)
        wanted = [f"{a}:53" if "." in a else f"[{a}]:53" for a in addresses]
        becomes_true(lambda: stubd.status()["network"]["servers"] == wanted, f"the network's resolvers are {wanted}")
