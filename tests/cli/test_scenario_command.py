"""``scuttle scenario``: dialogues are played, compared, and rewritten on demand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STORY = """One node writes
===============

> profile documented
> nodes A B
> A set k=1
"""


@pytest.fixture
def story(scuttle: Callable[..., Any], folder: Path) -> Path:
    """A dialogue whose output is recorded."""
    path = folder / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    ran = scuttle("scenario", path, "--rewrite")
    assert (ran.code, "rewritten" in ran.out) == (0, True)
    return path


def test_a_recorded_dialogue_plays_as_recorded(scuttle: Callable[..., Any], story: Path) -> None:
    """The dialogue is shown, and a line says that nothing has changed."""
    ran = scuttle("scenario", story)
    assert ran.code == 0
    assert "A now holds k=1@A1" in ran.out
    assert "output as recorded" in ran.out
    assert "A now holds k=1@A1" in story.read_text(encoding="utf-8")


def test_a_difference_is_shown_and_nothing_is_written(
    scuttle: Callable[..., Any], story: Path
) -> None:
    """Exit code 1 and the difference, line by line; the file stays."""
    changed = story.read_text(encoding="utf-8").replace("k=1@A1", "k=1@A7")
    story.write_text(changed, encoding="utf-8")
    ran = scuttle("scenario", story)
    assert ran.code == 1
    assert "the output differs" in ran.out
    assert any(line.startswith("-") and "A7" in line for line in ran.out.splitlines())
    assert any(line.startswith("+") and "A1" in line for line in ran.out.splitlines())
    assert story.read_text(encoding="utf-8") == changed


def test_rewriting_is_a_fixed_point(scuttle: Callable[..., Any], story: Path) -> None:
    """What was rewritten is as recorded; prose and commands are left alone."""
    before = story.read_text(encoding="utf-8")
    assert scuttle("scenario", story, "--rewrite").code == 0
    assert story.read_text(encoding="utf-8") == before
    assert [line for line in before.splitlines() if not line.startswith("    ")] == (
        STORY.splitlines()
    )


def test_a_folder_is_all_its_dialogues(scuttle: Callable[..., Any], story: Path) -> None:
    """One document for the whole folder, and each dialogue by name."""
    (story.parent / "other.txt").write_text(story.read_text(encoding="utf-8"), encoding="utf-8")
    document = scuttle("scenario", story.parent, "--json").document
    assert document["format"] == "scuttle-scenario/1"
    assert [Path(each["name"]).name for each in document["scenarios"]] == ["other.txt", "story.txt"]
    assert all(each["as_recorded"] for each in document["scenarios"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("> profile nonsense", "profile NAME"),
        ("> nodes A A", "A"),
        ("> Z set k=1", "Z"),
        ("> A set toString=1", "MOD-4"),
        ("> A gossip Z", "Z"),
        ("> deliver A B", ""),
        ("> deliver A Z", "Z"),
        ("> dance", "dance"),
        ("> rounds many", "rounds N"),
    ],
)
def test_a_command_that_cannot_be_played_is_named_by_its_line(
    scuttle: Callable[..., Any], folder: Path, line: str, said: str
) -> None:
    """Exit code 2 and the number of the line, or a refusal in the dialogue itself."""
    (folder / "story.txt").write_text(f"{STORY}{line}\n", encoding="utf-8")
    ran = scuttle("scenario", "story.txt")
    assert ran.code in {1, 2}
    if ran.code == 2:
        assert "line 7" in ran.err
    assert said in ran.out + ran.err


def test_a_dialogue_that_is_not_there_is_refused(refused: Callable[..., str], folder: Path) -> None:
    """A missing file, an empty folder, no text, no argument."""
    (folder / "empty").mkdir()
    (folder / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    assert "gone.txt" in refused("scenario", "gone.txt")
    assert "no .txt file" in refused("scenario", "empty")
    assert "bytes.txt" in refused("scenario", "bytes.txt")
    assert "PATHS" in refused("scenario")


def test_nothing_is_rewritten_when_a_file_is_bad(scuttle: Callable[..., Any], folder: Path) -> None:
    """A dialogue that cannot be played keeps every byte."""
    path = folder / "bad.txt"
    path.write_text(f"{STORY}> dance\n", encoding="utf-8")
    before = path.read_bytes()
    scuttle("scenario", path, "--rewrite")
    assert path.read_bytes() == before
