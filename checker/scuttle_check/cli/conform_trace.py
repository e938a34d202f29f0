"""``scuttle conform trace``: whether the log of a real run is one that a profile allows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, REFUTED
from scuttle_check.cli.options import examples
from scuttle_check.oracle.logs.accept import STATES_MAX, Judged, accept
from scuttle_check.oracle.logs.log import Log, read_log, read_renaming

FORMAT = "scuttle-trace-report/1"
CODES = {"accepted": AS_EXPECTED, "rejected": REFUTED, "inconclusive": INCONCLUSIVE}


@click.command(epilog=examples("scuttle conform trace run.jsonl"))
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--map", "renaming", type=click.Path(path_type=Path), help="TOML: their words for ours."
)
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=STATES_MAX,
    show_default=True,
    metavar="N",
    help="Give up after following N possible runs.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(log: Path, renaming: Path | None, max_states: int, as_json: bool) -> None:
    """Look for a run of the profile that consumes every event of LOG, a file of JSON lines.

    The log may leave out what it likes; spec/guide/traces.md has the format. Exit code 0:
    accepted. 1: rejected, with the event that fits no run. 4: inconclusive.
    """
    read = read_log(log, None if renaming is None else read_renaming(renaming))
    judged = accept(read, max_states)
    click.echo(
        json.dumps(_document(judged), ensure_ascii=False) if as_json else _text(read, judged)
    )
    sys.exit(CODES[judged.verdict])


def _document(judged: Judged) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": FORMAT,
        "verdict": judged.verdict,
        "events": judged.events,
        "matched": judged.matched,
        "candidates": judged.candidates,
        "because": judged.because,
        "run": list(judged.run),
    }
    if judged.event is not None:
        event = judged.event
        document["event"] = {"number": event.number, "line": event.line, "text": str(event)}
    if judged.miss is not None:
        found = judged.miss.mismatch
        document["miss"] = {"path": found.path, "expected": found.expected, "got": found.got}
    return document


def _text(log: Log, judged: Judged) -> str:
    if judged.verdict == "accepted":
        left_out = sum(step.startswith("(") for step in judged.run)
        return (
            f"accepted: a run of {log.profile.name} consumes all {judged.events} events; "
            f"{left_out} of its steps are not in the log"
        )
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
    if judged.run:
        lines += [
            "  one of them, unlogged steps in parentheses:",
            *(f"    {s}" for s in judged.run),
        ]
    return "\n".join(lines)
