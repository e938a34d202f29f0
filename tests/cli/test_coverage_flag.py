"""``--coverage``: which rules a run asked, in distinct local transitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.engine.topology import topology
from scuttle_check.gossip.coverage import tallied
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first
from scuttle_ref.messages import Put
from scuttle_ref.profile import decision_points

LINE = ["--topology", "line:2"]


def rules(ran: Any) -> dict[str, int]:
    """The counts by decision point."""
    return {each["point"]: each["transitions"] for each in ran.document["coverage"]["rules"]}


def test_counting_changes_no_verdict_and_no_count(scuttle: Callable[..., Any]) -> None:
    """Wrapped rules are the same rules, and the properties keep the unwrapped ones."""
    for profile in ("documented", "as-shipped", "textbook", "paper"):
        flags = [*LINE, "--profile", profile, "--json"]
        plain, counted = scuttle("check", *flags), scuttle("check", *flags, "--coverage")
        document = counted.document
        assert list(rules(counted)) == list(decision_points())
        assert document.pop("coverage")["transitions"] > 10
        assert {**document, "seconds": 0} == {**plain.document, "seconds": 0}
        assert counted.code == plain.code


def test_a_rule_that_was_never_asked_is_listed(scuttle: Callable[..., Any]) -> None:
    """Without exchanges nobody advertises, answers or closes. Spec: CHK-10."""
    ran = scuttle("check", *LINE, "--exchanges", 0, "--coverage", "--json")
    counts = rules(ran)
    assert counts["stamp"] == counts["prefer"] == 2
    assert counts["advertise"] == counts["answer"] == counts["close"] == 0
    outputs = ran.document["coverage"]["outputs"]
    assert (outputs["Applied"], outputs["Send"], outputs["Rejected"]) == (2, 0, 0)
    text = scuttle("check", *LINE, "--exchanges", 0, "--coverage").out
    assert [line.split()[2] for line in text.splitlines() if "  advertise" in line] == ["never"]


def test_each_rule_comes_with_its_clauses(scuttle: Callable[..., Any]) -> None:
    """So that a clause nobody exercised can be told from one that was. Spec: CHK-10."""
    ran = scuttle("check", *LINE, "--coverage", "--json")
    prefer = next(e for e in ran.document["coverage"]["rules"] if e["point"] == "prefer")
    assert prefer["rule"] == "prefer_resolver"
    assert prefer["clauses"] == ["MERGE-1", "MERGE-2"]


def test_transitions_are_counted_not_worlds() -> None:
    """Both searches see the same node states and inputs, however many worlds. Spec: CHK-10."""
    graph = topology("line:2")
    script = ((Put("k", "a"),), (Put("k", "b"),))
    tallies = []
    for search in (breadth_first, compiled):
        setup, tally = tallied(Experiment(graph, script).build())
        report = search(setup.system, setup.properties)
        tallies.append((tally.asked, tally.outputs, len(tally.steps)))
        assert len(tally.steps) < report.stats.transitions
        assert 2 < tally.asked["stamp"] < len(tally.steps)
    assert tallies[0] == tallies[1]


@pytest.mark.parametrize(
    "flags", [["--all"], ["--reduction", "quotient"], ["--save", "x.json"], ["--live"]]
)
def test_what_would_count_something_else_is_refused(
    refused: Callable[..., str], flags: list[str]
) -> None:
    """Counts of several runs, or of a smaller graph, would mislead."""
    assert "--coverage" in refused("check", *LINE, "--coverage", *flags)


@pytest.mark.parametrize("flag", [["--find", "agreement"], ["--all"]])
def test_endless_runs_have_flags_of_their_own(refused: Callable[..., str], flag: list[str]) -> None:
    """A flag that would be ignored is refused."""
    assert "endless runs" in refused("check", *LINE, "--live", *flag)
