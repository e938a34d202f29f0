"""``scuttle twin``: compare the checker with what TLC counted of the same models in TLA+."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, INTERRUPTED, REFUTED
from scuttle_check.cli.options import examples
from scuttle_check.cli.shown import Teller
from scuttle_check.evidence.twin import SIZES, Compared, Twin, compare, from_tlc, load_twin
from scuttle_check.search.budget import Budget

FORMAT = "scuttle-twin/1"


@click.command(epilog=examples("scuttle twin --size large"))
@click.option(
    "--run",
    "jar",
    type=click.Path(path_type=Path),
    envvar="SCUTTLE_TLA2TOOLS",
    metavar="JAR",
    help="A tla2tools.jar: let TLC count again. Default: the variable SCUTTLE_TLA2TOOLS.",
)
@click.option(
    "--size",
    type=click.Choice(SIZES),
    default="small",
    show_default=True,
    help="Up to which size; TLC takes minutes for a large model and longer for a huge one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(jar: Path | None, size: str, as_json: bool) -> None:
    """Compare the checker with TLC, on models that are written twice.

    The protocol stands a second time in spec/tla, in TLA+. Every number that TLC counted is
    recorded there, and the checker must find the same: worlds, transitions, terminal worlds,
    depth, the properties refuted and the length of the shortest counterexample.

    Exit code 1 when anything differs.
    """
    twin = load_twin()
    results = []
    for model in twin.of(SIZES[: SIZES.index(size) + 1]):
        click.echo(f"{model.id}", err=True)
        results.append(compare(model, twin, jar, Budget(tell=Teller(), partial=True)))
        if results[-1].interrupted:
            sys.exit(INTERRUPTED)
    document = as_document(twin, results, again=jar is not None)
    click.echo(json.dumps(document) if as_json else _text(twin, results, again=jar is not None))
    sys.exit(REFUTED if any(each.differences for each in results) else AS_EXPECTED)


def as_document(twin: Twin, results: Sequence[Compared], *, again: bool) -> dict[str, Any]:
    """The comparison as JSON; counts are in the checker's units. Spec: TWIN-3."""
    return {
        "format": FORMAT,
        "tlc": {"revision": twin.revision, "command": twin.command, "run_again": again},
        "equal": not any(each.differences for each in results),
        "models": [
            {
                "id": each.model.id,
                "size": each.model.size,
                "recorded": attrs.asdict(from_tlc(each.model.recorded)),
                "checker": attrs.asdict(each.checker),
                "tlc": None if each.again is None else attrs.asdict(from_tlc(each.again)),
                "differences": list(each.differences),
            }
            for each in results
        ],
    }


def _text(twin: Twin, results: Sequence[Compared], *, again: bool) -> str:
    head = f"{'model':<32} {'worlds':>10} {'transitions':>12} {'terminal':>9} {'depth':>6}"
    lines = [
        "What TLC counted of the TLA+ twin, and whether the checker counts the same.",
        "",
        f"{head}  {'checker':<9} {'TLC now':<9} refuted",
    ]
    lines.extend(_line(each) for each in results)
    lines.extend(["", *_summary(twin, results, again=again)])
    return "\n".join(line.rstrip() for line in lines)


def _line(each: Compared) -> str:
    recorded = from_tlc(each.model.recorded)
    counts = (
        f"{each.model.id:<32} {recorded.states:>10,} {recorded.transitions:>12,} "
        f"{recorded.terminal:>9,} {recorded.depth:>6}"
    )
    checker = _side(each, "checker", ran=True)
    now = _side(each, "TLC", ran=each.again is not None)
    return f"{counts}  {checker:<9} {now:<9} {', '.join(recorded.refuted)}"


def _side(each: Compared, side: str, *, ran: bool) -> str:
    """What became of one side of a model; a hyphen if it did not run. Spec: TWIN-3."""
    if not ran:
        return "-"
    return "DIFFERS" if any(d.startswith(side) for d in each.differences) else "equal"


def _summary(twin: Twin, results: Sequence[Compared], *, again: bool) -> list[str]:
    lines = [f"{each.model.id}: {text}" for each in results for text in each.differences]
    worlds = sum(each.checker.states for each in results)
    lines.append(f"{len(results)} models compared, {worlds:,} worlds; recorded by TLC {_rev(twin)}")
    if not again:
        lines.append("TLC was not run now; give it with --run tla2tools.jar (spec/tla/README.md)")
    return lines


def _rev(twin: Twin) -> str:
    return twin.revision[:7]
