"""``scuttle conform matrix``: reports of several implementations on one page."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.options import examples
from scuttle_check.oracle.reports import as_html


@click.command(epilog=examples("scuttle conform matrix mine.json theirs.json"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Print reports (of --json) as one HTML page: implementations by cases."""
    documents = []
    for file in files:
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            as_html([document])
        except OSError as fault:
            raise UsageFault(str(fault.strerror), where=str(file)) from None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            expected_ = "what scuttle conform run --json prints"
            raise UsageFault("is no report", where=str(file), expected=expected_) from None
        documents.append(document)
    click.echo(as_html(documents), nl=False)
