"""``scuttle conform``: other implementations on trial."""

from __future__ import annotations

import importlib

import click

from scuttle_check.cli.options import examples

COMMANDS = {
    "check-adapter": ("scuttle_check.cli.conform_check", "walk an adapter through its protocol"),
    "infer": ("scuttle_check.cli.conform_infer", "the rules that an implementation follows"),
    "matrix": ("scuttle_check.cli.conform_matrix", "reports of several implementations on a page"),
    "resolver": (
        "scuttle_check.cli.conform_resolver",
        "judge a resolver in any language by its laws",
    ),
    "run": ("scuttle_check.cli.conform_run", "drive a live implementation through its adapter"),
    "schema": ("scuttle_check.cli.conform_schema", "the JSON Schema of a file or message"),
    "trace": ("scuttle_check.cli.conform_trace", "judge the log of a real run"),
}
"""What there is, with the module that holds it and a line of help. Modules load on use."""


class Conform(click.Group):
    """A group whose commands load on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(
    cls=Conform,
    epilog=examples(
        "scuttle conform check-adapter -- node my-adapter.mjs",
        "scuttle conform run -- node my-adapter.mjs",
    ),
)
def command() -> None:
    """Judge another implementation, in any language, by what it does."""
