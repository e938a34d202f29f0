"""Limits of a search and what it tells while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from attrs import define, field, frozen


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
    """When to stop: beyond `states_max` states or `seconds_max` seconds.

    `every` is the number of states between two calls of `tell`.
    """

    states_max: int | None = None
    seconds_max: float | None = None
    tell: Callable[[Progress], None] | None = None
    every: int = 5_000
    _started: float = field(factory=time.perf_counter, init=False)

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self._started

    def stop(self, states: int) -> str | None:
        """Why the search must stop now, or None."""
        if self.states_max is not None and states > self.states_max:
            return f"more than {self.states_max:,} states, the limit given"
        if self.seconds_max is not None and self.seconds >= self.seconds_max:
            return f"{self.seconds_max:g} seconds used, the limit given"
        return None
