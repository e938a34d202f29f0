"""What is declared of dependencies is what is tried."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

FLOORS = Path(__file__).resolve().parent.parent / "floors.py"
LINES = FLOORS.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[1:]


def test_the_constraints_are_the_declared_floors() -> None:
    """After a change of pyproject.toml: python tests/floors.py --write."""
    assert subprocess.run([sys.executable, str(FLOORS)], check=False).returncode == 0


def test_every_package_has_one_floor() -> None:
    names = [line.partition("==")[0] for line in LINES]
    assert names == sorted(set(names))
    assert {"attrs", "click", "hypothesis", "networkx", "numpy", "rich", "time-machine"} <= {*names}


@pytest.mark.parametrize("package", ["attrs", "click", "hypothesis", "networkx", "numpy", "rich"])
def test_what_is_installed_is_not_below_the_floor(package: str) -> None:
    floors = dict(line.split("==") for line in LINES)
    assert Version(version(package)) >= Version(floors[package])
