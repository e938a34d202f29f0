"""Work on several processes: pure tasks through an executor, in order, whatever happens to workers.

A task is a function of its item alone, so one that was lost with its worker is simply done again.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from scuttle_check.base.errors import UnrunnableFault

if TYPE_CHECKING:
    from concurrent.futures import Executor

T = TypeVar("T")
R = TypeVar("R")

TRIES = 3
"""Pools that may break one after the other without any result in between."""

Pool: TypeAlias = "Callable[[], AbstractContextManager[Executor]]"
"""How a pool of workers is opened, and opened again."""


@contextmanager
def local_processes(count: int) -> Iterator[Executor]:
    """`count` processes on this machine, which end with the block and with this process."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - most runs have no workers
    from multiprocessing import active_children, get_context  # noqa: PLC0415

    before = set(active_children())
    executor = ProcessPoolExecutor(count, get_context("spawn"), begin_worker)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(active_children()) - before:
            child.terminate()
        executor.shutdown()


def begin_worker() -> None:
    """Leave Ctrl-C to the parent, end when it says so, and do not outlive it.

    The parent ends its workers with SIGTERM, which they would ignore where it is to ignore it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    from multiprocessing import connection, parent_process  # noqa: PLC0415 - see above

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)


def mapped(task: Callable[[T], R], items: Iterable[T], pool: Pool) -> Iterator[R]:
    """The results of `task` in the order of `items`, each as soon as those before it are there.

    As :func:`finished` otherwise.

    Spec: SCALE-1, SCALE-2.
    """
    done: dict[int, R] = {}
    following = 0
    for at, result in finished(task, items, pool):
        done[at] = result
        while following in done:
            yield done.pop(following)
            following += 1


def finished(task: Callable[[T], R], items: Iterable[T], pool: Pool) -> Iterator[tuple[int, R]]:
    """The number of each item and the result of `task`, as each ends, whoever is first.

    Items that were lost with a worker are done again in a new pool. Raises what a task raises, and
    UnrunnableFault where pools break again and again.

    Spec: SCALE-2.
    """
    from concurrent.futures import BrokenExecutor, as_completed  # noqa: PLC0415 - see above

    left = dict(enumerate(items))
    broken = 0
    while left:
        with pool() as executor:
            try:
                futures = {executor.submit(task, item): at for at, item in left.items()}
                for future in as_completed(futures):
                    result = future.result()
                    del left[futures[future]]
                    broken = 0
                    yield futures[future], result
            except BrokenExecutor:
                broken += 1
                if broken == TRIES:
                    raise UnrunnableFault(
                        f"the workers ended {TRIES} times before any of them had a result",
                        where="--workers",
                        expected="memory for as many searches at once",
                        clause="SCALE-2",
                        hint="fewer workers",
                    ) from None
