"""What a profile leaves open in an answer of updates, as patterns of vectors.

Laws of this file: pure; the answer of the reference always matches; no pattern takes an update that
the reference would not send.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, TypeAlias

from scuttle_ref.messages import Update

ORDERS_MAX: Final = 12
"""With more possible answers, all of them are taken in any order instead of each being listed."""

Answer: TypeAlias = tuple[Update, ...]


def orders(updates: Sequence[Update], *, limit: int = ORDERS_MAX) -> list[Answer] | None:
    """Every order that keeps the updates of each source in theirs; None if there are too many.

    Spec: ORA-5.
    """
    queues: dict[str, list[Update]] = {}
    for update in updates:
        queues.setdefault(update.source_id, []).append(update)
    found: list[Answer] = []
    for order in _merged(list(queues.values())):
        found.append(order)
        if len(found) > limit:
            return None
    return found


def _merged(queues: Sequence[Sequence[Update]]) -> Iterator[Answer]:
    if not any(queues):
        yield ()
        return
    for at, queue in enumerate(queues):
        if queue:
            rest = [*queues[:at], queue[1:], *queues[at + 1 :]]
            for after in _merged(rest):
                yield (queue[0], *after)


def cuts(sent: Sequence[Update], whole: Sequence[Update]) -> Iterator[Answer]:
    """Every cut of `whole` that is no longer than `sent` and takes each source from its lowest.

    Spec: ORA-6, FLOW-2.
    """
    queues: dict[str, list[Update]] = {}
    for update in whole:
        queues.setdefault(update.source_id, []).append(update)
    lowest = {name: sorted(each.version for each in queue) for name, queue in queues.items()}
    for counts in product(*(range(len(queue) + 1) for queue in queues.values())):
        if not 0 < sum(counts) <= len(sent):
            continue
        kept = {name: lowest[name][:count] for name, count in zip(queues, counts, strict=True)}
        yield tuple(each for each in whole if each.version in kept[each.source_id])
