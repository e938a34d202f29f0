"""Settings: defaults that stand in the environment or in pyproject.toml."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.cli.doctor import EXTRAS
from scuttle_check.cli.settings import NOT_OPTIONS

Run = Callable[..., Any]

PROJECT = """
[tool.scuttle.check]
topology = "line:2"
writers = "A"
profile = "textbook"
json = true
property = ["agreement"]
[tool.scuttle.conform.run]
level = "convergence"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with settings, and a folder in it that commands are given in."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path


@pytest.mark.usefixtures("project")
def test_what_is_typed_wins_over_a_variable_and_that_over_the_file(
    scuttle: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: SET-1."""
    told = scuttle("check").document
    assert told["experiment"]["profile"] == "textbook"
    assert [each["name"] for each in told["properties"]] == ["agreement"]

    monkeypatch.setenv("SCUTTLE_CHECK_PROFILE", "paper")
    monkeypatch.setenv("SCUTTLE_CHECK_PROPERTY", "agreement no-gap")
    told = scuttle("check").document
    assert told["experiment"]["profile"] == "paper"
    assert len(told["properties"]) == 2

    told = scuttle("check", "--profile", "documented", "--property", "agreement").document
    assert told["experiment"]["profile"] == "documented"
    assert len(told["properties"]) == 1


def test_a_command_of_two_words_has_its_settings_two_tables_deep(
    project: Path, scuttle: Run
) -> None:
    """Spec: SET-1, SET-3."""
    path = project / "pyproject.toml"
    path.write_text(PROJECT.replace("convergence", "everything"), encoding="utf-8")
    ran = scuttle("conform", "run")

    assert ran.code == 2
    assert "'everything' is not one of" in ran.err
    assert f"it stands in tool.scuttle.conform.run.level in {path}" in ran.err


@pytest.mark.usefixtures("project")
def test_a_bad_variable_is_told_by_its_name(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who typed nothing wrong must be led to what is. Spec: SET-3."""
    monkeypatch.setenv("SCUTTLE_CHECK_WRITES", "many")
    ran = scuttle("check")
    assert (ran.code, "it stands in the variable SCUTTLE_CHECK_WRITES" in ran.err) == (2, True)

    ran = scuttle("check", "--writes", "few")
    assert (ran.code, "it stands in" in ran.err) == (2, False)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[tool.scuttle.chek]", "'chek' is no command"),
        ("[tool.scuttle.check]\nsede = 1", "'sede' is no option of scuttle check"),
        ("[tool.scuttle.conform.rum]", "'rum' is no option of scuttle conform"),
        ("[tool.scuttle.check]\njson = 1", "json in"),
        ("[tool.scuttle.check]\nproperty = true", "a list of texts and numbers"),
        ("[tool.scuttle.check]\ntopology = ['line:2']", "a text or a number"),
        ("[tool.scuttle]\ncheck = 3", "a table, [tool.scuttle.check]"),
        ("[tool]\nscuttle = 3", "is no table"),
        ("[tool.scuttle", "a file in TOML"),
    ],
)
def test_what_is_no_setting_is_refused(table: str, told: str, project: Path, scuttle: Run) -> None:
    """Spec: SET-2."""
    (project / "pyproject.toml").write_text(table, encoding="utf-8")
    word = "conform" if "conform" in table else "check"
    ran = scuttle(word, *(["run"] if word == "conform" else []))

    assert ran.code == 2
    assert told in ran.err
    assert str(project / "pyproject.toml") in ran.err


@pytest.mark.usefixtures("project")
def test_a_variable_that_sets_nothing_is_told_of(
    scuttle: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: SET-2."""
    monkeypatch.setenv("SCUTTLE_CHECK_SEDE", "1")
    ran = scuttle("check")
    assert ran.code == 0
    assert "SCUTTLE_CHECK_SEDE is no option of scuttle check" in ran.err


def test_lessons_speak_of_the_defaults(
    project: Path, scuttle: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader with settings must not see other output than the page. Spec: SET-4."""
    (project / "pyproject.toml").write_text("[tool.scuttle.check]\njson = true", encoding="utf-8")
    monkeypatch.setenv("SCUTTLE_STATE", str(project / "state"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("SCUTTLE_CHECK_MAX_STATES", "1")
    ran = scuttle("learn", "1")
    assert "holds     agreement" in ran.out


def test_the_doctor_tells_what_is_there_and_what_is_in_force(
    project: Path, scuttle: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: SET-1."""
    monkeypatch.setenv("SCUTTLE_CHECK_WRITES", "2")
    monkeypatch.setenv("PATH", str(project))
    ran = scuttle("doctor")

    assert ran.code == 0
    assert f"[tool.scuttle] of {project / 'pyproject.toml'}: check, conform" in ran.out
    assert "SCUTTLE_CHECK_WRITES 2" in ran.out
    assert "absent spin" in ran.out

    told = json.loads(scuttle("doctor", "--json").out)
    assert told["good"]
    assert {each["name"] for each in told["this tool"]} >= {"python", "attrs", "click", "numpy"}
    assert {each["state"] for each in told["other programs"]} == {"absent"}


def test_the_doctor_says_that_a_file_is_broken(project: Path, scuttle: Run) -> None:
    """Every other command refuses it; this one looks at what is wrong."""
    (project / "pyproject.toml").write_text("[tool.scuttle", encoding="utf-8")
    ran = scuttle("doctor")
    assert ran.code == 3
    assert "WRONG" in ran.out


def test_a_command_that_is_not_there_is_told_with_those_like_it(scuttle: Run) -> None:
    """A slip of the finger costs one look."""
    ran = scuttle("chek")
    assert (ran.code, "try: scuttle check" in ran.err) == (2, True)
    assert "bench, check, clauses" in scuttle("zzz").err


def test_the_doctor_knows_every_extra() -> None:
    """One that is added to pyproject.toml is looked for."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert set(EXTRAS) == set(tomllib.loads(text)["project"]["optional-dependencies"])


def test_every_variable_that_is_no_option_is_known() -> None:
    """The doctor explains them; a new one must be added there."""
    root = Path(__file__).parents[2]
    texts = [path.read_text(encoding="utf-8") for path in (root / "checker").rglob("*.py")]
    for name in NOT_OPTIONS:
        tests = [path.read_text(encoding="utf-8") for path in (root / "tests").rglob("*.py")]
        assert any(name in text for text in [*texts, *tests])
