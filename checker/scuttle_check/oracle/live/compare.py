"""What a step may send and show, compared with what it sent and showed.

Laws of this file: pure; a difference says where it is, what was expected, what came, and which
decision points of the protocol could be behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from attrs import field, frozen

from scuttle_check.oracle.wire import mark_value, object_of, plain, told
from scuttle_ref.messages import Digest, DigestDone, Message, Update
from scuttle_ref.names import NEVER, thawed_value
from scuttle_ref.state import NodeState


@frozen
class Difference:
    """Something that is not as the profile says.

    `points` are decision points that could be behind it, likeliest first; `clause` is given where
    the difference itself names the clause.
    """

    path: str
    expected: Any
    got: Any
    points: tuple[str, ...] = ()
    clause: str = ""
    note: str = field(default="")

    def __str__(self) -> str:
        wanted, came = _short(self.expected), _short(self.got)
        if wanted == came:
            wanted, came = _short(repr(self.expected)), _short(repr(self.got))
        said = f"{self.path}: expected {wanted}, got {came}"
        return f"{said} ({self.note})" if self.note else said


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004 - two lines


def _updates(messages: Sequence[Message]) -> list[Update]:
    return [message for message in messages if isinstance(message, Update)]


def _by_source(updates: Sequence[Update]) -> dict[str, list[Update]]:
    groups: dict[str, list[Update]] = {}
    for update in updates:
        groups.setdefault(update.source_id, []).append(update)
    return groups


def sent_difference(
    expected: Sequence[Message],
    whole: Sequence[Message],
    got: Sequence[Message],
    *,
    exact: bool,
    may_cut: bool,
) -> Difference | None:
    """How the messages to one peer differ from the expected ones, or None.

    `whole` is what would have been sent without a limit. Updates are a multiset, ordered per
    source; digest lines may stand in any order, with done behind them. If `exact`, updates stand
    in the order of the profile, before the digest, and a shorter cut keeps that order.
    If `may_cut`, any cut at or below the limit is followed that takes each source from its lowest
    version.

    Spec: ORA-5, ORA-6.
    """
    shown = [_shown(message) for message in got]
    wanted = [_shown(message) for message in expected]
    lines = _lines_difference(expected, got)
    if lines is not None:
        return Difference("$.out", wanted, shown, *lines)
    ours, full, theirs = _updates(expected), _updates(whole), _updates(got)
    if exact:
        cut = may_cut and _is_cut(ours, full, theirs) and theirs == _in_order(full, theirs)
        if (ours == theirs or cut) and _kinds(expected) == _kinds(got):
            return None
    elif _same(ours, theirs) or (may_cut and _is_cut(ours, full, theirs)):
        return None
    note, points = _blame(ours, full, theirs)
    return Difference("$.out", wanted, shown, points, "", note)


def _kinds(messages: Sequence[Message]) -> list[bool]:
    """Where updates stand among the others, however many they are."""
    return [is_update for is_update, _ in groupby(messages, lambda m: isinstance(m, Update))]


def _in_order(whole: Sequence[Update], some: Sequence[Update]) -> list[Update]:
    """Some updates in the order in which they stand in the whole answer."""
    return [update for update in whole if update in some]


def _same(ours: Sequence[Update], theirs: Sequence[Update]) -> bool:
    return _by_source(ours) == _by_source(theirs)


def _is_cut(ours: Sequence[Update], full: Sequence[Update], theirs: Sequence[Update]) -> bool:
    """Whether `theirs` is a cut of `full` that is no longer than the one of the profile."""
    if len(full) == len(ours) or not 0 < len(theirs) <= len(ours):
        return False
    whole = _by_source(full)
    for source, updates in _by_source(theirs).items():
        lowest = sorted(update.version for update in whole.get(source, []))[: len(updates)]
        kept = [update for update in whole.get(source, []) if update.version in lowest]
        if kept != updates:
            return False
    return True


def _blame(
    ours: Sequence[Update], full: Sequence[Update], theirs: Sequence[Update]
) -> tuple[str, tuple[str, ...]]:
    """A word on the difference, and the decision points that may be behind it."""
    extra = Counter(theirs) - Counter(full)
    if extra:
        return f"not to be sent: {_list(extra)}", ("answer", "fill", "mention", "session", "retain")
    if len(theirs) > len(ours):
        return f"{len(theirs)} updates, at most {len(ours)} allowed", ("pace", "fill", "answer")
    if Counter(ours) == Counter(theirs):
        return "the updates stand in another order", ("fill", "answer", "retain", "pace")
    missing = Counter(ours) - Counter(theirs)
    if len(full) > len(ours) and len(theirs) == len(ours):
        return f"another cut; missing {_list(missing)}", ("pace", "fill")
    return f"missing: {_list(missing)}", ("fill", "answer", "pace", "mention", "retain")


def _list(updates: Mapping[Update, int]) -> str:
    return ", ".join(told(update) for update in updates)


def _lines_difference(
    expected: Sequence[Message], got: Sequence[Message]
) -> tuple[tuple[str, ...], str, str] | None:
    """Points, clause and note of a difference between digests."""
    ours = Counter(message for message in expected if isinstance(message, Digest))
    theirs = Counter(message for message in got if isinstance(message, Digest))
    done = [message for message in expected if isinstance(message, DigestDone)]
    their_done = [message for message in got if isinstance(message, DigestDone)]
    if ours != theirs:
        named, their_named = {d.source_id for d in ours}, {d.source_id for d in theirs}
        if named == their_named:
            return ("witness", "advertise", "stamp", "close"), "", "the marks differ"
        return ("advertise", "close", "enlist", "witness"), "", "the sources differ"
    if done != their_done:
        return ("advertise", "close"), "", "done is missing, or not wanted"
    ends = [at for at, message in enumerate(got) if isinstance(message, DigestDone)]
    late = any(isinstance(message, Digest) for message in got[ends[0] :]) if ends else False
    if late and len(ends) == 1:
        return ("advertise", "close"), "EXCH-2", "a digest line stands behind done"
    return None


def _shown(message: Message) -> str:
    return told(message)


def state_difference(
    state: NodeState, answer: Mapping[str, Any], exposes: frozenset[str]
) -> Difference | None:
    """How what a node shows of itself differs from `state`; parts it does not show are skipped.

    Spec: ORA-5.
    """
    if "state" in answer and "state" in exposes:
        found = _store_difference(state, answer["state"])
        if found is not None:
            return found
    if "clock" in answer and "clock" in exposes:
        ours = {source: mark_value(mark) for source, mark in state.clock.pairs if mark > 0}
        got = answer["clock"]
        theirs = _marks(got)
        if ours != theirs:
            return Difference("$.clock", ours, got, ("witness", "advertise", "stamp"))
    if "history" in answer and "history" in exposes:
        wanted = [object_of(update) for update in state.history.updates]
        if not same(wanted, answer["history"]):
            return Difference("$.history", wanted, plain(answer["history"]), ("retain", "admit"))
    if "version" in answer and "version" in exposes and not same(state.version, answer["version"]):
        return Difference("$.version", state.version, plain(answer["version"]), (), "VERS-7")
    return None


def _marks(got: Any) -> Any:
    """A clock without the entries that say nothing."""
    if not isinstance(got, Mapping):
        return got
    return {
        source: mark
        for source, mark in got.items()
        if not (type(mark) in {int, float} and mark in {0, NEVER}) and mark is not None
    }


def _store_difference(state: NodeState, got: Any) -> Difference | None:
    wanted: dict[str, Any] = {}
    deep = 1
    for place, entry in state.store:
        deep = len(place)
        inner = wanted
        for name in place[:-1]:
            inner = inner.setdefault(name, {})
        inner[place[-1]] = {
            "value": thawed_value(entry.value),
            "version": mark_value(entry.version),
            "source_id": entry.source_id,
        }
    return subset_difference("$.state", wanted, got, deep)


def subset_difference(path: str, wanted: Any, got: Any, depth: int) -> Difference | None:
    """The first entry that differs. The names of the first `depth` layers must be the same."""
    points = ("prefer", "place", "admit")
    if not isinstance(got, Mapping):
        return Difference(path, wanted, plain(got), points)
    if depth == 0:
        return entry_difference(path, wanted, got)
    for name in sorted({*wanted, *got}):
        if name not in got:
            return Difference(f"{path}.{name}", wanted[name], "nothing", points)
        if name not in wanted:
            if got[name] in ({}, None):
                continue
            return Difference(f"{path}.{name}", "nothing", plain(got[name]), points)
        found = subset_difference(f"{path}.{name}", wanted[name], got[name], depth - 1)
        if found is not None:
            return found
    return None


def entry_difference(path: str, wanted: Mapping[str, Any], got: Any) -> Difference | None:
    """How an entry differs; version and source are compared where they are shown."""
    if not isinstance(got, Mapping) or "value" not in got:
        return Difference(path, dict(wanted), plain(got), ("prefer", "place"))
    for name in ("value", "version", "source_id"):
        if name in got and name in wanted and not same(wanted[name], got[name]):
            points = ("stamp", "prefer") if name == "version" else ("prefer", "place", "admit")
            return Difference(f"{path}.{name}", wanted[name], plain(got[name]), points)
    return None


def same(one: Any, other: Any) -> bool:
    """Equality of JSON: true is not 1, and 1.0 is 1. Nothing is built where the types agree."""
    kind = type(one)
    if kind is type(other):
        if kind is str or kind is int or kind is bool or one is None:
            return bool(one == other)
        if kind is dict:
            return len(one) == len(other) and all(
                name in other and same(item, other[name]) for name, item in one.items()
            )
        if kind is list:
            return len(one) == len(other) and all(map(same, one, other))
    return bool(exactly(plain(one)) == exactly(plain(other)))


def exactly(value: Any) -> Any:
    """A stand-in by which JSON values compare."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, Mapping):
        return ("object", tuple(sorted((name, exactly(item)) for name, item in value.items())))
    return ("list", tuple(exactly(item) for item in value))
