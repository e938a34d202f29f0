"""Matching an answer with what a vector expects of it.

Laws of this file: pure and total; the first mismatch has the path that leads to it. A pattern is
JSON. Objects match when each member named does; arrays in order and length; an object whose one
member (or, for ``$unordered``, two) begins with ``$`` is an operator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen


@frozen
class Mismatch:
    """Where an answer is not what was expected. `path` begins with ``$``."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.got}"


def mismatch(pattern: Any, answer: Any, path: str = "$") -> Mismatch | None:
    """The first way in which `answer` does not match `pattern`, or None.

    Spec: VEC-3.
    """
    match pattern:
        case {"$any": _}:
            return None
        case {"$exact": exact}:
            return _exact(exact, answer, path)
        case {"$oneOf": [*alternatives]}:
            return _one_of([mismatch(each, answer, path) for each in alternatives], answer, path)
        case {"$unordered": [*items]}:
            then = pattern.get("$then", [])
            return _unordered(items, then if isinstance(then, list) else [then], answer, path)
        case Mapping():
            if not isinstance(answer, Mapping):
                return Mismatch(path, "an object", _shown(answer))
            return _members(pattern, answer, path)
        case list():
            if not isinstance(answer, list):
                return Mismatch(path, "an array", _shown(answer))
            return _items(pattern, answer, path)
        case _:
            same = type(pattern) is type(answer) or _numbers(pattern, answer)
            if same and pattern == answer:
                return None
            return Mismatch(path, _shown(pattern), _shown(answer))


def _numbers(*values: object) -> bool:
    """Whether all are numbers: JSON does not tell 1 from 1.0, but 1 from true."""
    return all(type(value) in {int, float} for value in values)


def _exact(exact: Any, answer: Any, path: str) -> Mismatch | None:
    found = mismatch(exact, answer, path)
    if found is None and isinstance(exact, Mapping):
        for name in answer:
            if name not in exact:
                return Mismatch(f"{path}.{name}", "no such member", _shown(answer[name]))
    return found


def _members(pattern: Mapping[str, Any], answer: Mapping[str, Any], path: str) -> Mismatch | None:
    for name, expected in pattern.items():
        if name not in answer:
            return Mismatch(f"{path}.{name}", _shown(expected), "nothing")
        found = mismatch(expected, answer[name], f"{path}.{name}")
        if found is not None:
            return found
    return None


def _items(pattern: Sequence[Any], answer: Sequence[Any], path: str) -> Mismatch | None:
    for at, (expected, got) in enumerate(zip(pattern, answer, strict=False)):
        found = mismatch(expected, got, f"{path}[{at}]")
        if found is not None:
            return found
    if len(pattern) != len(answer):
        said = f"{len(pattern)} item{'' if len(pattern) == 1 else 's'}"
        return Mismatch(path, said, f"{len(answer)}: {_shown(answer)}")
    return None


def _one_of(tried: Sequence[Mismatch | None], answer: Any, path: str) -> Mismatch | None:
    """The mismatch deepest in the answer is shown: that alternative fitted best."""
    found = [each for each in tried if each is not None]
    if len(found) < len(tried):
        return None
    nothing = Mismatch(path, "one of nothing", _shown(answer))
    return max(found, key=lambda each: len(each.path), default=nothing)


def _unordered(
    items: Sequence[Any], then: Sequence[Any], answer: Any, path: str
) -> Mismatch | None:
    """The items in any order, and after them those of ``$then`` in theirs."""
    if not isinstance(answer, list):
        return Mismatch(path, "an array", _shown(answer))
    left = list(items)
    for at, got in enumerate(answer[: len(items)]):
        fits = next((each for each in left if mismatch(each, got) is None), None)
        if fits is None:
            return Mismatch(f"{path}[{at}]", f"one of {_shown(left)}", _shown(got))
        left.remove(fits)
    return _items([*answer[: len(items) - len(left)], *left, *then], answer, path)


def _shown(value: object) -> str:

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004 - some lines
