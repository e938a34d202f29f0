"""A shard: the worlds that one worker owns, and what it does with them."""

from __future__ import annotations

import time

import numpy as np
from attrs import define, field

from scuttle_check.engine.worlds import Scope
from scuttle_check.search.compiled.visited import Visited, Worlds, distinct, merged
from scuttle_check.search.divided.messages import Answer, Needs, Order, Seed, owners
from scuttle_check.search.divided.mirror import Expansion, Mirror

IDLE_MAX = 3600.0
"""A shard that nobody asked for so long is given up: its coordinator is gone. Unit: seconds."""


@define
class Shard:
    """The worlds of one owner. `fresh` are those of the next level, `seen` vectors told of."""

    me: int
    count: int
    mirror: Mirror
    visited: Visited
    frontier: Worlds
    fresh: list[Worlds]
    step: int
    seen: dict[Scope, Visited] = field(factory=dict)
    expansion: Expansion | None = None
    successors: list[Worlds] = field(factory=list)
    pieces: list[Worlds] = field(factory=list)
    used: float = field(factory=time.monotonic)

    @classmethod
    def grown(cls, seed: Seed, step: int) -> Shard:
        """The shard that a seed describes, before order number `step`."""
        known = joined([*seed.visited, *seed.fresh])
        mirror = Mirror(seed.fields, seed.nodes)
        fresh = list(seed.fresh)
        seen = Visited([known] if len(known) else [])
        return cls(seed.shard, seed.count, mirror, seen, seed.frontier, fresh, step)

    def work(self, order: Order) -> Answer:
        """Carry out an order."""
        self.step += 1
        self.used = time.monotonic()
        self.mirror.learn(order.news)
        if order.turn:
            self.frontier = joined(self.fresh)
            self.fresh = []
        found = []
        if order.received:
            found.append(self._merged(joined(order.received)))
        vectors: dict[Scope, Worlds] = {}
        if order.between is not None:
            worlds = self._between(*order.between)
            vectors = self._vectors(worlds, order.scopes)
            self.expansion = Expansion(self.mirror, worlds, self._emit)
            self.expansion.begin(self._compress)
        elif order.go_on and self.expansion is not None:
            self.expansion.go_on()
        if self.expansion is None:
            return Answer(found, Needs(), vectors)
        if self.expansion.needs:
            return Answer(found, self.expansion.needs, vectors)
        return self._finished(self.expansion, found, vectors)

    def _merged(self, worlds: Worlds) -> Worlds:
        """Those of `worlds` that were never seen; they are kept for the next level."""
        new = self.visited.new(worlds)
        if len(new):
            self.fresh.append(new)
        return new

    def _between(self, least: int, most: int) -> Worlds:
        first = np.searchsorted(self.frontier, np.uint64(least), "left")
        last = np.searchsorted(self.frontier, np.uint64(most), "right")
        return self.frontier[first:last]

    def _emit(self, number: int, at: object, after: Worlds) -> None:
        del number, at
        self.successors.append(after)

    def _compress(self) -> None:
        """Keep each successor of a piece once."""
        if self.successors:
            self.pieces.append(distinct(np.concatenate(self.successors)))
            self.successors.clear()

    def _vectors(self, worlds: Worlds, scopes: tuple[Scope, ...]) -> dict[Scope, Worlds]:
        """The vectors of node states in `worlds` that were not told of before."""
        if not scopes or not len(worlds):
            return {}
        regions = self.mirror.ids(worlds)
        return {
            scope: self.seen.setdefault(scope, Visited()).new(
                self.mirror.told_vectors(scope, regions)
            )
            for scope in scopes
        }

    def _finished(
        self, expansion: Expansion, found: list[Worlds], vectors: dict[Scope, Worlds]
    ) -> Answer:
        """The answer once an expansion is whole: successors go to their owners."""
        self._compress()
        self.expansion = None
        pieces, self.pieces = self.pieces, []
        worlds = joined(pieces)
        parts = parted(worlds, self.count)
        own = parts.pop(self.me, None)
        if own is not None:
            found.append(self._merged(own))
        return Answer(found, Needs(), vectors, parts, expansion.transitions, expansion.terminal)


def joined(parts: list[Worlds]) -> Worlds:
    """The distinct worlds of `parts`, sorted, of which each is so already."""
    return merged(parts) if parts else np.zeros(0, np.uint64)


def parted(worlds: Worlds, count: int) -> dict[int, Worlds]:
    """Worlds by owner, each part in the order of `worlds`."""
    if count == 1:
        return {0: worlds} if len(worlds) else {}
    belong = owners(worlds, count).astype(np.uint16)
    order = np.argsort(belong, kind="stable")
    ends = np.cumsum(np.bincount(belong, minlength=count))[:-1]
    parts = np.split(worlds[order], ends)
    return {owner: part for owner, part in enumerate(parts) if len(part)}


_SHARDS: dict[tuple[str, int], Shard] = {}
"""The shards that this process has, by search and number."""


def revive(search: str, seed: Seed, step: int, order: Order) -> Answer:
    """Make a shard of what the coordinator knows of it, and let it carry out an order."""
    now = time.monotonic()
    for key in [key for key, shard in _SHARDS.items() if now - shard.used > IDLE_MAX]:
        del _SHARDS[key]
    shard = _SHARDS[search, seed.shard] = Shard.grown(seed, step)
    return shard.work(order)


def work(search: str, number: int, step: int, order: Order) -> Answer | None:
    """Carry out order number `step`; None where this process does not have the shard as it was."""
    shard = _SHARDS.get((search, number))
    if shard is None or shard.step != step:
        return None
    return shard.work(order)


def forget(search: str, number: int) -> None:
    """Give a shard up."""
    _SHARDS.pop((search, number), None)
