"""Random walks in several swarms, shared among workers.

How walks are divided and seeded does not depend on the workers, so neither does what they find.
"""

from __future__ import annotations

import random
import time
from functools import partial

import attrs

from checker.executors import Pool, mapped
from checker.scuttlebutt.experiment import Experiment
from checker.scuttlebutt.jobs import Job, carried_out, chosen, report_of
from checker.search.swarm import random_search
from checker.verdict import Report, Verdict

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
