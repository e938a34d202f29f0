"""The state of one node.

Laws of this file: no configuration and no profile inside, so that states of two profiles can
be compared; sorted tuples of pairs, so that equal states are equal tuples.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeAlias

from attrs import field, frozen

from scuttle_ref.history import History
from scuttle_ref.names import NEVER, Mark, NodeId, Place, Value, exact
from scuttle_ref.version_vector import VersionVector

Marks: TypeAlias = tuple[tuple[NodeId, Mark], ...]
"""The sources named in one digest so far, each with the mark above which `done` answers."""


@frozen(cache_hash=True)
class Entry:
    """What a place holds: the value, its version and the source that wrote it.

    Spec: MOD-2.
    """

    value: Value = field(eq=exact)
    version: Mark
    source_id: NodeId


ABSENT = Entry(value=None, version=NEVER, source_id="")
"""What a place holds that nobody has written: version ``-Infinity``, value null (README, get).

Spec: MOD-5.
"""


_NOTHING_REMEMBERED = History()


@frozen(cache_hash=True)
class NodeState:
    """Everything a node knows.

    `open_sessions` are the peers that get every new update as it is taken (NPM-6), each with the
    marks it named when the session opened, or None as long as it has not been heard.

    Invariants: `store` is sorted by place, `named` by session, `open_sessions` by peer; `sources`
    is a permutation of the sources of `clock`, in the order in which this node enumerates them;
    `version` is the highest version of any update taken; no entry is above the clock of its
    source, unless the profile counts echoes (DEV-3).

    Spec: MOD-1, MOD-2, VERS-7.
    """

    id: NodeId
    clock: VersionVector
    sources: tuple[NodeId, ...]
    version: int = 0
    history: History = _NOTHING_REMEMBERED
    store: tuple[tuple[Place, Entry], ...] = ()
    named: tuple[tuple[NodeId, Marks], ...] = ()
    open_sessions: tuple[tuple[NodeId, Marks | None], ...] = ()

    def at(self, place: Place) -> Entry:
        """The entry at `place`, or :data:`ABSENT`."""
        at = bisect_left(self.store, (place,))
        found = self.store[at : at + 1]
        return found[0][1] if found and found[0][0] == place else ABSENT

    def with_entry(self, place: Place, entry: Entry) -> tuple[tuple[Place, Entry], ...]:
        """The store with `entry` at `place`."""
        at = bisect_left(self.store, (place,))
        store = list(self.store)
        held = store[at : at + 1]
        after = at + 1 if held and held[0][0] == place else at
        store[at:after] = [(place, entry)]
        return tuple(store)

    def marks(self, session: NodeId) -> Marks:
        """The sources named in `session` since its last `done`.

        Spec: EXCH-4.
        """
        for known, marks in self.named:
            if known == session:
                return marks
        return ()

    def with_marks(self, session: NodeId, marks: Marks) -> tuple[tuple[NodeId, Marks], ...]:
        """The named sources with those of `session` replaced; an empty session is forgotten."""
        kept = [pair for pair in self.named if pair[0] != session]
        added = [(session, marks)] if marks else []
        return tuple(sorted([*kept, *added]))

    def with_session(
        self, peer: NodeId, marks: Marks | None
    ) -> tuple[tuple[NodeId, Marks | None], ...]:
        """The open sessions with that of `peer` as given.

        Spec: NPM-4.
        """
        kept = [pair for pair in self.open_sessions if pair[0] != peer]
        return tuple(sorted([*kept, (peer, marks)], key=lambda pair: pair[0]))


def mark_of(marks: Marks, source: NodeId) -> Mark:
    """The highest mark at which `source` was named, or NEVER if it was not. Spec: EXCH-4."""
    return max((mark for named, mark in marks if named == source), default=NEVER)
