"""Commutation: what a protocol declares about the order of what happens at one node.

Steps of different nodes commute by themselves: each changes its own node and sends behind what is
in flight. Of the steps of one node the protocol says which *items* (pieces of content, such as the
updates of a source) they bring, ask for, or depend on. What it does not declare apart, the engine
takes as dependent; what the engine relied on can be executed again
(:mod:`checker.search.compiled.orders`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from attrs import frozen

from checker.facets import Facets

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
