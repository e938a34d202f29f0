"""What a command has started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ADAPTER = """
import json, os, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        hello = {"re": asked["id"], "ok": True, "version": 1, "sut": {"name": "spin"}}
        print(json.dumps({**hello, "capabilities": ["set", "get", "write", "gossip"]}), flush=True)
    else:
        with open(sys.argv[1], "w") as told:
            told.write(str(os.getpid()))
        while True:
            pass
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_adapter_that_spins_does_not_outlive_the_oracle(
    number: signal.Signals, tmp_path: Path
) -> None:
    """A job runner ends what takes too long; nothing may go on burning a core. Spec: ORA-2.."""
    adapter, told = tmp_path / "spin.py", tmp_path / "pid"
    adapter.write_text(ADAPTER)
    scuttle = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()"]
    under_test = ["conform", "run", "--level", "step", "--timeout", "60", "--"]
    with subprocess.Popen(
        [*scuttle, *under_test, sys.executable, str(adapter), str(told)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as oracle:
        for _ in range(600):
            if told.exists() and told.read_text():
                break
            time.sleep(0.05)
        oracle.send_signal(number)
        try:
            assert oracle.wait(30) == 130
        finally:
            oracle.kill()
    pid = int(told.read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the adapter goes on")


COLLECTING = """
import gc, os, signal, sys, time
from scuttle_check.cli import main as cli

def collected(phase, info):
    gc.callbacks.clear()
    os.kill(os.getpid(), int(sys.argv[1]))
    time.sleep(0.01)

def run(arguments):
    gc.callbacks.append(collected)
    gc.collect()
    time.sleep(30)

cli._run = run
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_that_arrives_while_garbage_is_collected_is_not_lost(
    number: signal.Signals,
) -> None:
    """Python drops what is raised there: `scuttle laws` went on, with a traceback. Spec: END-5."""
    begun = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", COLLECTING, str(int(number))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (130, "interrupted\n")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("solver", ["z3", "cvc5"])
def test_a_proof_that_is_interrupted_ends(solver: str, number: signal.Signals) -> None:
    """z3 took Ctrl-C to itself, for one question of hundreds. Spec: END-5."""
    pytest.importorskip(solver)
    scuttle = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()"]
    for pause in (0.0, 0.31):
        with subprocess.Popen(
            [*scuttle, "prove", "--json", "--solver", solver],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as prove:
            assert prove.stderr is not None
            prove.stderr.readline()
            time.sleep(pause)
            prove.send_signal(number)
            try:
                told = prove.communicate(timeout=10)[1]
            except subprocess.TimeoutExpired:
                prove.kill()
                raise
        assert prove.returncode == 130, told
        assert b"Traceback" not in told


@pytest.mark.parametrize(
    ("command", "begun"),
    [
        (["check", "--size", "large", "--workers", "2", "--max-states", "2000"], b"models"),
        (["conform", "run", "--level", "step", "--examples", "3"], b"step/"),
    ],
)
def test_what_the_parent_ignores_stays_ignored(command: list[str], begun: bytes) -> None:
    """A job in the background of a script has SIGINT ignored: Ctrl-C is for what is in front."""
    ignoring = ["sh", "-c", 'trap "" INT TERM; exec "$@"', "sh"]
    scuttle = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()"]
    with subprocess.Popen(
        [*ignoring, *scuttle, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as run:
        assert run.stderr is not None
        assert begun in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        run.send_signal(signal.SIGTERM)
        told = run.communicate(timeout=120)[1]
    assert b"interrupted" not in told
    assert run.returncode in {0, 4}, told


def test_a_node_in_the_background_hears_sigterm_only() -> None:
    """`scuttle node &` in a script goes on through Ctrl-C, and ends when it is told to."""
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    scuttle = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()"]
    with subprocess.Popen(
        [*ignoring, *scuttle, "node", "--id", "A", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        assert b"listening" in node.stdout.readline()
        node.send_signal(signal.SIGINT)
        node.stdin.write(b"set k 1\n")
        node.stdin.flush()
        assert b'"k"' in node.stdout.readline()
        node.send_signal(signal.SIGTERM)
        assert node.wait(20) == 0


def test_tests_pass_where_the_parent_ignores_the_signals() -> None:
    """The suite is started in the background of scripts, too."""
    one = str(Path(__file__).with_name("test_node_command.py")) + "::test_interrupted_it_says_so"
    done = subprocess.run(
        [
            "sh",
            "-c",
            'trap "" INT TERM; exec "$@"',
            "sh",
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            one,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
