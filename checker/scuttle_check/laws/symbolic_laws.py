"""Statements about a resolver as contracts for CrossHair, which runs its code on symbols.

Laws of this file: each function says one thing of two or three updates, with a precondition on
versions and the postcondition that it returns True. CrossHair reads both in the docstring. Nothing
is caught: where the resolver raises, or looks at more than the stored entry, no contract holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from attrs import define

from scuttle_ref.entries import ABSENT, Entry
from scuttle_ref.messages import Update
from scuttle_ref.order import by_value

RESOLVER: list[Callable[[Any, Any], Any]] = []
"""The one resolver under analysis. CrossHair calls the contracts with values only."""

WRITERS = ("A", "B", "C")
OBSERVERS = ("Z", "0")
"""Replicas that write nothing, above and below the writers."""


class LooksElsewhere(Exception):
    """The resolver looks at more than the stored entry of the key of the update."""


@define
class Replica:
    """As much of a replica as a resolver may look at here."""

    id: str
    held: Entry = ABSENT

    @property
    def clock(self) -> Any:
        """Which other keys move, too."""
        raise LooksElsewhere("the clock")

    @property
    def sort(self) -> Callable[[Any, Any], float]:
        """The order on values."""
        return by_value

    def get(self, name: str) -> Entry:
        """The entry of the one key there is."""
        if name != "k":
            raise LooksElsewhere("another key")
        return self.held


def _says(replica: str, stored: Update | None, update: Update) -> bool:
    """What the resolver answers. Raises TypeError for what is no bool."""
    held = ABSENT if stored is None else Entry(stored.value, stored.version, stored.source_id)
    answer = RESOLVER[0](Replica(replica, held), update)
    if isinstance(answer, bool):
        return answer
    raise TypeError(f"answers with {type(answer).__name__}")


PATTERN: list[tuple[str, ...]] = []
"""The sources of the updates: one pattern at a time, so that paths do not multiply."""


def patterns(count: int) -> list[tuple[str, ...]]:
    """The sources that so many updates may have, in every order, some of them the same."""
    return [each for each in product(WRITERS[:count], repeat=count) if _first_letters(each)]


def _first_letters(sources: tuple[str, ...]) -> bool:
    """All orders of distinct sources; of two that are the same, A and B alone."""
    return len(set(sources)) == len(sources) or "C" not in sources


def together(*parts: tuple[Any, int]) -> Iterator[tuple[Update, ...]]:
    """Updates of these values and versions; none where two would be one."""
    sources = PATTERN[0]
    updates = tuple(
        Update(source, "k", value, number)
        for source, (value, number) in zip(sources, parts, strict=True)
    )
    for at, one in enumerate(updates):
        for other in updates[:at]:
            if one.source_id == other.source_id and one.version == other.version:
                return
    yield updates


def total(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    for one, two in together((v1, n1), (v2, n2)):
        _says("Z", None, one)
        _says("Z", one, two)
    return True


def replica_independent(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    for one, two in together((v1, n1), (v2, n2)):
        for replica in ("0", one.source_id, two.source_id):
            if _says(replica, None, one) != _says("Z", None, one):
                return False
            own = replica == two.source_id and two.version <= one.version
            if not own and _says(replica, one, two) != _says("Z", one, two):
                return False
    return True


def selection_order(  # noqa: PLR0913, PLR0917 - three updates
    v1: Any, n1: int, v2: Any, n2: int, v3: Any, n3: int
) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53 and 1 <= n3 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    for one, two, three in together((v1, n1), (v2, n2), (v3, n3)):
        if not all(_says("Z", None, each) for each in (one, two, three)):
            continue
        if _says("Z", one, two) == _says("Z", two, one):
            return False
        if _says("Z", one, two) and _says("Z", two, three) and _says("Z", three, one):
            return False
    return True


def commutative(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 <= 2**53 and 1 <= n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    for one, two in together((v1, n1), (v2, n2)):
        refused = not _says("Z", None, one) and _says("Z", None, two)
        if refused and _says("Z", two, one):
            return False
    return True


def newest_of_source(v1: Any, n1: int, v2: Any, n2: int) -> bool:
    """
    pre: 1 <= n1 < n2 <= 2**53
    post: _
    """  # noqa: D205, D212 - CrossHair reads it
    one, two = Update("A", "k", v1, n1), Update("A", "k", v2, n2)
    return _says("Z", None, two) and _says("Z", one, two) and not _says("Z", two, one)


SAME = {"newest-of-source"}
"""What is asked of two updates of one source, whatever the pattern."""


LAWS: dict[str, Callable[..., bool]] = {
    "total": total,
    "replica-independent": replica_independent,
    "selection-order": selection_order,
    "commutative": commutative,
    "newest-of-source": newest_of_source,
}
"""What CrossHair is asked, by the name of the law."""
