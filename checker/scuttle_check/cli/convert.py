"""``scuttle convert``: a run in another format."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.base.resources import carried
from scuttle_check.cli.options import examples
from scuttle_check.explorer.conversion import WRITERS, Writer
from scuttle_check.explorer.export import write_page
from scuttle_check.explorer.sources import open_file


@click.command(
    epilog=examples("scuttle convert swap.json swap.svg", "scuttle convert swap.json .mmd")
)
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.argument("target", metavar="TO", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The text within one JSON document.")
def command(source: Path, target: Path, *, as_json: bool) -> None:
    """Write the run in FROM as TO.

    FROM is whatever scuttle explore opens: a counterexample, a saved run, a lasso, a scenario
    (.txt), a recorded trace of the real library, a failing run of the oracle, a page of scuttle
    explore --html, or a trace in ITF of ours. Of several runs, the first is written.

    The end of TO says how: .svg a space-time diagram, .mmd Mermaid, .txt a text diagram with the
    story, .shiviz a log for ShiViz, .itf.json the Informal Trace Format, .html a page to explore,
    .json a file that scuttle replay and explore read. An end alone, as .svg, is standard output,
    and so is --json. Nothing is overwritten. The worlds of a model are written by scuttle graph.
    """
    write = _writer(target)
    text = write(open_file(carried(source)))
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
    write_page(target, text)
    click.echo(f"{target} written", err=True)


def _writer(target: Path) -> Writer:
    for end in sorted(WRITERS, key=len, reverse=True):
        if target.name.endswith(end):
            return WRITERS[end]
    graph = target.suffix in {".dot", ".graphml"}
    raise UsageFault(
        "has no end that is a format of a run",
        where=str(target),
        expected=f"a name that ends in {', '.join(sorted(WRITERS))}",
        hint="scuttle graph writes the worlds of a model" if graph else "",
    )
