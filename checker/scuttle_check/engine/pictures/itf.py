"""The Informal Trace Format: values of a trace as JSON that other checkers read, both ways.

Laws of this file: what is encoded decodes to an equal value; integers are written as text, so that
none is rounded; sets and maps are sorted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encoded(value: Any) -> Any:
    """A value as an expression of ITF.

    Booleans, texts, integers, lists, tuples, frozensets, and dicts, which are maps. A record is a
    dict inside of :class:`Record`. Raises TypeError for anything else.

    Spec: CONVERT-3.
    """
    match value:
        case bool() | str():
            return value
        case int():
            return {"#bigint": str(value)}
        case Record():
            return {name: encoded(item) for name, item in value.items()}
        case Mapping():
            pairs = [[encoded(name), encoded(item)] for name, item in value.items()]
            return {"#map": sorted(pairs, key=_order)}
        case list():
            return [encoded(item) for item in value]
        case tuple():
            return {"#tup": [encoded(item) for item in value]}
        case frozenset():
            return {"#set": sorted(map(encoded, value), key=_order)}
        case _:
            raise TypeError(f"{type(value).__name__} is no value of ITF")


def decoded(expression: Any) -> Any:
    """The value of an expression. Raises ValueError for what is none. Spec: CONVERT-3."""
    match expression:
        case bool() | str():
            return expression
        case {"#bigint": str() as digits, **rest} if not rest:
            return int(digits)
        case {"#tup": [*items], **rest} if not rest:
            return tuple(map(decoded, items))
        case {"#set": [*items], **rest} if not rest:
            return frozenset(map(decoded, items))
        case {"#map": [*pairs], **rest} if not rest:
            if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004
                raise ValueError("a map has pairs")
            return {decoded(name): decoded(item) for name, item in pairs}
        case [*items]:
            return list(map(decoded, items))
        case dict() if not any(str(name).startswith("#") for name in expression):
            return Record({str(name): decoded(item) for name, item in expression.items()})
        case _:
            raise ValueError(f"{json.dumps(expression)[:60]} is no expression of ITF")


class Record(dict[str, Any]):
    """A record: named fields, none of which begins with ``#``."""


def _order(expression: Any) -> str:
    return json.dumps(expression, sort_keys=True)
