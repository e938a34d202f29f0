"""Every part that a world has is judged, whatever the chunk of its level and the width of its word.

For each scope, each part that is met anywhere is made a property of its own: that it is never met.
So a part that one search does not look at, or looks at too late, shows.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from scuttle_check.engine.actions import Action, Perform, actor_of
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.properties import (
    Always,
    AlwaysStep,
    Broken,
    Finding,
    Good,
    Property,
    Sometimes,
)
from scuttle_check.engine.system import System
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.engine.worlds import Scope, World
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.search import budget as budgets
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import search
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.plain import breadth_first, depth_first


def parts_of(system: System, scope: Scope) -> Callable[..., list[Any]]:
    """The parts of a world, or of a step, that a scope names; by the system itself."""

    def node_steps(before: World, action: Action, after: World) -> list[Any]:
        at = system.topology.node_index[actor_of(action)]
        one, two = before.nodes[at], after.nodes[at]
        return [(one, two)] if one != two else []

    def owner_steps(before: World, action: Action, after: World) -> list[Any]:
        if not isinstance(action, Perform):
            return []
        at = system.topology.node_index[action.node]
        command = system.script[at][before.scripted[at]]
        return [(one, two, command) for one, two in node_steps(before, action, after)]

    return {
        Scope.EACH_NODE: lambda world: list(world.nodes),
        Scope.ALL_NODES: lambda world: [world.nodes],
        Scope.QUIESCENT_NODES: lambda world: [world.nodes] if system.quiescent(world) else [],
        Scope.TERMINAL_NODES: lambda world: [] if system.actions(world) else [world.nodes],
        Scope.NODE_STEP: node_steps,
        Scope.OWNER_STEP: owner_steps,
    }[scope]


def each_is_never_met(system: System) -> list[Property]:
    """A property for each part of each scope that is met in any world."""
    worlds = list(dict.fromkeys(system.initial()))
    known = set(worlds)
    met: dict[Scope, dict[Any, None]] = {scope: {} for scope in Scope}
    stepping = {Scope.NODE_STEP, Scope.OWNER_STEP}
    for world in worlds:
        for scope in set(Scope) - stepping:
            met[scope].update(dict.fromkeys(parts_of(system, scope)(world)))
        for action in system.actions(world):
            after = system.next(world, action)
            for scope in stepping:
                met[scope].update(dict.fromkeys(parts_of(system, scope)(world, action, after)))
            if after not in known:
                known.add(after)
                worlds.append(after)
    found: list[Property] = []
    for scope in Scope:
        for number, part in enumerate(met[scope]):

            def check(each: Any, part: Any = part) -> Finding:
                return Broken("met") if each == part else Good.KEPT

            kind = AlwaysStep if scope in stepping else Always
            name = f"{scope.name} {number}"
            found.append(kind(name, "CHK-4", "", parts_of(system, scope), check, scope))
    return found


def told(report: Report) -> object:
    """Counts, and how soon each part is met."""
    stats = report.stats
    return (
        (stats.states, stats.transitions, stats.terminal, stats.depth),
        {v.property.name: (v.kind, len(v.schedule or ()), v.because) for v in report.verdicts},
    )


MODELS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "losses and pauses": (["A set k=1"], {"faults": Misfortune(losses=1, pauses=1)}),
    "cuts": (["A set k=1"], {"faults": Misfortune(cuts=1), "profile": "scuttlebutt"}),
    "crashes": (["A set k=1"], {"faults": Misfortune(crashes=1, restart="amnesia")}),
    "two of a kind": (
        ["A set k=1"],
        {"faults": Misfortune(losses=2, duplicates=1), "profile": "textbook"},
    ),
    "nothing goes wrong": (["A set k=1"], {"profile": "as-shipped"}),
}


@pytest.mark.parametrize("name", MODELS)
def test_no_part_is_passed_over_and_none_is_met_late(
    experiment: Callable[..., Experiment], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks of one, two and seven worlds, and words so narrow that they widen on the way.

    Spec: CHK-4, FAULT-1.
    """
    lines, settings = MODELS[name]
    system = experiment("line:2", lines, **settings).build().system
    properties = each_is_never_met(system)
    expected = told(breadth_first(system, properties))
    assert len(properties) > 20
    for chunk in (1, 2, 7):
        monkeypatch.setattr(search, "CHUNK", chunk)
        assert told(compiled(system, properties)) == expected
    widened: list[int] = []
    widen = Tables.widen
    monkeypatch.setattr(Tables, "widen", lambda it: widened.append(1) or widen(it))
    for bits in range(6, 64):
        monkeypatch.setattr(fields, "WORD", bits)
        try:
            assert told(compiled(system, properties)) == expected
        except TooWide:
            continue
        break
    assert widened


def test_a_stop_within_a_level_stops_there(
    experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else the level would bring is not looked at. Spec: CHK-11."""
    system = experiment("line:2", ["A set k=1", "B set k=2"]).build().system
    whole = breadth_first(system, [])
    for most in (0, 1, 22, 60):
        taken = []
        for chunk in (1, 1 << 18):
            monkeypatch.setattr(search, "CHUNK", chunk)
            report = compiled(system, [], Budget(most))
            assert report.stats.stop == f"more than {most:,} states, the limit given"
            taken.append(report.stats.transitions)
        assert taken[0] < taken[1] or most < 2
    for most in (whole.stats.states, whole.stats.states + 1):
        assert compiled(system, [], Budget(most)).stats.stop is None


def test_memory_that_is_about_to_be_needed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit a search goes on, one byte beyond it stops. Spec: CHK-11."""
    monkeypatch.setattr(budgets, "memory_used", lambda: 70 << 20)
    limit = Budget(bytes_max=100 << 20)
    assert limit.stop(1, 30 << 20) is None
    assert limit.stop(1, (30 << 20) + 1) == "more than 100 MB of memory needed, the limit"
    monkeypatch.setattr(budgets, "memory_used", lambda: None)
    assert limit.stop(1, 1 << 40) is None


def test_what_is_looked_for_does_not_end_a_search_for_refutations(toys: ModuleType) -> None:
    """A witness is good news. Spec: CHK-5."""
    chain = toys.Graph(((1,), (2,), (3,), ()))
    found = depth_first(chain, [toys.reached(1), toys.never(9)], until_refuted=True)
    assert (found.stats.stop, found.stats.states) == (None, 4)
    bad = depth_first(chain, [toys.reached(1), toys.never(2)], until_refuted=True)
    assert (bad.stats.stop, bad.stats.states) == ("a property is refuted", 3)


def test_the_first_schedule_that_decides_stays(toys: ModuleType) -> None:
    """Also where somebody decides twice."""
    judge = Judge([toys.never(1), toys.reached(2)])
    judge.decide("never", "first", (1,))
    judge.decide("never", "second", ())
    assert judge.undecided
    stats = breadth_first(toys.Graph(((),)), []).stats
    never, reached = judge.verdicts(stats)
    assert (never.because, never.schedule) == ("first", (1,))
    assert (reached.kind, reached.because) == (Kind.REFUTED, "no reachable state does")
    assert isinstance(reached.property, Sometimes)
