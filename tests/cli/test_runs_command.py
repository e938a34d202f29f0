"""``scuttle check --run`` and ``scuttle runs``: killed, interrupted, gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

SCUTTLE = (sys.executable, "-c", "from scuttle_check.cli.main import main; main()")
LINE = ("--profile", "textbook", "--topology", "line:3", "--no-scout")
TRIANGLE = ("--profile", "textbook", "--topology", "ring:3", "--no-scout")
KILLS = int(os.environ.get("SCUTTLE_KILLS", "2"))
"""How often a search is killed; the recorded result is of twenty."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"seconds": None}


def run(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*SCUTTLE, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def levels_of(folder: Path) -> int:
    path = folder / "levels.jsonl"
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def begun(folder: Path) -> tuple[str, ...]:
    return ("check", *TRIANGLE, "--json", "--run", str(folder))


def whole(search: subprocess.Popen[bytes]) -> None:
    document = json.loads(search.communicate()[0])
    assert (document["states"], document["transitions"]) == (584_394, 2_260_966)
    assert (document["terminal"], document["complete"]) == (64, True)


def test_a_search_that_is_killed_again_and_again_says_the_same() -> None:
    """Nobody may need to watch over a search of a week. Spec: RUN-1.

    A quick machine ends one before it has been killed so often; then the next begins.
    """
    chance = random.Random(7)  # noqa: S311 - reproducibility is the point
    folder, kills = Path("run"), 0
    command = begun(folder)
    while kills < KILLS:
        before = levels_of(folder)
        with run(*command) as going:
            while levels_of(folder) <= before and going.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.random() / 20)
            if going.poll() is None:
                going.kill()
                kills += 1
                command = ("runs", "resume", str(folder), "--json", "--no-scout")
            else:
                whole(going)
                folder = Path(f"run-{kills}")
                command = begun(folder)
    with run(*command) as last:
        whole(last)


def test_ctrl_c_saves_and_says_how_to_go_on(scuttle: Callable[..., Any]) -> None:
    """An interruption costs a level at most, and ends with 130. Spec: RUN-1."""
    with run("check", *TRIANGLE, "--run", "run") as going:
        while levels_of(Path("run")) < 4:
            time.sleep(0.01)
            assert going.poll() is None
        going.send_signal(signal.SIGINT)
        _, told = going.communicate(timeout=60)
    assert going.returncode == 130
    assert b"go on with: scuttle runs resume run" in told
    shown = scuttle("runs", "show", "run", "--json").document
    assert shown["state"] == "resumable"
    assert len(shown["levels"]) >= 4


def test_a_run_is_limited_resumed_by_workers_shown_and_removed(
    scuttle: Callable[..., Any],
) -> None:
    """What a run folder is for, from its beginning to its end. Spec: RUN-1, RUN-3."""
    first = scuttle("check", *LINE, "--run", "--max-states", "500", "--json")
    assert (first.code, first.document["complete"]) == (1, False)
    listed = scuttle("runs", "list", "--json").document["runs"]
    assert [(each["name"], each["state"]) for each in listed] == [
        ("0001-textbook-line-3", "resumable")
    ]
    again = scuttle("runs", "resume", "1", "--workers", "2", "--json")
    whole = scuttle("check", *LINE, "--json", "--workers", "1")
    assert again.code == whole.code
    assert comparable(again.document) == comparable(whole.document)
    assert "finished" in scuttle("runs", "show", "1").out
    assert scuttle("check", *LINE, "--run", ".scuttle/runs/0001-textbook-line-3").code == 2
    Path(".scuttle/runs/0001-textbook-line-3/mine.txt").write_text("kept")
    assert scuttle("runs", "rm", "1").code == 0
    assert Path(".scuttle/runs/0001-textbook-line-3/mine.txt").read_text() == "kept"
    assert scuttle("runs", "show", "1").code == 2


def test_a_full_disk_is_told_of_and_costs_a_level(
    scuttle: Callable[..., Any], full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    """Disks fill up in the night. Spec: RUN-2."""
    with full_disk(12):
        ran = scuttle("check", *LINE, "--run", "run")
    assert ran.code == 3
    assert "No space left" in ran.err
    resumed = scuttle("runs", "resume", "run", "--no-scout", "--json")
    assert "goes on at depth 3" in resumed.err
    assert comparable(resumed.document) == comparable(scuttle("check", *LINE, "--json").document)


@pytest.mark.parametrize(
    "flags",
    [
        ("--search", "random"),
        ("--search", "plain"),
        ("--reduction", "auto"),
        ("--live",),
    ],
)
def test_what_is_not_saved_is_refused(scuttle: Callable[..., Any], flags: tuple[str, ...]) -> None:
    """Who asks for a folder and gets none loses a week. Spec: RUN-5."""
    ran = scuttle("check", "--topology", "line:2", *flags, "--run", "run")
    assert ran.code == 2
    assert "RUN-5" in ran.err


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "scuttle-run/1"}'])
def test_a_folder_that_is_no_run_is_told_of(scuttle: Callable[..., Any], content: str) -> None:
    """Folders are edited and copied in halves. Spec: RUN-3."""
    Path("run").mkdir()
    Path("run/run.json").write_text(content)
    ran = scuttle("runs", "resume", "run")
    assert ran.code == 2
    assert "run.json" in ran.err
