"""Total orders: on updates, on values, and on the deltas of one answer (paper).

Laws of this file: every order is a pure function; a comparator returns a negative number when
its first argument comes first, as ``config.sort`` of the README does.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from scuttle_ref.messages import Delta, Update
from scuttle_ref.names import NodeId, Value, Version, frozen_value

Comparator: TypeAlias = Callable[[Any, Any], float]
"""Negative: the first comes first. Positive or zero: it does not."""

DeltaOrder: TypeAlias = Callable[[Delta], Delta]
"""The order in which an answer that may be cut is sent (paper)."""


replay_key: Callable[[Update], tuple[Version, NodeId]] = attrgetter("version", "source_id")
"""The place of an update in the replay order: by version, ties by source."""


def by_version_and_source(one: Update, other: Update) -> int:
    """The README's default ``sort``: the lower version first, ties by source id.

    It never returns 0, as in the library; a newcomer goes after its equals.

    Spec: HIST-2.
    """
    return -1 if replay_key(one) < replay_key(other) else 1


def by_arrival(_one: Update, _other: Update) -> int:
    """No order: every update stays where it arrived (``sort`` left out)."""
    return 0


_RANKS: dict[type, int] = {type(None): 0, bool: 1, int: 2, float: 2, str: 3, tuple: 4}
_RANK_OF_THE_REST = 5


def _value_key(value: Value) -> tuple[int, Any, str]:
    kind = type(value)
    rank = _RANKS.get(kind, _RANK_OF_THE_REST)
    if kind is tuple:
        return (rank, tuple(_value_key(item) for item in value), "")  # type: ignore[attr-defined]
    if rank == _RANK_OF_THE_REST:
        return (rank, repr(value), kind.__name__)
    return (rank, value, "")


def by_value(one: Value, other: Value) -> int:
    """A total order on values: null, booleans, numbers, strings, lists, the rest by ``repr``.

    Spec: RES-1.
    """
    first, second = _value_key(frozen_value(one)), _value_key(frozen_value(other))
    return (first > second) - (first < second)


def ascending(delta: Delta) -> Delta:
    """The same answer, with the updates of each source in the order of their versions.

    Sources keep the places that they have. So whatever part of the answer arrives, nothing that is
    still missing lies below a version that has come.

    Spec: FLOW-2.
    """
    highest: dict[NodeId, Version] = {}
    for update in delta:
        if highest.get(update.source_id, 0) > update.version:
            break
        highest[update.source_id] = update.version
    else:
        return delta
    turns = {group[0].source_id: iter(group) for group in _per_source(delta)}
    return tuple(next(turns[update.source_id]) for update in delta)


def _per_source(delta: Delta) -> list[list[Update]]:
    """The updates of each source in version order; sources sorted by id."""
    ordered = sorted(delta, key=lambda update: (update.source_id, update.version))
    return [list(group) for _, group in groupby(ordered, key=lambda update: update.source_id)]


def scuttle_depth(delta: Delta) -> Delta:
    """The source with most updates to send goes first, whole; ties by source id (paper, 3.3).

    Spec: PAPER-5.
    """
    groups = sorted(_per_source(delta), key=len, reverse=True)
    return tuple(update for group in groups for update in group)


def scuttle_breadth(delta: Delta) -> Delta:
    """The first update of every source, then the second of every source, ... (paper, 3.3).

    Spec: PAPER-6.
    """
    ranked = [(rank, update) for group in _per_source(delta) for rank, update in enumerate(group)]
    ranked.sort(key=lambda pair: (pair[0], pair[1].source_id))
    return tuple(update for _, update in ranked)
