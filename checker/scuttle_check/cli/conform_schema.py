"""``scuttle conform schema``: the JSON Schemas of what conformance reads and writes."""

from __future__ import annotations

import click

from scuttle_check.cli.documents.book import file_of
from scuttle_check.cli.options import examples
from scuttle_check.cli.schema import show_list
from scuttle_check.oracle.schemas import SCHEMAS


@click.command(epilog=examples("scuttle conform schema", "scuttle conform schema report"))
@click.argument("name", required=False, type=click.Choice(sorted(SCHEMAS)))
@click.option("--json", "as_json", is_flag=True, help="The list as one JSON document.")
def command(name: str | None, as_json: bool) -> None:
    """Print the JSON Schema of a format; without NAME, which formats there are.

    These are those of conformance; scuttle schema has all.
    """
    if name is None:
        show_list(sorted(SCHEMAS), as_json=as_json)
    else:
        click.echo(file_of(name).read_text(encoding="utf-8"), nl=False)
