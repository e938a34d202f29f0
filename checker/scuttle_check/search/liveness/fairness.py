"""What a run owes to its actions: fairness, as data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from attrs import frozen

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Deliver,
    Heal,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
    Stop,
)
from scuttle_check.engine.system import System


def itself(action: Hashable) -> Hashable:
    """Each action is a class of its own."""
    return action


@frozen
class Fairness:
    """Which classes of actions must not be passed over for ever.

    A weakly fair class is taken again and again unless it is again and again impossible; a
    strongly fair one is taken again and again if it is again and again possible. `class_of`
    gives the class of an action; what is in neither set may stay undone.

    Spec: LIVE-3.
    """

    name: str
    weak: frozenset[Hashable]
    strong: frozenset[Hashable]
    class_of: Callable[[Any], Hashable] = itself


def link_class(action: Action) -> Hashable:
    """The class of an action of a system: its kind and where it happens, whichever frame."""
    match action:
        case Perform() | Crash() | Restart() | Pause() | Resume() | Stop():
            return (type(action).__name__, action.node)
        case _:
            return (type(action).__name__, action.source, action.target)


FAIRNESS = ("strong", "weak", "none")
"""The assumptions by name."""


def session_fairness(system: System, name: str) -> Fairness:
    """The assumption `name` for a system: no fault is ever owed, but its end is.

    `strong`: commands, deliveries and the ends of cuts, crashes and pauses are weakly fair,
    exchanges strongly. `weak`: all of them are weakly fair. `none`: a run may stop anywhere.

    Spec: LIVE-3.
    """
    commands = {link_class(Perform(node)) for node in system.topology.nodes}
    deliveries = {link_class(Deliver(*link)) for link in system.topology.links}
    ends: set[Action] = set()
    if system.network.cuts:
        ends.update(Heal(*pair) for pair in system.topology.connections)
    if system.outages.crashes:
        ends.update(Restart(node, system.outages.comeback) for node in system.topology.nodes)
    if system.outages.pauses:
        ends.update(Resume(node) for node in system.topology.nodes)
    owed = commands | deliveries | set(map(link_class, ends))
    exchanges = {link_class(Start(*link)) for link in system.topology.links}
    weak, strong = {
        "strong": (owed, exchanges),
        "weak": (owed | exchanges, set()),
        "none": (set(), set()),
    }[name]
    return Fairness(name, frozenset(weak), frozenset(strong), link_class)
