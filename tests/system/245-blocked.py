"""A name that a provider blocks: that is the answer, nobody else is asked, and it is told who did it."""
from lib.ask import dig
from lib.check import equal, true
from lib.daemon import Stubd

BLOCKS = (("nowhere", "NOERROR", 15), ("block 17", "NXDOMAIN", 17), ("block 18", "NXDOMAIN", 18),
          ("refuse 16", "SERVFAIL", 16))


def blocked(lab, fault, dnssec="off"):
    """Asks twice and returns both answers, what status counts, and what was asked of others."""
    lab.fault(*fault.split(), "crook")
    lab.forget()
    config = {"providers": {"strategy": "ordered", "custom": [lab.providers["crook-doh"], lab.providers["alpha-dot"]]},
              "dnssec": dnssec}
    with Stubd(lab, config) as stubd:
        answers = [dig(lab, "www.example.com"), dig(lab, "www.example.com")]
        code, text = stubd.ctl("providers")
        equal(code, 0, text)
    lab.heal("crook")
    asked = [r for r in lab.record(client="laptop") if r["name"] == "www.example.com."]
    return answers, text, asked


def test_blocked(lab):
    """0.0.0.0, NXDOMAIN and REFUSED with an EDE of blocking: passed on with the provider's name, asked once"""
    for fault, status, ede in BLOCKS:
        answers, text, asked = blocked(lab, fault)
        for answer in answers:
            equal(answer.status, status, fault)
            equal(answer.ede, ede, fault)
            true("crook-doh" in answer.ede_text and "blocked by" in answer.ede_text, answer.ede_text)
        equal([r["party"] for r in asked], ["crook"], fault)
        true("1 blocked by it" in text, text)


def test_other_errors(lab):
    """an error with another EDE is no blocking: another provider is asked"""
    answers, text, asked = blocked(lab, "refuse 18")
    equal(answers[0].data("A"), ["192.0.2.80"])
    true("blocked" not in text, text)


def test_validating(lab):
    """with validation what is made up for a signed name is bogus, and says who made it up"""
    (answer, _), _, asked = blocked(lab, "nowhere", "validate")
    equal(answer.status, "SERVFAIL")
    true("blocked by crook-doh" in answer.ede_text, answer.ede_text)
    true("alpha" not in [r["party"] for r in asked], str(asked))
