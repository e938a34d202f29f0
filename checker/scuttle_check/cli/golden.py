"""``scuttle golden``: replay what was recorded of the real library, and report differences."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from scuttle_check.base.errors import AS_EXPECTED, REFUTED
from scuttle_check.cli.options import examples
from scuttle_check.oracle.recordings.load import Recording, load
from scuttle_check.oracle.recordings.replay import Agreement, Comparison, compare

FORMAT = "scuttle-golden/1"
VALUE_WIDTH = 300
"""How much of a value that differs is shown. Unit: characters."""


@frozen
class Result:
    """What became of one trace, and the file in which it stands."""

    file: str
    comparison: Comparison


@click.command(epilog=examples("scuttle golden tests/golden/data"))
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path)
)
@click.option("-v", "--verbose", is_flag=True, help="List the traces that agree, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(paths: tuple[Path, ...], verbose: bool, as_json: bool) -> None:
    """Replay recordings of the real library under the as-shipped profile.

    PATH is a file of recorded traces or a folder of them. Each step's output is compared with
    the recorded one, up to the first input that is outside the contract. Traces that differ and
    traces out of contract are listed; those that agree are counted.

    Exit code 1 when any trace disagrees.
    """
    results = _compared(load(paths))
    click.echo(json.dumps(as_document(results)) if as_json else _text(results, verbose=verbose))
    disagree = any(each.comparison.agreement is Agreement.DISAGREE for each in results)
    sys.exit(REFUTED if disagree else AS_EXPECTED)


def _compared(recordings: Sequence[Recording]) -> list[Result]:
    results = []
    for number, each in enumerate(recordings, start=1):
        _tell(f"{number}/{len(recordings)} {printable(str(each.trace['name']))}")
        results.append(Result(each.file, compare(each.trace)))
    _tell("")
    return results


def _tell(text: str) -> None:
    """Progress, in one line that is overwritten; only where somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{text[:78]:<78}\r", err=True, nl=False)


# --- for programs --------------------------------------------------------------------------------


def as_document(results: Sequence[Result]) -> dict[str, Any]:
    """All results as JSON: the counts, then one object per trace."""
    return {
        "format": FORMAT,
        "traces": len(results),
        "steps": sum(each.comparison.steps for each in results),
        "agree": _count(results, Agreement.AGREE),
        "disagree": _count(results, Agreement.DISAGREE),
        "out_of_contract": _count(results, Agreement.OUT_OF_CONTRACT),
        "results": [_result_json(each) for each in results],
    }


def _count(results: Sequence[Result], agreement: Agreement) -> int:
    return sum(each.comparison.agreement is agreement for each in results)


def _result_json(result: Result) -> dict[str, Any]:
    found = result.comparison
    document: dict[str, Any] = {
        "name": found.name,
        "file": result.file,
        "agreement": found.agreement.value,
        "steps": found.steps,
        "labelled": found.labelled,
    }
    if found.difference is not None:
        document["difference"] = {
            "step": found.difference.step,
            "field": found.difference.field,
            "recorded": found.difference.recorded,
            "reference": found.difference.reference,
        }
    if found.outside is not None:
        document["reason"] = found.outside.reason
        document["clause"] = found.outside.clause
        document["step"] = found.outside.step
    return document


# --- for people ----------------------------------------------------------------------------------


def _text(results: Sequence[Result], *, verbose: bool) -> str:
    width = min(48, max(len(printable(each.comparison.name)) for each in results))
    lines = [
        line
        for each in results
        if verbose or each.comparison.agreement is not Agreement.AGREE
        for line in _lines(each, width)
    ]
    return "\n".join([*lines, *([""] if lines else []), *_summary(results)])


def _lines(result: Result, width: int) -> list[str]:
    found = result.comparison
    head = f"{found.agreement.value:<15}  {printable(found.name):<{width}}"
    if found.difference is not None:
        return [
            f"{head}  {printable(str(found.difference))}",
            f"    recorded   {_shown(found.difference.recorded)}",
            f"    reference  {_shown(found.difference.reference)}",
            f"    file       {printable(result.file)}",
        ]
    if found.outside is not None:
        return [f"{head}  {printable(str(found.outside))}{_label(found)}"]
    return [f"{head}  {found.steps} steps{_label(found)}"]


def _label(found: Comparison) -> str:
    return f" (labelled {printable(str(found.labelled))})" if is_mislabelled(found) else ""


def is_mislabelled(found: Comparison) -> bool:
    """Whether a trace claims to be inside the contract and is not, or the other way round."""
    inside = found.agreement is not Agreement.OUT_OF_CONTRACT
    return found.labelled is not None and (found.labelled == "well-formed") is not inside


def _summary(results: Sequence[Result]) -> list[str]:
    steps = sum(each.comparison.steps for each in results)
    counts = ", ".join(f"{_count(results, each):,} {each.value}" for each in Agreement)
    traces = "1 trace" if len(results) == 1 else f"{len(results):,} traces"
    lines = [f"{traces}, {steps:,} steps as recorded: {counts}"]
    surprising = sum(is_mislabelled(each.comparison) for each in results)
    if surprising:
        lines.append(f"{surprising:,} not in the class of inputs they are labelled with")
    return lines


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= VALUE_WIDTH else f"{text[:VALUE_WIDTH]}..."


def printable(text: str) -> str:
    """`text` from a file, safe to write to a terminal: control characters escaped."""
    safe = (c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return "".join(safe)
