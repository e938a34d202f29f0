"""The help of every command: an example that can be typed, and --json."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from scuttle_check.cli.main import scuttle
from scuttle_check.cli.options import HEAD

WRITES_OTHERWISE = {"conform matrix", "profiles write"}
"""Their output is a file for people: a page, and a rule file with comments."""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that call it."""
    context = click.Context(scuttle, info_name="scuttle")
    for name in scuttle.list_commands(context):
        command = scuttle.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                below = command.get_command(context, inner)
                assert below is not None
                yield f"{name} {inner}", below


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_command_shows_an_example_that_it_takes(name: str) -> None:
    """What help shows can be typed: its options exist and take these values."""
    _, head, lines = (ALL[name].epilog or "").partition(HEAD)
    assert head
    for line in lines.strip().splitlines():
        words = shlex.split(line.partition(">")[0])
        assert words[: 1 + len(name.split())] == ["scuttle", *name.split()]
        rest = words[1 + len(name.split()) :]
        inner = rest[0] if isinstance(ALL[name], click.Group) and rest else ""
        called = ALL[f"{name} {inner}".strip()]
        called.make_context(name, rest[1:] if inner else rest).close()


@pytest.mark.parametrize("name", [name for name in ALL if not isinstance(ALL[name], click.Group)])
def test_every_command_has_a_document_for_machines(name: str) -> None:
    """``--json`` is everywhere, as the README says."""
    options = {flag for each in ALL[name].params for flag in each.opts}
    assert ("--json" in options) is (name not in WRITES_OTHERWISE)


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_is_for(name: str) -> None:
    """A name and a type are no help."""
    mute = [
        each.opts for each in ALL[name].params if isinstance(each, click.Option) and not each.help
    ]
    assert not mute
