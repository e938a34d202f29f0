"""``scuttle learn``, as a reader meets it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from scuttle_check.cli.main import main


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Progress of the tests is nobody's progress."""
    monkeypatch.setenv("SCUTTLE_STATE", str(tmp_path))
    return tmp_path / "learn.json"


def learn(monkeypatch: pytest.MonkeyPatch, *arguments: str, answers: str = "") -> int:
    """The exit code of ``scuttle learn`` with these answers typed."""
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    with pytest.raises(SystemExit) as ended:
        main(["learn", *arguments])
    return int(ended.value.code or 0)


def test_a_right_prediction_counts_and_is_remembered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    """The lesson runs the model, compares, and keeps how it went. Spec: LEARN-2, LEARN-3."""
    assert learn(monkeypatch, "4", answers="a\nb\n") == 0

    told = capsys.readouterr().out
    assert told.count("As you predicted") == 2
    assert json.loads(state.read_text())["lessons"] == {
        "04-reordering-and-duplicates": {"asked": 2, "predicted": 2}
    }


def test_a_wrong_prediction_is_told_what_happened(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer is what came out. An answer that is none is asked again. Spec: LEARN-2."""
    learn(monkeypatch, "4", answers="b\nz\na\n")

    told = capsys.readouterr().out
    assert "Not so: a) yes" in told
    assert "'z' is none of them" in told
    assert "predicted 0 of 2" in told


def test_without_answers_a_lesson_can_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No terminal, no typing: every question is shown with what happened."""
    assert learn(monkeypatch, "4") == 0
    assert capsys.readouterr().out.count("What happened:") == 2


def test_next_goes_on_where_the_reader_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress is for this. Spec: LEARN-3."""
    learn(monkeypatch, "1")
    learn(monkeypatch, "--next")

    assert "Lesson 2 is finished" in capsys.readouterr().out


def test_the_list_shows_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text and as JSON. Spec: LEARN-3."""
    learn(monkeypatch, "4", answers="a\nb\n")
    capsys.readouterr()

    learn(monkeypatch)
    text = capsys.readouterr().out
    learn(monkeypatch, "--json")
    document = json.loads(capsys.readouterr().out)

    assert "predicted 2 of 2" in text
    listed = {each["number"]: each["progress"] for each in document["lessons"]}
    assert listed[4] == {"asked": 2, "predicted": 2}
    assert listed[1] is None


def test_progress_that_cannot_be_read_is_kept_aside(
    monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    """Bad input never loses data. Spec: LEARN-3."""
    state.write_text("{not json")

    learn(monkeypatch, "4")

    assert state.with_suffix(".unreadable").read_text() == "{not json"
    assert "04-reordering" in state.read_text()


def test_an_unknown_lesson_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what there is."""
    assert learn(monkeypatch, "99") == 2
    assert "expected: 1 to" in capsys.readouterr().err


def test_all_lessons_can_be_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For whoever changes a page. Spec: LEARN-1."""
    assert learn(monkeypatch, "--check") == 0
    assert "say what happens" in capsys.readouterr().out
