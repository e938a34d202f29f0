"""Messages of the core and objects of the adapter protocol, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checker.conformance.values import NESTING_MAX, Undefined
from scuttle_ref.messages import Message, Update
from scuttle_ref.names import NEVER, Mark
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


def message_of(document: Any, dialect: Dialect = DOCUMENTED_DIALECT) -> Message:
    """The message that an object or a line stands for. Raises InvalidMessage. Spec: ADP-9."""
    if isinstance(document, str):
        return message_from_line(document, dialect)
    return message_from_json(document, dialect)


def members_of(message: Message, dialect: Dialect) -> frozenset[str]:
    """The members that the object of a message has, neither more nor fewer. Spec: WIRE-1."""
    return frozenset(message_to_json(message, dialect))


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
