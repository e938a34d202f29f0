"""``scuttle learn``: the lessons in the terminal; predictions are judged by running the model."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from scuttle_check.base.ending import carried_out
from scuttle_check.base.errors import AS_EXPECTED, REFUTED, UsageFault
from scuttle_check.base.kept_files import write_over
from scuttle_check.base.resources import to_write_to
from scuttle_check.cli.options import examples
from scuttle_check.cli.safe_output import own_text, styled
from scuttle_check.explorer.lessons.course import (
    course,
    lesson_called,
    lesson_files,
    read_progress,
    write_progress,
)
from scuttle_check.explorer.lessons.page import PLAYED, Kind, Lesson, Question, rewritten
from scuttle_check.explorer.lessons.player import Player, play_whole


@click.command(epilog=examples("scuttle learn 1", "scuttle learn --next"))
@click.argument("name", required=False, metavar="[LESSON]")
@click.option("--next", "go_on", is_flag=True, help="Go on with the first lesson not finished.")
@click.option("--check", is_flag=True, help="Play all lessons; compare with what their pages say.")
@click.option("--rewrite", is_flag=True, help="As --check, and write what came out.")
@click.option("--json", "as_json", is_flag=True, help="The list, or the check, as JSON.")
def command(name: str | None, *, go_on: bool, check: bool, rewrite: bool, as_json: bool) -> None:
    """List the lessons, or take LESSON (a number or a name).

    A lesson asks what will happen before it happens. Answer with a letter, or press enter to see.
    What is right is decided by what the nodes then do. Progress is remembered in a small file
    below SCUTTLE_STATE, or else XDG_STATE_HOME.
    """
    lessons = course()
    if rewrite:
        to_write_to()
    if check or rewrite:
        sys.exit(_check(lessons, rewrite=rewrite, as_json=as_json))
    if go_on and name is None:
        done = read_progress()
        name = next((each.name for each in lessons if each.name not in done), None)
        if name is None:
            click.echo("All lessons are finished. scuttle learn 1 begins again.")
            return
    if name is None:
        click.echo(json.dumps(_listed(lessons)) if as_json else _list_text(lessons))
        return
    if as_json:
        raise UsageFault("--json lists or checks", expected="scuttle learn --json, without a name")
    lesson = lesson_called(name, lessons)
    try:
        _take(lesson)
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"\nnot finished; scuttle learn {lesson.number} begins it again", err=True)
        raise


def _scuttle(arguments: list[str]) -> int:
    """Carry out a command of a lesson with the command line that runs this lesson.

    The reader's settings are not in force: the page speaks of the defaults. Spec: SET-4.
    """
    root = click.get_current_context().find_root().command
    return carried_out(root, arguments, default_map={})


def _check(lessons: tuple[Lesson, ...], *, rewrite: bool, as_json: bool) -> int:
    differ = []
    for lesson, path in zip(lessons, lesson_files(), strict=True):
        with tempfile.TemporaryDirectory() as folder:
            played = [
                (part, text)
                for part, text in play_whole(lesson, Path(folder), _scuttle)
                if part.kind in PLAYED and text != part.text
            ]
        if played:
            differ.append({"lesson": lesson.name, "lines": [part.line for part, _ in played]})
        if played and rewrite:
            page = path.read_text(encoding="utf-8")
            write_over(path, rewritten(page, played))
    if as_json:
        click.echo(json.dumps(_checked_json(len(lessons), differ)))
    for each in [] if as_json else differ:
        where = ", ".join(map(str, each["lines"]))
        told = "rewritten" if rewrite else "says something else now"
        click.echo(f"{each['lesson']}: the block at line {where} {told}")
    if not as_json and not differ:
        click.echo(f"{len(lessons)} lessons say what happens")
    return REFUTED if differ and not rewrite else AS_EXPECTED


def _checked_json(lessons: int, differ: Sequence[object]) -> dict[str, object]:
    return {"format": "scuttle-lessons-check/1", "lessons": lessons, "differ": list(differ)}


def _listed(lessons: tuple[Lesson, ...]) -> dict[str, object]:
    done = read_progress()
    return {
        "format": "scuttle-lessons/1",
        "lessons": [
            {
                "number": each.number,
                "name": each.name,
                "title": each.title,
                "progress": done.get(each.name),
            }
            for each in lessons
        ],
    }


class _Console(Console):
    """A console that leaves it to us how a process ends whose reader has gone away."""

    def on_broken_pipe(self) -> None:
        """What went wrong, as it was; rich would end the process with 1. Spec: END-3."""
        raise  # noqa: PLE0704 - rich calls it while it handles the fault


def _list_text(lessons: tuple[Lesson, ...]) -> str:
    done = read_progress()
    lines = []
    for lesson in lessons:
        kept = done.get(lesson.name)
        told = "" if kept is None else f"  predicted {kept['predicted']} of {kept['asked']}"
        lines.append(f"{lesson.number:3}  {lesson.title}{told}")
    return "\n".join([*lines, "", "scuttle learn 1 takes a lesson, scuttle learn --next goes on."])


def _take(lesson: Lesson) -> None:
    """Show a lesson part by part, ask, and remember how it went."""
    console = _Console(highlight=False, soft_wrap=False, file=own_text())
    asked = predicted = 0
    with tempfile.TemporaryDirectory() as folder:
        player = Player(lesson, Path(folder), _scuttle)
        open_question: tuple[Question, str] | None = None
        for part in lesson.parts:
            if part.kind is Kind.QUESTION:
                question = player.question(part)
                open_question = question, _ask(question)
                continue
            if part.kind is Kind.PROSE:
                console.print(Markdown(part.text))
                click.echo()
                continue
            text = player.play(part)
            for line in text.splitlines():
                _played(line)
            click.echo()
            if open_question is not None and part.kind in PLAYED:
                asked += 1
                predicted += _judge(*open_question, player.output)
                open_question = None
    write_progress({**read_progress(), lesson.name: {"asked": asked, "predicted": predicted}})
    click.echo(f"Lesson {lesson.number} is finished: predicted {predicted} of {asked}.")
    following = next((each for each in course() if each.number == lesson.number + 1), None)
    if following is not None:
        click.echo(f"Next: scuttle learn {following.number}, {following.title}.")


def _played(line: str) -> None:
    """A line of a dialogue or of a terminal: what is typed stands out from what comes of it."""
    if line.startswith(("> ", "$ ")):
        styled(line, bold=True)
    else:
        click.echo(line)


def _ask(question: Question) -> str:
    """The letter the reader answers, or nothing."""
    styled(question.asks, bold=True)
    for option in question.options:
        click.echo(f"  {option.letter}) {option.says}")
    letters = [option.letter for option in question.options]
    while True:
        click.echo(f"Your prediction ({'/'.join(letters)}, or enter to see): ", nl=False)
        line = sys.stdin.readline()
        answer = line.strip().lower().rstrip(")")
        if not sys.stdin.isatty():
            click.echo(answer)
        if answer in {*letters, ""}:
            click.echo()
            return answer
        click.echo(f"{answer!r} is none of them.")


def _judge(question: Question, answer: str, output: str) -> bool:
    """Say which answer the model gave; whether it was the reader's."""
    right = question.right(output)
    told = " and ".join(f"{option.letter}) {option.says}" for option in right)
    good = answer in {option.letter for option in right}
    verdict = "As you predicted" if good else ("What happened" if not answer else "Not so")
    styled(f"{verdict}: {told}", fg="green" if good else "yellow")
    click.echo()
    return good
