"""``scuttle conform trace``: the verdict on a log, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.resources import spec_folder


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The log of the guide, as a file."""
    blocks = (spec_folder() / "guide" / "traces.md").read_text(encoding="utf-8").split("```json\n")
    header, events = (block.partition("```")[0] for block in blocks[1:3])
    path = tmp_path / "run.jsonl"
    path.write_text(" ".join(header.split("\n")) + "\n" + events, encoding="utf-8")
    return path


def test_the_example_of_the_guide_is_accepted(scuttle: Callable[..., Any], example: Path) -> None:
    """Five steps are not in the log, as the guide says."""
    ran = scuttle("conform", "trace", example)
    assert ran.code == 0
    assert ran.out == (
        "accepted: a run of documented consumes all 4 events; 5 of its steps are not in the log\n"
    )


def test_the_guide_shows_what_is_said_of_the_other_version(
    scuttle: Callable[..., Any], example: Path
) -> None:
    """The words in the guide are the words of the command."""
    text = example.read_text(encoding="utf-8")
    example.write_text(text.replace('100, "version": 1', '100, "version": 2'), encoding="utf-8")
    guide = (spec_folder() / "guide" / "traces.md").read_text(encoding="utf-8")
    shown = guide.partition("```text\n")[2].partition("```")[0]
    ran = scuttle("conform", "trace", example)
    assert ran.code == 1
    assert ran.out.startswith(shown)
    document = scuttle("conform", "trace", example, "--json").document
    assert document["verdict"] == "rejected"
    assert document["miss"] == {"path": "$.state.age.version", "expected": "1", "got": "2"}
    assert len(document["run"]) > document["matched"] == 3


def test_a_log_that_is_not_there_is_a_usage_fault(scuttle: Callable[..., Any]) -> None:
    """And no traceback."""
    ran = scuttle("conform", "trace", "nowhere.jsonl")
    assert ran.code == 2
    assert "nowhere.jsonl" in ran.err
