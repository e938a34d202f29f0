"""The state of one node.

Laws of this file: no configuration and no profile inside, so that states of two profiles can
be compared; sorted tuples of pairs, so that equal states are equal tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from attrs import field, frozen

from scuttle_ref.entries import Entries, Entry, entries_of
from scuttle_ref.history import History
from scuttle_ref.names import NEVER, Mark, NodeId, Place
from scuttle_ref.pairs import Pairs, drop, get, put
from scuttle_ref.version_vector import VersionVector

Marks: TypeAlias = Pairs[NodeId, Mark]
"""The sources named in one digest so far, each with the mark above which `done` answers."""


_NOTHING_HELD = Entries()
_NOTHING_REMEMBERED = History()


@frozen(cache_hash=True)
class NodeState:
    """Everything a node knows.

    `open_sessions` are the peers that get every new update as it is taken (NPM-6), each with the
    marks it named when the session opened, or None as long as it has not been heard.

    Invariants: `named` is sorted by session, `open_sessions` by peer; `sources`
    is a permutation of the sources of `clock`, in the order in which this node enumerates them;
    `version` is the highest version of any update taken; no entry is above the clock of its
    source, unless the profile counts echoes (DEV-3).

    Spec: MOD-1, MOD-2, VERS-7.
    """

    id: NodeId
    clock: VersionVector
    sources: Sequence[NodeId]
    version: int = 0
    history: History = _NOTHING_REMEMBERED
    store: Entries = field(default=_NOTHING_HELD, converter=entries_of)
    named: Pairs[NodeId, Marks] = ()
    open_sessions: Pairs[NodeId, Marks | None] = ()

    def at(self, place: Place) -> Entry:
        """The entry at `place`, or :data:`ABSENT`."""
        return self.store.at(place)

    def marks(self, session: NodeId) -> Marks:
        """The sources named in `session` since its last `done`.

        Spec: EXCH-4.
        """
        return get(self.named, session, ())

    def with_marks(self, session: NodeId, marks: Marks) -> Pairs[NodeId, Marks]:
        """The named sources with those of `session` replaced; an empty session is forgotten."""
        return put(self.named, session, marks) if marks else drop(self.named, session)

    def naming(self, session: NodeId, marks: Marks) -> NodeState:
        """This node with the sources named in `session` replaced. Spec: EXCH-4."""
        return NodeState(
            id=self.id,
            clock=self.clock,
            sources=self.sources,
            version=self.version,
            history=self.history,
            store=self.store,
            named=self.with_marks(session, marks),
            open_sessions=self.open_sessions,
        )

    def apart_from(self, peer: NodeId) -> NodeState:
        """This node without what belongs to a connection with `peer`: half a digest, a session.

        Spec: EXCH-8, NPM-9.
        """
        named = drop(self.named, peer)
        sessions = drop(self.open_sessions, peer)
        if len(named) == len(self.named) and len(sessions) == len(self.open_sessions):
            return self
        return NodeState(
            id=self.id,
            clock=self.clock,
            sources=self.sources,
            version=self.version,
            history=self.history,
            store=self.store,
            named=named,
            open_sessions=sessions,
        )

    def with_session(self, peer: NodeId, marks: Marks | None) -> Pairs[NodeId, Marks | None]:
        """The open sessions with that of `peer` as given.

        Spec: NPM-4.
        """
        return put(self.open_sessions, peer, marks)


def mark_of(marks: Marks, source: NodeId) -> Mark:
    """The highest mark at which `source` was named, or NEVER if it was not. Spec: EXCH-4."""
    return highest(marks).get(source, NEVER)


def highest(marks: Marks) -> dict[NodeId, Mark]:
    """The highest mark of each source that was named. Spec: EXCH-4, DEV-9."""
    return dict(sorted(marks))
