"""Clauses as pages of a site: each has an address, and says who carries it out and who tests it.

Laws of this file: pure functions of texts; code blocks are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from checker.clauses import Book, in_order

_ID = re.compile(r"(?<![\w/\[#-])([A-Z]{2,}-[1-9]\d*)(?![\w\]-])")
_DEFINED = re.compile(r"^\*\*([A-Z]{2,}-[1-9]\d*)\*\*")
_FENCE = re.compile(r"(^(?:```|:::).*?^(?:```|:::)$\n?)", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))")


def anchored(markdown: str, book: Book, scenarios: Mapping[str, str]) -> str:
    """The page with an address before each clause, and below it what is tied to it."""
    known = {clause.id for clause in book.clauses}
    paragraphs = re.split(r"(\n{2,})", markdown)
    for at, paragraph in enumerate(paragraphs):
        defined = _DEFINED.match(paragraph.lstrip("\n"))
        if defined and defined[1] in known:
            clause = defined[1]
            tied = _tied(clause, book, scenarios)
            paragraphs[at] = f"({clause.lower()})=\n{paragraph.strip()}\n\n{tied}"
    return "".join(paragraphs)


def _tied(clause: str, book: Book, scenarios: Mapping[str, str]) -> str:
    """The code, the tests and the scenarios of a clause, folded away."""
    code, tests = book.cites(clause)
    shown = [name for name, text in sorted(scenarios.items()) if _says(clause, text)]
    rows = [
        *(f"- code {_code_link(place)}" for place in code),
        *(f"- test `{place}`" for place in tests),
        *(f"- scenario [{name}](../scenarios/{name}.md)" for name in shown),
    ]
    if not rows:
        return ""
    counts = f"{len(code)} in code, {len(tests)} tests, {len(shown)} scenarios"
    return "\n".join([f"<details><summary>{counts}</summary>\n", *rows, "\n</details>"])


def _says(clause: str, text: str) -> bool:
    return re.search(rf"\b{clause}\b(?!-)", text) is not None


def _code_link(place: str) -> str:
    """A link to the reference of a definition of the core; elsewhere its name."""
    file, _, name = place.partition("::")
    module = file.removesuffix(".py").replace("/", ".")
    if module.startswith("scuttle_ref") and not module.endswith("__init__"):
        if name == "<module>":
            return f"{{py:mod}}`{module}`"
        return f"{{py:obj}}`{name} <{module}.{name}>` in `{file}`"
    return f"`{place}`"


def linked(markdown: str, known: Sequence[str]) -> str:
    """The page with every clause id in its prose a link to the clause."""
    ids = set(known)

    def link(match: re.Match[str]) -> str:
        clause = match[1]
        return f"[{clause}](#{clause.lower()})" if clause in ids else clause

    pieces = _FENCE.split(markdown)
    for at in range(0, len(pieces), 2):
        lines = []
        for line in pieces[at].split("\n"):
            if _DEFINED.match(line) or line.startswith(("(", "#", "<", "- test", "- code")):
                lines.append(line)
                continue
            parts = _CODE.split(line)
            parts[::2] = [_ID.sub(link, part) for part in parts[::2]]
            lines.append("".join(parts))
        pieces[at] = "\n".join(lines)
    return "".join(pieces)


def index_page(book: Book, pages: Mapping[str, str]) -> str:
    """One page with every clause, where it stands, and how much is tied to it."""
    lines = [
        "# All clauses\n",
        "Each clause with its page, and how many places in code and tests cite it.\n",
        "| clause | kind | says | code | tests |",
        "|---|---|---|---|---|",
    ]
    for clause in in_order(book.clauses):
        code, tests = book.cites(clause.id)
        says = clause.text.replace("|", r"\|")
        row = f"[{clause.id}](#{clause.id.lower()}) | {clause.kind} | {says}"
        lines.append(f"| {row} | {len(code)} | {len(tests)} |")
    return "\n".join([*lines, "", f"{len(book.clauses)} clauses on {len(pages)} pages.", ""])
