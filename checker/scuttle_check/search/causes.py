"""All the ways in which properties fail: one shortest counterexample for each cause."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Finding, Good, Property
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.exhaustive import Search


@frozen
class Found:
    """A property, a cause for which it fails, and a shortest schedule that shows it."""

    property: Property
    cause: str
    because: str
    schedule: tuple[Hashable, ...]


def all_causes(  # noqa: PLR0913 - each keyword is a choice of its own
    model: Model[Any, Any],
    properties: Sequence[Property],
    cause_of: Callable[[str], str],
    search: Search,
    budget: Budget,
    *,
    whole: bool = False,
) -> tuple[Report, tuple[Found, ...]]:
    """The report of a search, and a shortest counterexample for each property and cause.

    `cause_of` says which reasons are one cause. The search is repeated, each time blind to the
    causes that are known, until it finds no other; `search` must find shortest counterexamples.
    The limit on seconds holds for all searches together, that on states for each. With `whole` a
    search that did not see all is the last: what it is blind to is not known yet.

    Spec: CHK-8.
    """
    first = report = search(model, properties, budget)
    found: list[Found] = []
    known: dict[str, set[str]] = {each.name: set() for each in properties}
    while news := [verdict for verdict in report.verdicts if _is_refuted(verdict)]:
        for verdict in news:
            cause = cause_of(verdict.because)
            known[verdict.property.name].add(cause)
            schedule = verdict.schedule or ()
            found.append(Found(verdict.property, cause, verdict.because, schedule))
        if report.stats.stop == BROKEN_OFF or (whole and not report.stats.complete):
            break
        blind = [
            _blind(verdict.property, known[verdict.property.name], cause_of) for verdict in news
        ]
        report = search(model, blind, _rest(budget))
    order = {each.name: at for at, each in enumerate(properties)}
    found.sort(key=lambda one: (order[one.property.name], len(one.schedule), one.cause))
    return first, tuple(found)


def _is_refuted(verdict: Verdict) -> bool:
    return (
        verdict.kind is Kind.REFUTED
        and verdict.schedule is not None
        and isinstance(verdict.property, Always | AlwaysStep)
    )


def _rest(budget: Budget) -> Budget:
    seconds = budget.seconds_max
    left = None if seconds is None else max(0.0, seconds - budget.seconds)
    return attrs.evolve(budget, seconds_max=left)


def _blind(each: Property, known: set[str], cause_of: Callable[[str], str]) -> Property:
    """The property, content with what breaks it for a known cause."""
    check = each.check
    causes = frozenset(known)

    def other(part: Any) -> Finding:
        finding = check(part)
        if isinstance(finding, Broken) and cause_of(finding.because) in causes:
            return Good.KEPT
        return finding  # type: ignore[return-value]

    return attrs.evolve(each, check=other)  # type: ignore[arg-type]
