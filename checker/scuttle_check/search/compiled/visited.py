"""The worlds seen so far: sorted runs of growing size, so that each look-up is a few searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

Worlds: TypeAlias = NDArray[np.uint64]
"""One world per word."""

Numbers = TypeVar("Numbers", bound=NDArray[Any])


def distinct(numbers: Numbers) -> Numbers:
    """The distinct ones of `numbers`, sorted. Sorts `numbers` in place."""
    numbers.sort()
    return _once(numbers)


def merged(runs: Sequence[Worlds]) -> Worlds:
    """The distinct worlds of sorted runs, sorted."""
    return runs[0] if len(runs) == 1 else _once(_interleaved(runs))


def _interleaved(runs: Sequence[Worlds]) -> Worlds:
    """The worlds of sorted runs, sorted."""
    both = np.concatenate(runs)
    both.sort(kind="stable")  # which merges what is sorted, three times as fast as a sort anew
    return both


def _once(numbers: Numbers) -> Numbers:
    """The distinct ones of sorted numbers."""
    if len(numbers) < 2:  # noqa: PLR2004 - nothing to compare
        return numbers
    keep = np.empty(len(numbers), np.bool_)
    keep[0] = True
    np.not_equal(numbers[1:], numbers[:-1], out=keep[1:])
    kept: Numbers = numbers[keep]  # type: ignore[assignment]
    return kept


@define
class Visited:
    """An exact set of worlds. Runs are sorted and disjoint; each is at least twice the next."""

    runs: list[Worlds] = field(factory=list)

    def new(self, worlds: Worlds) -> Worlds:
        """Those of `worlds` (sorted, distinct) that were not seen; they are seen from now on."""
        for run in self.runs:
            if not len(worlds):
                return worlds
            at = np.searchsorted(run, worlds)
            at[at == len(run)] = 0
            worlds = worlds[run[at] != worlds]
        if len(worlds):
            self._add(worlds)
        return worlds

    def _add(self, run: Worlds) -> None:
        self.runs.append(run)
        while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):
            self.runs.append(_interleaved([self.runs.pop(), self.runs.pop()]))

    def repack(self, repacked: Callable[[Worlds], Worlds]) -> None:
        """Hold the same worlds in other words."""
        for at, run in enumerate(self.runs):
            self.runs[at] = repacked(run)
            self.runs[at].sort()

    def __contains__(self, world: object) -> bool:
        wanted = np.array([world], np.uint64)
        places = ((run, np.searchsorted(run, wanted)) for run in self.runs if len(run))
        return any(bool(run[at % len(run)] == wanted) for run, at in places)

    def __len__(self) -> int:
        return sum(map(len, self.runs))
