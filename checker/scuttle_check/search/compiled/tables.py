"""Tables: what each action does to each region, as numbers, filled on the first miss.

A world is one 64-bit integer: the region of each node as a small integer in a field of its own,
and above them the counters of limited budgets. An action then adds a constant to the world: one
for the region of the node that acts, and one for each region that it posts to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action, Perform
from scuttle_check.engine.cells import Cell, Move
from scuttle_check.search.compiled.cell_tables import CellTables, Ids, Matrix
from scuttle_check.search.compiled.interned import Interned, Rows, grown
from scuttle_check.search.compiled.layout import Layout, Region
from scuttle_check.search.compiled.visited import Worlds, distinct
from scuttle_check.search.compiled.words import Fields, TooWide

UNKNOWN, DISABLED, ENABLED = 0, 1, 2
GATES = 8
"""How many actions share one word of gates."""
CELLS_MAX = 1 << 26
"""The most that a table may hold of regions times posts."""


@define
class ActionTable:
    """What one action does, by the region of the node that acts.

    `counter` is its budget's. `gate` is its number among the actions of its node, `filled` counts
    the regions that are known, and `told` are the changes of the node state that were told.
    """

    node: int
    move: Move
    gate: int
    counter: int | None = None
    filled: int = 0
    status: NDArray[np.uint8] = field(factory=lambda: np.zeros(64, np.uint8))
    change: Worlds = field(factory=lambda: np.zeros(64, np.uint64))
    sends: dict[int, Ids] = field(factory=dict)
    told: set[int] = field(factory=set)

    @property
    def action(self) -> Action:
        """The action."""
        return self.move.action

    def grow(self, size: int) -> None:
        """Make room for regions up to `size`."""
        self.status = grown(self.status, size)
        self.change = grown(self.change, size)
        self.sends = {link: grown(posts, size) for link, posts in self.sends.items()}


@define
class AppendTable:
    """What posting something through one port does, by the region of the target and the post.

    A post is what cells of the target are given, in turn; number 0 is nothing at all.
    """

    target: int
    cells: list[tuple[Cell, ...]] = field(factory=lambda: [()])
    operands: list[tuple[int, ...]] = field(factory=lambda: [()])
    _ids: dict[object, int] = field(factory=dict)
    _joined: dict[tuple[int, Cell, int], int] = field(factory=dict)
    reached: Rows = field(factory=lambda: np.full((64, 8), -1, np.int32))
    """The region of the target afterwards; -1 is not known yet."""

    def joined(self, posts: Ids, cell: Cell, operands: Matrix) -> Ids:
        """The numbers of posts with one more thing behind them."""
        pairs = list(zip(posts.tolist(), operands.tolist(), strict=True))
        for post, operand in dict.fromkeys(pairs):
            if (post, cell, operand) not in self._joined:
                cells, given = (*self.cells[post], cell), (*self.operands[post], operand)
                known = self._ids.setdefault((cells, given), len(self.cells))
                if known == len(self.cells):
                    self.cells.append(cells)
                    self.operands.append(given)
                self._joined[post, cell, operand] = known
        return np.array([self._joined[post, cell, operand] for post, operand in pairs], np.intp)

    def grow(self, regions: int) -> None:
        """Make room for regions up to `regions` and for all posts."""
        if len(self.cells) > self.reached.shape[1]:
            self.reached = np.ascontiguousarray(grown(self.reached.T, len(self.cells), -1).T)
        self.reached = grown(self.reached, regions, -1)
        if self.reached.size > CELLS_MAX:
            raise TooWide


@define
class Tables:
    """All tables of a system. `told` hears of each enabled (node, before, action, after)."""

    layout: Layout
    told: Callable[[int, int, Action, int], None]
    cells: CellTables = field(init=False)
    interned: list[Interned] = field(init=False)
    fields: Fields = field(init=False)
    actions: list[ActionTable] = field(factory=list)
    gates: list[list[NDArray[np.uint8]]] = field(init=False)
    """Per node words of :data:`GATES` actions, by region: 0 where an action is known disabled."""
    appends: dict[int, AppendTable] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        count = len(self.layout.system.topology.nodes)
        self.cells = CellTables(self.layout.steps)
        self.interned = [Interned(self.layout, self.cells, node) for node in range(count)]
        self.fields = Fields.even(count, self.layout.counted)
        self.gates = [[] for _ in range(count)]
        nodes = self.layout.system.topology.node_index
        for (_, target), port in self.layout.ports.items():
            self.appends[port] = AppendTable(nodes[target])
        self.list_actions()

    def widen(self) -> Callable[[Worlds], Worlds]:
        """Give each node a field with room for more regions; how to repack worlds.

        Bits that are left over go to the fields that are fullest. The tables must be filled
        again: they hold differences between words. Raises TooWide when a word has no room.
        """
        counts = [len(interned) for interned in self.interned]
        self.fields, repacked = self.fields.wider(counts)
        for action in self.actions:
            action.status[:] = UNKNOWN
            action.filled = 0
        return repacked

    def list_actions(self) -> None:
        """List the actions anew when a link can deliver at more places than before."""
        known = {table.action: table for table in self.actions}
        self.actions = []
        gates = Counter(table.node for table in known.values())
        for node, move in self.layout.moves(self.cells.places):
            if move.action not in known:
                counter = self.layout.counter_of(move.action)
                known[move.action] = ActionTable(node, move, gates[node], counter)
                gates[node] += 1
            self.actions.append(known[move.action])
        for node, count in gates.items():
            missing = -(-count // GATES) - len(self.gates[node])
            self.gates[node].extend(np.zeros(0, np.uint8) for _ in range(missing))

    def region_id(self, node: int, region: Region) -> int:
        """The number of a region of `node`. Raises TooWide when the field is full."""
        number = self.interned[node].id(region)
        self._check(node)
        return number

    def _check(self, node: int) -> None:
        """After regions were interned: whether their numbers fit. Raises TooWide."""
        if len(self.interned[node]) > self.fields.masks[node] + 1:
            raise TooWide

    def opened(self, regions: Sequence[Ids]) -> list[list[NDArray[np.uint8]]]:
        """The gates of each node in worlds of these regions."""
        for node in range(len(self.gates)):
            self._grow_gates(node)
        pairs = zip(self.gates, regions, strict=True)
        return [[word.take(ids) for word in words] for words, ids in pairs]

    def _grow_gates(self, node: int) -> None:
        size = len(self.interned[node])
        self.gates[node] = [grown(word, size, (1 << GATES) - 1) for word in self.gates[node]]

    def _close(self, table: ActionTable, ids: Ids) -> None:
        """Remember that an action is disabled in these regions."""
        self._grow_gates(table.node)
        word, bit = divmod(table.gate, GATES)
        self.gates[table.node][word][ids] &= ~np.uint8(1 << bit)

    def enabled(self, table: ActionTable, at: Ids, regions: Ids) -> Ids:
        """Those of `at`, in which the gate is open, where an action is enabled.

        `regions` are those of the node that acts, of all worlds.
        """
        if table.filled == len(self.interned[table.node]):
            return at
        own = regions[at]
        table.grow(len(self.interned[table.node]))
        missing = table.status[own] == UNKNOWN
        if not missing.any():
            return at
        self.fill(table, distinct(own[missing]))
        found: Ids = at[table.status[own] == ENABLED]
        return found

    def fill(self, table: ActionTable, ids: Ids) -> None:
        """Compute an action for regions that are not in its table yet."""
        interned = self.interned[table.node]
        table.grow(len(interned))
        rows = interned.rows(ids)
        enabled = np.ones(len(ids), np.bool_)
        for gate in table.move.gates:
            if gate.slot in interned.where:
                enabled &= self.cells.answers(gate).of(rows[:, interned.where[gate.slot]])
        table.filled += int(np.count_nonzero(table.status[ids] == UNKNOWN))
        table.status[ids] = np.where(enabled, ENABLED, DISABLED)
        self._close(table, ids[~enabled])
        before, rows = ids[enabled], rows[enabled]
        if not len(before):
            return
        sends: dict[int, Ids] = {}

        def outside(cell: Cell, operands: Matrix, at: Ids) -> None:
            port = self.layout.port(table.node, cell)
            posts = sends.setdefault(port, np.zeros(len(before), np.intp))
            posts[at] = self.appends[port].joined(posts[at], cell, operands)

        shown = rows[:, 0].astype(np.int64)
        everywhere = np.arange(len(rows))
        for cell, operand in self.layout.own(table.move):
            given = np.full(len(rows), self.cells.operand(cell, operand), np.int32)
            self.cells.run(cell, given, rows.T, everywhere, interned.where, outside)
        reached = interned.ids(rows)
        self._check(table.node)
        shift = self.fields.shifts[table.node]
        table.change[before] = _differences(before, reached, shift, self._counted(table))
        for port, posts in sends.items():
            known = table.sends.setdefault(port, np.zeros(len(table.status), np.intp))
            known[before] = posts
        self._tell(table, shown, before, reached)

    def _tell(self, table: ActionTable, shown: Any, before: Ids, reached: Ids) -> None:
        """Tell of each change of a node state by an action, and each command, once."""
        interned = self.interned[table.node]
        changes = shown << 32 | interned.column(0)[reached]
        if isinstance(table.action, Perform):
            commands = interned.column(interned.where[table.move.gates[0].slot])[before]
            changes = changes * len(interned.values[1]) + commands
        _, first = np.unique(changes, return_index=True)
        for at in sorted(first.tolist()):
            if int(changes[at]) not in table.told:
                table.told.add(int(changes[at]))
                self.told(table.node, int(before[at]), table.action, int(reached[at]))

    def _counted(self, table: ActionTable) -> int:
        """What an action adds to the counters."""
        if table.counter is None:
            return 0
        return 1 << self.fields.counter_shifts[table.counter]

    def affordable(self, counter: int, worlds: Worlds) -> NDArray[np.bool_]:
        """In which worlds the budget with this counter is not used up. Spec: FAULT-1."""
        budget = np.uint64(self.layout.counted[counter])
        return self.fields.counter(worlds, counter) < budget

    def append(self, link: int, regions: Ids, posts: Ids) -> Worlds:
        """What posting through port `link` adds to worlds with these target regions."""
        table = self.appends[link]
        table.grow(len(self.interned[table.target]))
        cells = regions * table.reached.shape[1] + posts
        reached = table.reached.ravel().take(cells)
        if (reached < 0).any():
            missing = distinct(cells[reached < 0])
            self._join(table, *np.divmod(missing, table.reached.shape[1]))
            reached = table.reached.ravel().take(cells)
        return _differences(regions, reached, self.fields.shifts[table.target])

    def _join(self, table: AppendTable, before: Ids, posts: Ids) -> None:
        """Compute what posting does, for pairs that are not in the table yet."""
        interned = self.interned[table.target]
        rows = interned.rows(before)
        alike: dict[tuple[Cell, ...], list[int]] = {}
        for place, post in enumerate(posts.tolist()):
            alike.setdefault(table.cells[post], []).append(place)
        for cells, places in alike.items():
            at = np.array(places, np.intp)
            operands = np.array([table.operands[post] for post in posts[at].tolist()], np.int32)
            for turn, cell in enumerate(cells):
                self.cells.run(cell, operands[:, turn], rows.T, at, interned.where)
        table.reached[before, posts] = interned.ids(rows)
        self._check(table.target)


def _differences(before: Ids, after: Ids | Rows, shift: int, more: int = 0) -> Worlds:
    """What to add, modulo 2**64, to move a field from `before` to `after`, and `more`."""
    moved: Worlds = (after - before).astype(np.int64, copy=False).view(np.uint64)
    moved <<= np.uint64(shift)
    if more:
        moved += np.uint64(more)
    return moved
