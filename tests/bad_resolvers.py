"""Resolvers that people could have written: bad ones, with the law that each breaks, and good."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import random
import time
from typing import Any

from attrs import frozen


def newest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return (update.version, update.source_id) > (stored.version, stored.source_id)


# --- it depends on the time, on chance, or on what was asked before -------------------------------


def by_the_second(_gossip: Any, _update: Any) -> bool:
    return int(time.time()) % 2 == 0


def until_some_day(gossip: Any, update: Any) -> bool:
    return time.time() < 1_000_000_000 or newest(gossip, update)


def in_the_morning(gossip: Any, update: Any) -> bool:
    return dt.datetime.now().hour < 12 and newest(gossip, update)  # noqa: DTZ005


def tossed(_gossip: Any, _update: Any) -> bool:
    return random.random() < 0.5  # noqa: S311


def seldom_wrong(gossip: Any, update: Any) -> bool:
    return newest(gossip, update) and random.random() > 0.01  # noqa: S311


def from_the_system(_gossip: Any, _update: Any) -> bool:
    return os.urandom(1)[0] % 2 == 0


_calls = itertools.count()


def every_second_call(_gossip: Any, _update: Any) -> bool:
    return next(_calls) % 2 == 0


_seen: set[Any] = set()


def once_only(gossip: Any, update: Any) -> bool:
    key = (update.key, update.source_id, update.version)
    fresh = key not in _seen
    _seen.add(key)
    return fresh and newest(gossip, update)


def by_hash(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return (update.version, hash(update.source_id)) > (stored.version, hash(stored.source_id))


def rests_on_sundays(gossip: Any, update: Any) -> bool:
    return dt.datetime.now(dt.UTC).weekday() < 6 and newest(gossip, update)


_first: dict[str, bool] = {}


def asks_once_per_key(gossip: Any, update: Any) -> bool:
    return _first.setdefault(update.key, newest(gossip, update))


# --- it does not answer, or not with a bool -------------------------------------------------------


def compares_mixed(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return stored.value is None or update.value > stored.value


def fails_on_null(_gossip: Any, update: Any) -> bool:
    return update.value is not None or len(update.value) > 0


def fails_above_a_limit(gossip: Any, update: Any) -> bool:
    if type(update.value) is int and update.value >= 2**53:
        raise OverflowError
    return newest(gossip, update)


def fails_on_text(gossip: Any, update: Any) -> bool:
    if isinstance(update.value, str):
        update.value.missing()  # type: ignore[attr-defined]
    return newest(gossip, update)


def answers_one(gossip: Any, update: Any) -> Any:
    return 1 if newest(gossip, update) else 0


def answers_none(gossip: Any, update: Any) -> Any:
    return True if newest(gossip, update) else None


def looks_at_history(gossip: Any, update: Any) -> bool:
    return len(gossip.history) < 5 and newest(gossip, update)


def hangs(gossip: Any, update: Any) -> bool:
    while update.value is None:
        pass
    return newest(gossip, update)


def leaves(_gossip: Any, _update: Any) -> bool:
    raise SystemExit(0)


def ends_the_process(gossip: Any, update: Any) -> bool:
    if update.value == "b":
        os._exit(0)
    return newest(gossip, update)


def interrupts(gossip: Any, update: Any) -> bool:
    if update.value == "b":
        raise KeyboardInterrupt
    return newest(gossip, update)


# --- it changes what it was given -----------------------------------------------------------------


def stamps(gossip: Any, update: Any) -> bool:
    update.version += 1
    return newest(gossip, update)


def notes_on_the_gossip(gossip: Any, update: Any) -> bool:
    gossip.last = update
    return newest(gossip, update)


def writes_itself(gossip: Any, update: Any) -> bool:
    gossip.get(update.key).value = update.value
    return False


def by_force(gossip: Any, update: Any) -> bool:
    object.__setattr__(update, "value", "x")
    return newest(gossip, update)


def writes_into_the_state(gossip: Any, update: Any) -> bool:
    object.__setattr__(gossip.state, "version", update.version)
    return newest(gossip, update)


# --- it looks at what must not matter -------------------------------------------------------------


def ties_by_local_id(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if update.version == stored.version:
        return bool(update.source_id > gossip.id)
    return bool(update.version > stored.version)


def own_writes_only(gossip: Any, update: Any) -> bool:
    return bool(update.source_id == gossip.id)


def unless_locked(gossip: Any, update: Any) -> bool:
    return gossip.get("lock").value is None and newest(gossip, update)


def unless_frozen(gossip: Any, update: Any) -> bool:
    return gossip.get("mode").value != "frozen" and newest(gossip, update)


def above_the_clock(gossip: Any, update: Any) -> bool:
    return bool(update.version > gossip.clock.get(update.source_id))


# --- its choice depends on the order --------------------------------------------------------------


def latest_arrival(_gossip: Any, _update: Any) -> bool:
    return True


def first_arrival(gossip: Any, update: Any) -> bool:
    return not gossip.get(update.key).source_id


def version_without_ties(gossip: Any, update: Any) -> bool:
    return bool(update.version > gossip.get(update.key).version)


def version_or_equal(gossip: Any, update: Any) -> bool:
    return bool(update.version >= gossip.get(update.key).version)


def longest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return not stored.source_id or len(str(update.value)) > len(str(stored.value))


def delete_always(gossip: Any, update: Any) -> bool:
    return update.value == "DELETED" or newest(gossip, update)


_BEATS = {"rock": "scissors", "scissors": "paper", "paper": "rock"}


def rock_paper_scissors(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if stored.value in _BEATS and update.value in _BEATS and stored.value != update.value:
        return _BEATS[update.value] == stored.value
    if (stored.value in _BEATS) != (update.value in _BEATS):
        return update.value in _BEATS
    return newest(gossip, update)


def counts_in_halves(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one, two = (stored.version // 2, stored.source_id), (update.version // 2, update.source_id)
    return not stored.source_id or two > one


def ignores_case(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one = (stored.version, stored.source_id.lower())
    return (update.version, update.source_id.lower()) > one


def near_ones_by_value(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if not stored.source_id or abs(update.version - stored.version) > 1:
        return newest(gossip, update)
    one, two = (str(stored.value), stored.version), (str(update.value), update.version)
    return (*two, update.source_id) > (*one, stored.source_id)


def seen_is_taken(gossip: Any, update: Any) -> bool:
    return gossip.clock.get(update.source_id) >= update.version or newest(gossip, update)


def own_first(gossip: Any, update: Any) -> bool:
    return update.source_id == gossip.id or newest(gossip, update)


def versions_as_text(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one, two = (str(stored.version), stored.source_id), (str(update.version), update.source_id)
    return not stored.source_id or two > one


def oldest_of_a_source(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if stored.source_id == update.source_id:
        return bool(update.version < stored.version)
    return bool(update.source_id > stored.source_id)


BAD: dict[Any, tuple[str, int]] = {
    by_the_second: ("deterministic", 1),
    rests_on_sundays: ("deterministic", 1),
    until_some_day: ("deterministic", 2),
    in_the_morning: ("deterministic", 1),
    tossed: ("deterministic", 1),
    seldom_wrong: ("deterministic", 2),
    from_the_system: ("deterministic", 1),
    every_second_call: ("deterministic", 1),
    once_only: ("deterministic", 2),
    compares_mixed: ("total", 2),
    fails_on_null: ("total", 1),
    fails_above_a_limit: ("total", 1),
    fails_on_text: ("total", 1),
    answers_one: ("total", 1),
    answers_none: ("total", 2),
    looks_at_history: ("total", 1),
    hangs: ("total", 1),
    leaves: ("total", 1),
    ends_the_process: ("total", 1),
    interrupts: ("total", 1),
    stamps: ("pure", 1),
    notes_on_the_gossip: ("pure", 1),
    writes_itself: ("pure", 1),
    by_force: ("pure", 1),
    writes_into_the_state: ("pure", 1),
    ties_by_local_id: ("replica-independent", 2),
    own_writes_only: ("replica-independent", 1),
    unless_locked: ("local", 2),
    unless_frozen: ("local", 2),
    above_the_clock: ("commutative", 2),
    latest_arrival: ("commutative", 2),
    first_arrival: ("order-insensitive", 2),
    version_without_ties: ("commutative", 2),
    version_or_equal: ("loser-stays-out", 2),
    longest: ("commutative", 2),
    delete_always: ("commutative", 2),
    rock_paper_scissors: ("selection-order", 3),
    near_ones_by_value: ("selection-order", 3),
    counts_in_halves: ("commutative", 2),
    ignores_case: ("commutative", 2),
    versions_as_text: ("newest-of-source", 2),
    seen_is_taken: ("idempotent", 2),
    own_first: ("compaction-safe", 2),
    oldest_of_a_source: ("newest-of-source", 2),
}
"""The law that each breaks, and how many updates show it at most."""


@frozen
class Good:
    """A good resolver, what its keys hold, and what must be equal."""

    resolver: Any
    values: str = "json"
    observe: tuple[str, ...] = ("value", "version")


def largest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one, two = (repr(stored.value), stored.version), (repr(update.value), update.version)
    return not stored.source_id or (*two, update.source_id) > (*one, stored.source_id)


def smallest(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one, two = (repr(stored.value), stored.version), (repr(update.value), update.version)
    return not stored.source_id or (*two, update.source_id) < (*one, stored.source_id)


def by_digest(gossip: Any, update: Any) -> bool:
    def place(of: Any) -> str:
        return hashlib.sha256(f"{of.source_id}/{of.version}".encode()).hexdigest()

    stored = gossip.get(update.key)
    return not stored.source_id or place(update) > place(stored)


def even_before_odd(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    one = (stored.version % 2 == 0, stored.version, stored.source_id)
    return not stored.source_id or (update.version % 2 == 0, update.version, update.source_id) > one


def largest_set(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key).value
    mine = (len(update.value), sorted(update.value))
    return stored is None or mine > (len(stored), sorted(stored))


def largest_number(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    return stored.value is None or update.value > stored.value


_PRIORITY = {"A": 1, "B": 3, "C": 2}


def by_priority(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    mine = (_PRIORITY.get(update.source_id, 0), update.version, update.source_id)
    nobody = 0 if stored.source_id else -1
    return mine > (_PRIORITY.get(stored.source_id, nobody), stored.version, stored.source_id)


def deletion_wins(gossip: Any, update: Any) -> bool:
    stored = gossip.get(update.key)
    if not stored.source_id:
        return True
    mine = (update.value is None, update.version, update.source_id)
    return mine > (stored.value is None, stored.version, stored.source_id)


def valid_only(gossip: Any, update: Any) -> bool:
    return update.value is not None and newest(gossip, update)


def with_a_log(gossip: Any, update: Any) -> bool:
    time.time()
    random.random()  # noqa: S311
    return newest(gossip, update)


GOOD = (
    Good(newest),
    Good(largest),
    Good(smallest),
    Good(by_digest),
    Good(even_before_odd),
    Good(largest_set, "sets", ("value",)),
    Good(largest_number, "integers", ("value",)),
    Good(by_priority),
    Good(deletion_wins),
    Good(valid_only),
    Good(with_a_log),
)
