"""The laws as contracts for CrossHair, which runs them on symbolic values and versions.

Laws of this file: each function states one law of two or three updates, with a precondition on
versions and the postcondition that it returns True. CrossHair reads both in the docstring. Where
the resolver raises there is nothing to say but by ``total``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define

from scuttle_ref.entries import ABSENT, Entry
from scuttle_ref.messages import Update
from scuttle_ref.names import NEVER
from scuttle_ref.order import by_value

RESOLVER: list[Callable[[Any, Any], Any]] = []
"""The one resolver under analysis. CrossHair calls the laws with values only."""

OBSERVE: list[str] = []

OBSERVERS = ("Z", "0")
"""Replicas that write nothing, above and below the writers A and B."""

RAISED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@define
class Replica:
    """As much of a replica as a resolver may look at, cheap to run on symbols."""

    id: str
    held: Entry = ABSENT
    seen: tuple[tuple[str, Any], ...] = ()

    @property
    def clock(self) -> Replica:
        """Itself: it answers for its clock too."""
        return self

    @property
    def sort(self) -> Callable[[Any, Any], float]:
        """The order on values."""
        return by_value

    def get(self, name: str) -> Any:
        """Of a source the mark, of the one key the entry."""
        if name == "k":
            return self.held
        return max((mark for source, mark in self.seen if source == name), default=NEVER)


def _ended(replica: str, *updates: Update) -> Replica:
    state = Replica(replica)
    for update in updates:
        accepted = RESOLVER[0](state, update)
        entry = Entry(update.value, update.version, update.source_id)
        held = entry if accepted else state.held
        state = Replica(replica, held, (*state.seen, (update.source_id, update.version)))
    return state


def _seen(state: Replica) -> tuple[Any, ...]:
    return tuple(getattr(state.held, name) for name in OBSERVE)


def total(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    state = Replica("Z")
    for update in (Update("A", "k", v1, n1), Update("B", "k", v2, n2)):
        answer = RESOLVER[0](state, update)
        if not isinstance(answer, bool):
            return False
        state = Replica("Z", Entry(update.value, update.version, update.source_id))
    return True


def replica_independent(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("B", "k", v2, n2)
    try:
        return all(
            _seen(_ended("Z", *order)) == _seen(_ended("0", *order))
            for order in ((one, two), (two, one))
        )
    except RAISED:
        return True


def idempotent(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("B", "k", v2, n2)
    try:
        return all(
            _seen(_ended(name, *order)) == _seen(_ended(name, *order, order[1]))
            for name in OBSERVERS
            for order in ((one, two), (two, one))
        )
    except RAISED:
        return True


def commutative(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("B", "k", v2, n2)
    try:
        return all(
            _seen(_ended(name, one, two)) == _seen(_ended(name, two, one)) for name in OBSERVERS
        )
    except RAISED:
        return True


def loser_stays_out(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("B", "k", v2, n2)
    try:
        return all(
            _seen(_ended(name, *order)) == _seen(_ended(name, *order, order[0]))
            for name in OBSERVERS
            for order in ((one, two), (two, one))
        )
    except RAISED:
        return True


def newest_of_source(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 < n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("A", "k", v2, n2)
    wanted = tuple(getattr(two, name) for name in OBSERVE)
    try:
        return all(
            _seen(_ended(name, one, two)) == wanted == _seen(_ended(name, two, one))
            for name in OBSERVERS
        )
    except RAISED:
        return True


LAWS: dict[str, Callable[..., bool]] = {
    "total": total,
    "replica-independent": replica_independent,
    "idempotent": idempotent,
    "commutative": commutative,
    "loser-stays-out": loser_stays_out,
    "newest-of-source": newest_of_source,
}
"""The laws that CrossHair is asked, by name."""
