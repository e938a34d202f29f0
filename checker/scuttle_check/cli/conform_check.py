"""``scuttle conform check-adapter``: one operation after the other, up to the next mistake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from difflib import get_close_matches

import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.options import Amount, Command, examples
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.oracle.live.checkup import checkup
from scuttle_check.oracle.live.nodes import REQUEST_SECONDS, Launch
from scuttle_check.oracle.mutants.mutants import candidates
from scuttle_ref.profile import Profile

PASS_ON = {"ignore_unknown_options": False, "allow_interspersed_args": False}
"""What stands behind the command belongs to it."""

timeout_option: Callable[[Command], Command] = click.option(
    "--timeout",
    type=Amount(0, min_open=True),
    default=REQUEST_SECONDS,
    show_default=True,
    metavar="S",
    help="The longest a request may take, whatever the adapter asks for.",
)
"""The flag of whatever asks an adapter."""


@click.command(
    context_settings=PASS_ON,
    epilog=examples("scuttle conform check-adapter -- node my-adapter.mjs"),
)
@click.argument("program", nargs=-1, metavar="-- COMMAND...")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is drawn.")
@timeout_option
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(program: tuple[str, ...], seed: int, timeout: float, as_json: bool) -> None:
    """Walk through the adapter protocol, one operation at a time, up to the first mistake.

    Without COMMAND the adapter of the reference is walked through.
    """
    found = checkup(Launch(program_of(program, "documented", None), seed, timeout))
    click.echo(json.dumps(found.to_json()) if as_json else found.text())
    sys.exit(found.exit_code)


def program_of(program: tuple[str, ...], profile: str, mutant: str | None) -> tuple[str, ...]:
    """What to run: the command, or the reference of the profile."""
    if program and mutant is not None:
        raise UsageFault("chooses a wrong rule of the reference, not of COMMAND", where="--mutant")
    if mutant is not None:
        _known(profile_called(profile_typed(profile)), mutant)
    wrong = () if mutant is None else ("--mutant", mutant)
    reference = (sys.executable, "-P", "-m", "scuttle_check.oracle.adapters.reference")
    return program or (*reference, "--profile", profile, *wrong)


def _known(profile: Profile, mutant: str) -> None:
    """Whether there is such a wrong rule. Raises UsageFault with those that are spelt alike."""
    names = [name for each in candidates(profile) for name in each.called]
    if mutant not in names:
        near = get_close_matches(mutant, names, n=5, cutoff=0.4) or names[1::2][:5]
        expected = f"a rule that {profile.name} has not, such as {', '.join(near)}"
        raise UsageFault(f"no mutant {mutant!r}", where="--mutant", expected=expected)
