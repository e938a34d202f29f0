"""Scenes in which real implementations have been seen to lose or disagree: tried first of all.

Laws of this file: data; a scene holds only faults that the contract of the profile allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.conformance.contract import Contract
from checker.conformance.scene import (
    Again,
    Converse,
    Cut,
    Deliver,
    Lose,
    Operation,
    Put,
    Scene,
    Setting,
    Start,
)
from scuttle_ref.names import UNBOUNDED

DIGEST_LINES = 4
"""More messages than the digest of a node that knows three sources."""


def classic_scenes(resolver: str | None, contract: Contract, *, timed: bool) -> Iterator[Scene]:
    """Ties, local writes against heard ones, long absences, and links that fail. Spec: ORA-14."""

    def put(node: str, key: str, value: object, at: int = 1) -> Operation:
        return Put(node, key, value, at if timed else None)

    def many(node: str, count: int) -> list[Operation]:
        return [put(node, f"k{at}", at, at) for at in range(1, count + 1)]

    everything = Setting(UNBOUNDED, UNBOUNDED, resolve=resolver)
    plain = Setting(resolve=resolver)
    narrow = Setting(1, UNBOUNDED, resolve=resolver)
    comes = Deliver("A", "B")
    answered: list[Operation] = [Start("B", "A"), *[Deliver("B", "A")] * DIGEST_LINES]
    told: list[tuple[Setting, Sequence[Operation]]] = [
        (plain, [put("A", "k", 1), put("B", "k", 2)]),
        (plain, [put("B", "k", 1), Converse("A", "B"), put("A", "k", 2), put("C", "k", 3)]),
        (plain, [put("A", "k", 1), Converse("B", "A"), put("B", "k", None, 2)]),
        (plain, [put("A", "k", 1), put("A", "k", 1, 2), put("B", "k", 1), Converse("B", "A")]),
        (plain, [put("A", "k", [1, {"a": None}]), put("B", "j", "x" * 20_000)]),
        (plain, [put("A", "once", 0), Converse("B", "A"), *many("A", 12), Converse("B", "A")]),
        (everything, [*many("A", 14), *many("B", 14)]),
        (narrow, [*many("A", 6), Converse("B", "A"), *many("C", 4)]),
        (everything, [*many("A", 4), *answered, comes, Cut("A", "B")]),
    ]
    if contract.duplicates:
        late = [*many("A", 3), *answered, comes, comes, comes, Again("A", "B")]
        newer = [put("A", "k1", "new", 9), Converse("B", "A"), Again("A", "B")]
        told.append((everything, [*late, *newer]))
    if contract.overtakes:
        told.append((everything, [*many("A", 3), *answered, Deliver("A", "B", 1)]))
    if contract.loses:
        told.append((everything, [*many("A", 3), *answered, Lose("A", "B"), comes]))
    for setting, operations in told:
        yield Scene(setting, tuple(operations))
