"""Every file that holds a run has a JSON Schema, and follows it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from every_kind import FAILING, OF_MODELS, RECORDINGS, ran, scuttle
from followed import SCHEMAS, faults

from scuttle_check import check
from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.check_ladder import cell_json
from scuttle_check.cli.check_live import live_json
from scuttle_check.cli.shown import catalogue_json
from scuttle_check.gossip.catalogue import find_case, judge, load_catalogue
from scuttle_check.gossip.ladder import RECORD, recorded
from scuttle_check.laws.asking import Run
from scuttle_check.laws.book import law_called
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.regression import Regression
from scuttle_ref.messages import Update

MINE = (
    "run",
    "lasso",
    "model-run",
    "page",
    "itf",
    "regression",
    "recording",
    "check",
    "live",
    "catalogue",
    "ladder",
)
MINE += ("outcomes", "counterexample", "replay", "step", "graph")
"""The schemas that are tested here; the others are tested where their files are written."""


@pytest.fixture(scope="module")
def documents(every_kind: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Documents by the name of their schema, as the commands write them."""

    def read(name: str) -> Any:
        return json.loads((every_kind / name).read_text(encoding="utf-8"))

    def told(*arguments: object) -> Any:
        return json.loads(ran(*arguments)[1])

    page = (every_kind / "found.html").read_text(encoding="utf-8")
    worlds = re.search(r'<script type="application/json" id="worlds">(.*?)</script>', page)
    assert worlds is not None
    found = read("found.json")
    one, other = (Update(source, "k", value, 1) for value, source in ((1, "A"), (2, "B")))
    seen = Evidence("one leaves another", (Run("Z", (one, other)), Run("Z", (other, one))))
    scheduled = Evidence("they disagree", (), found["experiment"], tuple(found["schedule"]))
    law = law_called("commutative", "here")
    judged = [judge(find_case(load_catalogue(), FAILING))]
    unfair = tmp_path_factory.mktemp("unfair") / "lasso.json"
    assert scuttle("check", "--live", "--fairness", "none", "--save", unfair) == 1
    saved = tmp_path_factory.mktemp("own") / "run.json"
    check("counting_down:model").save("never", saved)
    faults = ("--crashes", "1", "--losses", "1", "--writers", "A", "--exchanges", "0", "--json")
    live = ("--live", "--profile", "textbook", "--topology", "line:2", "--writers", "A", "--json")
    return {
        "counterexample": [found],
        "run": [read("run.json")],
        "lasso": [read("lasso.json"), json.loads(unfair.read_text(encoding="utf-8"))],
        "model-run": [json.loads(saved.read_text(encoding="utf-8"))],
        "page": [json.loads(worlds.group(1))],
        "itf": [told("convert", every_kind / kind, ".itf.json") for kind in OF_MODELS],
        "regression": [
            Regression(law, "lww_total", ("value", "version"), each).to_json()
            for each in (seen, scheduled)
        ],
        "recording": [json.loads(path.read_text("utf-8")) for path in RECORDINGS.glob("m0*.json")],
        "check": [
            told("check", "--case", FAILING, "--json"),
            told("check", *faults),
            told("check", *faults, "--search", "random", "--walks", "5"),
        ],
        "live": [told("check", *live)],
        "catalogue": [
            catalogue_json(judged)
            | live_json(judged, ())
            | {"ladders": [cell_json(cell) for cell in recorded().values()]}
        ],
        "outcomes": [told("check", "--topology", "line:2", "--outcomes", "--json")],
        "ladder": [
            told("check", "--ladder", "writers:as-shipped", "--json"),
            json.loads((spec_folder() / RECORD).read_text(encoding="utf-8")),
        ],
        "replay": [
            told("replay", every_kind / name, "--json") for name in ("found.json", "lasso.json")
        ],
        "step": [],
        "graph": [told("graph", "--case", FAILING, "--json")],
    }


def test_each_schema_is_one_and_says_the_same_of_the_same() -> None:
    """They stand alone, so what they share is written in each of them."""
    shared: dict[str, Any] = {}
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for part in ("action", "schedule", "experiment", "verdict", "node", "finding"):
            if part in schema.get("$defs", {}) and (part, name) != ("node", "vectors"):
                said = schema["$defs"][part]
                assert shared.setdefault(part, said) == said, (name, part)
    assert len(shared) == 6


def test_whatever_is_written_follows_its_schema(documents: dict[str, list[Any]]) -> None:
    """And has not a member less than its schema asks for. Spec: CONVERT-4."""
    assert set(documents) == set(MINE)
    for name, found in documents.items():
        assert found or name == "step"
        for document in found:
            assert faults(name, document) == [], name
        validator = jsonschema.Draft202012Validator(SCHEMAS[name])
        for spoilt in _without_one(SCHEMAS[name], found[0] if found else {}):
            assert not validator.is_valid(spoilt), name


def _without_one(schema: dict[str, Any], document: Any) -> Iterator[Any]:
    """The document without each member that is required, and in another version."""
    for name in schema.get("required", ()) if document else ():
        spoilt = copy.deepcopy(document)
        del spoilt[name]
        yield spoilt
    if "format" in document:
        yield {**document, "format": f"{document['format']}0"}


def test_what_the_prompt_says_follows_its_schema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One document for each command."""
    lines = iter(["1\n", "crash A\n", "back\n", "wrong\n", "why\n", ""])
    monkeypatch.setattr("sys.stdin.readline", lambda: next(lines))
    told = ran("step", "--json")[1].splitlines()

    assert len(told) == 5
    for line in told:
        assert faults("step", json.loads(line)) == []


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("counterexample", ("schedule", 0), "fly A"),
        ("counterexample", ("experiment", "network"), "carrier pigeon"),
        ("counterexample", ("experiment", "faults"), {"earthquakes": 1}),
        ("lasso", ("cycle",), "perform A"),
        ("page", ("worlds", 0, 0), -1),
        ("itf", ("states", 0, "nodes"), {"#map": [["A"]]}),
        ("itf", ("states", 0, "nodes"), 3),
        ("regression", ("orders", 0, 0, "version"), "1"),
        ("recording", ("steps", 0, "op"), {}),
        ("check", ("properties", 0, "verdict"), "maybe"),
    ],
)
def test_what_no_reader_would_take_is_refused(
    documents: dict[str, list[Any]], name: str, path: tuple[str | int, ...], value: object
) -> None:
    """A schema that takes everything would say nothing."""
    spoilt = copy.deepcopy(documents[name][0])
    inner = spoilt
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    assert faults(name, spoilt)
