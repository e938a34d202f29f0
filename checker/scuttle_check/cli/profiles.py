"""``scuttle profiles``: the readings of the protocol, and where two of them differ."""

from __future__ import annotations

import json

import click

from scuttle_check.base.errors import AS_EXPECTED, UsageFault
from scuttle_check.cli.options import examples
from scuttle_check.gossip.own_profiles import profile_called, profile_typed
from scuttle_check.gossip.profiles import (
    as_json,
    as_markdown,
    as_text,
    rule_file,
    rule_json,
    rules_of,
)
from scuttle_ref.profiles import PROFILES


@click.group(
    invoke_without_command=True,
    epilog=examples("scuttle profiles", "scuttle profiles diff documented as-shipped"),
)
@click.option("--json", "wants_json", is_flag=True, help="One JSON document, with every rule.")
@click.pass_context
def command(context: click.Context, *, wants_json: bool) -> int:
    """List the profiles, or show where two differ."""
    if context.invoked_subcommand is not None:
        if wants_json:
            raise UsageFault("--json stands before diff", expected="it after diff ONE OTHER")
        return AS_EXPECTED
    if wants_json:
        every = [_profile_json(name) for name in PROFILES]
        click.echo(json.dumps({"format": "scuttle-profiles/1", "profiles": every}, indent=2))
        return AS_EXPECTED
    width = max(map(len, PROFILES))
    for name, profile in PROFILES.items():
        click.echo(f"{name:{width}}  {profile.summary}")
    return AS_EXPECTED


def _profile_json(name: str) -> dict[str, object]:
    profile = PROFILES[name]
    rules = {point: rule_json(rule) for point, rule in rules_of(profile).items()}
    return {"name": name, "summary": profile.summary, "rules": rules}


@command.command(epilog=examples("scuttle profiles write documented"))
@click.argument("base")
def write(base: str) -> int:
    """Print a rule file that says what BASE does, to be changed and given to --profile."""
    click.echo(rule_file(profile_called(profile_typed(base, "BASE"))))
    return AS_EXPECTED


@command.command(epilog=examples("scuttle profiles diff documented as-shipped"))
@click.argument("one")
@click.argument("other")
@click.option("--json", "wants_json", is_flag=True, help="One JSON document.")
@click.option("--markdown", "wants_markdown", is_flag=True, help="A table for a page of spec/.")
def diff(one: str, other: str, *, wants_json: bool, wants_markdown: bool) -> int:
    """Show each decision point at which the profiles ONE and OTHER differ.

    Each is the name of a profile, or a rule file (.toml).
    """
    if wants_json and wants_markdown:
        raise UsageFault("--json and --markdown exclude each other", expected="one of them")
    first, second = (profile_called(profile_typed(each, "PROFILE")) for each in (one, other))
    if wants_json:
        click.echo(json.dumps(as_json(first, second), indent=2))
    elif wants_markdown:
        click.echo(as_markdown(first, second))
    else:
        click.echo(as_text(first, second))
    return AS_EXPECTED
