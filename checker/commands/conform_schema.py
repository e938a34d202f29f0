"""``scuttle conform schema``: the JSON Schemas of what conformance reads and writes."""

from __future__ import annotations

import json

import click

from checker.conformance.schemas import SCHEMAS


@click.command()
@click.argument("name", required=False, type=click.Choice(sorted(SCHEMAS)))
def command(name: str | None) -> None:
    """Print the JSON Schema of a format; without NAME, which formats there are."""
    if name is None:
        for each, schema in sorted(SCHEMAS.items()):
            click.echo(f"{each:<16} {schema()['title']}")
        return
    click.echo(json.dumps(SCHEMAS[name](), indent=1))
