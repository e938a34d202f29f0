"""Node states that are used once: what the reducers make of one is the same one, changed.

A reducer hands out a new state and leaves the old one as it was, which costs a copy of all that a
participant knows for each update that it takes. A run never looks back. So it may give the
reducers containers that answer as those of a node state do, and change in place when they are
asked for a changed copy. The reducers and their rules are the same. Spec: SIM-7.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import attrgetter
from typing import TypeVar

import attrs

from scuttle_ref.entries import ABSENT, Entries, Entry
from scuttle_ref.history import Groups, History
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import NEVER, Key, Mark, NodeId, Place
from scuttle_ref.order import Comparator
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

_version = attrgetter("version")
Kind = TypeVar("Kind")


def _bare(kind: type[Kind], **parts: object) -> Kind:
    """An object of `kind` with these attributes: its base is frozen, and is not made."""
    made = kind.__new__(kind)
    for name, part in parts.items():
        object.__setattr__(made, name, part)
    return made


class LinearVector(VersionVector):
    """A version vector that is raised in place."""

    __slots__ = ("marks",)
    marks: dict[NodeId, Mark]

    @property
    def pairs(  # pyright: ignore[reportIncompatibleVariableOverride]
        self,
    ) -> tuple[tuple[NodeId, Mark], ...]:
        """As of a version vector."""
        return tuple(sorted(self.marks.items()))

    def get(self, source: NodeId) -> Mark:
        """As of a version vector."""
        return self.marks.get(source, NEVER)

    def raised(self, source: NodeId, mark: Mark) -> VersionVector:
        """This vector, raised."""
        if self.get(source) < mark:
            self.marks[source] = mark
        return self


class LinearEntries(Entries):
    """A store that is written in place."""

    __slots__ = ("held",)
    held: dict[Place, Entry]

    def __iter__(self) -> Iterator[tuple[Place, Entry]]:
        return iter(sorted(self.held.items(), key=lambda pair: pair[0]))

    def __len__(self) -> int:
        return len(self.held)

    def at(self, place: Place) -> Entry:
        """As of entries."""
        return self.held.get(place, ABSENT)

    def with_entry(self, place: Place, entry: Entry) -> Entries:
        """These entries, with one more."""
        self.held[place] = entry
        return self


class LinearHistory(History):
    """A history by source and version that is written in place, and forgets nothing by itself."""

    __slots__ = ("groups", "latest")
    groups: dict[NodeId, list[Update]]
    latest: dict[Place, Update]

    def _grouped(self) -> Groups:
        return tuple(sorted(self.groups.items()))

    def to(self, source: NodeId, key: Key) -> Delta:
        """As of a history that keeps one update for each place."""
        latest = self.latest.get((source, key))
        return () if latest is None else (latest,)

    def with_update(self, update: Update, sort: Comparator, instead_of: Delta = ()) -> History:
        """This history, with one more update."""
        del sort  # a run has the default order
        group = self.groups.setdefault(update.source_id, [])
        for old in instead_of:
            del group[group.index(old, bisect_left(group, old.version, key=_version))]
        insort(group, update, key=_version)
        self.latest[update.source_id, update.key] = update
        return self


def linear(state: NodeState) -> NodeState:
    """A state of the paper that holds what `state` does, to be used once and then forgotten."""
    groups: dict[NodeId, list[Update]] = {}
    latest: dict[Place, Update] = {}
    for update in state.history.updates:
        groups.setdefault(update.source_id, []).append(update)
        latest[update.source_id, update.key] = update
    return attrs.evolve(
        state,
        clock=_bare(LinearVector, marks=dict(state.clock.pairs)),
        store=_bare(LinearEntries, held=dict(state.store)),
        history=_bare(LinearHistory, groups=groups, latest=latest),
    )
