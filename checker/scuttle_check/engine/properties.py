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


def cited(name: str, clause: str) -> str:
    """A property by its name, and the clause that says it; one of somebody's own has none."""
    return f"{name} [{clause}]" if clause else name


def whole(state: Any) -> Iterable[Hashable]:
    """The one part of a property that reads the whole state."""
    return (state,)


@frozen
class Always:
    """Every reachable state satisfies `check` in each of its parts.

    `scope` names what the parts are, where the model can tell (see
    ``scuttle_check.engine.system.Scope``).
    """

    name: str
    clause: str
    says: str
    parts: Callable[[Any], Iterable[Hashable]]
    check: Callable[[Any], Finding]
    scope: Hashable = None


@frozen
class AlwaysStep:
    """Every transition satisfies `check` in each of its parts."""

    name: str
    clause: str
    says: str
    parts: Callable[[Any, Any, Any], Iterable[Hashable]]
    check: Callable[[Any], Finding]
    scope: Hashable = None


@frozen
class Sometimes:
    """Some reachable state satisfies `check` in one of its parts: the guard against vacuity."""

    name: str
    clause: str
    says: str
    check: Callable[[Any], bool]
    parts: Callable[[Any], Iterable[Hashable]] = whole
    scope: Hashable = None


@frozen
class Eventually:
    """Every fair run reaches states that satisfy `check` in all their parts, and stays there.

    With `lasting` false it is enough that a run reaches such a state once. Which runs are fair
    is no part of the property; ``scuttle_check.search.liveness`` decides it.

    Spec: LIVE-1.
    """

    name: str
    clause: str
    says: str
    check: Callable[[Any], Finding]
    parts: Callable[[Any], Iterable[Hashable]] = whole
    scope: Hashable = None
    lasting: bool = True


Property: TypeAlias = Always | AlwaysStep | Sometimes | Eventually
