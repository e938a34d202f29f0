"""``scuttle laws``: test a resolver, or judge a regression file again."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import (
    AS_EXPECTED,
    REFUTED,
    UsageFault,
)
from scuttle_check.base.importing import imported
from scuttle_check.cli.laws_proved import prove
from scuttle_check.cli.options import Amount, examples
from scuttle_check.cli.shown import say
from scuttle_check.gossip.experiment import resolver_called
from scuttle_check.laws.book import LAWS, Law
from scuttle_check.laws.calling import SECONDS_PER_CALL, InProcess
from scuttle_check.laws.domain import SOURCES
from scuttle_check.laws.judging import EXAMPLES, SECONDS, Judging, Plan, Verdict
from scuttle_check.laws.judging import REFUTED as BROKEN
from scuttle_check.laws.planning import expectation, planned
from scuttle_check.laws.regression import Regression, load_regression
from scuttle_check.laws.report import as_json, as_text, exit_code, law_json


@click.command(
    epilog=examples(
        "scuttle laws mine:newest",
        "scuttle laws mine:largest --values integers --observe value",
        "scuttle laws mine:newest --prove",
        "scuttle laws lww_vs_clock --save regressions",
    )
)
@click.argument("resolver", metavar="[NAME|pkg.mod:fn]", required=False)
@click.option(
    "--observe",
    metavar="value,version",
    default="value,version",
    show_default=True,
    help="In what replicas must be equal.",
)
@click.option(
    "--values",
    metavar="KIND|pkg.mod:strategy",
    default="json",
    show_default=True,
    help="What keys hold: json, integers, numbers, text, booleans, lists, sets, or a strategy.",
)
@click.option(
    "--sources", metavar="A,B,C", default=",".join(SOURCES), show_default=True, help="Who writes."
)
@click.option(
    "--expect",
    multiple=True,
    metavar="LAW=refuted",
    help="A verdict that is wanted, holds or refuted. May be repeated.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=EXAMPLES,
    show_default=True,
    metavar="N",
    help="Sets of updates drawn beyond the small ones, which are all tried.",
)
@click.option(
    "--call-seconds",
    type=Amount(0.001),
    default=SECONDS_PER_CALL,
    show_default=True,
    metavar="S",
    help="How long one answer may take.",
)
@click.option(
    "--seconds",
    type=Amount(0),
    default=SECONDS,
    show_default=True,
    metavar="S",
    help="After S seconds of work what is undecided is unknown.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write a regression file for each broken law.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge the evidence of a regression file again.",
)
@click.option(
    "--prove",
    is_flag=True,
    help="Prove the laws for all updates whose values are of a kind, besides trying cases.",
)
@click.option("--list", "listing", is_flag=True, help="List the laws, and what each costs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Test a resolver, ``(gossip, update) -> bool``, against the laws of a good one.

    Each law is sought broken in all small sets of updates and in drawn ones, and the last by
    exploring every schedule of small networks. The broken law with the least evidence comes first.
    Optional laws are judged and told, and decide nothing unless --expect names them.

    Exit code 0: every law as expected. 1: one is not. 4: one is unknown.
    """
    given = [name for name in ("resolver", "replay") if flags[name] is not None]
    if flags["listing"]:
        _list(machine=flags["as_json"])
    elif given == ["replay"]:
        sys.exit(_replay(flags["replay"], machine=flags["as_json"]))
    elif given == ["resolver"] and flags["prove"]:
        sys.exit(prove(flags, _plan(flags, resolver_called(flags["resolver"]))))
    elif given == ["resolver"]:
        sys.exit(_judge(flags))
    else:
        raise UsageFault(
            "neither a resolver nor a file to replay" if not given else "a resolver and a file",
            where="scuttle laws",
            expected="scuttle laws pkg.mod:fn, or scuttle laws --replay FILE",
        )


def _list(*, machine: bool) -> None:
    if machine:
        laws = [{**law_json(law), "sizes": list(law.sizes)} for law in LAWS]
        click.echo(json.dumps({"format": "scuttle-law-list/1", "laws": laws}))
        return
    for law in LAWS:
        click.echo(f"{law.name} [{law.clause}]{' (optional)' if law.optional else ''}: {law.says}")
        click.echo(f"    broken: {law.costs}")
        if law.optional:
            click.echo(f"    optional: {law.optional}")


def _replay(path: Path, *, machine: bool) -> int:
    regression = load_regression(path)
    with contextlib.redirect_stdout(sys.stderr):
        because = regression.broken(regression.caller())
    if machine:
        told = {
            "format": "scuttle-law-replay/1",
            "id": regression.id,
            "law": regression.law.name,
            "clause": regression.law.clause,
            "resolver": regression.resolver,
            "verdict": "not-refuted" if because is None else BROKEN,
            "because": because or "",
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    elif because is None:
        click.echo(f"{regression.law.name}: this evidence no longer refutes it")
    else:
        head = f"{regression.law.name} [{regression.law.clause}]: {regression.law.says}"
        lines = [f"  {line}" for line in regression.evidence.lines()[:-1]]
        click.echo("\n".join([f"refuted: {head}", *lines, f"  {because}"]))
    return AS_EXPECTED if because is None else REFUTED


def _judge(flags: dict[str, Any]) -> int:
    function = resolver_called(flags["resolver"])
    plan = _plan(flags, function)
    judging = Judging(InProcess(function, flags["resolver"], flags["call_seconds"]), plan)
    with contextlib.redirect_stdout(sys.stderr):
        verdicts = judging.verdicts(_teller())
    if flags["save"] is not None:
        _save(flags["save"], flags["resolver"], plan, verdicts)
    if flags["as_json"]:
        told = as_json(flags["resolver"], plan, verdicts)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(as_text(flags["resolver"], plan, verdicts))
    return exit_code(plan, verdicts)


def _teller() -> Any:
    def tell(law: Law) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{law.name + ' ...':<40}\r")
            sys.stderr.flush()

    return tell


def _plan(flags: dict[str, Any], function: object) -> Plan:
    kind = flags["values"]
    return planned(
        function,
        values=_strategy(kind) if ":" in kind else kind,
        observe=_names(flags["observe"]),
        sources=_names(flags["sources"]),
        expect=dict(expectation(text, "--expect") for text in flags["expect"]),
        seed=flags["seed"],
        examples=flags["examples"],
        seconds=flags["seconds"],
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _strategy(name: str) -> Any:
    """A Hypothesis strategy from ``package.module:name``. Raises UnrunnableFault."""
    return imported(name, f"--values {name}")


def _save(folder: Path, resolver: str, plan: Plan, verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        if verdict.evidence is not None and not verdict.law.optional:
            found = Regression(verdict.law, resolver, plan.observe, verdict.evidence)
            say(f"saved: {found.save(folder)}")
