"""Regions by number, and each region as a row of numbers of its components.

There are few distinct components (node states, channel contents), and an action touches few of
them. What it does is therefore computed once for the components it touches, and carried over to
whole regions by copying rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from checker.search.compiled.regions import Layout, Region

Rows = NDArray[np.int32]
"""One region per row, the number of one component per column."""

Ids = NDArray[np.intp]


def keys_of(rows: Rows) -> list[bytes]:
    """Each row as bytes, which hash fast."""
    raw, width = rows.tobytes(), rows.shape[1] * rows.itemsize
    return [raw[at : at + width] for at in range(0, len(raw), width)]


@define
class Interned:
    """The regions of one node. `items` and `rows` hold them by number."""

    layout: Layout
    items: list[Region] = field(factory=list)
    places: int = 1
    _rows: Rows = field(factory=lambda: np.zeros((0, 0), np.int32))
    _ids: dict[bytes, int] = field(factory=dict)
    _components: list[list[Hashable]] = field(factory=list)
    _numbers: list[dict[Hashable, int]] = field(factory=list)

    def id(self, region: Region) -> int:
        """The number of a region, a new one if it is new."""
        if not self._components:
            width = len(self.layout.components(region))
            self._numbers = [{} for _ in range(width)]
            self._components = [[] for _ in range(width)]
            self._rows = np.zeros((64, width), np.int32)
        row = self.numbers(region, range(self.width))
        return int(self.ids(np.array([row], np.int32))[0])

    @property
    def width(self) -> int:
        """How many components a region has."""
        return len(self._components)

    def numbers(self, region: Region, columns: Sequence[int]) -> list[int]:
        """The numbers of some components of a region."""
        components = self.layout.components(region)
        return [self._number(column, components[column]) for column in columns]

    def rows(self, ids: Ids) -> Rows:
        """The rows of regions: a copy, one row for each."""
        return self._rows[ids]

    def ids(self, rows: Rows) -> Ids:
        """The number of the region of each row, new ones for those that are new."""
        keys = keys_of(rows)
        found = [self._ids.get(key, -1) for key in keys]
        if -1 in found:
            for at, key in enumerate(keys):
                if found[at] < 0:
                    number = self._ids.get(key)
                    found[at] = self._added(key, rows[at]) if number is None else number
        return np.array(found, np.intp)

    def _number(self, column: int, component: Hashable) -> int:
        numbers = self._numbers[column]
        number = numbers.setdefault(component, len(numbers))
        if number == len(self._components[column]):
            self._components[column].append(component)
        return number

    def _added(self, key: bytes, row: Rows) -> int:
        number = self._ids[key] = len(self.items)
        pairs = zip(self._components, row.tolist(), strict=True)
        region = self.layout.region([components[at] for components, at in pairs])
        self.items.append(region)
        self.places = max(self.places, self.layout.places(region))
        if number == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[number] = row
        return number


@define
class Memo:
    """What something does to regions, by the components that it touches.

    An entry holds what the touched components are afterwards, or None where nothing happens.
    """

    interned: Interned
    touched: list[int] | None
    entries: dict[Hashable, int] = field(factory=dict)
    _after: list[list[int]] = field(factory=list)
    _table: Rows = field(factory=lambda: np.zeros((0, 0), np.int32))

    def keys(self, rows: Rows) -> list[bytes]:
        """What entries are looked up by, for each row."""
        return keys_of(rows if self.touched is None else rows[:, self.touched])

    def add(self, key: Hashable, region: Region | None) -> int:
        """A new entry: the region afterwards, of any one that has the touched components."""
        entry = self.entries[key] = len(self._after)
        touched = range(self.interned.width) if self.touched is None else self.touched
        self._after.append(
            self.interned.numbers(region, touched) if region else [-1] * len(touched)
        )
        return entry

    def after(self, entries: Ids) -> Rows:
        """The touched components afterwards; -1 where nothing happens."""
        if len(self._table) < len(self._after):
            self._table = np.array(self._after, np.int32)
        return self._table[entries]

    def changed(self, rows: Rows, after: Rows) -> Ids:
        """The regions of `rows` with the touched components replaced. Changes `rows`."""
        if self.touched is None:
            return self.interned.ids(after)
        rows[:, self.touched] = after
        return self.interned.ids(rows)
