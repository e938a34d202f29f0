"""What a run owes to its actions: fairness, as data."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from attrs import frozen

from checker.actors import Action, Deliver, Perform, Start, System


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
    where = (action.node,) if isinstance(action, Perform) else (action.source, action.target)
    return (type(action).__name__, *where)


FAIRNESS = ("strong", "weak", "none")
"""The assumptions by name."""


def session_fairness(system: System, name: str) -> Fairness:
    """The assumption `name` for a system: what happens to losses and copies is never owed.

    `strong`: commands and deliveries are weakly fair, exchanges strongly. `weak`: all three are
    weakly fair. `none`: a run may stop anywhere.

    Spec: LIVE-3.
    """
    commands = {link_class(Perform(node)) for node in system.topology.nodes}
    deliveries = {link_class(Deliver(*link)) for link in system.topology.links}
    exchanges = {link_class(Start(*link)) for link in system.topology.links}
    weak, strong = {
        "strong": (commands | deliveries, exchanges),
        "weak": (commands | deliveries | exchanges, set()),
        "none": (set(), set()),
    }[name]
    return Fairness(name, frozenset(weak), frozenset(strong), link_class)
