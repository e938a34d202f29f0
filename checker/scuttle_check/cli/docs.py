"""``scuttle docs``: build the site of the specification, ready to be opened or served."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from scuttle_check.base.ending import carried_out
from scuttle_check.base.errors import AS_EXPECTED, INTERRUPTED, UnrunnableFault, UsageFault
from scuttle_check.base.kept_files import new_folder
from scuttle_check.base.resources import to_install
from scuttle_check.cli.clauses import installed_places, read_book
from scuttle_check.cli.options import examples
from scuttle_check.evidence.site.staging import stage
from scuttle_check.explorer.playground import refuse_other_folders

NEEDED = ("sphinx", "myst_parser", "furo")


@click.command(epilog=examples("scuttle docs --out site"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("site"),
    show_default=True,
    help="The folder that the site is written to.",
)
@click.option(
    "--pyodide",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Let the reference itself run in a page; FOLDER is the unpacked npm package pyodide.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(out: Path, *, pyodide: Path | None, as_json: bool) -> int:
    """Build the site: specification, lessons, reference. Every warning is an error.

    Needs the extra `docs`. The site asks no other host for anything: open OUT/index.html. With
    --pyodide, one page runs Python, for which browsers want a server: python -m http.server -d OUT.
    """
    if pyodide is not None:
        refuse_other_folders(pyodide)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UnrunnableFault(
            f"{', '.join(missing)} cannot be imported",
            where="scuttle docs",
            expected="the extra docs",
            hint=to_install(extra="docs"),
        )
    if out.exists() and any(out.iterdir()) and not (out / ".buildinfo").exists():
        raise UsageFault(
            "holds something that is no site",
            where=f"--out {out}",
            expected="an empty folder, or one that scuttle docs has written",
        )
    begun = time.perf_counter()
    root = click.get_current_context().find_root().command
    if not isinstance(root, click.Group):
        raise UsageFault("docs is a command of scuttle", expected="scuttle docs")
    with new_folder(out, over=True) as made, tempfile.TemporaryDirectory() as staged:
        pages = stage(Path(staged), read_book(installed_places()), root, runner(root), pyodide)
        _build(Path(staged), made)
    seconds = time.perf_counter() - begun
    if as_json:
        told = {"site": str(out), "pages": pages, "seconds": round(seconds, 2)}
        click.echo(json.dumps({"format": "scuttle-docs/1", **told}))
    else:
        click.echo(f"{pages} pages in {seconds:.1f} s: {out / 'index.html'}")
    return AS_EXPECTED


def runner(root: click.Group) -> Callable[[list[str]], str]:
    """What carries out a command of ours and returns what it puts out.

    One that was interrupted is an interruption here, too, and any other that does not end as
    expected has nothing that could be published.

    Spec: FILE-3.
    """

    def run(arguments: list[str]) -> str:
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = carried_out(root, arguments, default_map={})
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code != AS_EXPECTED:
            raise UnrunnableFault(
                f"ended with {code}", where=shlex.join(["scuttle", *arguments]), clause="FILE-3"
            )
        return told.getvalue()

    return run


def _build(staged: Path, out: Path) -> None:
    """Run Sphinx in a process of its own. Raises UnrunnableFault with what it complains of."""
    words = ["-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-E"]
    run = subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, *words, str(staged), str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        complaint = run.stderr.replace(str(staged), "spec").strip()
        raise UnrunnableFault(
            "the pages do not build",
            where="scuttle docs",
            expected="no warning",
            hint=complaint[-4000:],
        )
