"""Tables: what each action does to each region, as numbers, filled on the first miss.

A world is one 64-bit integer: the region of each node as a small integer in a field of its own,
and above them the counters of limited budgets. An action then adds a constant to the world: one
for the region of the node that acts, and one for each region that it sends to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from checker.actions import Action
from checker.search.compiled.interned import Ids, Interned, Memo
from checker.search.compiled.regions import Layout, Region
from checker.search.compiled.visited import Worlds, distinct

WORD = 64
UNKNOWN, DISABLED, ENABLED = 0, 1, 2
DENSE_MAX = 1 << 22
"""Above this many cells an append table is hashed instead of dense."""


class TooWide(Exception):
    """The regions of this model do not fit in one word."""


@define
class Fields:
    """Where in a word each node's region lies, and the counters above them."""

    widths: list[int]
    counters: tuple[int, ...]
    shifts: list[int] = field(init=False)
    masks: list[int] = field(init=False)
    counter_shifts: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        starts = [sum(self.widths[:at]) for at in range(len(self.widths))]
        self.shifts = starts
        self.masks = [(1 << width) - 1 for width in self.widths]
        bits = [counter.bit_length() for counter in self.counters]
        first = sum(self.widths)
        self.counter_shifts = [first + sum(bits[:at]) for at in range(len(bits))]
        if first + sum(bits) > WORD:
            raise TooWide

    def ids(self, worlds: Worlds, node: int) -> Ids:
        """The region of `node` in each world."""
        shifted = worlds >> np.uint64(self.shifts[node])
        return (shifted & np.uint64(self.masks[node])).astype(np.intp)

    def counter(self, worlds: Worlds, which: int) -> Worlds:
        """A counter in each world."""
        mask = (1 << self.counters[which].bit_length()) - 1
        return (worlds >> np.uint64(self.counter_shifts[which])) & np.uint64(mask)

    def packed(self, ids: list[int]) -> int:
        """The world of these regions, with counters at 0."""
        return sum(number << shift for number, shift in zip(ids, self.shifts, strict=True))


@define
class ActionTable:
    """What one action does, by the region of the node that acts.

    `posts` holds what goes through each port, by entry of `memo`; `counter` is its budget's.
    """

    node: int
    action: Action
    memo: Memo
    counter: int | None = None
    posts: dict[int, list[int]] = field(factory=dict)
    status: NDArray[np.uint8] = field(factory=lambda: np.zeros(64, np.uint8))
    change: Worlds = field(factory=lambda: np.zeros(64, np.uint64))
    sends: dict[int, Ids] = field(factory=dict)

    def grow(self, size: int) -> None:
        """Make room for regions up to `size`."""
        self.status = _grown(self.status, size)
        self.change = _grown(self.change, size)
        self.sends = {link: _grown(frames, size) for link, frames in self.sends.items()}


@define
class AppendTable:
    """What posting something through one port does, by the region of the target and the post.

    A post is a sequence of frames, or more (:class:`~checker.search.compiled.regions.Posted`).
    """

    target: int
    memo: Memo
    frames: list[Hashable] = field(factory=lambda: [()])
    frame_ids: dict[Hashable, int] = field(factory=lambda: {(): 0})
    known: NDArray[np.bool_] = field(factory=lambda: np.zeros((64, 8), np.bool_))
    change: Worlds = field(factory=lambda: np.zeros((64, 8), np.uint64))

    def id(self, frames: Hashable) -> int:
        """The number of a post; 0 is nothing at all."""
        known = self.frame_ids.setdefault(frames, len(self.frames))
        if known == len(self.frames):
            self.frames.append(frames)
        return known

    def grow(self, regions: int) -> None:
        """Make room for regions up to `regions` and for all frames."""
        rows, columns = self.known.shape
        rows = rows if regions <= rows else max(regions, 2 * rows)
        columns = columns if len(self.frames) <= columns else 2 * len(self.frames)
        if (rows, columns) != self.known.shape:
            if rows * columns > DENSE_MAX * 16:
                raise TooWide
            for name in ("known", "change"):
                old = getattr(self, name)
                new = np.zeros((rows, columns), old.dtype)
                new[: old.shape[0], : old.shape[1]] = old
                setattr(self, name, new)


def _grown(array: NDArray, size: int) -> NDArray:  # type: ignore[type-arg]
    if size <= len(array):
        return array
    longer = np.zeros(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


@define
class Tables:
    """All tables of a system. `told` hears of each enabled (node, before, action, after)."""

    layout: Layout
    told: Callable[[int, int, Action, int], None]
    interned: list[Interned] = field(init=False)
    fields: Fields = field(init=False)
    actions: list[ActionTable] = field(factory=list)
    appends: dict[int, AppendTable] = field(factory=dict)
    most_deliverable: int = 1

    def __attrs_post_init__(self) -> None:
        count = len(self.layout.system.topology.nodes)
        self.interned = [Interned(self.layout) for _ in range(count)]
        self.fields = Fields([self._room // count] * count, self.layout.counted)
        nodes = self.layout.system.topology.node_index
        for (_, target), port in self.layout.ports.items():
            node = nodes[target]
            memo = Memo(self.interned[node], self.layout.received(node, port))
            self.appends[port] = AppendTable(node, memo)
        self.list_actions()

    @property
    def _room(self) -> int:
        """The bits of a word that are left for regions."""
        return WORD - sum(counter.bit_length() for counter in self.layout.counted)

    def widen(self) -> Callable[[Worlds], Worlds]:
        """Give each node a field with room for more regions; how to repack worlds.

        Bits that are left over go to the fields that are fullest. The tables must be filled
        again: they hold differences between words. Raises TooWide when a word has no room.
        """
        counts = [len(interned.items) for interned in self.interned]
        widths = [count.bit_length() for count in counts]
        for _ in range(self._room - sum(widths)):
            fullest = max(range(len(counts)), key=lambda node: counts[node] / (1 << widths[node]))
            widths[fullest] += 1
        old = self.fields
        self.fields = new = Fields(widths, old.counters)
        for action in self.actions:
            action.status[:] = UNKNOWN
        for append in self.appends.values():
            append.known[:] = False

        def repacked(worlds: Worlds) -> Worlds:
            packed = np.zeros(len(worlds), np.uint64)
            for node, shift in enumerate(new.shifts):
                packed |= old.ids(worlds, node).astype(np.uint64) << np.uint64(shift)
            for which, shift in enumerate(new.counter_shifts):
                if old.counters[which]:
                    packed |= old.counter(worlds, which) << np.uint64(shift)
            return packed

        return repacked

    def list_actions(self) -> None:
        """List the actions anew when a channel can deliver at more places than before."""
        known = {table.action: table for table in self.actions}
        self.actions = [
            known.get(action) or self._table(node, action)
            for node, action in self.layout.actions(self.most_deliverable)
        ]

    def _table(self, node: int, action: Action) -> ActionTable:
        memo = Memo(self.interned[node], self.layout.touched(node, action))
        return ActionTable(node, action, memo, self.layout.counter_of(action))

    def region_id(self, node: int, region: Region) -> int:
        """The number of a region of `node`. Raises TooWide when the field is full."""
        number = self.interned[node].id(region)
        self._check(node)
        return number

    def _check(self, node: int) -> None:
        """After regions were interned: whether their numbers fit. Raises TooWide."""
        interned = self.interned[node]
        self.most_deliverable = max(self.most_deliverable, interned.places)
        if len(interned.items) > self.fields.masks[node] + 1:
            raise TooWide

    def fill(self, table: ActionTable, ids: Ids) -> None:
        """Compute an action for regions that are not in its table yet."""
        interned, memo = self.interned[table.node], table.memo
        table.grow(len(interned.items))
        rows = interned.rows(ids)
        keys, fresh = memo.keys(rows), []
        for at, key in enumerate(keys):
            if key not in memo.entries:
                self._computed(table, key, interned.items[ids[at]])
                fresh.append(at)
        entries = np.array([memo.entries[key] for key in keys], np.intp)
        after = memo.after(entries)
        enabled = after[:, 0] >= 0
        table.status[ids] = np.where(enabled, ENABLED, DISABLED)
        before, entries = ids[enabled], entries[enabled]
        if not len(before):
            return
        reached = memo.changed(rows[enabled], after[enabled])
        shift = self.fields.shifts[table.node]
        table.change[before] = _differences(before, reached, shift, self._counted(table))
        for link, numbers in table.posts.items():
            sends = table.sends.setdefault(link, np.zeros(len(table.status), np.intp))
            sends[before] = np.array(numbers, np.intp)[entries]
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

    def affordable(self, action: Action, worlds: Worlds) -> NDArray[np.bool_] | None:
        """In which worlds the budget of `action` is not used up, or None: in all. Spec: FAULT-1."""
        counter = self.layout.counter_of(action)
        if counter is None:
            return None
        budget = np.uint64(self.layout.counted[counter])
        return self.fields.counter(worlds, counter) < budget

    def append(self, link: int, regions: Ids, frames: Ids) -> Worlds:
        """What posting `frames` through port `link` adds to worlds with these target regions."""
        table = self.appends[link]
        table.grow(len(self.interned[table.target].items))
        missing = ~table.known[regions, frames]
        if missing.any():
            columns = np.uint64(table.known.shape[1])
            pairs = distinct(
                regions[missing].astype(np.uint64) * columns + frames[missing].astype(np.uint64)
            )
            self._join(link, (pairs // columns).astype(np.intp), (pairs % columns).astype(np.intp))
        return table.change[regions, frames]

    def _join(self, link: int, before: Ids, frames: Ids) -> None:
        """Compute what sending frames does, for pairs that are not in the table yet."""
        table = self.appends[link]
        interned = self.interned[table.target]
        rows = interned.rows(before)
        pairs = list(zip(table.memo.keys(rows), frames.tolist(), strict=True))
        for at, pair in enumerate(pairs):
            if pair not in table.memo.entries:
                region, sent = interned.items[before[at]], table.frames[pair[1]]
                joined = self.layout.appended(region, table.target, link, sent)
                table.memo.add(pair, joined)
        entries = np.array([table.memo.entries[pair] for pair in pairs], np.intp)
        reached = table.memo.changed(rows, table.memo.after(entries))
        table.known[before, frames] = True
        shift = self.fields.shifts[table.target]
        table.change[before, frames] = _differences(before, reached, shift)
        self._check(table.target)


def _differences(before: Ids, after: Ids, shift: int, more: int = 0) -> Worlds:
    """What to add, modulo 2**64, to move a field from `before` to `after`, and `more`."""
    moved: Worlds = (after - before).astype(np.int64).view(np.uint64) << np.uint64(shift)
    return moved + np.uint64(more)
