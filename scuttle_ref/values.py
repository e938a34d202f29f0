"""What a value may be: what JSON can say, and every reader of JSON understands alike.

Laws of this file: total on any Python object, which is asked for its type with ``type(x) is`` and
never with ``isinstance``; whatever passes here can be written by every shell (wire, store, file,
terminal, page) and read back as the same value.
"""

from __future__ import annotations

from math import isfinite

import attrs

from scuttle_ref.errors import Refusal
from scuttle_ref.names import NESTING_MAX, VALUE_MAX, VERSION_MAX, Record

_KINDS = "null, a bool, a number, a text, or a tuple or record of values"
_PLAIN = bytes(range(0x20, 0x7F)).translate(None, b'"\\')
_ESCAPED = bytes(range(0x80)).translate(None, _PLAIN)
_ESCAPE = len(r"\u0000")
_PATH_MAX = 80
_WORD, _INTEGER, _FLOAT = len("false"), len(str(-VERSION_MAX)), len("-2.2250738585072014e-308")


def value_refusal(value: object) -> Refusal | None:
    """Refuse a value that JSON cannot say, that may change, or that is nested too deep or too long.

    The path leads to the part that is wrong: ``value[0].name``.

    Spec: MOD-3, MOD-8, MOD-9.
    """
    size = _weighed(value, NESTING_MAX)
    if isinstance(size, Refusal):
        return attrs.evolve(size, path=f"value{size.path}"[:_PATH_MAX])
    if size > VALUE_MAX:
        problem = f"takes {size} bytes as JSON"
        return Refusal("value", problem, f"at most {VALUE_MAX} bytes", "MOD-9")
    return None


def text_problem(text: str) -> str | None:
    """Say what is wrong with a text that UTF-8 cannot hold; nothing of any other.

    Spec: MOD-8.
    """
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        return f"holds half a surrogate pair, U+{ord(text[fault.start]):04X}, which is no character"
    return None


def _weighed(value: object, depth: int) -> int | Refusal:
    """How many bytes the value takes as JSON in ASCII, at most; or why it is no value."""
    kind = type(value)
    if kind is str:
        return _text(value)  # type: ignore[arg-type]
    if kind is bool or value is None:
        return _WORD
    if kind is int or kind is float:
        return _number(value)  # type: ignore[arg-type]
    if depth == 0:
        expected = f"a value nested at most {NESTING_MAX} deep"
        return Refusal("", f"is {kind_of(value)}, too deep inside", expected, "MOD-3")
    if kind is tuple:
        return _items(value, depth - 1)  # type: ignore[arg-type]
    if kind is Record:
        return _members(value, depth - 1)  # type: ignore[arg-type]
    return Refusal("", f"is {kind_of(value)}", _KINDS, "MOD-3")


def _text(text: str) -> int | Refusal:
    """JSON in ASCII escapes what is not printable, and what is beyond ASCII by UTF-16 units."""
    problem = text_problem(text)
    if problem is not None:
        return Refusal("", problem, "a text of Unicode characters", "MOD-8")
    plain = len(text.encode("ascii", "ignore").translate(None, _ESCAPED))
    units = len(text.encode("utf-16-le")) // 2
    return plain + (units - plain) * _ESCAPE + 2


def _number(number: float) -> int | Refusal:
    """Infinities have no form in JSON, and above 2**53 readers of JSON count differently."""
    if type(number) is float:
        if isfinite(number):
            return _FLOAT
        return Refusal("", f"is {number}, no finite number", "a finite number", "MOD-3")
    if -VERSION_MAX <= number <= VERSION_MAX:
        return _INTEGER
    expected = "an integer from -(2**53) to 2**53, or a float"
    return Refusal("", "is an integer that not every reader of JSON can hold", expected, "MOD-3")


def _items(items: tuple[object, ...], depth: int) -> int | Refusal:
    size = 2
    for at, item in enumerate(items):
        found = _weighed(item, depth)
        if isinstance(found, Refusal):
            return attrs.evolve(found, path=f"[{at}]{found.path}")
        size += found + 1
    return size


def _members(record: Record, depth: int) -> int | Refusal:
    """The size of a record of pairs, each of a name that no other member bears and a value."""
    members = getattr(record, "members", None)
    if type(members) is not tuple:
        return Refusal("", "is an unfinished record", "a record with its members", "MOD-3")
    size, names = 2, set[str]()
    for at, member in enumerate(members):
        match member if type(member) is tuple else None:
            case (name, value) if type(name) is str and name not in names:
                names.add(name)
                named, found = _text(name), _weighed(value, depth)
            case _:
                expected = "a pair of a text that names no other member, and a value"
                return Refusal(f"[{at}]", "is no member of a record", expected, "MOD-3")
        if isinstance(named, Refusal):
            return attrs.evolve(named, path=f".{name!a}")
        if isinstance(found, Refusal):
            return attrs.evolve(found, path=f".{name}{found.path}")
        size += named + found + 2
    return size


_NAME_OF_TYPE = type.__dict__["__name__"].__get__


def kind_of(value: object) -> str:
    """The name of the type of any object, with its article, for an error text."""
    name = _NAME_OF_TYPE(type(value))
    return f"an {name}" if name[:1] in tuple("AEIOUaeiou") else f"a {name}"
