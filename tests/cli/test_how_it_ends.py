"""Exit codes: 1 is a verdict, and nothing that goes wrong with the tool or the machine is one."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from scuttle_check.base import ending
from scuttle_check.cli import docs
from scuttle_check.cli import main as cli
from scuttle_check.cli.main import COMMANDS, main
from scuttle_check.search.compiled.search import _Search

ROOT = Path(__file__).parents[2]
MODULE = [sys.executable, "-m", "scuttle_check"]

QUICK = {
    "bench": "bench --help",
    "check": "check --topology line:2 --profile textbook",
    "clauses": "clauses --json",
    "conform": "conform schema",
    "convert": "convert {scenario} .txt",
    "docs": "docs --help",
    "doctor": "doctor",
    "explore": "explore --help",
    "golden": "golden tests/golden/data/simple-scuttle-3.0.2/multi",
    "graph": "graph --topology line:2 --exchanges 0",
    "hunt": "hunt --examples 2",
    "laws": "laws --list",
    "learn": "learn",
    "node": "node --help",
    "profiles": "profiles",
    "promela": "promela",
    "prove": "prove --clauses",
    "replay": "replay --help",
    "runs": "runs list --json",
    "scenario": "scenario {scenario}",
    "schema": "schema check",
    "simulate": "simulate spread --topology complete:8 --seeds 1",
    "step": "step --help",
    "twin": "twin --help",
    "vectors": "vectors test --profile documented",
}
"""One quick thing that each command says."""


def words(name: str) -> list[str]:
    return QUICK[name].format(scenario=ROOT / "spec/scenarios/swap.txt").split()


def test_each_command_is_tried() -> None:
    """A command that is added is not forgotten."""
    assert QUICK.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_output_that_nobody_can_take_is_no_verdict(name: str) -> None:
    """18 of 19 commands showed a traceback and said: refuted. Spec: END-2, END-3."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*MODULE, *words(name)], stdout=full, stderr=subprocess.PIPE, check=False, cwd=ROOT
        )
    assert ran.returncode == 3, ran.stderr
    assert b"No space left on device" in ran.stderr
    assert b"Traceback" not in ran.stderr
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [*MODULE, *words(name)], stdout=writing, stderr=subprocess.PIPE, check=False, cwd=ROOT
    )
    os.close(writing)
    assert ran.returncode == 141, ran.stderr
    assert b"Traceback" not in ran.stderr
    assert b"Error" not in ran.stderr


def test_a_reader_that_has_had_enough_changes_no_verdict() -> None:
    """`| head -1` after all was said. Spec: END-3."""
    flags = "--topology line:2 --profile as-shipped --writers A,B --no-scout"
    shell = f"{sys.executable} -m scuttle_check check {flags} | head -1; exit ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert ran.returncode in {1, 141}
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 1


ONE_LINE = re.compile(
    r"error: nobody foresaw this \((.+)\); it is no verdict\. .*report it: \S.*\n"
)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    "raised",
    [KeyError("workers"), TypeError("a\nb"), EOFError(), RecursionError(), StopIteration()],
)
def test_what_nobody_foresaw_is_told_in_one_line(
    name: str,
    raised: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever a command does. Spec: END-2."""

    def broken(_self: object, _context: object) -> None:
        raise raised

    module = importlib.import_module(f"scuttle_check.cli.{name}")
    monkeypatch.setattr(type(module.command), "invoke", broken)
    monkeypatch.setattr(cli.LazyGroup, "invoke", broken)
    with pytest.raises(SystemExit) as ended:
        main([name])
    assert ended.value.code == 70
    told = ONE_LINE.fullmatch(capsys.readouterr().err)
    assert told is not None
    assert told[1].startswith(type(raised).__name__)


def test_where_it_happened_and_all_of_it_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Spec: END-2."""

    def broken(*_given: object) -> None:
        raise KeyError("workers")

    monkeypatch.setattr("scuttle_check.cli.profiles.PROFILES", None)
    with pytest.raises(SystemExit) as ended:
        main(["profiles"])
    assert ended.value.code == 70
    assert re.search(r" at scuttle_check/cli/profiles\.py:\d+\)", capsys.readouterr().err)
    monkeypatch.setenv(ending.DETAILS, "1")
    with pytest.raises(SystemExit):
        main(["profiles"])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("raised", "code"), [(MemoryError(), 3), (OSError(5, "broken"), 3)])
def test_what_the_machine_lacks_is_not_refuted(
    raised: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Spec: END-1."""

    def broken(_self: object, _context: object) -> None:
        raise raised

    monkeypatch.setattr(cli.LazyGroup, "invoke", broken)
    with pytest.raises(SystemExit) as ended:
        main(["profiles"])
    assert ended.value.code == code
    assert "Traceback" not in capsys.readouterr().err


BREAKS = {
    "click cannot be imported": ("click.py", "raise TypeError('not this release')\n"),
    "an extension is broken": ("attrs.py", "import no_such_module\n"),
}


@pytest.mark.parametrize("how", BREAKS)
def test_what_cannot_be_imported_is_told_in_one_line(how: str, tmp_path: Path) -> None:
    """A release of click that does not fit ended as: refuted. Spec: END-2."""
    name, text = BREAKS[how]
    (tmp_path / name).write_text(text)
    ran = subprocess.run(
        [*MODULE, "profiles"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert ran.returncode == 70
    assert ONE_LINE.fullmatch(ran.stderr)


IN_A_WORKER = """
import sys
if "--multiprocessing-fork" in sys.argv or "spawn_main" in " ".join(sys.orig_argv):
    import importlib.abc
    class Breaks(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name == "{module}":
                raise KeyError("in a worker")
            return None
    sys.meta_path.insert(0, Breaks())
"""


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("scuttle_check.gossip.jobs", "check --size small --workers 1"),
        ("scuttle_check.search.divided.shard", "check --topology line:3 --no-scout --workers 2"),
        (
            "scuttle_check.evidence.simulation.spread",
            "simulate spread --topology complete:8 --workers 1",
        ),
    ],
)
def test_what_breaks_in_a_worker_is_no_verdict(module: str, command: str, tmp_path: Path) -> None:
    """Spec: END-2."""
    (tmp_path / "sitecustomize.py").write_text(IN_A_WORKER.format(module=module))
    ran = subprocess.run(
        [*MODULE, *command.split()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert ran.returncode in {3, 70}, ran.stderr
    assert (
        "error: " in ran.stderr.splitlines()[-1 - (ran.returncode == 3) * 3] or ran.returncode == 3
    )


def test_a_module_that_exits_when_it_is_imported_decides_no_verdict(
    scuttle: Callable[..., object], folder: Path
) -> None:
    """Its exit code would be ours. Spec: END-1."""
    (folder / "leaves.py").write_text("import sys\nsys.exit(0)\n")
    for command in ("laws leaves:mine", "check --topology line:2 --resolver leaves:mine"):
        ran = scuttle(*command.split())
        assert ran.code in {2, 3}, ran  # type: ignore[attr-defined]


def test_every_file_that_a_command_writes_is_whole_on_a_full_disk(tmp_path: Path) -> None:
    """`ulimit -f` is a small disk. Spec: FILE-2, END-1."""
    swap = "check --topology line:2 --profile as-shipped --writers A,B"
    for command, target in (
        (f"{swap} --save found.json", "found.json"),
        (f"{swap} --all --save found", "found"),
        ("explore --case writers:as-shipped --html page.html", "page.html"),
        ("graph --topology line:3 --exchanges 0 --out worlds.dot", "worlds.dot"),
        (f"convert {ROOT}/spec/scenarios/swap.txt swap.svg", "swap.svg"),
        ("laws lww_vs_current_vers --save laws", "laws/x"),
        ("conform run --level step --examples 1 --report junit=r.xml", "r.xml"),
        (f"{swap} --run kept", "kept/run.json"),
        ("simulate spread --topology complete:64 --seeds 1 --run spread", "spread/run.json"),
    ):
        small = 'ulimit -f 0; "$@" 2>&1 | cat; exit ${PIPESTATUS[0]}'
        ran = subprocess.run(
            ["bash", "-c", small, "sh", *MODULE, *command.split()],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert ran.returncode == 3, (command, ran.stdout)
        assert "File too large" in ran.stdout, command
        assert not (tmp_path / target).exists(), command
        assert not list(tmp_path.rglob("*.part")), command


def pressed(*_given: object) -> None:
    raise KeyboardInterrupt


def test_a_site_is_not_published_by_an_interrupted_build(
    scuttle: Callable[..., object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It said "7 models" where there are 57, with exit code 0. Spec: FILE-3, CHK-14."""
    pytest.importorskip("sphinx")
    site = folder / "site"
    site.mkdir()
    (site / ".buildinfo").write_text("before")
    monkeypatch.setattr(_Search, "run", pressed)
    ran = scuttle("docs", "--out", "site")
    assert ran.code == 130  # type: ignore[attr-defined]
    assert [each.name for each in site.iterdir()] == [".buildinfo"]
    assert [each.name for each in folder.iterdir()] == ["site"]


@pytest.mark.parametrize("code", [1, 4, 70])
def test_a_site_is_not_made_of_what_did_not_end_as_expected(code: int) -> None:
    """Spec: FILE-3."""

    @click.group()
    def group() -> None:
        pass

    @group.command()
    def fails() -> int:
        return code

    with pytest.raises(docs.UnrunnableFault, match=f"ended with {code}"):
        docs.runner(group)(["fails"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_of_the_site_that_is_ended_leaves_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    """At whatever moment. Spec: FILE-1, FILE-3."""
    pytest.importorskip("sphinx")
    for seconds in (1.5, 4.0):
        with subprocess.Popen(
            [*MODULE, "docs", "--out", str(tmp_path / "site")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as build:
            time.sleep(seconds)
            build.send_signal(number)
            _, told = build.communicate(timeout=60)
        assert (build.returncode, told.strip().splitlines()[-1]) == (130, b"interrupted")
        assert not list(tmp_path.iterdir())


def test_a_search_inside_a_page_that_is_interrupted_is_no_page(
    scuttle: Callable[..., object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec: CHK-14."""
    monkeypatch.setattr(_Search, "run", pressed)
    for command in (
        ["explore", "--case", "writers:as-shipped", "--html", "page.html"],
        ["laws", "lww_vs_clock"],
        ["hunt", "--examples", "1"],
        ["check", "--topology", "line:2"],
    ):
        assert scuttle(*command).code == 130, command  # type: ignore[attr-defined]
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("run", "flags"),
    [
        ("scuttle_check.search.compiled.search._Search.run", "--topology line:2"),
        ("scuttle_check.search.compiled.search._Search.run", "--topology line:2 --reduction auto"),
        (
            "scuttle_check.search.divided.coordinator.DividedSearch.run",
            "--topology line:2 --run kept",
        ),
        ("scuttle_check.search.walks.swarm._Swarm.run", "--topology line:2 --search random"),
        ("scuttle_check.search.plain._Walk.explore", "--topology line:2 --search depth-first"),
        ("scuttle_check.engine.system.System.initial", "--topology line:2 --search plain"),
        ("scuttle_check.engine.system.System.actions", "--topology line:2 --outcomes"),
        ("scuttle_check.search.liveness.exploration.Exploration._add", "--topology line:2 --live"),
    ],
)
def test_a_search_that_is_interrupted_at_once_says_so(
    run: str, flags: str, scuttle: Callable[..., object], folder: Path, monkeypatch: Any
) -> None:
    """Before there is a single world. Spec: CHK-14, END-1."""
    monkeypatch.setattr(run, pressed)
    ran = scuttle("check", *flags.split(), "--json")
    assert ran.code == 130, ran  # type: ignore[attr-defined]
    assert folder.is_dir()


def test_the_plain_search_is_interrupted_alike() -> None:
    """All searches ask the same budget."""
    for path in (ROOT / "checker").rglob("*.py"):
        if path.parts[-2] in {"search", "compiled", "divided", "walks", "liveness"}:
            found = path.read_text(encoding="utf-8")
            assert found.count("except KeyboardInterrupt") == found.count(".interrupted()"), path


@pytest.mark.parametrize("module", ["scuttle_check.oracle.adapters.reference"])
def test_an_adapter_that_cannot_answer_shows_no_traceback(module: str) -> None:
    """What it was started by is told its code. Spec: END-3."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", module],
            stdout=full,
            input=b'{"id": 1, "op": "hello"}\n',
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == 3, ran.stderr
    assert b"Traceback" not in ran.stderr


def test_every_program_of_the_package_ends_so() -> None:
    """What is started with ``python -m`` is a process, too. Spec: END-2."""
    for path in [*(ROOT / "checker").rglob("*.py"), *(ROOT / "scuttle_ref").rglob("*.py")]:
        _, marked, rest = path.read_text(encoding="utf-8").partition('if __name__ == "__main__":\n')
        if marked and path.name != "__main__.py":
            assert "ended(" in rest or path.name == "main.py", path


def test_a_terminal_that_breaks_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library shows what happened and goes on as if all were well. Spec: END-2."""
    tui = pytest.importorskip("scuttle_check.explorer.tui")
    from scuttle_check.explorer.sources import case_source, explorable  # noqa: PLC0415 - see above

    run = tui.Explorer.run
    monkeypatch.setattr(tui.Explorer, "run", lambda app: run(app, headless=True))
    monkeypatch.setattr(tui.Explorer, "show_all", lambda _app: 1 / 0)
    with pytest.raises(SystemExit) as ended:
        tui.show(explorable(case_source("writers:as-shipped")))
    assert ended.value.code == 70
