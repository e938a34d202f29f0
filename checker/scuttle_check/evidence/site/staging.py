"""Put together what Sphinx builds: a copy of the specification and the generated pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import click

from scuttle_check.base.kept_files import copy_drafts, write_draft
from scuttle_check.base.resources import spec_folder
from scuttle_check.evidence.site.pages import (
    anchored,
    command_page,
    index_page,
    interface_pages,
    lesson_page,
    linked,
    profiles_page,
)
from scuttle_check.evidence.site.playable import write_playables
from scuttle_check.evidence.site.witnesses import witnesses_page
from scuttle_check.explorer.lessons.page import read_lesson
from scuttle_check.gossip.specification import Book

REFERENCE = "reference"


def stage(
    folder: Path,
    book: Book,
    root: click.Group,
    run: Callable[[list[str]], str],
    pyodide: Path | None = None,
) -> int:
    """Write the sources of the site into `folder`, which is empty. How many pages there are.

    `run` carries out ``scuttle`` with the arguments that it is given; what it puts out. `pyodide`
    is the folder of its npm package, if the reference shall run in a page.
    """
    copy_drafts(spec_folder(), folder)
    _lessons(folder)
    scenarios = _scenarios(folder)
    known = [clause.id for clause in book.clauses]
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "protocol":
            text = anchored(text, book, scenarios)
        write_draft(path, linked(text, known))
    _reference(folder, book, root)
    sure = linked(witnesses_page(json.loads(run(["check", "--json"]))), known)
    write_draft(folder / REFERENCE / "how-sure.md", sure)
    playable = write_playables(folder, run, pyodide)
    write_draft(folder / REFERENCE / "explorer.md", playable)
    _contents(folder)
    return len(list(folder.rglob("*.md")))


def _lessons(folder: Path) -> None:
    for path in sorted((folder / "guide" / "lessons").glob("[0-9][0-9]-*.md")):
        lesson = read_lesson(path.stem, path.read_text(encoding="utf-8"))
        write_draft(path, lesson_page(lesson))


def _scenarios(folder: Path) -> dict[str, str]:
    """Turn each dialogue into a page. Their texts by name."""
    texts = {}
    for path in sorted((folder / "scenarios").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        texts[path.stem] = text
        title, _, body = text.partition("\n")
        body = re.sub(r"\A=+\n", "", body)
        plays = f"`scuttle scenario {path.name}` plays it."
        page = f"# {title}\n\n```text\n{body.strip()}\n```\n\n{plays}\n"
        write_draft(path.with_suffix(".md"), page)
    return texts


def _reference(folder: Path, book: Book, root: click.Group) -> None:
    reference = folder / REFERENCE
    reference.mkdir()
    known = [clause.id for clause in book.clauses]
    pages = {each.file: each.id for each in book.clauses}
    write_draft(reference / "clauses.md", index_page(book, pages))
    write_draft(reference / "commands.md", command_page(root))
    write_draft(reference / "profiles.md", linked(profiles_page(), known))
    core = reference / "core"
    core.mkdir()
    for name, text in interface_pages().items():
        write_draft(core / f"{name}.md", text)


_PARTS = (
    ("Learn", ("guide/lessons/*.md", "reference/explorer.md")),
    ("Guides", ("guide/*.md",)),
    ("Clauses", ("protocol/*.md",)),
    ("Profiles", ("profiles/*.md", "glossary.md")),
    ("Reference", ("reference/*.md", "reference/core/index.md", "benchmarks.md", "*.md")),
    ("Scenarios", ("scenarios/*.md",)),
    ("Behind it", ("decisions/index.md", "decisions/[0-9]*.md", "*/README.md")),
)
"""The parts of the site, and which pages they hold: a page belongs to the first that names it."""


def _contents(folder: Path) -> None:
    """Append the tables of contents to the front page."""
    placed = {"index.md"}
    blocks = []
    for title, patterns in _PARTS:
        found = []
        for pattern in patterns:
            for path in sorted(folder.glob(pattern), key=_index_first):
                name = path.relative_to(folder).as_posix()
                if name not in placed and "/core/scuttle_ref" not in name:
                    placed.add(name)
                    found.append(name.removesuffix(".md"))
        listed = "\n".join(found)
        blocks.append(f"```{{toctree}}\n:caption: {title}\n:maxdepth: 1\n:hidden:\n\n{listed}\n```")
    front = folder / "index.md"
    text = front.read_text(encoding="utf-8")
    write_draft(front, text + "\n" + "\n\n".join(blocks) + "\n")


def _index_first(path: Path) -> tuple[bool, str]:
    return path.name != "index.md", path.name
