"""What a log tells of messages, and whether a message is what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from scuttle_check.oracle.logs.log import Event
from scuttle_check.oracle.logs.telling import normal, turned
from scuttle_check.oracle.vectors.matching import Mismatch, mismatch
from scuttle_ref.messages import Message, Update

Pattern: TypeAlias = Mapping[str, Any]

_NOTHING: Final[Pattern] = {}
_MISSING: Final = object()
_PLAIN: Final = frozenset({str, int, bool})


def differs(pattern: Pattern, message: Any) -> Mismatch | None:
    """The first way in which a message is not what the log says of one, seen from the log."""
    if fits(pattern, message):
        return None
    found = mismatch(pattern, message, "$.msg")
    return None if found is None else turned(found)


def fits(pattern: Pattern, message: Any) -> bool:
    """Whether a message is what the log says of one."""
    for name, wanted in pattern.items():
        got = message.get(name, _MISSING)
        kind = type(wanted)
        if kind is type(got) and kind in _PLAIN:
            if wanted != got:
                return False
        elif got is _MISSING or mismatch(wanted, got) is not None:
            return False
    return True


def pattern_of(event: Event) -> Pattern:
    """What an event tells of its message; nothing if it tells nothing."""
    said = event.members.get("msg")
    if said is None:
        return _NOTHING
    return normal(said) if "digest" in said else said


def updates_in(event: Event, key: str) -> Iterator[Pattern]:
    """What an event tells of the updates of a key."""
    members = event.members
    if "msg" in members and members["msg"].get("key") == key:
        yield members["msg"]
    if "update" in members and members["update"].get("key") == key:
        yield members["update"]
    held = members.get("state", {}).get(key)
    if isinstance(held, Mapping) and "version" in held:
        yield {"key": key, **held}


def of_digest(message: Message) -> bool:
    """Whether a message is a line of a digest, or the end of one."""
    return not isinstance(message, Update)


def may_be_digest(pattern: Pattern) -> bool:
    """Whether what the log tells of a message fits the line of some digest."""
    return pattern.get("digest", True) is True and "key" not in pattern and "value" not in pattern


def depth(found: Mismatch) -> int:
    """How near a message was to what the log tells: a deeper path is nearer."""
    return found.path.count(".")
