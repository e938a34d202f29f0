"""A lesson as a page: prose, dialogues, commands, pictures and questions, in the order written.

Laws of this file: pure functions of texts. A part is a fenced block whose first word says what it
is; everything between two parts is prose. See ``spec/guide/lessons/index.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from attrs import frozen

from scuttle_check.base.errors import UsageFault

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$\n?", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_OPTION = re.compile(r"(?P<letter>[a-e])\) (?P<says>.+?)\s+\| (?P<when>if|if not): (?P<sign>.+)")


class Kind(Enum):
    """What a part of a lesson is. The value is the word of its fence."""

    PROSE = "prose"
    DIALOGUE = "scuttle"
    COMMAND = "console"
    CODE = "python"
    PICTURE = "picture"
    QUESTION = "predict"


PLAYED = (Kind.DIALOGUE, Kind.COMMAND, Kind.PICTURE)
"""The parts whose output stands in the page, and is compared."""


@frozen
class Part:
    """One part of a lesson: its text without the fence, and the line where the text begins."""

    kind: Kind
    text: str
    line: int


@frozen
class Option:
    """An answer that can be given.

    It is right when `sign` is found (or, if not `found`, is not found) in what the next part that
    is played puts out: the model decides, not the page.
    """

    letter: str
    says: str
    sign: str
    found: bool

    def is_right(self, output: str) -> bool:
        """Whether what came out makes this answer the right one."""
        return (self.sign in output) == self.found


@frozen
class Question:
    """What the reader is to predict before the next part is played."""

    asks: str
    options: tuple[Option, ...]

    def right(self, output: str) -> tuple[Option, ...]:
        """The options that the output makes right."""
        return tuple(option for option in self.options if option.is_right(output))


@frozen
class Lesson:
    """One lesson: `name` is the stem of its file, `number` the figure that it begins with."""

    name: str
    title: str
    parts: tuple[Part, ...]

    @property
    def number(self) -> int:
        """Its place in the course, from 1."""
        return int(self.name.partition("-")[0])


def read_lesson(name: str, text: str) -> Lesson:
    """The lesson in the page called `name`. Raises UsageFault with the line at fault."""
    title = _TITLE.search(text)
    if title is None or not re.match(r"\d\d-", name):
        raise UsageFault("is no lesson", where=name, expected="a file NN-name.md with a title")
    parts: list[Part] = []
    end = 0
    for fence in _FENCE.finditer(text):
        parts.extend(_prose(text, end, fence.start()))
        line = text.count("\n", 0, fence.start()) + 2
        parts.append(Part(_kind(fence[1], f"{name}, line {line - 1}"), fence[2], line))
        end = fence.end()
    parts.extend(_prose(text, end, len(text)))
    return Lesson(name, title[1], tuple(parts))


def _prose(text: str, start: int, end: int) -> list[Part]:
    prose = text[start:end].strip("\n")
    line = text.count("\n", 0, start) + 1
    return [Part(Kind.PROSE, prose, line)] if prose else []


def _kind(word: str, where: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        expected = ", ".join(kind.value for kind in Kind if kind is not Kind.PROSE)
        raise UsageFault(f"no part is called {word!r}", where=where, expected=expected) from None


def read_question(part: Part, where: str) -> Question:
    """The question in a part. Raises UsageFault with the line at fault."""
    asks: list[str] = []
    options: list[Option] = []
    for number, line in enumerate(part.text.splitlines(), start=part.line):
        option = _OPTION.fullmatch(line)
        if option:
            found = option["when"] == "if"
            options.append(Option(option["letter"], option["says"], option["sign"], found))
        elif options:
            expected = "a) ANSWER  | if: TEXT THAT COMES OUT, or | if not: TEXT"
            raise UsageFault(
                "cannot read an answer", where=f"{where}, line {number}", expected=expected
            )
        else:
            asks.append(line)
    return Question("\n".join(asks), tuple(options))


def rewritten(text: str, outputs: Sequence[tuple[Part, str]]) -> str:
    """The page with the text of each played part replaced by what came out now."""
    lines = text.splitlines(keepends=True)
    for part, output in sorted(outputs, key=lambda pair: -pair[0].line):
        start = part.line - 1
        lines[start : start + part.text.count("\n")] = [output]
    return "".join(lines)
