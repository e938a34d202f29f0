"""What a search sees: states, the actions possible in each, and where each leads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, TypeVar

S = TypeVar("S", bound=Hashable)
A = TypeVar("A", bound=Hashable)


class Model(Protocol[S, A]):
    """A transition system. Deterministic: one state and one action give one next state.

    States and actions are immutable and compare by value. The order of `actions` is the order
    in which searches try them, so it must not depend on hashing.
    """

    def initial(self) -> Iterable[S]:
        """The states a run may start in."""
        ...

    def actions(self, state: S, /) -> Sequence[A]:
        """What can happen in `state`. Empty: the state is terminal."""
        ...

    def next(self, state: S, action: A, /) -> S:
        """Where `action` leads."""
        ...
