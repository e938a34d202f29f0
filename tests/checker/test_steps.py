"""Slots, cells and moves say of every step what the oracle says, in every kind of model."""

from __future__ import annotations

from collections import deque

import pytest
from drawn_experiments import experiments
from hypothesis import HealthCheck, given, settings
from reference_steps import reference

from scuttle_check.engine.actions import Crash, Cut, Deliver, Drop, Perform, Resume, Start
from scuttle_check.engine.cells import After, Refused
from scuttle_check.engine.steps import Steps
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.gossip.script import parse_script

WORLDS = 150
"""How many worlds of each model are looked at."""


def compare(system: System, most: int) -> int:
    """How many steps were compared, from the first `most` worlds."""
    steps, oracle = Steps(system), reference(system)
    waiting, seen, compared = deque(system.initial()), set(), 0
    while waiting and len(seen) < most:
        world = waiting.popleft()
        if world in seen:
            continue
        seen.add(world)
        values = steps.values(world)
        assert steps.world(values) == world
        found = [move.action for move in steps.enabled(values)]
        assert found == list(oracle.actions(world)) == system.actions(world)
        for action in found:
            after = steps.after(values, action)
            assert isinstance(after, After)
            wanted = oracle.next(world, action)
            assert system.next(world, action) == wanted
            assert steps.world(after.values) == wanted, action
            assert steps.values(wanted) == after.values, action
            effects = oracle.effects(world, action)
            assert system.effects(world, action).local == effects.local
            assert (after.effects.local if after.effects else None) == effects.local
            assert (after.effects.sends if after.effects else ()) == effects.sends
            compared += 1
            waiting.append(wanted)
    return compared


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(experiments())
def test_every_step_of_drawn_models_is_the_same(experiment: Experiment) -> None:
    """What can happen, in which order, where it leads, and what it does to the node."""
    compare(experiment.build().system, WORLDS)


def model(*script: str, **budgets: int) -> System:
    graph = topology("line:3")
    lines = parse_script(script or ("A set k=1",), graph, "here")
    return Experiment(graph, lines, faults=Misfortune(**budgets)).build().system  # type: ignore[arg-type]


def test_faults_of_every_kind_at_once_are_the_same() -> None:
    """Connections that open and are lost are heard of at both ends."""
    system = model(cuts=1, crashes=1, pauses=1, losses=1, duplicates=1, overtakings=1)

    assert compare(system, 400) > 2_000


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (Perform("B"), "the script of B has no further command"),
        (Perform("X"), "there is no node X"),
        (Start("A", "C"), "there is no link from A to C"),
        (Deliver("A", "B"), "nothing is in flight from A to B"),
        (Drop("A", "B", 2), "its budget is used up"),
        (Resume("A"), "A is not paused"),
        (Cut("A", "B"), "its budget is used up"),
        (Crash("A"), "its budget is used up"),
    ],
    ids=str,
)
def test_who_refuses_says_why(action: object, why: str) -> None:
    """In a sentence without a full stop. Spec: EXPL-3."""
    system = model()
    (world,) = system.initial()
    steps = Steps(system)

    refused = steps.after(steps.values(world), action)  # type: ignore[arg-type]

    assert isinstance(refused, Refused)
    assert refused == why


def test_a_script_that_grows_is_played_on() -> None:
    """Who draws runs step by step gives an owner its next command when its turn comes."""
    system = model()
    (world,) = system.initial()
    assert Perform("B") not in system.actions(world)
    system.script = (system.script[0], system.script[0], ())

    assert Perform("B") in system.actions(world)
    assert system.next(world, Perform("B")) == reference(system).next(world, Perform("B"))


def test_who_plays_by_hand_passes_over_limits_and_nothing_else() -> None:
    """Spec: EXPL-3, FAULT-1."""
    system = model()
    (world,) = system.initial()
    steps = Steps(system)
    values = steps.values(world)

    cut = steps.after(values, Cut("A", "B"), limits=False)

    assert isinstance(cut, After)
    assert steps.world(cut.values) == reference(system).next(world, Cut("A", "B"))
    again = steps.after(cut.values, Cut("B", "A"), limits=False)
    assert again == "the connection of B and A is broken already"
    down = steps.after(values, Crash("A"), limits=False)
    assert isinstance(down, After)
    assert steps.after(down.values, Perform("A"), limits=False) == "A is down"
