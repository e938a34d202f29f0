"""Work on several processes: pure tasks through an executor, in order, whatever happens to workers.

A task is a function of its item alone, so one that was lost with its worker is simply done again.
"""

from __future__ import annotations

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
    from multiprocessing import active_children  # noqa: PLC0415 - most runs have no workers

    from scuttle_check.base.spawning import process_pool  # noqa: PLC0415

    before = set(active_children())
    executor = process_pool(count)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(active_children()) - before:
            child.terminate()
        executor.shutdown()


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
