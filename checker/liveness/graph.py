"""The graph of all states of a model, in compact arrays, with what fairness asks of each."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from typing import Any

from attrs import define, field

from checker.liveness.assumption import Fairness

NO_PARENT = -1


@define
class StateGraph:
    """States are numbered in breadth-first order, so a lower number is never deeper.

    The edges of state `s` are ``first[s]`` to ``first[s + 1]``, excluded; an edge has a target
    and a label, the number of its action. `enabled` holds for each state the bits of the fair
    classes that can happen there, `bits` those of each action. `bad` marks the states in which
    the property is not satisfied.
    """

    fairness: Fairness
    first: array[int] = field(factory=lambda: array("q", [0]))
    targets: array[int] = field(factory=lambda: array("q"))
    labels: array[int] = field(factory=lambda: array("q"))
    parents: array[int] = field(factory=lambda: array("q"))
    arrivals: array[int] = field(factory=lambda: array("q"))
    depths: array[int] = field(factory=lambda: array("q"))
    enabled: list[int] = field(factory=list)
    bad: bytearray = field(factory=bytearray)
    actions: list[Any] = field(factory=list)
    bits: list[int] = field(factory=list)
    weak: int = 0
    strong: int = 0
    _classes: dict[Hashable, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        ordered = sorted(self.fairness.weak | self.fairness.strong, key=repr)
        self._classes = {each: 1 << at for at, each in enumerate(ordered)}
        self.weak = sum(self._classes[each] for each in self.fairness.weak)
        self.strong = sum(self._classes[each] for each in self.fairness.strong)

    def __len__(self) -> int:
        return len(self.enabled)

    def edges(self, state: int) -> range:
        """The numbers of the edges that leave `state`."""
        return range(self.first[state], self.first[state + 1])

    def label(self, action: Any) -> int:
        """The number of a new action."""
        self.actions.append(action)
        self.bits.append(self._classes.get(self.fairness.class_of(action), 0))
        return len(self.actions) - 1

    def path_to(self, state: int) -> tuple[Any, ...]:
        """The actions of a shortest path from a start to `state`."""
        path = []
        while self.parents[state] != NO_PARENT:
            path.append(self.actions[self.arrivals[state]])
            state = self.parents[state]
        return tuple(reversed(path))
