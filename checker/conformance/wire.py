"""Messages of the core and objects of the adapter protocol, both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from checker.conformance.values import NESTING_MAX, Undefined
from checker.scuttlebutt.script import value_text
from scuttle_ref.messages import Message, Update
from scuttle_ref.names import NEVER, Mark, one_line
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    Dialect,
    line_from_message,
    message_from_json,
    message_from_line,
    message_to_json,
)


def object_of(message: Message, dialect: Dialect = DOCUMENTED_DIALECT) -> dict[str, Any]:
    """The object that stands for a message; bottom is the number, not its text. Spec: ADP-7."""
    document = message_to_json(message, dialect)
    if document.get("version") == "-Infinity":
        document["version"] = NEVER
    return document


def wire_form(message: Message, dialect: Dialect, *, lines: bool) -> Any:
    """A message as an object, or as the line that goes over the wire. Spec: ADP-9."""
    return line_from_message(message, dialect) if lines else object_of(message, dialect)


MEMBERS: Final = frozenset(
    {"key", "value", "source_id", "id", "version", "digest", "done", "returned"}
)
"""Every member that some message has, in some spelling."""


def with_extra(written: Any, said: Any) -> Any:
    """A message as it is written, with the members of `said` that no message has. Spec: WIRE-1."""
    extra = {name: said[name] for name in said if name not in MEMBERS}
    if not extra:
        return written
    if isinstance(written, str):
        line = {**json.loads(written), **extra}
        return json.dumps(line) + written[len(written.rstrip()) :]
    return {**written, **extra}


def message_of(document: Any, dialect: Dialect = DOCUMENTED_DIALECT) -> Message:
    """The message that an object or a line stands for. Raises InvalidMessage. Spec: ADP-9."""
    if isinstance(document, str):
        return message_from_line(document, dialect)
    return message_from_json(document, dialect)


def members_of(message: Message, dialect: Dialect) -> frozenset[str]:
    """The members that the object of a message has, neither more nor fewer. Spec: WIRE-1."""
    return frozenset(message_to_json(message, dialect))


def told(message: object) -> str:
    """A message as people read it: an update with its value in JSON, if it is no plain word."""
    if isinstance(message, Update):
        value = value_text(message.value)
        source = one_line(message.source_id)
        return f"{one_line(message.key)}={value}@{source}{message.version}"
    return str(message)


def mark_value(mark: Mark) -> int | float:
    """A mark as a number: an integer, or an infinity."""
    return mark if mark in {NEVER, -NEVER} else int(mark)


def update_object(update: Update) -> dict[str, Any]:
    """The object of an update."""
    return object_of(update)


def plain(value: Any, depth: int = NESTING_MAX) -> Any:
    """A value as it compares: lists for tuples, nothing for undefined."""
    if isinstance(value, Undefined):
        return None
    if depth and isinstance(value, Mapping):
        return {name: plain(item, depth - 1) for name, item in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return value
