"""Searches that travel: an experiment goes to a worker as data, and its verdicts come back.

Random walks in several swarms, shared among workers.

How walks are divided and seeded does not depend on the workers, so neither does what they find.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeAlias

import attrs
from attrs import frozen

from scuttle_check.base.workers import Pool, mapped
from scuttle_check.engine.properties import Property
from scuttle_check.engine.verdict import Kind, Report, Stats, Verdict
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget
from scuttle_check.search.walks.swarm import random_search

Found: TypeAlias = tuple[Kind, tuple[Hashable, ...] | None, str, int]
"""A verdict without its property, which is made of functions and stays at home."""

Answer: TypeAlias = tuple[Stats, tuple[Found, ...]]


@frozen
class Job:
    """A search of one experiment. `search` is a function of a module, or a partial of one.

    A resolver of a user travels as its name; the worker imports it from the same folder.
    """

    experiment: Experiment
    search: Callable[..., Report]
    wanted: tuple[str, ...] = ()
    states_max: int | None = None
    seconds_max: float | None = None


def carried_out(job: Job) -> Answer:
    """Build the experiment here and search it. Raises a Fault for what is no good.

    Spec: SCALE-1.
    """
    setup = job.experiment.build()
    properties = chosen(setup.properties, job.wanted)
    report = job.search(setup.system, properties, Budget(job.states_max, job.seconds_max))
    found = tuple((v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts)
    return report.stats, found


def chosen(properties: tuple[Property, ...], wanted: tuple[str, ...]) -> tuple[Property, ...]:
    """The properties with the names that are wanted; all where none is."""
    return tuple(each for each in properties if not wanted or each.name in wanted)


def report_of(answer: Answer, properties: tuple[Property, ...]) -> Report:
    """The report that the worker made, with the properties of this process."""
    stats, found = answer
    pairs = zip(properties, found, strict=True)
    return Report(tuple(Verdict(each, *verdict) for each, verdict in pairs), stats)


SWARM = 1_000
"""Walks of one swarm: seconds of work, so that sending it costs nothing beside it."""


def swarms(
    experiment: Experiment, wanted: tuple[str, ...], walks: int, seed: int, pool: Pool
) -> Report:
    """Walk `walks` times in swarms of :data:`SWARM`; the first swarm that decides is believed.

    Swarms do not know each other's worlds: `states`, `terminal` and the growth are those of the
    swarm that met most worlds, steps are counted in all. Spec: SCALE-3.
    """
    started = time.perf_counter()
    jobs = [
        Job(
            experiment,
            partial(random_search, walks=min(SWARM, walks - at), seed=_seed(seed, at)),
            wanted,
        )
        for at in range(0, walks, SWARM)
    ]
    properties = chosen(experiment.build().properties, wanted)
    reports = [report_of(answer, properties) for answer in mapped(carried_out, jobs, pool)]
    most = max((report.stats for report in reports), key=lambda stats: stats.states)
    stats = attrs.evolve(
        most,
        transitions=sum(report.stats.transitions for report in reports),
        depth=max(report.stats.depth for report in reports),
        seconds=time.perf_counter() - started,
        walks=sum(report.stats.walks or 0 for report in reports),
        stop=f"{walks:,} random walks in swarms of {SWARM:,}, seed {seed}; worlds of the largest",
    )
    return Report(tuple(_first(reports, at) for at in range(len(properties))), stats)


def _seed(seed: int, at: int) -> int:
    """The first swarm has the seed itself: up to :data:`SWARM` walks nothing changes."""
    return random.Random(f"{seed}/{at}").getrandbits(32) if at else seed  # noqa: S311 - reproducibility is the point


def _first(reports: list[Report], at: int) -> Verdict:
    verdicts = [report.verdicts[at] for report in reports]
    decided = (verdict for verdict in verdicts if verdict.schedule is not None)
    first = next(decided, verdicts[0])
    return attrs.evolve(first, exercised=max(verdict.exercised for verdict in verdicts))
