"""``scuttle convert``: a saved run in other formats, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checker.render import itf
from checker.resources import spec_folder


@pytest.fixture
def saved(scuttle: Callable[..., Any], tmp_path: Path) -> Path:
    """A counterexample with messages in flight."""
    path = tmp_path / "run.json"
    flags = ["--profile", "as-shipped", "--network", "unordered", "--writes", "2", "--writers", "A"]
    assert scuttle("check", *flags, "--save", path).code == 1
    return path


def test_a_run_goes_to_itf_and_back_unchanged(
    scuttle: Callable[..., Any], saved: Path, tmp_path: Path
) -> None:
    """The trace holds what it takes to run it again. Spec: CONVERT-1, CONVERT-3."""
    trace, back = tmp_path / "run.itf.json", tmp_path / "back.json"
    assert scuttle("convert", saved, trace).code == 0
    assert scuttle("convert", trace, back).code == 0
    assert back.read_bytes() == saved.read_bytes()
    assert scuttle("replay", back).code == 1
    document = json.loads(trace.read_text(encoding="utf-8"))
    schedule = json.loads(saved.read_text(encoding="utf-8"))["schedule"]
    assert [state["mbt::actionTaken"] for state in document["states"]] == ["init", *schedule]
    for state in document["states"]:
        assert set(document["vars"]) == state.keys() - {"#meta"}
    nodes = itf.decoded(document["states"][-1]["nodes"])
    assert nodes["A"]["clock"]["A"] >= 2


@pytest.mark.parametrize(
    ("end", "first"),
    [
        ("svg", "<svg "),
        ("mmd", "sequenceDiagram"),
        ("shiviz", "(?<event>"),
        ("txt", "   "),
        ("json", "{"),
        ("itf.json", "{"),
    ],
)
def test_every_format_can_go_to_standard_output(
    scuttle: Callable[..., Any], saved: Path, end: str, first: str
) -> None:
    """For a pipe, the name is the end alone."""
    ran = scuttle("convert", saved, f".{end}")
    assert ran.code == 0
    assert ran.out.startswith(first)


def test_a_counterexample_follows_its_schema(saved: Path) -> None:
    """Whoever writes one by hand can check it first."""
    schema = spec_folder() / "schemas" / "counterexample.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    document = json.loads(saved.read_text(encoding="utf-8"))
    assert not list(validator.iter_errors(document))
    document["schedule"][0] = "fly A"
    assert list(validator.iter_errors(document))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schedule": ["deliver A>B"]}, "$.schedule[0]: deliver A>B cannot happen there"),
        ({"format": "scuttle-counterexample/9"}, "$.format"),
        ({"experiment": {}}, "$"),
    ],
)
def test_a_run_that_does_not_fit_is_refused(
    scuttle: Callable[..., Any], saved: Path, change: dict[str, Any], said: str
) -> None:
    """At which step, and what could have happened instead."""
    document = json.loads(saved.read_text(encoding="utf-8"))
    saved.write_text(json.dumps({**document, **change}), encoding="utf-8")
    ran = scuttle("convert", saved, ".svg")
    assert ran.code == 2
    assert said in ran.err


def test_nothing_is_overwritten_and_ends_are_known(
    scuttle: Callable[..., Any], saved: Path, tmp_path: Path
) -> None:
    """A picture that was changed by hand is somebody's work."""
    before = saved.read_bytes()
    assert scuttle("convert", saved, saved).code == 2
    assert saved.read_bytes() == before
    ran = scuttle("convert", saved, tmp_path / "run.png")
    assert ran.code == 2
    assert ".svg" in ran.err
    foreign = tmp_path / "foreign.itf.json"
    foreign.write_text('{"vars": [], "states": []}', encoding="utf-8")
    assert "$['#meta'].counterexample" in scuttle("convert", foreign, ".svg").err
