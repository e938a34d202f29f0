"""``scuttle simulate spread``: how long updates need to reach every node of a large population."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import attrs
import click
from attrs import frozen

from checker.commands.crews import pool_of, worker_options
from checker.commands.examples import examples
from checker.commands.options import Limit
from checker.commands.plotting import checked, plot_option
from checker.commands.progress import say
from checker.executors import Pool
from checker.faults import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from checker.outages import Comeback
from checker.scuttlebutt.misfortune import RESTARTS
from checker.simulation import seeds
from checker.simulation.estimates import Estimate, estimate
from checker.simulation.logarithm import Judgement, grown, judged, sizes_of
from checker.simulation.plots import draw_growth
from checker.simulation.spread import MODES, Setup, Spread, resized, spread
from checker.simulation.weather import Weather
from scuttle_ref.profiles import PROFILES

MEASURES: dict[str, Callable[[Spread], float]] = {
    "rounds": lambda run: math.nan if run.rounds is None else run.rounds,
    "frames a node": lambda run: run.frames / run.nodes,
    "digest lines a node": lambda run: run.lines / run.nodes,
    "updates a node": lambda run: run.updates / run.nodes,
}


@click.command(
    epilog=examples(
        "scuttle simulate spread --topology complete:10000 --seeds 1",
        "scuttle simulate spread --loss 0.1 --churn 0.01 --latency exponential:0.2",
        "scuttle simulate spread --growth --workers 2",
    )
)
@click.option(
    "--topology",
    metavar="FAMILY:N|FILE",
    default="complete:1000",
    show_default=True,
    help="Who is linked with whom.",
)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="documented",
    show_default=True,
    help="The rules of the nodes.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="push-pull",
    show_default=True,
    help="What an exchange is: ask and be asked, ask, or send unasked.",
)
@click.option(
    "--updates",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many nodes, drawn by chance, write one before the first round.",
)
@click.option("--mtu", type=Limit(), help="Updates per answer. Default: none.")
@click.option("--max-history", type=Limit(), help="Updates remembered. Default: none.")
@click.option(
    "--latency",
    default="0",
    show_default=True,
    metavar="T",
    help="Of each frame: T, uniform:LEAST,MOST or exponential:MEAN. Unit: rounds.",
)
@click.option(
    "--loss",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    help="Chance of each frame to be lost.",
)
@click.option(
    "--churn",
    type=click.FloatRange(0),
    default=0.0,
    help="How often a node goes down. Unit: times a round.",
)
@click.option(
    "--down",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    help="How long it stays so, on average. Unit: rounds.",
)
@click.option(
    "--restart",
    type=click.Choice(RESTARTS),
    default=Comeback.PERSISTED.value,
    show_default=True,
    help="With what it comes back.",
)
@click.option(
    "--rounds-max",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    metavar="N",
    help="Give a run up after so many.",
)
@click.option("--growth", is_flag=True, help="Halve the nodes again and again, and fit the rounds.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The first seed."
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="How many.",
)
@worker_options("the runs")
@plot_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Let updates spread by the real reducers until every node has them.

    A round is the time between two exchanges that one node starts; each node has a phase of its
    own. Told are means over seeds with their 95 % confidence intervals. With --growth, rounds are
    expected to grow by the same number for each doubling of the nodes, a logarithm.

    Exit code 1 when they do not, or when an update was lost; 4 when a run was given up.
    """
    if flags["plot"] is not None and not flags["growth"]:
        raise UsageFault("needs sizes to compare", where="--plot", hint="add --growth")
    setup, plot = _setup(flags), checked(flags["plot"])
    setups = [setup]
    if flags["growth"]:
        setups = [resized(setup, nodes) for nodes in sizes_of(setup)]
    tasks = [
        (each, seed)
        for each in setups
        for seed in range(flags["seed"], flags["seed"] + flags["seeds"])
    ]
    runs, interrupted = _ran(tasks, pool_of(flags))
    judgements = judged(setup, runs) if flags["growth"] and not interrupted else ()
    if plot is not None and judgements:
        draw_growth(setup, runs, grown(runs), plot)
        say(f"drawn: {plot}")
    outcome = Outcome(setup, runs, judgements, interrupted)
    click.echo(json.dumps(_document(outcome)) if flags["as_json"] else _text(outcome))
    sys.exit(outcome.exit_code)


def _setup(flags: dict[str, Any]) -> Setup:
    weather = Weather(
        flags["latency"], flags["loss"], flags["churn"], flags["down"], Comeback(flags["restart"])
    )
    if flags["restart"] != Comeback.PERSISTED.value and not flags["churn"]:
        raise UsageFault("nothing comes back without --churn", where="--restart")
    setup = Setup(
        topology=flags["topology"],
        profile=flags["profile"],
        mode=flags["mode"],
        updates=flags["updates"],
        mtu=_limit(flags["mtu"]),
        max_history=_limit(flags["max_history"]),
        weather=weather,
        rounds_max=flags["rounds_max"],
    )
    setup.checked()
    return setup


def _limit(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None


@frozen
class Outcome:
    """All runs of one command, and what was judged of them."""

    setup: Setup
    runs: list[Spread]
    judgements: tuple[Judgement, ...]
    interrupted: bool

    @property
    def sizes(self) -> list[list[Spread]]:
        """The runs of each number of nodes."""
        sizes = dict.fromkeys(run.nodes for run in self.runs)
        return [[run for run in self.runs if run.nodes == size] for size in sizes]

    @property
    def exit_code(self) -> int:
        """Nothing holds of runs that were given up."""
        if self.interrupted:
            return INTERRUPTED
        if any(run.lost for run in self.runs):
            return REFUTED
        if any(run.rounds is None for run in self.runs):
            return INCONCLUSIVE
        held = [judgement.holds for judgement in self.judgements]
        return REFUTED if False in held else INCONCLUSIVE if None in held else AS_EXPECTED


def _ran(tasks: list[tuple[Setup, int]], pool: Pool | None) -> tuple[list[Spread], bool]:
    """The runs in the order of `tasks`, and whether they were interrupted."""
    runs: list[Spread] = []
    try:
        for run in seeds.runs(_one, tasks, pool):
            runs.append(run)
            end = "given up" if run.rounds is None else f"{run.rounds:.1f} rounds"
            say(f"{len(runs)}/{len(tasks)}: {run.nodes:,} nodes, seed {run.seed}: {end}")
    except KeyboardInterrupt:
        return runs, True
    return runs, False


def _one(task: tuple[Setup, int]) -> Spread:
    return spread(*task)


def _estimates(runs: list[Spread]) -> dict[str, Estimate]:
    """The mean of each measure, of runs in which every node had every update."""
    arrived = [run for run in runs if run.rounds is not None]
    return {name: estimate([of(run) for run in arrived]) for name, of in MEASURES.items()}


def _finite(number: float) -> float | None:
    return round(number, 6) if math.isfinite(number) else None


def _pair(found: Estimate) -> dict[str, float | None]:
    return {"mean": _finite(found.value), "half": _finite(found.half)}


def _document(outcome: Outcome) -> dict[str, Any]:
    setup = attrs.asdict(outcome.setup)
    setup["weather"]["comeback"] = outcome.setup.weather.comeback.value
    return {
        "format": "scuttle-spread/1",
        "setup": setup,
        "interrupted": outcome.interrupted,
        "sizes": [
            {
                "nodes": runs[0].nodes,
                "arrived": sum(run.rounds is not None for run in runs),
                "estimates": {name: _pair(each) for name, each in _estimates(runs).items()},
                "runs": [attrs.asdict(run) for run in runs],
            }
            for runs in outcome.sizes
        ],
        "expectations": [
            {"sentence": each.sentence, "holds": each.holds, "found": _pair(each.found)}
            for each in outcome.judgements
        ],
    }


def _text(outcome: Outcome) -> str:
    setup = outcome.setup
    name = setup.topology.partition(":")[0] if len(outcome.sizes) > 1 else setup.topology
    plural = "" if setup.updates == 1 else "s"
    what = f"{name}, {setup.profile}, {setup.mode}, {setup.updates:,} update{plural}"
    lines = [
        f"{what}; means with 95 % confidence intervals",
        f"{'nodes':>8} {'arrived':>8}" + "".join(f"  {measure:>19}" for measure in MEASURES),
    ]
    for runs in outcome.sizes:
        arrived = f"{sum(run.rounds is not None for run in runs)}/{len(runs)}"
        cells = "".join(f"  {_shown(each):>19}" for each in _estimates(runs).values())
        lines.append(f"{runs[0].nodes:>8,} {arrived:>8}{cells}")
    lost = sum(run.lost for run in outcome.runs)
    if lost:
        lines.append(f"FAILS  in {lost} runs an update is nowhere any more")
    for each in outcome.judgements:
        verdict = {True: "holds", False: "FAILS", None: "unknown"}[each.holds]
        lines.append(f"{verdict}  {each.sentence}: {_shown(each.found)}")
    if outcome.interrupted:
        lines.append("interrupted: only what had ended is told")
    return "\n".join(lines)


def _shown(found: Estimate) -> str:
    if math.isnan(found.value):
        return "-"
    spread_of = f" ± {found.half:.2f}" if math.isfinite(found.half) else ""
    return f"{found.value:,.2f}{spread_of}"
