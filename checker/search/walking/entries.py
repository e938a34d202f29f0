"""Entries of tables by the numbers of the components that they depend on."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from checker.search.walking.components import Matrix, Numbers, keys_of

CELLS_MAX = 1 << 20
"""Above this many cells, one for each combination of numbers, entries are hashed instead."""


@define
class Entries:
    """The entry for each column of numbers that has come up; a column is `width` numbers high."""

    width: int
    _cells: NDArray[np.int32] = field(init=False)
    _hashed: dict[bytes, int] | None = None

    def __attrs_post_init__(self) -> None:
        self._cells = np.full((1,) * self.width, -1, np.int32)

    def find(self, columns: Matrix, computed: Callable[[int], int]) -> Numbers:
        """The entry for each column; that of a new one is `computed` from its place."""
        if self._hashed is None:
            self._make_room(columns)
        if self._hashed is not None:
            return self._find_hashed(self._hashed, columns, computed)
        at = np.asarray(np.ravel_multi_index(tuple(columns), self._cells.shape))
        found: Numbers = self._cells.ravel()[at].astype(np.intp)
        if (found < 0).any():
            for place in np.flatnonzero(found < 0).tolist():
                cell = tuple(columns[:, place].tolist())
                if self._cells[cell] < 0:
                    self._cells[cell] = computed(place)
            found = self._cells.ravel()[at].astype(np.intp)
        return found

    def _find_hashed(
        self, known: dict[bytes, int], columns: Matrix, computed: Callable[[int], int]
    ) -> Numbers:
        keys = keys_of(columns)
        found = [known.get(key, -1) for key in keys]
        if -1 in found:
            for place, key in enumerate(keys):
                if key not in known:
                    known[key] = computed(place)
            found = [known[key] for key in keys]
        return np.array(found, np.intp)

    def _make_room(self, columns: Matrix) -> None:
        """Have a cell for every number in `columns`, or hash from now on."""
        needed = columns.max(axis=1, initial=0) + 1
        sizes = self._cells.shape
        if all(need <= size for need, size in zip(needed.tolist(), sizes, strict=True)):
            return
        pairs = zip(needed.tolist(), sizes, strict=True)
        wider = [size if need <= size else 1 << int(need).bit_length() for need, size in pairs]
        if prod(wider) > CELLS_MAX:
            cells = np.argwhere(self._cells >= 0).astype(columns.dtype)
            entries = self._cells[self._cells >= 0].tolist()
            self._hashed = dict(zip(keys_of(cells.T), entries, strict=True))
            return
        cells = np.full(wider, -1, np.int32)
        cells[tuple(slice(size) for size in sizes)] = self._cells
        self._cells = cells
