"""Finite maps as sorted tuples of pairs: the shape of everything that a state holds by name.

Laws of this file: sorted by name without repetition, so that equal maps are equal tuples; what
is said of a name is never compared.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeAlias, TypeVar

Name = TypeVar("Name", str, tuple[str, ...])
Said = TypeVar("Said")

Pairs: TypeAlias = tuple[tuple[Name, Said], ...]
"""From name to what is said of it."""


def get(pairs: Pairs[Name, Said], name: Name, otherwise: Said) -> Said:
    """What `pairs` say of `name`, or else `otherwise`."""
    at = bisect_left(pairs, (name,))
    return pairs[at][1] if at < len(pairs) and pairs[at][0] == name else otherwise


def put(pairs: Pairs[Name, Said], name: Name, said: Said) -> Pairs[Name, Said]:
    """These pairs, with `said` of `name` whatever they said of it before."""
    if not pairs or pairs[-1][0] < name:
        return pairs + ((name, said),)  # noqa: RUF005 - one copy, not two
    at = bisect_left(pairs, (name,))
    changed = list(pairs)
    if pairs[at][0] == name:
        changed[at] = (name, said)
    else:
        changed.insert(at, (name, said))
    return tuple(changed)


def drop(pairs: Pairs[Name, Said], name: Name) -> Pairs[Name, Said]:
    """These pairs, with nothing said of `name`."""
    at = bisect_left(pairs, (name,))
    if at == len(pairs) or pairs[at][0] != name:
        return pairs
    changed = list(pairs)
    del changed[at]
    return tuple(changed)
