"""The two JavaScript behaviours that a recording shows: its sort, and ``>`` of a query.

Nothing here is protocol. The library shuffles its digest lines by sorting them with a random
comparator, so which order comes out depends on how the engine sorts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from scuttle_ref.names import ANSWERED, NEVER

T = TypeVar("T")


def array_sort(items: Sequence[T], compare: Callable[[T, T], float]) -> tuple[T, ...]:
    """Sort as V8 sorts fewer than 32 items: a first run, then binary insertion."""
    if len(items) < 2:  # noqa: PLR2004 - nothing to compare
        return tuple(items)
    run = 2
    descending = compare(items[1], items[0]) < 0
    while run < len(items) and (compare(items[run], items[run - 1]) < 0) == descending:
        run += 1
    done = list(reversed(items[:run])) if descending else list(items[:run])
    for item in items[run:]:
        low, high = 0, len(done)
        while low < high:
            middle = (low + high) // 2
            if compare(item, done[middle]) < 0:
                high = middle
            else:
                low = middle + 1
        done.insert(low, item)
    return tuple(done)


class ControlledRandom:
    """The recorder's ``Math.random``: all low, all high, or a list of bits and then low."""

    def __init__(self, mode: object) -> None:
        self._high = False
        self._bits: deque[bool] = deque()
        self.control(mode)

    def control(self, mode: object) -> None:
        """From now on as `mode` says: a word, a list of bits, or an object that holds one."""
        bits = mode.get("bits") if isinstance(mode, dict) else mode
        self._high = mode == "reversed"
        self._bits = deque(map(bool, bits) if isinstance(bits, list) else ())

    def compare(self, _one: object, _other: object) -> int:
        """The library's comparator: ``Math.random() > 0.5 ? -1 : 1``."""
        high = self._bits.popleft() if self._bits else self._high
        return -1 if high else 1

    def shuffled(self, sources: tuple[str, ...]) -> tuple[str, ...]:
        """The order in which ``gossip()`` names its sources."""
        return array_sort(sources, self.compare)


_DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)


def asked_above(version: object) -> float:
    """The mark above which ``history.news(id, version)`` answers, as ``>`` coerces it.

    What JavaScript takes for no number is above everything: nothing is answered.
    """
    match version:
        case None | "":
            return 0
        case "-Infinity":
            return NEVER
        case str() if _DECIMAL.fullmatch(version):
            return float(version)
        case int() | float():
            return version
        case _:
            return ANSWERED
