"""``scuttle laws``: test a resolver, or judge a regression file again."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UsageFault
from scuttle_check.cli.judged import judge, judging_options
from scuttle_check.cli.laws_proved import prove
from scuttle_check.cli.options import Amount, examples
from scuttle_check.laws.book import LAWS
from scuttle_check.laws.calling import SECONDS_PER_CALL, Caller
from scuttle_check.laws.judging import REFUTED as BROKEN
from scuttle_check.laws.named import caller_called
from scuttle_check.laws.regression import load_regression
from scuttle_check.laws.report import law_json
from scuttle_check.laws.scripted import Scripted, channel, module_for_tests


@click.command(
    epilog=examples(
        "scuttle laws mine:newest",
        "scuttle laws mine:largest --values integers --observe value",
        "scuttle laws mine:newest --prove",
        "scuttle laws resolver.mjs:newest --report junit=laws.xml",
        "scuttle laws lww_vs_clock --save regressions",
    )
)
@click.argument("resolver", metavar="[NAME|pkg.mod:fn|file.mjs:fn]", required=False)
@judging_options
@click.option(
    "--call-seconds",
    type=Amount(0.001),
    default=SECONDS_PER_CALL,
    show_default=True,
    metavar="S",
    help="How long one answer may take.",
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
@click.option(
    "--js-module",
    is_flag=True,
    help="Print a module for tests in JavaScript: > scuttle-laws.mjs.",
)
@click.option(
    "--through",
    type=click.IntRange(3),
    metavar="FD",
    help="Ask whoever started this: questions go to a file descriptor, answers come on stdin.",
)
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
    elif flags["js_module"]:
        click.echo(module_for_tests(), nl=False)
    elif given == ["replay"]:
        sys.exit(_replay(flags["replay"], machine=flags["as_json"]))
    elif given == ["resolver"]:
        caller = _caller(flags)
        sys.exit(prove(flags, caller) if flags["prove"] else judge(flags, caller))
    else:
        raise UsageFault(
            "neither a resolver nor a file to replay" if not given else "a resolver and a file",
            where="scuttle laws",
            expected="scuttle laws pkg.mod:fn, or scuttle laws --replay FILE",
        )


def _caller(flags: dict[str, Any]) -> Caller:
    if flags["through"] is not None:
        return Scripted(flags["resolver"], None, flags["call_seconds"], channel(flags["through"]))
    return caller_called(flags["resolver"], flags["call_seconds"])


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
