"""Citations: where code and tests say which clause they are about.

Laws of this file: source is parsed, never imported; a citation is a ``Spec:`` line in a
docstring, or a clause id that stands by itself as a text, as in a refusal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

_ID = r"[A-Z]{2,}-[1-9]\d*"
_SPEC = re.compile(rf"\bSpec:\s+((?:{_ID})(?:,\s+{_ID})*)")
_ALONE = re.compile(_ID)

Definition: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@frozen(order=True)
class Citation:
    """`clause` is cited by the definition `name` in `file` (relative to the root), at `line`.

    `spoken` tells a ``Spec:`` line of a docstring from an id in a text.
    """

    clause: str
    file: str
    name: str
    line: int
    spoken: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.name}"

    @property
    def place(self) -> str:
        """Where it stands, without the line: stable while the file is edited."""
        return f"{self.file}::{self.name}"


@frozen
class Documented:
    """A definition or constant: its name, its line, and its docstring if it has one."""

    name: str
    line: int
    kind: str
    docstring: str


def cited_in(docstring: str) -> tuple[str, ...]:
    """The clause ids of the ``Spec:`` lines of a docstring, in order."""
    return tuple(
        clause for group in _SPEC.findall(docstring) for clause in re.split(r",\s+", group)
    )


def first_sentence(docstring: str) -> str:
    """What a docstring says first, without its citations."""
    paragraph = docstring.strip().split("\n\n", 1)[0]
    text = " ".join(_SPEC.sub("", paragraph).split()).replace("``", "`")
    sentence = re.split(r"(?<=[.])\s", text, maxsplit=1)[0]
    return sentence.rstrip(" .") + "." if sentence.strip(" .") else ""


def documented(source: str) -> list[Documented]:
    """Every module, class, function and documented constant of a Python source."""
    tree = ast.parse(source)
    return [*_of("", tree, "module"), *_within("", tree)]


def _of(name: str, node: Definition, kind: str) -> Iterator[Documented]:
    line = 1 if isinstance(node, ast.Module) else node.lineno
    yield Documented(name, line, kind, ast.get_docstring(node) or "")


def _within(prefix: str, parent: ast.AST) -> Iterator[Documented]:
    previous: ast.AST | None = None
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            yield from _of(f"{prefix}{node.name}", node, kind)
            inner = "" if kind == "class" else "<locals>."
            yield from _within(f"{prefix}{node.name}.{inner}", node)
        elif _is_text(node) and (name := _assigned(previous)):
            text = ast.literal_eval(node.value)  # type: ignore[attr-defined]
            yield Documented(f"{prefix}{name}", node.lineno, "constant", text)  # type: ignore[attr-defined]
        previous = node


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _assigned(node: ast.AST | None) -> str:
    """The name that an assignment gives to its value, or nothing."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def spoken_in(file: str, source: str) -> list[Citation]:
    """The ``Spec:`` citations of one source."""
    return [
        Citation(clause, file, item.name or "<module>", item.line)
        for item in documented(source)
        for clause in cited_in(item.docstring)
    ]


def texts_in(file: str, source: str) -> list[Citation]:
    """The clause ids that stand by themselves as a text: an error that names its clause."""
    return [
        Citation(node.value, file, "<text>", node.lineno, spoken=False)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _ALONE.fullmatch(node.value)
    ]


def sources(root: Path, *folders: str) -> Iterator[tuple[str, str]]:
    """The Python files below `folders` of `root`: path relative to it, and text."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
