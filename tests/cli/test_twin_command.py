"""``scuttle twin``: the comparison as people and programs read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from scuttle_check.cli import twin as command
from scuttle_check.evidence.twin import Twin, load_twin


@pytest.fixture(autouse=True)
def _no_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCUTTLE_TLA2TOOLS", raising=False)


def _only(*names: str, **changes: int) -> Callable[[], Twin]:
    """A record of these models only, with TLC's numbers changed."""
    twin = load_twin()
    models = (model for model in twin.models if model.id in names)
    changed = tuple(attrs.evolve(m, recorded=attrs.evolve(m.recorded, **changes)) for m in models)
    return lambda: attrs.evolve(twin, models=changed)


def test_all_small_models_are_equal_and_each_side_says_whether_it_ran(
    scuttle: Callable[..., Any],
) -> None:
    """The table ends by saying what was not done. Spec: TWIN-1, TWIN-3."""
    ran = scuttle("twin")
    assert ran.code == 0
    assert "line-3-textbook                       8,469       27,310" in ran.out
    assert "DIFFERS" not in ran.out
    assert "TLC was not run now" in ran.out


def test_the_document_names_the_numbers_of_each_side(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs compare the same numbers, in the checker's units. Spec: TWIN-3."""
    monkeypatch.setattr(command, "load_twin", _only("loss-textbook", "sessions-2-weak"))
    document = scuttle("twin", "--json").document
    loss, sessions = document["models"]
    assert (document["format"], document["equal"]) == ("scuttle-twin/1", True)
    assert document["tlc"]["run_again"] is False
    assert loss["recorded"] == loss["checker"]
    assert (loss["checker"]["states"], loss["checker"]["steps"]) == (109, 6)
    assert loss["tlc"] is None
    assert sessions["checker"]["refuted"] == ["eventually-agreed"]


def test_a_difference_is_told_and_ends_with_one(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transition too many is enough. Spec: TWIN-1."""
    monkeypatch.setattr(command, "load_twin", _only("line-2-textbook", generated=210))
    ran = scuttle("twin")
    assert ran.code == 1
    assert "DIFFERS" in ran.out
    assert "line-2-textbook: checker, transitions: 209 recorded, 208 found" in ran.out
    assert scuttle("twin", "--json").document["equal"] is False


def test_a_jar_that_is_not_there_is_a_usage_error(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    """Not a silent comparison without TLC. Spec: TWIN-3."""
    assert "no such file" in refused("twin", "--run", tmp_path / "tla2tools.jar")


@pytest.mark.skipif(shutil.which("java") is None, reason="needs java to run what is no TLC")
def test_a_jar_that_is_no_tlc_cannot_be_run(scuttle: Callable[..., Any], tmp_path: Path) -> None:
    """Exit code 3, and what java said. Spec: TWIN-2, TWIN-3."""
    jar = tmp_path / "tla2tools.jar"
    jar.write_text("no jar")
    ran = scuttle("twin", "--run", jar)
    assert (ran.code, ran.out) == (3, "")
    assert "tla/line-2-textbook.cfg: TLC could not run the model" in ran.err
