"""The runs of a simulation that have ended, in a file that only grows.

Runs know nothing of each other, so a line that was damaged costs the run that it tells of. Its
checksum is of the plan, too: if somebody changed that, the numbers of runs would mean others.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

from attrs import define, field

from checker.kept_files import growing, keep


def _line(plan: str, at: int, run: Any) -> bytes:
    checksum = crc32(json.dumps([plan, at, run]).encode())
    return f"{json.dumps([at, run, checksum])}\n".encode()


def _read(plan: str, line: bytes) -> tuple[int, Any] | None:
    """What a line tells, or None where it is cut off, was damaged or is of another plan."""
    try:
        at, run, _ = json.loads(line)
    except (ValueError, TypeError):
        return None
    return (at, run) if line == _line(plan, at, run) else None


def ends_in(content: bytes, plan: str) -> dict[int, Any]:
    """The runs of a plan that a file tells of, by their numbers, as far as its lines are whole."""
    found: dict[int, Any] = {}
    for line in content.splitlines(keepends=True):
        told = _read(plan, line)
        if told is not None:
            found.setdefault(*told)
    return found


@define
class Ends:
    """The file, open to be gone on with. `runs` are those of `plan` that have ended, by number.

    Spec: RUN-2, RUN-7.
    """

    path: Path
    plan: str
    runs: dict[int, Any] = field(init=False)
    _file: BinaryIO = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read it, and cut off what is behind the last line that was written to its end."""
        self._file = growing(self.path)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)
        self.runs = ends_in(content, self.plan)

    def add(self, at: int, run: Any) -> None:
        """A run has ended, and is on the disk when this returns."""
        self._file.write(_line(self.plan, at, run))
        keep(self._file)
        self.runs[at] = run

    def close(self) -> None:
        """Close the file."""
        self._file.close()
