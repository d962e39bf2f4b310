"""Whom the network names as its own resolvers: the files that others write, as they change."""
import os

from lib.ask import dig
from lib.check import becomes_true, equal, true
from lib.daemon import Stubd


def known(stubd):
    return stubd.status()["network"]["servers"]


def become(stubd, servers):
    becomes_true(lambda: known(stubd) == servers, f"the network's servers are {servers}")


def write(path, text):
    """As managers of networks do: beside it, then renamed."""
    with open(path + ".next", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".next", path)


def test_default(lab):
    """without a manager of networks it is /etc/resolv.conf that names them; status shows them, nobody asks them"""
    with Stubd(lab, {"providers": {"custom": [lab.providers["alpha-doh"]]}}) as stubd:
        equal(known(stubd), [f"{lab.env['ISP4']}:53"])
        equal(stubd.status()["network"]["servers_from"], "/etc/resolv.conf")
        code, text = stubd.ctl("status")
        equal(code, 0)
        true(f"network's own  {lab.env['ISP4']}:53 (/etc/resolv.conf)" in text, text)
        lab.forget()
        equal(dig(lab, "www.example.com").data("A"), ["192.0.2.80"])
        equal(lab.record("laptop", party="isp"), [])


def test_changes(lab):
    """the file comes, is replaced and goes; this machine's own addresses and malformed lines are left out"""
    providers = {"custom": [lab.providers["alpha-doh"]]}
    with Stubd(lab, {"providers": providers}) as stubd:
        folder = os.path.join(stubd.folder, "run")
        path = os.path.join(folder, "resolv.conf")
        stubd.configure({"providers": providers, "network": {"resolv_conf": [path]}})
        equal(stubd.ctl("reload")[0], 0)
        equal(known(stubd), [])
        os.mkdir(folder)
        write(path, f"nameserver {lab.env['ISP4']}\n")
        become(stubd, [f"{lab.env['ISP4']}:53"])
        write(path, f"nameserver 127.0.0.53\nnameserver {lab.env['LAPTOP4']}\nnameserver nonsense\n"
                    f"nameserver {lab.env['LAPTOP6']}\nnameserver {lab.env['ISP6']}\n")
        become(stubd, [f"[{lab.env['ISP6']}]:53"])
        equal(stubd.log().count("line=3 is not"), 1)
        os.unlink(path)
        become(stubd, [])
        equal(stubd.status()["network"]["servers_from"], None)
        write(path, f"nameserver fe80::1%up0\nnameserver {lab.env['ISP4']}\n")
        index = lab.output("ip", "-o", "link", "show", "up0", check=True).split(":")[0]
        become(stubd, [f"[fe80::1%{index}]:53", f"{lab.env['ISP4']}:53"])
