"""One exhaustive search on several workers, for ``scuttle check``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from checker.commands.progress import say
from checker.facets import Facets
from checker.faults import UnrunnableFault
from checker.model import Model
from checker.properties import Property
from checker.scuttlebutt.experiment import Setup
from checker.scuttlebutt.reduce import quotient_of
from checker.search.budget import Budget
from checker.search.compiled.fields import TooWide
from checker.search.judge import Judge
from checker.search.sharded.crew import Crew
from checker.search.sharded.search import DividedSearch, Traffic, completed
from checker.verdict import Report


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
