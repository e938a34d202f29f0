"""What a coordinator and its workers say to each other: numbers, and nothing that is executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from scuttle_check.engine.worlds import Scope
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.compiled.words import Fields

MIX = 0x9E3779B97F4A7C15
"""Spreads worlds over owners: an odd number without a pattern in its bits."""


PAIR = 32
"""Bits for the second number of a pair in one word; tables have fewer rows and columns."""


def owners(worlds: Worlds, count: int) -> Worlds:
    """Which of `count` shards owns each world. It decides who looks, never what is equal.

    Spec: SCALE-5.
    """
    high = (worlds * np.uint64(MIX)) >> np.uint64(32)
    return (high * np.uint64(count)) >> np.uint64(32)


@define
class Needs:
    """What tables do not know: regions by action, and pairs of region and post by port."""

    actions: dict[int, Ids] = field(factory=dict)
    appends: dict[int, tuple[Ids, Ids]] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self.actions or self.appends)

    def ask_action(self, number: int, regions: Ids) -> None:
        """What action `number` does to these regions."""
        known = self.actions.get(number)
        self.actions[number] = np.unique(
            regions if known is None else np.concatenate([known, regions])
        )

    def ask_append(self, port: int, regions: Ids, posts: Ids) -> None:
        """What these posts do to these regions."""
        if port in self.appends:
            before, sent = self.appends[port]
            regions, posts = np.concatenate([before, regions]), np.concatenate([sent, posts])
        pairs = np.unique((regions << PAIR) | posts)
        self.appends[port] = pairs >> PAIR, pairs & ((1 << PAIR) - 1)

    def add(self, other: Needs) -> None:
        """Ask for what another asks for, too."""
        for number, regions in other.actions.items():
            self.ask_action(number, regions)
        for port, (regions, posts) in other.appends.items():
            self.ask_append(port, regions, posts)


@frozen(eq=False)
class ActionNews:
    """What an action does to some regions; with none, that there is such an action."""

    number: int
    node: int
    counter: int | None
    regions: Ids
    status: NDArray[np.uint8]
    change: Worlds
    sends: dict[int, Ids]


@frozen(eq=False)
class AppendNews:
    """What posts through a port add to worlds with some regions of the target."""

    port: int
    target: int
    regions: Ids
    posts: Ids
    change: Worlds


@frozen(eq=False)
class RegionNews:
    """New regions of a node, from number `first` on: their node states, and which are quiescent."""

    node: int
    first: int
    locals: Worlds
    quiet: NDArray[np.bool_]


News: TypeAlias = ActionNews | AppendNews | RegionNews


@frozen(eq=False)
class Seed:
    """All that a shard is made of. `fresh` are worlds of the next level that were found already."""

    shard: int
    count: int
    fields: Fields
    nodes: int
    visited: list[Worlds]
    frontier: Worlds
    fresh: list[Worlds]


@frozen(eq=False)
class Order:
    """What a shard shall do next, in this order.

    Learn the `news`; with `turn` make what it found the frontier; take in `received` worlds; expand
    the worlds of its frontier that lie `between` two bounds, or go on with that expansion. Vectors
    of node states are reported for the `scopes`.
    """

    news: list[News]
    turn: bool = False
    received: list[Worlds] = field(factory=list)
    between: tuple[int, int] | None = None
    go_on: bool = False
    scopes: tuple[Scope, ...] = ()


@frozen(eq=False)
class Answer:
    """What came of an order. As long as something is needed, the counts are not there yet.

    `found` are worlds of its own that were never seen; `sent` are successors by their owners.
    """

    found: list[Worlds]
    needs: Needs
    vectors: dict[Scope, Worlds]
    sent: dict[int, Worlds] = field(factory=dict)
    transitions: int = 0
    terminal: int = 0


def sizes(message: Seed | Order | Answer) -> int:
    """How much a message holds, without its envelope. Unit: bytes."""
    return sum(array.nbytes for array in _arrays(message))


def _arrays(message: Seed | Order | Answer) -> Iterator[NDArray]:  # type: ignore[type-arg]
    match message:
        case Seed():
            yield from (*message.visited, message.frontier, *message.fresh)
        case Order():
            yield from message.received
            for news in message.news:
                yield from _arrays_of_news(news)
        case Answer():
            yield from message.found
            yield from message.vectors.values()
            yield from message.sent.values()
            yield from message.needs.actions.values()
            for regions, posts in message.needs.appends.values():
                yield from (regions, posts)


def _arrays_of_news(news: News) -> Iterator[NDArray]:  # type: ignore[type-arg]
    match news:
        case ActionNews():
            yield from (news.regions, news.status, news.change)
            yield from news.sends.values()
        case AppendNews():
            yield from (news.regions, news.posts, news.change)
        case RegionNews():
            yield from (news.locals, news.quiet)
