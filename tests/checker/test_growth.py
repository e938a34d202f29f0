"""A search that was stopped says how much of each part it had met."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from scuttle_check.engine.verdict import Growth, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.swarm import swarm


def grown(report: Report) -> Growth:
    """The growth, which must be there."""
    assert report.stats.growth is not None
    return report.stats.growth


@pytest.mark.parametrize("search", [breadth_first, depth_first, compiled])
def test_a_finished_search_needs_no_growth(
    experiment: Callable[..., Experiment], search: Callable[..., Report]
) -> None:
    """Its counts say everything. Spec: CHK-6."""
    setup = experiment("line:2").build()
    assert search(setup.system, setup.properties).stats.growth is None


@pytest.mark.parametrize("search", [breadth_first, depth_first, compiled, swarm])
def test_growth_counts_parts_not_worlds(
    experiment: Callable[..., Experiment], search: Callable[..., Report]
) -> None:
    """Thousands of worlds of two nodes are made of few node states and contents. Spec: CHK-6."""
    setup = experiment("line:2", ["A set k=1", "A set k=2", "B set k=3"], exchanges=2).build()
    report = search(setup.system, setup.properties, Budget(states_max=2_000))
    growth = grown(report)
    assert [node for node, _ in growth.nodes] == ["A", "B"]
    assert [link for link, _, _ in growth.links] == ["A>B", "B>A"]
    assert all(1 < count < 200 for _, count in growth.nodes)
    assert all(1 < contents < 500 and longest > 1 for _, contents, longest in growth.links)


def test_plain_and_compiled_meet_the_same_parts(experiment: Callable[..., Experiment]) -> None:
    """Of a whole level the two searches see the same worlds, so the same parts. Spec: CHK-6."""
    report = []
    for search in (breadth_first, compiled):
        setup = experiment("line:2").build()
        states = compiled(setup.system, setup.properties).stats.states
        report.append(search(setup.system, setup.properties, Budget(states_max=states - 1)))
    assert grown(report[0]) == grown(report[1])


def test_other_models_have_no_nodes_to_count(toys: ModuleType) -> None:
    """Jugs of water have no nodes and no channels."""
    report = breadth_first(toys.DieHard(), [toys.never((9, 9))], Budget(states_max=3))
    assert report.stats.growth is None
