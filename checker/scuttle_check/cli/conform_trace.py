"""``scuttle conform trace``: whether the log of a real run is one that a profile allows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED
from scuttle_check.base.junit import Case, junit_file, suite_of
from scuttle_check.base.kept_files import write_over
from scuttle_check.cli.options import Amount, examples, report_option
from scuttle_check.cli.shown import say
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.oracle.logs.accept import STATES_MAX, Given, Judged, judge
from scuttle_check.oracle.logs.log import Log
from scuttle_check.oracle.logs.reading import read_log, streamed
from scuttle_check.oracle.logs.renaming import Renaming, read_renaming
from scuttle_ref.profiles import PROFILES

FORMAT = "scuttle-trace-report/1"
CODES = {"accepted": AS_EXPECTED, "rejected": REFUTED, "inconclusive": INCONCLUSIVE}

NOUNS: Final = {
    "gossip": ("exchange", "exchanges"),
    "lost": ("loss", "losses"),
    "copy": ("duplicate", "duplicates"),
    "arrival or exchange": ("arrival or exchange", "arrivals and exchanges"),
}
"""What the untold steps of a run are called."""


@click.command(epilog=examples("scuttle conform trace run.jsonl"))
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--map", "renaming", type=click.Path(path_type=Path), help="TOML: their words for ours."
)
@click.option(
    "--profile",
    metavar="NAME|FILE",
    help="What it is judged by, in place of what the log says: a profile, or a rule file (.toml).",
)
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=STATES_MAX,
    show_default=True,
    metavar="N",
    help="Give up after following N possible runs.",
)
@report_option
@click.option("--max-seconds", type=Amount(0), metavar="S", help="Stop after S seconds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(  # noqa: PLR0913, PLR0917 - each is a flag
    log: Path,
    renaming: Path | None,
    profile: str | None,
    max_states: int,
    report: str | None,
    max_seconds: float | None,
    as_json: bool,
) -> None:
    """Look for a run of the profile that consumes every event of LOG, a file of JSON lines.

    The log may leave out what it likes; spec/guide/traces.md has the format. A log that tells
    every receipt is read as it is judged, whatever its length. Exit code 0: accepted. 1: rejected,
    with the event that fits no run. 4: inconclusive, with the line that would help. 130:
    interrupted, with the longest beginning that could be explained.
    """
    junit = junit_file(report)
    names = None if renaming is None else read_renaming(renaming)
    if profile is not None:
        profile_called(profile_typed(profile))
        path = profile if profile in PROFILES else str(Path(profile).resolve())
        names = names or Renaming()
        names = attrs.evolve(names, header={**names.header, "profile": path})

    def tell(events: int) -> None:
        say(f"{events:,} events fit")

    given = Given(max_states, max_seconds, tell)
    read, judged = _judged(log, names, given)
    if judged.verdict != "accepted" and read.total:
        judged = _in_another_order(log, names, given, judged)
    if junit is not None:
        write_over(junit, suite_of("scuttle conform trace", [_case(log, read, judged)]))
    document = json.dumps(_document(judged), ensure_ascii=False)
    click.echo(document if as_json else _text(read, judged))
    sys.exit(INTERRUPTED if judged.interrupted else CODES[judged.verdict])


def _judged(path: Path, names: Renaming | None, given: Given) -> tuple[Log, Judged]:
    """The log without its events, and the verdict. One that tells all is read as it is judged."""
    log, events = streamed(path, names)
    if log.total and "deliver" not in log.silent:
        return log, judge(log, events, attrs.evolve(given, keeps=False))
    events.close()
    log = read_log(path, names)
    return log, judge(log, None, given)


def _in_another_order(path: Path, names: Renaming | None, given: Given, judged: Judged) -> Judged:
    """A log whose lines stand in the order of each node only is told to be that. Spec: OBS-8."""
    if judged.interrupted or judged.matched > ORDER_TRIED_MAX:
        return judged
    log = read_log(path, names)
    if log.events > ORDER_TRIED_MAX:
        return judged
    threads = log.by_node()
    again = attrs.evolve(log, total=False, threads=threads)
    if "deliver" in log.silent or judge(again, None, given).verdict != "accepted":
        return judged
    return attrs.evolve(judged, advice='the same lines are accepted with "order": "per-node"')


ORDER_TRIED_MAX: Final = 20_000
"""So long a log is tried in the other order, too, when it is not accepted. Unit: events."""


def _document(judged: Judged) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": FORMAT,
        "verdict": judged.verdict,
        "events": judged.events,
        "matched": judged.matched,
        "candidates": judged.candidates,
        "because": judged.because,
        "run": list(judged.run),
        "supplied": dict(judged.supplied),
        "advice": judged.advice,
        "interrupted": judged.interrupted,
    }
    if judged.event is not None:
        event = judged.event
        document["event"] = {"number": event.number, "line": event.line, "text": str(event)}
    if judged.miss is not None:
        found = judged.miss.mismatch
        document["miss"] = {"path": found.path, "expected": found.expected, "got": found.got}
    return document


def _case(path: Path, log: Log, judged: Judged) -> Case:
    """The log for a build server. Spec: ORA-12."""
    fault = {"accepted": "", "rejected": "failure"}.get(judged.verdict, "error")
    lines = _text(log, judged).split("\n")
    return Case(log.profile.name, path.name, fault, lines[0], judged.verdict, "\n".join(lines))


def _left_out(judged: Judged) -> str:
    """How many steps of a run are not in the log, and of which kinds."""
    if not judged.supplied:
        count = sum(step.startswith("(") for step in judged.run)
        return f"{count} of its steps are not in the log"
    kinds = ", ".join(f"{n:,} {NOUNS[kind][n != 1]}" for kind, n in judged.supplied)
    count = sum(n for _, n in judged.supplied)
    return f"{count:,} of its steps are not in the log ({kinds})"


def _text(log: Log, judged: Judged) -> str:
    if judged.verdict == "accepted":
        name = log.profile.name
        return f"accepted: a run of {name} consumes all {judged.events} events; {_left_out(judged)}"
    lines = [f"{judged.verdict}: {judged.because}"] if judged.because else []
    if judged.event is not None and judged.miss is not None:
        found = judged.miss.mismatch
        head = "" if judged.because else f"{judged.verdict} "
        fit = f"{judged.matched} of {judged.events} events fit, in {judged.candidates:,} runs"
        lines += [
            f"{head}at event {judged.event.number}, line {judged.event.line}: {judged.event}",
            f"  {found.path}: {log.profile.name} has {found.expected}, the log says {found.got}",
            f"  {fit}; none of them goes on with this event",
        ]
    elif judged.interrupted or judged.matched:
        lines.append(f"  the first {judged.matched:,} events fit")
    if judged.advice:
        lines.append(f"  try: {judged.advice}")
    if judged.run:
        lines += [
            "  one of them, unlogged steps in parentheses:",
            *(f"    {s}" for s in judged.run[-SHOWN_MAX:]),
        ]
    return "\n".join(lines)


SHOWN_MAX: Final = 40
"""So many last steps of a run are shown to people."""
