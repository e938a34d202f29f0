"""A project with modules of its own, whatever they are called, beside which a command runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCUTTLE = [sys.executable, "-P", "-m", "scuttle_check"]
"""As the script that is installed: without the current folder on the path."""

OWN = [
    *("attr", "attrs", "checker", "click", "code", "json", "networkx", "numpy", "queue", "random"),
    *("scuttle_check", "select", "signal", "socket", "spec", "test", "tests", "types", "typing"),
]

COMMANDS = {
    "conform check-adapter": 0,
    "check --topology ring:3 --profile textbook --workers 2 --max-states 20000 --no-scout": 1,
    "check --workers 2 --max-states 3 --size small": 4,
    "laws mine:newest": 0,
    "check --topology line:2 --resolver mine:newest --workers 2": 0,
    "simulate spread --topology complete:8 --seeds 2 --workers 2": 0,
    "vectors test --profile documented": 0,
}

MINE = """
def newest(gossip, update):
    stored = gossip.get(update.key)
    return (update.version, update.source_id) > (stored.version, stored.source_id)
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_modules_of_a_project_are_not_taken_for_ours(command: str, tmp_path: Path) -> None:
    """Workers and adapters ended as `random.py` told them to. Spec: SCALE-10."""
    for name in OWN:
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)\n")
    (tmp_path / "mine.py").write_text(MINE)
    ran = subprocess.run(
        [*SCUTTLE, *command.split()], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == COMMANDS[command], ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_module_that_is_named_is_the_one_of_this_folder(tmp_path: Path) -> None:
    """`test` is also a package of Python. Spec: SCALE-10."""
    (tmp_path / "test.py").write_text(f"import random\n{MINE}")
    ran = subprocess.run(
        [*SCUTTLE, "laws", "test:newest"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
