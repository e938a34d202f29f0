"""``scuttle runs``: the searches and simulations that have a folder.

Run folders as people and programs read them: one view for each kind of run.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any, Protocol

import click
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.check import narrowed
from scuttle_check.cli.crews import worker_options
from scuttle_check.cli.options import Amount, examples
from scuttle_check.cli.plotting import plot_option
from scuttle_check.cli.saved import HOME, AnyRun, Run, SimulationRun, found, runs
from scuttle_check.cli.searching import scouted
from scuttle_check.cli.shown import Teller
from scuttle_check.evidence.simulation.plans import plan_json
from scuttle_check.gossip.in_force import presumed
from scuttle_check.search.budget import Budget


class View(Protocol):
    """What is told of a run."""

    @property
    def head(self) -> str:
        """What is done, in a line."""
        ...

    @property
    def line(self) -> str:
        """How far it is, in a line."""
        ...

    @property
    def parts(self) -> list[str]:
        """How far it is, part by part, and what came of it."""
        ...

    @property
    def document(self) -> dict[str, Any]:
        """The run as JSON, one of a list."""
        ...

    @property
    def details(self) -> dict[str, Any]:
        """What a run alone tells besides, as JSON."""
        ...


def view(run: AnyRun) -> View:
    """The view of a run."""
    return SearchView(run) if isinstance(run, Run) else SimulationView(run)


def _common(run: AnyRun, kind: str) -> dict[str, Any]:
    return {
        "name": run.name,
        "kind": kind,
        "folder": str(run.folder),
        "state": run.state,
        "bytes": run.size,
    }


@frozen
class SearchView:
    """A search: its levels and verdicts."""

    run: Run

    @property
    def head(self) -> str:
        """What is searched."""
        asked = self.run.asked
        told = {
            "all causes": asked.every,
            "which rules are asked": asked.coverage,
            f"reduction {asked.reduction}": asked.reduction != "none",
        }
        wanted = [what for what, is_asked in told.items() if is_asked]
        return "; ".join([presumed(self.run.experiment), *wanted])

    @property
    def line(self) -> str:
        """Worlds and depth, or verdicts."""
        marks, result = self.run.marks, self.run.result
        if result is not None:
            verdicts = [each["verdict"] for each in result["properties"]]
            return f"finished: {result['states']:,} worlds, {verdicts.count('refuted')} refuted"
        worlds = marks[-1].worlds if marks else 0
        return f"{self.run.state}: {worlds:,} worlds, depth {max(0, len(marks) - 1)}"

    @property
    def parts(self) -> list[str]:
        """Levels, and the verdicts."""
        result = self.run.result
        levels = [
            f"  depth {level['depth']:>4}  {level['worlds']:>14,} new worlds"
            for level in self._levels
        ]
        verdicts = () if result is None else result["properties"]
        return [*levels, *(f"  {each['verdict']:<9} {each['name']}" for each in verdicts)]

    @property
    def document(self) -> dict[str, Any]:
        """The search as JSON."""
        marks = self.run.marks
        return {
            **_common(self.run, "search"),
            "worlds": marks[-1].worlds if marks else 0,
            "depth": len(marks) - 1 if marks else 0,
            "decided": sorted(marks[-1].decided) if marks else [],
            "experiment": self.run.experiment.to_json(),
            "asked": {**self.run.asked.to_json(), "searches": 1 + len(self.run.later)},
            "result": self.run.result,
        }

    @property
    def details(self) -> dict[str, Any]:
        """Its levels."""
        return {"levels": self._levels}

    @property
    def _levels(self) -> list[dict[str, int]]:
        """The levels that are whole, with how many worlds each added."""
        marks = self.run.marks
        before = [0, *(mark.worlds for mark in marks)]
        return [
            {"depth": mark.level, "worlds": mark.worlds - first}
            for mark, first in zip(marks, before, strict=False)
        ]


@frozen
class SimulationView:
    """A simulation: its runs and expectations."""

    run: SimulationRun

    @property
    def head(self) -> str:
        """What is simulated."""
        plan = self.run.plan
        last = plan.seed + plan.seeds - 1
        seeds = f"seed {plan.seed}" if plan.seeds == 1 else f"seeds {plan.seed} to {last}"
        return f"simulate {plan.name}, {seeds}"

    @property
    def line(self) -> str:
        """How many runs have ended."""
        plan = self.run.plan
        return f"{self.run.state}: {plan.name}, {self._ended} of {self._all} runs"

    @property
    def parts(self) -> list[str]:
        """Runs by setup, and what was expected."""
        plan = self.run.plan
        ended = Counter(at // plan.seeds for at in self.run.ended)
        setups = [
            f"  {label:<24} {ended[at]:>5} of {plan.seeds} seeds"
            for at, label in enumerate(plan.setup_labels)
        ]
        return [
            *setups,
            *(f"  {_held(each['holds'])}  {each['sentence']}" for each in self._judged),
        ]

    @property
    def document(self) -> dict[str, Any]:
        """The simulation as JSON, without its runs."""
        return {
            **_common(self.run, "simulation"),
            "ended": self._ended,
            "runs": self._all,
            "plan": plan_json(self.run.plan),
            "expectations": self._judged,
        }

    @property
    def details(self) -> dict[str, Any]:
        """What came of it."""
        return {"result": self.run.result}

    @property
    def _all(self) -> int:
        return len(self.run.plan.setup_labels) * self.run.plan.seeds

    @property
    def _ended(self) -> int:
        return len(self.run.ended)

    @property
    def _judged(self) -> list[dict[str, Any]]:
        result = self.run.result
        return [] if result is None else list(result["expectations"])


def _held(holds: bool | None) -> str:
    return {True: "holds  ", False: "FAILS  ", None: "unknown"}[holds]


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
@click.option("--max-seconds", type=Amount(0), metavar="S", help="Stop after S seconds.")
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
    from scuttle_check.cli.saved import answered  # noqa: PLC0415 - loads numpy

    setup = narrowed(run.experiment.build(), run.asked.wanted)
    budget = Budget(flags["max_states"], flags["max_seconds"], Teller(), partial=True)
    if flags["scouted"] and not (run.asked.every or run.asked.coverage):
        budget = scouted(setup, budget, 0)
    return answered(run, setup, budget, flags).tell(as_json=flags["as_json"])


def _simulated(run: SimulationRun, flags: dict[str, Any]) -> int:
    from scuttle_check.cli import simulate, spread  # noqa: PLC0415 - most runs are searches
    from scuttle_check.cli.simulated import Work  # noqa: PLC0415
    from scuttle_check.evidence.simulation.plans import PaperPlan  # noqa: PLC0415

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
