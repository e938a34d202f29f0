"""What the code of a resolver mentions: constants to try, and the names it speaks of.

A resolver that treats one value, version or source in a way of its own would not meet it by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import getattr_static
from types import CodeType, ModuleType
from typing import Any

from scuttle_check.gossip.javascript.naming import Script
from scuttle_check.gossip.javascript.reading import Source, mentioned_in
from scuttle_ref.names import Value
from scuttle_ref.values import value_refusal

HELPERS = 3
"""How deep the functions are looked into that a resolver calls."""

NAME_LENGTH_MAX = 40


def names_of(resolver: Any) -> set[str]:
    """The attributes and names that the code of a function speaks of, and those that it calls."""
    if isinstance(resolver, Script | Source):
        return set(mentioned_in(resolver).names)
    found: set[str] = set()
    waiting, known = [getattr(resolver, "__wrapped__", resolver)], set[int]()
    for function in waiting:
        code = getattr(function, "__code__", None)
        if not isinstance(code, CodeType) or id(code) in known:
            continue
        known.add(id(code))
        found.update(code.co_names)
        beside = getattr(function, "__globals__", {})
        waiting.extend(beside[name] for name in code.co_names if name in beside)
    return found


_OWN = frozenset({"id", "clock", "sort", "state", "key", "value", "version", "source_id", "length"})
"""What is read of a node, an update and an entry, and is no member of a value."""


def members_of(resolver: Any) -> list[str]:
    """Names that the code may read of a value, which is then an object."""
    if isinstance(resolver, Script | Source):
        return [name for name in mentioned_in(resolver).members if name not in _OWN]
    texts = [each for each in constants_of(resolver) if isinstance(each, str)]
    return [text for text in texts if text.isidentifier()]


def constants_of(resolver: Any) -> Iterator[Value]:
    """Scalars in the code of a function and of the functions and data beside it that it names."""
    if isinstance(resolver, Script | Source):
        for each in mentioned_in(resolver).constants:
            yield from _scalars(each)
        return
    resolver = getattr(resolver, "__wrapped__", resolver)
    if not hasattr(resolver, "__code__"):
        called = vars(type(resolver)).get("__call__", resolver)
        yield from _of_function(called, resolver, set(), HELPERS)
        return
    yield from _of_function(resolver, None, set(), HELPERS)


def _of_function(function: Any, owner: object, known: set[int], depth: int) -> Iterator[Value]:
    """Scalars in the code of a function, its closure and defaults, and what it names.

    Of an object that is called, or a class that is named, those of its attributes that are named.
    """
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or id(code) in known:
        return
    known.add(id(code))
    yield from _in_code(code, getattr(function, "__doc__", None))
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    beside = getattr(function, "__globals__", {})
    named = [beside[name] for name in code.co_names if name in beside]
    owners = [each for each in (owner, *named) if each is not None]
    inside = [
        getattr_static(each, name, None)
        for each in owners
        if hasattr(each, "__dict__") and not isinstance(each, ModuleType)
        for name in code.co_names
    ]
    defaults = (function.__defaults__ or (), tuple((function.__kwdefaults__ or {}).values()))
    for thing in (*cells, *defaults, *named, *inside):
        if hasattr(thing, "__code__"):
            if depth:
                yield from _of_function(thing, None, known, depth - 1)
        elif isinstance(thing, re.Pattern):
            yield from re.findall(r"\w[\w.:/-]*", thing.pattern)
        elif not callable(thing):
            yield from _scalars(thing)


def _in_code(code: CodeType, doc: str | None) -> Iterator[Value]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _in_code(constant, None)
        elif constant is not None and constant != doc:
            yield from _scalars(constant)


def _scalars(thing: object) -> Iterator[Value]:
    """The plain values in a constant; of a dict, keys and values."""
    if type(thing) in {int, float, bool} or (type(thing) is str and len(thing) < NAME_LENGTH_MAX):
        if thing == thing and value_refusal(thing) is None:  # noqa: PLR0124 - NaN
            yield thing
    elif isinstance(thing, dict):
        for pair in thing.items():
            yield from _scalars(pair)
    elif isinstance(thing, tuple | list | set | frozenset):
        for item in sorted(thing, key=repr) if isinstance(thing, set | frozenset) else thing:
            yield from _scalars(item)
