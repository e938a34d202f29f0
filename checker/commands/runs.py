"""``scuttle runs``: the searches and simulations that have a folder."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from checker.commands.check import narrowed
from checker.commands.crews import worker_options
from checker.commands.examples import examples
from checker.commands.plotting import plot_option
from checker.commands.progress import Teller
from checker.commands.run_views import view
from checker.commands.searching import scouted
from checker.faults import UsageFault
from checker.runs import HOME, AnyRun, Run, SimulationRun, found, runs
from checker.search.budget import Budget

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on output.")


@click.group(
    epilog=examples(
        "scuttle runs list",
        "scuttle runs resume 1",
    )
)
def command() -> None:
    """List, show, resume and remove what was begun with check --run or simulate ... --run."""


@command.command("list", epilog=examples("scuttle runs list", "scuttle runs list --json"))
@as_json
def listed(as_json: bool) -> None:
    """List the runs below the current folder, in .scuttle/runs."""
    all_runs = runs()
    if as_json:
        document = {"format": "scuttle-runs/1", "runs": [view(run).document for run in all_runs]}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    if not all_runs:
        click.echo(f"no runs in {HOME}: begin one with scuttle check --topology ... --run")
    for run in all_runs:
        click.echo(f"{run.name:<36} {view(run).line}")


@command.command("show", epilog=examples("scuttle runs show 1", "scuttle runs show 1 --json"))
@click.argument("run")
@as_json
def show(run: str, as_json: bool) -> None:
    """Show how far a run is: its levels or its seeds, and what came of it."""
    one = found(run)
    told = view(one)
    if as_json:
        document = {"format": "scuttle-run-shown/1", **told.document, **told.details}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    lines = [f"{one.name}: {told.head}", told.line, f"{one.size / 1e6:,.1f} MB in {one.folder}"]
    click.echo("\n".join([*lines, *told.parts]))
    if one.result is None:
        click.echo(f"go on with: scuttle runs resume {one.name}")


@command.command("resume", epilog=examples("scuttle runs resume 1", "scuttle runs resume 1 --json"))
@click.argument("run")
@worker_options("the worlds, or the runs")
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop beyond N worlds.")
@click.option("--max-seconds", type=click.FloatRange(0), metavar="S", help="Stop after S seconds.")
@click.option(
    "--scout/--no-scout",
    "scouted",
    default=True,
    help="After a second, look for a bug at random and depth-first. Default: yes.",
)
@plot_option
@as_json
def resume(run: str, **flags: Any) -> None:
    """Go on with a run where it was interrupted or killed; with any number of workers.

    Limits and a scout are for searches, --plot for simulations.
    """
    one = found(run)
    _refuse_for_kind(one, flags)
    one.insist_on_program()
    sys.exit(_searched(one, flags) if isinstance(one, Run) else _simulated(one, flags))


def _refuse_for_kind(run: AnyRun, flags: dict[str, Any]) -> None:
    """Refuse a limit for a simulation, and a plot for a search. Spec: RUN-5."""
    search = isinstance(run, Run)
    for name in ("plot",) if search else ("max_states", "max_seconds"):
        if flags[name] is not None:
            raise UsageFault(
                f"{run.name} is a {'search' if search else 'simulation'}, and has none",
                where=f"--{name.replace('_', '-')}",
                clause="RUN-5",
                hint="leave it out" if search else "leave it out; Ctrl-C ends and saves",
            )


def _searched(run: Run, flags: dict[str, Any]) -> int:
    from checker.commands.saved import answered  # noqa: PLC0415 - loads numpy

    setup = narrowed(run.experiment.build(), run.asked.wanted)
    budget = Budget(flags["max_states"], flags["max_seconds"], Teller(), partial=True)
    if flags["scouted"] and not (run.asked.every or run.asked.coverage):
        budget = scouted(setup, budget, 0)
    return answered(run, setup, budget, flags).tell(as_json=flags["as_json"])


def _simulated(run: SimulationRun, flags: dict[str, Any]) -> int:
    from checker.commands import simulate, spread  # noqa: PLC0415 - most runs are searches
    from checker.commands.simulated import Work  # noqa: PLC0415
    from checker.simulation.plans import PaperPlan  # noqa: PLC0415

    plan, work = run.plan, Work(run.plan, run, flags)
    if isinstance(plan, PaperPlan):
        return simulate.carried_out(plan, work)
    return spread.carried_out(plan, work)


@command.command("rm", epilog=examples("scuttle runs rm 1", "scuttle runs rm 1 --json"))
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@as_json
def remove(names: tuple[str, ...], as_json: bool) -> None:
    """Delete runs, and nothing else that is in their folders."""
    removed = [found(name) for name in names]
    for run in removed:
        run.remove()
    if as_json:
        told = {"format": "scuttle-runs-removed/1", "removed": [run.name for run in removed]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for run in removed:
            click.echo(f"removed {run.name}")
