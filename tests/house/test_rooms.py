"""The rooms of the checker: those of the contract are there, and are told."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import scuttle_check

ROOT = Path(__file__).parents[2]
STRANGER = """
import checker
from hypothesis import given, strategies as st


@given(st.integers())
def test_mine(number):
    assert checker.MINE and number == number
"""


def of_the_contract() -> list[str]:
    """The rooms in the order of the contract, lowest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (rooms,) = (each for each in contracts if each.get("containers") == ["scuttle_check"])
    return [name for name in reversed(rooms["layers"]) if name != "__main__"]


def test_every_room_is_told_in_its_order_with_one_sentence() -> None:
    """Who adds a room says what it is about."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (\w+) \| (.+) \|$", page, flags=re.MULTILINE)

    assert [name for name, _ in told if name != "room"] == of_the_contract()
    for name in of_the_contract():
        assert name in (scuttle_check.__doc__ or "")


def test_nothing_lies_loose_beside_the_rooms() -> None:
    """A module without a room is a room that nobody decided on."""
    package = Path(scuttle_check.__file__).parent

    loose = {path.name for path in package.glob("*.py")} - {"__init__.py", "__main__.py"}
    rooms = {path.name for path in package.iterdir() if path.is_dir() and path.name[0] not in "_."}
    assert not loose
    assert rooms == set(of_the_contract())


def test_no_generic_name_is_installed() -> None:
    """A top-level ``checker`` took the place of other people's. It is in no wheel and no path."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert [Path(each).name for each in wheel["packages"]] == ["scuttle_ref", "scuttle_check"]
    assert set(wheel["force-include"].values()) == {"scuttle_check/_spec"}
    assert not (ROOT / "checker" / "__init__.py").exists()


@pytest.mark.parametrize("module", ["checker.py", "checker/__init__.py"])
@pytest.mark.parametrize(
    "call", [["pytest"], [sys.executable, "-m", "pytest"]], ids=["short", "long"]
)
def test_a_stranger_keeps_a_checker_of_his_own(
    tmp_path: Path, module: str, call: list[str]
) -> None:
    """Loading our plugin and our entry point of Hypothesis imports nothing of his."""
    own = tmp_path / module
    own.parent.mkdir(exist_ok=True)
    own.write_text("MINE = True\n", encoding="utf-8")
    (tmp_path / "test_own.py").write_text(STRANGER, encoding="utf-8")
    ran = subprocess.run(
        [*call, "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
