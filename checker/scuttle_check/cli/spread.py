"""``scuttle simulate spread``: how long updates need to reach every node of a large population."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.crews import worker_options
from scuttle_check.cli.options import (
    Amount,
    examples,
    limit_option,
    limits_given,
    rules_option,
    say_unread,
)
from scuttle_check.cli.plotting import checked, plot_option
from scuttle_check.cli.shown import say
from scuttle_check.cli.simulated import Work, collected, run_option, work_of
from scuttle_check.cli.spread_shown import Outcome, spread_document, spread_text
from scuttle_check.engine.network import Comeback
from scuttle_check.evidence.simulation.estimates import grown, judged
from scuttle_check.evidence.simulation.plans import SpreadPlan
from scuttle_check.evidence.simulation.plots import draw_growth
from scuttle_check.evidence.simulation.spread import MODES, Setup, Spread, Weather, spread
from scuttle_check.gossip.experiment import RESTARTS
from scuttle_check.gossip.own_profiles import profile_called


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
@rules_option
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
@limit_option("--mtu", "How many updates an answer carries. Default: unlimited.")
@limit_option("--max-history", "How many updates a node remembers. Default: unlimited.")
@click.option(
    "--latency",
    default="0",
    show_default=True,
    metavar="T",
    help="Of each frame: T, uniform:LEAST,MOST or exponential:MEAN. Unit: rounds.",
)
@click.option(
    "--loss",
    type=Amount(0, 1, max_open=True),
    default=0.0,
    help="Chance of each frame to be lost.",
)
@click.option(
    "--churn",
    type=Amount(0),
    default=0.0,
    help="How often a node goes down. Unit: times a round.",
)
@click.option(
    "--down",
    type=Amount(0, min_open=True),
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
@run_option
@plot_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Let updates spread by the real reducers until every node has them.

    A round is the time between two exchanges that one node starts; each node has a phase of its
    own. Told are means over seeds with their 95 % confidence intervals. With --growth, rounds are
    expected to grow by the same number for each doubling of the nodes, a logarithm.

    Exit code 1 when they do not, or when an update was lost; 4 when a run was given up.
    """
    plan = SpreadPlan(
        setup=_setup(flags), growth=flags["growth"], seed=flags["seed"], seeds=flags["seeds"]
    )
    _plot(plan, flags["plot"])
    sys.exit(carried_out(plan, work_of(plan, flags)))


def carried_out(plan: SpreadPlan, work: Work) -> int:
    """Let all runs end, tell what came of them, and the exit code."""
    plot = _plot(plan, work.flags["plot"])
    with work.going_on():
        runs, interrupted = collected(work, plan, _one, _ended, lambda run: run.rounds is None)
        judgements = judged(plan.setup, runs) if plan.growth and not interrupted else ()
        outcome = Outcome(plan.setup, runs, judgements, interrupted)
        document = spread_document(outcome)
        if interrupted:
            work.say_how()
        else:
            work.finish(document)
    if plot is not None and judgements:
        draw_growth(plan.setup, runs, grown(runs), plot)
        say(f"drawn: {plot}")
    click.echo(json.dumps(document) if work.flags["as_json"] else spread_text(outcome))
    return outcome.exit_code


def _plot(plan: SpreadPlan, path: Path | None) -> Path | None:
    """The file to draw to. Raises a Fault for one that could not be written. Spec: SIM-8."""
    if path is not None and not plan.growth:
        raise UsageFault("needs sizes to compare", where="--plot", hint="add --growth")
    return checked(path)


def _ended(run: Spread) -> str:
    end = "given up" if run.rounds is None else f"{run.rounds:.1f} rounds"
    return f"{run.nodes:,} nodes, seed {run.seed}: {end}"


def _one(task: tuple[Setup, int]) -> Spread:
    return spread(*task)


def _setup(flags: dict[str, Any]) -> Setup:
    weather = Weather(
        flags["latency"], flags["loss"], flags["churn"], flags["down"], Comeback(flags["restart"])
    )
    if flags["restart"] != Comeback.PERSISTED.value and not flags["churn"]:
        raise UsageFault("nothing comes back without --churn", where="--restart")
    say_unread(profile_called(flags["profile"]), flags)
    setup = Setup(
        topology=flags["topology"],
        profile=flags["profile"],
        mode=flags["mode"],
        updates=flags["updates"],
        **limits_given(flags),
        weather=weather,
        rounds_max=flags["rounds_max"],
    )
    setup.checked()
    return setup
