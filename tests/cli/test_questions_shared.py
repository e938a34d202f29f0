"""``--all``, ``--coverage`` and ``--reduction quotient`` with workers and with run folders."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCUTTLE = (sys.executable, "-c", "from scuttle_check.cli.main import main; main()")
SHIPPED = ("check", "--profile", "as-shipped", "--topology", "line:3", "--no-scout", "--json")
SCRIPT = ("--script", "script.txt", "--max-history", "1")
CAUSES = ("check", "--profile", "as-shipped", *SCRIPT, "--no-scout", "--json", "--all")
LOST = ("check", "--case", "loss:documented", "--no-scout", "--json")
LOSSY = ("check", "--topology", "line:3", "--losses", "1", "--no-scout", "--json")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "all": CAUSES,
    "coverage": (*SHIPPED, "--coverage"),
    "quotient": (*LOSSY, "--reduction", "quotient"),
    "quotient-refuted": (*LOST, "--reduction", "quotient"),
    "find": (*SHIPPED, "--find", "winner-or-ahead"),
}
KILLS = int(os.environ.get("SCUTTLE_KILLS", "2"))
"""How often a search is killed; the recorded result is of twenty."""

asked = pytest.mark.parametrize("flags", QUESTIONS.values(), ids=QUESTIONS)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("script.txt").write_text("A set k=1\nA set j=2\nB set k=3\n", encoding="utf-8")


def untimed(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "seconds": 0}


def without_schedules(document: dict[str, Any]) -> dict[str, Any]:
    """What a divided search and one process agree in: of equally short schedules either will do."""
    bare = untimed(document)
    for part in ("properties", "counterexamples"):
        chosen = {"schedule", "because"}
        told = [
            {name: value for name, value in each.items() if name not in chosen}
            for each in document.get(part, ())
        ]
        bare[part] = told
        if document["reduction"] != "none":  # a schedule made concrete has no length of its own
            bare[part] = [{**each, "steps": each["steps"] is None} for each in told]
    return bare


@asked
def test_workers_and_a_folder_give_the_answer_of_one_process(
    scuttle: Callable[..., Any], flags: tuple[str, ...]
) -> None:
    """Causes, rules asked and reduced worlds are facts about the model. Spec: SCALE-8, RUN-1."""
    alone = scuttle(*flags)
    shared = scuttle(*flags, "--workers", "2")
    kept = scuttle(*flags, "--run", "run")

    assert alone.code == shared.code == kept.code
    expected = without_schedules(alone.document)
    assert without_schedules(shared.document) == expected
    assert without_schedules(kept.document) == expected
    assert untimed(kept.document) == untimed(shared.document)
    assert scuttle("runs", "show", "run", "--json").document["result"] == kept.document


@asked
def test_a_limited_run_is_resumed_to_the_same_answer(
    scuttle: Callable[..., Any], flags: tuple[str, ...]
) -> None:
    """By other numbers of workers, too; the folder knows what was asked. Spec: RUN-1."""
    whole = scuttle(*flags, "--workers", "1").document
    first = scuttle(*flags, "--run", "run", "--max-states", 60)
    assert first.document["stop"] == "more than 60 states, the limit given"
    again = scuttle("runs", "resume", "run", "--json", "--workers", "2", "--no-scout")

    assert untimed(again.document) == untimed(whole)
    assert "goes on at depth" in again.err


def test_a_cause_is_looked_for_once_all_worlds_were_seen(scuttle: Callable[..., Any]) -> None:
    """A later search would be blind to less than it must. Spec: RUN-1, CHK-8."""
    scuttle(*CAUSES, "--run", "run", "--max-states", 100)
    shown = scuttle("runs", "show", "run", "--json").document
    assert (shown["asked"]["every"], shown["asked"]["searches"]) == (True, 1)
    scuttle("runs", "resume", "run")
    shown = scuttle("runs", "show", "run", "--json").document
    assert shown["asked"]["searches"] > 2
    assert "all causes" in scuttle("runs", "show", "run").out
    assert scuttle("runs", "rm", "run").code == 0
    assert not Path("run").exists()


def lines_in(folder: Path) -> int:
    """How many levels are on the disk, of all searches of a run."""
    return sum(path.read_bytes().count(b"\n") for path in folder.rglob("levels.jsonl"))


@pytest.mark.parametrize("question", ["all", "coverage", "quotient"])
def test_a_search_that_is_killed_again_and_again_answers_the_same(
    scuttle: Callable[..., Any], question: str
) -> None:
    """Between two searches for causes, too. Spec: RUN-1.

    A quick machine ends one before it has been killed so often; then the next begins.
    """
    chance = random.Random(13)  # noqa: S311 - reproducibility is the point
    flags = QUESTIONS[question]
    expected = untimed(scuttle(*flags, "--workers", "1").document)
    folder, kills = Path("run"), 0
    command: tuple[str, ...] = (*flags, "--run", "run")
    while kills < KILLS:
        before = lines_in(folder)
        with Path("out").open("wb") as out, subprocess.Popen([*SCUTTLE, *command], stdout=out) as p:
            while lines_in(folder) <= before and p.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.random() / 10)
            if p.poll() is None:
                p.kill()
                kills += 1
                command = ("runs", "resume", str(folder), "--json", "--no-scout")
                continue
        assert untimed(json.loads(Path("out").read_bytes())) == expected
        folder = Path(f"run-{kills}")
        command = (*flags, "--run", str(folder))
    last = scuttle(*command)
    assert untimed(last.document) == expected


@pytest.mark.parametrize("flag", [("--workers", "2"), ("--run", "run")])
@pytest.mark.parametrize(
    ("flags", "why", "how"),
    [
        (("--live",), "graph of all worlds", "leave out --"),
        (("--reduction", "auto"), "numbers only", "--reduction quotient"),
        (("--reduction", "stubborn", "--property", "agreement"), "numbers only", "quotient"),
        (("--reduction", "quotient", "--certify"), "certificate", "leave out --"),
        (("--search", "plain"), "as numbers", "--search compiled"),
        (("--search", "depth-first"), "as numbers", "--search compiled"),
    ],
)
def test_what_stays_refused_says_why_and_how_to_go_on(
    refused: Callable[..., str],
    flag: tuple[str, str],
    flags: tuple[str, ...],
    why: str,
    how: str,
) -> None:
    """Who asks for two cores and gets one must be told. Spec: SCALE-4, RUN-5."""
    said = refused("check", "--topology", "line:2", *flags, *flag)
    assert f"does not go with {flag[0]}" in said
    assert why in said
    assert how in said
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--workers", "2", "--max-seconds", "1"), "all workers walk the same"),
        (("--workers", "2", "--coverage"), "ask them in others"),
        (("--run", "run"), "no levels to save"),
    ],
)
def test_walks_say_what_they_do_not_do(
    refused: Callable[..., str], flags: tuple[str, ...], why: str
) -> None:
    """Walks are decided by their seed and number. Spec: SCALE-4, RUN-5."""
    assert why in refused("check", "--topology", "line:2", "--search", "random", *flags)


def test_an_unsound_quotient_is_refused_whoever_searches(refused: Callable[..., str]) -> None:
    """And leaves no folder that could be resumed. Spec: RED-1."""
    unsound = ("check", "--profile", "as-shipped", "--reduction", "quotient")
    for flag in (("--workers", "2"), ("--run", "run")):
        assert "RED-1" in refused(*unsound, *flag)
    assert not Path("run").exists()
