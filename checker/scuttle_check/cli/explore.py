"""``scuttle explore``: a page on which every message order can be tried."""

from __future__ import annotations

import gzip
import json
import webbrowser
from pathlib import Path
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, UnrunnableFault, UsageFault
from scuttle_check.base.resources import carried, to_install
from scuttle_check.cli.options import (
    examples,
    experiment_from,
    model_options,
    named,
    overridden,
)
from scuttle_check.explorer.conversion import document_for
from scuttle_check.explorer.explorable import model_document
from scuttle_check.explorer.export import document_of, page_from, write_page
from scuttle_check.explorer.fixed import Fixed
from scuttle_check.explorer.playground import write_playground
from scuttle_check.explorer.sources import Opened, case_source, explorable, of_experiment, open_file
from scuttle_check.explorer.tables import WORLDS_MAX
from scuttle_check.gossip.catalogue import SIZES, cases_of, load_catalogue

FIRST = "writers:as-shipped"
"""What is shown to somebody who asks for nothing: two values that are swapped for ever."""


@click.command(
    epilog=examples(
        "scuttle explore --case order:as-shipped --html overtaking.html",
        "scuttle explore swap.json",
    )
)
@model_options
@click.option(
    "--html",
    "page_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write one file that works without a server, and stop.",
)
@click.option(
    "--pyodide",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="With --html: write a folder for a web server instead, in which Python runs in the page. "
    "FOLDER is the unpacked npm package pyodide.",
)
@click.option("--tui", is_flag=True, help="In this terminal (needs the extra tui).")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: any free one."
)
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option(
    "--max-states",
    type=click.IntRange(1, WORLDS_MAX),
    default=WORLDS_MAX,
    show_default=True,
    metavar="N",
    help="With --html: beyond N worlds the file holds runs and what is near them.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(**flags: Any) -> None:
    """Explore message orderings on a page, step by step.

    MODEL is a case (ROW:PROFILE), a model file (.toml), a counterexample, a saved run, a lasso, a
    scenario (.txt), a recorded trace of the real library, a failing run of the oracle, a page of
    --html or a trace in ITF. Without it the flags describe a model. The page is served to this
    machine only (needs the extra explore), until Ctrl-C.
    """
    opened = what_to_open(flags)
    if flags["pyodide"] is not None:
        _write_playground(flags, opened)
    elif flags["page_file"] is not None:
        _write(flags, opened)
    elif flags["tui"]:
        _in_terminal(opened)
    else:
        _serve(flags, opened)


def what_to_open(flags: dict[str, Any]) -> Opened:
    """What the file holds, or the model that the flags describe. Raises UsageFault."""
    name, changed = named(flags), overridden(flags)
    if changed:
        return of_experiment(experiment_from(flags))
    if name is None:
        return case_source(FIRST)
    if name in {case.id for case in cases_of(load_catalogue(), SIZES)}:
        return case_source(name)
    return open_file(carried(Path(name)))


def _write(flags: dict[str, Any], opened: Opened) -> None:
    path: Path = flags["page_file"]
    if path.exists():
        hint = "nothing was overwritten; choose another name"
        raise UsageFault("is there already", where=str(path), hint=hint)
    document = document_of(explorable(opened), flags["max_states"])
    text = page_from(document)
    write_page(path, text)
    size, packed = len(text.encode()), len(gzip.compress(text.encode()))
    worlds, complete = len(document["worlds"]), document["complete"]
    if flags["as_json"]:
        told = {"format": "scuttle-explore/1", "file": str(path), "worlds": worlds}
        click.echo(json.dumps({**told, "complete": complete, "bytes": size, "gzip": packed}))
        return
    holds = "all" if complete else "runs and what is near them, in"
    click.echo(f"{path}: {holds} {worlds:,} worlds, {size:,} bytes ({packed:,} compressed)")


def _write_playground(flags: dict[str, Any], opened: Opened) -> None:
    folder: Path | None = flags["page_file"]
    if folder is None:
        raise UsageFault("needs a folder to write", where="--pyodide", expected="--html FOLDER")
    if isinstance(opened, Fixed):
        hint = "--html FILE without --pyodide writes it as a page"
        raise UsageFault("is no model that could run", where=str(named(flags)), hint=hint)
    document = document_for(opened) if opened.runs else model_document(opened.experiment)
    begin = {"file": {"name": "the model", "text": json.dumps(document)}}
    page = write_playground(folder, flags["pyodide"], begin)
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    if flags["as_json"]:
        click.echo(json.dumps({"format": "scuttle-explore/1", "file": str(page), "bytes": size}))
        return
    click.echo(
        f"{page}: Python runs in it, {size:,} bytes; serve it: python -m http.server -d {folder}"
    )


def _in_terminal(opened: Opened) -> None:
    try:
        from scuttle_check.explorer.tui import show  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as missing:
        raise _without_extra("tui", missing) from None
    show(explorable(opened))


def _serve(flags: dict[str, Any], opened: Opened) -> None:
    try:
        from scuttle_check.explorer.answers import Answers  # noqa: PLC0415
        from scuttle_check.explorer.server import listening, serve  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as missing:
        raise _without_extra("explore", missing) from None

    def ready(address: str) -> None:
        told = json.dumps({"format": "scuttle-explore/1", "url": address})
        click.echo(told if flags["as_json"] else address)
        click.echo("Ctrl-C ends it", err=True)
        if not flags["no_browser"]:
            webbrowser.open(address)

    try:
        explorable(opened)  # what nobody could look at is refused here and not in the page
        serve(Answers(opened), listening(flags["port"]), ready)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    raise SystemExit(AS_EXPECTED)


def _without_extra(extra: str, missing: ModuleNotFoundError) -> UnrunnableFault:
    return UnrunnableFault(
        f"{missing.name} is not installed",
        where=f"scuttle explore{' --tui' if extra == 'tui' else ''}",
        expected=f"the extra {extra}",
        hint=f"{to_install(extra=extra)}, or use --html FILE or scuttle step",
    )
