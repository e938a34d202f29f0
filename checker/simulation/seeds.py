"""Runs over seeds, in this process or shared among workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from checker.executors import Pool, mapped

T = TypeVar("T")
R = TypeVar("R")


def runs(task: Callable[[T], R], items: Iterable[T], pool: Pool | None) -> Iterator[R]:
    """The results in the order of `items`; `task` is picklable. None runs in this process.

    Spec: SIM-1.
    """
    return map(task, items) if pool is None else mapped(task, items, pool)
