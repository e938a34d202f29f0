"""Exhaustive search by the fastest means that fits the model. All means agree in every count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System, overridden
from scuttle_check.engine.verdict import Report
from scuttle_check.search.budget import Budget
from scuttle_check.search.plain import breadth_first


class Search(Protocol):
    """What all exhaustive searches look like."""

    def __call__(
        self,
        model: Model[Any, Any],
        properties: Sequence[Property],
        budget: Budget | None = None,
        *,
        until_decided: bool = False,
    ) -> Report:
        """Explore every reachable state and judge the properties."""
        ...


def exhaustive(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    until_decided: bool = False,
) -> Report:
    """Every reachable state, shortest counterexamples: compiled where it applies, else plain.

    The compiled search applies to systems that say what may happen as :class:`System` does, whose
    properties all have a scope, as long as a world fits in one word. Of a system that is searched
    plainly all the same a note says why.

    Spec: CHK-4.
    """
    budget = budget or Budget()
    if not isinstance(model, System):
        return breadth_first(model, properties, budget, until_decided=until_decided)
    reason = obstacle(model, properties)
    if reason is None:
        from scuttle_check.search.compiled.search import compiled  # noqa: PLC0415 - loads numpy
        from scuttle_check.search.compiled.words import TooWide  # noqa: PLC0415

        try:
            return compiled(model, properties, budget, until_decided=until_decided)
        except TooWide:
            reason = TOO_WIDE
    report = breadth_first(model, properties, budget, until_decided=until_decided)
    return report.noting(f"searched plainly: {reason}")


TOO_WIDE = "a world of this model does not fit in 64 bits"


def obstacle(system: System, properties: Sequence[Property]) -> str | None:
    """Why the compiled search does not apply, as far as can be told beforehand, or None."""
    own = overridden(system)
    if own is not None:
        return f"{own} says otherwise what may happen"
    unscoped = [each.name for each in properties if each.scope is None]
    return f"the property {unscoped[0]} may read whole worlds" if unscoped else None
