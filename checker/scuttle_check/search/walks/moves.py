"""What actions and posts do to many worlds at once: tables that are filled on the miss.

An entry is computed once for the components that an action touches. There are few of those even
where there are many regions, so wide models walk fast too.

Entries of tables by the numbers of the components that they depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod
from typing import Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action, Deliver, Duplicate, Overtake, Perform
from scuttle_check.search.compiled.parts import Region
from scuttle_check.search.walks.components import (
    Components,
    Flags,
    Matrix,
    Numbers,
    Table,
    keys_of,
    part_of,
)

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


@define
class Posts:
    """What is posted through one port does to the node it leads to."""

    components: Components
    port: int
    node: int
    touched: list[int] | None = field(init=False)
    rows: list[int] = field(init=False)
    posted: list[Any] = field(factory=lambda: [None])
    numbers: dict[Hashable, int] = field(factory=dict)
    after: Table = field(init=False)
    entries: Entries = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.touched = self.components.layout.received(self.node, self.port)
        self.rows = self.components.rows(self.node, self.touched)
        self.after = Table(len(self.rows))
        self.entries = Entries(len(self.rows) + 1)

    def number(self, post: Hashable) -> int:
        """The number of a post, from 1."""
        number = self.numbers.setdefault(post, len(self.posted))
        if number == len(self.posted):
            self.posted.append(post)
        return number

    def apply(self, worlds: Matrix, at: Numbers, posts: Matrix) -> None:
        """Post to the worlds at these places."""
        columns = np.vstack([part_of(worlds, self.rows, at), posts[None, :]])

        def computed(place: int) -> int:
            return self._computed(worlds[:, at[place]].tolist(), int(posts[place]))

        found = self.entries.find(columns, computed)
        after = self.after.rows[found]
        for place, row in enumerate(self.rows):
            worlds[row, at] = after[:, place]

    def _computed(self, world: list[int], post: int) -> int:
        region = self.components.region(self.node, world)
        layout = self.components.layout
        joined = layout.appended(region, self.node, self.port, self.posted[post])
        return self.after.add(self.components.numbers(self.node, joined, self.touched))


@define
class Moves:
    """What one action does to worlds, by the components that it touches.

    `heard` holds, for each entry, the number of the local transition: the node state and what
    happens to it.
    """

    components: Components
    node: int
    action: Action
    ports: dict[int, Posts]
    hearing: dict[Hashable, int]
    gates: list[Flags] = field(init=False)
    counter: tuple[int, int] | None = field(init=False)
    touched: list[int] | None = field(init=False)
    rows: list[int] = field(init=False)
    after: Table = field(init=False)
    heard: Table = field(factory=lambda: Table(1))
    posts: dict[int, Table] = field(factory=dict)
    entries: Entries = field(init=False)

    def __attrs_post_init__(self) -> None:
        layout = self.components.layout
        self.gates = self.components.gates(self.node, self.action)
        counter = layout.counter_of(self.action)
        self.counter = (
            None
            if counter is None
            else (self.components.counters[counter], layout.counted[counter])
        )
        self.touched = layout.touched(self.node, self.action)
        self.rows = self.components.rows(self.node, self.touched)
        self.after = Table(len(self.rows))
        self.entries = Entries(len(self.rows))

    def find(self, worlds: Matrix, at: Numbers) -> Numbers:
        """The entries for the worlds at these places, computed where they are new."""

        def computed(place: int) -> int:
            return self._computed(worlds[:, at[place]].tolist())

        return self.entries.find(part_of(worlds, self.rows, at), computed)

    def apply(self, worlds: Matrix, at: Numbers, entries: Numbers) -> None:
        """Take the action in the worlds at these places."""
        after = self.after.rows[entries]
        for place, row in enumerate(self.rows):
            worlds[row, at] = after[:, place]
        if self.counter is not None:
            worlds[self.counter[0], at] += 1
        for port, numbers in self.posts.items():
            posts = numbers.rows[entries, 0]
            posting = np.flatnonzero(posts)
            if len(posting):
                self.ports[port].apply(worlds, at[posting], posts[posting])

    def _computed(self, world: list[int]) -> int:
        components = self.components
        region = components.region(self.node, world)
        outcome = components.layout.outcome(self.node, region, self.action)
        if outcome is None:
            raise AssertionError(f"the gates let {self.action} pass")
        sent = dict(outcome.sent)
        for port in sorted(sent.keys() - self.posts.keys()):
            self.posts[port] = Table(1)
            for _ in range(self.after.size):
                self.posts[port].add([0])
        for port, numbers in self.posts.items():
            numbers.add([self.ports[port].number(sent[port]) if port in sent else 0])
        self.heard.add([self.hearing.setdefault(self._heard(region), len(self.hearing))])
        return self.after.add(components.numbers(self.node, outcome.region, self.touched))

    def _heard(self, region: Region) -> Hashable:
        """The local transition: the node state, and what happens to it."""
        layout, action = self.components.layout, self.action
        match action:
            case Perform():
                happens: Hashable = layout.system.script[self.node][region.scripted]
            case Deliver() | Duplicate() | Overtake():
                link = layout.system.topology.link_index[action.source, action.target]
                channel = region.channels[layout.in_links[self.node].index(link)]
                happens = (action.source, channel[action.index])
            case _:
                happens = action
        return (self.node, region.local, happens)
