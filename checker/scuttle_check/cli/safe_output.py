"""What a terminal is shown: text, and nothing that it would obey.

Keys, values and names come from peers, files and implementations under test. Whatever command
prints them, what is not printable is escaped here, at the last door. Colours are escaped, too: a
value could hide what stands behind it. What we style ourselves has a door of its own.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO, cast

import click

from scuttle_check.base.visible import shown

STANDARD_ERROR = 2


class SafeText(io.TextIOWrapper):
    """A standard stream that shows every text and obeys none.

    Spec: NODE-10.
    """

    def write(self, text: str, /) -> int:
        """Write the text as it may be shown; what is returned counts the given one."""
        super().write(shown(text))
        return len(text)

    def move(self, text: str) -> None:
        """Write a text of our own that may move the cursor, or change how text looks."""
        super().write(text)


class SafeMessages(SafeText):
    """Standard error: what it does not take is lost, and changes nothing else.

    Spec: END-4.
    """

    def write(self, text: str, /) -> int:
        """Write the text as it may be shown, if that can be."""
        with self._as_can_be():
            super().write(text)
        return len(text)

    def move(self, text: str) -> None:
        """Write a text of our own, if that can be."""
        with self._as_can_be():
            super().move(text)

    def flush(self) -> None:
        """Write what waits, if that can be."""
        with self._as_can_be():
            super().flush()

    @contextmanager
    def _as_can_be(self) -> Iterator[None]:
        """What is left of it goes nowhere, or it would be tried again at the end."""
        try:
            yield
        except OSError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)


class OwnText:
    """Where something writes whose text is ours alone, with its own colours and moves."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write it as it is to a terminal of ours, and as any text elsewhere."""
        if isinstance(self._stream, SafeText) and self._stream.isatty():
            self._stream.move(text)
        else:
            self._stream.write(text)
        return len(text)


def own_text() -> IO[str]:
    """Standard output, for :class:`OwnText` only."""
    return cast("IO[str]", OwnText(sys.stdout))


def styled(text: str, **style: Any) -> None:
    """One line in a style that ``click.style`` knows, on a terminal; a line elsewhere."""
    stream = sys.stdout
    if isinstance(stream, SafeText) and stream.isatty() and "NO_COLOR" not in os.environ:
        before, after = click.style("\0", **style).split("\0")
        stream.move(before)
        stream.write(text)
        stream.move(f"{after}\n")
    else:
        click.echo(text)


def guard_streams() -> None:
    """Put the guard before the standard streams of this process, and something where one is closed.

    Spec: END-4.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stand_in = _instead(number)
            setattr(sys, name, stand_in)
            setattr(sys, f"__{name}__", stand_in)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is io.TextIOWrapper:
            # Not taken from the stream that Python began with: what draws whole screens of its own,
            # as --tui does, writes to that one.
            kind = SafeMessages if name == "stderr" else SafeText
            guarded = kind(
                stream.buffer,
                encoding=stream.encoding,
                errors="backslashreplace",
                line_buffering=stream.line_buffering or name == "stderr",
            )
            setattr(sys, name, guarded)


def _instead(number: int) -> TextIO:
    """What stands in for a standard stream that was closed before this process began.

    It takes the number of the stream, or the next file that is opened would: a store, to which
    whoever writes to standard error would then write. An input is at its end. Messages are lost, as
    was asked for. Results are not: what writes them is told that nothing takes them.
    """
    taken = os.open(os.devnull, os.O_WRONLY if number == STANDARD_ERROR else os.O_RDONLY)
    return open(taken, "r" if number == 0 else "w", encoding="utf-8", closefd=False)
