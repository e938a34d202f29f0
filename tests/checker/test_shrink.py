"""Shrinking: smaller, still failing, and nothing left to leave out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from types import ModuleType

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.counterexample import Counterexample, shrink
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.plain import breadth_first
from scuttle_check.search.shrink import shrunk
from scuttle_check.search.walks.random_walk import random_walk

HUB = ["A set k=1", "A set k=2"]
PUTS = ["A set k=1", "A set j=2", "B set l=3"]


@given(items=st.lists(st.integers(0, 9), max_size=14), needed=st.sets(st.integers(0, 9)))
def test_what_remains_fails_and_can_spare_nothing(items: list[int], needed: set[int]) -> None:
    """1-minimal, for a test that needs certain items and so passes once one is missing."""

    def fails(part: tuple[int, ...]) -> bool:
        return needed & set(items) <= set(part)

    smaller = shrunk(items, fails)
    assert fails(smaller)
    assert all(not fails(smaller[:at] + smaller[at + 1 :]) for at in range(len(smaller)))
    assert sorted(smaller) == sorted(needed & set(items))


@given(items=st.lists(st.integers(0, 3), max_size=9), data=st.data())
def test_minimal_also_where_failing_is_not_monotone(items: list[int], data: st.DataObject) -> None:
    """Leaving out may heal and leaving out more may break again, as schedules do."""
    salt = data.draw(st.integers(0, 2**16))
    whole = tuple(items)

    def fails(part: tuple[int, ...]) -> bool:
        return (
            part == whole or (sum((at + 2) * (x + 1) for at, x in enumerate(part)) ^ salt) % 3 == 0
        )

    smaller = shrunk(items, fails)
    assert fails(smaller)
    assert all(not fails(smaller[:at] + smaller[at + 1 :]) for at in range(len(smaller)))
    assert any(part == smaller for part in combinations(whole, len(smaller)))


def test_what_fails_always_shrinks_to_nothing() -> None:
    """The empty schedule is a counterexample too, when the start already fails."""
    assert shrunk(range(100), lambda _: True) == ()


def test_chunks_keep_the_number_of_tries_low() -> None:
    """A long schedule with two needed steps takes far fewer tries than pairs of steps."""
    tries: list[int] = []

    def fails(part: tuple[int, ...]) -> bool:
        tries.append(len(part))
        return {17, 900} <= set(part)

    assert shrunk(range(1_000), fails) == (17, 900)
    assert len(tries) < 100


def found_by_walking(experiment: Experiment, name: str) -> Counterexample:
    """A counterexample of a random walk, as long as chance made it."""
    setup = experiment.build()
    wanted = [each for each in setup.properties if each.name == name]
    verdict = random_walk(setup.system, wanted, walks=2_000, seed=3).verdicts[0]
    assert verdict.kind is Kind.REFUTED
    assert verdict.schedule is not None
    schedule = tuple(verdict.schedule)
    clause = verdict.property.clause
    return Counterexample(experiment, name, clause, verdict.because, schedule)  # type: ignore[arg-type]


CASES: list[tuple[str, list[str], str, dict[str, object]]] = [
    ("line:2", ["A set k=a", "B set k=b"], "agreement", {"profile": "as-shipped"}),
    ("line:2", ["A set k=a", "B set k=b"], "winner-or-ahead", {"profile": "as-shipped"}),
    ("line:3", HUB, "agreement", {"profile": "as-shipped"}),
    ("line:3", HUB, "own-writes-kept", {"profile": "as-shipped"}),
    ("line:2", HUB, "agreement", {"profile": "as-shipped", "network": "unordered"}),
    ("line:2", HUB, "history-sound", {"profile": "as-shipped", "network": "duplicating"}),
    ("line:2", PUTS, "agreement", {"network": "lossy"}),
    ("line:2", PUTS, "no-gap", {"network": "lossy"}),
    ("line:2", PUTS, "agreement", {"max_history": 1}),
    ("line:2", ["A set k=1", "A restart", "A set k=2"], "clocks-monotone", {}),
]


@pytest.mark.parametrize(("family", "lines", "name", "settings"), CASES)
def test_a_walk_shrinks_to_about_the_shortest_counterexample(
    experiment: Callable[..., Experiment],
    family: str,
    lines: list[str],
    name: str,
    settings: dict[str, object],
) -> None:
    """Chance finds a long one; shrunk, a person should read hardly more than the shortest."""
    found = found_by_walking(experiment(family, lines, **settings), name)
    smaller = shrink(found, script_too=False)
    setup = found.experiment.build()
    wanted = [each for each in setup.properties if each.name == name]
    shortest = breadth_first(setup.system, wanted, until_decided=True).verdicts[0].schedule
    assert shortest is not None
    assert len(smaller.schedule) <= min(len(found.schedule), len(shortest) + 2)
    assert smaller.experiment == found.experiment
    run = Trace.of(setup.system, smaller.schedule, wanted)
    assert run.misfit is None
    assert run.decided == {name: smaller.because}


@pytest.mark.parametrize(("family", "lines", "name", "settings"), CASES)
def test_no_action_of_a_shrunk_schedule_can_be_left_out(
    experiment: Callable[..., Experiment],
    family: str,
    lines: list[str],
    name: str,
    settings: dict[str, object],
) -> None:
    """Every step that remains is part of the reason."""
    smaller = shrink(found_by_walking(experiment(family, lines, **settings), name))
    setup = smaller.experiment.build()
    wanted = [each for each in setup.properties if each.name == name]
    assert name in Trace.of(setup.system, smaller.schedule, wanted).decided
    for at in range(len(smaller.schedule)):
        rest = smaller.schedule[:at] + smaller.schedule[at + 1 :]
        run = Trace.of(setup.system, rest, wanted)
        assert run.misfit is not None or name not in run.decided


def test_nodes_and_commands_that_do_not_matter_are_left_out(
    experiment: Callable[..., Experiment],
) -> None:
    """A user's model of five nodes fails because of two: those two are the story."""
    lines = ["A set k=a", "B set k=b", "C set x=1", "D set y=2", "E set z=3"]
    wide = experiment("line:5", lines, profile="as-shipped", exchanges=0)
    smaller = shrink(found_by_walking(wide, "agreement"))
    assert len(smaller.experiment.topology.nodes) == 2
    assert sum(map(len, smaller.experiment.script)) == 2
    assert smaller.experiment.topology.links
    assert [str(action) for action in smaller.schedule] in (
        ["perform A", "perform B"],
        ["perform B", "perform A"],
    )


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        (HUB, {"profile": "as-shipped"}),
        (["A set k=a", "B set k=b"], {"resolver": "lww_vs_current_vers"}),
    ],
)
def test_a_node_that_joins_two_others_is_not_left_out(
    experiment: Callable[..., Experiment], lines: list[str], settings: dict[str, object]
) -> None:
    """Without the hub the ends disagree for want of a path, which is another failure."""
    smaller = shrink(found_by_walking(experiment("line:3", lines, **settings), "agreement"))
    assert smaller.experiment.topology.connected
    assert len(smaller.experiment.topology.links) >= 2
    assert len(smaller.schedule) >= 2


def test_what_is_not_refuted_stays_as_it_is(experiment: Callable[..., Experiment]) -> None:
    """Shrinking something that does not fail must not invent a failure."""
    fine = experiment("line:2", ["A set k=1"])
    one = Counterexample(fine, "agreement", "CONV-1", "", ())
    assert shrink(one) == one
    unknown = attrs.evolve(one, property="no such property")
    assert shrink(unknown) == unknown


@pytest.mark.parametrize("profile", ["as-shipped", "documented"])
def test_whatever_is_shrunk_still_fails(drawn: ModuleType, profile: str) -> None:
    """Failures that chance finds in models of every shape, network and fault. Spec: CHK-3."""
    shrunk_ones = 0
    for number in range(36):
        experiment = drawn.model(profile, number)
        setup = experiment.build()
        report = random_walk(setup.system, setup.properties, walks=10, seed=number)
        for verdict in report.verdicts:
            if verdict.kind is not Kind.REFUTED or not verdict.schedule:
                continue
            name, schedule = verdict.property.name, verdict.schedule
            clause, because = verdict.property.clause, verdict.because
            found = Counterexample(experiment, name, clause, because, schedule)  # type: ignore[arg-type]
            for script_too in (False, True):
                small = shrink(found, script_too=script_too)
                again = small.experiment.build()
                wanted = [each for each in again.properties if each.name == name]
                run = Trace.of(again.system, small.schedule, wanted)
                assert run.misfit is None
                assert run.decided == {name: small.because}
                assert len(small.schedule) <= len(schedule)
            shrunk_ones += 1
            break
    assert shrunk_ones
