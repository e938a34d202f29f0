"""What a terminal, a pipe and a missing stream are given, by the processes that people start."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli.test_how_it_ends import MODULE, QUICK, ROOT, words

from scuttle_check.cli.main import cache

HOSTILE = "\x1b[8mx"
"""A text that would hide what stands behind it."""

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal would obey, but tab and newline."""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    script = tmp_path / "hostile.script"
    script.write_text(f"A set k1={HOSTILE}\nB set k1=b\n", encoding="utf-8")
    return script


def hostile_graph(folder: Path) -> Path:
    graph = folder / "g.gml"
    nodes = f'node [ id 0 label "{HOSTILE}" ] node [ id 1 label "b" ]'
    graph.write_text(f"graph [ {nodes} edge [ source 0 target 1 ] ]", encoding="utf-8")
    return graph


def on_a_terminal(words: Sequence[str], cwd: Path = ROOT) -> str:
    """What a command writes to a terminal, in and out."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen([*MODULE, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    ran.wait()
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def test_a_terminal_is_shown_the_colours_of_a_value_and_obeys_none(hostile: Path) -> None:
    """Colours passed, so a value could hide the verdict behind it. Spec: NODE-10."""
    flags = ["--profile", "as-shipped", "--script", str(hostile), "--no-scout"]
    said = on_a_terminal(["check", *flags])
    assert OBEYED.search(said) is None
    assert "refuted in 2 steps:\nA will end with b@1 and B with \\u001b[8mx@1 for k1" in said


def test_a_pipe_is_given_all_of_a_value(hostile: Path) -> None:
    """It was taken out: ``C has @1``. Spec: NODE-10."""
    flags = ["--profile", "as-shipped", "--script", str(hostile), "--no-scout"]
    ran = subprocess.run([*MODULE, "check", *flags], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "A will end with b@1 and B with \\u001b[8mx@1 for k1" in ran.stdout


def test_names_of_nodes_are_shown(tmp_path: Path) -> None:
    """In a list of what was expected, and in every line of a model. Spec: NODE-10."""
    graph = hostile_graph(tmp_path)
    for flags in ([], ["--writers", "nobody"], ["--outcomes"]):
        said = on_a_terminal(["check", "--topology", str(graph), *flags])
        assert OBEYED.search(said) is None
        assert "\\u001b[8mx, b" in said


def test_a_lesson_stands_out_on_a_terminal_and_nowhere_else() -> None:
    """What we style ourselves goes through a door of its own. Spec: NODE-10."""
    ran = subprocess.run(
        [*MODULE, "learn", "1"], capture_output=True, text=True, check=False, input=""
    )
    assert ran.returncode == 0
    assert OBEYED.search(ran.stdout) is None


def test_the_terminal_explorer_draws_its_screen_and_obeys_nothing(tmp_path: Path) -> None:
    """It writes to the stream that Python began with, which the guard had taken apart.

    What stands in its panels passes no other guard. Spec: NODE-10.
    """
    pytest.importorskip("textual")
    ours, theirs = pty.openpty()
    screen = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    said = b""
    with subprocess.Popen(
        [*MODULE, "explore", "--tui", "--topology", str(hostile_graph(tmp_path))],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=screen,
    ) as ran:
        os.close(theirs)
        until = time.monotonic() + 30
        while b"exchange" not in said and b"Traceback" not in said and time.monotonic() < until:
            said += os.read(ours, 65536)
        os.write(ours, b"\x11")  # Ctrl-Q
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65536):
                said += part
        assert ran.wait(30) == 0
    os.close(ours)
    assert b"Traceback" not in said
    assert b"\\u001b[8mx" in said
    assert HOSTILE.encode() not in said


@pytest.mark.parametrize("name", ["learn 3", "step"])
def test_a_dialogue_that_nobody_reads_is_no_verdict(name: str) -> None:
    """The library that draws a lesson ended the process with 1, without a word. Spec: END-3."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [*MODULE, *name.split()],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


CLOSED = {0: "stdin", 1: "stdout", 2: "stderr"}


def without(number: int, words: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """A command that is started with one of its streams closed, as ``2>&-`` does it."""
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {number}>&-', "bash", *MODULE, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.parametrize("name", [*sorted(QUICK.keys() - {"step"}), "learn 3", "step"])
def test_a_stream_that_is_closed_is_no_fault_of_ours(name: str) -> None:
    """Python has None for it: 8 commands ended with 70 and lost their answer. Spec: END-4."""
    said = words(name) if name in QUICK and name != "step" else name.split()
    given = subprocess.run(
        [*MODULE, *said], stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=ROOT
    )
    for number, closed in CLOSED.items():
        ran = without(number, said)
        assert b"Traceback" not in ran.stderr
        if closed == "stdout":
            assert ran.returncode == 3
            assert b"error: the system says: Bad file descriptor" in ran.stderr
        else:
            assert ran.returncode == given.returncode, ran.stderr
            assert len(ran.stdout) == pytest.approx(len(given.stdout), abs=40)  # a time is said


@pytest.mark.parametrize("name", sorted(QUICK))
def test_messages_that_nothing_takes_change_nothing(name: str) -> None:
    """Simulations ended with 3 where their progress could not be written. Spec: END-4."""
    given = subprocess.run(
        [*MODULE, *words(name)], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*MODULE, *words(name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )
    assert ran.returncode == given.returncode
    assert len(ran.stdout) == pytest.approx(len(given.stdout), abs=40)


def test_a_command_leaves_nothing_in_the_folder_that_it_runs_in(tmp_path: Path) -> None:
    """Hypothesis kept its own things there."""
    for command in ("laws lww_total", "conform run --level step --examples 2", "hunt --examples 2"):
        subprocess.run([*MODULE, *command.split()], capture_output=True, check=False, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home_is_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a container nobody may have told who the user is."""

    def homeless(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cache().is_relative_to(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert cache() == tmp_path / "kept/scuttle"
