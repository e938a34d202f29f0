"""Limits of a search and what it tells while it runs.

Memory: what this process holds, and what the machine has left. Unit: bytes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container
from pathlib import Path

from attrs import define, field, frozen


def memory_used() -> int | None:
    """What this process holds now, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError, IndexError):
        return None


def memory_free() -> int | None:
    """What could be had without taking it from anybody, where the system tells.

    In a container with a limit of its own, what is left of that, if it is less.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (free,) = (int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError):
        return None
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such group, or its limit is "max"
        return free
    return min(free, max(0, limit - used))


BROKEN_OFF = "interrupted"
"""Why a search stopped that somebody interrupted."""

LOOK_EVERY = 0.1
"""Between two looks at the memory used, where little is added in between. Unit: seconds."""


@frozen
class Progress:
    """How far a search is. Units: states, transitions, steps, seconds.

    `decided` holds the names of the properties that have their counterexample or witness.
    """

    states: int
    transitions: int
    frontier: int
    depth: int
    seconds: float
    decided: Container[str] = ()


@define
class Budget:
    """When to stop: beyond `states_max` states, `seconds_max` seconds or `bytes_max` of memory.

    `every` is the number of states between two calls of `tell`. Where the system does not tell
    what a process holds, memory is not limited. With `partial` Ctrl-C ends the search with what it
    has found so far; who does not ask for that gets the interruption.
    """

    states_max: int | None = None
    seconds_max: float | None = None
    tell: Callable[[Progress], None] | None = None
    every: int = 5_000
    bytes_max: int | None = None
    partial: bool = False
    _looked: float = field(default=0.0, init=False)
    _started: float = field(factory=time.perf_counter, init=False)

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._started

    def stop(self, states: int, coming: int = 0) -> str | None:
        """Why the search must stop now, or None. It is about to need `coming` bytes besides.

        Spec: CHK-11.
        """
        if self.states_max is not None and states > self.states_max:
            return f"more than {self.states_max:,} states, the limit given"
        if self.seconds_max is not None and self.seconds >= self.seconds_max:
            return f"{self.seconds_max:g} seconds used, the limit given"
        if self.bytes_max is not None and self._too_large(self.bytes_max, coming):
            return f"more than {self.bytes_max >> 20:,} MB of memory needed, the limit"
        return None

    def interrupted(self) -> str:
        """Why a search stops on Ctrl-C, where its caller takes a part of the answer for a part.

        Raises KeyboardInterrupt for the others, who would take it for the whole.

        Spec: CHK-14.
        """
        if not self.partial:
            raise KeyboardInterrupt
        return BROKEN_OFF

    def _too_large(self, most: int, coming: int) -> bool:
        """Whether the process holds more than `most` bytes, or will; looked at now and then."""
        now = time.perf_counter()
        if not coming and now - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        used = memory_used()
        return used is not None and used + coming > most
