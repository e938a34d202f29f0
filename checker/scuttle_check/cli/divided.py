"""One exhaustive search on several workers, for ``scuttle check``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.cli.shown import say
from scuttle_check.engine.claims import Facets
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.experiment import Setup
from scuttle_check.gossip.reductions.reduce import quotient_of
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.divided.coordinator import DividedSearch, Traffic, completed
from scuttle_check.search.divided.crew import Crew


@frozen
class Divided:
    """Searches the model of `setup` with a crew. The reduction is none or the quotient.

    Spec: SCALE-5, SCALE-8.
    """

    setup: Setup
    crew: Crew
    reduction: str = "none"

    def __call__(
        self,
        model: Model[Any, Any],
        properties: Sequence[Property],
        budget: Budget | None = None,
        *,
        until_decided: bool = False,
    ) -> Report:
        """Search, and tell what was exchanged.

        Raises UnrunnableFault, and UsageFault where the reduction would be unsound.
        """
        system: Any = model
        judge, facets = Judge(properties), facets_of(self.setup, self.reduction)
        budget = budget or Budget()
        try:
            search = DividedSearch(system, judge, budget, self.crew, until_decided, facets)
            report = completed(search)
        except TooWide:
            raise too_wide("--workers") from None
        say(told(search.traffic, report.stats.states, self.crew.size))
        return report


def facets_of(setup: Setup, reduction: str) -> Facets | None:
    """The claims that a reduction rests on; the only one that can be divided is the quotient.

    Raises UsageFault where they do not hold.
    """
    return quotient_of(setup) if reduction == "quotient" else None


def told(traffic: Traffic, states: int, shards: int) -> str:
    """What was exchanged, in a line."""
    moved = traffic.out + traffic.back
    again = f", {traffic.lost} times a lost shard was made again" if traffic.lost else ""
    return (
        f"{shards} shards exchanged {moved / 1e6:,.1f} MB in {traffic.orders:,} orders, "
        f"{moved / max(states, 1):,.1f} bytes a world{again}"
    )


def too_wide(flag: str) -> UnrunnableFault:
    """The fault of a model that cannot be divided."""
    return UnrunnableFault(
        "a world of this model does not fit in 64 bits, and only such are divided and saved",
        where=flag,
        clause="SCALE-5",
        hint=f"leave out {flag}: it is searched plainly, in one process",
    )
