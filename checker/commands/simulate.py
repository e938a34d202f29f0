"""``scuttle simulate``: the experiments of the paper, and how updates spread at any size."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import click
from attrs import asdict, evolve

from checker.commands import spread
from checker.commands.crews import pool_of, worker_options
from checker.commands.examples import examples
from checker.commands.options import Command
from checker.commands.plotting import checked, plot_option
from checker.commands.progress import say
from checker.executors import Pool
from checker.faults import INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from checker.simulation import seeds
from checker.simulation.experiments import EXPERIMENTS, Experiment, setups
from checker.simulation.orders import ORDERS
from checker.simulation.paper import ENGINES, Run, Setup, simulate
from checker.simulation.plots import draw_experiment
from checker.simulation.reducing import ORDERS as REDUCED

EXPERIMENT_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--order",
        "orders",
        type=click.Choice(ORDERS),
        multiple=True,
        help="Again for more. Default: all.",
    ),
    click.option(
        "--nodes",
        type=click.IntRange(2, 512),
        metavar="N",
        help="Participants; the paper's are 128.",
    ),
    click.option(
        "--seed", type=click.IntRange(0), default=1, show_default=True, help="The first seed."
    ),
    click.option(
        "--seeds",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        metavar="N",
        help="How many.",
    ),
    click.option(
        "--engine",
        type=click.Choice(list(ENGINES)),
        default="tables",
        show_default=True,
        help="Tables take seconds; the reducers minutes, and are compared with the tables.",
    ),
    worker_options("the runs"),
    plot_option,
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
)


@click.group(
    epilog=examples(
        "scuttle simulate paper-1 --order depth", "scuttle simulate spread --topology ring:50"
    )
)
def command() -> None:
    """Run the protocol at size: the experiments of the Scuttlebutt paper, or how updates spread.

    stale is the mean number of outdated mappings of a participant, late@T for how many seconds, at
    second T, participant 0 has missed an update. Exit code 1 when an expectation fails, 4 when none
    was judged: expectations are about the paper's number of participants and about given orders.
    """


def _add(name: str, experiment: Experiment) -> None:
    """An experiment as a command of its own."""

    def run(**flags: Any) -> None:
        _run(experiment, **flags)

    for option in reversed(EXPERIMENT_OPTIONS):
        run = option(run)
    example = examples(f"scuttle simulate {name} --order {experiment.orders[0]}")
    command.command(name, help=f"{experiment.summary}.", epilog=example)(run)


def _run(experiment: Experiment, **flags: Any) -> None:
    nodes, first, engine = flags["nodes"], flags["seed"], flags["engine"]
    plot = checked(flags["plot"])
    tasks = [
        (evolve(setup, engine=engine), seed)
        for setup in setups(experiment, _orders(experiment, flags["orders"], engine), nodes)
        for seed in range(first, first + flags["seeds"])
    ]
    runs, interrupted = _ran(tasks, pool_of(flags))
    if interrupted and not runs:
        raise KeyboardInterrupt
    judged = _judged(experiment, runs) if nodes in {None, experiment.setup.nodes} else []
    if engine == "reducers" and not interrupted:
        judged += [_compared(run) for run in runs]
    if plot is not None and not interrupted:
        draw_experiment(experiment, runs, plot)
        say(f"drawn: {plot}")
    if flags["as_json"]:
        click.echo(json.dumps(_document(experiment, runs, judged)))
    else:
        click.echo(_text(experiment, runs, judged))
    if interrupted:
        click.echo("interrupted: only what had ended is told", err=True)
        sys.exit(INTERRUPTED)
    failed = any(not held for _, _, held in judged)
    sys.exit(REFUTED if failed else 0 if judged else INCONCLUSIVE)


def _ran(tasks: list[tuple[Setup, int]], pool: Pool | None) -> tuple[list[Run], bool]:
    """The runs in the order of `tasks`, and whether they were interrupted."""
    runs: list[Run] = []
    try:
        for run in seeds.runs(_one, tasks, pool):
            runs.append(run)
            say(f"{run.setup.name}: {run.setup.order}, seed {run.seed}: done")
    except KeyboardInterrupt:
        return runs, True
    return runs, False


def _orders(experiment: Experiment, given: tuple[str, ...], engine: str) -> tuple[str, ...]:
    """The orders to run. Raises UsageFault for one that the reducers do not have."""
    orders = tuple(dict.fromkeys(given))
    if engine == "tables":
        return orders
    for order in orders:
        if order not in REDUCED:
            raise UsageFault(
                "is precise reconciliation, which no profile does",
                where=f"--order {order}",
                expected=", ".join(REDUCED),
                hint="--engine tables",
            )
    return orders or tuple(order for order in experiment.orders if order in REDUCED)


def _one(task: tuple[Setup, int]) -> Run:
    setup, seed = task
    return simulate(setup, seed, _tell if setup.engine == "reducers" else None)


def _tell(second: int) -> None:
    if second % 10 == 0:
        say(f"second {second} of the simulated time")


def _compared(run: Run) -> tuple[str, int, bool]:
    """Whether the tables, with the same seed, take the same course. Spec: SIM-7."""
    tables = simulate(evolve(run.setup, engine="tables"), run.seed)
    sentence = f"{run.setup.order}: reducers and tables give the same curves"
    return sentence, run.seed, run.samples == tables.samples


for _name, _experiment in EXPERIMENTS.items():
    _add(_name, _experiment)
command.add_command(spread.command, "spread")


Judged = list[tuple[str, int, bool]]
"""A sentence, the seed, whether it held."""


def _judged(experiment: Experiment, runs: list[Run]) -> Judged:
    """Every expectation whose orders all ran, for every seed."""
    judged: Judged = []
    for seed in dict.fromkeys(run.seed for run in runs):
        by_order = {run.setup.order: run for run in runs if run.seed == seed}
        judged += [
            (each.sentence, seed, each.holds(by_order))
            for each in experiment.expectations
            if set(each.orders) <= set(by_order)
        ]
    return judged


def _finite(number: float) -> float | None:
    return round(number, 3) if math.isfinite(number) else None


def _document(experiment: Experiment, runs: list[Run], judged: Judged) -> dict[str, Any]:
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
        "paper": {each.title: dict(each.paper) for each in experiment.columns},
        "expectations": [
            {"sentence": sentence, "seed": seed, "holds": held} for sentence, seed, held in judged
        ],
    }


def _text(experiment: Experiment, runs: list[Run], judged: Judged) -> str:
    titles = [each.title for each in experiment.columns]
    widths = [max(len(title), 8) for title in titles]
    lines = [experiment.summary, _row("order", "seed", titles, widths)]
    for order in dict.fromkeys(run.setup.order for run in runs):
        for run in (run for run in runs if run.setup.order == order):
            cells = [_number(each.of(run)) for each in experiment.columns]
            lines.append(_row(order, str(run.seed), cells, widths))
        if any(order in each.paper for each in experiment.columns):
            cells = [
                _number(each.paper[order]) if order in each.paper else "-"
                for each in experiment.columns
            ]
            lines.append(_row("", "paper", cells, widths))
    lines += [
        f"{'holds' if held else 'FAILS'}  {sentence} (seed {seed})"
        for sentence, seed, held in judged
    ]
    if not judged:
        lines.append("nothing judged: no expectation is about these participants and orders")
    return "\n".join(lines)


def _row(order: str, seed: str, cells: list[str], widths: list[int]) -> str:
    told = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{order:<8} {seed:>5}  {told}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "never"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004 - two digits matter below
