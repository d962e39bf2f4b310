"""What must hold after every test, asked of the lab's record."""

SPLIT = ("corp.example.", "7.10.in-addr.arpa.")
PROVIDERS = ("alpha", "beta", "gamma", "crook", "isp")


def is_split(name):
    return any(name == s or name.endswith("." + s) for s in SPLIT)


def standing(lab):
    for row in lab.record():
        if row["party"] in PROVIDERS and is_split(row["name"]):
            raise AssertionError(f"a split-horizon name reached a provider: {row}")
