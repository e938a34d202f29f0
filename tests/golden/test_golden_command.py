"""``scuttle golden``: what a person reads, what a program reads, and the exit code."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scuttle_check.cli.golden import command

DATA = Path(__file__).parent / "data" / "simple-scuttle-3.0.2"
AGREEING = DATA / "multi" / "m03-joiner-gets-stale-value.json"
OUTSIDE = DATA / "single" / "s22-remote-string-version.json"


def run(*arguments: object) -> Result:
    """The command, without a terminal."""
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def scuttle(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command as a shell starts it."""
    code = "from scuttle_check.cli.main import main; main()"
    line = [sys.executable, "-c", code, "golden", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.fixture
def differing(tmp_path: Path) -> Path:
    """A recording with one wrong value in its fourth step."""
    trace = copy.deepcopy(json.loads(AGREEING.read_text(encoding="utf-8")))
    trace["steps"][3]["result"]["clock"]["A"] = 77
    file = tmp_path / "differs.json"
    file.write_text(json.dumps(trace), encoding="utf-8")
    return file


def test_all_recordings_replay_and_are_counted() -> None:
    """The command that the README promises. Spec: PROF-4."""
    result = run(DATA, "--json")
    document = json.loads(result.stdout)

    assert result.exit_code == 0
    counts = {name: document[name] for name in ("traces", "agree", "disagree", "out_of_contract")}
    assert counts == {"traces": 196, "agree": 114, "disagree": 0, "out_of_contract": 82}
    assert document["format"] == "scuttle-golden/1"
    assert document["steps"] == sum(each["steps"] for each in document["results"]) > 1500
    assert len(document["results"]) == 196


def test_agreement_is_counted_and_only_listed_when_asked_for() -> None:
    """A hundred lines that say nothing would hide the one that does."""
    quiet, verbose = run(AGREEING), run(AGREEING, "--verbose")

    assert quiet.stdout.splitlines() == [
        "1 trace, 15 steps as recorded: 1 agree, 0 disagree, 0 out-of-contract"
    ]
    assert verbose.stdout.startswith("agree            m03-joiner-gets-stale-value  15 steps\n")


def test_a_difference_is_told_with_step_field_and_both_values(differing: Path) -> None:
    """What to look at first, without opening the file."""
    result = run(differing)
    lines = result.stdout.splitlines()

    assert result.exit_code == 1
    assert lines[0].split() == [
        *("disagree", "m03-joiner-gets-stale-value", "at", "step", "4", "in", "clock")
    ]
    assert lines[1].strip().startswith("recorded")
    assert '["A", 77]' in lines[1]
    assert lines[2].strip().startswith("reference")
    assert lines[3].strip() == f"file       {differing}"


def test_a_difference_as_json_is_data(differing: Path) -> None:
    """A program compares values, not texts."""
    result = run(differing, "--json")
    (found,) = json.loads(result.stdout)["results"]

    assert result.exit_code == 1
    assert (found["agreement"], found["steps"], found["file"]) == ("disagree", 3, str(differing))
    assert found["difference"]["step"] == 4
    assert found["difference"]["field"] == "clock"
    assert ["A", 77] in found["difference"]["recorded"]
    assert ["A", 77] not in found["difference"]["reference"]


def test_an_input_out_of_contract_is_told_with_reason_and_clause() -> None:
    """Left out, and said so. Spec: SHIP-1."""
    text, document = run(OUTSIDE), json.loads(run(OUTSIDE, "--json").stdout)
    (found,) = document["results"]

    assert text.exit_code == 0
    assert "step 1: $.version is '7' [VERS-1]" in text.stdout
    assert (found["step"], found["clause"]) == (1, "VERS-1")
    assert found["reason"] == "$.version is '7'"
    assert document["out_of_contract"] == 1


def test_a_trace_with_another_label_than_the_contract_gives_it_is_pointed_out(
    tmp_path: Path,
) -> None:
    """Who labelled it and who wrote the contract should talk."""
    trace = json.loads(OUTSIDE.read_text(encoding="utf-8"))
    trace["input_class"] = "well-formed"
    file = tmp_path / "labelled.json"
    file.write_text(json.dumps(trace), encoding="utf-8")

    text = run(file).stdout
    (found,) = json.loads(run(file, "--json").stdout)["results"]
    assert "[VERS-1] (labelled well-formed)" in text
    assert "1 not in the class of inputs they are labelled with" in text
    assert (found["agreement"], found["labelled"]) == ("out-of-contract", "well-formed")


def test_names_from_a_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """A file is data: its escape sequences and broken characters are shown, not sent."""
    trace = json.loads(OUTSIDE.read_text(encoding="utf-8"))
    trace["name"] = "\x1b[2J\ud800"
    file = tmp_path / "escape.json"
    file.write_text(json.dumps(trace), encoding="utf-8")

    assert r"\x1b[2J\ud800" in run(file).stdout
    assert json.loads(run(file, "--json").stdout)["results"][0]["name"] == trace["name"]


def test_a_malformed_trace_ends_with_exit_code_2_and_one_message(tmp_path: Path) -> None:
    """Not with a traceback, and with nothing on standard output."""
    trace: dict[str, Any] = json.loads(AGREEING.read_text(encoding="utf-8"))
    trace["steps"][3]["op"] = {"op": "deliver", "msg": "Z.1", "to": "A"}
    file = tmp_path / "m03.json"
    file.write_text(json.dumps(trace), encoding="utf-8")

    ended = scuttle(file, "--json")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"error: {file}: $.steps[3].op.msg: is 'Z.1'")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("fixture", "code"), [("agreeing", 0), ("differing", 1), ("none", 2)])
def test_the_exit_code_says_how_it_ended(
    fixture: str, code: int, differing: Path, tmp_path: Path
) -> None:
    """Scripts ask for nothing else; without a terminal standard error stays empty."""
    paths = {"agreeing": AGREEING, "differing": differing, "none": tmp_path / "none.json"}
    ended = scuttle(paths[fixture])

    assert ended.returncode == code
    assert (ended.stderr == "") is (code != 2)
    assert "Traceback" not in ended.stderr


def test_several_paths_are_one_run() -> None:
    """A shell expands a pattern to many."""
    assert json.loads(run(AGREEING, OUTSIDE, "--json").stdout)["traces"] == 2
