"""``scuttle runs``: the searches that have a folder."""

from __future__ import annotations

import json
import sys
from typing import Any

import attrs
import click

from checker.commands import shown
from checker.commands.check import exit_code, narrowed, scouting
from checker.commands.crews import worker_options
from checker.commands.examples import examples
from checker.commands.progress import Teller
from checker.runs import HOME, Run, found, runs
from checker.search.budget import Budget

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on output.")


@click.group(
    epilog=examples(
        "scuttle runs list",
        "scuttle runs resume 1",
    )
)
def command() -> None:
    """List, show, resume and remove searches that were begun with scuttle check --run."""


@command.command("list", epilog=examples("scuttle runs list", "scuttle runs list --json"))
@as_json
def listed(as_json: bool) -> None:
    """List the runs below the current folder, in .scuttle/runs."""
    all_runs = runs()
    if as_json:
        document = {"format": "scuttle-runs/1", "runs": [_document(run) for run in all_runs]}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    if not all_runs:
        click.echo(f"no runs in {HOME}: begin one with scuttle check --topology ... --run")
    for run in all_runs:
        click.echo(f"{run.name:<36} {_line(run)}")


@command.command("show", epilog=examples("scuttle runs show 1", "scuttle runs show 1 --json"))
@click.argument("run")
@as_json
def show(run: str, as_json: bool) -> None:
    """Show how far a run is: its levels, or what came of it."""
    one = found(run)
    if as_json:
        told = {"format": "scuttle-run-shown/1", **_document(one), "levels": _levels(one)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{one.name}: {shown.assumptions(one.experiment)}")
    click.echo(_line(one))
    click.echo(f"{one.size / 1e6:,.1f} MB in {one.folder}")
    for level in _levels(one):
        click.echo(f"  depth {level['depth']:>4}  {level['worlds']:>14,} new worlds")
    result = one.result
    for each in () if result is None else result["properties"]:
        click.echo(f"  {each['verdict']:<9} {each['name']}")
    if result is None:
        click.echo(f"go on with: scuttle runs resume {one.name}")


@command.command("resume", epilog=examples("scuttle runs resume 1", "scuttle runs resume 1 --json"))
@click.argument("run")
@worker_options("the worlds")
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop beyond N worlds.")
@click.option("--max-seconds", type=click.FloatRange(0), metavar="S", help="Stop after S seconds.")
@click.option(
    "--scout/--no-scout",
    "scouted",
    default=True,
    help="After a second, look for a bug at random and depth-first. Default: yes.",
)
@as_json
def resume(run: str, **flags: Any) -> None:
    """Go on with a run where it was interrupted or killed; with any number of workers."""
    from checker.commands.saved import search_saved  # noqa: PLC0415 - loads numpy

    one = found(run)
    one.insist_on_program()
    setup = narrowed(one.experiment.build(), one.wanted)
    budget = Budget(flags["max_states"], flags["max_seconds"], Teller())
    if flags["scouted"]:
        budget = attrs.evolve(budget, tell=scouting(setup, budget, 0))
    report = search_saved(one, setup, budget, flags)
    if flags["as_json"]:
        click.echo(json.dumps(shown.report_json(one.experiment, report), ensure_ascii=False))
    else:
        click.echo(shown.report_text(one.experiment, setup, report))
    sys.exit(exit_code(report))


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


def _levels(run: Run) -> list[dict[str, int]]:
    """The levels that are whole, with how many worlds each added."""
    marks = run.marks
    before = [0, *(mark.worlds for mark in marks)]
    return [
        {"depth": mark.level, "worlds": mark.worlds - first}
        for mark, first in zip(marks, before, strict=False)
    ]


def _document(run: Run) -> dict[str, Any]:
    marks = run.marks
    return {
        "name": run.name,
        "folder": str(run.folder),
        "state": run.state,
        "worlds": marks[-1].worlds if marks else 0,
        "depth": len(marks) - 1 if marks else 0,
        "decided": sorted(marks[-1].decided) if marks else [],
        "bytes": run.size,
        "experiment": run.experiment.to_json(),
        "result": run.result,
    }


def _line(run: Run) -> str:
    marks, result = run.marks, run.result
    if result is not None:
        verdicts = [each["verdict"] for each in result["properties"]]
        return f"finished: {result['states']:,} worlds, {verdicts.count('refuted')} refuted"
    worlds = marks[-1].worlds if marks else 0
    return f"{run.state}: {worlds:,} worlds, depth {max(0, len(marks) - 1)}"
