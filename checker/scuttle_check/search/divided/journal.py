"""The journal of a divided search: files that only grow, and can be cut off anywhere.

``worlds.bin`` holds the words of all levels, ``asked.bin`` what was asked of the tables, and
``levels.jsonl`` one line for each level that is whole in both. A line is written once all it speaks
of is on the disk, so whatever is behind the last whole line never happened. Each line has a
checksum, which is of the line before it, too.

Actors are not stored. What was asked is asked again, in the same order, so that regions get the
same numbers; a checksum tells whether the answers were the same.
"""

from __future__ import annotations

import json
import os
from enum import Enum
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from zlib import crc32

import numpy as np
from attrs import asdict, define, field, frozen
from numpy.typing import NDArray

from scuttle_check.base.kept_files import growing, keep
from scuttle_check.base.sums import MEMBER, intact, summed
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.divided.messages import Needs

WORLD = np.dtype("<u8")
NUMBER = np.dtype("<i8")


class Turn(Enum):
    """What happens to tables besides questions: a level is entered, fields are widened."""

    LEVEL = 0
    WIDENED = 1


NEEDED = 2

Event: TypeAlias = Turn | Needs


@frozen
class Mark:
    """A level that is whole: how much of each file belongs to it and those before it.

    `worlds` and `asked` count items, `sums` are checksums of what this level added to both files;
    `answers` is that of all answers so far. The rest is the state of the search on entering it;
    `seconds` are those of all sessions.
    """

    level: int
    worlds: int
    asked: int
    sums: tuple[int, int]
    answers: int
    widths: tuple[int, ...]
    transitions: int
    terminal: int
    seconds: float
    exercised: dict[str, int] = field(factory=dict)
    decided: dict[str, tuple[str, tuple[str, ...]]] = field(factory=dict)


def encoded(events: list[Event]) -> NDArray[np.int64]:
    """Events as numbers; :func:`decoded` reads them back."""
    first = itemgetter(0)
    parts: list[Any] = [np.zeros(0, NUMBER)]
    for event in events:
        if isinstance(event, Turn):
            parts.append([event.value])
            continue
        parts.append([NEEDED, len(event.actions), len(event.appends)])
        for number, regions in sorted(event.actions.items(), key=first):
            parts.extend(([number, len(regions)], regions))
        for port, (regions, posts) in sorted(event.appends.items(), key=first):
            parts.extend(([port, len(regions)], regions, posts))
    return np.concatenate([np.asarray(part, NUMBER) for part in parts])


def decoded(numbers: NDArray[np.int64]) -> list[Event]:
    """The events that :func:`encoded` made numbers of."""
    events: list[Event] = []
    at = 0

    def take(count: int) -> Ids:
        nonlocal at
        at += count
        return numbers[at - count : at].astype(np.intp)

    while at < len(numbers):
        kind = int(take(1)[0])
        if kind != NEEDED:
            events.append(Turn(kind))
            continue
        actions, appends = take(2).tolist()
        needs = Needs()
        for _ in range(actions):
            number, count = take(2).tolist()
            needs.actions[number] = take(count)
        for _ in range(appends):
            port, count = take(2).tolist()
            needs.appends[port] = take(count), take(count)
        events.append(needs)
    return events


@define
class Journal:
    """The files of one search in a folder. `marks` are the levels that are whole.

    `key` says which search it is: lines of another one are none of this. `cut` is what was left
    out behind the last whole level, because it was half written or changed. Unit: bytes.

    Spec: RUN-2, RUN-9.
    """

    folder: Path
    key: str = ""
    marks: list[Mark] = field(factory=list)
    cut: int = field(init=False, default=0)
    _worlds: BinaryIO = field(init=False)
    _asked: BinaryIO = field(init=False)
    _lines: BinaryIO = field(init=False)
    _last: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Open the files, and cut off what is behind the last level that is whole."""
        self._last = self.key
        self._worlds = growing(self.folder / "worlds.bin")
        self._asked = growing(self.folder / "asked.bin")
        self._lines = growing(self.folder / "levels.jsonl")
        whole = 0
        for line in self._lines.read().splitlines(keepends=True):
            mark = self._mark(line)
            if mark is None:
                break
            self.marks.append(mark)
            self._last = line_sum(line)
            whole += len(line)
        worlds, asked = self._ends(len(self.marks))
        for file, size in (
            (self._lines, whole),
            (self._worlds, worlds * WORLD.itemsize),
            (self._asked, asked * NUMBER.itemsize),
        ):
            self.cut += max(0, file.seek(0, os.SEEK_END) - size)
            file.truncate(size)

    def _mark(self, line: bytes) -> Mark | None:
        """The mark in a line, if that is whole and the files hold what it says."""
        mark = mark_in(line, self._last)
        if mark is None or mark.level != len(self.marks):
            return None
        worlds, asked = self._ends(mark.level)
        bounds = ((self._worlds, worlds, mark.worlds), (self._asked, asked, mark.asked))
        sums = tuple(crc32(_read(file, first, last)) for file, first, last in bounds)
        return mark if sums == mark.sums else None

    def _ends(self, level: int) -> tuple[int, int]:
        """How many worlds and numbers belong to the levels before `level`."""
        return (self.marks[level - 1].worlds, self.marks[level - 1].asked) if level else (0, 0)

    def add(self, worlds: Worlds, events: list[Event], state: dict[str, Any]) -> None:
        """A level is whole: its worlds, what was asked to find them, and the search as it enters.

        `state` holds what a mark says of the search.
        """
        level = len(self.marks)
        contents = worlds.astype(WORLD).tobytes(), encoded(events).tobytes()
        for file, content in zip((self._worlds, self._asked), contents, strict=True):
            file.seek(0, os.SEEK_END)
            file.write(content)
            keep(file)
        first, asked = self._ends(level)
        ends = first + len(worlds), asked + len(contents[1]) // NUMBER.itemsize
        mark = Mark(level, *ends, (crc32(contents[0]), crc32(contents[1])), **state)
        self._lines.seek(0, os.SEEK_END)
        line = summed(json.loads(json.dumps(asdict(mark))), self._last)
        self._lines.write(f"{json.dumps(line)}\n".encode())
        keep(self._lines)
        self._last = line[MEMBER]
        self.marks.append(mark)

    def level(self, number: int) -> Worlds:
        """The worlds of a level, which stay on the disk until they are looked at."""
        first, last = self._ends(number)[0], self.marks[number].worlds
        if first == last:
            return np.zeros(0, np.uint64)
        path, start = self.folder / "worlds.bin", first * WORLD.itemsize
        return np.asarray(np.memmap(path, WORLD, "r", start, (last - first,)))

    def events(self, number: int) -> list[Event]:
        """What was asked to find the worlds of a level."""
        first, last = self._ends(number)[1], self.marks[number].asked
        return decoded(np.frombuffer(_read(self._asked, first, last), NUMBER))

    def close(self) -> None:
        """Close the files."""
        for file in (self._worlds, self._asked, self._lines):
            file.close()


def marks_in(path: Path, key: str = "") -> list[Mark]:
    """The marks of a file of levels, as far as its lines are whole; nothing is changed.

    `key` is that of the search: see :class:`Journal`.
    """
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    marks: list[Mark] = []
    for line in lines:
        mark = mark_in(line, key)
        if mark is None:
            break
        key = line_sum(line)
        marks.append(mark)
    return marks


def line_sum(line: bytes) -> str:
    """The checksum of a line that is whole, which the next one is bound to."""
    return str(json.loads(line)[MEMBER])


def mark_in(line: bytes, before: str) -> Mark | None:
    """The mark that a line holds, or None where it is cut off or was changed.

    `before` is the checksum of the line before it. Spec: RUN-9.
    """
    if not line.endswith(b"\n"):
        return None
    try:
        document = json.loads(line)
        if not intact(document, before):
            return None
        del document[MEMBER]
        document["sums"] = tuple(document["sums"])
        document["widths"] = tuple(document["widths"])
        document["decided"] = {
            name: (because, tuple(schedule))
            for name, (because, schedule) in document["decided"].items()
        }
        return Mark(**document)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read(file: BinaryIO, first: int, last: int) -> bytes:
    """Items `first` to `last`, of eight bytes each; fewer where the file is shorter."""
    file.seek(first * WORLD.itemsize)
    return file.read((last - first) * WORLD.itemsize)
