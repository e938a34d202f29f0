"""The faults that people thought of are faults of the code that is there."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "mutation"))

from areas import AREAS  # noqa: E402 - a program of its own, beside the tests

LISTED = tomllib.loads((ROOT / "tests/mutation/by_hand.toml").read_text(encoding="utf-8"))["fault"]


@pytest.mark.parametrize("module", sorted({each["module"] for each in LISTED}))
def test_each_fault_can_be_put_where_it_says(module: str) -> None:
    """A fault whose place is gone would be skipped, or stop the run in the middle."""
    text = (ROOT / f"{module}.py").read_text(encoding="utf-8")
    for each in LISTED:
        if each["module"] == module:
            assert text.count(each["before"]) == 1, each["fault"]
            changed = text.replace(each["before"], each["after"])
            assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), each["fault"]


def test_every_module_of_an_area_is_there_and_every_fault_is_in_an_area() -> None:
    """Names of modules are kept in two files beside the modules."""
    modules = {module for area in AREAS.values() for module in area.modules}
    named = {m if "/" in m else f"scuttle_ref/{m}" for m in modules}
    assert [module for module in sorted(named) if not (ROOT / f"{module}.py").exists()] == []
    assert {each["module"] for each in LISTED} <= named
