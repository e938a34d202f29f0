"""``scuttle step``: a model or a run, step by step, with commands typed at a prompt."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import Fault
from scuttle_check.base.files import write_json
from scuttle_check.cli.explore import what_to_open
from scuttle_check.cli.options import examples, model_options
from scuttle_check.explorer.sources import explorable
from scuttle_check.explorer.walk import Walk

HELP = """\
  3                take the third of the steps listed
  deliver A>B      take a step by its label; also A set k=2, drop A>B, crash A, ...
  back, forward    one step; back 3; start; end
  why              what the last step did, and the clauses of the rules that fired
  show             what each node knows and what is in flight
  list, list all   what can happen next; all: beyond the budgets, too
  properties       how each property fares at this step
  wrong            follow a shortest schedule that breaks a property
  diagram          the steps so far as a picture
  save FILE        write the run; scuttle explore FILE and scuttle replay read it
  quit"""


@click.command(epilog=examples("scuttle step --profile as-shipped --topology line:2"))
@model_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document for each command.")
def command(**flags: Any) -> None:
    """Explore step by step at a prompt; `help` lists the commands.

    MODEL is a case, a model file (.toml), a counterexample, a saved run, a lasso, a scenario (.txt)
    or a recorded trace.
    Commands may come through a pipe; an unknown one is told on standard error.
    """
    walk = Walk(explorable(what_to_open(flags)))
    if not flags["as_json"]:
        click.echo(walk.document["title"])
        for text in filter(None, [walk.document["note"], *_here(walk)]):
            click.echo(text)
    for line in _lines():
        if line in {"quit", "q", "exit"}:
            break
        try:
            told = answer(walk, line)
        except Fault as fault:
            click.echo(f"error: {fault}", err=True)
            continue
        if flags["as_json"]:
            document = {"format": "scuttle-step/1", "labels": walk.labels, "said": told}
            click.echo(json.dumps({**document, "view": walk.view}, ensure_ascii=False))
        else:
            click.echo("\n".join(told))


def _lines() -> Iterator[str]:
    terminal = sys.stdin.isatty()
    while True:
        if terminal:
            click.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def answer(walk: Walk, line: str) -> list[str]:
    """Do what a line asks for; what to print. Raises a Fault."""
    words = line.split()
    match words:
        case ["list", "all"]:
            return _acts(walk, everything=True)
        case ["save", name]:
            write_json(Path(name), walk.saved())
            return [f"saved {name}"]
        case ["back" | "forward" as way, *count]:
            steps = int(count[0]) if count and count[0].isdecimal() else 1
            walk.go(walk.at + (steps if way == "forward" else -steps))
        case ["start" | "end"]:
            walk.go(0 if words == ["start"] else len(walk.steps))
        case [word] if word in _SHOWS:
            return _SHOWS[word](walk)
        case _:
            problem = walk.take(_label(walk, line))
            if problem is not None:
                return [problem]
    return _here(walk)


def _label(walk: Walk, line: str) -> str:
    acts = walk.acts()
    if line.isascii() and line.isdecimal() and 1 <= int(line) <= len(acts):
        return str(acts[int(line) - 1]["label"])
    return line


def _here(walk: Walk) -> list[str]:
    return [*walk.why(), *_world(walk), *_acts(walk, everything=False)]


def _world(walk: Walk) -> list[str]:
    broken = [line for line in walk.properties() if line.startswith("BROKEN")]
    flight = [f"  in flight {each}" for each in walk.flight()]
    return [*(f"  {each}" for each in walk.nodes()), *flight, *(f"  {each}" for each in broken)]


def _acts(walk: Walk, *, everything: bool) -> list[str]:
    acts = list(enumerate(walk.acts(), start=1))
    shown = [(number, act) for number, act in acts if everything or not act.get("extra")]
    lines = [f"  {number:>3}  {act['label']:<18} {act['headline']}" for number, act in shown]
    hidden = len(acts) - len(shown)
    if hidden:
        lines.append(f"       ({hidden} more beyond the budgets: list all)")
    return lines


_SHOWS: dict[str, Callable[[Walk], list[str]]] = {
    "help": lambda _walk: [HELP],
    "why": Walk.why,
    "show": _world,
    "list": lambda walk: _acts(walk, everything=False),
    "properties": Walk.properties,
    "diagram": lambda walk: [walk.diagram()],
    "wrong": lambda walk: [walk.wrong(), walk.diagram(), *_world(walk)],
}
"""What only shows something, by its word."""
