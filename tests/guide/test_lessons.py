"""The lessons: what they say is what happens, and what is right is what the nodes do."""

from __future__ import annotations

from pathlib import Path

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.main import main
from scuttle_check.explorer.lessons.course import course, lesson_called
from scuttle_check.explorer.lessons.page import (
    PLAYED,
    Kind,
    Lesson,
    read_lesson,
    read_question,
    rewritten,
)
from scuttle_check.explorer.lessons.player import matches, play_whole

LESSONS = course()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_says_what_happens(lesson: Lesson, tmp_path: Path) -> None:
    """A page that teaches something that is not so does harm. Spec: LEARN-1, LEARN-2."""
    for part, text in play_whole(lesson, tmp_path, main):
        assert text == part.text, f"{lesson.name}, line {part.line}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_has_all_that_a_lesson_needs(lesson: Lesson) -> None:
    """Something goes wrong, one claim, one property, a picture, a question, a command."""
    prose = "\n".join(part.text for part in lesson.parts if part.kind is Kind.PROSE)
    kinds = [part.kind for part in lesson.parts]

    for heading in ("**What goes wrong.**", "**Claim.**", "**Property.**"):
        assert prose.count(heading) == 1, heading
    assert kinds.count(Kind.PICTURE) == 1
    assert Kind.QUESTION in kinds
    assert Kind.COMMAND in kinds


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_question_comes_before_what_decides_it(lesson: Lesson) -> None:
    """The last part cannot be a question: nothing would answer it. Spec: LEARN-2."""
    kinds = [part.kind for part in lesson.parts if part.kind is not Kind.PROSE]

    for at, kind in enumerate(kinds):
        if kind is Kind.QUESTION:
            assert any(later in PLAYED for later in kinds[at + 1 :])


PAGE = """# A page

```predict
What happens?
a) it is remembered  | if: remembers
b) it is not  | if not: remembers
```

```scuttle
> nodes A
> A set k=1
    nothing at all
```
"""


def test_the_nodes_decide_what_is_right(tmp_path: Path) -> None:
    """No page stores an answer: it follows from the output. Spec: LEARN-2."""
    lesson = read_lesson("01-page", PAGE)
    question = read_question(lesson.parts[1], "01-page")

    played = dict(play_whole(lesson, tmp_path, main))

    output = next(text for part, text in played.items() if part.kind is Kind.DIALOGUE)
    assert [option.letter for option in question.right(output)] == ["a"]
    assert [option.letter for option in question.right("silence")] == ["b"]


def test_a_wrong_output_is_noticed_and_mended(tmp_path: Path) -> None:
    """Drift must not pass, and mending it must not touch the rest. Spec: LEARN-1."""
    lesson = read_lesson("01-page", PAGE)

    played = [
        (part, text) for part, text in play_whole(lesson, tmp_path, main) if text != part.text
    ]
    mended = rewritten(PAGE, played)

    assert "nothing at all" not in mended
    assert mended.startswith(PAGE.split("```scuttle", maxsplit=1)[0])
    again = play_whole(read_lesson("01-page", mended), tmp_path, main)
    assert all(text == part.text for part, text in again)


@pytest.mark.parametrize(
    ("one", "other"), [("if: silence", "if not: remembers"), ("if: remembers", "if: k=1")]
)
def test_a_question_with_no_or_two_right_answers_is_refused(
    one: str, other: str, tmp_path: Path
) -> None:
    """A reader who is right must not be told otherwise. Spec: LEARN-2."""
    ambiguous = PAGE.replace("| if: remembers", f"| {one}").replace(
        "| if not: remembers", f"| {other}"
    )

    with pytest.raises(UsageFault, match="answers are right") as refused:
        list(play_whole(read_lesson("01-page", ambiguous), tmp_path, main))

    assert "01-page, line 4" in str(refused.value)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("no title\n", "is no lesson"),
        ("# T\n\n```sing\nla\n```\n", "no part is called 'sing'"),
        ("# T\n\n```predict\nSo?\na) yes | if: x\nb) what\n```\n", "cannot read an answer"),
        ("# T\n\n```console\n$ rm x\n```\n", "cannot run"),
        ("# T\n\n```console\n$ scuttle check --profile x\n```\n", "exits 2"),
        ("# T\n\n```scuttle\n> sing\n```\n", "01-page, line 4"),
        ("# T\n\n```python\nx = 1\n```\n", "code names no file"),
    ],
)
def test_a_bad_page_is_refused_with_its_line(page: str, problem: str, tmp_path: Path) -> None:
    """Whoever writes a lesson is told where it is wrong. Spec: LEARN-1."""
    with pytest.raises(UsageFault) as refused:
        list(play_whole(read_lesson("01-page", page), tmp_path, main))

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("recorded", "output", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "a\nb\nc\n", True),
        ("a\n...\nc\n...\n", "a\nb\nc\nd\n", True),
        ("a\n...\nx\n...\n", "a\nb\nc\nd\n", False),
        ("a\n", "a\nb\n", False),
        ("b\n...\n", "a\nb\n", False),
        ("a\n...\na\n", "a\n", False),
    ],
)
def test_an_ellipsis_stands_for_any_lines_and_for_nothing_else(
    recorded: str, output: str, same: bool
) -> None:
    """An ellipsis that matched too much would make every page true."""
    assert matches(recorded, output) is same


def test_there_are_thirteen_lessons_in_order() -> None:
    """The index promises them."""
    assert [lesson.number for lesson in LESSONS] == list(range(1, 14))


def test_a_lesson_is_found_by_number_and_by_name() -> None:
    """People type what they see."""
    assert lesson_called("1", LESSONS) is LESSONS[0]
    assert lesson_called("one-node", LESSONS) is LESSONS[0]
    with pytest.raises(UsageFault, match="no lesson '99'"):
        lesson_called("99", LESSONS)
