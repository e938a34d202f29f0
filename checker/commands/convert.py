"""``scuttle convert``: a saved run in another format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from checker.commands.examples import examples
from checker.faults import UsageFault
from checker.render.mermaid import mermaid
from checker.render.shiviz import shiviz
from checker.render.space_time import svg
from checker.scuttlebutt.counterexample import Counterexample, from_json, load
from checker.scuttlebutt.drawn import itf_of, timeline_of
from checker.scuttlebutt.explain import diagram, story
from checker.search.replay import replay


def _text(found: Counterexample) -> str:
    setup = found.experiment.build()
    told = story(setup.system, setup.gossip.profile, found.schedule)
    return f"{diagram(setup.system, found.schedule)}\n\n{told}\n"


def _svg(found: Counterexample) -> str:
    system = found.experiment.build().system
    return svg(timeline_of(system, found.schedule), f"{found.property}: {found.because}")


def _mermaid(found: Counterexample) -> str:
    return mermaid(timeline_of(found.experiment.build().system, found.schedule))


def _shiviz(found: Counterexample) -> str:
    return shiviz(timeline_of(found.experiment.build().system, found.schedule))


def _itf(found: Counterexample) -> str:
    return json.dumps(itf_of(found), ensure_ascii=False, indent=1) + "\n"


def _json(found: Counterexample) -> str:
    return json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n"


WRITERS: dict[str, Callable[[Counterexample], str]] = {
    ".itf.json": _itf,
    ".json": _json,
    ".mmd": _mermaid,
    ".shiviz": _shiviz,
    ".svg": _svg,
    ".txt": _text,
}
"""What a run can be written as, by the end of the name; the longest end that fits is taken."""


@click.command(
    epilog=examples("scuttle convert swap.json swap.svg", "scuttle convert swap.json .mmd")
)
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.argument("target", metavar="TO", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The text within one JSON document.")
def command(source: Path, target: Path, *, as_json: bool) -> None:
    """Write the run in FROM, a counterexample or a trace in ITF of ours, as TO.

    The end of TO says how: .svg a space-time diagram, .mmd Mermaid, .txt a text diagram with the
    story, .shiviz a log for ShiViz, .itf.json the Informal Trace Format, .json a counterexample. An
    end alone, as .svg, is standard output, and so is --json. Nothing is overwritten.
    """
    write = _writer(target)
    text = write(_read(source))
    if as_json:
        told = {
            "format": "scuttle-converted/1",
            "from": str(source),
            "as": target.name,
            "text": text,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if str(target) in WRITERS:
        click.echo(text, nl=False)
        return
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as fault:
        hint = "nothing was overwritten; choose another name"
        problem = f"cannot be written ({fault.strerror})"
        raise UsageFault(problem, where=str(target), hint=hint) from None
    click.echo(f"{target} written", err=True)


def _writer(target: Path) -> Callable[[Counterexample], str]:
    for end in sorted(WRITERS, key=len, reverse=True):
        if target.name.endswith(end):
            return WRITERS[end]
    expected = f"a name that ends in {', '.join(sorted(WRITERS))}"
    raise UsageFault("has no end that is a format", where=str(target), expected=expected)


def _read(source: Path) -> Counterexample:
    """The run of a file. Raises UsageFault if there is none, or its schedule does not fit."""
    found = _from_itf(source) if source.name.endswith(".itf.json") else load(source)
    misfit = replay(found.experiment.build().system, found.schedule).misfit
    if misfit is not None:
        enabled = ", ".join(map(str, misfit.enabled[:6])) or "nothing"
        where = f"{source}: $.schedule[{misfit.step - 1}]"
        raise UsageFault(f"{misfit.action} cannot happen there", where=where, expected=enabled)
    return found


def _from_itf(source: Path) -> Counterexample:
    """The counterexample in the `#meta` of a trace. Its states are not read. Spec: CONVERT-1."""
    try:
        document: Any = json.loads(source.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UsageFault(f"cannot be read ({fault.strerror})", where=str(source)) from None
    except (ValueError, RecursionError) as fault:
        raise UsageFault(f"is no JSON ({fault})", where=str(source)) from None
    meta = document.get("#meta") if isinstance(document, dict) else None
    inside = meta.get("counterexample") if isinstance(meta, dict) else None
    if not isinstance(inside, dict):
        raise UsageFault(
            "holds no counterexample",
            where=f"{source}: $['#meta'].counterexample",
            expected="a trace that scuttle convert wrote",
        )
    return from_json(inside, f"{source}: $['#meta'].counterexample")
