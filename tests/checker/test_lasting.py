"""What becomes of a write: CONV-15, CONV-16, CONV-17. Agreement alone is the weaker half of right.

The scripts of scuttlebutt, a clock set right and amnesia, were written for this question on
2026-11-30.
"""

from __future__ import annotations

import attrs
import pytest

from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first
from scuttle_ref.profiles import PROFILES

WRITES = ("writes-survive", "writes-take-effect", "never-undone")


def checked(
    profile: str, *script: str, faults: Misfortune | None = None, exchanges: int = 1
) -> Report:
    """Both searches of two nodes with this script, which must say the same."""
    graph = topology("line:2")
    experiment = Experiment(graph, parse_script(script, graph, "script"), profile)
    experiment = attrs.evolve(experiment, exchanges=exchanges, faults=faults or experiment.faults)
    plain, fast = (experiment.build() for _ in range(2))
    slow = breadth_first(plain.system, plain.properties)
    report = compiled(fast.system, fast.properties)
    told = [[(v.property.name, v.kind) for v in each.verdicts] for each in (slow, report)]
    assert told[0] == told[1]
    lengths = [[len(v.schedule or ()) for v in each.verdicts] for each in (slow, report)]
    assert lengths[0] == lengths[1]
    return report


def refuted(report: Report) -> dict[str, str]:
    """The reasons of the properties of writes that are refuted."""
    found = {name: report.verdict(name) for name in WRITES}
    assert all(v.kind in {Kind.HOLDS, Kind.REFUTED} for v in found.values())
    return {name: v.because for name, v in found.items() if v.kind is Kind.REFUTED}


TWICE = {
    "documented": {},
    "as-shipped": {"never-undone": "B held 3@B3 and is back at 1@A1, which it had before"},
    "textbook": {"writes-take-effect": "A writes k=1, and still holds 3@B1"},
    "paper": {},
    "scuttlebutt": {"writes-take-effect": "A writes k=1, and still holds 3@B1"},
    "plasmid": {},
    "gossiper": {},
    "txgossip": {},
}
"""Which properties of writes each profile breaks where two owners write one key, and how."""


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_is_decided(profile: str) -> None:
    """Two stamp without regard to what was seen; one takes everything again.

    Spec: CONV-15, CONV-16, CONV-17.
    """
    twice = ("A set k=1", "A set k=2", "B set k=3")
    faults = Misfortune(duplicates=1) if profile == "as-shipped" else Misfortune()

    found = refuted(checked(profile, *twice, faults=faults))

    assert found == TWICE[profile]


def test_a_write_with_a_clock_that_was_set_right_is_lost() -> None:
    """All replicas agree on the earlier write. Spec: CONV-15, CONV-16, NPM-2."""
    report = checked("scuttlebutt", "A set@100 k=early", "A set@50 k=later")

    assert report.verdict("agreement").kind is Kind.HOLDS
    lost = "the last that A wrote under k is later, and all that is left of it is early"
    refused = "A writes k=later, and it is refused"
    assert refuted(report) == {"writes-survive": lost, "writes-take-effect": refused}


@pytest.mark.parametrize(("reading", "lost"), [(50, True), (150, False)])
def test_after_amnesia_the_order_of_writing_decides(reading: int, lost: bool) -> None:
    """The versions of the earlier life are higher, or not. Spec: CONV-15."""
    report = checked("scuttlebutt", "A set@100 addr=old", "A restart", f"A set@{reading} addr=new")

    assert report.verdict("own-writes-kept").kind is Kind.HOLDS
    wrong = "the last that A wrote under addr is new, and all that is left of it is old"
    assert refuted(report).get("writes-survive") == (wrong if lost else None)


def test_a_write_under_a_new_id_is_a_write_of_the_same_owner() -> None:
    """A' counts from one again, so what A wrote as its second is newer to everybody.

    Spec: CONV-15, FAULT-4.
    """
    script = ("A set k=1", "A set k=2", "A set k=3")
    anew = Misfortune(crashes=1, restart="new-id")
    report = checked("documented", *script, faults=anew)

    assert report.verdict("agreement").kind is Kind.HOLDS
    because = refuted(report)["writes-survive"]
    assert because.startswith("the last that A wrote under k is 3, and all that is left of it is ")
    assert refuted(checked("documented", *script, faults=Misfortune(crashes=1))) == {}


def test_another_owner_may_have_the_last_word() -> None:
    """Of two owners' last writes no replica can say which is later. Spec: CONV-15."""
    assert refuted(checked("documented", "A set k=1", "B set k=2", exchanges=2)) == {}
    assert "writes-survive" not in refuted(checked("textbook", "A set k=1", "B set k=2"))
