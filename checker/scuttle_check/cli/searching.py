"""The search that the flags of ``scuttle check`` ask for, without a run folder.

What only some flags need is imported where they are obeyed.

Who works: this process, processes of this machine, or a cluster.

One exhaustive search on several workers, for ``scuttle check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import click
from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.cli.shown import say
from scuttle_check.engine.claims import Facets
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.reductions.reduce import quotient_of
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.divided.coordinator import DividedSearch, Traffic, completed
from scuttle_check.search.divided.crew import Crew
from scuttle_check.search.exhaustive import Search, exhaustive
from scuttle_check.search.judge import Judge
from scuttle_check.search.plain import breadth_first

if TYPE_CHECKING:
    from scuttle_check.base.workers import Pool
    from scuttle_check.search.divided.crew import Crew

WORKERS_MAX = 64


def worker_options(what: str) -> Callable[[Any], Any]:
    """The flags ``--workers`` and ``--cluster``, which share `what`."""
    cluster = click.option(
        "--cluster",
        metavar="tcp://HOST:PORT",
        help=f"Share {what} with the workers of a dask scheduler. Needs the extra cluster.",
    )
    workers = click.option(
        "--workers",
        type=click.IntRange(1, WORKERS_MAX),
        metavar="N",
        help=f"Share {what} among N processes.",
    )
    return lambda command: workers(cluster(command))


def shares(flags: Mapping[str, Any]) -> str:
    """The flag that asks for workers, or nothing. Raises UsageFault where there are two."""
    if flags["workers"] is not None and flags["cluster"] is not None:
        raise UsageFault(
            "the cluster says how many there are", where="--workers", hint="leave out --workers"
        )
    named = [name for name in ("workers", "cluster") if flags[name] is not None]
    return f"--{named[0]}" if named else ""


def pool_of(flags: Mapping[str, Any], resolver: str = "") -> Pool | None:
    """The pool that the flags ask for; the module of a user's resolver is sent to a cluster."""
    if not shares(flags):
        return None
    if flags["cluster"] is not None:
        from scuttle_check.base.cluster import cluster_executor, sources_of  # noqa: PLC0415 - an extra

        return partial(cluster_executor, flags["cluster"], sources_of(resolver))
    from scuttle_check.base.workers import local_processes  # noqa: PLC0415 - most runs have no workers

    return partial(local_processes, flags["workers"])


def crew_of(flags: Mapping[str, Any]) -> AbstractContextManager[Crew] | None:
    """The crew that the flags ask for, to divide one search."""
    if not shares(flags):
        return None
    if flags["cluster"] is not None:
        from scuttle_check.base.cluster import cluster_crew  # noqa: PLC0415 - an extra

        return cluster_crew(flags["cluster"])
    from scuttle_check.search.divided.crew import local_crew  # noqa: PLC0415 - most runs have no workers

    return local_crew(flags["workers"])


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


SEARCHES = ("compiled", "plain", "depth-first")


def search_called(name: str) -> Search:
    """One of :data:`SEARCHES`."""
    if name == "depth-first":
        from scuttle_check.search.plain import depth_first  # noqa: PLC0415 - see the top

        return depth_first
    return breadth_first if name == "plain" else exhaustive


@contextmanager
def search_for(
    experiment: Experiment, setup: Setup, wanted: tuple[str, ...], flags: Mapping[str, Any]
) -> Iterator[Search]:
    """The search that the flags ask for; workers are there as long as the block."""
    if flags["search"] == "random":
        yield Walks(experiment, wanted, flags)
        return
    crew = crew_of(flags)
    if crew is not None:
        with crew as workers:
            yield Divided(setup, workers, flags["reduction"])
    elif flags["reduction"] != "none" or flags["certify"]:
        yield Reduced(setup, flags["reduction"], flags["certify"])
    else:
        yield search_called(flags["search"])


@frozen
class Walks:
    """Random walks, which end by themselves; workers make the experiment again."""

    experiment: Experiment
    wanted: tuple[str, ...]
    flags: Mapping[str, Any]

    def __call__(
        self,
        model: Model[Any, Any],
        properties: Sequence[Property],
        budget: Budget | None = None,
        *,
        until_decided: bool = False,
    ) -> Report:
        """Walk."""
        del until_decided
        walks, seed = self.flags["walks"], self.flags["seed"]
        pool = pool_of(self.flags, self.experiment.resolver)
        if pool is not None:
            from scuttle_check.gossip.jobs import swarms  # noqa: PLC0415 - see the top

            return swarms(self.experiment, self.wanted, walks, seed, pool)
        from scuttle_check.search.walks.swarm import random_search  # noqa: PLC0415 - see the top

        return random_search(model, properties, budget, walks=walks, seed=seed)


@frozen
class Reduced:
    """What a reduction leaves of the model of `setup`, which is the one that is asked about."""

    setup: Setup
    reduction: str
    certify: bool

    def __call__(
        self,
        model: Model[Any, Any],
        properties: Sequence[Property],
        budget: Budget | None = None,
        *,
        until_decided: bool = False,
    ) -> Report:
        """Search what is left."""
        from scuttle_check.gossip.reductions.reduce import search_reduced  # noqa: PLC0415 - see the top

        del model, properties, until_decided
        return search_reduced(self.setup, budget or Budget(), self.reduction, certify=self.certify)


def scouted(setup: Setup, budget: Budget, seed: int) -> Budget:
    """The budget of a search which, once it takes long, is told of a bug found by random walks."""
    return attrs.evolve(budget, tell=_scouting(setup, budget, seed))


def _scouting(setup: Setup, budget: Budget, seed: int) -> Callable[[Progress], None]:
    from scuttle_check.search.walks.scout import Scout  # noqa: PLC0415 - see the top

    scout = Scout(setup.system, setup.properties, say, seed)

    def tell(progress: Progress) -> None:
        if budget.tell is not None:
            budget.tell(progress)
        scout(progress)

    return tell
