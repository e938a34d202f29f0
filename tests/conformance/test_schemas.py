"""The JSON Schemas of conformance: those of the code, and true of what is read and written."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from adapters_of_the_oracle import REFERENCE, hostile
from attrs import define, field
from click.testing import CliRunner

from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.conform import command
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.live import robustness
from scuttle_check.oracle.live.checkup import checkup
from scuttle_check.oracle.live.drawing import Palette, scenes
from scuttle_check.oracle.live.exploring import Explorer
from scuttle_check.oracle.live.nodes import Launch, Loopback
from scuttle_check.oracle.live.running import run
from scuttle_check.oracle.live.searching import search
from scuttle_check.oracle.live.trial import Plan
from scuttle_check.oracle.result import Level
from scuttle_check.oracle.schemas import SCHEMAS
from scuttle_check.oracle.wire import line_of
from scuttle_ref.profiles import DOCUMENTED, SCUTTLEBUTT
from scuttle_ref.wire import DOCUMENTED_DIALECT

SPEC = spec_folder()


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SPEC / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(name: str, document: Any) -> list[str]:
    return [
        each.json_path + ": " + each.message[:200] for each in validator(name).iter_errors(document)
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_files_are_what_the_code_says_today(name: str) -> None:
    """A schema that has drifted refuses what is right: scuttle conform schema NAME prints it."""
    printed = CliRunner().invoke(command, ["schema", name])
    assert printed.exit_code == 0
    assert printed.output == (SPEC / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


def test_the_list_of_schemas_names_each() -> None:
    """Nobody looks into a folder of an installed package."""
    printed = CliRunner().invoke(command, ["schema"])
    assert all(name in printed.output for name in SCHEMAS)


@define
class Tapped(ReferenceAdapter):
    """Remembers one line of each shape of what is asked and answered."""

    heard: dict[str, Any] = field(factory=dict)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().answer(request)
        for each in (json.loads(line_of(request)), json.loads(line_of(reply))):
            kinds = sorted((name, type(value).__name__) for name, value in each.items())
            self.heard[f"{each.get('op')} {kinds}"] = each
        return reply


@pytest.mark.parametrize("profile", [DOCUMENTED, SCUTTLEBUTT], ids=lambda each: each.name)
def test_what_the_oracle_asks_and_the_reference_answers_follow_the_schema(profile: Any) -> None:
    """An author who generates types from the schema gets what really comes. Spec: ADP-2, ADP-4."""
    adapter = Tapped(profile)
    nodes = Loopback(adapter)
    player = Explorer(nodes, profile, DOCUMENTED_DIALECT, exact=False, case="test")
    palette = Palette.of(nodes.hello, profile, hostile=False)
    search(scenes(palette), lambda s: player.attempt(s) is not None, examples=20, at_seed=0)
    for operation in robustness.directed()["messages"][:12]:
        robustness.attempt(nodes, robustness.plain_scene(operation, None), "test")
    assert len(adapter.heard) > 12
    for each in adapter.heard.values():
        assert faults("adapter", each) == [], each


def test_a_line_that_is_no_line_is_refused() -> None:
    """A schema that takes everything says nothing."""
    right = {"op": "set", "id": 1, "node": "A", "key": "k", "value": 1}
    assert faults("adapter", right) == []
    for wrong in (
        {**right, "op": "fly"},
        {**right, "colour": 1},
        {"re": 1},
        {"re": 1, "ok": False},
    ):
        assert faults("adapter", wrong)


def test_reports_follow_their_schema(tmp_path: Path) -> None:
    """Findings of every level, lost processes, and nothing at all. Spec: ORA-12, ORA-15."""
    mutant = (*REFERENCE, "--mutant", "stamp=stamp_seven")
    plans = [
        Plan(DOCUMENTED, Launch(mutant), (Level.CONVERGENCE,), "*", 10),
        Plan(
            DOCUMENTED,
            Launch(hostile(tmp_path, "dies mid-line")),
            (Level.ROBUSTNESS,),
            "robustness/names-set",
            1,
        ),
        Plan(DOCUMENTED, Launch(REFERENCE), (Level.ROBUSTNESS,), "robustness/names-*", 1),
    ]
    for plan in plans:
        report = run(plan, lambda _text: None).to_json()
        assert faults("report", report) == []
        report["cases"][0]["colour"] = "red"
        assert faults("report", report)


def test_check_ups_follow_their_schema(tmp_path: Path) -> None:
    """Of an adapter without and with a mistake. Spec: ORA-13."""
    for line in (REFERENCE, hostile(tmp_path, "wrong id")):
        assert faults("checkup", checkup(Launch(line)).to_json()) == []


def test_the_known_failures_of_the_guide_follow_their_schema() -> None:
    """What the guide shows must be taken by those who check before they run. Spec: ORA-11."""
    guide = (SPEC / "guide" / "adapters.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    assert faults("known-failures", tomllib.loads(example)) == []
    assert faults("known-failures", {"xfail": [{"issue": "an id is missing"}]})


def test_the_map_of_the_guide_follows_its_schema() -> None:
    """Words of a foreign log are checked before the log is read. Spec: OBS-4."""
    guide = (SPEC / "guide" / "traces.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    found = tomllib.loads(example)
    assert found.keys() >= {"trace", "fields", "events"}
    assert faults("trace-map", found) == []
    assert faults("trace-map", {**found, "words": {}})
    assert faults("trace-map", {"fields": {"node": 3}})


def test_logs_and_what_is_said_of_them_follow_their_schemas(tmp_path: Path) -> None:
    """The logs of the guide, line by line. Spec: OBS-1."""
    guide = (SPEC / "guide" / "traces.md").read_text(encoding="utf-8")
    for at, block in enumerate(re.findall(r"```json\n(.*?)```", guide, re.DOTALL)):
        decoder, rest, lines = json.JSONDecoder(), block.strip(), []
        while rest:
            document, end = decoder.raw_decode(rest)
            lines.append(document)
            rest = rest[end:].strip()
        assert [faults("trace", each) for each in lines] == [[]] * len(lines)
        if "format" in lines[0]:
            file = tmp_path / f"{at}.jsonl"
            file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
            printed = CliRunner().invoke(command, ["trace", "--json", str(file)])
            assert faults("trace-report", json.loads(printed.output)) == []
    assert faults("trace", {"ev": "fly", "node": "n1"})
