"""JSON objects to messages and back.

The only module of the core that knows about JSON shapes. It turns text into values whose types
are right; whether the values are right is judged in :mod:`scuttle_ref.validity`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import NoReturn

from attrs import frozen

from scuttle_ref.errors import InvalidMessage, Refusal
from scuttle_ref.messages import Digest, DigestDone, Message, Update
from scuttle_ref.names import NEVER, Mark, frozen_value, thawed_value
from scuttle_ref.validity import message_refusal
from scuttle_ref.values import kind_of


@frozen
class Dialect:
    """How a family of implementations spells the source of a digest line. Spec: WIRE-2."""

    name: str
    digest_source: str


DOCUMENTED_DIALECT = Dialect("documented", digest_source="source_id")
"""As the README writes it. Spec: WIRE-2."""

SHIPPED_DIALECT = Dialect("shipped", digest_source="id")
"""As simple-scuttle 3.0.2 writes it. Spec: DEV-11."""


def mark_from_json(mark: object) -> object:
    """The mark a JSON value stands for; anything else is passed on to be judged. Spec: WIRE-3."""
    return NEVER if mark == "-Infinity" else mark


def mark_to_json(mark: Mark) -> int | str:
    """A mark as JSON. Spec: WIRE-3."""
    return "-Infinity" if mark == NEVER else int(mark)


def message_from_json(document: object, dialect: Dialect = DOCUMENTED_DIALECT) -> Message:
    """The message that a JSON object stands for.

    Raises InvalidMessage with the path of the fault, what was expected and the clause.

    Spec: WIRE-1, WIRE-2, ERR-2.
    """
    if not isinstance(document, Mapping):
        raise InvalidMessage(Refusal("$", f"is {kind_of(document)}", "an object", "ERR-2"))
    message = _shaped(document, dialect)
    refusal = message_refusal(message)
    if refusal is not None:
        name = dialect.digest_source if isinstance(message, Digest) else "source_id"
        field = name if refusal.path == "source_id" else refusal.path
        raise InvalidMessage(
            Refusal(f"$.{field}", refusal.problem, refusal.expected, refusal.clause)
        )
    return message


def _shaped(document: Mapping[str, object], dialect: Dialect) -> Message:
    """The message by its shape alone; its fields may hold anything."""
    if _says(document, "digest"):
        if _says(document, "done"):
            return DigestDone(returned=_says(document, "returned"))
        return Digest(
            source_id=_member(document, dialect.digest_source),  # type: ignore[arg-type]
            version=mark_from_json(_member(document, "version")),  # type: ignore[arg-type]
        )
    return Update(
        source_id=_member(document, "source_id"),  # type: ignore[arg-type]
        key=_member(document, "key"),  # type: ignore[arg-type]
        value=frozen_value(_member(document, "value")),
        version=_member(document, "version"),  # type: ignore[arg-type]
    )


def _says(document: Mapping[str, object], name: str) -> bool:
    """Whether a member says true; a member that is left out says false. Spec: WIRE-1."""
    said = document.get(name, False)
    if type(said) is not bool:
        problem = f"is {said[:30]!r}" if type(said) is str else f"is {kind_of(said)}"
        raise InvalidMessage(Refusal(f"$.{name}", problem, "true, or no such member", "WIRE-1"))
    return said


def _member(document: Mapping[str, object], name: str) -> object:
    if name not in document:
        raise InvalidMessage(Refusal(f"$.{name}", "is missing", "this member", "WIRE-1"))
    return document[name]


def message_to_json(message: Message, dialect: Dialect = DOCUMENTED_DIALECT) -> dict[str, object]:
    """The JSON object of a message. Spec: WIRE-1, WIRE-2, WIRE-3."""
    match message:
        case Update(source_id=source, key=key, value=value, version=version):
            shown = thawed_value(value)
            return {"key": key, "value": shown, "source_id": source, "version": version}
        case Digest(source_id=source, version=mark):
            return {"digest": True, dialect.digest_source: source, "version": mark_to_json(mark)}
        case DigestDone(returned=True):
            return {"digest": True, "done": True, "returned": True}
        case _:
            return {"digest": True, "done": True}


def message_from_line(line: str, dialect: Dialect = DOCUMENTED_DIALECT) -> Message:
    """The message of one line of newline-delimited JSON.

    Raises InvalidMessage.

    Spec: ERR-2.
    """
    return message_from_json(document_from_line(line), dialect)


def document_from_line(line: str) -> object:
    """The JSON value of one line.

    Raises InvalidMessage.

    Spec: ERR-2.
    """
    try:
        document = json_of(line)
    except NoDoubleError as fault:
        problem = f"holds {fault}, which is no number"
        raise InvalidMessage(Refusal("$", problem, "finite numbers", "MOD-3")) from None
    except ValueError as fault:
        problem = f"is no JSON ({str(fault)[:80]})"
        raise InvalidMessage(Refusal("$", problem, "one JSON object", "ERR-2")) from None
    return document


class NoDoubleError(ValueError):
    """A number in JSON that is beyond every double, such as 1e999. Spec: MOD-3."""


def json_of(text: str | bytes) -> object:
    """What a JSON text says, read strictly: Python alone would take NaN, and 1e999 for infinity.

    Raises ValueError for what is no JSON, and NoDoubleError for a number beyond every double.

    Spec: ERR-2, MOD-3.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise NoDoubleError(digits[:20])
    return number


def line_from_message(message: Message, dialect: Dialect = DOCUMENTED_DIALECT) -> str:
    """One line of newline-delimited JSON, without the newline.

    In ASCII, so that no character of a key or value can end the line or fail to be encoded.

    Spec: WIRE-1.
    """
    document = message_to_json(message, dialect)
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
