"""Regions by number, and each region as a row of numbers of its components.

There are few distinct components (node states, channel contents), and an action touches few of
them. What it does is therefore computed once for the components it touches, and carried over to
whole regions by copying rows. A region itself is only made where somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.search.compiled.parts import LINKS, Region
from scuttle_check.search.compiled.regions import Layout

Rows = NDArray[np.int32]
"""One region per row, the number of one component per column."""

Ids = NDArray[np.intp]


def keys_of(rows: Rows) -> list[bytes]:
    """Each row as bytes, which hash fast."""
    rows = np.ascontiguousarray(rows)
    keys: list[bytes] = rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel().tolist()
    return keys


def grown(array: NDArray[Any], size: int, empty: int = 0) -> NDArray[Any]:
    """An array with room for `size` rows; the new ones hold `empty`."""
    if size <= len(array):
        return array
    longer = np.full((max(size, 2 * len(array)), *array.shape[1:]), empty, array.dtype)
    longer[: len(array)] = array
    return longer


@define
class Interned:
    """The regions of one node, by number. `values` holds the components of each column."""

    layout: Layout
    values: list[list[Any]] = field(factory=list)
    places: int = 1
    _rows: Rows = field(factory=lambda: np.zeros((0, 0), np.int32))
    _ids: dict[bytes, int] = field(factory=dict)
    _numbers: list[dict[Hashable, int]] = field(factory=list)
    _regions: dict[int, Region] = field(factory=dict)
    _rests: list[NDArray[np.bool_]] = field(factory=list)

    def __len__(self) -> int:
        return len(self._ids)

    def id(self, region: Region) -> int:
        """The number of a region, a new one if it is new."""
        if not self.values:
            width = len(self.layout.components(region))
            self.values = [[] for _ in range(width)]
            self._numbers = [{} for _ in range(width)]
            self._rows = np.zeros((64, width), np.int32)
            self._rests = [np.zeros(0, np.bool_) for _ in range(width)]
        row = self.numbers(region, range(self.width))
        return int(self.ids(np.array([row], np.int32))[0])

    def region(self, number: int) -> Region:
        """The region of this number."""
        known = self._regions.get(number)
        if known is None:
            pairs = zip(self.values, self._rows[number].tolist(), strict=True)
            known = self.layout.region([values[at] for values, at in pairs])
            self._regions[number] = known
        return known

    @property
    def width(self) -> int:
        """How many components a region has."""
        return len(self.values)

    def column(self, column: int) -> Rows:
        """The number of one component of every region."""
        return self._rows[: len(self), column]

    def local(self, number: int) -> Any:
        """The node state of a region."""
        return self.values[0][self._rows[number, 0]]

    def resting(self, node: int, first: int) -> NDArray[np.bool_]:
        """Of the regions from `first`, which are as in a quiescent world; they are of `node`."""
        rows = self._rows[first : len(self)]
        found = np.ones(len(rows), np.bool_)
        for column, values in enumerate(self.values):
            known = len(self._rests[column])
            fresh = [self.layout.rests(node, column, value) for value in values[known:]]
            self._rests[column] = np.append(self._rests[column], np.array(fresh, np.bool_))
            found &= self._rests[column][rows[:, column]]
        return found

    def numbers(self, region: Region, columns: Sequence[int]) -> list[int]:
        """The numbers of some components of a region."""
        components = self.layout.components(region)
        return [self.number(column, components[column]) for column in columns]

    def number(self, column: int, component: Any) -> int:
        """The number of a component, a new one if it is new."""
        numbers = self._numbers[column]
        number = numbers.setdefault(component, len(numbers))
        if number == len(self.values[column]):
            self.values[column].append(component)
            if column >= LINKS:
                self.places = max(self.places, self.layout.places(component))
        return number

    def rows(self, ids: Ids) -> Rows:
        """The rows of regions: a copy, one row for each."""
        return self._rows[ids]

    def ids(self, rows: Rows) -> Ids:
        """The number of the region of each row, new ones for those that are new."""
        keys = keys_of(rows)
        found = [self._ids.get(key, -1) for key in keys]
        if -1 in found:
            known = len(self)
            for at, number in enumerate(found):
                if number < 0:
                    self._ids.setdefault(keys[at], len(self._ids))
            found = [self._ids[key] for key in keys]
            self._rows = grown(self._rows, len(self))
            numbers = np.array(found, np.intp)
            new = np.flatnonzero(numbers >= known)
            self._rows[numbers[new]] = rows[new]
            return numbers
        return np.array(found, np.intp)


@define
class Taking:
    """What an action takes from one component, by the number of the component.

    `take` gives what is taken and what is left, or None where there is nothing to take.
    """

    interned: Interned
    column: int
    take: Callable[[Any], tuple[Hashable, Any] | None]
    _inputs: dict[Hashable, int] = field(factory=dict)
    _taken: Rows = field(factory=lambda: np.zeros(0, np.int32))
    _left: Rows = field(factory=lambda: np.zeros(0, np.int32))

    def taken(self, numbers: Rows) -> Rows:
        """What is taken from components, as numbers from 1; 0 is nothing."""
        self._taken = grown(self._taken, len(self.interned.values[self.column]), -1)
        self._left = grown(self._left, len(self._taken))
        taken: Rows = self._taken[numbers]
        if (taken < 0).any():
            for number in set(numbers[taken < 0].tolist()):
                self._learn(number)
            taken = self._taken[numbers]
        return taken

    def left(self, numbers: Rows) -> Rows:
        """What is left of components from which something was taken."""
        left: Rows = self._left[numbers]
        return left

    def _learn(self, number: int) -> None:
        taken = self.take(self.interned.values[self.column][number])
        if taken is None:
            self._taken[number] = 0
            return
        what, left = taken
        self._taken[number] = self._inputs.setdefault(what, len(self._inputs) + 1)
        self._left[number] = self.interned.number(self.column, left)


@define
class Memo:
    """What something does to regions, by the components that it touches.

    An entry holds what the touched components are afterwards, or None where nothing happens. Of
    a component that something is taken from, only what is taken matters.
    """

    interned: Interned
    touched: list[int] | None
    taking: Taking | None = None
    entries: dict[Hashable, int] = field(factory=dict)
    _after: Rows = field(factory=lambda: np.zeros((0, 0), np.int32))

    def keys(self, rows: Rows) -> list[bytes]:
        """What entries are looked up by, for each row."""
        if self.touched is None:
            return keys_of(rows)
        if self.taking is None:
            return keys_of(rows[:, self.touched])
        taken = self.taking.taken(rows[:, self.taking.column])
        return keys_of(np.column_stack([taken, rows[:, self.touched]]))

    def add(self, key: Hashable, region: Region | None) -> int:
        """A new entry: the region afterwards, of any one that has the touched components."""
        entry = self.entries[key] = len(self.entries)
        touched = range(self.interned.width) if self.touched is None else self.touched
        if entry == len(self._after):
            self._after = np.resize(self._after, (max(16, 2 * entry), len(touched)))
        self._after[entry] = self.interned.numbers(region, touched) if region else -1
        return entry

    def after(self, entries: Ids) -> Rows:
        """The touched components afterwards; -1 where nothing happens."""
        return self._after[entries]

    def changed(self, rows: Rows, after: Rows) -> Ids:
        """The regions of `rows` with the touched components replaced. Changes `rows`."""
        if self.touched is None:
            return self.interned.ids(after)
        rows[:, self.touched] = after
        if self.taking is not None:
            column = self.taking.column
            rows[:, column] = self.taking.left(rows[:, column])
        return self.interned.ids(rows)
