"""``scuttle conform`` for a person who has an implementation and a README."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from adapters_of_the_oracle import HEAD, LOOP, REFERENCE, hostile

from scuttle_check.base.resources import spec_folder

BARE = """
def misbehave(request):
    if request["op"] == "set":
        answer(request, out=[], events=[])
    elif request["op"] == "get":
        answer(request, result=1)
    else:
        error = {"kind": "unsupported"}
        print(json.dumps({"re": request["id"], "ok": False, "error": error}), flush=True)
"""
"""An adapter whose get answers with the bare value."""

QUICK = ("--examples", "5", "--case", "step/*")


def test_the_reference_conforms(scuttle: Callable[..., Any]) -> None:
    """The first thing to try. Spec: ORA-8."""
    ran = scuttle("conform", "run", *QUICK)
    assert ran.code == 0, ran
    assert "conforms" in ran.out
    assert "round trips" in ran.err


def test_a_violation_ends_with_1_and_its_reports_are_written(
    scuttle: Callable[..., Any], tmp_path: Path
) -> None:
    """For a person, a program, a build server and a page at once. Spec: ORA-12."""
    junit, html = tmp_path / "a.xml", tmp_path / "a.html"
    ran = scuttle(
        "conform", "run", *QUICK, "--json", "--report", f"junit={junit}", "--report",
        f"html={html}", "--", *REFERENCE, "--mutant", "fill_nothing",
    )  # fmt: skip
    assert ran.code == 1
    assert ran.document["verdicts"] == {"step": "violates"}
    assert "<failure" in junit.read_text(encoding="utf-8")
    assert "<table>" in html.read_text(encoding="utf-8")

    report = tmp_path / "report.json"
    report.write_text(ran.out, encoding="utf-8")
    matrix = scuttle("conform", "matrix", report, report)
    assert matrix.code == 0
    assert matrix.out.count("scope=col") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "--mutant", "x", "--", *REFERENCE), 2, "--mutant"),
        (("run", "--mutant", "no_such_rule"), 2, "no mutant 'no_such_rule'"),
        (("run", "--case", "nothing*", "--", *REFERENCE), 2, "no case"),
        (("run", "--report", "pdf=x", "--", *REFERENCE), 2, "no report"),
        (("run", "--expect", "/nowhere.toml", "--", *REFERENCE), 2, "nowhere.toml"),
        (("run", "--", "/does/not/exist"), 3, "cannot be started"),
        (("matrix", "/nowhere.json"), 2, "nowhere.json"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_few_lines(
    refused: Callable[..., str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    """Usage and things that cannot run are told apart from violations. Spec: ORA-4."""
    assert says in refused("conform", *arguments, code=code)


@pytest.mark.parametrize(
    ("body", "operation", "clause"),
    [
        ("def misbehave(request): answer(request, outt=[])", "set", "ADP-6"),
        ("def misbehave(request): print('debug')", "an operation nobody knows", "ADP-1"),
        ("def misbehave(request): answer(request, out=[], events=[])", "an operation", "ADP-6"),
        (
            BARE,
            "get",
            "ADP-4",
        ),
    ],
)
def test_the_check_up_names_the_next_mistake(
    scuttle: Callable[..., Any], tmp_path: Path, body: str, operation: str, clause: str
) -> None:
    """One thing to mend at a time, with what was asked. Spec: ORA-13."""
    file = tmp_path / "adapter.py"
    file.write_text(f"{HEAD}\n{body}\n{LOOP}", encoding="utf-8")
    ran = scuttle("conform", "check-adapter", "--", sys.executable, file)
    assert ran.code == 1
    assert f"MISTAKE  {operation}" in ran.out or clause in ran.out
    assert clause in ran.out
    assert "asked" in ran.out


def test_the_check_up_of_the_reference_finds_nothing_to_mend(
    scuttle: Callable[..., Any], tmp_path: Path
) -> None:
    """And of one that hangs says so, in time. Spec: ORA-13."""
    ran = scuttle("conform", "check-adapter", "--json", "--", *REFERENCE)
    assert ran.code == 0
    assert {each["state"] for each in ran.document["steps"]} == {"ok"}
    hangs = scuttle(
        "conform", "check-adapter", "--timeout", "0.3", "--", *hostile(tmp_path, "silent")
    )
    assert hangs.code == 1
    assert "no answer within 0.3 s" in hangs.out


def test_a_resolver_in_another_process_is_judged_by_the_laws(scuttle: Callable[..., Any]) -> None:
    """Whoever ports a resolver asks the same questions of it. Spec: ADP-10, LAW-14."""
    ran = scuttle("conform", "resolver", "lww_vs_clock", "--examples", "5", "--json")
    assert ran.code == 1, ran.document
    refuted = {each["law"] for each in ran.document["laws"] if each["verdict"] == "refuted"}
    assert "commutative" in refuted


def test_a_resolver_that_is_not_offered_cannot_be_judged(refused: Callable[..., str]) -> None:
    """And the ones that are offered are named. Spec: ADP-8."""
    assert "lww_total" in refused("conform", "resolver", "mine")


def _template(name: str) -> tuple[str, ...]:
    return {
        "adapter.py": (sys.executable,),
        "adapter.mjs": ("node",),
        "adapter.go": ("go", "run"),
    }[name]


@pytest.mark.parametrize("name", ["adapter.py", "adapter.mjs", "adapter.go"])
def test_the_templates_of_the_guide_pass_the_check_up_and_are_judged(
    name: str, tmp_path: Path, scuttle: Callable[..., Any]
) -> None:
    """A template that does not run teaches the wrong protocol. Spec: ADP-1, ADP-11."""
    runner = _template(name)
    if shutil.which(runner[0]) is None:
        pytest.skip(f"{runner[0]} is not installed")
    file = tmp_path / name
    shutil.copy(spec_folder() / "guide" / "templates" / name, file)
    command = (*runner, str(file))
    if name == "adapter.go":
        binary = tmp_path / "adapter"
        subprocess.run(["go", "build", "-o", binary, file], check=True, cwd=tmp_path)
        command = (str(binary),)
    checked = scuttle("conform", "check-adapter", "--", *command)
    assert checked.code == 0, checked.out
    judged = scuttle(
        "conform", "run", "--json", "--profile", "textbook", "--examples", "40", "--", *command
    )
    assert set(judged.document["verdicts"].values()) == {"conforms"}, judged.document["cases"]
    assert judged.code == 0, json.dumps(judged.document["cases"], indent=1)[:3000]
