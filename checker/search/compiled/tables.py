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

from checker.actors import Action, Drop, Duplicate
from checker.search.compiled.regions import Layout, Region

Worlds = NDArray[np.uint64]
Ids = NDArray[np.intp]

WORD = 64
UNKNOWN, DISABLED, ENABLED = 0, 1, 2
DENSE_MAX = 1 << 22
"""Above this many cells an append table is hashed instead of dense."""


class TooWide(Exception):
    """The regions of this model do not fit in one word."""


@define
class Interned:
    """The regions of one node, by number."""

    items: list[Region] = field(factory=list)
    ids: dict[Region, int] = field(factory=dict)

    def id(self, region: Region) -> int:
        """The number of a region, a new one if it is new."""
        known = self.ids.setdefault(region, len(self.items))
        if known == len(self.items):
            self.items.append(region)
        return known


@define
class Fields:
    """Where in a word each node's region lies, and the counters above them."""

    widths: list[int]
    counters: tuple[int, int]
    shifts: list[int] = field(init=False)
    masks: list[int] = field(init=False)
    counter_shifts: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        starts = [sum(self.widths[:at]) for at in range(len(self.widths))]
        self.shifts = starts
        self.masks = [(1 << width) - 1 for width in self.widths]
        first = sum(self.widths)
        second = first + self.counters[0].bit_length()
        self.counter_shifts = [first, second]
        if second + self.counters[1].bit_length() > WORD:
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
    """What one action does, by the region of the node that acts."""

    node: int
    action: Action
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
    """What sending frames on one link does, by the region of the target and the frames."""

    target: int
    frames: list[Hashable] = field(factory=lambda: [()])
    frame_ids: dict[Hashable, int] = field(factory=lambda: {(): 0})
    known: NDArray[np.bool_] = field(factory=lambda: np.zeros((64, 8), np.bool_))
    change: Worlds = field(factory=lambda: np.zeros((64, 8), np.uint64))

    def id(self, frames: Hashable) -> int:
        """The number of a sequence of frames."""
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
        self.interned = [Interned() for _ in range(count)]
        self.fields = Fields([self._room // count] * count, self.layout.counted)
        nodes = self.layout.system.topology.node_index
        for at, link in enumerate(self.layout.system.topology.links):
            self.appends[at] = AppendTable(nodes[link[1]])
        self.list_actions()

    @property
    def _room(self) -> int:
        """The bits of a word that are left for regions."""
        return WORD - sum(counter.bit_length() for counter in self.layout.counted)

    def widen(self) -> Callable[[Worlds], Worlds]:
        """Give each node a field with room for twice its regions; how to repack worlds.

        The tables must be filled again: they hold differences between words. Raises TooWide
        when a word has no room for that.
        """
        widths = [(2 * len(interned.items)).bit_length() for interned in self.interned]
        spare = self._room - sum(widths)
        if spare < 0:
            raise TooWide
        old = self.fields
        self.fields = new = Fields([w + spare // len(widths) for w in widths], old.counters)
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
            known.get(action) or ActionTable(node, action)
            for node, action in self.layout.actions(self.most_deliverable)
        ]

    def region_id(self, node: int, region: Region) -> int:
        """The number of a region of `node`; widens the fields when they are full."""
        interned = self.interned[node]
        known = len(interned.items)
        number = interned.id(region)
        if number == known:
            self.most_deliverable = max(self.most_deliverable, self.layout.places(region))
        if number > self.fields.masks[node]:
            raise TooWide
        return number

    def fill(self, table: ActionTable, ids: Ids) -> None:
        """Compute an action for regions that are not in its table yet."""
        table.grow(len(self.interned[table.node].items))
        shift = self.fields.shifts[table.node]
        for before in ids.tolist():
            region = self.interned[table.node].items[before]
            outcome = self.layout.outcome(table.node, region, table.action)
            if outcome is None:
                table.status[before] = DISABLED
                continue
            after = self.region_id(table.node, outcome.region)
            table.status[before] = ENABLED
            table.change[before] = _difference(before, after, shift, self._counted(table.action))
            for link, frames in outcome.sent:
                if link not in table.sends:
                    table.sends[link] = np.zeros(len(table.status), np.intp)
                table.sends[link][before] = self.appends[link].id(frames)
            self.told(table.node, before, table.action, after)

    def _counted(self, action: Action) -> int:
        """What an action adds to the counters."""
        for kind, which in ((Drop, 0), (Duplicate, 1)):
            if isinstance(action, kind) and self.layout.counted[which]:
                return 1 << self.fields.counter_shifts[which]
        return 0

    def append(self, link: int, regions: Ids, frames: Ids) -> Worlds:
        """What sending `frames` on `link` adds to worlds with these target regions."""
        table = self.appends[link]
        table.grow(len(self.interned[table.target].items))
        missing = ~table.known[regions, frames]
        if missing.any():
            pairs = np.unique(np.stack([regions[missing], frames[missing]]), axis=1)
            for before, number in pairs.T.tolist():
                region = self.interned[table.target].items[before]
                joined = self.layout.appended(region, table.target, link, table.frames[number])
                after = self.region_id(table.target, joined)
                table.known[before, number] = True
                shift = self.fields.shifts[table.target]
                table.change[before, number] = _difference(before, after, shift)
        return table.change[regions, frames]


def _difference(before: int, after: int, shift: int, more: int = 0) -> np.uint64:
    """What to add, modulo 2**64, to move a field from `before` to `after`, and `more`."""
    return np.uint64((((after - before) << shift) + more) % (1 << 64))
