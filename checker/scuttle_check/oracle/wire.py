"""Messages of the core and objects of the adapter protocol, both ways.

Values of the adapter protocol: JSON, and what JSON has no word for.

Laws of this file: pure; what is encoded decodes to itself; text that is no strict JSON, such as
NaN, is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from scuttle_check.gossip.script import value_text
from scuttle_ref.messages import Message, Update
from scuttle_ref.names import NEVER, Mark, one_line, stamped
from scuttle_ref.wire import (
    DOCUMENTED_DIALECT,
    Dialect,
    line_from_message,
    message_from_json,
    message_from_line,
    message_to_json,
)

INTEGER_MAX: Final = 2**53
"""Up to here a double counts by one; larger integers travel as text."""

NESTING_MAX: Final = 64
"""How deep a document may be nested. Deeper ones are refused, not walked."""

_NUMBERS: Final = {
    "-Infinity": -math.inf,
    "Infinity": math.inf,
    "NaN": math.nan,
    "-0": -0.0,
}


OBJECT: Final = "$object"
"""Its one member is an object that would otherwise be taken for one of these words."""

_WORDS: Final = frozenset({"$num", "$int", "$undef", OBJECT})


class Undefined:
    """What an implementation answers where it has nothing, not even null."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = Undefined()


def encoded(value: Any) -> Any:
    """`value` as plain JSON: special numbers and huge integers become objects.

    Spec: ADP-7.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    match value:
        case Undefined():
            return {"$undef": True}
        case bool() | str() | None:
            return value
        case int():
            return value if abs(value) <= INTEGER_MAX else {"$int": str(value)}
        case float():
            return _encoded_float(value)
        case Mapping():
            inside = {str(name): encoded(item) for name, item in value.items()}
            return {OBJECT: inside} if len(inside) == 1 and inside.keys() <= _WORDS else inside
        case list() | tuple():
            return [encoded(item) for item in value]
        case _:
            return str(value)


def _encoded_float(value: float) -> Any:
    if math.isnan(value):
        return {"$num": "NaN"}
    if math.isinf(value):
        return {"$num": "Infinity" if value > 0 else "-Infinity"}
    negative_zero = value == 0 and math.copysign(1, value) < 0
    return {"$num": "-0"} if negative_zero else value


def decoded(  # noqa: C901 - one case a kind, the frequent ones first
    value: Any, depth: int = NESTING_MAX
) -> Any:
    """The value that plain JSON stands for. Raises ValueError for what stands for nothing.

    A number without a fraction becomes an integer, because JSON does not tell 1.0 from 1.

    Spec: ADP-7.
    """
    if depth == 0:
        raise ValueError(f"is nested deeper than {NESTING_MAX}")
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict and len(value) != 1:
        below = depth - 1
        return {name: decoded(item, below) for name, item in value.items()}
    match value:
        case list():
            return [decoded(item, depth - 1) for item in value]
        case {"$num": number} if len(value) == 1:
            if number not in _NUMBERS:
                raise ValueError(f"$num is {str(number)[:40]!r}, not one of {', '.join(_NUMBERS)}")
            return _NUMBERS[number]
        case {"$int": digits} if len(value) == 1:
            return _decoded_int(digits)
        case {"$undef": True} if len(value) == 1:
            return UNDEFINED
        case {"$object": dict() as inside} if len(value) == 1:
            return {name: decoded(item, depth - 1) for name, item in inside.items()}
        case dict():
            return {name: decoded(item, depth - 1) for name, item in value.items()}
        case float() if value.is_integer() and abs(value) <= INTEGER_MAX:
            return int(value)
        case _:
            return value


def _decoded_int(digits: object) -> int:
    text = digits if isinstance(digits, str) else ""
    bare = text.removeprefix("-")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 400):  # noqa: PLR2004 - a bound
        raise ValueError("$int is no text of digits")
    return int(text)


def parse(line: bytes | str) -> Any:
    """One line of strict JSON, decoded. Raises ValueError with what is wrong.

    Spec: ADP-1, ADP-7.
    """
    try:
        return decoded(json.loads(line, parse_constant=_no_constant, parse_float=_finite))
    except RecursionError:
        raise ValueError(f"is nested deeper than {NESTING_MAX}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON; write {{'$num': '{name}'}}")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is beyond every double")
    return number


def line_of(document: Mapping[str, Any]) -> bytes:
    """One line of JSON in ASCII with its newline. Spec: ADP-1."""
    return (json.dumps(encoded(document), separators=(",", ":"), allow_nan=False) + "\n").encode()


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
        return stamped(f"{one_line(message.key)}={value}", message.source_id, message.version)
    return str(message)


def mark_value(mark: Mark) -> int | float:
    """A mark as a number: an integer, or an infinity."""
    return mark if mark in {NEVER, -NEVER} else int(mark)


def update_object(update: Update) -> dict[str, Any]:
    """The object of an update."""
    return object_of(update)


def plain(value: Any, depth: int = NESTING_MAX) -> Any:
    """A value as it compares: lists for tuples, nothing for undefined."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, Undefined):
        return None
    if depth and isinstance(value, Mapping):
        return {name: plain(item, depth - 1) for name, item in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return value
