"""One exhaustive search on several workers, for ``scuttle check``."""

from __future__ import annotations

from contextlib import AbstractContextManager

from checker.commands.progress import say
from checker.faults import UnrunnableFault
from checker.scuttlebutt.experiment import Setup
from checker.search.budget import Budget
from checker.search.compiled.fields import TooWide
from checker.search.judge import Judge
from checker.search.sharded.crew import Crew
from checker.search.sharded.search import DividedSearch, Traffic, completed
from checker.verdict import Report


def search_divided(
    setup: Setup, budget: Budget, crew: AbstractContextManager[Crew], *, until_decided: bool
) -> Report:
    """Search with a crew, and tell what was exchanged. Raises UnrunnableFault. Spec: SCALE-5."""
    try:
        with crew as workers:
            judge = Judge(setup.properties)
            search = DividedSearch(setup.system, judge, budget, workers, until_decided)
            report = completed(search)
    except TooWide:
        raise too_wide("--workers") from None
    say(told(search.traffic, report.stats.states, workers.size))
    return report


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
