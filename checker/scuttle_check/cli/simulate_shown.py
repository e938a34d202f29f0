"""An experiment of the paper as people and programs read it."""

from __future__ import annotations

import math
from typing import Any

from attrs import asdict

from scuttle_check.evidence.simulation.experiments import Experiment
from scuttle_check.evidence.simulation.paper import Run

Judged = list[tuple[str, int, bool]]
"""A sentence, the seed, whether it held."""


def _finite(number: float) -> float | None:
    return round(number, 3) if math.isfinite(number) else None


def simulation_document(experiment: Experiment, runs: list[Run], judged: Judged) -> dict[str, Any]:
    """The runs and what was judged, as JSON. Spec: CONVERT-4."""
    return {
        "format": "scuttle-simulation/1",
        "experiment": experiment.setup.name,
        "nodes": runs[0].setup.nodes,
        "runs": [
            {
                "order": run.setup.order,
                "engine": run.setup.engine,
                "seed": run.seed,
                "figures": {each.title: _finite(each.of(run)) for each in experiment.columns},
                "samples": [
                    {key: round(value, 3) for key, value in asdict(sample).items()}
                    for sample in run.samples
                ],
            }
            for run in runs
        ],
        "paper": {
            each.title: dict(each.published(runs[0].setup.nodes)) for each in experiment.columns
        },
        "expectations": [
            {"sentence": sentence, "seed": seed, "holds": held} for sentence, seed, held in judged
        ],
    }


def simulation_text(experiment: Experiment, runs: list[Run], judged: Judged) -> str:
    """The runs beside the paper's, as a table, and what was judged."""
    titles = [each.title for each in experiment.columns]
    widths = [max(len(title), 8) for title in titles]
    nodes = runs[0].setup.nodes
    papers = [each.published(nodes) for each in experiment.columns]
    lines = [experiment.summary(nodes), _row(("order", "engine", "seed"), titles, widths)]
    for order in dict.fromkeys(run.setup.order for run in runs):
        for run in (run for run in runs if run.setup.order == order):
            cells = [_number(each.of(run)) for each in experiment.columns]
            lines.append(_row((order, run.setup.engine, str(run.seed)), cells, widths))
        if any(order in each for each in papers):
            cells = [_number(each[order]) if order in each else "-" for each in papers]
            lines.append(_row(("", "", "paper"), cells, widths))
    lines += [
        f"{'holds' if held else 'FAILS'}  {sentence} (seed {seed})"
        for sentence, seed, held in judged
    ]
    if not judged:
        lines.append("nothing judged: no expectation is about these participants and orders")
    return "\n".join(lines)


def _row(head: tuple[str, str, str], cells: list[str], widths: list[int]) -> str:
    told = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    order, engine, seed = head
    return f"{order:<8} {engine:<8} {seed:>5}  {told}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "never"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 - two digits matter below
