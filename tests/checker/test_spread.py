"""Populations of any size: what the simulation adds to the reducers, and what it says of seeds."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import attrs
import numpy as np
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.workers import mapped
from scuttle_check.engine.network import Comeback
from scuttle_check.evidence.simulation.estimates import (
    STUDENT,
    estimate,
    growth,
    judged,
    sizes_of,
    student,
)
from scuttle_check.evidence.simulation.spread import (
    MODES,
    Setup,
    Spread,
    Weather,
    neighbourhood,
    resized,
    spread,
)
from scuttle_ref.profiles import PROFILES

SMALL = Setup("complete:30", rounds_max=60)
SPEAKING = [name for name in PROFILES if name not in {"plasmid", "gossiper", "txgossip"}]


@pytest.mark.parametrize("profile", list(PROFILES))
@pytest.mark.parametrize("mode", MODES)
def test_every_profile_spreads_an_update(profile: str, mode: str) -> None:
    """Each mode brings it to everybody; who answers only what is named can be asked, not push.

    Spec: SIM-2, SIM-4.
    """
    setup = attrs.evolve(SMALL, profile=profile, mode=mode)
    if mode == "push" and profile not in SPEAKING:
        with pytest.raises(UsageFault, match="asked for by name"):
            spread(setup, 1)
        return
    run = spread(setup, 1)

    if (profile, mode) in {("gossiper", "pull"), ("txgossip", "pull")}:
        assert run.rounds is None  # its request names nobody it does not know
        return
    assert run.rounds is not None
    assert run.updates >= 29
    if profile != "scuttlebutt":  # whose peers open sessions, and say hello
        assert (run.lines == 0) == (mode == "push")


def test_asking_first_sends_nothing_twice_and_pushing_does() -> None:
    """The paper: a gossiper never transmits updates already known. Spec: SIM-4."""
    asked, pulled, pushed = (spread(attrs.evolve(SMALL, mode=mode), 1) for mode in MODES)

    assert asked.updates == pulled.updates == 29
    assert pushed.updates > 50
    assert asked.rounds is not None
    assert pulled.rounds is not None
    assert asked.rounds < pulled.rounds


@pytest.mark.parametrize(
    ("topology", "exchanges_least"), [("line:30", 200), ("star:30", 1), ("grid:5x6", 1)]
)
def test_links_bound_the_way(topology: str, exchanges_least: int) -> None:
    """Every family of the checker will do, by lists of neighbours."""
    run = spread(attrs.evolve(SMALL, topology=topology, updates=3), 2)

    assert run.rounds is not None
    assert run.exchanges >= exchanges_least


def test_a_graph_file_is_a_population(tmp_path: Path) -> None:
    """Names become numbers in the order of the file; one that falls apart is refused."""
    path = tmp_path / "net.edgelist"
    path.write_text("a b\nb c\nc d\n", encoding="utf-8")
    assert spread(Setup(str(path), mode="pull"), 1).nodes == 4
    path = tmp_path / "cut.edgelist"
    path.write_text("a b\nc d\n", encoding="utf-8")

    with pytest.raises(UsageFault, match="2 of 4 nodes cannot be reached"):
        neighbourhood(str(path))


def test_large_complete_graphs_are_not_built() -> None:
    """A list of links would have ten billion; drawing a peer needs none."""
    assert neighbourhood("complete:100000").count == 100_000
    with pytest.raises(UsageFault, match="100000 is the most"):
        neighbourhood("complete:100001")


def test_losses_and_delays_take_time_and_lose_nothing() -> None:
    """Frames are sent again in later exchanges; the clock of a node moves only with its frame."""
    fair, lossy, slow = (
        spread(attrs.evolve(SMALL, updates=5, weather=weather), 3)
        for weather in (Weather(), Weather(loss=0.5), Weather(latency="uniform:0.5,2"))
    )

    assert fair.rounds is not None
    assert lossy.rounds is not None
    assert slow.rounds is not None
    assert fair.rounds < min(lossy.rounds, slow.rounds)


@pytest.mark.parametrize("comeback", list(Comeback))
def test_nodes_go_and_come_back(comeback: Comeback) -> None:
    """Those that are up have everything at the end, whatever the others have kept. Spec: SIM-5."""
    weather = Weather(churn=0.1, down=2, comeback=comeback)
    runs = [spread(attrs.evolve(SMALL, weather=weather), seed) for seed in range(4)]

    assert any(run.rounds is not None for run in runs)


def test_what_nobody_holds_is_lost() -> None:
    """The only writer forgets before anyone has asked: no run may count as arrived. Spec: SIM-3."""
    weather = Weather(churn=200.0, down=0.01, comeback=Comeback.AMNESIA)
    run = spread(attrs.evolve(SMALL, weather=weather, rounds_max=5), 1)

    assert run.lost
    assert run.rounds is None
    kept = attrs.evolve(weather, comeback=Comeback.PERSISTED)
    assert not spread(attrs.evolve(SMALL, weather=kept, rounds_max=5), 1).lost


def test_workers_change_nothing() -> None:
    """A run is a function of its setup and seed. Spec: SIM-1."""
    run = partial(spread, attrs.evolve(SMALL, weather=Weather("exponential:0.3", 0.1, 0.05)))
    here = [run(seed) for seed in range(3)]

    afar = list(
        mapped(run, range(3), partial(ProcessPoolExecutor, 2, mp_context=get_context("spawn")))
    )

    assert afar == here
    assert here[0] != here[1]


def _runs(rounds: dict[int, float]) -> list[Spread]:
    """Three runs of each size, that differ by a tenth."""
    return [
        Spread(nodes, seed, value + (seed - 1) / 10, False, 0, 0, 0, 0)
        for nodes, value in rounds.items()
        for seed in range(3)
    ]


@pytest.mark.parametrize(
    ("exponent", "holds"), [(None, True), (0.5, False), (1.0, False)], ids=["log", "root", "line"]
)
def test_growth_is_told_from_roots_and_lines(exponent: float | None, holds: bool) -> None:
    """Made-up rounds that reach 8 with 10,000 nodes. Spec: SIM-6."""
    setup = Setup("ring:10000")
    sizes = sizes_of(setup)
    rounds = {
        n: 8 * math.log(n, 10_000) if exponent is None else 8 * (n / 10_000) ** exponent
        for n in sizes
    }
    (judgement,) = judged(setup, _runs(rounds))

    assert len(sizes) == 8
    assert judgement.holds is holds


def test_real_rounds_grow_with_the_logarithm_except_on_a_ring() -> None:
    """The reducers, over two doublings. Spec: SIM-6."""
    answers = {}
    for family in ("complete", "ring"):
        setup = Setup(f"{family}:64")
        runs = [spread(resized(setup, n), s) for n in (16, 32, 64) for s in range(4)]
        answers[family] = [each.holds for each in judged(setup, runs)]

    assert answers == {"complete": [True, True], "ring": [False]}


def test_nothing_is_judged_of_what_was_given_up() -> None:
    """A run without an end says nothing of growth. Spec: SIM-3."""
    setup = Setup("complete:64")
    runs = _runs({16: 2.0, 32: 3.0, 64: 4.0})

    assert judged(setup, [*runs, attrs.evolve(runs[0], rounds=None)]) == ()


def test_an_interval_covers_its_mean_as_often_as_it_says() -> None:
    """Of 2,000 samples of five, 95 of a hundred intervals hold the true mean."""
    random = np.random.default_rng(1)
    found = [estimate(random.normal(3.0, 2.0, 5).tolist()) for _ in range(2000)]
    covered = sum(each.least <= 3.0 <= each.most for each in found) / len(found)

    assert 0.94 <= covered <= 0.96
    assert estimate([1.0]).half == math.inf
    assert math.isnan(estimate([]).value)


def test_quantiles_go_on_smoothly_beyond_the_table() -> None:
    """Student's t for 31, 60 and 120 degrees of freedom, from the usual table."""
    assert student(len(STUDENT)) == 2.042
    assert [round(student(each), 2) for each in (31, 60, 120)] == [2.04, 2.0, 1.98]


def test_a_parabola_is_found_again() -> None:
    """Slope and bend of numbers without noise, with intervals of no width."""
    sizes = [2**power for power in range(8)]
    found = growth(sizes, [3 + 2 * power + power**2 for power in range(8)])

    assert found.bend.value == pytest.approx(1.0)
    assert found.bend.half == pytest.approx(0.0, abs=1e-6)
    assert found.slope.value == pytest.approx(9.0)
