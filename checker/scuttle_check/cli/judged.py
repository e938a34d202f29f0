"""What every command says that judges a resolver: its flags, and what becomes of the verdicts."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.importing import imported
from scuttle_check.base.kept_files import write_over
from scuttle_check.cli.options import Amount, Command, report_option
from scuttle_check.cli.shown import say
from scuttle_check.laws.book import Law
from scuttle_check.laws.calling import Caller, Remote
from scuttle_check.laws.domain import SOURCES
from scuttle_check.laws.judging import EXAMPLES, SECONDS, Judging, Plan, Verdict
from scuttle_check.laws.named import code_of
from scuttle_check.laws.planning import expectation, planned
from scuttle_check.laws.regression import Regression
from scuttle_check.laws.report import as_json, as_junit, as_text, exit_code

JUNIT = "junit="

_OPTIONS = (
    click.option(
        "--observe",
        metavar="value,version",
        default="value,version",
        show_default=True,
        help="In what replicas must be equal.",
    ),
    click.option(
        "--values",
        metavar="KIND|pkg.mod:strategy",
        default="json",
        show_default=True,
        help="What keys hold: json, integers, numbers, text, booleans, lists, sets, or a strategy.",
    ),
    click.option(
        "--sources",
        metavar="A,B,C",
        default=",".join(SOURCES),
        show_default=True,
        help="Who writes.",
    ),
    click.option(
        "--expect",
        multiple=True,
        metavar="LAW=refuted",
        help="A verdict that is wanted, holds or refuted. May be repeated.",
    ),
    click.option(
        "--seed", type=int, default=0, show_default=True, help="Decides all that is drawn."
    ),
    click.option(
        "--examples",
        type=click.IntRange(0),
        default=EXAMPLES,
        show_default=True,
        metavar="N",
        help="Sets of updates drawn beyond the small ones, which are all tried.",
    ),
    click.option(
        "--seconds",
        type=Amount(0),
        default=SECONDS,
        show_default=True,
        metavar="S",
        help="After S seconds of work what is undecided is unknown.",
    ),
    click.option(
        "--save",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Write a regression file for each broken law.",
    ),
    report_option,
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
)


def judging_options(command: Command) -> Command:
    """The flags that say how a resolver is judged, and where the verdicts go."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def plan_of(flags: dict[str, Any], caller: Caller) -> Plan:
    """The plan that the flags ask for. Raises a Fault."""
    kind = flags["values"]
    return planned(
        code_of(caller),
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


def judge(flags: dict[str, Any], caller: Caller) -> int:
    """Judge a resolver as the flags say, tell the verdicts, and give the exit code."""
    plan = plan_of(flags, caller)
    junit = _junit(flags["report"])
    with contextlib.redirect_stdout(sys.stderr):
        verdicts = Judging(caller, plan).verdicts(_teller())
    if flags["save"] is not None:
        _save(flags["save"], caller.name, plan, verdicts)
    if junit is not None:
        write_over(junit, as_junit(caller.name, plan, verdicts))
    notes = caller.notes() if isinstance(caller, Remote) else []
    if flags["as_json"]:
        told = as_json(caller.name, plan, verdicts, notes)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(as_text(caller.name, plan, verdicts, notes))
    return exit_code(plan, verdicts)


def _junit(report: str | None) -> Path | None:
    """The file of the report. Better told now than after seconds of work. Raises UsageFault."""
    if report is None:
        return None
    path = Path(report.removeprefix(JUNIT))
    if not report.startswith(JUNIT) or not path.name:
        raise UsageFault(f"is {report!r}", where="--report", expected="junit=FILE")
    if not path.parent.is_dir():
        raise UsageFault("there is no such folder", where=str(path.parent))
    if path.is_dir():
        raise UsageFault("is a folder", where=str(path), expected="the name of a file")
    return path


def _teller() -> Any:
    def tell(law: Law) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{law.name + ' ...':<40}\r")
            sys.stderr.flush()

    return tell


def _save(folder: Path, resolver: str, plan: Plan, verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        if verdict.evidence is not None and not verdict.law.optional:
            found = Regression(verdict.law, resolver, plan.observe, verdict.evidence)
            say(f"saved: {found.save(folder)}")
