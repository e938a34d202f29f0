"""Play a lesson: its dialogues with the pure reducers, its commands with the real command line."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from attrs import define, field

from scuttle_check.base.errors import AS_EXPECTED, INTERRUPTED, REFUTED, Fault, UsageFault
from scuttle_check.base.kept_files import write_draft
from scuttle_check.engine.pictures.text import Row, sequence_diagram
from scuttle_check.explorer.lessons.page import PLAYED, Kind, Lesson, Part, Question, read_question
from scuttle_check.gossip.scenario import INDENT, PROMPT, perform
from scuttle_check.gossip.stage import Stage

ELLIPSIS = "..."
"""A line of a command's output in a page that stands for any number of lines."""

SHELL_PROMPT = "$ "
COULD_RUN = (AS_EXPECTED, REFUTED, None)
"""The exit codes of a command that did what the page wants to show."""

FRESH = ("profile", "nodes")
"""The words with which a dialogue begins anew."""

Runner: TypeAlias = Callable[[list[str]], object]
"""Carries out ``scuttle`` with these arguments: its exit code, returned or exited with."""


@define
class Player:
    """Plays the parts of one lesson in order.

    Mutable, because a lesson goes on: a dialogue continues the one before it, and a command finds
    the file that a piece of code before it has written into `folder`.
    """

    lesson: Lesson
    folder: Path
    run: Runner
    stage: Stage = field(factory=Stage)
    output: str = ""
    """What the last part that was played put out, whole, without the commands."""

    def play(self, part: Part) -> str:
        """The text of `part` with the output that comes out now. Raises Fault with the line."""
        match part.kind:
            case Kind.DIALOGUE:
                return self._dialogue(part)
            case Kind.COMMAND:
                return self._commands(part)
            case Kind.PICTURE:
                return self.picture() + "\n"
            case Kind.CODE:
                self._code(part)
                return part.text
            case _:
                return part.text

    def question(self, part: Part) -> Question:
        """The question that `part` asks. Raises UsageFault."""
        return read_question(part, self.lesson.name)

    def picture(self) -> str:
        """What has happened in the dialogue so far, apart from rounds, as a sequence diagram."""
        rows = [
            Row(str(number), move.node, move.text, move.target, move.mark)
            for number, move in enumerate(self.stage.moves, start=1)
        ]
        return sequence_diagram(sorted(self.stage.nodes), rows)

    def _dialogue(self, part: Part) -> str:
        lines: list[str] = []
        in_output = False
        for number, line in enumerate(part.text.splitlines(), start=part.line):
            if line.startswith(PROMPT):
                command = line.removeprefix(PROMPT)
                lines.extend([line, *(INDENT + said for said in self._said(command, number))])
                in_output = True
            elif not line.strip():
                in_output = False
                lines.append(line)
            elif not in_output:
                lines.append(line)
        self.output = "\n".join(line for line in lines if line.startswith(INDENT))
        return "\n".join(lines) + "\n"

    def _said(self, command: str, number: int) -> list[str]:
        where = f"{self.lesson.name}, line {number}"
        first = command.split(maxsplit=1)[0]
        if first in FRESH and self.stage.nodes:
            self.stage = Stage()
        before = len(self.stage.moves)
        try:
            said = perform(self.stage, command, where)
        except Fault as fault:
            fault.where = where
            raise
        if first == "rounds":
            del self.stage.moves[before:]
        return said

    def _commands(self, part: Part) -> str:
        pieces = []
        self.output = ""
        for command, recorded in commands_in(part.text):
            with contextlib.chdir(self.folder):
                output = self._run(command, f"{self.lesson.name}, line {part.line}")
            self.output += output
            kept = recorded if matches(recorded, output) else output
            pieces.append(f"{SHELL_PROMPT}{command}\n{kept}")
        return "".join(pieces)

    def _run(self, command: str, where: str) -> str:
        """What a command puts out on standard output. Raises UsageFault."""
        words = shlex.split(command, comments=True)
        if words[:1] != ["scuttle"]:
            raise UsageFault(f"cannot run {words[:1]}", where=where, expected="scuttle ...")
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
            try:
                code = self.run(words[1:])
            except Fault as fault:
                fault.where = f"{where}: {fault.where}"
                raise
            except SystemExit as ended:
                code = ended.code
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        if code not in COULD_RUN:
            raise UsageFault(f"{command!r} exits {code}", where=where)
        return told.getvalue()

    def _code(self, part: Part) -> None:
        """Write the code to the file that its first line names."""
        head = part.text.splitlines()[0]
        name = head.removeprefix("# ")
        if not head.startswith("# ") or os.sep in name or not name.endswith(".py"):
            where = f"{self.lesson.name}, line {part.line}"
            raise UsageFault("code names no file", where=where, expected="# name.py")
        write_draft(self.folder / name, part.text)


def commands_in(text: str) -> list[tuple[str, str]]:
    """Each command of a block, without its prompt, and the output written below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith(SHELL_PROMPT):
            found.append((line.removeprefix(SHELL_PROMPT).rstrip("\n"), ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def matches(recorded: str, output: str) -> bool:
    """Whether `output` is what was recorded, where ``...`` is any number of lines."""
    pieces: list[list[str]] = [[]]
    for line in recorded.splitlines():
        if line == ELLIPSIS:
            pieces.append([])
        else:
            pieces[-1].append(line)
    lines = output.splitlines()
    if len(pieces) == 1:
        return lines == pieces[0]
    first, *middle, last = pieces
    if len(lines) < len(first) + len(last):
        return False
    if lines[: len(first)] != first or (last and lines[-len(last) :] != last):
        return False
    lines = lines[len(first) : len(lines) - len(last)]
    return _in_order(middle, lines)


def _in_order(pieces: list[list[str]], lines: list[str]) -> bool:
    at = 0
    for piece in pieces:
        starts = range(at, len(lines) - len(piece) + 1)
        found = next((start for start in starts if lines[start : start + len(piece)] == piece), -1)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def play_whole(lesson: Lesson, folder: Path, run: Runner) -> Iterator[tuple[Part, str]]:
    """Every part with its text as played now, in order. Raises Fault.

    A question whose answer is not exactly one of its options is a fault of the page.

    Spec: LEARN-1, LEARN-2.
    """
    player = Player(lesson, folder, run)
    asked: tuple[Part, Question] | None = None
    for part in lesson.parts:
        if part.kind is Kind.QUESTION:
            asked = part, player.question(part)
        text = player.play(part)
        if asked is not None and part.kind in PLAYED:
            _one_right(lesson, *asked, player.output)
            asked = None
        yield part, text


def _one_right(lesson: Lesson, part: Part, question: Question, output: str) -> None:
    right = question.right(output)
    if len(right) != 1:
        raise UsageFault(
            f"{len(right)} answers are right: {' '.join(option.letter for option in right)}",
            where=f"{lesson.name}, line {part.line}",
            expected="exactly one whose sign agrees with the next output",
        )
