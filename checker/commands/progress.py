"""Progress of a long search, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from itertools import pairwise

from attrs import define, field

from checker.commands.safe_output import SafeText
from checker.search.budget import Progress
from checker.search.memory import memory_used

SHRINKING = 3
"""Levels of which each must be smaller than the one before it: fewer may be chance."""


@define
class Teller:
    """Tells at most once a second on a terminal, every ten seconds elsewhere."""

    _last: float = 0.0
    _started: float = 0.0
    _first: Progress | None = None
    _levels: dict[int, int] = field(factory=dict)

    def __call__(self, progress: Progress) -> None:
        """Write one line if it is time."""
        self._first = self._first or progress
        self._levels[progress.depth] = progress.frontier
        terminal = sys.stderr.isatty()
        now = time.monotonic()
        self._started = self._started or now
        last = self._last or self._started
        if now - last < patience():
            return
        self._last = now
        rate = self._rate(progress)
        memory = memory_used()
        text = (
            f"{progress.states:,} worlds, {rate:,.0f}/s, "
            f"frontier {progress.frontier:,}, depth {progress.depth}, {self._left(rate)}"
            + ("" if memory is None else f", {memory >> 20:,} MB")
        )
        _write(f"\r{text:<79}" if terminal else f"{text}\n")
        sys.stderr.flush()

    def _rate(self, progress: Progress) -> float:
        """Worlds a second, without those that a resumed search had from the beginning."""
        first = self._first or progress
        if progress.seconds - first.seconds < 1:
            return progress.states / max(progress.seconds, 1e-9)
        return (progress.states - first.states) / (progress.seconds - first.seconds)

    def _left(self, rate: float) -> str:
        """How long it may still take, in words. Spec: RUN-6."""
        worlds = worlds_left([self._levels[depth] for depth in sorted(self._levels)])
        if worlds is None:
            return "still growing"
        return f"at most about {worlds / max(rate, 1e-9):,.0f} s left"


def worlds_left(levels: Sequence[int]) -> int | None:
    """How many worlds are left if levels go on shrinking as the last ones did; None if they grow.

    Levels shrink faster and faster, so these are too many rather than too few.

    Spec: RUN-6.
    """
    if len(levels) < SHRINKING or any(
        later >= earlier for earlier, later in pairwise(levels[-SHRINKING:])
    ):
        return None
    ratio = levels[-1] / levels[-2]
    return round(levels[-1] + levels[-1] * ratio / (1 - ratio))


def patience() -> float:
    """How long to be silent between two lines of progress. Unit: seconds."""
    return 1 if sys.stderr.isatty() else 10


def say(text: str) -> None:
    """Write one line, over the line of progress if there is one."""
    _write(f"\r{text:<79}\n" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def _write(text: str) -> None:
    """Write a line of our own, which may go back to the start of the line."""
    stream = sys.stderr
    stream.move(text) if isinstance(stream, SafeText) else stream.write(text)
