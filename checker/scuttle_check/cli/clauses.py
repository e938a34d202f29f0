"""``scuttle clauses``: does every clause have code and a test, and does every citation hold?"""

from __future__ import annotations

import json
from pathlib import Path

import click
from attrs import frozen

from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UnrunnableFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import repository, spec_folder, to_write_to
from scuttle_check.cli.options import examples
from scuttle_check.gossip.citations import Citation, sources, spoken_in, texts_in
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.gossip.profiles import as_markdown
from scuttle_check.gossip.specification import (
    NORMATIVE,
    RULES,
    Book,
    Clause,
    Problem,
    clauses_in,
    in_order,
    problems,
    rules_without_clause,
    stale_pages,
    traceability,
    traceability_problems,
    traced_ids,
    with_generated,
)


@frozen
class Places:
    """Where things stand: the root of the packages, the specification, and the tests if any."""

    root: Path
    spec: Path
    tests: str | None

    @property
    def traceability(self) -> Path:
        """The generated list."""
        return self.spec / "traceability.txt"

    def shown(self, path: Path) -> str:
        """`path` as a reader knows it."""
        return path.relative_to(self.spec.parent).as_posix()


def installed_places() -> Places:
    """The places of this installation."""
    spec = spec_folder()
    checkout = repository()
    return Places(checkout or spec.parent.parent, spec, "tests" if checkout else None)


def read_book(places: Places) -> Book:
    """Everything that `problems` judges, read from disk."""
    clauses = [
        clause
        for path in sorted((places.spec / "protocol").glob("*.md"))
        for clause in clauses_in(places.shown(path), path.read_text(encoding="utf-8"))
    ]
    checkout = (places.root / "checker" / "scuttle_check").is_dir()
    code = list(sources(places.root, "scuttle_ref", "checker" if checkout else "scuttle_check"))
    tests: list[Citation] | None = None
    if places.tests is not None:
        tests = [c for file in sources(places.root, places.tests) for c in spoken_in(*file)]
    return Book(
        clauses=tuple(clauses),
        code=tuple(citation for file in code for citation in spoken_in(*file)),
        tests=None if tests is None else tuple(tests),
        texts=tuple(citation for file in code for citation in texts_in(*file)),
    )


def find_problems(places: Places, book: Book) -> list[Problem]:
    """All problems, of the book and of the generated files."""
    found = problems(book)
    for name in RULES:
        rules = places.root / name
        if rules.exists():
            found += rules_without_clause(name, rules.read_text(encoding="utf-8"), book.code)
    if places.tests is not None:
        where = places.shown(places.traceability)
        found += traceability_problems(book, _read(places.traceability), where)
    pages = {places.shown(path): path.read_text(encoding="utf-8") for path in _pages(places)}
    return found + stale_pages(pages, render)


def render(line: str) -> str:
    """What the command in the marker of a generated block prints. Raises UnrunnableFault."""
    match line.split():
        case ["scuttle", "profiles", "diff", one, other, "--markdown"]:
            return as_markdown(profile_called(one), profile_called(other))
        case _:
            expected = "scuttle profiles diff ONE OTHER --markdown"
            raise UnrunnableFault(f"cannot generate {line!r}", expected=expected)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _pages(places: Places) -> list[Path]:
    return sorted((places.spec / "profiles").glob("*.md"))


def write(places: Places, book: Book) -> list[str]:
    """Bring the generated files up to date; the paths that changed.

    Raises UnrunnableFault when that would make an id vanish.
    """
    known = {clause.id for clause in book.clauses}
    gone = [old for old in traced_ids(_read(places.traceability) or "") if old not in known]
    if gone:
        raise UnrunnableFault(
            f"writing would make {', '.join(gone)} vanish",
            where=places.shown(places.traceability),
            expected="ids that are given up stay in their page",
            hint=f"put back **{gone[0]}** (withdrawn) with a sentence that says why",
        )
    fresh = {places.traceability: traceability(book)}
    for path in _pages(places):
        fresh[path] = with_generated(path.read_text(encoding="utf-8"), render)
    changed = [path for path, text in fresh.items() if _read(path) != text]
    for path in changed:
        write_over(path, fresh[path])
    return [places.shown(path) for path in changed]


@click.command(epilog=examples("scuttle clauses", "scuttle clauses --json"))
@click.option("--json", "wants_json", is_flag=True, help="One JSON document.")
@click.option("--write", "wants_write", is_flag=True, help="Bring the generated files up to date.")
def command(*, wants_json: bool, wants_write: bool) -> int:
    """Tie the clauses of the specification to code and tests.

    Exits with 1 when something does not hold together.
    """
    places = installed_places()
    book = read_book(places)
    if wants_write:
        to_write_to()
        for path in write(places, book):
            click.echo(f"wrote {path}", err=wants_json)
    found = find_problems(places, book)
    if wants_json:
        click.echo(json.dumps(_as_json(book, found), indent=2))
    else:
        click.echo(_as_text(book, found))
    return REFUTED if found else AS_EXPECTED


def _as_text(book: Book, found: list[Problem]) -> str:
    normative = sum(clause.kind == NORMATIVE for clause in book.clauses)
    tests = "no tests here" if book.tests is None else f"{len(book.tests)} in tests"
    counts = (
        f"{len(book.clauses)} clauses, {normative} of them normative; "
        f"{len(book.code)} citations in code, {tests}"
    )
    lines = [str(problem) for problem in found]
    verdict = f"{len(found)} problems" if found else "every clause is tied to code and tests"
    if book.tests is None and not found:
        verdict = "every clause is tied to code"
    return "\n".join([*lines, counts, verdict])


def _as_json(book: Book, found: list[Problem]) -> dict[str, object]:
    return {
        "format": "scuttle-clauses/1",
        "clauses": [_clause_json(book, clause) for clause in in_order(book.clauses)],
        "problems": [{"law": p.law, "where": p.where, "says": p.says} for p in found],
    }


def _clause_json(book: Book, clause: Clause) -> dict[str, object]:
    code, tests = book.cites(clause.id)
    return {
        "id": clause.id,
        "kind": clause.kind,
        "text": clause.text,
        "file": clause.file,
        "line": clause.line,
        "code": code,
        "tests": tests,
    }
