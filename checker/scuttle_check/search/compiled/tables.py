"""Tables: what each action does to each region, as numbers, filled on the first miss.

A world is one 64-bit integer: the region of each node as a small integer in a field of its own,
and above them the counters of limited budgets. An action then adds a constant to the world: one
for the region of the node that acts, and one for each region that it sends to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import partial

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action
from scuttle_check.search.compiled.interned import Ids, Interned, Memo, Rows, Taking, grown
from scuttle_check.search.compiled.parts import Region
from scuttle_check.search.compiled.regions import Layout
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

    `posts` holds what goes through each port, by entry of `memo`; `counter` is its budget's.
    `gate` is its number among the actions of its node, `filled` counts the regions that are known.
    """

    node: int
    action: Action
    memo: Memo
    gate: int
    counter: int | None = None
    filled: int = 0
    posts: dict[int, list[int]] = field(factory=dict)
    status: NDArray[np.uint8] = field(factory=lambda: np.zeros(64, np.uint8))
    change: Worlds = field(factory=lambda: np.zeros(64, np.uint64))
    sends: dict[int, Ids] = field(factory=dict)

    def grow(self, size: int) -> None:
        """Make room for regions up to `size`."""
        self.status = grown(self.status, size)
        self.change = grown(self.change, size)
        self.sends = {link: grown(frames, size) for link, frames in self.sends.items()}


@define
class AppendTable:
    """What posting something through one port does, by the region of the target and the post.

    A post is a sequence of frames, or more
    (:class:`~scuttle_check.search.compiled.regions.Posted`).
    """

    target: int
    memo: Memo
    frames: list[Hashable] = field(factory=lambda: [()])
    frame_ids: dict[Hashable, int] = field(factory=lambda: {(): 0})
    reached: Rows = field(factory=lambda: np.full((64, 8), -1, np.int32))
    """The region of the target afterwards; -1 is not known yet."""

    def id(self, frames: Hashable) -> int:
        """The number of a post; 0 is nothing at all."""
        known = self.frame_ids.setdefault(frames, len(self.frames))
        if known == len(self.frames):
            self.frames.append(frames)
        return known

    def grow(self, regions: int) -> None:
        """Make room for regions up to `regions` and for all frames."""
        if len(self.frames) > self.reached.shape[1]:
            self.reached = np.ascontiguousarray(grown(self.reached.T, len(self.frames), -1).T)
        self.reached = grown(self.reached, regions, -1)
        if self.reached.size > CELLS_MAX:
            raise TooWide


@define
class Tables:
    """All tables of a system. `told` hears of each enabled (node, before, action, after)."""

    layout: Layout
    told: Callable[[int, int, Action, int], None]
    interned: list[Interned] = field(init=False)
    fields: Fields = field(init=False)
    actions: list[ActionTable] = field(factory=list)
    gates: list[list[NDArray[np.uint8]]] = field(init=False)
    """Per node words of :data:`GATES` actions, by region: 0 where an action is known disabled."""
    appends: dict[int, AppendTable] = field(factory=dict)
    most_deliverable: int = 1

    def __attrs_post_init__(self) -> None:
        count = len(self.layout.system.topology.nodes)
        self.interned = [Interned(self.layout) for _ in range(count)]
        self.fields = Fields.even(count, self.layout.counted)
        self.gates = [[] for _ in range(count)]
        nodes = self.layout.system.topology.node_index
        for (_, target), port in self.layout.ports.items():
            node = nodes[target]
            memo = Memo(self.interned[node], self.layout.received(node, port))
            self.appends[port] = AppendTable(node, memo)
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
        """List the actions anew when a channel can deliver at more places than before."""
        known = {table.action: table for table in self.actions}
        self.actions = []
        gates = Counter(table.node for table in known.values())
        for node, action in self.layout.actions(self.most_deliverable):
            if action not in known:
                known[action] = self._table(node, action, gates[node])
                gates[node] += 1
            self.actions.append(known[action])
        for node, count in gates.items():
            missing = -(-count // GATES) - len(self.gates[node])
            self.gates[node].extend(np.zeros(0, np.uint8) for _ in range(missing))

    def _table(self, node: int, action: Action, gate: int) -> ActionTable:
        touched, column = self.layout.touched(node, action), self.layout.taking(node, action)
        taking = None
        if touched is not None and column is not None:
            touched = [each for each in touched if each != column]
            take = partial(self.layout.taken, node, action)
            taking = Taking(self.interned[node], column, take)
        memo = Memo(self.interned[node], touched, taking)
        return ActionTable(node, action, memo, gate, self.layout.counter_of(action))

    def region_id(self, node: int, region: Region) -> int:
        """The number of a region of `node`. Raises TooWide when the field is full."""
        number = self.interned[node].id(region)
        self._check(node)
        return number

    def _check(self, node: int) -> None:
        """After regions were interned: whether their numbers fit. Raises TooWide."""
        interned = self.interned[node]
        self.most_deliverable = max(self.most_deliverable, interned.places)
        if len(interned) > self.fields.masks[node] + 1:
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
        interned, memo = self.interned[table.node], table.memo
        table.grow(len(interned))
        rows = interned.rows(ids)
        keys, fresh = memo.keys(rows), []
        for at, key in enumerate(keys):
            if key not in memo.entries:
                self._computed(table, key, interned.region(int(ids[at])))
                fresh.append(at)
        entries = np.array([memo.entries[key] for key in keys], np.intp)
        after = memo.after(entries)
        enabled = after[:, 0] >= 0
        table.filled += int(np.count_nonzero(table.status[ids] == UNKNOWN))
        table.status[ids] = np.where(enabled, ENABLED, DISABLED)
        self._close(table, ids[~enabled])
        before, entries = ids[enabled], entries[enabled]
        if not len(before):
            return
        reached = memo.changed(rows[enabled], after[enabled])
        shift = self.fields.shifts[table.node]
        table.change[before] = _differences(before, reached, shift, self._counted(table))
        for link, numbers in table.posts.items():
            sends = table.sends.setdefault(link, np.zeros(len(table.status), np.intp))
            sends[before] = [numbers[entry] for entry in entries.tolist()]
        where = np.cumsum(enabled) - 1
        for at in fresh:
            if enabled[at]:
                self.told(table.node, int(ids[at]), table.action, int(reached[where[at]]))
        self._check(table.node)

    def _computed(self, table: ActionTable, key: bytes, region: Region) -> None:
        """What an action does to `region`, as a new entry of its memo."""
        outcome = self.layout.outcome(table.node, region, table.action)
        entry = table.memo.add(key, None if outcome is None else outcome.region)
        sent = {} if outcome is None else dict(outcome.sent)
        for link in sent.keys() - table.posts.keys():
            table.posts[link] = [0] * entry
        for link, numbers in table.posts.items():
            numbers.append(self.appends[link].id(sent[link]) if link in sent else 0)

    def _counted(self, table: ActionTable) -> int:
        """What an action adds to the counters."""
        if table.counter is None:
            return 0
        return 1 << self.fields.counter_shifts[table.counter]

    def affordable(self, counter: int, worlds: Worlds) -> NDArray[np.bool_]:
        """In which worlds the budget with this counter is not used up. Spec: FAULT-1."""
        budget = np.uint64(self.layout.counted[counter])
        return self.fields.counter(worlds, counter) < budget

    def append(self, link: int, regions: Ids, frames: Ids) -> Worlds:
        """What posting `frames` through port `link` adds to worlds with these target regions."""
        table = self.appends[link]
        table.grow(len(self.interned[table.target]))
        cells = regions * table.reached.shape[1] + frames
        reached = table.reached.ravel().take(cells)
        if (reached < 0).any():
            missing = distinct(cells[reached < 0])
            self._join(link, *np.divmod(missing, table.reached.shape[1]))
            reached = table.reached.ravel().take(cells)
        return _differences(regions, reached, self.fields.shifts[table.target])

    def _join(self, link: int, before: Ids, frames: Ids) -> None:
        """Compute what sending frames does, for pairs that are not in the table yet."""
        table = self.appends[link]
        interned = self.interned[table.target]
        rows = interned.rows(before)
        pairs = list(zip(table.memo.keys(rows), frames.tolist(), strict=True))
        for at, pair in enumerate(pairs):
            if pair not in table.memo.entries:
                region, sent = interned.region(int(before[at])), table.frames[pair[1]]
                joined = self.layout.appended(region, table.target, link, sent)
                table.memo.add(pair, joined)
        entries = np.array([table.memo.entries[pair] for pair in pairs], np.intp)
        reached = table.memo.changed(rows, table.memo.after(entries))
        table.reached[before, frames] = reached
        self._check(table.target)


def _differences(before: Ids, after: Ids | Rows, shift: int, more: int = 0) -> Worlds:
    """What to add, modulo 2**64, to move a field from `before` to `after`, and `more`."""
    moved: Worlds = (after - before).astype(np.int64, copy=False).view(np.uint64)
    moved <<= np.uint64(shift)
    if more:
        moved += np.uint64(more)
    return moved
