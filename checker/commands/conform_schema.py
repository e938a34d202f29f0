"""``scuttle conform schema``: the JSON Schemas of what conformance reads and writes."""

from __future__ import annotations

import json

import click

from checker.commands.examples import examples
from checker.conformance.schemas import SCHEMAS


@click.command(epilog=examples("scuttle conform schema", "scuttle conform schema report"))
@click.argument("name", required=False, type=click.Choice(sorted(SCHEMAS)))
@click.option("--json", "as_json", is_flag=True, help="The list as one JSON document.")
def command(name: str | None, as_json: bool) -> None:
    """Print the JSON Schema of a format; without NAME, which formats there are."""
    if name is not None:
        click.echo(json.dumps(SCHEMAS[name](), indent=1))
        return
    titles = {each: schema()["title"] for each, schema in sorted(SCHEMAS.items())}
    listed = "\n".join(f"{each:<16} {title}" for each, title in titles.items())
    click.echo(json.dumps(titles) if as_json else listed)
