"""Exhaustive search by the fastest means that fits the model. All means agree in every count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from checker.actors import System
from checker.model import Model
from checker.properties import Property
from checker.search.breadth_first import breadth_first
from checker.search.budget import Budget
from checker.verdict import Report


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

    The compiled search applies to systems whose properties all have a scope, as long as a world
    fits in one word.

    Spec: CHK-4.
    """
    budget = budget or Budget()
    if isinstance(model, System) and all(each.scope is not None for each in properties):
        from checker.search.compiled.fields import TooWide  # noqa: PLC0415
        from checker.search.compiled.search import compiled  # noqa: PLC0415 - loads numpy

        try:
            return compiled(model, properties, budget, until_decided=until_decided)
        except TooWide:
            pass
    return breadth_first(model, properties, budget, until_decided=until_decided)
