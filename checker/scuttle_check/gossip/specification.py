"""Clauses: the numbered sentences of the specification, and what ties them to code and tests.

Laws of this file: pure functions of texts. A clause is a paragraph that begins with its id in
bold; an id is a stable name, never moved and never used again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from scuttle_check.gossip.citations import Citation, documented

NORMATIVE = "normative"
PROPERTY = "property"
WITHDRAWN = "withdrawn"
KINDS = (NORMATIVE, PROPERTY, "definition", "exception", "informative", WITHDRAWN)

CHECKED_PROPERTIES = "checker/scuttle_check/gossip/properties.py"
"""Where the properties stand that the checker decides; one that cites a clause tests it."""

RULES = ("scuttle_ref/rules.py", "scuttle_ref/relatives.py")
"""Where every public rule cites a clause."""

_CLAUSE = re.compile(r"\*\*([A-Z]{2,})-([1-9]\d*)\*\*\s+(?:\(([a-z]+)\)\s+)?(.*)", re.DOTALL)
_RFC_WORD = re.compile(
    r"\b(MUST NOT|MUST|SHALL NOT|SHALL|SHOULD NOT|SHOULD|NOT RECOMMENDED|RECOMMENDED"
    r"|REQUIRED|MAY|OPTIONAL)\b"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")
_GENERATED = re.compile(r"<!-- generated: (.+?) -->\n(.*?)<!-- end -->", re.DOTALL)


@frozen
class Clause:
    """One sentence of the specification. `kind` is one of :data:`KINDS`."""

    area: str
    number: int
    kind: str
    text: str
    file: str
    line: int

    @property
    def id(self) -> str:
        """The stable name."""
        return f"{self.area}-{self.number}"

    @property
    def where(self) -> str:
        """The place of the sentence."""
        return f"{self.file}:{self.line}"


@frozen(order=True)
class Problem:
    """Something that does not hold together. `law` names what is broken."""

    law: str
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says} [{self.law}]"


@frozen
class Book:
    """The clauses, and everything that cites them.

    `tests` is None where no tests are installed; nothing is then asked of tests.
    """

    clauses: tuple[Clause, ...]
    code: tuple[Citation, ...]
    tests: tuple[Citation, ...] | None
    texts: tuple[Citation, ...] = ()

    def cites(self, clause: str) -> tuple[list[str], list[str]]:
        """The places in code and in tests that cite a clause, sorted, each once."""
        code = {each.place for each in self.code if each.clause == clause}
        tests = {each.place for each in self.tests or () if each.clause == clause}
        return sorted(code), sorted(tests)


def clauses_in(file: str, markdown: str) -> list[Clause]:
    """The clauses of one page, in order."""
    found = []
    line = 1
    for paragraph in re.split(r"(\n{2,})", markdown):
        match = _CLAUSE.fullmatch(paragraph.strip("\n"))
        if match:
            area, number, kind, text = match.groups()
            sentence = " ".join(text.split())
            start = line + len(paragraph) - len(paragraph.lstrip("\n"))
            found.append(Clause(area, int(number), kind or NORMATIVE, sentence, file, start))
        line += paragraph.count("\n")
    return found


def in_order(clauses: Iterable[Clause]) -> list[Clause]:
    """The clauses by area, then by number."""
    return sorted(clauses, key=lambda clause: (clause.area, clause.number))


def problems(book: Book) -> list[Problem]:
    """Everything that does not hold together, sorted by law."""
    return sorted(
        [
            *_malformed(book.clauses),
            *_numbering(book.clauses),
            *_unknown(book),
            *_uncited(book),
        ]
    )


def _malformed(clauses: Sequence[Clause]) -> Iterable[Problem]:
    for clause in clauses:
        words = _RFC_WORD.findall(clause.text)
        if clause.kind not in KINDS:
            says = f"{clause.id} is of kind {clause.kind!r}; kinds are {', '.join(KINDS[1:])}"
            yield Problem("known-kind", clause.where, says)
        if clause.kind == NORMATIVE and len(words) != 1:
            shown = ", ".join(words) or "none"
            says = f"{clause.id} must have exactly one RFC 2119 word in capitals, has {shown}"
            yield Problem("one-word", clause.where, says)
        if not clause.text.endswith(".") or _SENTENCE_END.search(clause.text):
            says = f"{clause.id} must be one sentence that ends with a full stop"
            yield Problem("one-sentence", clause.where, says)
        if "`" in clause.text:
            says = f"{clause.id} must not contain code; the prose below it can"
            yield Problem("no-code", clause.where, says)


def _numbering(clauses: Sequence[Clause]) -> Iterable[Problem]:
    """Each id once; each area from 1 without a hole, so that none can vanish."""
    times = Counter(clause.id for clause in clauses)
    for clause in clauses:
        if times[clause.id] > 1:
            yield Problem("unique-id", clause.where, f"{clause.id} stands here and elsewhere")
    areas: dict[str, list[Clause]] = defaultdict(list)
    for clause in in_order(clauses):
        areas[clause.area].append(clause)
    for area, members in areas.items():
        present = {clause.number for clause in members}
        for number in sorted(set(range(1, max(present))) - present):
            says = f"{area}-{number} is missing; an id that is given up stays, as (withdrawn)"
            yield Problem("no-hole", members[-1].where, says)


def _unknown(book: Book) -> Iterable[Problem]:
    kinds = {clause.id: clause.kind for clause in book.clauses}
    for citation in (*book.code, *book.texts, *(book.tests or ())):
        if citation.clause not in kinds:
            says = f"cites {citation.clause}, and no clause has that id"
            yield Problem("cited-exists", str(citation), says)
        elif kinds[citation.clause] == WITHDRAWN:
            says = f"cites {citation.clause}, which is withdrawn"
            yield Problem("cited-exists", str(citation), says)


def _uncited(book: Book) -> Iterable[Problem]:
    checked = {each.clause for each in book.code if each.file == CHECKED_PROPERTIES}
    for clause in book.clauses:
        code, tests = book.cites(clause.id)
        if clause.kind in {NORMATIVE, PROPERTY} and not code:
            says = f"{clause.id} is cited by no code; write `Spec: {clause.id}.` where it is done"
            yield Problem("has-code", clause.where, says)
        tested = tests or clause.id in checked or book.tests is None
        if clause.kind == NORMATIVE and not tested:
            says = f"{clause.id} is cited by no test and no checked property"
            yield Problem("has-test", clause.where, says)


def rules_without_clause(file: str, source: str, citations: Iterable[Citation]) -> list[Problem]:
    """The public functions and classes of the rules that cite no clause."""
    citing = {each.name for each in citations if each.file == file}
    return [
        Problem("rule-cites", f"{file}:{item.line}", f"{item.name} cites no clause")
        for item in documented(source)
        if item.kind in {"function", "class"}
        and not item.name.startswith("_")
        and "." not in item.name
        and item.name not in citing
    ]


TRACEABILITY_HEAD = """\
# Which code and which tests cite each clause.
# Generated by `scuttle clauses --write`; a change here is a change of coverage.
"""


def traceability(book: Book) -> str:
    """The generated list of every clause with its kind and citations. No line numbers."""
    blocks = [TRACEABILITY_HEAD]
    for clause in in_order(book.clauses):
        code, tests = book.cites(clause.id)
        lines = [f"{clause.id} {clause.kind}"]
        lines.extend(f"  code {place}" for place in code)
        lines.extend(f"  test {place}" for place in tests)
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def traced_ids(text: str) -> list[str]:
    """The clause ids that a committed traceability list knows."""
    return re.findall(r"^([A-Z]{2,}-\d+) ", text, re.MULTILINE)


def traceability_problems(book: Book, committed: str | None, where: str) -> list[Problem]:
    """Where the committed list is not what is generated; ids that vanished come by name."""
    known = {clause.id for clause in book.clauses}
    vanished = [
        Problem("none-vanishes", where, f"{gone} is listed, and no clause has that id any more")
        for gone in traced_ids(committed or "")
        if gone not in known
    ]
    if committed == traceability(book):
        return vanished
    says = "is not what is generated from clauses, code and tests; run scuttle clauses --write"
    return [*vanished, Problem("traceability", where, says)]


def with_generated(page: str, render: Callable[[str], str]) -> str:
    """`page` with every generated block as `render` makes it of the block's command."""
    return _GENERATED.sub(
        lambda block: f"<!-- generated: {block[1]} -->\n{render(block[1])}\n<!-- end -->", page
    )


def stale_pages(pages: Mapping[str, str], render: Callable[[str], str]) -> list[Problem]:
    """The pages in which a generated block is not what its command prints."""
    says = "a generated block is out of date; run scuttle clauses --write"
    return [
        Problem("generated", file, says)
        for file, page in pages.items()
        if with_generated(page, render) != page
    ]
