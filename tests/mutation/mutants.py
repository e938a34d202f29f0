"""The mutants of a module: its syntax tree with one operator, constant or condition changed.

In modules of the engine statements are left out, too, and arguments swapped: a counter that is not
counted and *before* taken for *after* are the faults that a search is prone to.
"""

from __future__ import annotations

import ast
import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One change of one module.

    `owner` is the function or ``Class.method`` it lies in, at the top of the module, or empty.
    `change` shows the smallest expression around it, before and after.
    """

    module: str
    owner: str
    line: int
    change: str
    tree: ast.Module

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is called wherever it is listed: line numbers move."""
        return (self.module, self.owner, self.change)


def path_of(module: str) -> Path:
    """The file of a module: of the core by name, of the engine by its path."""
    folder = ROOT if module.startswith("checker/") else ROOT / "scuttle_ref"
    return folder / f"{module}.py"


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every mutant of a module, each with a name of its own."""
    tree = ast.parse(path_of(module).read_text(encoding="utf-8"))
    owners, known = _owners(tree), dict[tuple[str, str], int]()
    nodes = list(ast.walk(tree))
    found = places(tree)
    if module.startswith("checker/"):
        found += places_of_the_engine(tree)
    for at, kind in found:
        node = nodes[at]
        before = _shown(node, kind)
        mutant, after = changed(tree, at, kind)
        owner = owners.get(id(node), "")
        change = f"{before} -> {after}"
        known[owner, change] = seen = known.get((owner, change), 0) + 1
        name = change if seen == 1 else f"{change} ({seen})"
        line = _shown_part(node, kind).lineno
        yield Mutant(module, owner, line, name, mutant)


def by_hand(module: str) -> Iterator[Mutant]:
    """The faults of a module that people thought of (``by_hand.toml``). Raises ValueError."""
    listed = tomllib.loads(Path(__file__).with_name("by_hand.toml").read_text(encoding="utf-8"))
    text = path_of(module).read_text(encoding="utf-8")
    for each in listed["fault"]:
        if each["module"] == module:
            before, after = each["before"], each["after"]
            if text.count(before) != 1:
                raise ValueError(f"{module} has {text.count(before)} times: {before}")
            first = text[: text.index(before)].count("\n") + 1
            ahead = zip(before.splitlines(), after.splitlines(), strict=False)
            line = first + next((at for at, (one, two) in enumerate(ahead) if one != two), 0)
            tree = ast.parse(text.replace(before, after))
            yield Mutant(module, "by hand", line, each["fault"], tree)


def _owners(tree: ast.Module) -> dict[int, str]:
    """The function or method that each node lies in, by identity."""
    found = {}
    for top in tree.body:
        inner = top.body if isinstance(top, ast.ClassDef) else [top]
        for each in inner:
            if isinstance(each, ast.FunctionDef):
                name = f"{top.name}.{each.name}" if isinstance(top, ast.ClassDef) else each.name
                body = [part for statement in each.body for part in ast.walk(statement)]
                found.update({id(part): name for part in body})
    return found


def places(tree: ast.Module) -> list[tuple[int, str]]:
    """What can be changed: the number of the node in the walk, and the kind of change."""
    left_alone = {  # docstrings, annotations, and what a decorator is told: caches decide nothing
        id(inner)
        for node in ast.walk(tree)
        for part in _undecided(node)
        for inner in ast.walk(part)
    }
    found = []
    for at, node in enumerate(ast.walk(tree)):
        if id(node) in left_alone:
            continue
        if isinstance(node, ast.Compare | ast.BoolOp | ast.BinOp):
            ops = node.ops if isinstance(node, ast.Compare) else [node.op]
            found.extend((at, f"op{i}") for i, op in enumerate(ops) if type(op) in SWAPPED)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append((at, "not"))
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            found.append((at, "test"))
        elif isinstance(node, ast.comprehension):
            found.extend((at, f"if{i}") for i in range(len(node.ifs)))
        elif isinstance(node, ast.Call) and _called(node) in SWAPPED_NAMES:
            found.append((at, "call"))
        elif isinstance(node, ast.Constant) and type(node.value) in {int, bool}:
            found.append((at, "constant"))
    return found


def places_of_the_engine(tree: ast.Module) -> list[tuple[int, str]]:
    """Statements that can be left out, and arguments that can be swapped."""
    found = []
    for at, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            found.append((at, "left out"))
        elif (
            isinstance(node, ast.Call)
            and len(node.args) > 1
            and all(isinstance(each, ast.Name) for each in node.args[:2])
            and _called(node) not in {"isinstance", *SWAPPED_NAMES}
        ):
            found.append((at, "swapped"))
    return found


def _undecided(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that decide nothing while the protocol runs."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.ClassDef):
        return list(node.decorator_list)
    if isinstance(node, ast.FunctionDef):
        return [*node.decorator_list, *([node.returns] if node.returns else [])]
    if isinstance(node, ast.arg | ast.AnnAssign):
        return [node.annotation] if node.annotation else []
    return []


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def changed(tree: ast.Module, at: int, kind: str) -> tuple[ast.Module, str]:
    """A copy of the tree with one change, and how what was changed reads now."""
    fresh = copy.deepcopy(tree)
    node: ast.AST = list(ast.walk(fresh))[at]
    if kind in {"left out", "swapped"}:
        _change_statement(node)
    else:
        _change_decision(node, kind)
    ast.fix_missing_locations(fresh)
    return fresh, _shown(node, kind)


def _change_statement(node: ast.AST) -> None:
    """Leave a statement out, or swap the first two arguments of a call."""
    match node:
        case ast.AugAssign():
            node.op, node.value = ast.Add(), ast.Constant(0)
        case ast.Expr():
            node.value = ast.Constant(None)
        case ast.Call():
            node.args[:2] = node.args[1::-1]


def _change_decision(node: ast.AST, kind: str) -> None:
    """Change an operator, a constant or a condition."""
    match node:
        case ast.Compare() if kind.startswith("op"):
            place = int(kind[2:])
            node.ops[place] = SWAPPED[type(node.ops[place])]()  # type: ignore[call-overload]
        case ast.BoolOp() | ast.BinOp():
            node.op = SWAPPED[type(node.op)]()  # type: ignore[assignment]
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.comprehension():
            place = int(kind[2:])
            node.ifs[place] = ast.UnaryOp(ast.Not(), node.ifs[place])
        case ast.UnaryOp():
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
        case ast.Call():
            node.func = ast.Name(SWAPPED_NAMES[_called(node)], ast.Load())
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1


def _shown(node: ast.AST, kind: str) -> str:
    """The expression that is changed, as text."""
    return ast.unparse(_shown_part(node, kind))


def _shown_part(node: Any, kind: str) -> Any:
    """The expression that is changed."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return node.test
    return node.ifs[int(kind[2:])] if isinstance(node, ast.comprehension) else node


def compiled(mutant: Mutant) -> CodeType:
    """The code of the changed module."""
    return compile(mutant.tree, str(path_of(mutant.module)), "exec")
