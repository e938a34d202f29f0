"""The swarm of walks: the same walks for a seed, and nothing but what the model can do."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment, Misfortune
from scuttle_check.search.budget import Budget
from scuttle_check.search.plain import breadth_first
from scuttle_check.search.walks.random_walk import random_walk
from scuttle_check.search.walks.shoal import Seen, Shoal
from scuttle_check.search.walks.swarm import random_search, swarm, swarm_applies
from scuttle_ref.names import UNBOUNDED

PROFILES = ("documented", "as-shipped", "textbook", "paper")
NETWORKS = ("fifo", "unordered", "lossy", "duplicating")
HUB = ["A set k=1", "A set k=2"]
PAIR = ["A set k=1", "B set k=2"]


def told(report: Report) -> list[object]:
    """Everything a report says except the time it took."""
    stats = report.stats
    return [
        [(v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts],
        (stats.states, stats.transitions, stats.terminal, stats.depth, stats.stop, stats.walks),
    ]


def test_the_same_seed_gives_the_same_swarm(experiment: Callable[..., Experiment]) -> None:
    """What chance found must be found again by its seed. Spec: CHK-5."""
    reports = []
    for seed in (7, 7, 8):
        setup = experiment("line:3", HUB, profile="as-shipped").build()
        reports.append(swarm(setup.system, setup.properties, walks=30, seed=seed))
    assert told(reports[0]) == told(reports[1])
    assert told(reports[0]) != told(reports[2])


@pytest.mark.parametrize(
    ("profile", "network", "max_history"),
    list(itertools.product(PROFILES, NETWORKS, (UNBOUNDED, 1))),
)
def test_enough_walks_see_every_world_and_every_refutation(
    experiment: Callable[..., Experiment], profile: str, network: str, max_history: float
) -> None:
    """On a model of some hundred worlds the walks see what the search sees, and no more.

    Spec: CHK-5.
    """
    script = PAIR[: 1 + (network in {"fifo", "lossy"})]
    small = experiment("line:2", script, profile=profile, network=network, max_history=max_history)
    plain, walked = small.build(), small.build()
    whole = breadth_first(plain.system, plain.properties)
    report = swarm(walked.system, walked.properties, walks=60_000)
    assert not report.stats.complete
    assert report.stats.states == whole.stats.states
    assert report.stats.terminal == whole.stats.terminal
    for found, known in zip(report.verdicts, whole.verdicts, strict=True):
        if known.schedule is None:
            assert (found.kind, found.exercised) == (Kind.UNKNOWN, known.exercised)
        else:
            assert found.kind is known.kind


@pytest.mark.parametrize(
    "troubles",
    [
        {"faults": Misfortune(cuts=1)},
        {"faults": Misfortune(crashes=1, restart="amnesia")},
        {"faults": Misfortune(crashes=1, restart="new-id")},
        {"faults": Misfortune(pauses=1)},
        {"faults": Misfortune(overtakings=2)},
        {"wiring": "broadcast"},
        {"processes": (("A", "B"),)},
    ],
    ids=repr,
)
def test_walks_know_every_fault(
    experiment: Callable[..., Experiment], troubles: dict[str, Any]
) -> None:
    """What the search counts and refutes under faults, the walks meet: gates and effects agree.

    Spec: CHK-5.
    """
    small = experiment("line:2", ["A set k=1"], profile="as-shipped", **troubles)
    plain, walked = small.build(), small.build()
    whole = breadth_first(plain.system, plain.properties)
    assert swarm_applies(walked.system, walked.properties)
    report = swarm(walked.system, walked.properties, walks=120_000)
    assert report.stats.states == whole.stats.states
    assert report.stats.terminal == whole.stats.terminal
    for found, known in zip(report.verdicts, whole.verdicts, strict=True):
        assert (found.schedule is None) == (known.schedule is None)
        if known.schedule is None:
            assert found.exercised == known.exercised
        else:
            run = Trace.of(walked.system, found.schedule or (), [found.property])
            assert run.misfit is None
            assert run.decided == {found.property.name: found.because}


def test_worlds_are_told_apart_when_numbers_outgrow_two_bytes() -> None:
    """Worlds are kept in two bytes a number as long as that is exact, and widened after that."""
    seen = Seen()
    seen.add(np.array([[0, 1, 1], [7, 7, 7]], np.int32))
    seen.add(np.array([[65_536, 1], [7, 7]], np.int32))
    seen.add(np.array([[0], [7]], np.int32))
    assert len(seen) == 3


def test_the_history_of_walks_is_kept_only_as_long_as_it_is_needed(
    experiment: Callable[..., Experiment],
) -> None:
    """Walks begin and end at different times; each still knows its own steps."""
    setup = experiment("line:2", PAIR, profile="documented").build()
    shoal = Shoal(setup.system, random.Random(3), None)  # noqa: S311 - seeded on purpose
    for _ in range(200):
        shoal.step()
    for walk in range(0, len(shoal.began), 97):
        run = Trace.of(setup.system, shoal.schedule(walk), [])
        assert run.misfit is None
        assert run.states[-1].nodes == shoal.nodes(walk)
    assert shoal.depth < 60


@pytest.mark.parametrize(("profile", "network"), list(itertools.product(PROFILES, NETWORKS)))
def test_every_schedule_of_a_walk_can_be_replayed(
    experiment: Callable[..., Experiment], profile: str, network: str
) -> None:
    """The tables of the swarm are not the model: the model itself must take every step."""
    setup = experiment(
        "line:3", [*HUB, "B set j=1"], profile=profile, network=network, max_history=1
    ).build()
    report = swarm(setup.system, setup.properties, walks=300)
    decided = [verdict for verdict in report.verdicts if verdict.schedule is not None]
    assert decided
    for verdict in decided:
        run = Trace.of(setup.system, verdict.schedule or (), [verdict.property])
        assert run.misfit is None
        assert run.decided == {verdict.property.name: verdict.because}


def test_a_swarm_ends_with_the_first_refutation_if_asked(
    experiment: Callable[..., Experiment],
) -> None:
    """Who wants to know whether there is a bug need not wait for the other walks."""
    setup = experiment("line:3", HUB, profile="as-shipped").build()
    report = swarm(setup.system, setup.properties, walks=None, until_refuted=True)
    assert report.stats.stop == "a property is refuted"
    assert any(verdict.kind is Kind.REFUTED for verdict in report.verdicts)


def test_a_model_that_is_no_system_is_walked_plainly(
    toys: object, experiment: Callable[..., Experiment]
) -> None:
    """Tables need nodes; everything else takes the plain walk and says the same."""
    model, properties = toys.DieHard(), [toys.never((9, 9))]  # type: ignore[attr-defined]
    assert not swarm_applies(model, properties)
    assert told(random_search(model, properties, walks=1)) == told(
        random_walk(model, properties, walks=1)
    )
    setup = experiment("line:2", PAIR).build()
    assert swarm_applies(setup.system, setup.properties)


def test_a_swarm_is_many_times_faster_than_the_plain_walk(
    experiment: Callable[..., Experiment],
) -> None:
    """It is there to be fast; a factor of ten is far below what it reaches."""
    rates = []
    for walk, walks in ((random_walk, 100), (swarm, 20_000)):
        setup = experiment("ring:4", ["A set k=1", "C set k=2"]).build()
        began = time.process_time()
        stats = walk(setup.system, setup.properties, Budget(), walks=walks).stats
        steps = stats.transitions
        rates.append(steps / (time.process_time() - began))
    assert rates[1] > 10 * rates[0]
