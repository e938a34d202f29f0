"""Searching a Scuttlebutt system under a reduction, where its claims hold."""

from __future__ import annotations

from checker.actors import Scope
from checker.faults import UnrunnableFault, UsageFault
from checker.scuttlebutt.experiment import Setup
from checker.scuttlebutt.facets import GossipFacets
from checker.search.budget import Budget
from checker.search.exhaustive import exhaustive
from checker.verdict import Report

REDUCTIONS = ("none", "auto", "quotient")


def refusal_of(setup: Setup) -> str | None:
    """Why the quotient would be unsound for this system, or None when it is sound."""
    unscoped = [each.name for each in setup.properties if not isinstance(each.scope, Scope)]
    if unscoped:
        return f"the property {unscoped[0]}, which may read messages in flight"
    return GossipFacets(setup.gossip, setup.system).refusal()


def search_reduced(
    setup: Setup, budget: Budget, reduction: str, *, certify: bool = False
) -> Report:
    """Search under a reduction; ``auto`` is the strongest that is sound, perhaps none.

    Raises UsageFault when the reduction asked for would be unsound, and UnrunnableFault when a
    certificate finds a false claim.

    Spec: RED-1, RED-8.
    """
    if reduction == "none":
        return exhaustive(setup.system, setup.properties, budget)
    refusal = refusal_of(setup)
    if refusal is not None and reduction == "auto":
        return exhaustive(setup.system, setup.properties, budget)
    if refusal is not None:
        raise UsageFault(
            f"would be unsound because of {refusal}",
            where=f"--reduction {reduction}",
            clause="RED-1",
            hint="--reduction auto takes the strongest that is sound",
        )
    from checker.search.compiled.certificate import FalseClaims  # noqa: PLC0415 - loads numpy
    from checker.search.compiled.search import compiled  # noqa: PLC0415
    from checker.search.compiled.tables import TooWide  # noqa: PLC0415

    facets = GossipFacets(setup.gossip, setup.system)
    try:
        return compiled(setup.system, setup.properties, budget, facets=facets, certify=certify)
    except FalseClaims as false:
        raise UnrunnableFault(
            f"a claim that the reduction rests on is false: {str(false)[:500]}",
            where=f"--reduction {reduction}",
            clause="RED-8",
            hint="search without a reduction, and report this",
        ) from None
    except TooWide:
        return exhaustive(setup.system, setup.properties, budget)
