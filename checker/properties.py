"""Properties: what must always hold, and what must be reachable.

A property says which *parts* of a state it reads. A part is judged once, however many states
share it: an invariant of a single node costs one evaluation per distinct node state.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import Enum
from typing import Any, TypeAlias

from attrs import frozen


class Good(Enum):
    """A part satisfies a property: by doing what the property speaks of, or by not doing it."""

    KEPT = "kept"
    VACUOUS = "vacuous"


@frozen
class Broken:
    """A part breaks a property. `because` is a sentence without a full stop."""

    because: str


Finding: TypeAlias = Good | Broken


@frozen
class Always:
    """Every reachable state satisfies `check` in each of its parts."""

    name: str
    clause: str
    says: str
    parts: Callable[[Any], Iterable[Hashable]]
    check: Callable[[Any], Finding]


@frozen
class AlwaysStep:
    """Every transition satisfies `check` in each of its parts."""

    name: str
    clause: str
    says: str
    parts: Callable[[Any, Any, Any], Iterable[Hashable]]
    check: Callable[[Any], Finding]


@frozen
class Sometimes:
    """Some reachable state satisfies `check`: the guard against vacuous success."""

    name: str
    clause: str
    says: str
    check: Callable[[Any], bool]


Property: TypeAlias = Always | AlwaysStep | Sometimes
