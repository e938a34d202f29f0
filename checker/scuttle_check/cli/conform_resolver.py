"""``scuttle conform resolver``: the laws, on a resolver in any language."""

from __future__ import annotations

import contextlib
import json
import sys

import click

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.cli.conform_check import program_of
from scuttle_check.cli.options import Amount, examples
from scuttle_check.laws.judging import EXAMPLES, SECONDS, Judging
from scuttle_check.laws.planning import planned
from scuttle_check.laws.report import as_json as report_json
from scuttle_check.laws.report import as_text, exit_code
from scuttle_check.oracle.live.nodes import REQUEST_SECONDS, Launch, Session
from scuttle_check.oracle.live.resolving import AdapterCaller


@click.command(epilog=examples("scuttle conform resolver lww_total -- node my-adapter.mjs"))
@click.argument("name", metavar="NAME")
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=EXAMPLES,
    show_default=True,
    help="Sets of updates drawn beyond the small ones.",
)
@click.option(
    "--seconds",
    type=Amount(0),
    default=SECONDS,
    show_default=True,
    help="After so many what is undecided is unknown.",
)
@click.option(
    "--timeout",
    type=Amount(0, min_open=True),
    default=REQUEST_SECONDS,
    metavar="S",
    help="The longest a request may take.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(  # noqa: PLR0913, PLR0917 - each is a flag
    name: str,
    program: tuple[str, ...],
    seed: int,
    examples: int,
    seconds: float,
    timeout: float,
    as_json: bool,
) -> None:
    """Judge a resolver of an implementation by the laws of a good one.

    NAME is one that its adapter offers, and is asked through it. Without COMMAND it is one of the
    reference. Exit codes are those of scuttle laws.
    """
    session = Session(Launch(program_of(program, "documented", None), seed, timeout))
    try:
        _can_resolve(session, name)
        plan = planned(None, seed=seed, examples=examples, seconds=seconds)
        with contextlib.redirect_stdout(sys.stderr):
            verdicts = Judging(AdapterCaller(session, name), plan).verdicts()
    finally:
        session.close()
    told = report_json(name, plan, verdicts) if as_json else as_text(name, plan, verdicts)
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else told)
    sys.exit(exit_code(plan, verdicts))


def _can_resolve(session: Session, name: str) -> None:
    hello = session.hello
    if not hello.can("resolve"):
        hint = "offer the capability 'resolve' and answer the operation"
        raise UnrunnableFault("cannot be asked for a resolver", where=hello.name, hint=hint)
    if name not in hello.named("resolver"):
        known = ", ".join(hello.named("resolver")) or "none"
        raise UsageFault(f"no resolver {name!r}", where=hello.name, expected=known)
