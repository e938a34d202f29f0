"""Resolvers of the fragment, and beyond it: what the translation is held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scuttle_ref import lww_total, max_value
from scuttle_ref.order import by_value

LIMIT = 5
WORDS = ("a", "b")
HALF = 0.5


def newest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return (update.version, update.source_id) > (stored.version, stored.source_id)


def largest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if stored.value is None:
        return True
    mine = (update.value, update.version, update.source_id)
    return mine > (stored.value, stored.version, stored.source_id)


def by_order(gossip: Any, update: Any) -> bool:
    order = gossip.sort(update.value, gossip.get(update.key).value)
    return order > 0 or (order == 0 and newest(gossip, update))


def own_first(gossip: Any, update: Any) -> bool:
    if update.source_id == gossip.id:
        return True
    return update.version > gossip.get(update.key).version


def admin(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one, other = update.source_id == "admin", stored.source_id == "admin"
    if one != other:
        return one
    return newest(gossip, update)


def counting(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if stored.value is None:
        return True
    left = (update.value - stored.value) % 3
    return left == 1 or (left == 0 and update.value // 2 > -stored.value * 2)


def raising(gossip: Any, update: Any) -> bool:
    return bool(update.value > gossip.get(update.key).value)


def guarded(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    whole = isinstance(update.value, int) and isinstance(stored.value, int)
    if whole and not isinstance(update.value, bool):
        return bool(update.value > stored.value) or update.value == LIMIT
    return newest(gossip, update)


def words(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return update.value in WORDS and stored.value not in ("b", 1, None)


def truths(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if update.value is True or stored.value is False:
        return update.value == 1
    return not (update.value != stored.value)  # noqa: SIM202 - two operators


def no_bool(gossip: Any, update: Any) -> Any:
    return 1 if update.version > gossip.get(update.key).version else 0


def halves(gossip: Any, update: Any) -> bool:  # noqa: ARG001 - what resolvers are given
    return isinstance(update.value, float) or update.value == HALF or update.version >= LIMIT


def with_default(gossip: Any, update: Any, floor: int = 2) -> bool:
    return bool(update.version >= floor) and newest(gossip, update)


def limited(limit: int) -> Callable[[Any, Any], bool]:
    def below(gossip: Any, update: Any) -> bool:
        return update.version < limit and newest(gossip, update)

    return below


below_three = limited(3)

FRAGMENT = (
    *(newest, largest, by_order, own_first, admin, counting, raising, guarded, words, truths),
    *(no_bool, halves, with_default, below_three, lww_total, max_value),
)


def reads_clock(gossip: Any, update: Any) -> bool:
    return bool(update.version > gossip.clock.get(update.source_id))


def other_key(gossip: Any, update: Any) -> bool:
    return gossip.get("mode").value != "frozen" and newest(gossip, update)


def lengths(gossip: Any, update: Any) -> bool:
    return len(update.value) > 3 and newest(gossip, update)


def looping(gossip: Any, update: Any) -> bool:
    for _ in range(3):
        pass
    return newest(gossip, update)


def keyed(gossip: Any, update: Any) -> bool:
    return by_value(update.key, update.value) > 0 and newest(gossip, update)


KNOWN: list[str] = []


def in_list(gossip: Any, update: Any) -> bool:
    return update.source_id in KNOWN and newest(gossip, update)


BEYOND = {
    reads_clock: "reads the clock of the replica",
    other_key: "reads another key than that of the update",
    lengths: "calls len",
    looping: "has a for statement",
    in_list: "looks for something in what is no constant",
}
