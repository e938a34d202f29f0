"""``scuttle simulate ... --run``: killed, interrupted, damaged, gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from scuttle_check.base.sums import summed
from scuttle_check.cli import simulate
from scuttle_check.evidence.simulation.spread import neighbourhood

SCUTTLE = (sys.executable, "-c", "from scuttle_check.cli.main import main; main()")
PAPER = ("simulate", "light-writers", "--nodes", "4", "--seeds", "8")
SPREAD = ("simulate", "spread", "--topology", "complete:64", "--growth", "--seeds", "16")
SHORT = ("simulate", "light-writers", "--nodes", "4", "--seeds", "3", "--order", "depth")
KILLS = int(os.environ.get("SCUTTLE_KILLS", "2"))
"""How often a simulation is killed; the recorded result is of fifty."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to files: a pipe that nobody reads would hold it up."""
    with (
        Path("out").open("wb") as out,
        Path("err").open("wb") as err,
        subprocess.Popen([*SCUTTLE, *command], stdout=out, stderr=err) as process,
    ):
        yield process


def whole(folder: Path) -> int:
    """How many lines of runs are on the disk."""
    path = folder / "runs.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize(
    ("flags", "workers"),
    [(PAPER, ()), (SPREAD, ()), (SPREAD, ("--workers", "2"))],
    ids=["paper", "spread", "workers"],
)
def test_a_simulation_that_is_killed_again_and_again_says_the_same(
    scuttle: Callable[..., Any], flags: tuple[str, ...], workers: tuple[str, ...]
) -> None:
    """Nobody may need to watch over a night of seeds. Spec: RUN-7.

    A quick machine ends one before it has been killed so often; then the next begins.
    """
    chance = random.Random(11)  # noqa: S311 - reproducibility is the point
    expected = scuttle(*flags, "--json").out.encode()
    folder, kills = Path("run"), 0
    command: tuple[str, ...] = (*flags, "--json", *workers, "--run", "run")
    while kills < KILLS:
        before = whole(folder)
        with started(*command) as going:
            while whole(folder) <= before and going.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.random() / 10)
            if going.poll() is None:
                going.kill()
                kills += 1
                command = ("runs", "resume", str(folder), "--json", *workers)
            else:
                assert Path("out").read_bytes() == expected
                folder = Path(f"run-{kills}")
                command = (*flags, "--json", *workers, "--run", str(folder))
    with started(*command):
        pass
    assert Path("out").read_bytes() == expected
    assert "Traceback" not in Path("err").read_text()


@pytest.mark.parametrize("flags", [PAPER, SPREAD], ids=["paper", "spread"])
def test_ctrl_c_saves_and_says_how_to_go_on(
    scuttle: Callable[..., Any], flags: tuple[str, ...]
) -> None:
    """Ends with 130; resumed by workers it puts out the same bytes. Spec: RUN-7."""
    expected = scuttle(*flags)
    with started(*flags, "--run", "run") as going:
        while whole(Path("run")) < 3:
            time.sleep(0.002)
            assert going.poll() is None
        going.send_signal(signal.SIGINT)
        going.wait(60)
    assert going.returncode == 130
    assert Path("out").read_text()
    assert "go on with: scuttle runs resume run\n" in Path("err").read_text()
    had = whole(Path("run"))
    assert had >= 3

    ran = scuttle("runs", "resume", "run", "--workers", "2")

    assert (ran.code, ran.out) == (expected.code, expected.out)
    assert f"goes on with {had} of" in ran.err


def test_a_simulation_is_listed_shown_and_removed(scuttle: Callable[..., Any]) -> None:
    """As a search is, with its own words. Spec: RUN-3, RUN-5."""
    ran = scuttle(*SHORT, "--run", "--json")
    (one,) = scuttle("runs", "list", "--json").document["runs"]
    assert (one["name"], one["kind"], one["state"]) == (
        *("0001-light-writers", "simulation", "finished"),
    )
    assert (one["ended"], one["runs"], one["plan"]["seeds"]) == (3, 3, 3)
    assert scuttle("runs", "show", "1", "--json").document["result"] == ran.document
    assert "depth" in scuttle("runs", "show", "1").out
    assert "3 of 3 runs" in scuttle("runs", "list").out
    assert scuttle("runs", "resume", "1", "--json").out == ran.out
    again = scuttle(*SHORT, "--run", ".scuttle/runs/0001-light-writers")
    assert (again.code, "RUN-3" in again.err) == (2, True)
    limited = scuttle("runs", "resume", "1", "--max-states", "5")
    assert (limited.code, "RUN-5" in limited.err) == (2, True)
    folder = Path(".scuttle/runs/0001-light-writers")
    (folder / "mine.txt").write_text("kept")
    assert scuttle("runs", "rm", "1").code == 0
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_search_has_nothing_to_plot(scuttle: Callable[..., Any]) -> None:
    """Both kinds stand in one list, and each refuses what is the other's. Spec: RUN-5."""
    scuttle("check", "--topology", "line:2", "--run", "run", "--max-states", "10")
    ran = scuttle("runs", "resume", "run", "--plot", "a.svg")
    assert ran.code == 2
    assert "RUN-5" in ran.err


@pytest.mark.parametrize("cut", [1, 40])
def test_what_is_behind_the_last_whole_line_is_cut_off(
    scuttle: Callable[..., Any], cut: int
) -> None:
    """A kill in the middle of a line leaves half of one. Spec: RUN-2."""
    expected = scuttle(*SHORT, "--run", "run").out
    path = Path("run/runs.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    assert scuttle("runs", "show", "run", "--json").document["ended"] == 2
    ran = scuttle("runs", "resume", "run")
    assert ran.out == expected
    assert "goes on with 2 of 3 runs" in ran.err
    assert whole(Path("run")) == 3


def test_a_bit_that_flipped_costs_one_run(scuttle: Callable[..., Any]) -> None:
    """A number that changed on the disk must not come out as a measurement. Spec: RUN-7."""
    expected = scuttle(*SHORT, "--run", "run").out
    path = Path("run/runs.jsonl")
    first, *rest = path.read_text().splitlines(keepends=True)
    at = first.index(".") + 1
    flipped = str((int(first[at]) + 1) % 10)
    path.write_text("".join([first[:at] + flipped + first[at + 1 :], *rest]))
    ran = scuttle("runs", "resume", "run")
    assert ran.out == expected
    assert "goes on with 2 of 3 runs" in ran.err


def test_runs_of_another_plan_are_not_taken_for_runs_of_this(scuttle: Callable[..., Any]) -> None:
    """Who adds seeds by hand would give numbers another meaning. Spec: RUN-7, RUN-9."""
    scuttle(*SHORT, "--run", "run")
    path = Path("run/run.json")
    document = json.loads(path.read_text())
    document["plan"]["orders"] = ["breadth"]
    path.write_text(json.dumps(document))
    ran = scuttle("runs", "show", "run")
    assert ran.code == 2
    assert "RUN-9" in ran.err
    path.write_text(json.dumps(summed({k: v for k, v in document.items() if k != "sum"})))
    assert scuttle("runs", "show", "run", "--json").document["ended"] == 0


def test_a_full_disk_is_told_of_and_costs_a_run(
    scuttle: Callable[..., Any], full_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    """Disks fill up in the night. Spec: RUN-2."""
    with full_disk(2):
        ran = scuttle(*SHORT, "--run", "run")
    assert (ran.code, ran.out) == (3, "")
    assert "No space left" in ran.err
    resumed = scuttle("runs", "resume", "run", "--json")
    assert "goes on with" in resumed.err
    assert resumed.out == scuttle(*SHORT, "--json").out


def test_other_sources_and_another_graph_are_refused(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the seeds of one network and half of another are seeds of none. Spec: RUN-3."""

    def resumed() -> Any:
        neighbourhood.cache_clear()  # as in a process of its own
        return scuttle("runs", "resume", "run")

    Path("net.edgelist").write_text("a b\nb c\n")
    scuttle("simulate", "spread", "--topology", "net.edgelist", "--run", "run")
    Path("net.edgelist").write_text("a b\na c\n")
    assert resumed().code == 3
    Path("net.edgelist").unlink()
    assert resumed().code == 2
    Path("net.edgelist").write_text("a b\nb c\n")
    assert resumed().code == 0
    monkeypatch.setattr("scuttle_check.evidence.simulation.kept.digest", lambda: "other")
    other = resumed()
    assert (other.code, "RUN-3" in other.err) == (3, True)


def test_one_process_is_at_work_in_a_folder(scuttle: Callable[..., Any]) -> None:
    """Two would write into one line. Spec: RUN-4."""
    with started(*PAPER, "--run", "run") as going:
        while not whole(Path("run")):
            time.sleep(0.002)
        going.send_signal(signal.SIGSTOP)
        second = scuttle("runs", "resume", "run")
        shown = scuttle("runs", "show", "run", "--json").document
        going.kill()
    assert (second.code, "RUN-4" in second.err) == (2, True)
    assert shown["state"] == "running"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "weather"},
        {"seeds": "3"},
        {"orders": ["sideways"]},
        {"orders": None},
        {"nodes": 0},
        {"more": 1},
    ],
)
def test_a_plan_that_is_none_is_told_of(
    scuttle: Callable[..., Any], change: dict[str, object]
) -> None:
    """Folders are edited. Spec: RUN-3."""
    scuttle(*SHORT, "--run", "run")
    path = Path("run/run.json")
    document = json.loads(path.read_text())
    document["plan"].update(change)
    path.write_text(json.dumps(document))
    ran = scuttle("runs", "resume", "run")
    assert ran.code == 2
    assert "$.plan" in ran.err


@pytest.mark.parametrize("change", [{"profile": "none"}, {"updates": "1"}, {"weather": {}}])
def test_a_setup_that_is_none_is_told_of(
    scuttle: Callable[..., Any], change: dict[str, object]
) -> None:
    """The same of spreading. Spec: RUN-3."""
    scuttle("simulate", "spread", "--topology", "ring:5", "--seeds", "1", "--run", "run")
    path = Path("run/run.json")
    document = json.loads(path.read_text())
    document["plan"]["setup"].update(change)
    path.write_text(json.dumps(document))
    assert "$.plan" in scuttle("runs", "show", "run").err


def test_workers_that_cannot_be_had_leave_no_folder(scuttle: Callable[..., Any]) -> None:
    """What is refused has not begun."""
    ran = scuttle(*SHORT, "--run", "run", "--workers", "2", "--cluster", "tcp://x:1")
    assert ran.code == 2
    assert not Path("run").exists()


REDUCED = ("simulate", "light-writers", "--nodes", "4", "--order", "depth", "--engine", "reducers")


def test_a_comparison_is_saved_with_its_run(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to do when all have ended, and what was found wrong stays so. Spec: SIM-7."""
    real = simulate.simulate

    def wrong(setup: Any, *rest: Any) -> Any:
        run = real(setup, *rest)
        return evolve(run, samples=run.samples[1:]) if setup.engine == "tables" else run

    monkeypatch.setattr(simulate, "simulate", wrong)
    ran = scuttle(*REDUCED, "--run", "run")
    assert ran.code == 1
    assert "FAILS  depth: reducers and tables give the same curves" in ran.out
    monkeypatch.delattr(simulate, "simulate")
    again = scuttle("runs", "resume", "run")
    assert (again.code, again.out) == (1, ran.out)


def test_a_long_run_tells_how_far_it_is(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reducers take a minute at the paper's size, and quick runs need no words."""
    assert "simulated seconds/s" not in scuttle(*REDUCED).err
    monkeypatch.setattr(simulate, "patience", lambda: 0)
    told = scuttle(*REDUCED).err
    assert "depth, seed 1: second 60 of 120" in told
    assert "simulated seconds/s, about" in told
