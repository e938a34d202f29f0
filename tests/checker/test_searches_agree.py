"""Breadth-first and depth-first search see the same states and come to the same verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType, ModuleType
from typing import Any

import pytest

from scuttle_check.engine.properties import Property
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.plain import breadth_first, depth_first

TWO_WRITES = ["A set k=1", "A set k=2"]
BOTH = ["A set k=a", "B set k=b"]

SETTINGS: dict[str, tuple[str, list[str] | None, dict[str, Any]]] = {
    "textbook line": ("line:2", None, {"profile": "textbook"}),
    "documented line": ("line:2", None, {}),
    "as-shipped line": ("line:2", None, {"profile": "as-shipped"}),
    "paper line": ("line:2", None, {"profile": "paper"}),
    "textbook twice": ("line:2", None, {"profile": "textbook", "exchanges": 2}),
    "textbook three": ("line:3", None, {"profile": "textbook"}),
    "documented three": ("line:3", BOTH, {}),
    "local tie-break": ("line:3", BOTH, {"resolver": "lww_vs_current_vers"}),
    "as-shipped hub": ("line:3", TWO_WRITES, {"profile": "as-shipped"}),
    "unordered": ("line:2", TWO_WRITES, {"profile": "as-shipped", "network": "unordered"}),
    "lossy": ("line:2", TWO_WRITES, {"network": "lossy"}),
    "duplicating": ("line:2", TWO_WRITES, {"profile": "as-shipped", "network": "duplicating"}),
    "truncated": ("line:2", ["A set k=1", "A set j=2"], {"max_history": 1}),
    "amnesia": ("line:2", ["A set k=1", "A restart", "A set k=2"], {}),
    "small mtu": ("star:4", None, {"profile": "as-shipped", "mtu": 1, "exchanges": 0}),
    "nobody writes": ("line:2", [], {}),
}


def agree(model: Any, properties: Sequence[Property]) -> tuple[Report, Report]:
    """Search twice and compare what does not depend on the order of the search."""
    broad, deep = breadth_first(model, properties), depth_first(model, properties)
    for one, two in zip(broad.verdicts, deep.verdicts, strict=True):
        assert (one.property.name, one.kind) == (two.property.name, two.kind)
        if one.kind in {Kind.HOLDS, Kind.UNKNOWN}:
            assert one.exercised == two.exercised
        if one.schedule is not None:
            assert two.schedule is not None
            assert len(one.schedule) <= len(two.schedule)
    for name in ("states", "transitions", "terminal", "complete"):
        assert getattr(broad.stats, name) == getattr(deep.stats, name)
    assert broad.stats.depth <= deep.stats.depth
    return broad, deep


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("two-phase-3", None),
        ("die-hard", (3, 4)),
        ("hanoi-5", (2, 2, 2, 2, 2)),
        ("puzzle-2x3", (5, 4, 3, 2, 1, 0)),
        ("queens-8", (0, 4, 7, 5, 2, 6, 1, 3)),
        ("philosophers-5", "lllll"),
    ],
)
def test_the_searches_agree_on_toys(toys: ModuleType, name: str, goal: object) -> None:
    """Two searches share the judge but not the walk: equal counts are evidence for both."""
    model = toys.TOYS[name]
    properties = [toys.never(goal), toys.reached(goal), toys.never(None, "nothing")]
    agree(model, properties)


class Nothing:
    """A model one of whose states is None: 0, None, 1, and from 1 back."""

    after = MappingProxyType({0: None, None: 1, 1: 0})

    def initial(self) -> tuple[int]:
        return (0,)

    def actions(self, _state: int | None) -> tuple[str]:
        return ("on",)

    def next(self, state: int | None, _action: str) -> int | None:
        return self.after[state]


def test_a_state_may_be_none(toys: ModuleType) -> None:
    """Any hashable value is a state; a search that uses None for itself would lose this one."""
    broad, deep = agree(Nothing(), [toys.never(1)])
    assert broad.stats.states == deep.stats.states == 3


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_searches_agree_on_experiments(
    experiment: Callable[..., Experiment], setting: str
) -> None:
    """The same on worlds: counts, verdicts, and how often each property had something to say."""
    family, lines, settings = SETTINGS[setting]
    setup = experiment(family, lines, **settings).build()
    agree(setup.system, setup.properties)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_every_schedule_found_replays_to_its_property(
    experiment: Callable[..., Experiment], setting: str
) -> None:
    """A counterexample that does not replay is a bug of the checker, not of the protocol."""
    family, lines, settings = SETTINGS[setting]
    setup = experiment(family, lines, **settings).build()
    for search in (breadth_first, depth_first):
        for verdict in search(setup.system, setup.properties).verdicts:
            if verdict.schedule is not None:
                run = Trace.of(setup.system, verdict.schedule, [verdict.property])
                assert run.misfit is None
                assert verdict.property.name in run.decided


@pytest.mark.parametrize(
    ("family", "exchanges", "counts"),
    [
        ("line:2", 1, (108, 208, 4)),
        ("line:2", 2, (1_350, 3_134, 4)),
        ("line:3", 1, (8_469, 27_310, 36)),
    ],
)
def test_textbook_counts_are_those_of_other_checkers(
    experiment: Callable[..., Experiment],
    family: str,
    exchanges: int,
    counts: tuple[int, int, int],
) -> None:
    """TLC, SPIN and Stateright count the same worlds on a model written for each of them."""
    setup = experiment(family, profile="textbook", exchanges=exchanges).build()
    stats = breadth_first(setup.system, setup.properties).stats
    assert (stats.states, stats.transitions, stats.terminal) == counts
