"""Curves of simulations as pictures, PNG or SVG by the ending of the file. Needs the extra plot.

The same runs give the same bytes of SVG: no date, names of parts that do not change, text as text.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING

from scuttle_check.base.kept_files import write_new
from scuttle_check.evidence.simulation.estimates import Growth, estimate
from scuttle_check.evidence.simulation.experiments import Experiment, Panel
from scuttle_check.evidence.simulation.paper import Run
from scuttle_check.evidence.simulation.spread import Setup, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes  # pyright: ignore[reportMissingImports] - an extra
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]

ENDINGS = (".png", ".svg")

DRAWN_FROM = 10
"""Before that every participant hears of all the others for the first time. Unit: seconds."""

COLOURS = {"newest": "#0072b2", "depth": "#d55e00", "breadth": "#009e73", "oldest": "#cc79a7"}
"""One for each order, told apart by the colour-blind, too. Source: Okabe and Ito (2008)."""


def _figure(panels: int, title: str) -> tuple[Figure, list[Axes]]:
    import matplotlib.figure as mpl  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    figure = mpl.Figure(figsize=(8, 0.6 + 3.2 * panels), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    axes = [figure.add_subplot(panels, 1, number + 1) for number in range(panels)]
    for each in axes:
        each.grid(visible=True, color="#dddddd", linewidth=0.6)
        each.set_axisbelow(True)
        for side in ("top", "right"):
            each.spines[side].set_visible(False)
    return figure, axes


def draw_experiment(experiment: Experiment, runs: Sequence[Run], path: Path) -> None:
    """The curves of all runs, with crosses for the figures of the paper."""
    figure, axes = _figure(len(experiment.panels), experiment.summary(runs[0].setup.nodes))
    for panel, at in zip(experiment.panels, axes, strict=True):
        _draw_panel(experiment, panel, runs, at)
        at.set_xlabel("seconds")
        at.set_ylabel(panel.label)
        at.set_ylim(bottom=0)
    crossed = any(line.get_marker() == "x" for line in axes[0].lines)
    if crossed:
        axes[0].plot([], [], "x", color="#666666", label="figures of the paper")
    axes[0].legend(frameon=False)
    _save(figure, path)


def _draw_panel(experiment: Experiment, panel: Panel, runs: Sequence[Run], at: Axes) -> None:
    nodes = runs[0].setup.nodes
    for order in dict.fromkeys(run.setup.order for run in runs):
        colour, label = COLOURS[order], order
        for run in runs:
            if run.setup.order == order:
                drawn = [each for each in run.samples if each.second >= DRAWN_FROM]
                seconds, values = [each.second for each in drawn], [*map(panel.of, drawn)]
                at.plot(seconds, values, color=colour, linewidth=1.3, label=label)
                label = "_another seed"
        paper = experiment.figures_of_the_paper(panel, order, nodes)
        if paper:
            at.plot(*zip(*paper, strict=True), "x", color=colour)


def draw_growth(setup: Setup, runs: Sequence[Spread], grown: Growth, path: Path) -> None:
    """Rounds over nodes: every run, the means with their intervals, and the line through them."""
    arrived = [(run.nodes, run.rounds) for run in runs if run.rounds is not None]
    sizes = sorted({nodes for nodes, _ in arrived})
    family = setup.topology.partition(":")[0]
    figure, (at,) = _figure(1, f"{family}, {setup.profile}, {setup.mode}")
    at.set_xscale("log", base=2)
    at.plot(*zip(*arrived, strict=True), ".", color="#999999", label="a run")
    means = [estimate([rounds for nodes, rounds in arrived if nodes == size]) for size in sizes]
    at.errorbar(
        sizes,
        [mean.value for mean in means],
        yerr=[mean.half for mean in means],
        fmt="o",
        capsize=3,
        color=COLOURS["newest"],
        label="mean, 95 % confidence",
    )
    slope = f"{grown.slope.value:.2f} rounds a doubling"
    at.plot(*_line(arrived, grown), color=COLOURS["depth"], linewidth=1.0, label=slope)
    at.set_xticks(sizes, [f"{size:,}" for size in sizes])
    at.minorticks_off()
    at.set_xlabel("nodes")
    at.set_ylabel("rounds until all have it")
    at.set_ylim(bottom=0)
    at.legend(frameon=False)
    _save(figure, path)


def _line(arrived: Sequence[tuple[int, float]], grown: Growth) -> tuple[list[int], list[float]]:
    """Two points of the fitted line, which passes through the mean."""
    doublings = [log2(nodes) for nodes, _ in arrived]
    centre = sum(doublings) / len(doublings)
    height = sum(rounds for _, rounds in arrived) / len(arrived)
    ends = [min(nodes for nodes, _ in arrived), max(nodes for nodes, _ in arrived)]
    return ends, [height + grown.slope.value * (log2(end) - centre) for end in ends]


def _save(figure: Figure, path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

    dated = {"Date": None} if path.suffix.lower() == ".svg" else None
    with mpl.rc_context({"svg.hashsalt": "scuttle", "svg.fonttype": "none"}):
        drawn = io.BytesIO()
        figure.savefig(drawn, format=path.suffix[1:].lower(), dpi=150, metadata=dated)
    write_new(path, drawn.getvalue())
