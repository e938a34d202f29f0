"""A cluster as one more kind of executor: ``dask scheduler`` and ``dask worker`` as they are.

What runs there is what runs in processes of this machine. Workers must be able to import the same
scuttle; it is asked of each before anything is sent.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import define, field

from checker.faults import UnrunnableFault, UsageFault
from checker.program import digest

CONNECT_MAX = 10.0
"""How long a scheduler may take to answer. Unit: seconds."""

SCHEMES = ("tcp://", "tls://", "ws://", "ucx://", "inproc://")


LOST = ("KilledWorker", "CommClosedError", "FutureCancelledError")
"""What the library raises where a worker or the scheduler has ended."""


def identity() -> tuple[str, str, str]:
    """Which scuttle a process runs, by a digest of its sources, on which Python and numpy.

    Numbers of a simulation are drawn by these, and another release may draw others.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest(), python, version("numpy")


@contextmanager
def connected(address: str, sources: tuple[Path, ...] = ()) -> Iterator[Any]:
    """A client of the scheduler at `address`, whose workers run the same scuttle as this process.

    The modules in `sources` are sent to all workers. Raises UsageFault for an address that is none,
    UnrunnableFault where there is no cluster that could do the work.

    Spec: SCALE-7.
    """
    if not address.startswith(SCHEMES):
        raise UsageFault(f"is {address!r}", where="--cluster", expected="tcp://HOST:PORT")
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_MAX, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as fault:
        raise _unrunnable(
            f"cannot be reached ({fault})", "dask scheduler, and a dask worker for each core"
        ) from None
    try:
        _insist_on_workers(client)
        for source in sources:
            client.upload_file(str(source))
        yield client
    finally:
        client.close(timeout=2)


def _distributed() -> Any:
    try:
        distributed = importlib.import_module("distributed")
        dask = importlib.import_module("dask")
    except ImportError:
        raise UnrunnableFault(
            "needs dask.distributed, which is not installed",
            where="--cluster",
            hint="pip install 'scuttle-ref[cluster]', here and where the workers run",
        ) from None
    # Orders hold arrays of worlds on purpose; the library warns of them as of a mistake.
    # What goes wrong is told by a fault; the library's own log would tell it again, as tracebacks.
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "10GB"})
    return distributed


def _insist_on_workers(client: Any) -> None:
    """Raises UnrunnableFault where no worker is, or one that is not like this process."""
    try:
        found = client.run(identity, on_error="return")
    except (OSError, ValueError, RuntimeError) as fault:
        raise _unrunnable(f"does not answer ({fault})", "the scheduler's own log") from None
    if not found:
        raise _unrunnable("has no workers", "dask worker ADDRESS --nthreads 1")
    for worker, answer in found.items():
        if answer != identity():
            told = answer if isinstance(answer, tuple) else f"{type(answer).__name__}: {answer}"
            expected = "sources with digest {}, Python {}, numpy {}".format(*identity())
            raise UnrunnableFault(
                f"the worker {worker} runs something else ({told})",
                where="--cluster",
                expected=expected,
                clause="SCALE-7",
                hint="install the same scuttle-ref[cluster] where the workers run",
            )


def _unrunnable(problem: str, hint: str) -> UnrunnableFault:
    return UnrunnableFault(problem, where="--cluster", clause="SCALE-7", hint=hint)


@define
class Translating(Executor):
    """An executor of a cluster that fails as executors do: BrokenExecutor for a lost worker."""

    inner: Executor

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Let a worker do something."""
        outer: Future[Any] = Future()
        try:
            inner = self.inner.submit(fn, *given, **named)
        except (RuntimeError, OSError) as fault:
            raise BrokenExecutor(str(fault)) from None
        inner.add_done_callback(lambda done: _hand_on(done, outer))
        return outer


def _hand_on(inner: Future[Any], outer: Future[Any]) -> None:
    """Give one future what came of another."""
    try:
        outer.set_result(inner.result())
    except CancelledError:
        outer.set_exception(BrokenExecutor("cancelled"))
    except BaseException as fault:  # noqa: BLE001 - whatever a task raised is for who asked for it
        lost = type(fault).__name__ in LOST
        outer.set_exception(BrokenExecutor(str(fault)) if lost else fault)


@contextmanager
def cluster_executor(address: str, sources: tuple[Path, ...] = ()) -> Iterator[Executor]:
    """All workers of a cluster as one executor."""
    with connected(address, sources) as client:
        yield Translating(client.get_executor(pure=False))


@define
class ClusterCrew:
    """The workers of a cluster, each with a shard, or with several once others have ended."""

    client: Any
    places: list[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.places = sorted(self._workers())

    @property
    def size(self) -> int:
        """How many shards there are."""
        return len(self.places)

    def _workers(self) -> list[str]:
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        """Let the worker of a shard do something; once it has ended, another says it cannot."""
        executor = self.client.get_executor(
            workers=[self.places[shard]], allow_other_workers=True, pure=False
        )
        return Translating(executor).submit(task, *given)

    def replace(self, shard: int) -> None:
        """Give a shard to the worker that has fewest. Raises UnrunnableFault where none is left."""
        workers = self._workers()
        if not workers:
            raise _unrunnable(
                "has no workers left, or its scheduler has ended",
                "dask worker ADDRESS --nthreads 1",
            )
        others = [place for at, place in enumerate(self.places) if at != shard]
        self.places[shard] = min(workers, key=lambda worker: (others.count(worker), worker))


@contextmanager
def cluster_crew(address: str) -> Iterator[ClusterCrew]:
    """The workers of a cluster, to divide one search among them."""
    with connected(address) as client:
        yield ClusterCrew(client)


def sources_of(resolver: str) -> tuple[Path, ...]:
    """The file of a resolver ``module:function`` of a user, where it is one beside the caller."""
    module, colon, _ = resolver.partition(":")
    source = Path(f"{module}.py")
    return (source,) if colon and source.is_file() else ()
