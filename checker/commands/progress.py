"""Progress of a long search, on standard error."""

from __future__ import annotations

import sys
import time

from attrs import define

from checker.search.budget import Progress
from checker.search.memory import memory_used


@define
class Teller:
    """Tells at most once a second on a terminal, every ten seconds elsewhere."""

    _last: float = 0.0
    _started: float = 0.0

    def __call__(self, progress: Progress) -> None:
        """Write one line if it is time."""
        terminal = sys.stderr.isatty()
        now = time.monotonic()
        self._started = self._started or now
        last = self._last or self._started
        if now - last < (1 if terminal else 10):
            return
        self._last = now
        rate = progress.states / max(progress.seconds, 1e-9)
        memory = memory_used()
        text = (
            f"{progress.states:,} worlds, {rate:,.0f}/s, "
            f"frontier {progress.frontier:,}, depth {progress.depth}"
            + ("" if memory is None else f", {memory >> 20:,} MB")
        )
        sys.stderr.write(f"\r{text:<79}" if terminal else f"{text}\n")
        sys.stderr.flush()


def say(text: str) -> None:
    """Write one line, over the line of progress if there is one."""
    sys.stderr.write(f"\r{text:<79}\n" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()
