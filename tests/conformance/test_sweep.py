"""The sweeps that are too slow for each run of the tests: how they are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SWEEP = Path(__file__).with_name("sweep.py")


def swept(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SWEEP), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "pace COMMAND..."),
        (["pace"], 2, "pace COMMAND..."),
        (["pace", "no-such-program"], 3, "no-such-program"),
        (["seeds"], 2, "seeds N|NxM"),
        (["seeds", "many"], 2, "seeds N|NxM"),
        (["seeds", "1x"], 2, "seeds N|NxM"),
        (["seeds", "1", "cassandra"], 2, "documented, as-shipped"),
        (["mutants", "cassandra"], 2, "documented, as-shipped"),
        (["fly"], 2, "'fly'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_few_lines(words: list[str], code: int, said: str) -> None:
    """And what could be: no traceback."""
    ran = swept(*words)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert ran.stderr.startswith("error: ")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_sweep_of_one_seed_finds_no_false_alarm() -> None:
    """One scene for each level of one profile."""
    ran = swept("seeds", "1x1", "textbook")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "textbook: 1 seeds, 4 levels of 1 scenes" in ran.stdout
    assert "false alarms: {}" in ran.stdout
