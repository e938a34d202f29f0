"""Pictures of simulations. matplotlib is an extra, too heavy to be among those of the tests."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from scuttle_check.evidence.simulation.estimates import Estimate, Growth
from scuttle_check.evidence.simulation.experiments import EXPERIMENTS, LATE, STALE
from scuttle_check.evidence.simulation.paper import Run, simulate
from scuttle_check.evidence.simulation.plots import draw_experiment, draw_growth
from scuttle_check.evidence.simulation.spread import Setup, Spread

pytest.importorskip("matplotlib", reason="the extra plot is not installed")


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Two orders of a small experiment, two seeds."""
    setup = attrs.evolve(EXPERIMENTS["light-writers"].setup, nodes=6, keys=4, seconds=30)
    return [
        simulate(attrs.evolve(setup, order=order), seed)
        for order in ("depth", "breadth")
        for seed in (1, 2)
    ]


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_one_run_is_one_picture(name: str, runs: list[Run], tmp_path: Path) -> None:
    """The same bytes of SVG each time, with labels that can be read and found. Spec: SIM-8."""
    experiment = EXPERIMENTS[name]
    for file in ("one.svg", "two.svg", "one.png"):
        draw_experiment(experiment, runs, tmp_path / file)
    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8")

    assert drawn == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    for text in ("depth", "breadth", "seconds", experiment.panels[1].label):
        assert text in drawn
    assert "figures of the paper" not in drawn  # they are of another size


def test_the_figures_of_the_paper_are_crosses_at_their_size(tmp_path: Path) -> None:
    """Read off its plots, beside curves that are no test of them."""
    experiment = EXPERIMENTS["paper-1"]
    setup = attrs.evolve(experiment.setup, keys=1, seconds=12)
    draw_experiment(experiment, [simulate(setup, 1)], tmp_path / "one.svg")

    assert "figures of the paper" in (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert experiment.figures_of_the_paper(STALE, "depth", 128)[1] == (75, 2190)
    assert experiment.figures_of_the_paper(LATE, "newest", 128) == [(75, 51), (98, 73)]


def test_growth_is_points_means_and_a_line(tmp_path: Path) -> None:
    """Runs that were given up are not drawn."""
    runs = [Spread(n, s, n / 10 + s, False, 0, 0, 0, 0) for n in (16, 32, 64) for s in (1, 2)]
    runs.append(attrs.evolve(runs[0], rounds=None))
    slope = Growth(Estimate(1.23, 0.1), Estimate(0.0, 0.1))
    draw_growth(Setup("ring:64"), runs, slope, tmp_path / "growth.svg")

    drawn = (tmp_path / "growth.svg").read_text(encoding="utf-8")
    for text in ("1.23 rounds a doubling", "mean, 95 % confidence", "ring, documented"):
        assert text in drawn
