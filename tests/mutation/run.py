"""Mutation testing of the core: is every decision in it held by a test?

Run as ``python tests/mutation/run.py [MODULE ...]``, for instance ``history reducer``. Each mutant
changes one operator, constant or condition of one module; the tests of the clauses and laws run
against it, in a process of its own, until the first fails. A mutant that no test kills is printed
with its line. Slow: some seconds for each mutant. The recorded result is in spec/mutation.md.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
TESTS = ("tests/clauses", "tests/laws")
MUTANT_SECONDS = 180
"""When a mutant counts as killed because it does not end."""

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


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module of the core from a changed tree instead of its file."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.tree = tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """Only for the one module."""
        del path, target
        return importlib.util.spec_from_loader(name, self) if name == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed tree."""
        module.__file__ = str(path_of(self.module))
        exec(compile(self.tree, module.__file__, "exec"), module.__dict__)  # noqa: S102


def path_of(module: str) -> Path:
    """The file of a module of the core."""
    return ROOT / (module.replace(".", "/") + ".py")


def places(tree: ast.Module) -> list[tuple[int, str]]:
    """What can be changed: the number of the node in the walk, and the kind of change."""
    left_alone = {  # docstrings, and what a decorator is told: caches decide nothing
        id(each)
        for node in ast.walk(tree)
        for each in (
            [node.value]
            if isinstance(node, ast.Expr)
            else [inner for mark in _decorators(node) for inner in ast.walk(mark)]
        )
    }
    found = []
    for at, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Compare | ast.BoolOp | ast.BinOp):
            ops = node.ops if isinstance(node, ast.Compare) else [node.op]
            found.extend((at, f"op{i}") for i, op in enumerate(ops) if type(op) in SWAPPED)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.append((at, "not"))
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            found.append((at, "test"))
        elif (
            isinstance(node, ast.Constant)
            and type(node.value) in {int, bool}
            and id(node) not in left_alone
        ):
            found.append((at, "constant"))
    return found


def _decorators(node: ast.AST) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, ast.ClassDef | ast.FunctionDef) else []


def changed(tree: ast.Module, at: int, kind: str) -> tuple[ast.Module, int]:
    """A copy of the tree with one change, and the line of it."""
    fresh = copy.deepcopy(tree)
    node = list(ast.walk(fresh))[at]
    if kind.startswith("op"):
        if isinstance(node, ast.Compare):
            place = int(kind[2:])
            node.ops[place] = SWAPPED[type(node.ops[place])]()  # type: ignore[call-overload]
        else:
            node.op = SWAPPED[type(node.op)]()  # type: ignore[attr-defined]
    elif kind == "test":
        node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]
    elif kind == "not":
        node.operand = ast.UnaryOp(ast.Not(), node.operand)  # type: ignore[attr-defined]
    else:
        value = node.value  # type: ignore[attr-defined]
        node.value = (not value) if value is True or value is False else value + 1  # type: ignore[attr-defined]
    return ast.fix_missing_locations(fresh), getattr(node, "lineno", 0)


def survives(module: str, tree: ast.Module) -> bool:
    """Whether all tests pass with the changed module."""
    pid = os.fork()
    if pid == 0:
        os.setpgrp()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(MUTANT_SECONDS)
        sys.meta_path.insert(0, Mutated(module, tree))  # type: ignore[arg-type]
        import pytest  # noqa: PLC0415 - loaded before the fork

        flags = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        os._exit(int(pytest.main([*flags, *TESTS])))
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 0


def mutants(names: Sequence[str]) -> Iterator[tuple[str, ast.Module, int, str]]:
    """Every mutant of these modules."""
    for name in names:
        module = f"scuttle_ref.{name}"
        tree = ast.parse(path_of(module).read_text(encoding="utf-8"))
        for at, kind in places(tree):
            mutant, line = changed(tree, at, kind)
            yield module, mutant, line, kind


def main() -> int:
    """Try all mutants; 0 when each is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=["version_vector", "history", "state"])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after")
    asked = parser.parse_args()
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "dev"
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import attrs  # noqa: F401, PLC0415
    import pytest  # noqa: F401, PLC0415

    begun, tried, alive = time.monotonic(), 0, []
    everything = list(mutants(asked.modules))
    for name in asked.modules:  # a control: nothing may be killed for a reason of our own
        module = f"scuttle_ref.{name}"
        if not survives(module, ast.parse(path_of(module).read_text(encoding="utf-8"))):
            sys.stderr.write(f"error: the tests fail on {module} as it is\n")
            return 3
    for module, tree, line, kind in everything:
        if time.monotonic() - begun > asked.seconds:
            break
        tried += 1
        if survives(module, tree):
            alive.append(f"{module}:{line} {kind}")
            sys.stdout.write(f"survives {alive[-1]}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{tried} of {len(everything)} mutants of {', '.join(asked.modules)} tried: "
        f"{tried - len(alive)} killed, {len(alive)} survive\n"
    )
    return 1 if alive or tried < len(everything) else 0


if __name__ == "__main__":
    sys.exit(main())
