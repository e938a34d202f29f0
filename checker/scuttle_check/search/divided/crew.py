"""A crew: executors that each hold shards, one process each, and can be replaced when they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing import active_children
from typing import Any, Protocol

from attrs import define

from scuttle_check.base.spawning import process_pool


class Crew(Protocol):
    """Who works on `size` shards. What is submitted for a shard runs where the shard is."""

    @property
    def size(self) -> int:
        """How many shards there are."""
        ...

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        """Let the worker of a shard do something. Raises BrokenExecutor, as the future may."""
        ...

    def replace(self, shard: int) -> None:
        """Give a shard, whose worker has ended, to another."""
        ...


@define
class Alone:
    """A crew of one, in this process."""

    size: int = 1

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        """Do it now."""
        del shard
        future: Future[Any] = Future()
        future.set_result(task(*given))
        return future

    def replace(self, shard: int) -> None:
        """Nobody else is there, and this process does not lose what it has."""
        raise AssertionError(shard)


@define
class LocalCrew:
    """Processes on this machine, one for each shard."""

    executors: list[Executor]

    @property
    def size(self) -> int:
        """How many shards there are."""
        return len(self.executors)

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        """Let the process of a shard do something. Raises BrokenExecutor."""
        return self.executors[shard].submit(task, *given)

    def replace(self, shard: int) -> None:
        """A new process in the place of one that has ended."""
        self.executors[shard].shutdown(wait=False, cancel_futures=True)
        self.executors[shard] = process_pool(1)


@contextmanager
def local_crew(count: int) -> Iterator[LocalCrew]:
    """`count` processes on this machine, which end with the block and with this process."""
    before = set(active_children())
    crew = LocalCrew([process_pool(1) for _ in range(count)])
    try:
        yield crew
    finally:
        for executor in crew.executors:
            executor.shutdown(wait=False, cancel_futures=True)
        for child in set(active_children()) - before:
            child.terminate()
        for executor in crew.executors:
            executor.shutdown()
