"""Tables as a worker has them: arrays that answer, or say what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.worlds import Scope
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.tables import ENABLED, UNKNOWN
from scuttle_check.search.compiled.visited import Worlds, distinct
from scuttle_check.search.compiled.words import Fields
from scuttle_check.search.divided.messages import ActionNews, AppendNews, Needs, News, RegionNews

PIECE = 1 << 18
"""Worlds whose actions are looked up at once, so that what is in use stays in a cache."""

NOWHERE: Ids = np.zeros(0, np.intp)

Emit: TypeAlias = Callable[[int, Ids, Worlds], None]
"""Hears of an action by its number, where it was taken, and the worlds after it."""


@define
class KnownAction:
    """What one action does, by the region of the node that acts."""

    node: int
    counter: int | None
    status: NDArray[np.uint8] = field(factory=lambda: np.zeros(64, np.uint8))
    change: Worlds = field(factory=lambda: np.zeros(64, np.uint64))
    sends: dict[int, Ids] = field(factory=dict)


@define
class KnownAppend:
    """What posts through one port do, by the region of the target and the post."""

    target: int
    known: NDArray[np.bool_] = field(factory=lambda: np.zeros((64, 8), np.bool_))
    change: Worlds = field(factory=lambda: np.zeros((64, 8), np.uint64))
    posts: int = 1

    def grow(self, regions: int, posts: int) -> None:
        """Make room for so many regions and posts."""
        self.posts = max(self.posts, posts)
        self.known = _wider(self.known, regions, self.posts)
        self.change = _wider(self.change, regions, self.posts)


@define
class Mirror:
    """What is known of the tables, and of each region its node state and if it is quiescent."""

    fields: Fields
    nodes: int
    actions: dict[int, KnownAction] = field(factory=dict)
    appends: dict[int, KnownAppend] = field(factory=dict)
    locals: list[Worlds] = field(init=False)
    quiet: list[NDArray[np.bool_]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.locals = [np.zeros(0, np.uint64) for _ in range(self.nodes)]
        self.quiet = [np.zeros(0, np.bool_) for _ in range(self.nodes)]

    def learn(self, news: list[News]) -> None:
        """Take in what the coordinator has found out."""
        for each in news:
            match each:
                case ActionNews():
                    self._learn_action(each)
                case AppendNews():
                    self._learn_append(each)
                case RegionNews():
                    shifted = each.locals << np.uint64(self.fields.shifts[each.node])
                    self.locals[each.node] = np.append(self.locals[each.node], shifted)
                    self.quiet[each.node] = np.append(self.quiet[each.node], each.quiet)

    def _learn_action(self, news: ActionNews) -> None:
        size = max(len(self.locals[news.node]), int(news.regions.max(initial=-1)) + 1)
        table = self.actions.setdefault(news.number, KnownAction(news.node, news.counter))
        table.status, table.change = _longer(table.status, size), _longer(table.change, size)
        table.status[news.regions] = news.status
        table.change[news.regions] = news.change
        for port, posts in news.sends.items():
            known = table.sends.get(port, np.zeros(64, np.intp))
            table.sends[port] = _longer(known, size)
            table.sends[port][news.regions] = posts
            self.appends[port].grow(0, int(posts.max(initial=0)) + 1)

    def _learn_append(self, news: AppendNews) -> None:
        table = self.appends.setdefault(news.port, KnownAppend(news.target))
        table.grow(int(news.regions.max(initial=-1)) + 1, int(news.posts.max(initial=-1)) + 1)
        table.known[news.regions, news.posts] = True
        table.change[news.regions, news.posts] = news.change

    def room(self) -> None:
        """Make room for every region that was told of, so that look-ups need no check."""
        for table in self.actions.values():
            size = len(self.locals[table.node])
            table.status, table.change = _longer(table.status, size), _longer(table.change, size)
            table.sends = {port: _longer(posts, size) for port, posts in table.sends.items()}
        for append in self.appends.values():
            append.grow(len(self.locals[append.target]), append.posts)

    def ids(self, worlds: Worlds) -> list[Ids]:
        """The region of each node in each world."""
        return [self.fields.ids(worlds, node) for node in range(self.nodes)]

    def vectors(self, scope: Scope, regions: list[Ids]) -> Worlds:
        """The vectors of node states that a scope reads, one word each: numbers in the fields."""
        if scope is Scope.QUIESCENT_NODES:
            at = self.quiescent(regions)
            regions = [ids[at] for ids in regions]
        codes = np.zeros(len(regions[0]), np.uint64)
        for shifted, ids in zip(self.locals, regions, strict=True):
            codes |= shifted.take(ids)
        return codes

    def told_vectors(self, scope: Scope, regions: list[Ids]) -> Worlds:
        """The distinct :meth:`vectors`, sorted. Neighbours are often the same."""
        codes = self.vectors(scope, regions)
        if len(codes):
            codes = codes[np.append(True, codes[1:] != codes[:-1])]
        return distinct(codes)

    def quiescent(self, regions: list[Ids]) -> Ids:
        """Which worlds of these regions are quiescent."""
        at = np.flatnonzero(self.quiet[0][regions[0]])
        for quiet, ids in zip(self.quiet[1:], regions[1:], strict=True):
            at = at[quiet[ids[at]]]
        return at


def _longer(array: NDArray, size: int) -> NDArray:  # type: ignore[type-arg]
    if size <= len(array):
        return array
    longer = np.zeros(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


def _wider(array: NDArray, rows: int, columns: int) -> NDArray:  # type: ignore[type-arg]
    old_rows, old_columns = array.shape
    rows = old_rows if rows <= old_rows else max(rows, 2 * old_rows)
    columns = old_columns if columns <= old_columns else max(columns, 2 * old_columns)
    if (rows, columns) == array.shape:
        return array
    wider = np.zeros((rows, columns), array.dtype)
    wider[:old_rows, :old_columns] = array
    return wider


@define
class Expansion:
    """All actions from some worlds, as far as the tables know, and what is left until they do."""

    mirror: Mirror
    worlds: Worlds
    emit: Emit
    needs: Needs = field(factory=Needs)
    left: list[tuple[int, Ids]] = field(factory=list)
    moved: NDArray[np.bool_] = field(init=False)
    transitions: int = 0

    def __attrs_post_init__(self) -> None:
        self.moved = np.zeros(len(self.worlds), np.bool_)
        self.mirror.room()

    def begin(self, after_piece: Callable[[], None] = lambda: None) -> None:
        """Try every action in every world. `after_piece` is called now and then."""
        for start in range(0, len(self.worlds), PIECE):
            worlds = self.worlds[start : start + PIECE]
            at = np.arange(start, start + len(worlds))
            regions = self.mirror.ids(worlds)
            for number in self.mirror.actions:
                self._act(number, at, worlds, regions)
            after_piece()

    def go_on(self) -> None:
        """Try again what was left, now that the tables know more."""
        self.mirror.room()
        left: dict[int, list[Ids]] = {}
        for number, at in self.left:
            left.setdefault(number, []).append(at)
        self.left, self.needs = [], Needs()
        for number, places in left.items():
            at = np.concatenate(places)
            worlds = self.worlds[at]
            self._act(number, at, worlds, self.mirror.ids(worlds))

    @property
    def terminal(self) -> int:
        """How many of the worlds have no action, once nothing is needed any more."""
        return int(len(self.moved) - np.count_nonzero(self.moved))

    def _act(self, number: int, at: Ids, worlds: Worlds, regions: list[Ids]) -> None:
        """Take an action in those of `worlds`, which stand `at` these places, that allow it."""
        table = self.mirror.actions[number]
        own = regions[table.node]
        status = table.status.take(own)
        able = status == ENABLED
        missing = NOWHERE if status.all() else np.flatnonzero(status == UNKNOWN)
        if table.counter is not None:
            fields = self.mirror.fields
            spent = fields.counter(worlds, table.counter)
            affordable = spent < np.uint64(fields.counters[table.counter])
            able &= affordable
            missing = missing[affordable[missing]]
        if len(missing):
            self.needs.ask_action(number, own[missing])
            self.left.append((number, at[missing]))
        acting = np.flatnonzero(able)
        if len(acting):
            self._take(number, at.take(acting), worlds.take(acting), regions, acting)

    def _take(self, number: int, at: Ids, worlds: Worlds, regions: list[Ids], acting: Ids) -> None:
        """Take an action in `worlds`, which all allow it; `acting` is where `regions` has them."""
        table = self.mirror.actions[number]
        own = regions[table.node].take(acting)
        self.moved[at] = True
        after = worlds + table.change.take(own)
        partly: NDArray[np.bool_] | None = None
        for port, sends in table.sends.items():
            posts = sends.take(own)
            sending = np.flatnonzero(posts)
            if not len(sending):
                continue
            targets = regions[self.mirror.appends[port].target].take(acting.take(sending))
            missing = self._append(port, sending, posts.take(sending), targets, after)
            if len(missing):
                partly = np.zeros(len(at), np.bool_) if partly is None else partly
                partly[missing] = True
        if partly is not None:
            self.left.append((number, at[partly]))
            at, after = at[~partly], after[~partly]
        self.transitions += len(after)
        self.emit(number, at, after)

    def _append(self, port: int, sending: Ids, posts: Ids, targets: Ids, after: Worlds) -> Ids:
        """Add what was posted to the worlds `after`; where that is not known yet."""
        table = self.mirror.appends[port]
        cells = targets * table.known.shape[1] + posts
        known = table.known.ravel().take(cells)
        if known.all():
            after[sending] += table.change.ravel().take(cells)
            return NOWHERE
        self.needs.ask_append(port, targets[~known], posts[~known])
        after[sending[known]] += table.change.ravel().take(cells[known])
        missing: Ids = sending[~known]
        return missing
