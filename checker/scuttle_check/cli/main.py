"""The command line ``scuttle``: finds the command, and turns faults into messages.

Commands are imported when they are asked for, so that each starts fast.
"""

from __future__ import annotations

import difflib
import importlib
import os
import signal
import sys
from pathlib import Path

import click

from scuttle_check.base.ending import carried_out, ended, leave
from scuttle_check.base.errors import UsageFault
from scuttle_check.base.interrupts import heed, lose_none
from scuttle_check.cli.safe_output import guard_streams
from scuttle_check.cli.settings import ORIGINS, origin, read_settings, stray_variables

COMMANDS = {
    "bench": "measure the checker, beside SPIN where it is installed",
    "check": "explore every interleaving and judge the properties",
    "clauses": "tie the clauses of the specification to code and tests",
    "conform": "judge another implementation by what it does",
    "convert": "write a run as SVG, Mermaid, ShiViz, ITF, text or a page",
    "doctor": "what this machine has for the tool, and which settings are in force",
    "docs": "build the site of the specification",
    "explore": "try message orderings on a page, or write it to a file",
    "golden": "replay recordings of the real library",
    "graph": "write every world of a small model, to draw it",
    "learn": "take the lessons in the terminal, and predict what happens",
    "hunt": "draw small experiments until a property fails",
    "node": "run a node on a network",
    "laws": "test a resolver: does it make replicas agree?",
    "profiles": "list the profiles, or show where two differ",
    "prove": "prove what holds for every size, from the rules of a profile",
    "promela": "print a model of the textbook profile for SPIN",
    "replay": "run a saved counterexample again",
    "runs": "list, show, resume and remove what was begun with --run",
    "scenario": "run a dialogue and compare its output",
    "schema": "JSON Schemas of what commands say and write",
    "simulate": "the experiments of the paper, and how updates spread at any size",
    "step": "try message orderings step by step at a prompt",
    "twin": "compare the checker with what TLC counted of the same models",
    "vectors": "static conversations for other implementations, built and run",
}


COMPLETION = "_SCUTTLE_COMPLETE"
"""The environment variable by which a shell asks for completions."""


class LazyGroup(click.Group):
    """A group whose commands live in ``scuttle_check.cli`` and load on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"scuttle_check.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and the settings that are its defaults. Spec: SET-1, SET-2."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = [f"scuttle {name}" for name in difflib.get_close_matches(args[0], COMMANDS)]
            raise UsageFault(
                f"no command {args[0]!r}",
                where="scuttle",
                expected=", ".join(sorted(COMMANDS)),
                hint=", or ".join(near) or "scuttle --help",
            )
        name, command, rest = super().resolve_command(ctx, args)
        unset = (
            ctx.default_map is None and name != "doctor"
        )  # who looks for what is wrong with them
        if name is not None and command is not None and unset:
            settings = read_settings(Path.cwd())
            settings.refuse_unknown(self.list_commands(ctx))
            defaults, origins = settings.defaults(command, (name,), rest, ctx)
            ctx.default_map, ctx.meta[ORIGINS] = {name: defaults}, origins
            for stray in stray_variables(command, (name,)):
                click.echo(f"note: {stray} is no option of scuttle {name}", err=True)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


CONTEXT = {"help_option_names": ["-h", "--help"], "color": True}
"""What is said reaches the guard of the streams whole: click would leave out of it what looks like
a colour, wherever it comes from."""


@click.group("scuttle", cls=LazyGroup, context_settings=CONTEXT)
@click.version_option(package_name="scuttle-ref", prog_name="scuttle")
def scuttle() -> None:
    """Scuttlebutt gossip: the reference, and a checker that tries every message order.

    Exit codes: 0 as expected, 1 refuted or non-conformant, 2 usage, 3 could not run,
    4 inconclusive, 70 a fault of the tool itself, 130 interrupted, 141 nobody read on.

    Defaults of options: a variable SCUTTLE_CHECK_MAX_STATES, or max-states in the table
    [tool.scuttle.check] of the project's pyproject.toml; what is typed wins.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run ``scuttle`` and exit. Spec: END-1."""
    if arguments is None:  # a process of its own: being ended is being interrupted
        guard_streams()
        heed(signal.SIGTERM, signal.default_int_handler)
        lose_none()
        # Nothing here multiplies matrices; numpy would start a thread per core for it.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # What Hypothesis keeps for itself is not for the folder that somebody works in.
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache() / "hypothesis"))
        leave(ended(lambda: _run(sys.argv[1:])))
    sys.exit(ended(lambda: _run(arguments)))


def cache() -> Path:
    """Where what can be made again is kept, of this user; of nobody who has a home, for a while."""
    kept = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not kept.is_absolute():
        try:
            kept = Path("~/.cache").expanduser()
        except RuntimeError:  # in a container, nobody may have told
            import tempfile  # noqa: PLC0415 - slow to load, and seldom needed

            kept = Path(tempfile.gettempdir())
    return kept / "scuttle"


def _run(arguments: list[str]) -> int:
    """Carry out a command; its exit code. Raises what the command raises."""
    if COMPLETION in os.environ:  # a shell asks what the next word could be
        scuttle.main(args=arguments, prog_name="scuttle")
    try:
        return carried_out(scuttle, arguments)
    except click.ClickException as usage:
        usage.show()
        if origin(usage):
            click.echo(f"  it stands in {origin(usage)}", err=True)
        return usage.exit_code


if __name__ == "__main__":
    main()
