"""What becomes of results: known failures, exit codes, and reports."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import attrs
import pytest
from adapters_of_the_oracle import REFERENCE, hostile

from scuttle_check.base.errors import UsageFault
from scuttle_check.oracle.live.nodes import Launch
from scuttle_check.oracle.live.running import run
from scuttle_check.oracle.live.trial import Plan
from scuttle_check.oracle.mutants.mutants import MUTANTS
from scuttle_check.oracle.reports import as_html, as_junit, as_text
from scuttle_check.oracle.result import (
    CaseResult,
    Known,
    Level,
    Outcome,
    Report,
    expected,
    load_known,
)
from scuttle_ref import rules
from scuttle_ref.profiles import DOCUMENTED

WITNESS = next(m for m in MUTANTS if m.base is DOCUMENTED and m.rule is rules.witness_join)


def ran(command: tuple[str, ...], **plan: Any) -> Report:
    launch = Launch(command, seconds_max=plan.pop("seconds_max", 5.0))
    return run(Plan(DOCUMENTED, launch, **plan), lambda _text: None)


@pytest.fixture(scope="module")
def violating() -> Report:
    """A run that finds one violation at the step level."""
    command = (*REFERENCE, "--mutant", "witness=witness_join")
    return ran(command, levels=(Level.STEP,), examples=25)


def test_a_run_names_everything_that_is_needed_to_mend(violating: Report) -> None:
    """Step, path, expected, got, picture, and the command to run again. Spec: ORA-12."""
    text = as_text(violating, verbose=False)
    for part in (
        "step/VERS-3", "$.clock", "expected {", "got {", "as if it followed: witness_join",
        "again: scuttle conform run --profile documented --case step/explore --seed 0", "    1 ",
    ):  # fmt: skip
        assert part in text
    assert violating.exit_code == 1
    assert violating.verdicts() == {"step": "violates"}


def test_a_report_tells_every_event_and_what_the_reference_does(violating: Report) -> None:
    """The explorer walks through it where the implementation is not at hand. Spec: ORA-15."""
    (finding,) = violating.to_json()["cases"][0]["findings"]
    (event,) = finding["happened"]
    clock = event["looked"][0]["inspect"]["clock"]
    assert (event["node"], event["do"], event["message"]["key"]) == ("B", "write", "k")
    assert clock == finding["got"]
    assert event["expected"]["clock"] == finding["expected"]
    assert event["got"] == {"out": []}


@pytest.mark.parametrize("level", [Level.ROBUSTNESS, Level.STEP])
def test_a_lost_process_is_the_last_event(level: Level, tmp_path: Path) -> None:
    """What was asked when it died is what its author looks for. Spec: ORA-15, ORA-1."""
    report = ran(hostile(tmp_path, "dies mid-line"), levels=(level,), examples=1)
    for case in report.to_json()["cases"]:
        for finding in case["findings"]:
            *before, last = finding["happened"]
            assert "exit code 7" in last["got"]["error"]
            assert before == []
            assert last["expected"]["out"] is not None
    assert report.exit_code == 1


def test_a_report_is_the_same_bytes_each_time(violating: Report) -> None:
    """Nothing in it measures time, and cases that run side by side change nothing. Spec: ORA-10."""
    command = violating.command
    again = ran(command, levels=(Level.STEP,), examples=25, jobs=2)
    assert json.dumps(again.to_json()) == json.dumps(violating.to_json())


def test_a_build_server_can_read_the_report(violating: Report) -> None:
    """One test case for each case, with the scene as its text. Spec: ORA-12."""
    suite = ET.fromstring(as_junit(violating))  # noqa: S314 - our own text
    assert suite.get("failures") == "1"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "witness_join" in (failure.text or "")


def test_the_matrix_escapes_what_others_wrote(violating: Report) -> None:
    """A name is no markup. Spec: ORA-12."""
    document = {**violating.to_json(), "sut": {"name": "<script>alert(1)</script>"}}
    page = as_html([document, violating.to_json()])
    assert "<script>" not in page
    assert page.count("scope=col") == 2
    assert "VERS-3" in page


def test_a_known_failure_is_no_failure_and_keeps_its_issue(violating: Report) -> None:
    """A build stays green over a bug that is tracked. Spec: ORA-11."""
    known = [Known("step/VERS-3", "https://example.org/7")]
    marked = attrs.evolve(violating, cases=expected(violating.cases, known))
    assert marked.exit_code == 0
    assert marked.verdicts() == {"step": "violates as expected"}
    assert "https://example.org/7" in as_text(marked, verbose=False)


def test_a_known_failure_that_does_not_happen_is_reported() -> None:
    """A stale entry would hide the bug when it comes back. Spec: ORA-11."""
    passed = CaseResult("step/explore", Level.STEP, Outcome.PASS)
    found = expected([passed], [Known("step/VERS-3", "i"), Known("wire/VERS-3", "not tried")])
    assert [each.outcome for each in found] == [Outcome.PASS, Outcome.XPASS]


@pytest.mark.parametrize(
    "text",
    [
        "[[xfail]]\nissue='x'",
        "xfail=1",
        "[[xfail]]\nid=1",
        "[a]",
        "[[xfail",
        "[[xfail]]\nid='x'\nb=1",
    ],
)
def test_a_list_of_known_failures_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """A misspelt entry would expect nothing. Spec: ORA-11."""
    file = tmp_path / "expect.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageFault, match=r"expect\.toml"):
        load_known(file)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome.PASS, Outcome.SKIP], 0),
        ([Outcome.PASS, Outcome.XFAIL], 0),
        ([Outcome.PASS, Outcome.INCONCLUSIVE], 4),
        ([Outcome.SKIP], 4),
        ([Outcome.ERROR, Outcome.CRASH], 1),
        ([Outcome.XPASS], 1),
    ],
)
def test_the_exit_code_says_the_worst(outcomes: list[Outcome], code: int) -> None:
    """A run that showed nothing is not green. Spec: ORA-8."""
    cases = tuple(CaseResult(f"step/{at}", Level.STEP, each) for at, each in enumerate(outcomes))
    assert Report("documented", {}, ("x",), 0, 1, cases).exit_code == code


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("dies mid-line", Outcome.CRASH), ("silent", Outcome.TIMEOUT), ("wrong id", Outcome.PROTOCOL)],
)
def test_a_run_over_a_hostile_adapter_ends_with_its_verdict(
    name: str, outcome: Outcome, tmp_path: Path
) -> None:
    """The worst adapter still gets a report with the smallest scene. Spec: ORA-1, ORA-10."""
    report = ran(hostile(tmp_path, name), case="step/explore", examples=5, seconds_max=0.3)
    (case,) = report.cases
    assert case.outcome is outcome
    assert [each.id for each in case.findings] == [f"step/{outcome.value}"]
    assert len(case.findings[0].scene.operations) == 1  # type: ignore[union-attr]


ECHO = """
import json, sys
for line in sys.stdin:
    q = json.loads(line)
    a = {"version": 1, "sut": {"name": "nothing"}, "capabilities": CAPABILITIES}
    print(json.dumps({"re": q["id"], "ok": True, **(a if q["op"] == "hello" else {})}), flush=True)
"""


def test_an_adapter_that_can_do_nothing_is_inconclusive(tmp_path: Path) -> None:
    """Skipping everything is not passing. Spec: ORA-8."""
    file = tmp_path / "nothing.py"
    file.write_text(ECHO.replace("CAPABILITIES", "[]"), encoding="utf-8")
    report = ran((REFERENCE[0], str(file)))
    assert {each.outcome for each in report.cases} == {Outcome.SKIP}
    assert report.exit_code == 4


def test_an_adapter_that_never_says_anything_is_caught(tmp_path: Path) -> None:
    """Messages that are never sent cannot be wrong, only missing. Spec: ORA-5, ORA-8."""
    file = tmp_path / "mute.py"
    file.write_text(ECHO.replace("CAPABILITIES", "['set','write','gossip']"), encoding="utf-8")
    report = ran((REFERENCE[0], str(file)), levels=(Level.STEP,), examples=10)
    assert report.exit_code == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_run_says_what_it_has_and_leaves_nothing(jobs: str, tmp_path: Path) -> None:
    """Ctrl-C in the middle of a long run, also where a library swallows it. Spec: ORA-2."""
    report = tmp_path / "report.json"
    command = [
        sys.executable, "-c", "from scuttle_check.cli.main import main; main()", "conform", "run",
        "--examples", "100000", "--level", "step", "--jobs", jobs, "--json",
    ]  # fmt: skip
    with report.open("w", encoding="utf-8") as out:
        running = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        assert running.stderr is not None
        assert b"step/explore" in running.stderr.readline()
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert running.wait(20) == 130
        running.stderr.close()
    assert time.monotonic() - began < 10
    assert json.loads(report.read_text(encoding="utf-8"))["interrupted"] is True
