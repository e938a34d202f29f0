"""Many worlds as one matrix of numbers: a row for each component, a column for each walk.

The components of a region (a node state, the content of a channel) are interned to numbers, and
questions about them are answered once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
)
from scuttle_check.engine.network import DOWN, PAUSED, UP
from scuttle_check.search.compiled.parts import CUT, EXCHANGED, LINKS, SCRIPTED, STATUS, Region
from scuttle_check.search.compiled.regions import Layout

Matrix = NDArray[np.int32]
Numbers = NDArray[np.intp]
Mask = NDArray[np.bool_]


def keys_of(matrix: NDArray[Any]) -> list[bytes]:
    """Each column of a matrix as bytes, which hash fast."""
    rows = np.ascontiguousarray(matrix.T)
    return rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel().tolist()


def part_of(worlds: Matrix, rows: Sequence[int], at: Numbers) -> Matrix:
    """Some rows of some worlds."""
    return worlds[np.array(rows, np.intp)[:, None], at]


@define
class Flags:
    """A question about one component, answered once for each of its values."""

    row: int
    values: list[Any]
    holds: Callable[[Any], bool]
    _known: Mask = field(factory=lambda: np.zeros(0, np.bool_))

    def answers(self, numbers: Matrix) -> Mask:
        """The answer for the component's value in each world."""
        if len(self._known) < len(self.values):
            fresh = [self.holds(value) for value in self.values[len(self._known) :]]
            self._known = np.concatenate([self._known, np.array(fresh, np.bool_)])
        return self._known[numbers]


@define
class Table:
    """Rows of numbers that grow."""

    width: int
    size: int = 0
    rows: Matrix = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rows = np.zeros((16, self.width), np.int32)

    def add(self, row: Sequence[int]) -> int:
        """Add a row; its number."""
        if self.size == len(self.rows):
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
        self.rows[self.size] = row
        self.size += 1
        return self.size - 1


@define
class Components:
    """Which rows of a matrix of worlds belong to which node, and what their numbers stand for.

    The rows after those of all nodes count what the budgets of a run were used for.
    """

    layout: Layout
    first: list[int] = field(factory=list)
    values: list[list[Any]] = field(factory=list)
    start: list[int] = field(factory=list)
    counters: dict[int, int] = field(factory=dict)
    places: int = 1
    _numbers: list[dict[Hashable, int]] = field(factory=list)
    _flags: dict[Hashable, Flags] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        world = next(iter(self.layout.system.initial()))
        for node, region in enumerate(self.layout.regions(world)):
            self.first.append(len(self.values))
            width = len(self.layout.components(region))
            self.values.extend([] for _ in range(width))
            self._numbers.extend({} for _ in range(width))
            self.start.extend(self.numbers(node, region, range(width)))
        for which, most in enumerate(self.layout.counted):
            if most:
                self.counters[which] = len(self.start)
                self.start.append(0)

    @property
    def locals(self) -> list[int]:
        """The rows of the node states."""
        return self.first

    @property
    def met(self) -> list[list[list[Any]]]:
        """The values of the components of each node."""
        ends = [*self.first[1:], len(self.values)]
        return [self.values[first:end] for first, end in zip(self.first, ends, strict=True)]

    def rows(self, node: int, touched: Sequence[int] | None) -> list[int]:
        """The rows of some components of `node`; None for all of them."""
        ends = [*self.first[1:], len(self.values)]
        if touched is None:
            return list(range(self.first[node], ends[node]))
        return [self.first[node] + each for each in touched]

    def region(self, node: int, world: Sequence[int]) -> Region:
        """The region of `node` in a world."""
        return self.layout.region([self.values[row][world[row]] for row in self.rows(node, None)])

    def numbers(self, node: int, region: Region, touched: Sequence[int] | None) -> list[int]:
        """The numbers of some components of a region of `node`; None for all of them."""
        parts = self.layout.components(region)
        self.places = max(self.places, *(self.layout.places(each) for each in parts[LINKS:]))
        chosen = range(len(parts)) if touched is None else touched
        return [self._number(self.first[node] + each, parts[each]) for each in chosen]

    def _number(self, row: int, value: Hashable) -> int:
        numbers = self._numbers[row]
        number = numbers.setdefault(value, len(numbers))
        if number == len(self.values[row]):
            self.values[row].append(value)
        return number

    # --- questions about components ---------------------------------------------------------------

    def gates(self, node: int, action: Action) -> list[Flags]:
        """An action is enabled where all of these hold, and its budget is not used up."""
        system = self.layout.system
        match action:
            case Perform():
                left = len(system.script[node])
                return [self._is(node, STATUS, UP), self._below(node, SCRIPTED, left)]
            case Start():
                link = system.topology.link_index[action.source, action.target]
                at = self.layout.out_links[node].index(link)
                return [self._is(node, STATUS, UP), self._startable(node, at)]
            case Crash() | Pause():
                return [self._is(node, STATUS, UP)]
            case Resume():
                return [self._is(node, STATUS, PAUSED)]
            case Restart():
                return [self._is(node, STATUS, DOWN)]
            case Deliver() | Duplicate() | Overtake():
                return [self._is(node, STATUS, UP), self._of_link(node, action)]
            case _:
                return [self._of_link(node, action)]

    def _of_link(
        self, node: int, action: Deliver | Drop | Duplicate | Overtake | Cut | Heal
    ) -> Flags:
        """Whether an in-link, a pair of channel and whether it is cut, permits an action."""
        link = self.layout.system.topology.link_index[action.source, action.target]
        row = LINKS + self.layout.in_links[node].index(link)
        if isinstance(action, Cut | Heal):
            wanted = CUT if isinstance(action, Heal) else 0
            return self._flags_of(
                node, row, ("cut", wanted), lambda value: value[1] & CUT == wanted
            )
        network, index = self.layout.system.network, action.index
        overtakes = isinstance(action, Overtake)
        places = network.overtaking if overtakes else network.deliverable
        question = ("arrives", overtakes, index)
        return self._flags_of(node, row, question, lambda value: index in places(value[0]))

    def _is(self, node: int, component: int, wanted: object) -> Flags:
        return self._flags_of(node, component, ("is", wanted), lambda value: value == wanted)

    def _below(self, node: int, component: int, bound: int) -> Flags:
        return self._flags_of(node, component, ("below", bound), lambda value: value < bound)

    def _startable(self, node: int, at: int) -> Flags:
        most = self.layout.system.exchanges
        return self._flags_of(node, EXCHANGED, ("started", at), lambda value: value[at] < most)

    def _flags_of(
        self, node: int, component: int, question: Hashable, holds: Callable[[Any], bool]
    ) -> Flags:
        row = self.first[node] + component
        fresh = Flags(row, self.values[row], holds)
        return self._flags.setdefault((row, question), fresh)

    def quiet(self) -> list[Flags]:
        """A world is quiescent where all of these hold. Spec: CONV-12."""
        system = self.layout.system
        found: list[Flags] = []
        for node, script in enumerate(system.script):
            links = range(LINKS, LINKS + len(self.layout.in_links[node]))
            found.extend(self._is(node, row, ((), 0)) for row in links)
            found.append(self._is(node, SCRIPTED, len(script)))
            found.append(self._is(node, STATUS, UP))
        return found
