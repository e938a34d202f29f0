"""The vocabulary of the protocol: what a node, a key, a version and a value are.

Laws of this file: every name is a plain immutable value; every order on them is total;
nothing here knows about messages or state.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from attrs import field, frozen

NodeId: TypeAlias = str
"""The name of a node. As the origin of updates it is called their *source*."""

Key: TypeAlias = str
"""The name of a value in the store."""

Value: TypeAlias = object
"""What a key holds. Hashable and equal to itself; the protocol never looks inside."""

Version: TypeAlias = int
"""The number a source stamps on an update, from 1 to :data:`VERSION_MAX`. Unit: versions."""

Reading: TypeAlias = int | None
"""What the wall clock of a node shows as its owner writes, or None when nobody looked at it.

A :data:`Version`: implementations that stamp by the wall clock use it as one. Spec: NPM-1.
"""

Mark: TypeAlias = float
"""A place on the version line: a :data:`Version`, 0, :data:`NEVER` or :data:`ANSWERED`."""

Place: TypeAlias = tuple[str, ...]
"""Where a value lives: ``(key,)`` when keys are shared, ``(source, key)`` when they are owned."""

NEVER: Final[Mark] = float("-inf")
"""Bottom of the version line, the mark of a source nothing is known of.

Written ``"-Infinity"`` in JSON, as the README of simple-scuttle does. It compares with every
version, so no rule needs a special case for it.

Spec: VERS-5.
"""

ANSWERED: Final[Mark] = float("inf")
"""Top of the version line: the mark of a named source whose digest line was answered at once.

No update lies above it, so `done` sends nothing more of that source.
"""

UNBOUNDED: Final[float] = float("inf")
"""A limit that does not limit: for ``max_history`` and ``mtu``. Unit: updates."""

VERSION_MAX: Final[Version] = 2**53
"""The largest version. Above it a JavaScript peer could no longer count by one.

Spec: VERS-1.
"""

NESTING_MAX: Final = 32
"""How deep a value may be nested. Unit: tuples and records. Spec: MOD-3."""

NAME_MAX: Final = 1024
"""How long the name of a key or a source may be. Unit: characters. Spec: MOD-9."""

VALUE_MAX: Final = 2**19
"""How long a value may be. Unit: bytes of JSON in ASCII. Spec: MOD-9."""

PROTOTYPE_NAMES: Final[frozenset[str]] = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)
"""Names that every JavaScript object already has; no key and no source may bear one.

Spec: MOD-4.
"""


def exact(value: Value) -> object:
    """Return a stand-in for `value` that tells apart what JSON does and Python's ``==`` does not.

    ``1`` and ``True`` are equal in Python and two values in JSON. ``6`` and ``6.0`` are one number
    there, and so are ``0`` and ``-0.0``: JavaScript writes them alike.

    Spec: MOD-10.
    """
    kind = type(value)
    if kind is tuple:
        return ("tuple", *(exact(item) for item in value))  # type: ignore[attr-defined]
    return ("number" if kind is int or kind is float else kind.__name__, value)


@frozen
class Record:
    """A JSON object as an immutable value: its members in the order in which they stood.

    Spec: MOD-3.
    """

    members: tuple[tuple[str, Value], ...] = field(eq=exact)


def frozen_value(value: object, depth: int = NESTING_MAX) -> Value:
    """A JSON value made immutable: lists become tuples, objects Records.

    A number is an integer wherever it is one, however it was written. What lies deeper than `depth`
    stays as it is, so that the whole is refused as a value.

    Spec: MOD-3, MOD-10.
    """
    if depth == 0:
        return value
    if isinstance(value, list | tuple):
        return tuple(frozen_value(item, depth - 1) for item in value)
    if isinstance(value, Mapping):
        members = ((str(name), frozen_value(item, depth - 1)) for name, item in value.items())
        return Record(tuple(members))
    kind = type(value)
    return _number(value) if kind is int or kind is float else value  # type: ignore[arg-type]


def _number(number: float) -> int | float:
    """A number as the integer that it is, as far as doubles count. Spec: MOD-3, MOD-10.

    Of larger ones the float that it is, or whose shortest digits it bears: JavaScript writes 2**60
    as 1152921504606847000. What no float holds stays, and is refused.
    """
    if -VERSION_MAX <= number <= VERSION_MAX:
        return int(number) if number == int(number) else number
    if type(number) is float:
        return number
    try:
        near = float(number)
    except OverflowError:
        return number
    return near if number in (int(near), int(Decimal(repr(near)))) else number


def thawed_value(value: Value) -> object:
    """The JSON value that :func:`frozen_value` froze, as ``json.loads`` gives it: a copy.

    Spec: MERGE-5, MOD-10.
    """
    kind = type(value)
    if kind is tuple:
        return [thawed_value(item) for item in value]  # type: ignore[attr-defined]
    if kind is Record:
        return {name: thawed_value(item) for name, item in value.members}  # type: ignore[attr-defined]
    return _number(value) if kind is float else value  # type: ignore[arg-type]


def place_name(place: Place) -> str:
    r"""A place in one text: its key, or ``source/key`` with ``\/`` for a stroke in a part."""
    if len(place) == 1:
        return place[0]
    return "/".join(part.replace("\\", "\\\\").replace("/", "\\/") for part in place)


def one_line(value: Value) -> str:
    """A key or value in one line: a printable text as it is, everything else as JSON writes it."""
    if type(value) is str and value.isprintable() and value == value.strip():
        return value
    return quoted(value)


def stamped(what: str, source: object, version: object) -> str:
    """Something with the stamp of its update: ``k=1@A1`` is the first version of A.

    Where that could be read in two ways, ``k=1 from phone-1, version 1``: the source ends in a
    digit, or holds what stands around it.

    Spec: MOD-11.
    """
    name = one_line(source) if isinstance(source, str) else str(source)
    if name[-1:].isdigit() or set(name) & set("@,; "):
        return f"{what} from {name}, version {version}"
    return f"{what}@{name}{version}"


def quoted(value: Value) -> str:
    """A value as JSON writes it, readable as far as it is printable.

    Total: what is no value at all is shown by the name of its type.
    """
    kind = type(value)
    if kind is str:
        return f'"{"".join(map(_escaped, value))}"'  # type: ignore[call-overload]
    if kind is tuple:
        return f"[{', '.join(map(quoted, value))}]"  # type: ignore[call-overload]
    if kind is Record:
        pairs = (f"{quoted(name)}: {quoted(held)}" for name, held in value.members)  # type: ignore[attr-defined]
        return f"{{{', '.join(pairs)}}}"
    if kind is bool or value is None:
        return {None: "null", True: "true", False: "false"}[value]  # type: ignore[index]
    return repr(value) if kind is int or kind is float else f"<{kind.__name__}>"


def _escaped(letter: str) -> str:
    r"""A letter of a text in quotes: ``\u000a`` for what cannot be printed, in UTF-16 units."""
    if letter in ('"', "\\"):
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
