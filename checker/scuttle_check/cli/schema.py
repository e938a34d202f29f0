"""``scuttle schema``: the JSON Schemas of what commands say and of the files they write."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from scuttle_check.base.documents import text_of
from scuttle_check.base.errors import UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import to_write_to
from scuttle_check.cli.documents.book import MADE, SAID, file_of, names, read
from scuttle_check.cli.options import examples


@click.command(epilog=examples("scuttle schema", "scuttle schema check"))
@click.argument("name", required=False)
@click.option("--write", "wants_write", is_flag=True, help="Bring spec/schemas up to date.")
@click.option("--json", "as_json", is_flag=True, help="The list as one JSON document.")
def command(name: str | None, *, wants_write: bool, as_json: bool) -> None:
    """Print the JSON Schema of a document; without NAME, which there are.

    Each is complete in itself. What is said with --json and every file that is written follows one.
    """
    if wants_write:
        _write()
    elif name is None:
        show_list(names(), as_json=as_json)
    elif name not in names():
        raise UsageFault(f"no schema {name!r}", where="scuttle schema", expected=", ".join(names()))
    else:
        click.echo(file_of(name).read_text(encoding="utf-8"), nl=False)


def show_list(chosen: Sequence[str], *, as_json: bool) -> None:
    """Print which schemas there are, and what each describes."""
    listed = [
        {
            "name": name,
            "title": read(name)["title"],
            "said_by": [f"scuttle {line}" for line, said in SAID.items() if name in said],
        }
        for name in chosen
    ]
    if as_json:
        document = {"format": "scuttle-schemas/1", "schemas": listed}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for each in listed:
        click.echo(f"{each['name']:<16} {each['title']}")


def _write() -> None:
    """Write the schemas that are made of code. Raises UnrunnableFault without a checkout."""
    to_write_to()
    for name, made in MADE.items():
        text, file = text_of(made()), file_of(name)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            write_over(file, text)
            click.echo(f"wrote {file.name}", err=True)
