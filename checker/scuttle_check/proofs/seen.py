"""A concrete world as tables: what a formula reads when it is evaluated.

Every function of the vocabulary is read off node states and what is in flight. Nothing of the past
is needed: what was issued is carried along, everything else stands in the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from scuttle_check.proofs.evaluated import Table, Tables, default_of
from scuttle_check.proofs.vocabulary import (
    DONE,
    LINE,
    NEVER,
    NOTHING,
    RETURNED,
    STATE,
    UPDATES,
    Moment,
)
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.names import VERSION_MAX, Mark
from scuttle_ref.profile import Profile
from scuttle_ref.state import NodeState, highest

Stamp: TypeAlias = tuple[str, int]
"""An update as a formula sees it: its source and version, which identify it."""

TOP = VERSION_MAX + 1
"""The mark ANSWERED as a number above every version."""


def number(mark: Mark) -> int:
    """A mark as a formula sees it."""
    if mark < 0:
        return NEVER
    return int(min(mark, TOP))


def stamp(update: Update) -> Stamp:
    """An update as a formula sees it."""
    return update.source_id, update.version


@frozen
class Flight:
    """A channel: who writes it, who reads it, its messages, and which of them are gone."""

    sender: str
    receiver: str
    messages: tuple[Any, ...] = ()
    head: int = 0


@frozen
class Seen:
    """A world as formulas see it. `slots` are the current ids of nodes, by the names of links.

    `gone` are nodes that stopped for ever, with what they knew then.
    """

    slots: Mapping[str, NodeState]
    channels: Mapping[object, Flight]
    issued: frozenset[Update]
    gone: tuple[NodeState, ...] = ()

    @property
    def nodes(self) -> list[NodeState]:
        """Everybody, who stopped for ever among them."""
        return [*self.slots.values(), *self.gone]


_KINDS = {Update: UPDATES, Digest: LINE, DigestDone: DONE}


def kind_of(message: object) -> int:
    """What a formula calls a message."""
    if isinstance(message, DigestDone) and message.returned:
        return RETURNED
    return _KINDS.get(type(message), NOTHING)


def tables(profile: Profile, seen: Seen, moment: Moment, positions: int) -> Tables:
    """The functions of a moment, read off a world. `positions` are told of each channel."""
    made: dict[str, dict[Any, Any]] = {name: {} for name in STATE}
    _of_nodes(profile, seen, made)
    _of_channels(seen, made, positions)
    for update in seen.issued:
        made["issued"][stamp(update)] = True
        place = (update.source_id, update.key)
        made["written"][place] = True
        known = made["latest"].get(place, ("", 0))
        made["latest"][place] = max(known, stamp(update), key=lambda each: each[1])
    named = {name: Table(made[name], default_of(STATE[name][1])) for name in STATE}
    named["clock"].otherwise = named["gathered"].otherwise = NEVER
    return {name + moment.suffix: table for name, table in named.items()}


def _of_nodes(profile: Profile, seen: Seen, made: dict[str, dict[Any, Any]]) -> None:
    ids = {slot: state.id for slot, state in seen.slots.items()}
    for state in seen.nodes:
        me = state.id
        for update in state.history.updates:
            name = stamp(update)
            made["has"][me, name] = True
            known = made["top"].get((me, name[0]))
            if known is None or known[1] < name[1]:
                made["top"][me, name[0]] = name
        for source, mark in state.clock.pairs:
            made["clock"][me, source] = number(mark)
        for place, entry in state.store:
            made["filled"][me, place] = True
            made["held"][me, place] = (entry.source_id, entry.version)
    for state in seen.slots.values():
        for slot, peer in ids.items():
            marks = state.marks(profile.session(slot)) if profile.session(slot) == slot else ()
            for source, mark in highest(marks).items():
                made["gathered"][state.id, peer, source] = number(mark)


def _of_channels(seen: Seen, made: dict[str, dict[Any, Any]], positions: int) -> None:
    sources = {state.id for state in seen.nodes} | {each.source_id for each in seen.issued}
    clocks = {state.id: dict(state.clock.pairs) for state in seen.nodes}
    for name, flight in seen.channels.items():
        made["head"][name], made["tail"][name] = flight.head, len(flight.messages)
        reach = {each: number(clocks[flight.receiver].get(each, NEVER)) for each in sources}
        for at in range(positions):
            for source, mark in reach.items():
                made["reach"][name, at, source] = mark
            if at >= len(flight.messages):
                continue
            message = flight.messages[at]
            made["kind"][name, at] = kind_of(message)
            if isinstance(message, Update):
                made["carried"][name, at] = stamp(message)
                if at >= flight.head:
                    reach[message.source_id] = max(reach[message.source_id], message.version)
            elif isinstance(message, Digest):
                made["line_source"][name, at] = message.source_id
                made["line_mark"][name, at] = number(message.version)


class _Ordered(dict[Any, Any]):
    """Whether one update yields to another, by version and then by the name of the source."""

    def __missing__(self, pair: tuple[Stamp, Stamp]) -> bool:
        (one, first), (other, second) = pair
        return (first, one) <= (second, other)


def rigid(profile: Profile, seen: Seen) -> Tables:
    """What never changes: whose updates are, and who reads which channel.

    Stores are compared in the order of (version, source), which is that of `lww_total` and of
    `prefer_newest`; places are where the profile puts them.
    """
    updates = {stamp(each): each for each in seen.issued}
    ranked = sorted({state.id for state in seen.nodes} | {each.source_id for each in seen.issued})
    return {
        "source": Table({name: name[0] for name in updates}, None),
        "version": Table({name: name[1] for name in updates}, 0),
        "key": Table({name: each.key for name, each in updates.items()}, None),
        "place": Table({name: profile.place(each) for name, each in updates.items()}, None),
        "sender": Table({name: each.sender for name, each in seen.channels.items()}, None),
        "receiver": Table({name: each.receiver for name, each in seen.channels.items()}, None),
        "rank": Table({name: at for at, name in enumerate(ranked)}, -1),
        "yields": _Ordered(),
        "TOP": TOP,
    }


def things(profile: Profile, seen: Seen, positions: int) -> dict[str, Sequence[Any]]:
    """What quantifiers run over in this world."""
    return {
        "Node": [state.id for state in seen.nodes],
        "Update": sorted(map(stamp, seen.issued)),
        "Key": sorted({each.key for each in seen.issued}),
        "Place": sorted({profile.place(each) for each in seen.issued}),
        "Channel": list(seen.channels),
        "Int": range(positions),
    }


def positions_of(*worlds: Seen) -> int:
    """One position more than the longest channel has messages."""
    lengths: Iterable[int] = (
        len(flight.messages) for seen in worlds for flight in seen.channels.values()
    )
    return max(lengths, default=0) + 1
