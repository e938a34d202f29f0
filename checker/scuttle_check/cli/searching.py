"""The search that the flags of ``scuttle check`` ask for, without a run folder.

What only some flags need is imported where they are obeyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.cli.crews import crew_of, pool_of
from scuttle_check.cli.shown import say
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.exhaustive import Search, exhaustive
from scuttle_check.search.plain import breadth_first

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
        from scuttle_check.cli.divided import Divided  # noqa: PLC0415 - see the top

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
