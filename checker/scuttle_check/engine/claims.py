"""Commutation: what a protocol declares about the order of what happens at one node.

Steps of different nodes commute by themselves: each changes its own node and sends behind what is
in flight. Of the steps of one node the protocol says which *items* (pieces of content, such as the
updates of a source) they bring, ask for, or depend on. What it does not declare apart, the engine
takes as dependent; what the engine relied on can be executed again
(:mod:`scuttle_check.search.reductions.orders`).

Facets: what a protocol declares about its messages, so that worlds that cannot differ merge.

The engine believes nothing: every claim that a reduction used can be executed again
(:mod:`scuttle_check.search.reductions.certificate`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from scuttle_check.engine.system import Local


class Facets(Protocol):
    """Claims about a protocol, each about all later states too."""

    def refusal(self) -> str | None:
        """Why the claims do not hold for this system, or None when they do."""
        ...

    def canonical(self, local: Any, sender: str, message: Any) -> Hashable | None:
        """The simplest message that does the same to a node in state `local`, now and later.

        None: the message does nothing. Answers may differ in messages that do nothing when
        they arrive.
        """
        ...

    def refreshed(self, local: Any, message: Any) -> Hashable:
        """`message`, sent earlier by a node, as that node in state `local` would put it now."""
        ...

    def outdated(self, earlier: Any, later: Any) -> bool:
        """Whether `later` does nothing once `earlier`, ahead of it on the same link, arrived."""
        ...

    def idempotent(self, message: Any) -> bool:
        """Whether a second copy of `message` does nothing, whatever arrived in between."""
        ...

    def knowledge(self, local: Any) -> Hashable:
        """What a node knows that makes some of its questions pointless; grows only."""
        ...

    def pointless(self, knowledge: Any, message: Any) -> bool:
        """Whether `message`, sent by a node that knows this, can only be answered in vain."""
        ...

    def saturated(self, knowledge: Any) -> bool:
        """Whether a node that knows this has nothing to ask any more."""
        ...

    def forgetting(self, local: Any, sender: str, knowledge: Any) -> Local:
        """`local` without what it remembers of pointless questions of `sender`."""
        ...


class Naming(Protocol):
    """What a protocol declares about the names of nodes, so that nodes can be exchanged."""

    def refusal(self) -> str | None:
        """Why names decide something in this system, or None when they do not."""
        ...

    def distinguished(self) -> Iterable[str]:
        """The nodes that differ from all others by more than their place in the topology."""
        ...

    def renamed(self, part: Any, names: Mapping[str, str]) -> Hashable:
        """A node state, a message, or what a node knows, with nodes called by other names."""
        ...


Item: TypeAlias = Hashable


@frozen
class Brings:
    """Who receives or performs this takes `items`, unless it knows them already."""

    items: frozenset[Item]


@frozen
class Asks:
    """Who receives this may answer with any of `items` that it has, and that the asker lacks."""

    items: frozenset[Item]


@frozen
class Exchanges:
    """Who performs this asks `target`, as at the start of an exchange."""

    target: str


class Commutation(Protocol):
    """Claims about a protocol, each about all later states too.

    Messages bring or ask; only what asks is answered, to the asker alone and with what brings;
    only the start of an exchange asks.
    """

    @property
    def facets(self) -> Facets:
        """Which messages do nothing. Orders that differ in these alone come to the same."""
        ...

    def refusal(self) -> str | None:
        """Why the claims do not hold for this system, or None when they do."""
        ...

    def items(self) -> Sequence[Item]:
        """Everything that can ever be brought to a node, in a fixed order."""
        ...

    def known(self, local: Any) -> Iterable[Item]:
        """The items that do nothing any more to a node in state `local`; grows only."""
        ...

    def arriving(
        self, local: Any, sender: str, messages: Sequence[Any]
    ) -> Sequence[Brings | Asks | None]:
        """What each message on a link does at a node, if they arrive in this order.

        None is what the protocol does not declare: no reduction is possible then.
        """
        ...

    def commanded(self, local: Any, commands: Sequence[Any]) -> Sequence[Brings | Exchanges | None]:
        """What each command that a node in state `local` has still to perform does."""
        ...

    def shaping(self, local: Any) -> Iterable[Item]:
        """The items that would change what a node asks at the start of an exchange."""
        ...

    def stamping(self, local: Any) -> Iterable[Item]:
        """The items that would change what the next write of a node's owner says."""
        ...

    def apart(self, one: Any, other: Any) -> bool:
        """Whether a node may take two items in either order."""
        ...

    def forgets(self) -> bool:
        """Whether taking an item may change the answer to any question."""
        ...
