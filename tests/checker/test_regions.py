"""Regions step by step: what an action does to them is what it does to the world, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.engine.actions import BUDGETED
from scuttle_check.engine.network import UNLIMITED
from scuttle_check.engine.system import System, World
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.search.compiled.layout import Layout

WORLDS_MAX = 900

MODELS: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "each fault of links": (
        "line:2",
        ["A set k=1", "A set j=2"],
        {"faults": Misfortune(losses=1, duplicates=1, overtakings=1), "profile": "textbook"},
    ),
    "each fault of nodes": (
        "line:2",
        ["A set k=1", "B set j=2"],
        {"faults": Misfortune(cuts=1, crashes=1, pauses=1), "profile": "textbook"},
    ),
    "nodes that are told": (
        "line:2",
        ["A set k=1"],
        {"faults": Misfortune(cuts=1, crashes=2), "profile": "scuttlebutt"},
    ),
    "one crash that nodes are told of": (
        "line:3",
        ["A set k=1"],
        {"faults": Misfortune(crashes=1, restart="amnesia"), "profile": "scuttlebutt"},
    ),
    "three nodes and a cut": (
        "line:3",
        ["A set k=1"],
        {"faults": Misfortune(cuts=1, pauses=1), "profile": "scuttlebutt"},
    ),
    "new ids and any losses": (
        "line:2",
        ["A set k=1"],
        {"faults": Misfortune(losses=UNLIMITED, crashes=1, restart="new-id")},
    ),
    "no order": (
        "line:2",
        ["A set k=1", "A set j=2"],
        {"network": "unordered", "faults": Misfortune(losses=1, cuts=1)},
    ),
    "datagrams, broadcast": (
        "line:3",
        ["B set k=1"],
        {"wiring": "broadcast", "faults": Misfortune(duplicates=1), "profile": "paper"},
    ),
    "a process": (
        "line:3",
        ["A set k=1"],
        {"processes": (("A", "B"),), "profile": "as-shipped", "faults": Misfortune(crashes=1)},
    ),
}


def worlds_of(system: System) -> list[World]:
    """The first worlds that can be reached."""
    found = dict.fromkeys(system.initial())
    for world in (queue := list(found)):
        for action in system.actions(world):
            after = system.next(world, action)
            if after not in found and len(found) < WORLDS_MAX:
                found[after] = None
                queue.append(after)
    return queue


def paid_for(system: System, world: World, action: Any) -> bool:
    """Whether the budget of an action is not used up."""
    if type(action) not in BUDGETED:
        return True
    which = BUDGETED.index(type(action))
    return system.budgets[which] == UNLIMITED or world.spent[which] < system.budgets[which]


@pytest.mark.parametrize("name", MODELS)
def test_actions_on_regions_are_actions_on_worlds(
    experiment: Callable[..., Experiment], name: str
) -> None:
    """Which are enabled, where they lead, and which worlds are quiescent.

    Spec: CHK-4, CONV-12, FAULT-1.
    """
    family, lines, settings = MODELS[name]
    system = experiment(family, lines, **settings).build().system
    layout = Layout(system)
    ends = {port: pair for pair, port in layout.ports.items()}
    met = set()
    for world in worlds_of(system):
        regions = layout.regions(world)
        resting = all(
            layout.rests(node, column, value)
            for node, region in enumerate(regions)
            for column, value in enumerate(layout.parts(region))
        )
        assert resting == system.quiescent(world)
        possible = set(system.actions(world))
        listed = layout.moves(max(map(len, world.channels), default=1))
        assert possible <= {move.action for _, move in listed}
        for node, action in ((node, move.action) for node, move in listed):
            outcome = layout.outcome(node, regions[node], action)
            if outcome is None or not paid_for(system, world, action):
                assert action not in possible
                continue
            assert action in possible
            met.add(type(action))
            after = list(regions)
            after[node] = outcome.region
            for port, post in outcome.sent:
                target = system.topology.node_index[ends[port][1]]
                after[target] = layout.appended(after[target], target, post)
            assert after == layout.regions(system.next(world, action)), action
    faults = {kind for kind, most in zip(BUDGETED, system.budgets, strict=True) if most}
    assert faults <= met


@pytest.mark.parametrize("name", MODELS)
def test_a_cell_is_in_one_region_and_what_it_posts_to_another_goes_no_further(
    experiment: Callable[..., Experiment], name: str
) -> None:
    """A step adds one number per region, whatever the others are. Spec: CHK-4."""
    family, lines, settings = MODELS[name]
    system = experiment(family, lines, **settings).build().system
    layout = Layout(system)
    posted = set()
    for world in worlds_of(system):
        regions = layout.regions(world)
        for node, move in layout.moves(max(map(len, world.channels), default=1)):
            for gate in move.gates:
                assert layout.owner[gate.slot] in {node, -1}
            outcome = layout.outcome(node, regions[node], move.action)
            for port, post in () if outcome is None else outcome.sent:
                target = layout.owner[post[0][0].slots[0]]
                assert port == layout.port(node, post[0][0])
                for cell, operand in post:
                    assert {layout.owner[slot] for slot in cell.slots} == {target} != {node}
                    values = [layout.steps.values(world)[slot] for slot in cell.slots]
                    assert not cell.does(operand, *values).posts
                    posted.add(cell.kind)
    assert "send" in posted
