"""Runs over seeds, in this process or shared among workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from scuttle_check.base.workers import Pool, finished

T = TypeVar("T")
R = TypeVar("R")


def ended(task: Callable[[T], R], items: Iterable[T], pool: Pool | None) -> Iterator[tuple[int, R]]:
    """The number of each item and its result, as each ends; `task` is picklable.

    Without a pool they run in this process, in their order.

    Spec: SIM-1.
    """
    return enumerate(map(task, items)) if pool is None else finished(task, items, pool)
