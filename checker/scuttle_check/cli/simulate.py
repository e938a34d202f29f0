"""``scuttle simulate``: the experiments of the paper, and how updates spread at any size."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import click
from attrs import define, evolve, field

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from scuttle_check.cli import spread
from scuttle_check.cli.crews import worker_options
from scuttle_check.cli.options import Command, examples
from scuttle_check.cli.plotting import checked, plot_option
from scuttle_check.cli.shown import patience, say
from scuttle_check.cli.simulate_shown import Judged, simulation_document, simulation_text
from scuttle_check.cli.simulated import Work, collected, run_option, work_of
from scuttle_check.evidence.simulation.experiments import EXPERIMENTS, Experiment
from scuttle_check.evidence.simulation.orders import ORDERS
from scuttle_check.evidence.simulation.paper import ENGINES, Run, Setup, simulate
from scuttle_check.evidence.simulation.plans import AUTO, PaperEnd, PaperPlan
from scuttle_check.evidence.simulation.plots import draw_experiment
from scuttle_check.evidence.simulation.reducing import ORDERS as REDUCED

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
        help="Participants; the paper's are 128, in paper-2 also 64.",
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
        type=click.Choice([AUTO, *ENGINES]),
        default=AUTO,
        show_default=True,
        help="The reducers take a minute an order, and are compared with the tables, which take"
        " seconds. auto: reducers where the order has them.",
    ),
    worker_options("the runs"),
    run_option,
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
    summary = experiment.summary(experiment.setup.nodes)
    example = examples(f"scuttle simulate {name} --order {experiment.orders[0]}")
    command.command(name, help=f"{summary}.", epilog=example)(run)


def _run(experiment: Experiment, **flags: Any) -> None:
    plan = PaperPlan(
        experiment=experiment.setup.name,
        orders=_orders(experiment, flags["orders"], flags["engine"]),
        nodes=flags["nodes"],
        engine=flags["engine"],
        seed=flags["seed"],
        seeds=flags["seeds"],
    )
    checked(flags["plot"])
    sys.exit(carried_out(plan, work_of(plan, flags)))


def carried_out(plan: PaperPlan, work: Work) -> int:
    """Let all runs end, tell what came of them, and the exit code."""
    experiment, plot = EXPERIMENTS[plan.experiment], checked(work.flags["plot"])
    with work.going_on():
        ends, interrupted = collected(work, plan, _one, _ended)
        runs = [end.run for end in ends]
        if interrupted and not runs:
            raise KeyboardInterrupt
        if interrupted:
            work.say_how()
        judged: Judged = []
        if plan.nodes is None or plan.nodes in experiment.sizes:
            judged = _judged(experiment, runs)
        judged += [_compared(end.run, end.alike) for end in ends if end.alike is not None]
        document = simulation_document(experiment, runs, judged)
        if not interrupted:
            work.finish(document)
    if plot is not None and not interrupted:
        draw_experiment(experiment, runs, plot)
        say(f"drawn: {plot}")
    as_json = work.flags["as_json"]
    click.echo(json.dumps(document) if as_json else simulation_text(experiment, runs, judged))
    if interrupted:
        click.echo("interrupted: only what had ended is told", err=True)
        return INTERRUPTED
    failed = any(not held for _, _, held in judged)
    return REFUTED if failed else AS_EXPECTED if judged else INCONCLUSIVE


def _ended(end: PaperEnd) -> str:
    run = end.run
    return f"{run.setup.name}: {run.setup.order}, seed {run.seed}: done"


def _orders(experiment: Experiment, given: tuple[str, ...], engine: str) -> tuple[str, ...]:
    """The orders to run. Raises UsageFault for one that the reducers do not have."""
    orders = tuple(dict.fromkeys(given))
    if engine != "reducers":
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


def _one(task: tuple[Setup, int]) -> PaperEnd:
    """A run; one by the reducers is compared with the same by tables. Spec: SIM-7."""
    setup, seed = task
    if setup.engine == "tables":
        return PaperEnd(simulate(setup, seed))
    run = simulate(setup, seed, _Teller(setup, seed))
    tables = simulate(evolve(setup, engine="tables"), seed)
    return PaperEnd(run, run.samples == tables.samples)


@define
class _Teller:
    """Tells how far a run by the reducers is."""

    setup: Setup
    seed: int
    _started: float = field(factory=time.monotonic)
    _last: float = field(factory=time.monotonic)

    def __call__(self, second: int) -> None:
        """A second of the simulated time is over."""
        now = time.monotonic()
        if now - self._last < patience():
            return
        self._last = now
        rate = second / (now - self._started)
        left = (self.setup.seconds - second) / rate
        say(
            f"{self.setup.order}, seed {self.seed}: second {second} of {self.setup.seconds}, "
            f"{rate:,.2g} simulated seconds/s, about {left:,.0f} s left of this run"
        )


def _compared(run: Run, alike: bool) -> tuple[str, int, bool]:
    sentence = f"{run.setup.order}: reducers and tables give the same curves"
    return sentence, run.seed, alike


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


for _name, _experiment in EXPERIMENTS.items():
    _add(_name, _experiment)
command.add_command(spread.command, "spread")
