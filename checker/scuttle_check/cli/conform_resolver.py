"""``scuttle conform resolver``: the laws, on a resolver in any language."""

from __future__ import annotations

import sys
from typing import Any

import click

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.cli.conform_check import program_of, timeout_option
from scuttle_check.cli.judged import judge, judging_options
from scuttle_check.cli.options import examples
from scuttle_check.oracle.live.nodes import Launch, Session
from scuttle_check.oracle.live.resolving import AdapterCaller


@click.command(epilog=examples("scuttle conform resolver lww_total -- node my-adapter.mjs"))
@click.argument("name", metavar="NAME")
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@judging_options
@timeout_option
def command(name: str, program: tuple[str, ...], timeout: float, **flags: Any) -> None:
    """Judge a resolver of an implementation by the laws of a good one.

    NAME is one that its adapter offers, and is asked through it. Without COMMAND it is one of the
    reference. A function in a file of JavaScript needs no adapter: scuttle laws file.mjs:fn. Exit
    codes are those of scuttle laws.
    """
    if flags["save"] is not None:
        raise UsageFault(
            "cannot keep a resolver that an adapter offers",
            where="--save",
            expected="a resolver that a regression file can name",
            hint="scuttle laws FILE.mjs:FUNCTION --save DIR, for one in JavaScript",
        )
    launch = Launch(program_of(program, "documented", None), flags["seed"], timeout)
    session = Session(launch)
    try:
        _can_resolve(session, name)
        code = judge(flags, AdapterCaller(session, name))
    finally:
        session.close()
    sys.exit(code)


def _can_resolve(session: Session, name: str) -> None:
    hello = session.hello
    if not hello.can("resolve"):
        hint = "offer the capability 'resolve' and answer the operation"
        raise UnrunnableFault("cannot be asked for a resolver", where=hello.name, hint=hint)
    if name not in hello.named("resolver"):
        known = ", ".join(hello.named("resolver")) or "none"
        raise UsageFault(f"no resolver {name!r}", where=hello.name, expected=known)
