"""What cells do, as numbers: each is asked once for an operand and the values of its slots.

Many worlds, or regions, are one matrix: a row for each slot, a column for each world. The values of
a slot are interned to small numbers, and a cell is done to many columns by one look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.cells import Cell, Gate, Move
from scuttle_check.engine.steps import Steps

Matrix: TypeAlias = NDArray[np.int32]
Ids: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]

CELLS_MAX = 1 << 20
"""Above this many cells, one for each combination of numbers, entries are hashed instead."""

Outside: TypeAlias = Callable[[Cell, Matrix, Ids], None]
"""Hears what is posted to a cell that the matrix has no rows of: operands, and of which columns."""


def keys_of(matrix: NDArray[Any]) -> list[bytes]:
    """Each column of a matrix as bytes, which hash fast."""
    rows = np.ascontiguousarray(matrix.T)
    return rows.view(f"V{rows.shape[1] * rows.itemsize}").ravel().tolist()


@define
class Numbers:
    """Distinct things by number."""

    things: list[Any] = field(factory=list)
    numbers: dict[Hashable, int] = field(factory=dict)

    def of(self, thing: Hashable) -> int:
        """The number of a thing, a new one if it is new."""
        number = self.numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


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
class Entries:
    """The entry for each column of numbers that has come up; a column is `width` numbers high."""

    width: int
    _cells: NDArray[np.int32] = field(init=False)
    _hashed: dict[bytes, int] | None = None

    def __attrs_post_init__(self) -> None:
        self._cells = np.full((1,) * self.width, -1, np.int32)

    def find(self, columns: Matrix, computed: Callable[[int], int]) -> Ids:
        """The entry for each column; that of a new one is `computed` from its place."""
        if self._hashed is None:
            self._make_room(columns)
        if self._hashed is not None:
            return self._find_hashed(self._hashed, columns, computed)
        at = np.asarray(np.ravel_multi_index(tuple(columns), self._cells.shape))
        found: Ids = self._cells.ravel()[at].astype(np.intp)
        if (found < 0).any():
            for place in np.flatnonzero(found < 0).tolist():
                cell = tuple(columns[:, place].tolist())
                if self._cells[cell] < 0:
                    self._cells[cell] = computed(place)
            found = self._cells.ravel()[at].astype(np.intp)
        return found

    def _find_hashed(
        self, known: dict[bytes, int], columns: Matrix, computed: Callable[[int], int]
    ) -> Ids:
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


@define(eq=False)
class CellTable:
    """What a cell does, by operand and numbers of its slots.

    `posts` has a table for each place among the posts of an entry: which cell (from 1; 0 is none),
    and the number of its operand there. `targets` are the cells posted to at each place.
    """

    cell: Cell
    number: int
    operands: Numbers = field(factory=Numbers)
    entries: Entries = field(init=False)
    after: Table = field(init=False)
    posts: list[Table] = field(factory=list)
    targets: list[dict[int, Cell]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.entries = Entries(1 + len(self.cell.slots))
        self.after = Table(len(self.cell.slots))

    def add(self, after: Sequence[int], posts: Sequence[tuple[CellTable, int]]) -> int:
        """A new entry."""
        entry = self.after.add(after)
        while len(self.posts) < len(posts):
            self.posts.append(Table(2))
            self.targets.append({})
            for _ in range(entry):
                self.posts[-1].add((0, 0))
        for at, table in enumerate(self.posts):
            target, operand = posts[at] if at < len(posts) else (None, 0)
            table.add((target.number if target else 0, operand))
            if target is not None:
                self.targets[at][target.number] = target.cell
        return entry


@define(eq=False)
class Answers:
    """What a gate says of each value of its slot: whether it lets pass."""

    gate: Gate
    values: list[Any]
    _known: Mask = field(factory=lambda: np.zeros(0, np.bool_))

    def of(self, numbers: NDArray[Any]) -> Mask:
        """Whether the gate lets pass, for values by number."""
        if len(self._known) < len(self.values):
            fresh = [self.gate.asks(value) is None for value in self.values[len(self._known) :]]
            self._known = np.append(self._known, np.array(fresh, np.bool_))
        known: Mask = self._known[numbers]
        return known


@define(eq=False)
class CellTables:
    """The tables of all cells of a system, and the numbers of the values of all slots.

    `places` is the most that any link was met to hold.
    """

    steps: Steps
    values: list[Numbers] = field(init=False)
    places: int = 1
    _tables: dict[Cell, CellTable] = field(factory=dict)
    _answers: dict[Gate, Answers] = field(factory=dict)
    _is_link: list[bool] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.values = [Numbers() for _ in self.steps.slots]
        self._is_link = [slot.kind == "link" for slot in self.steps.slots]

    def number(self, slot: int, value: Any) -> int:
        """The number of a value of a slot, a new one if it is new."""
        if self._is_link[slot]:
            self.places = max(self.places, len(value.queue))
        return self.values[slot].of(value)

    def table(self, cell: Cell) -> CellTable:
        """The table of a cell, a new one if it is new."""
        known = self._tables.get(cell)
        if known is None:
            known = self._tables[cell] = CellTable(cell, 1 + len(self._tables))
        return known

    def operand(self, cell: Cell, what: Hashable) -> int:
        """The number of an operand of a cell."""
        return self.table(cell).operands.of(what)

    def answers(self, gate: Gate) -> Answers:
        """What a gate says of the values of its slot."""
        known = self._answers.get(gate)
        if known is None:
            known = self._answers[gate] = Answers(gate, self.values[gate.slot].things)
        return known

    def met(self, move: Move) -> set[int]:
        """The slots that a move was met to depend on: those of its gates and cells."""
        found = {gate.slot for gate in move.gates}
        waiting = [cell for cell, _ in move.roots]
        for cell in waiting:
            found.update(cell.slots)
            for targets in self.table(cell).targets:
                waiting.extend(each for each in targets.values() if each not in waiting)
        return found

    def find(
        self, cell: Cell, operands: Matrix, worlds: Matrix, at: Ids, rows: Mapping[int, int]
    ) -> Ids:
        """The entries of a cell for these operands and columns; of new ones the cell is asked."""
        table = self.table(cell)
        places = np.array([rows[slot] for slot in cell.slots], np.intp)
        columns = np.vstack([operands[None, :], worlds[places[:, None], at]])

        def computed(place: int) -> int:
            return self._computed(table, columns[:, place].tolist())

        return table.entries.find(columns, computed)

    def _computed(self, table: CellTable, column: list[int]) -> int:
        """Ask a cell: the one place where objects are touched."""
        cell, (operand, *numbers) = table.cell, column
        pairs = zip(cell.slots, numbers, strict=True)
        values = [self.values[slot].things[number] for slot, number in pairs]
        done = cell.does(table.operands.things[operand], *values)
        after = [self.number(*each) for each in zip(cell.slots, done.values, strict=True)]
        posts = [(self.table(target), self.operand(target, what)) for target, what in done.posts]
        return table.add(after, posts)

    def run(  # noqa: PLR0913, PLR0917 - what to do, with what, to what
        self,
        cell: Cell,
        operands: Matrix,
        worlds: Matrix,
        at: Ids,
        rows: Mapping[int, int],
        outside: Outside | None = None,
    ) -> None:
        """Do a cell to columns of a matrix, and what it posts, each before what is posted next.

        `rows` says where in the matrix a slot is; what is posted to other cells goes `outside`.
        """
        table, found = self.table(cell), self.find(cell, operands, worlds, at, rows)
        after = table.after.rows
        for column, slot in enumerate(cell.slots):
            worlds[rows[slot], at] = after[found, column]
        for posts, targets in zip(table.posts, table.targets, strict=True):
            for number, target in targets.items():
                some, among = posts.rows[found], at
                if len(targets) > 1 or not (some[:, 0] == number).all():
                    here = np.flatnonzero(some[:, 0] == number)
                    if not len(here):
                        continue
                    some, among = some[here], at[here]
                if target.slots[0] in rows:
                    self.run(target, some[:, 1], worlds, among, rows, outside)
                else:
                    assert outside is not None  # noqa: S101 - a matrix of whole worlds has all rows
                    outside(target, some[:, 1], among)
