"""Finite maps as sorted rows of pairs: the shape of everything that a state holds by name.

Laws of this file: sorted by name without repetition, so that equal maps are equal rows; what
is said of a name is never compared. Few pairs are a tuple, many a row that shares what did not
change (:mod:`scuttle_ref.rows`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

from scuttle_ref.rows import among, changed

Name = TypeVar("Name", str, tuple[str, ...])
Said = TypeVar("Said")

Pairs: TypeAlias = Sequence[tuple[Name, Said]]
"""From name to what is said of it."""


_name = itemgetter(0)


def get(pairs: Pairs[Name, Said], name: Name, otherwise: Said) -> Said:
    """What `pairs` say of `name`, or else `otherwise`."""
    few = pairs if type(pairs) is tuple else among(pairs, name, _name)
    at = bisect_left(few, (name,))
    return few[at][1] if at < len(few) and few[at][0] == name else otherwise


def put(pairs: Pairs[Name, Said], name: Name, said: Said) -> Pairs[Name, Said]:
    """These pairs, with `said` of `name` whatever they said of it before."""

    def saying(few: tuple[Any, ...]) -> tuple[Any, ...]:
        at: int = bisect_left(few, (name,))
        known: bool = at < len(few) and few[at][0] == name
        return (*few[:at], (name, said), *few[at + known :])

    return changed(pairs, name, _name, saying)


def drop(pairs: Pairs[Name, Said], name: Name) -> Pairs[Name, Said]:
    """These pairs, with nothing said of `name`."""

    def silent(few: tuple[Any, ...]) -> tuple[Any, ...]:
        at: int = bisect_left(few, (name,))
        known: bool = at < len(few) and few[at][0] == name
        return (*few[:at], *few[at + 1 :]) if known else few

    return changed(pairs, name, _name, silent)
