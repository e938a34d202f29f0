"""``scuttle conform run``: drive an implementation and judge it, level by level."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import click

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import to_install
from scuttle_check.cli.conform_check import PASS_ON, program_of, timeout_option
from scuttle_check.cli.options import examples
from scuttle_check.cli.shown import say
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.oracle.live.nodes import Launch
from scuttle_check.oracle.reports import as_html, as_junit, as_text
from scuttle_check.oracle.result import Level, Report, expected, load_known

SLOW = 100
"""An adapter that answers less often than that is told how to wait less. Unit: answers a second."""

LEVELS = tuple(level.value for level in Level)


@click.command(
    context_settings=PASS_ON,
    epilog=examples(
        "scuttle conform run --profile documented -- node my-adapter.mjs",
        "scuttle conform run --level step --mutant witness_join",
    ),
)
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@click.option(
    "--profile",
    default="documented",
    show_default=True,
    metavar="NAME|FILE",
    help="What it is judged by: a profile, or a rule file (.toml).",
)
@click.option("--level", "levels", type=click.Choice(LEVELS), multiple=True, help="Default: all.")
@click.option("--case", "case", metavar="GLOB", default="*", help="Only cases of such an id.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@click.option(
    "--examples", type=click.IntRange(1), default=200, show_default=True, help="Scenes per search."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes of the implementation at once.",
)
@timeout_option
@click.option(
    "--expect",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known failures: [[xfail]] with id and issue.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="KIND[=FILE]",
    help="human, json, junit=FILE or html=FILE; may be repeated.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the JSON report there, findings with every step; scuttle explore opens it.",
)
@click.option("--mutant", metavar="RULE", help="Without COMMAND: a reference with that rule.")
@click.option("-v", "--verbose", is_flag=True, help="List the cases that pass, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(program: tuple[str, ...], **flags: Any) -> None:
    """Drive an implementation through its adapter, and judge it level by level.

    Scenes are drawn, tried on the live program, and made as small as they get when one fails. A
    violation comes with its clause and the rule it looks like. What the profile cannot promise is
    no violation, and a run that moved no data shows nothing. Without COMMAND the reference is
    judged.

    Exit codes: 0 conforms, 1 violates, 3 the adapter cannot be run, 4 inconclusive.
    """
    need_hypothesis("scuttle conform run")
    from scuttle_check.oracle.live.running import run  # noqa: PLC0415 - Hypothesis is an extra
    from scuttle_check.oracle.live.trial import Plan  # noqa: PLC0415

    wanted = [_kind(each) for each in flags["reports"]]
    wanted += [("json", flags["save"])] if flags["save"] else []
    _writable(wanted)
    known = load_known(flags["expect"])
    profile = profile_called(profile_typed(flags["profile"]))
    tried = program_of(program, flags["profile"], flags["mutant"])
    launch = Launch(tried, flags["seed"], flags["timeout"])
    levels = tuple(Level(each) for each in flags["levels"]) or tuple(Level)
    plan = Plan(profile, launch, levels, flags["case"], flags["examples"], flags["jobs"])
    report = attrs.evolve(_with_known(run(plan, say), known), given=flags["profile"])
    _write(report, wanted)
    as_json = flags["as_json"] or ("json", None) in wanted
    document = json.dumps(report.to_json(), ensure_ascii=True)
    click.echo(document if as_json else as_text(report, verbose=flags["verbose"]))
    click.echo(_cost(report), err=True)
    sys.exit(report.exit_code)


def need_hypothesis(command: str) -> None:
    """Scenes are drawn with it. Raises UnrunnableFault."""
    if find_spec("hypothesis") is None:
        raise UnrunnableFault(
            "needs Hypothesis, which is not installed",
            where=command,
            hint=to_install(package="hypothesis"),
        )


def _kind(text: str) -> tuple[str, Path | None]:
    kind, equals, file = text.partition("=")
    takes_file = {"human": False, "json": None, "junit": True, "html": True}
    if kind not in takes_file or (takes_file[kind] and not file) or (equals and not file):
        expected_ = "human, json, json=FILE, junit=FILE or html=FILE"
        raise UsageFault(f"no report {text!r}", where="--report", expected=expected_)
    return kind, Path(file) if file else None


def _writable(wanted: list[tuple[str, Path | None]]) -> None:
    """Better told now than after minutes of work. Raises UsageFault."""
    for _, path in wanted:
        if path is not None and not path.parent.is_dir():
            raise UsageFault("there is no such folder", where=str(path.parent))
        if path is not None and path.is_dir():
            raise UsageFault("is a folder", where=str(path), expected="the name of a file")


def _with_known(report: Report, known: Any) -> Report:
    return attrs.evolve(report, cases=expected(report.cases, known))


def _write(report: Report, wanted: list[tuple[str, Path | None]]) -> None:
    for kind, path in wanted:
        if path is None:
            continue
        texts = {
            "junit": lambda: as_junit(report),
            "html": lambda: as_html([report.to_json()]),
            "json": lambda: json.dumps(report.to_json(), ensure_ascii=True) + "\n",
            "human": lambda: as_text(report, verbose=True) + "\n",
        }
        write_over(path, texts[kind]())


def _cost(report: Report) -> str:
    rate = report.round_trips / report.request_seconds if report.request_seconds else 0
    told = f"{report.round_trips:,} round trips, {rate:,.0f} a second while waiting for answers"
    return f"{told}; --examples N tries fewer scenes" if 0 < rate < SLOW else told
