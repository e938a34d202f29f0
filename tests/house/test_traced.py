"""A test that cites a clause executes code that cites it; otherwise it tests something else."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from scuttle_check.gossip.citations import documented, sources, spoken_in

ROOT = Path(__file__).resolve().parents[2]


def calls_of(root: Path, scratch: Path) -> dict[str, list[str]]:
    """What every test below tests/clauses enters, found by running them."""
    report = scratch / "calls.json"
    line = [sys.executable, "-m", "pytest", "tests/clauses", "-q", f"--rootdir={root}"]
    line += ["-p", "call_recorder", f"--calls-to={report}", "-p", "no:cacheprovider"]
    line += ["-p", "no:xdist"]
    path = os.pathsep.join([str(Path(__file__).parent), str(root)])
    environment = {
        "HYPOTHESIS_NO_PLUGINS": "1",
        **os.environ,
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    run = subprocess.run(
        line, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"tests/clauses did not pass:\n{run.stdout}{run.stderr}"
    calls: dict[str, list[str]] = json.loads(report.read_text(encoding="utf-8"))
    return calls


def citing_code(root: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By clause: the places of functions and classes that cite it, and the names of constants."""
    places: dict[str, set[str]] = defaultdict(set)
    constants: dict[str, set[str]] = defaultdict(set)
    for file, source in sources(root, "scuttle_ref", "checker"):
        kinds = {item.name: item.kind for item in documented(source)}
        for citation in spoken_in(file, source):
            if kinds.get(citation.name) == "constant":
                constants[citation.clause].add(citation.name.rpartition(".")[2])
            else:
                places[citation.clause].add(citation.place)
    return places, constants


def names_in(source: str) -> set[str]:
    """Every name that a source speaks of: how a test uses a constant."""
    nodes = list(ast.walk(ast.parse(source)))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def untraced(root: Path, calls: dict[str, list[str]]) -> list[str]:
    """The citations of tests whose tests enter no code that cites the clause."""
    places, constants = citing_code(root)
    found = []
    for file, source in sources(root, "tests/clauses"):
        names = names_in(source)
        for citation in spoken_in(file, source):
            where = file if citation.name == "<module>" else citation.place
            entered = {
                place
                for test, entries in calls.items()
                if test == where or test.startswith((f"{where}::", f"{where}."))
                for place in entries
            }
            if not (entered & places[citation.clause] or names & constants[citation.clause]):
                code = sorted(places[citation.clause] | constants[citation.clause])
                shown = ", ".join(code) or "nothing: no code cites it"
                found.append(f"{citation} cites {citation.clause} and executes none of: {shown}")
    return found


def test_a_test_that_cites_a_clause_executes_code_that_cites_it(tmp_path: Path) -> None:
    """A citation is a claim. This one is checked by watching which functions the test enters."""
    calls = calls_of(ROOT, tmp_path)
    missing = untraced(ROOT, calls)

    assert any(calls.values())
    assert not missing, "\n".join(missing)


FAKE_CODE = '''"""Greets."""

from attrs import frozen

LOUD = 3
"""How loud. Spec: EXCH-4."""


@frozen
class Word:
    """A word. Spec: EXCH-3."""

    text: str


def hello() -> str:
    """Hello. Spec: EXCH-1."""
    return "hello"


def bye() -> str:
    """Bye. Spec: EXCH-2."""
    return "bye"
'''

FAKE_TEST = '''from scuttle_ref.words import LOUD, Word, bye, hello


def test_hello():
    """Spec: EXCH-1."""
    assert hello() == "hello"


def test_bye():
    """Spec: EXCH-2."""
    assert hello() == "hello"


def test_word():
    """Spec: EXCH-3, EXCH-4."""
    assert Word("x").text == "x" and LOUD
'''


def test_a_citation_without_execution_is_found(tmp_path: Path) -> None:
    """Functions, records and constants each count when they are used, and only then."""
    files = {"scuttle_ref/words.py": FAKE_CODE, "tests/clauses/test_words.py": FAKE_TEST}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "checker").mkdir()
    (tmp_path / "scuttle_ref" / "__init__.py").touch()

    (missing,) = untraced(tmp_path, calls_of(tmp_path, tmp_path))

    assert missing.startswith("tests/clauses/test_words.py:9 test_bye cites EXCH-2")
    assert missing.endswith("executes none of: scuttle_ref/words.py::bye")
