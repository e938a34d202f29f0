"""Where a node keeps what it knows: nowhere, in a mapping of the user, or in a file.

Laws of this file: a store is told of every step before anybody else is. When `save` returns, the
step has happened; when it raises, it has not.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Protocol

from attrs import frozen

from scuttle_ref.entries import Entry
from scuttle_ref.errors import Refusal, ScuttleError
from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import Mark, NodeId, Place, place_name, thawed_value
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


class StoreFault(ScuttleError):
    """A store cannot be used: it is another node's, it is in use, or it cannot be read."""


def store_fault(where: str, problem: str, expected: str) -> StoreFault:
    """A fault of a store, in the words of every other refusal."""
    return StoreFault(Refusal(where, problem, expected, "NODE-3"))


@frozen
class Change:
    """What one step did to a node: the state after it, and what is new in it.

    `recorded` are the updates written to history, `forgotten` those that left it because of its
    bound and `compacted` those that the client let go besides; `applied` are the places that now
    hold another entry. `exchange` names the peer where the step was the start of an exchange.
    """

    after: NodeState
    recorded: tuple[Update, ...] = ()
    forgotten: Delta = ()
    compacted: Delta = ()
    exchange: NodeId = ""
    applied: tuple[tuple[Place, Entry], ...] = ()


class Store(Protocol):
    """What a node asks of its store.

    Spec: NODE-3.
    """

    def load(self, gossip: Gossip) -> NodeState | None:
        """The state that was saved last, or None when nothing was. Raises StoreFault."""

    def save(self, change: Change) -> None:
        """Keep one step, all of it or nothing of it. Raises StoreFault."""

    def forgotten(self) -> Mapping[NodeId, Mark]:
        """The highest version of each source that history has forgotten. Raises StoreFault."""
        ...

    def close(self) -> None:
        """Let go of what is held."""


class MemoryStore:
    """Keeps nothing: whoever restarts has forgotten everything."""

    def load(self, gossip: Gossip) -> NodeState | None:
        """Nothing."""
        del gossip
        return None

    def save(self, change: Change) -> None:
        """Nothing to do."""

    def forgotten(self) -> Mapping[NodeId, Mark]:
        """Nothing."""
        return {}

    def close(self) -> None:
        """Nothing to do."""


class MappingStore:
    """Mirrors the values into a mapping of the user: ``{key: {"value": ..., "version": ...}}``.

    As the third argument of the library's constructor. Clock and history are not in it: a node
    that starts with a filled mapping gossips none of what stands there. Where keys are owned the
    name is ``source/key``.

    Spec: NODE-4.
    """

    def __init__(self, mapping: MutableMapping[str, object]) -> None:
        self.mapping = mapping

    def load(self, gossip: Gossip) -> NodeState | None:
        """Nothing: a mapping says nothing of the versions that were issued."""
        del gossip
        return None

    def save(self, change: Change) -> None:
        """Write what was applied."""
        for place, entry in change.applied:
            value = thawed_value(entry.value)
            self.mapping[place_name(place)] = {"value": value, "version": entry.version}

    def forgotten(self) -> Mapping[NodeId, Mark]:
        """Nothing."""
        return {}

    def close(self) -> None:
        """Nothing to do."""


def new_identity(name: NodeId, incarnation: str) -> NodeId:
    """The id of a node called `name` that remembers no earlier life.

    Peers that have seen version 7 of A never ask for another version 7. A node that has forgotten
    what it issued must therefore be somebody else.

    Spec: NODE-5.
    """
    return f"{name}~{incarnation}"
