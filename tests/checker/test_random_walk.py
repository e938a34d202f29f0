"""Random walks: reproducible, honest, and good for a first look."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.walks.random_walk import STEPS_MAX, random_walk

HUB = ["A set k=1", "A set k=2"]


def told(report: Report) -> list[object]:
    """Everything a report says except the time it took."""
    stats = report.stats
    return [
        [(v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts],
        (stats.states, stats.transitions, stats.terminal, stats.depth, stats.stop),
    ]


def test_the_same_seed_gives_the_same_walks(experiment: Callable[..., Experiment]) -> None:
    """A counterexample found by chance must be found again by its seed."""
    reports = []
    for seed in (7, 7, 8):
        setup = experiment("line:3", HUB, profile="as-shipped").build()
        reports.append(random_walk(setup.system, setup.properties, walks=30, seed=seed))
    assert told(reports[0]) == told(reports[1])
    assert told(reports[0]) != told(reports[2])


@pytest.mark.parametrize("walks", [1, 500])
def test_no_number_of_walks_proves_anything(toys: ModuleType, walks: int) -> None:
    """Even when every state was seen, nothing tells the walker so. Spec: CONV-14."""
    properties = [toys.never((9, 9)), toys.reached((9, 9)), toys.never_step((0, 0), (9, 9))]
    report = random_walk(toys.DieHard(), properties, Budget(seconds_max=0.2), walks=walks)
    assert [verdict.kind for verdict in report.verdicts] == [Kind.UNKNOWN] * 3
    assert not report.stats.complete


def test_a_walk_that_never_ends_is_cut(toys: ModuleType) -> None:
    """DieHard has no terminal state; the walk must come back all the same."""
    stats = random_walk(toys.DieHard(), [toys.never((9, 9))], walks=1).stats
    assert (stats.depth, stats.terminal) == (STEPS_MAX, 0)


def test_walks_end_as_soon_as_everything_is_decided(toys: ModuleType) -> None:
    """More walks could only repeat what is known."""
    report = random_walk(toys.Queens(8), [toys.never((0,))], walks=10_000)
    assert report.stats.stop == "every property is decided"
    assert report.verdicts[0].schedule == (0,)


def test_walks_find_the_shipped_regression(experiment: Callable[..., Experiment]) -> None:
    """A hundred walks find what breadth-first needs thousands of worlds for. Spec: CONV-8."""
    setup = experiment("line:3", HUB, profile="as-shipped").build()
    report = random_walk(setup.system, setup.properties, walks=300, seed=1)
    assert report.verdict("agreement").kind is Kind.REFUTED
    assert report.verdict("provenance").kind is Kind.UNKNOWN


def test_a_walk_counts_each_state_and_each_step_once(toys: ModuleType) -> None:
    """Counts mean the same for every search, so that they can be compared."""
    stats = random_walk(toys.Graph(((1, 2), (), ())), [toys.never(-1)], walks=50).stats
    assert (stats.states, stats.transitions, stats.terminal, stats.depth) == (3, 2, 2, 1)


@pytest.mark.parametrize("walks", range(20, 30))
def test_whichever_walk_is_the_last_the_longest_is_the_depth(toys: ModuleType, walks: int) -> None:
    """States, steps and ends of a lopsided graph, each once, after enough walks."""
    told: list[Progress] = []
    model = toys.Graph(((1, 2), (3,), (), (4, 2), ()))
    stats = random_walk(model, [toys.never(-1)], Budget(tell=told.append), walks=walks).stats
    assert (stats.states, stats.transitions, stats.terminal, stats.depth) == (5, 5, 2, 3)
    assert [each.frontier for each in told] == [0]


def test_what_a_walk_passes_is_judged_and_told_from_the_start(toys: ModuleType) -> None:
    """The start, a state on the way, and a step; each with all actions that lead there."""
    model = toys.Graph(((1,), (2,), (3,), ()))
    wanted = [toys.never(0, "start"), toys.never(2, "way"), toys.never_step(2, 3)]
    report = random_walk(model, wanted, walks=1)
    assert [verdict.kind for verdict in report.verdicts] == [Kind.REFUTED] * 3
    assert [verdict.schedule for verdict in report.verdicts] == [(), (0, 0), (0, 0, 0)]


def test_each_hundredth_walk_is_told(toys: ModuleType) -> None:
    """With how many worlds and steps were met until then."""
    told: list[Progress] = []
    budget = Budget(tell=told.append)
    random_walk(toys.Graph(((1,), ())), [toys.never(-1)], budget, walks=250)
    assert [(p.states, p.transitions, p.frontier, p.depth) for p in told] == [
        (2, 1, at, 1) for at in (0, 100, 200)
    ]


@pytest.mark.parametrize(("most", "stopped"), [(1, True), (2, False), (3, False)])
def test_a_walk_ends_beyond_its_budget_and_not_at_it(
    toys: ModuleType, most: int, stopped: bool
) -> None:
    """Two states are no more than two. Spec: CHK-11."""
    report = random_walk(toys.Graph(((1,), ())), [toys.never(-1)], Budget(most), walks=3)
    assert (report.stats.stop != "3 random walks, seed 0") == stopped
