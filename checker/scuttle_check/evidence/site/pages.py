"""Pages that are made and not written: the commands, the programming interface, the profiles.

Clauses as pages of a site: each has an address, and says who carries it out and who tests it.

Laws of this file: pure functions of texts; code blocks are never touched.

Lessons as pages of a site: the answer is folded away until the reader has predicted it.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Mapping, Sequence

import click

import scuttle_ref
from scuttle_check.explorer.lessons.page import PLAYED, Kind, Lesson, Part, read_question
from scuttle_check.gossip.profiles import rule_at
from scuttle_check.gossip.specification import Book, in_order
from scuttle_ref.profile import Profile, decision_points, rule_of
from scuttle_ref.profiles import PROFILES

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


def lesson_page(lesson: Lesson) -> str:
    """The Markdown of a lesson for the site."""
    pieces: list[str] = []
    hidden = False
    for part in lesson.parts:
        if part.kind is Kind.PROSE:
            pieces.append(part.text.replace("# ", f"# {lesson.number}. ", not pieces))
        elif part.kind is Kind.QUESTION:
            pieces.append(_question(part, lesson.name))
            hidden = True
        elif part.kind in PLAYED and hidden:
            body = _block(part)
            pieces.append(f"<details><summary>See what happens</summary>\n\n{body}\n\n</details>")
            hidden = False
        else:
            pieces.append(_block(part))
    pieces.append(f"In the terminal: `scuttle learn {lesson.number}`.")
    return "\n\n".join(pieces) + "\n"


def _question(part: Part, where: str) -> str:
    question = read_question(part, where)
    options = "\n".join(f"- **{each.letter})** {each.says}" for each in question.options)
    return f":::{{admonition}} Predict\n:class: tip\n\n{question.asks}\n\n{options}\n:::"


def _block(part: Part) -> str:
    lexer = "python" if part.kind is Kind.CODE else "text"
    return f"```{lexer}\n{part.text}```"


def command_page(root: click.Group) -> str:
    """Every command with its help, as the terminal shows it."""
    context = click.Context(root, info_name="scuttle", max_content_width=100)
    lines = ["# The command line\n", _help(root, context)]
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        if command is None:
            continue
        lines.extend(_command(command, name, context, f"## scuttle {name}"))
    return "\n".join(lines)


def _command(command: click.Command, name: str, parent: click.Context, title: str) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent)
    lines = [f"{title}\n", _help(command, context)]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                lines.extend(_command(found, inner, context, f"#{title} {inner}"))
    return lines


def _help(command: click.Command, context: click.Context) -> str:
    return f"```text\n{command.get_help(context)}\n```\n"


def core_modules() -> list[str]:
    """The modules of the core, sorted."""
    found = pkgutil.iter_modules(scuttle_ref.__path__, "scuttle_ref.")
    return sorted(module.name for module in found if not module.ispkg)


def interface_pages() -> dict[str, str]:
    """One page for each module of the core, and one that lists them."""
    names = core_modules()
    listed = "\n".join(names)
    head = "# The core as Python\n\nPure functions on frozen values: start with the reducer.\n"
    pages = {"index": f"{head}\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"}
    for name in names:
        pages[name] = (
            f"# {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n"
            "   :members:\n   :undoc-members:\n   :member-order: bysource\n```\n"
        )
    return pages


def profiles_page() -> str:
    """Every decision point, with the rule of each profile, its words and its code."""
    lines = [
        "# The profiles, rule by rule\n",
        "One protocol, several readings. A rule that several profiles share is shown once.\n",
    ]
    for point in decision_points():
        lines.append(f"## {point}\n")
        for names, profile in _by_rule(point).items():
            rule = rule_at(profile, point)
            says = rule.says.replace("*", r"\*")
            lines.append(f"**{names}**: `{rule.name}`. {says} {' '.join(rule.clauses)}\n")
            lines.append(f"```python\n{inspect.getsource(rule_of(profile, point)).rstrip()}\n```\n")
    return "\n".join(lines)


def _by_rule(point: str) -> Mapping[str, Profile]:
    """The profiles, those with the same rule at `point` together under their names."""
    rules: dict[object, list[str]] = {}
    for name, profile in PROFILES.items():
        rules.setdefault(rule_of(profile, point), []).append(name)
    return {", ".join(names): PROFILES[names[0]] for names in rules.values()}
