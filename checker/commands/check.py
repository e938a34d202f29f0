"""``scuttle check``: the convergence matrix, or one model of your own.

A small model is checked in the time that a process takes to start, so what only some flags need is
imported where they are obeyed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from checker import catalogue
from checker.commands import shown
from checker.commands.check_refusals import (
    refuse_for_catalogue,
    refuse_for_run,
    refuse_for_shortest,
    refuse_for_workers,
)
from checker.commands.crews import crew_of, pool_of, worker_options
from checker.commands.examples import examples
from checker.commands.live_flags import live_options, refuse_without_live
from checker.commands.options import describes_model, experiment_from, model_options
from checker.commands.progress import Teller, say
from checker.faults import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from checker.properties import Always, AlwaysStep, Sometimes
from checker.scuttlebutt.experiment import Experiment, Setup
from checker.scuttlebutt.reductions import REDUCTIONS
from checker.search.breadth_first import breadth_first
from checker.search.budget import Budget, Progress
from checker.search.exhaustive import Search, exhaustive
from checker.search.memory import memory_free
from checker.verdict import Kind, Report, Verdict

if TYPE_CHECKING:
    from checker.executors import Pool
    from checker.scuttlebutt.counterexample import Counterexample

SEARCHES = ("compiled", "plain", "depth-first")


def _search_called(name: str) -> Search:
    """One of :data:`SEARCHES`."""
    if name == "depth-first":
        from checker.search.depth_first import depth_first  # noqa: PLC0415 - see the top

        return depth_first
    return breadth_first if name == "plain" else exhaustive


@click.command(
    epilog=examples(
        "scuttle check",
        "scuttle check --case order:as-shipped",
        "scuttle check --profile as-shipped --topology line:3 --writers A,C --save swap.json",
    )
)
@model_options
@click.option(
    "--size", type=click.Choice(["small", "large"]), default="small", help="How much of it."
)
@click.option(
    "--search",
    type=click.Choice([*SEARCHES, "random"]),
    default="compiled",
    show_default=True,
    help="Compiled and plain agree in everything; random proves nothing.",
)
@click.option(
    "--reduction",
    type=click.Choice(REDUCTIONS),
    default="none",
    show_default=True,
    help="Leave out worlds that cannot matter; refused where that would be unsound.",
)
@click.option("--certify", is_flag=True, help="Execute again all that a reduction rests on.")
@click.option("--walks", type=click.IntRange(1), default=1000, help="Random walks. Default: 1000.")
@click.option("--seed", type=int, default=0, help="Seed of the random walks. Default: 0.")
@click.option(
    "--scout/--no-scout",
    "scouted",
    default=True,
    help="After a second, look for a bug at random and depth-first. Default: yes.",
)
@worker_options("the catalogue, a compiled search or random walks")
@live_options
@click.option("--property", "wanted", multiple=True, metavar="NAME", help="Judge only this one.")
@click.option("--find", metavar="NAME", help="Judge only this one, and stop once it is decided.")
@click.option("--all", "every", is_flag=True, help="A counterexample for each cause of failure.")
@click.option("--coverage", is_flag=True, help="Which rules were asked, and which never.")
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop beyond N worlds.")
@click.option("--max-seconds", type=click.FloatRange(0), metavar="S", help="Stop after S seconds.")
@click.option(
    "--max-memory",
    type=click.IntRange(1),
    metavar="MB",
    help="Stop above N MB. Default: nine tenths of what is free.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the counterexample there.")
@click.option(
    "--run",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Save each level in a folder, to go on after an interruption. Default: .scuttle/runs/...",
)
@click.option("--markdown", is_flag=True, help="The matrix as a Markdown table.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Explore every interleaving and judge the properties.

    Without arguments: the catalogue, and the matrix of the assumptions that convergence needs.
    With arguments: one model. Every writer sets values, every directed link may start exchanges,
    and all orders of all messages are tried.
    """
    budget = Budget(
        flags["max_states"],
        flags["max_seconds"],
        Teller(),
        bytes_max=_bytes_max(flags["max_memory"]),
    )
    if flags["live"]:
        from checker.commands.live import check_live  # noqa: PLC0415 - see the top

        refuse_for_workers(flags)
        refuse_for_run(flags)
        sys.exit(check_live(flags, budget))
    refuse_without_live(flags)
    if not describes_model(flags):
        from checker.commands.matrix import check_catalogue  # noqa: PLC0415 - see the top

        refuse_for_catalogue(flags)
        sys.exit(check_catalogue(flags, budget, _search_called(flags["search"])))
    experiment = experiment_from(flags)
    if flags["save"] is not None and flags["save"].exists():
        raise UsageFault(
            "exists already",
            where=str(flags["save"]),
            hint="nothing was overwritten; choose another name",
        )
    sys.exit(_one(experiment, flags, budget))


def _bytes_max(megabytes: int | None) -> int | None:
    """The memory to keep within: a search that is killed for taking more has no verdict."""
    if megabytes is not None:
        return megabytes << 20
    free = memory_free()
    return None if free is None else free * 9 // 10


def _one(experiment: Experiment, flags: dict[str, Any], budget: Budget) -> int:
    if flags["reduction"] != "none" and flags["search"] != "compiled":
        raise UsageFault("needs the compiled search", where="--reduction")
    if flags["certify"] and flags["reduction"] == "none":
        raise UsageFault("there is no reduction to certify", where="--certify")
    wanted = flags["wanted"]
    if flags["find"] is not None or flags["every"]:
        refuse_for_shortest(flags)
        wanted = wanted if flags["find"] is None else (flags["find"],)
    setup = narrowed(experiment.build(), wanted)
    refuse_for_workers(flags)
    refuse_for_run(flags)
    if flags["coverage"]:
        return _covered(experiment, setup, flags, budget)
    if flags["every"]:
        from checker.commands.found import show_all  # noqa: PLC0415 - see the top

        search = _search_called(flags["search"])
        return exit_code(show_all(experiment, setup, search, budget, flags))
    if flags["run"] is not None:
        return _kept(experiment, setup, wanted, flags, budget)
    pool = pool_of(flags, experiment.resolver) if flags["search"] == "random" else None
    report = (
        _search(setup, flags, budget) if pool is None else _walked(experiment, wanted, flags, pool)
    )
    if flags["search"] in {"depth-first", "random"}:
        report = _shortened(experiment, report)
    return _told(experiment, setup, report, flags)


def _told(experiment: Experiment, setup: Setup, report: Report, flags: dict[str, Any]) -> int:
    if flags["save"] is not None:
        _save(experiment, report, flags["save"])
    if flags["as_json"]:
        click.echo(json.dumps(shown.report_json(experiment, report), ensure_ascii=False))
    else:
        click.echo(shown.report_text(experiment, setup, report))
    return exit_code(report)


def _kept(
    experiment: Experiment,
    setup: Setup,
    wanted: tuple[str, ...],
    flags: dict[str, Any],
    budget: Budget,
) -> int:
    """Search with a run folder. Spec: RUN-1."""
    from checker.commands.saved import search_saved  # noqa: PLC0415 - see the top
    from checker.runs import begun  # noqa: PLC0415 - see the top

    folder = Path(flags["run"]) if flags["run"] else None
    run = begun(folder, experiment, wanted, until_decided=flags["find"] is not None)
    if flags["scouted"]:
        budget = attrs.evolve(budget, tell=scouting(setup, budget, flags["seed"]))
    return _told(experiment, setup, search_saved(run, setup, budget, flags), flags)


def _walked(
    experiment: Experiment, wanted: tuple[str, ...], flags: dict[str, Any], pool: Pool
) -> Report:
    from checker.scuttlebutt.swarms import swarms  # noqa: PLC0415 - see the top

    return swarms(experiment, wanted, flags["walks"], flags["seed"], pool)


def _covered(experiment: Experiment, setup: Setup, flags: dict[str, Any], budget: Budget) -> int:
    """Search with rules that count, and tell the verdicts and the counts. Spec: CHK-10."""
    if flags["every"] or flags["reduction"] != "none" or flags["save"] is not None:
        hint = "leave out --all, --reduction and --save"
        raise UsageFault("counts one plain run", where="--coverage", hint=hint)
    from checker.scuttlebutt.coverage import (  # noqa: PLC0415 - see the top
        coverage_json,
        coverage_text,
        tallied,
    )

    counting, tally = tallied(setup)
    report, profile = _search(counting, flags, budget), setup.gossip.profile
    if flags["as_json"]:
        document = shown.report_json(experiment, report)
        document["coverage"] = coverage_json(profile, tally)
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        click.echo(shown.verdicts_text(experiment, report))
        click.echo(f"\n{coverage_text(profile, tally)}")
    return exit_code(report)


def narrowed(setup: Setup, wanted: tuple[str, ...]) -> Setup:
    """With the properties of these names only; with all where none is given. Raises UsageFault."""
    known = {each.name: each for each in setup.properties}
    for name in wanted:
        if name not in known:
            expected = ", ".join(known)
            raise UsageFault(f"no property {name!r}", where="--property, --find", expected=expected)
    if not wanted:
        return setup
    return attrs.evolve(setup, properties=tuple(p for n, p in known.items() if n in wanted))


def _search(setup: Setup, flags: dict[str, Any], budget: Budget) -> Report:
    scouted = flags["scouted"] and not flags["coverage"]
    if flags["search"] in {"compiled", "plain"} and scouted:
        budget = attrs.evolve(budget, tell=scouting(setup, budget, flags["seed"]))
    if flags["search"] == "random":
        from checker.search.swarm import random_search  # noqa: PLC0415 - see the top

        return random_search(
            setup.system, setup.properties, budget, walks=flags["walks"], seed=flags["seed"]
        )
    if flags["reduction"] != "none":
        from checker.scuttlebutt.reduce import search_reduced  # noqa: PLC0415 - see the top

        return search_reduced(setup, budget, flags["reduction"], certify=flags["certify"])
    search, decided = _search_called(flags["search"]), flags["find"] is not None
    crew = crew_of(flags)
    if crew is not None:
        from checker.commands.divided import search_divided  # noqa: PLC0415 - see the top

        return search_divided(setup, budget, crew, until_decided=decided)
    return search(setup.system, setup.properties, budget, until_decided=decided)


def scouting(setup: Setup, budget: Budget, seed: int) -> Callable[[Progress], None]:
    """Tell of progress, and once the search takes long, look for a bug by random walks."""
    from checker.search.scout import Scout  # noqa: PLC0415 - see the top

    scout = Scout(setup.system, setup.properties, say, seed)

    def tell(progress: Progress) -> None:
        if budget.tell is not None:
            budget.tell(progress)
        scout(progress)

    return tell


def _shortened(experiment: Experiment, report: Report) -> Report:
    """The report with each counterexample shrunk to a schedule with no action to spare."""
    from checker.scuttlebutt.counterexample import shrink  # noqa: PLC0415 - see the top

    def shorten(verdict: Verdict) -> Verdict:
        if verdict.kind is not Kind.REFUTED or verdict.schedule is None:
            return verdict
        found = shrink(_counterexample(experiment, verdict), script_too=False)
        return attrs.evolve(verdict, schedule=found.schedule, because=found.because)

    return attrs.evolve(report, verdicts=tuple(map(shorten, report.verdicts)))


def _counterexample(experiment: Experiment, verdict: Verdict) -> Counterexample:
    from checker.scuttlebutt.counterexample import Counterexample  # noqa: PLC0415 - see the top

    return Counterexample(
        experiment,
        verdict.property.name,
        verdict.property.clause,
        verdict.because,
        verdict.schedule or (),  # type: ignore[arg-type]
    )


def _save(experiment: Experiment, report: Report, path: Path) -> None:
    refuted = shown.first_refuted(report)
    if refuted is None:
        click.echo("note: nothing was refuted, so nothing was saved", err=True)
        return
    _counterexample(experiment, refuted).save(path)
    click.echo(f"saved: {path} (run it with: scuttle replay {path})", err=True)


def _witnessed(report: Report) -> bool:
    """Whether everything that must be reachable was reached: else the run says nothing."""
    guards = [verdict for verdict in report.verdicts if isinstance(verdict.property, Sometimes)]
    return all(verdict.kind is Kind.WITNESSED for verdict in guards)


def exit_code(report: Report) -> int:
    """0 all hold, 1 something is refuted, 4 the answer is open, 130 interrupted."""
    if report.stats.stop == "interrupted":
        return INTERRUPTED
    claims = [
        verdict for verdict in report.verdicts if isinstance(verdict.property, Always | AlwaysStep)
    ]
    if any(verdict.kind is Kind.REFUTED for verdict in claims):
        return REFUTED
    if len(claims) < len(report.verdicts) and not _witnessed(report):
        return INCONCLUSIVE
    judged = [v for v in report.verdicts if v.property.name == catalogue.AGREEMENT]
    open_ones = [v for v in judged or report.verdicts if v.kind is Kind.UNKNOWN]
    decided = report.stats.complete or all(v.kind is not Kind.UNKNOWN for v in report.verdicts)
    return INCONCLUSIVE if open_ones or not decided else AS_EXPECTED
