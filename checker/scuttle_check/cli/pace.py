"""How fast the runs of a simulation end, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from attrs import define, field

from scuttle_check.cli.shown import patience, say


@define
class Pace:
    """Tells of runs as they end: the first, the last, and now and then one between.

    `weights` says how long each of the runs takes, beside the others. Those that `had` ended in
    an earlier process say nothing of how fast this one is.

    Spec: RUN-8.
    """

    weights: Sequence[float]
    had: frozenset[int] = frozenset()
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = say
    ended: set[int] = field(factory=set)
    _started: float = field(init=False)
    _last: float | None = None

    def __attrs_post_init__(self) -> None:
        self._started = self.clock()

    def hear(self, at: int, what: str, *, always: bool = False) -> None:
        """The run with that number has ended; say so if it is time."""
        self.ended.add(at)
        now = self.clock()
        done = len(self.had) + len(self.ended)
        due = self._last is None or now - self._last >= patience()
        if due or always or done == len(self.weights):
            self._last = now
            self.say(f"{done}/{len(self.weights)}: {what}; {self._rate(now)}")

    def _rate(self, now: float) -> str:
        """Runs a second of this process, and the time that those left take at that pace."""
        seconds = max(now - self._started, 1e-9)
        left = sum(
            weight
            for at, weight in enumerate(self.weights)
            if at not in self.ended and at not in self.had
        )
        told = f"{len(self.ended) / seconds:,.2g} runs/s"
        if not left:
            return told
        pace = sum(self.weights[at] for at in self.ended) / seconds
        return f"{told}, about {left / pace:,.0f} s left"
