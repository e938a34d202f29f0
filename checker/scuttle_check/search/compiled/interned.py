"""Regions by number, and each region as a row of the numbers of its parts.

There are few distinct parts (node states, contents of links), and a cell touches few of them. What
it does is computed once for those, and carried over to whole regions by copying rows. A region
itself is only made where somebody asks for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.search.compiled.cell_tables import CellTables, Ids, Mask, keys_of
from scuttle_check.search.compiled.layout import Layout, Region

Rows = NDArray[np.int32]
"""One region per row, the number of one part per column."""


def grown(array: NDArray[Any], size: int, empty: int = 0) -> NDArray[Any]:
    """An array with room for `size` rows; the new ones hold `empty`."""
    if size <= len(array):
        return array
    longer = np.full((max(size, 2 * len(array)), *array.shape[1:]), empty, array.dtype)
    longer[: len(array)] = array
    return longer


@define
class Interned:
    """The regions of one node, by number. `values` holds the values of each part."""

    layout: Layout
    cells: CellTables
    node: int
    values: list[list[Any]] = field(init=False)
    where: dict[int, int] = field(init=False)
    _rows: Rows = field(init=False)
    _ids: dict[bytes, int] = field(factory=dict)
    _normal: dict[bytes, int] = field(factory=dict)
    _regions: dict[int, Region] = field(factory=dict)
    _rests: list[Mask] = field(init=False)

    def __attrs_post_init__(self) -> None:
        columns = self.layout.columns[self.node]
        self.values = [self.cells.values[slot].things for slot in columns]
        self.where = {slot: column for column, slot in enumerate(columns)}
        self._rows = np.zeros((64, len(columns)), np.int32)
        self._rests = [np.zeros(0, np.bool_) for _ in columns]

    def __len__(self) -> int:
        return len(self._ids)

    def id(self, region: Region) -> int:
        """The number of a region, a new one if it is new."""
        row = self._numbered(self.layout.parts(region))
        return int(self._known(np.array([row], np.int32))[0])

    def _numbered(self, parts: tuple[Any, ...]) -> list[int]:
        pairs = zip(self.layout.columns[self.node], parts, strict=True)
        return [self.cells.number(slot, value) for slot, value in pairs]

    def region(self, number: int) -> Region:
        """The region of this number."""
        known = self._regions.get(number)
        if known is None:
            known = self.layout.region(self.node, self._parts(self._rows[number]))
            self._regions[number] = known
        return known

    def _parts(self, row: NDArray[Any]) -> tuple[Any, ...]:
        return tuple([values[at] for values, at in zip(self.values, row.tolist(), strict=True)])

    def column(self, column: int) -> Rows:
        """The number of one part of every region."""
        return self._rows[: len(self), column]

    def local(self, number: int) -> Any:
        """The node state of a region."""
        return self.values[0][self._rows[number, 0]]

    def resting(self, first: int) -> Mask:
        """Of the regions from `first`, which are as in a quiescent world."""
        rows = self._rows[first : len(self)]
        found = np.ones(len(rows), np.bool_)
        for column, values in enumerate(self.values):
            known = len(self._rests[column])
            fresh = [self.layout.rests(self.node, column, value) for value in values[known:]]
            self._rests[column] = np.append(self._rests[column], np.array(fresh, np.bool_))
            found &= self._rests[column][rows[:, column]]
        return found

    def rows(self, ids: Ids) -> Rows:
        """The rows of regions: a copy, one row for each."""
        return self._rows[ids]

    def ids(self, rows: Rows) -> Ids:
        """The number of the region of each row, in normal form; new ones for those that are new."""
        if not self.layout.normalizes:
            return self._known(rows)
        keys = keys_of(rows.T)
        fresh = {key: at for at, key in enumerate(keys) if key not in self._normal}
        if fresh:
            parts = [self.layout.normal(self.node, self._parts(rows[at])) for at in fresh.values()]
            forms = np.array([self._numbered(each) for each in parts], np.int32)
            self._normal.update(zip(fresh, self._known(forms).tolist(), strict=True))
        return np.array([self._normal[key] for key in keys], np.intp)

    def _known(self, rows: Rows) -> Ids:
        keys = keys_of(rows.T)
        found = [self._ids.get(key, -1) for key in keys]
        if -1 not in found:
            return np.array(found, np.intp)
        known = len(self)
        for at, number in enumerate(found):
            if number < 0:
                self._ids.setdefault(keys[at], len(self._ids))
        numbers = np.array([self._ids[key] for key in keys], np.intp)
        self._rows = grown(self._rows, len(self))
        new = np.flatnonzero(numbers >= known)
        self._rows[numbers[new]] = rows[new]
        return numbers
