"""``scuttle replay``: run a saved counterexample again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UsageFault
from scuttle_check.base.files import format_of
from scuttle_check.cli.check_live import refuse_misfit, replay_lasso
from scuttle_check.cli.options import examples
from scuttle_check.cli.shown import failure_text
from scuttle_check.engine.properties import Property
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Verdict
from scuttle_check.explorer.saved_traces import FORMAT as TRACE
from scuttle_check.explorer.saved_traces import load_trace, misfitting
from scuttle_check.gossip.counterexample import Counterexample, load
from scuttle_check.gossip.experiment import Setup
from scuttle_check.gossip.lasso import is_lasso


@click.command(epilog=examples("scuttle replay swap.json"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(file: Path, as_json: bool) -> None:
    """Take the saved schedule step by step and judge it again.

    Exit code 1: the property is still refuted. Exit code 0: the schedule no longer refutes it.
    """
    if is_lasso(file):
        sys.exit(replay_lasso(file, as_json=as_json))
    if format_of(file) == TRACE:
        sys.exit(_of_a_model(file, as_json=as_json))
    found = load(file)
    setup = found.experiment.build()
    wanted = [each for each in setup.properties if each.name == found.property]
    if not wanted:
        known = ", ".join(each.name for each in setup.properties)
        raise UsageFault(
            f"no property {found.property!r}", where=f"{file}: $.property", expected=known
        )
    run = Trace.of(setup.system, found.schedule, wanted)
    refuse_misfit(f"{file}: $.schedule", run.misfit)
    because = run.decided.get(found.property)
    if as_json:
        click.echo(json.dumps(_as_json(found, run, because), ensure_ascii=False))
    elif because is None:
        click.echo(f"{found.property}: this schedule no longer refutes it")
    else:
        click.echo(_told(setup, wanted[0], found, because))
    sys.exit(AS_EXPECTED if because is None else REFUTED)


def _of_a_model(file: Path, *, as_json: bool) -> int:
    """Run a saved run of a model that code makes. Raises a Fault."""
    saved = load_trace(file)
    trace, misfit = saved.run()
    if misfit is not None:
        raise misfitting(f"{file}: $", saved, misfit)
    because = saved.judged()
    if as_json:
        document = _document(saved.name, saved.clause, len(trace.actions), because)
        click.echo(json.dumps(document, ensure_ascii=False))
    elif because is None:
        click.echo(f"{saved.name}: this schedule no longer refutes it")
    else:
        steps = len(saved.schedule)
        click.echo(f"{saved.name} is refuted in {steps} steps: {because}.\n\n{trace}")
        click.echo(f"\n{trace.diagram()}")
    return AS_EXPECTED if because is None else REFUTED


def _told(setup: Setup, each: Property, found: Counterexample, because: str) -> str:
    return failure_text(setup, Verdict(each, Kind.REFUTED, found.schedule, because))


def _as_json(found: Counterexample, run: Trace, because: str | None) -> dict[str, Any]:
    return _document(found.property, found.clause, len(run.actions), because)


def _document(name: str, clause: str, steps: int, because: str | None) -> dict[str, Any]:
    return {
        "format": "scuttle-replay/1",
        "property": name,
        "clause": clause,
        "verdict": "not-refuted" if because is None else Kind.REFUTED.value,
        "because": because or "",
        "steps": steps,
    }
