"""Facets: what a protocol declares about its messages, so that worlds that cannot differ merge.

The engine believes nothing: every claim that a reduction used can be executed again
(:mod:`checker.search.compiled.certificate`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Protocol

from checker.actors import Local


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
