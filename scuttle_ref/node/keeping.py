"""What a node keeps of its history for its peers, what it has forgotten, and the state instead.

Laws of this file: history is forgotten from its oldest end and no further than the configuration
asks for; nothing that a connected peer has not taken is forgotten below a limit in bytes; whatever
is forgotten is remembered as forgotten, by source.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from attrs import define, field, frozen

from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import NEVER, UNBOUNDED, Mark, NodeId, Place, Value, Version
from scuttle_ref.order import replay_key
from scuttle_ref.profile import Profile
from scuttle_ref.state import NodeState

HISTORY_BYTES: Final = 16 << 20
"""How much history is kept for peers that have not taken it, unless the owner says otherwise."""

BOUNDS: Final[Mapping[Callable[..., Any], Callable[[Config], float]]] = {
    rules.retain_newest: rules.newest_bound,
    rules.retain_as_shipped: rules.shipped_bound,
}
"""How many updates the rules keep that forget by number. Others forget what is outdated."""


@frozen
class Forgotten:
    """Updates that left history, and the known peers that had not taken all of them."""

    updates: Delta
    peers: tuple[NodeId, ...]


@define
class Keeping:
    """What is known of what peers have taken, and of what was forgotten.

    `taken` has the marks that each connected peer has named, `away` those of peers that are called
    again. `floors` is the highest version forgotten of each source, `bytes` the size of history,
    `untaken` how many updates were forgotten before all known peers had them.

    Spec: NODE-17, NODE-18.
    """

    bound: float | None
    bytes_max: int = HISTORY_BYTES
    bytes: int = 0
    untaken: int = 0
    taken: dict[NodeId, dict[NodeId, Mark]] = field(factory=dict)
    away: dict[NodeId, dict[NodeId, Mark]] = field(factory=dict)
    floors: dict[NodeId, Mark] = field(factory=dict)
    _written: dict[NodeId, list[tuple[Mark, Place]]] = field(factory=dict)

    def begin(self, state: NodeState, floors: Mapping[NodeId, Mark]) -> None:
        """Go on from a state."""
        self.bytes = sum(map(size_of, state.history.updates))
        self.floors = dict(floors)
        for place, entry in state.store:
            insort(self._written.setdefault(entry.source_id, []), (entry.version, place))

    def connected(self, peer: NodeId) -> None:
        """A peer is there; it has what it had when it was here last, if that is known."""
        self.taken[peer] = self.away.pop(peer, {})

    def gone(self, peer: NodeId, *, returns: bool) -> None:
        """A peer has left. History is not kept for it, and of one that is called again is told."""
        marks = self.taken.pop(peer, None)
        if returns and marks is not None:
            self.away[peer] = marks

    def named(self, peer: NodeId, source: NodeId, mark: Mark) -> None:
        """A peer has named what it has seen of a source."""
        marks = self.taken.get(peer)
        if marks is not None and marks.get(source, NEVER) < mark:
            marks[source] = mark

    def limit(self, history: History, coming: Coming | None) -> float | None:
        """How many updates history keeps when one more comes; None is up to the rule.

        `coming` is the place of that one in replay order; it is not forgotten before it is taken.

        Spec: NODE-17.
        """
        longer = len(history) + 1
        if self.bound is None or longer <= self.bound:
            return None
        most, over, left = longer - int(self.bound), 0, self.bytes
        while over < most:
            oldest = history.at(over) if over < len(history) else None
            if left <= self.bytes_max and self.taken:
                if oldest is None or (coming is not None and coming < replay_key(oldest)):
                    break
                if self.lacking(oldest):
                    break
            left -= 0 if oldest is None else size_of(oldest)
            over += 1
        return None if over == most else longer - over

    def lacking(self, update: Update, *, known: bool = False) -> list[NodeId]:
        """The connected peers that have not taken an update, or all `known` ones."""
        peers = {**self.taken, **self.away} if known else self.taken
        source, version = update.source_id, update.version
        return [peer for peer, marks in peers.items() if marks.get(source, NEVER) < version]

    def is_pressed(self, history: History) -> bool:
        """Whether half of the bytes are kept for peers that have not taken it. Spec: NODE-17."""
        if self.bound is None or len(history) <= self.bound or self.bytes * 2 <= self.bytes_max:
            return False
        return bool(self.lacking(history.at(0)))

    def moved(self, recorded: Iterable[Update], forgotten: Delta) -> Forgotten | None:
        """History has changed: what to tell, if a known peer lacks something that is gone.

        Spec: NODE-17.
        """
        self.bytes += sum(map(size_of, recorded)) - sum(map(size_of, forgotten))
        if self.bound is None or not forgotten:
            return None
        lacking: dict[NodeId, None] = {}
        missed = 0
        for update in forgotten:
            version, source = replay_key(update)
            self.floors[source] = max(version, self.floors.get(source, NEVER))
            peers = self.lacking(update, known=True)
            lacking.update(dict.fromkeys(peers))
            missed += bool(peers)
        self.untaken += missed
        return Forgotten(forgotten, tuple(lacking)) if lacking else None

    def applied(self, place: Place, before: NodeState, after: NodeState) -> None:
        """A place holds another entry."""
        old, new = before.at(place), after.at(place)
        group = self._written.get(old.source_id, [])
        at = bisect_left(group, (old.version, place))
        if at < len(group) and group[at] == (old.version, place):
            del group[at]
        insort(self._written.setdefault(new.source_id, []), (new.version, place))

    def gaps(self, marks: Mapping[NodeId, Mark], *, others: bool = False) -> dict[NodeId, Mark]:
        """The sources of which a peer misses a value whose update is forgotten, and its marks.

        With `others` those that it has not named at all, which are all that done asks for.

        Spec: NODE-18.
        """
        if others:
            asked: Mapping[NodeId, Mark] = {s: NEVER for s in self.floors if s not in marks}
        else:
            asked = {s: mark for s, mark in marks.items() if mark < self.floors.get(s, NEVER)}
        return {s: mark for s, mark in asked.items() if self._held(s, mark)}

    def _held(self, source: NodeId, mark: Mark) -> list[tuple[Mark, Place]]:
        """What places hold of a source, above a mark and as far as it was forgotten."""
        group = self._written.get(source, [])
        first = bisect_right(group, (mark, LAST))
        return group[first : bisect_right(group, (self.floors[source], LAST))]

    def instead(
        self, state: NodeState, gaps: Mapping[NodeId, Mark], news: Delta, most: float
    ) -> Delta:
        """An answer over gaps: what places hold of what was forgotten, and then the `news`.

        By version, so that whoever takes a part of it can go on from there. `most` is in updates.

        Spec: NODE-18.
        """
        held = {replay_key(update): update for update in news}
        for source, mark in gaps.items():
            for version, place in self._held(source, mark):
                update = Update(source, place[-1], state.at(place).value, int(version))
                held.setdefault(replay_key(update), update)
        chosen = sorted(held)
        return tuple(held[key] for key in (chosen if most == UNBOUNDED else chosen[: int(most)]))


Coming: TypeAlias = tuple[Version, NodeId]

LAST: Final[Place] = ("\U0010ffff" * 8,)
"""A place behind all that are there, for a search among those of one version."""


def keeping_of(profile: Profile, config: Config, bytes_max: int) -> Keeping:
    """What a node of this profile keeps; where its rule forgets by other things, nothing."""
    bound = BOUNDS.get(profile.retain)
    return Keeping(None if bound is None else bound(config), bytes_max)


def size_of(update: Update) -> int:
    """About what an update takes on the wire. Unit: bytes."""
    return 64 + len(update.source_id) + len(update.key) + _size(update.value)


def _size(value: Value) -> int:
    return len(value) if type(value) is str or type(value) is bytes else len(repr(value))
