"""``scuttle convert``: a saved run in other formats, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from every_kind import FROM_ELSEWHERE, KINDS, OF_MODELS

from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.pictures import itf


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


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_holds_a_run_becomes_every_picture_of_it(
    scuttle: Callable[..., Any], every_kind: Path, kind: str
) -> None:
    """What is written here can be read here. Spec: CONVERT-2."""
    svg = scuttle("convert", every_kind / kind, ".svg")
    assert (svg.code, svg.err) == (0, "")
    drawn = ET.fromstring(svg.out)  # noqa: S314 - our own text
    messages = [each for each in drawn.iter() if "message" in each.get("class", "")]
    mermaid = scuttle("convert", every_kind / kind, ".mmd").out
    assert len(messages) == len(re.findall(r"n\d--?[)x]n\d: ", mermaid)) > 0
    assert scuttle("convert", every_kind / kind, ".shiviz").out.count("receive ") > 0
    assert " receives " in scuttle("convert", every_kind / kind, ".txt").out
    assert "</html>" in scuttle("convert", every_kind / kind, ".html").out


@pytest.mark.parametrize("kind", OF_MODELS)
def test_whatever_a_model_can_run_again_goes_to_json_and_itf_and_back(
    scuttle: Callable[..., Any], every_kind: Path, tmp_path: Path, kind: str
) -> None:
    """Nothing is lost on the way. Spec: CONVERT-1, CONVERT-3."""
    first, trace, second = tmp_path / "first.json", tmp_path / "t.itf.json", tmp_path / "two.json"
    assert scuttle("convert", every_kind / kind, first).code == 0
    assert scuttle("convert", first, trace).code == 0
    assert scuttle("convert", trace, second).code == 0
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize(("profile", "closed"), [("textbook", True), ("as-shipped", False)])
def test_a_lasso_in_itf_goes_round_where_its_worlds_are_equal(
    scuttle: Callable[..., Any], tmp_path: Path, profile: str, closed: bool
) -> None:
    """Shipped versions grow on every round: alike for ever, and never equal. Spec: CONVERT-3."""
    path = tmp_path / "lasso.json"
    flags = ("--live", "--profile", profile, "--topology", "line:3", "--writers", "A")
    weak = ("--fairness", "weak") if closed else ()
    assert scuttle("check", *flags, *weak, "--save", path).code == 1
    document = json.loads(scuttle("convert", path, ".itf.json").out)
    lasso = json.loads(path.read_text(encoding="utf-8"))

    assert ("loop" in document) == closed
    assert len(document["states"]) == 1 + len(lasso["prefix"]) + len(lasso["cycle"])
    if closed:
        begun, last = document["states"][document["loop"] - 1], document["states"][-1]
        assert (begun["nodes"], begun["network"]) == (last["nodes"], last["network"])
        assert document["loop"] == len(lasso["prefix"]) + 1


def test_a_lasso_that_does_not_fit_says_where(
    scuttle: Callable[..., Any], every_kind: Path, tmp_path: Path
) -> None:
    """In the way or in the cycle. Spec: EXPL-3."""
    lasso = json.loads((every_kind / "lasso.json").read_text(encoding="utf-8"))
    for name, at in (("prefix", 1), ("cycle", 0)):
        spoilt = {**lasso, name: list(lasso[name])}
        spoilt[name][at] = "deliver A>B #7"
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(spoilt), encoding="utf-8")
        assert f"$.{name}[{at}]: the schedule does not fit" in scuttle("convert", path, ".svg").err


@pytest.mark.parametrize("kind", FROM_ELSEWHERE)
@pytest.mark.parametrize("end", [".json", ".itf.json"])
def test_what_happened_elsewhere_is_not_made_a_run_of_a_model(
    scuttle: Callable[..., Any], every_kind: Path, kind: str, end: str
) -> None:
    """A recording replayed by a model would be another run. Spec: CONVERT-1."""
    ran = scuttle("convert", every_kind / kind, end)
    assert ran.code == 2
    assert "no model can run it again" in ran.err


@pytest.mark.parametrize("name", ["recording", "oracle"])
@pytest.mark.parametrize("end", [".svg", ".mmd", ".shiviz", ".txt", ".html"])
def test_a_page_of_what_happened_elsewhere_is_read_back(
    scuttle: Callable[..., Any], every_kind: Path, name: str, end: str
) -> None:
    """To the same bytes as what it was written from: nothing was lost. Spec: EXPL-8."""
    kept, page = (every_kind / f"{name}.{form}" for form in ("json", "html"))
    assert scuttle("convert", page, end).out == scuttle("convert", kept, end).out


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
        (
            {"schedule": ["deliver A>B"]},
            "$.schedule[0]: the schedule does not fit: step 1, 'deliver A>B', cannot happen",
        ),
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
    assert "$['#meta'].run: holds nothing" in scuttle("convert", foreign, ".svg").err
    assert "scuttle graph" in scuttle("convert", saved, "worlds.dot").err
