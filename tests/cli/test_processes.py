"""The installed command, as the operating system sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MODELS = [
    ["--topology", "line:2", "--profile", "as-shipped"],
    ["--topology", "ring:3", "--writers", "A,B", "--exchanges", "0"],
    ["--topology", "line:2", "--network", "unordered", "--writes", "2"],
    ["--topology", "star:4", "--profile", "paper", "--search", "depth-first", "--exchanges", "0"],
    ["--topology", "line:2", "--profile", "as-shipped", "--search", "random", "--seed", "4"],
    ["--topology", "line:3", "--writers", "A", "--search", "plain", "--max-states", "500"],
]


Process = subprocess.CompletedProcess[str]


@pytest.fixture
def run(installed: str) -> Callable[..., Process]:
    """Run the installed command in a folder, under a seed of Python's hashes."""

    def started(*arguments: str, folder: Path | None = None, seed: str = "0") -> Process:
        return subprocess.run(
            [installed, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=folder,
            env=os.environ | {"PYTHONHASHSEED": seed},
        )

    return started


@pytest.mark.parametrize("flags", MODELS, ids=" ".join)
def test_every_byte_is_the_same_under_another_hash_seed(
    run: Callable[..., Process], flags: list[str]
) -> None:
    """Verdicts, schedules and counts must not depend on how Python orders its sets."""
    documents: list[dict[str, Any]] = []
    for seed in ("1", "2024"):
        ran = run("check", *flags, "--json", seed=seed)
        assert ran.returncode in {0, 1, 4}
        documents.append(json.loads(ran.stdout) | {"seconds": 0})
    assert json.dumps(documents[0]) == json.dumps(documents[1])


def test_exit_codes_reach_the_shell(run: Callable[..., Process], tmp_path: Path) -> None:
    """0 as expected, 1 refuted, 2 usage, 3 could not run, 4 inconclusive."""
    (tmp_path / "bad.py").write_text("def f(gossip, update):\n    return 1\n", encoding="utf-8")
    for code, flags in [
        (0, ["--topology", "line:2"]),
        (1, ["--profile", "as-shipped"]),
        (2, ["--topology", "circle:2"]),
        (3, ["--resolver", "bad:f"]),
        (4, ["--topology", "line:2", "--max-states", "5"]),
    ]:
        ran = run("check", *flags, folder=tmp_path)
        assert ran.returncode == code, ran
        assert "Traceback" not in ran.stdout + ran.stderr
        assert bool(ran.stderr) == (code in {2, 3})


def test_a_reader_that_stops_early_is_no_error(installed: str) -> None:
    """``scuttle check | head -1`` is what people do; it must not end in a traceback."""
    with subprocess.Popen(
        [installed, "check", "--profile", "as-shipped"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert told == ""


@pytest.mark.parametrize("search", ["plain", "compiled"])
def test_ctrl_c_ends_a_long_search_with_what_is_known(installed: str, search: str) -> None:
    """Exit code 130 and a report, so that an hour of searching is not lost. Spec: CONV-14."""
    long = ["--topology", "ring:4", "--profile", "textbook", "--search", search, "--json"]
    with subprocess.Popen(
        [installed, "check", *long], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    if out:  # else it was interrupted before the search began
        document = json.loads(out)
        assert (document["stop"], document["complete"]) == ("interrupted", False)
        assert "holds" not in {each["verdict"] for each in document["properties"]}
        assert set(document["growth"]["nodes"]) == {"A", "B", "C", "D"}


SLOW = ("networkx", "concurrent", "multiprocessing", "hypothesis", "rich", "scipy")
"""Each takes as long to load as a small model to check."""

LOADED = f"""
import sys
from scuttle_check.cli.main import main
try:
    main()
finally:
    print(*(name for name in {SLOW} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "more", [[], ["--reduction", "auto"], ["--property", "agreement", "--reduction", "auto"]]
)
def test_a_small_model_is_checked_without_what_is_slow_to_load(more: list[str]) -> None:
    """Every run is charged for its start, and most models are small. Spec: BENCH-1."""
    flags = ["check", "--topology", "line:2", "--profile", "textbook", "--writers", "A", *more]
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *flags], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "\n")
