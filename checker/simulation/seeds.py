"""One run for each seed, on whatever executor the caller has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import TypeVar

R = TypeVar("R")


def map_seeds(
    executor: Executor | None, run: Callable[[int], R], seeds: Iterable[int]
) -> Iterable[R]:
    """The results in the order of the seeds; `run` is picklable. None runs in this process."""
    return map(run, seeds) if executor is None else executor.map(run, seeds)
