"""What commands say and write follows its schema: all is well, something is refuted, unknown.

Besides, whatever document a test of the command line reads is held against its schema.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import pytest
from every_kind import FAILING, RECORDINGS
from followed import faults, follows
from said import CASES, QUICK, SPREAD

from scuttle_check.base.resources import spec_folder
from scuttle_check.cli import bench as bench_command
from scuttle_check.cli import twin as twin_command
from scuttle_check.cli import vectors as vectors_command
from scuttle_check.evidence import bench
from scuttle_check.evidence.bench import Checked, Row, Spun, Times
from scuttle_check.evidence.twin import load_twin
from scuttle_check.explorer.lessons import course
from scuttle_check.explorer.playground import PYODIDE_FILES
from scuttle_check.gossip import hunting
from scuttle_check.laws import proved
from scuttle_check.laws.book import LAWS
from scuttle_check.laws.conclusions import Conclusion
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.symbolic import Proof
from scuttle_check.proofs.record import RECORD

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's runs, progress or settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCUTTLE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("SCUTTLE_TLA2TOOLS", raising=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_what_a_command_says_follows_its_schema(
    scuttle: Run, every_kind: Path, tmp_path: Path, case: tuple[str, int, tuple[object, ...]]
) -> None:
    """Where all is well, where something is refuted, where nothing is known. Spec: CONVERT-5."""
    name, code, line = case
    words = [str(word).format(kinds=every_kind, here=tmp_path) for word in line]
    ran = scuttle(*words, "--json")
    assert ran.code == code
    follows(name, ran.document)


def test_a_hunt_that_is_interrupted(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_state: hunting.Hunt, _experiment: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hunting, "refutation", pressed)
    ran = scuttle("hunt", "--json")
    assert (ran.code, ran.document["stop"]) == (130, "interrupted")
    follows("hunt", ran.document)


def test_runs_that_are_interrupted(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches and simulations tell what had ended."""

    def pressed(*_arguments: object) -> Iterator[None]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("scuttle_check.evidence.simulation.seeds.ended", pressed)
    ran = scuttle(*SPREAD, "--json")
    assert (ran.code, ran.document["interrupted"], ran.document["sizes"]) == (130, True, [])
    follows("spread", ran.document)


def test_a_benchmark_in_which_spin_counts_otherwise(
    scuttle: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a row can say, without SPIN."""
    times = Times((1.0, 3.0, 2.0))
    ours = Checked(100_000, 200, times, times, times, peak=7_000_000, base=1_000_000)
    spun = Spun(99, 201, 1.0, times, times, 10)
    row = Row(bench.SIZES[0], bench.ALL_WORLDS, "plain", ours, spun, spun, differs="99 of them")
    monkeypatch.setattr(bench_command, "rows", lambda _plan, _tell: iter([row]))
    ran = scuttle("bench", "--json")
    assert ran.code == 1
    follows("bench", ran.document)


def test_a_twin_that_counts_otherwise(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = load_twin()
    model = next(each for each in twin.models if each.id == "line-2-textbook")
    wrong = attrs.evolve(model, recorded=attrs.evolve(model.recorded, generated=210))
    monkeypatch.setattr(twin_command, "load_twin", lambda: attrs.evolve(twin, models=(wrong,)))
    ran = scuttle("twin", "--json")
    assert (ran.code, len(ran.document["models"][0]["differences"])) == (1, 1)
    follows("twin", ran.document)


def test_a_recording_that_differs(scuttle: Run, tmp_path: Path) -> None:
    trace = json.loads((RECORDINGS / "m03-joiner-gets-stale-value.json").read_text("utf-8"))
    trace["steps"][3]["result"]["clock"]["A"] = 77
    (tmp_path / "differs.json").write_text(json.dumps(trace), encoding="utf-8")
    ran = scuttle("golden", "differs.json", "--json")
    assert (ran.code, ran.document["disagree"]) == (1, 1)
    follows("golden", ran.document)


def test_a_scenario_and_a_counterexample_that_say_something_else(
    scuttle: Run, every_kind: Path, tmp_path: Path
) -> None:
    text = (every_kind / "scenario.txt").read_text("utf-8").replace("apple", "plum", 1)
    (tmp_path / "other.txt").write_text(text, encoding="utf-8")
    ran = scuttle("scenario", "other.txt", "--json")
    assert (ran.code, ran.document["scenarios"][0]["as_recorded"]) == (1, False)
    follows("scenario", ran.document)

    found = json.loads((every_kind / "found.json").read_text("utf-8"))
    found["schedule"] = []
    (tmp_path / "found.json").write_text(json.dumps(found), encoding="utf-8")
    ran = scuttle("replay", "found.json", "--json")
    assert (ran.code, ran.document["verdict"]) == (0, "not-refuted")
    follows("replay", ran.document)


def test_a_machine_on_which_something_is_wrong(scuttle: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.scuttle", encoding="utf-8")
    ran = scuttle("doctor", "--json")
    assert (ran.code, ran.document["good"]) == (3, False)
    follows("doctor", ran.document)


def test_a_log_that_is_rejected_or_too_long(scuttle: Run, tmp_path: Path) -> None:
    """As a document of conformance. Spec: OBS-1."""
    lines = [
        {"format": "scuttle-trace/1", "profile": "documented", "nodes": {"n1": {"id": "A"}}},
        {"node": "n1", "ev": "set", "key": "age", "value": 100},
        {"node": "n1", "ev": "state", "state": {"age": {"value": 7, "version": 1}}},
    ]
    for line in lines:
        assert faults("trace", line) == []
    (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ran = scuttle("conform", "trace", "run.jsonl", "--json")
    assert (ran.code, ran.document["verdict"]) == (1, "rejected")
    follows("trace-report", ran.document)


def test_laws_that_are_kept_and_judged_again(scuttle: Run) -> None:
    """The file, that it still breaks, and that it no longer does. Spec: LAW-18."""
    assert scuttle("laws", "lww_vs_clock", *QUICK, "--save", "kept").code == 1
    files = sorted(Path("kept").iterdir())
    assert {each.name.partition("-")[0] for each in files} == {"lww_vs_clock"}
    for file in files:
        kept = json.loads(file.read_text("utf-8"))
        follows("regression", kept)
        ran = scuttle("laws", "--replay", file, "--json")
        assert (ran.code, ran.document["verdict"]) == (1, "refuted")
        follows("law-replay", ran.document)
        file.write_text(json.dumps({**kept, "resolver": "lww_total"}), encoding="utf-8")
        ran = scuttle("laws", "--replay", file, "--json")
        assert (ran.code, ran.document["verdict"]) == (0, "not-refuted")
        follows("law-replay", ran.document)


def test_laws_that_are_proved(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every verdict, and what the proof covers. Spec: LAW-21."""
    pytest.importorskip("z3")
    line = ("laws", "lww_total", "--prove", "--values", "integers", "--examples", 0, "--json")
    document = scuttle(*line).document
    follows("laws-proved", document)
    assert {each["verdict"] for each in document["laws"]} == {"proved"}
    assert document["sentence"].startswith("lww_total is a total order of all updates")
    kinds = ("proved", "refuted", "unknown", "not exercised")
    evidence = Evidence("it tosses a coin")
    found = [
        Conclusion(law, kind, "because", evidence if kind == "refuted" else None)
        for law, kind in zip(LAWS, kinds, strict=False)
    ]
    proof = Proof(tuple(found), "everything", "magic")
    monkeypatch.setattr(proved, "conclude", lambda *_: proof)
    ran = scuttle(*line)
    assert [each["verdict"] for each in ran.document["laws"]] == list(kinds)
    assert ran.code == 1
    follows("laws-proved", ran.document)


def test_a_run_from_its_beginning_to_its_end(scuttle: Run) -> None:
    """Resumable, finished and gone, and what is in its folder. Spec: RUN-1, RUN-3."""
    follows("runs", scuttle("runs", "list", "--json").document)
    line = (
        "--profile",
        "textbook",
        "--topology",
        "line:3",
        "--writers",
        "A",
        "--no-scout",
        "--json",
    )
    assert scuttle("check", *line, "--run", "--max-states", 50).code == 4
    (folder,) = Path(".scuttle/runs").iterdir()
    follows("run-folder", json.loads((folder / "run.json").read_text("utf-8")))
    for state in ("resumable", "finished"):
        shown = scuttle("runs", "show", "1", "--json").document
        assert shown["state"] == state
        follows("run-shown", shown)
        follows("runs", scuttle("runs", "list", "--json").document)
        for level in (folder / "levels.jsonl").read_text("utf-8").splitlines():
            follows("run-level", json.loads(level))
        follows("check", scuttle("runs", "resume", "1", "--no-scout", "--json").document)
    follows("check", json.loads((folder / "result.json").read_text("utf-8")))
    follows("runs-removed", scuttle("runs", "rm", "1", "--json").document)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("simulation", ("light-writers", "--nodes", "4")),
        ("spread", ("spread", "--topology", "complete:64", "--growth", "--seeds", "3")),
    ],
)
def test_a_simulation_from_its_beginning_to_its_end(
    scuttle: Run, name: str, flags: tuple[str, ...]
) -> None:
    """Resumable, finished, and what is in its folder. Spec: RUN-3, RUN-7."""
    scuttle("simulate", *flags, "--run", "run")
    folder = Path("run")
    follows("simulation-folder", json.loads((folder / "run.json").read_text("utf-8")))
    follows(name, json.loads((folder / "result.json").read_text("utf-8")))
    lines = (folder / "runs.jsonl").read_text("utf-8").splitlines(keepends=True)
    for line in lines:
        assert faults("simulation-end", json.loads(line)) == []
        assert faults("simulation-end", json.loads(line)[:2])
    (folder / "result.json").unlink()
    (folder / "runs.jsonl").write_text("".join(lines[1:]), "utf-8")
    for state in ("resumable", "finished"):
        shown = scuttle("runs", "show", "run", "--json").document
        assert (shown["state"], shown["ended"]) == (state, len(lines) - (state == "resumable"))
        follows("run-shown", shown)
        follows(name, scuttle("runs", "resume", "run", "--json").document)


def test_a_run_of_an_earlier_release_is_still_shown(scuttle: Run) -> None:
    """Its format had the name of another one. Spec: CONVERT-5."""
    line = (
        "--profile",
        "textbook",
        "--topology",
        "line:2",
        "--writers",
        "A",
        "--no-scout",
        "--json",
    )
    assert scuttle("check", *line, "--run", "here").code == 0
    file = Path("here/run.json")
    document = json.loads(file.read_text("utf-8"))
    assert document.pop("format") == "scuttle-run-folder/2"
    del document["sum"]
    for earlier in ("scuttle-run/1", "scuttle-run-folder/1"):
        file.write_text(json.dumps({"format": earlier, **document}), encoding="utf-8")
        assert scuttle("runs", "show", "here", "--json").document["state"] == "finished"


def test_the_file_of_progress(
    scuttle: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lesson that was finished, and the list that shows it. Spec: LEARN-3."""
    monkeypatch.setattr("sys.stdin", io.StringIO("a\nb\n"))
    scuttle("learn", "4")
    kept = json.loads((tmp_path / "state" / "learn.json").read_text("utf-8"))
    assert kept["lessons"]
    follows("progress", kept)
    listed = scuttle("learn", "--json").document
    assert any(each["progress"] for each in listed["lessons"])
    follows("lessons", listed)


def test_lessons_that_say_something_else(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that has fallen behind. Spec: LEARN-1."""
    (first, *_) = course.lesson_files()
    behind = Path(first.name)
    behind.write_text(first.read_text("utf-8").replace("agree", "disagree"), encoding="utf-8")
    for module in ("scuttle_check.explorer.lessons.course", "scuttle_check.cli.learn"):
        monkeypatch.setattr(f"{module}.lesson_files", lambda: [behind])
    ran = scuttle("learn", "--check", "--json")
    assert (ran.code, len(ran.document["differ"])) == (1, 1)
    follows("lessons-check", ran.document)


def test_vectors_that_are_built_and_fail(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spec: VEC-3."""
    path = vectors_command.spec_folder() / "vectors" / "textbook.json"
    document = json.loads(path.read_text("utf-8"))
    document["vectors"] = document["vectors"][:1]
    document["vectors"][0]["steps"][0]["expect"] = {"out": [{"$any": True}]}
    monkeypatch.setattr(vectors_command, "vector_files", lambda _scenarios: {"mine.json": document})
    for flags in (("--check",), (), ()):
        follows(
            "vectors-built", scuttle("vectors", "build", "--out", ".", *flags, "--json").document
        )
    ran = scuttle("vectors", "test", "--file", "mine.json", "--json")
    assert (ran.code, ran.document["summary"]) == (1, {"failed": 1})
    follows("vectors-report", ran.document)


def test_a_page_is_served_or_runs_python(tmp_path: Path, scuttle: Run) -> None:
    """The two other ways to explore, without a browser and without Pyodide."""
    (tmp_path / "package").mkdir()
    for name in PYODIDE_FILES:
        (tmp_path / "package" / name).write_text("nothing", encoding="utf-8")
    ran = scuttle("explore", "--case", FAILING, "--pyodide", "package", "--html", "site", "--json")
    assert ran.document["file"].endswith("index.html")
    follows("explore", ran.document)
    if find_spec("uvicorn") is not None:
        line = [
            sys.executable,
            "-c",
            "from scuttle_check.cli.main import main; main()",
            "explore",
            "--json",
        ]
        with subprocess.Popen([*line, "--no-browser"], stdout=subprocess.PIPE, text=True) as going:
            assert going.stdout is not None
            follows("explore", json.loads(going.stdout.readline()))
            going.terminate()


def test_a_site_is_said_as_documents_are(scuttle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the building of it, which takes a minute."""
    for name in ("NEEDED", "stage", "_build"):
        replaced = () if name == "NEEDED" else lambda *_: 3
        monkeypatch.setattr(f"scuttle_check.cli.docs.{name}", replaced)
    document = scuttle("docs", "--out", "site", "--json").document
    assert document["pages"] == 3
    follows("docs", document)


def test_the_record_of_the_proofs_follows_its_schema() -> None:
    """It is written by ``scuttle prove --record``. Spec: CONVERT-4."""
    text = (spec_folder() / RECORD).read_text(encoding="utf-8")

    follows("proofs-record", json.loads(text))
