"""What actions do to many worlds at once: a row for each slot, a column for each walk.

Cells are asked once for the values of the slots that they are given. There are few of those even
where there are many regions, so wide models walk fast too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import Perform
from scuttle_check.engine.cells import Cell, Move
from scuttle_check.engine.steps import QUIET
from scuttle_check.search.compiled.cell_tables import (
    CellTables,
    Entries,
    Ids,
    Mask,
    Matrix,
    Numbers,
)
from scuttle_check.search.compiled.layout import Layout


@define
class Worlds:
    """The numbers that worlds are made of. `start` is the world in which all walks begin."""

    layout: Layout
    cells: CellTables = field(init=False)
    start: list[int] = field(init=False)
    locals: list[int] = field(init=False)
    rows: dict[int, int] = field(init=False)
    heard: int = 0
    _whats: Numbers = field(factory=Numbers)
    _hearing: list[Entries] = field(init=False)
    _rests: list[Mask] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.cells = CellTables(self.layout.steps)
        values = self.layout.steps.values(next(iter(self.layout.system.initial())))
        self.start = [self.cells.number(slot, value) for slot, value in enumerate(values)]
        self.locals = [columns[0] for columns in self.layout.columns]
        self.rows = {slot: slot for slot in range(len(values))}
        self._hearing = [Entries(2) for _ in self.locals]
        self._rests = [np.zeros(0, np.bool_) for _ in values]

    def values(self, slot: int) -> list[Any]:
        """The values of a slot, by number."""
        return self.cells.values[slot].things

    @property
    def met(self) -> list[list[list[Any]]]:
        """The values that the slots of each node were met to have."""
        return [[self.values(slot) for slot in columns] for columns in self.layout.columns]

    @property
    def quiet(self) -> list[int]:
        """The slots that say whether a world is quiescent, those that most often say no first."""
        slots = self.layout.steps.slots
        return [at for kind in QUIET for at, slot in enumerate(slots) if slot.kind == kind]

    def resting(self, slot: int, numbers: Matrix) -> Mask:
        """Whether a slot is as it must be in a quiescent world."""
        values, known = self.values(slot), self._rests[slot]
        fresh = [self.layout.steps.rests(slot, value) for value in values[len(known) :]]
        if fresh:
            known = self._rests[slot] = np.append(known, np.array(fresh, np.bool_))
        return known[numbers]

    def what(self, of: object) -> int:
        """The number of something that happens to nodes."""
        return self._whats.of(of)

    def transitions(self, node: int, whats: Ids, locals_: Matrix) -> Ids:
        """The number of each local transition: a node state and what happens to it."""

        def counted(_: int) -> int:
            self.heard += 1
            return self.heard - 1

        return self._hearing[node].find(np.vstack([whats, locals_]).astype(np.int32), counted)


@define
class Moves:
    """What one action does to worlds."""

    worlds: Worlds
    node: int
    move: Move
    cell: Cell = field(init=False)
    operand: int = field(init=False)
    roots: list[tuple[Cell, int]] = field(init=False)
    _whats: Ids = field(factory=lambda: np.zeros(0, np.intp))

    def __attrs_post_init__(self) -> None:
        cells = self.worlds.cells
        self.roots = [(cell, cells.operand(cell, operand)) for cell, operand in self.move.roots]
        self.cell, self.operand = self.roots[-1]

    def enabled(self, matrix: Matrix, answer: Callable[[Any], Mask]) -> Mask:
        """In which worlds no gate refuses; `answer` is what a gate says of all worlds."""
        found = np.ones(matrix.shape[1], np.bool_)
        for gate in self.move.gates:
            found &= answer(gate)
        return found

    def heard(self, matrix: Matrix, at: Ids) -> Ids:
        """The numbers of the local transitions that the action would be in some worlds."""
        operands = np.full(len(at), self.operand, np.int32)
        entries = self.worlds.cells.find(self.cell, operands, matrix, at, self.worlds.rows)
        whats = self._what()[entries]
        return self.worlds.transitions(self.node, whats, matrix[self._local, at])

    def _what(self) -> Ids:
        """What happens to the node, by entry of the first cell: a command, a frame, or the action.

        It is what the node reacts to, if it does.
        """
        table, known = self.worlds.cells.table(self.cell), len(self._whats)
        if known < table.after.size:
            whats = []
            for entry in range(known, table.after.size):
                what: object = self.move.action
                for posts, targets in zip(table.posts, table.targets, strict=True):
                    number, operand = posts.rows[entry].tolist()
                    if number and targets[number].kind == "react":
                        what = (number, operand)
                whats.append(self.worlds.what(what))
            self._whats = np.append(self._whats, np.array(whats, np.intp))
        return self._whats

    @property
    def _local(self) -> int:
        return self.worlds.locals[self.node]

    def local(self, matrix: Matrix, walk: int) -> Any:
        """The state of the node that acts, in the world of a walk."""
        return self.worlds.values(self._local)[matrix[self._local, walk]]

    def command(self, matrix: Matrix, walk: int) -> Any:
        """What the owner asks for in the world of a walk, None for steps that are not its own."""
        if not isinstance(self.move.action, Perform):
            return None
        slot = self.cell.slots[0]
        done = self.worlds.values(slot)[matrix[slot, walk]]
        return self.worlds.layout.system.script[self.node][done]

    def apply(self, matrix: Matrix, at: Ids) -> None:
        """Take the action in the worlds at these places."""
        for cell, operand in self.roots:
            operands = np.full(len(at), operand, np.int32)
            self.worlds.cells.run(cell, operands, matrix, at, self.worlds.rows)
