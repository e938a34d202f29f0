"""``scuttle check --workers``: more cores, the same words."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

SWAP = ("check", "--profile", "as-shipped", "--search", "random", "--walks", "1500")


def test_random_walks_on_workers_say_the_same(scuttle: Callable[..., Any]) -> None:
    """Standard output may be compared between machines. Spec: SCALE-3."""
    documents = [scuttle(*SWAP, "--workers", n, "--json").document for n in (1, 2)]
    for document in documents:
        assert "agreement" in json.dumps(document)
    one, two = ([(p["name"], p["verdict"]) for p in d["properties"]] for d in documents)
    assert one == two


def test_one_search_on_workers_says_the_same(scuttle: Callable[..., Any]) -> None:
    """The answer to a model is no matter of who computed it. Spec: SCALE-5."""
    model = ("check", "--profile", "as-shipped", "--topology", "line:3", "--writers", "A")
    alone, shared = scuttle(*model, "--json"), scuttle(*model, "--workers", 2, "--json")
    assert shared.code == alone.code == 1
    assert "2 shards exchanged" in shared.err
    documents = [alone.document, shared.document]
    for document in documents:
        del document["seconds"]
        for each in document["properties"]:
            each["schedule"] = None  # another one of the same length
    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    "flags",
    [
        ("--topology", "line:2", "--search", "plain"),
        ("--topology", "line:2", "--reduction", "auto"),
        ("--topology", "line:2", "--live"),
        ("--topology", "line:2", "--search", "random", "--coverage"),
        ("--topology", "line:2", "--search", "random", "--max-seconds", "1"),
    ],
)
def test_what_one_process_does_is_not_shared(
    scuttle: Callable[..., Any], flags: tuple[str, ...]
) -> None:
    """Who asks for two cores and gets one must be told. Spec: SCALE-4."""
    ran = scuttle("check", "--workers", 2, *flags)
    assert ran.code == 2
    assert "SCALE-4" in ran.err


def test_ctrl_c_ends_the_workers_too() -> None:
    """An interrupted catalogue prints what it has, exits 130 and leaves no process behind."""
    command = [sys.executable, "-c", "from scuttle_check.cli.main import main; main()"]
    with subprocess.Popen(
        [*command, "check", "--size", "large", "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stderr is not None
        assert b"models" in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, _ = run.communicate(timeout=30)
        assert time.monotonic() - began < 30
        assert run.returncode == 130
    assert json.loads(out)
