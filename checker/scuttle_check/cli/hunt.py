"""``scuttle hunt``: draw small experiments until one fails, and make it smaller."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scuttle_check.base.errors import (
    INCONCLUSIVE,
    INTERRUPTED,
    REFUTED,
    UnrunnableFault,
    UsageFault,
)
from scuttle_check.base.resources import to_install
from scuttle_check.cli.options import (
    Amount,
    examples,
    limit_option,
    limits_given,
    rules_option,
    say_unread,
)
from scuttle_check.cli.shown import failure_text, say
from scuttle_check.engine.network import NETWORKS
from scuttle_check.engine.verdict import Kind, Verdict
from scuttle_check.gossip.experiment import RESTARTS
from scuttle_check.gossip.in_force import presumed
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.search.budget import BROKEN_OFF

if TYPE_CHECKING:
    from scuttle_check.gossip.hunting import Hunt


@click.command(epilog=examples("scuttle hunt --resolver lww_vs_current_vers --network fifo"))
@rules_option
@click.option(
    "--resolver",
    metavar="NAME|pkg.mod:fn",
    help="Who decides which value stays. Default: lww_total.",
)
@click.option("--network", type=click.Choice(list(NETWORKS)), help="Default: any.")
@limit_option("--max-history", "How many updates a node remembers. Default: any.")
@limit_option("--mtu", "How many updates an answer carries. Default: any.")
@click.option(
    "--faults",
    metavar="any|none|KINDS",
    help="What else may go wrong: kinds joined by commas, of losses, duplicates, overtakings, "
    "cuts, pauses, crashes, broadcast, process. Default: any, but none with --network.",
)
@click.option(
    "--restart",
    type=click.Choice(RESTARTS),
    help="With what crashed nodes come back. Default: any.",
)
@click.option(
    "--property",
    "wanted",
    metavar="NAME",
    default="agreement",
    show_default=True,
    help="What is to fail.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    metavar="N",
    help="Experiments to draw.",
)
@click.option("--seconds", type=Amount(0), metavar="S", help="Stop after S seconds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Worlds explored of one experiment.",
)
@click.option("--save", type=click.Path(path_type=Path), help="Write the counterexample there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Draw small topologies, scripts, networks, limits and faults until a property fails.

    What you give is fixed, the rest is drawn. A failure is made small: the model by Hypothesis,
    which leaves out faults that it does not need, the schedule by breadth-first search. The same
    seed finds the same. Finding nothing proves nothing: exit code 4.
    """
    if find_spec("hypothesis") is None:
        raise UnrunnableFault(
            "needs Hypothesis, which is not installed",
            where="scuttle hunt",
            hint=to_install(package="hypothesis"),
        )
    from scuttle_check.gossip.hunted import FAULT_KINDS, Plan  # noqa: PLC0415 - Hypothesis is an extra
    from scuttle_check.gossip.hunting import hunt  # noqa: PLC0415 - Hypothesis is an extra

    if flags["save"] is not None and flags["save"].exists():
        hint = "nothing was overwritten; choose another name"
        raise UsageFault("exists already", where=str(flags["save"]), hint=hint)
    say_unread(profile_called(flags["profile"]), flags)
    plan = Plan(
        profile=flags["profile"],
        resolver=flags["resolver"] or "lww_total",
        network=flags["network"],
        limits=limits_given(flags),
        faults=_faults(flags, FAULT_KINDS),
        restart=flags["restart"],
        property=flags["wanted"],
        examples=flags["examples"],
        seconds=flags["seconds"],
        seed=flags["seed"],
        states_max=flags["max_states"],
        asked_faults=() if flags["faults"] in ANY_OR_NONE else _faults(flags, FAULT_KINDS),
    )
    hunted = hunt(plan, say)
    if hunted.found is not None and flags["save"] is not None:
        hunted.found.save(flags["save"])
        click.echo(f"saved: {flags['save']} (run it with: scuttle replay ...)", err=True)
    as_json = json.dumps(_as_json(hunted), ensure_ascii=False) if flags["as_json"] else None
    click.echo(as_json or _text(hunted))
    sys.exit(_exit_code(hunted))


ANY_OR_NONE = {None, "any", "none"}
"""Nothing in particular is asked for."""


def _faults(flags: Mapping[str, Any], kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of faults that may be drawn. Who fixes the network asks about that network."""
    given = flags["faults"] or ("none" if flags["network"] is not None else "any")
    if given in {"any", "none"}:
        return kinds if given == "any" else ()
    named = tuple(name.strip() for name in given.split(","))
    unknown = [name for name in named if name not in kinds]
    if unknown:
        expected = f"any, none, or some of {', '.join(kinds)}"
        raise UsageFault(f"no kind of fault {unknown[0]!r}", where="--faults", expected=expected)
    return named


def _exit_code(hunted: Hunt) -> int:
    if hunted.stop == BROKEN_OFF:
        return INTERRUPTED
    return INCONCLUSIVE if hunted.found is None else REFUTED


def _as_json(hunted: Hunt) -> dict[str, Any]:
    return {
        "format": "scuttle-hunt/1",
        "property": hunted.plan.property,
        "seed": hunted.plan.seed,
        "explored": hunted.explored,
        "walked": hunted.walked,
        "stop": hunted.stop,
        "shortest": hunted.shortest,
        "found": None if hunted.found is None else hunted.found.to_json(),
        "ingredients": [
            {
                "risk": each.ingredient.risk,
                "safe": each.ingredient.safe,
                "verdict": each.verdict.value,
            }
            for each in hunted.tried
        ],
    }


def _text(hunted: Hunt) -> str:
    counts = f"{hunted.explored:,} experiments explored, {hunted.walked:,} larger ones walked"
    ended = f", stopped: {hunted.stop}" if hunted.stop else ""
    if hunted.found is None:
        return f"nothing found, nothing proved: {counts}{ended}, seed {hunted.plan.seed}"
    found = hunted.found
    setup = found.experiment.build()
    each = next(each for each in setup.properties if each.name == found.property)
    verdict = Verdict(each, Kind.REFUTED, found.schedule, found.because)
    told = found.experiment.to_json()
    links = " ".join(">".join(link) for link in told["topology"]["links"])
    return "\n".join(
        [
            f"{counts}{ended}, seed {hunted.plan.seed}",
            presumed(found.experiment),
            f"links {links}",
            *(f"  {line}" for line in told["script"]),
            *_ingredients_text(hunted),
            "no shorter schedule fails" if hunted.shortest else "a shorter schedule may fail",
            "",
            failure_text(setup, verdict),
        ]
    )


def _ingredients_text(hunted: Hunt) -> list[str]:
    """What matters: the failure was tried with a safe one in place of each ingredient."""
    said = {
        Kind.HOLDS: "holds ({}): it matters",
        Kind.REFUTED: "fails as well: it does not matter",
        Kind.UNKNOWN: "nothing found ({}): it may matter",
    }
    return [
        f"with {each.ingredient.safe} for {each.ingredient.risk}: "
        f"{said[each.verdict].format(each.looked_at)}"
        for each in hunted.tried
    ]
