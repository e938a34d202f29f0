"""A cluster as one more kind of executor: ``dask scheduler`` and ``dask worker`` as they are.

What runs there is what runs in processes of this machine. Workers must be able to import the same
scuttle; it is asked of each before anything is sent.
"""

from __future__ import annotations

import importlib
import logging
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field, frozen

from scuttle_check.base import ending
from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.base.folders import digest
from scuttle_check.base.resources import to_install

T = TypeVar("T")

CONNECT_MAX = 10.0
"""How long a scheduler may take to answer at first. Unit: seconds."""

ANSWER_MAX = 60.0
"""How long workers may take to say who they are, and to take a module. Unit: seconds."""

SILENT_MAX = 20.0
"""How long a scheduler may be silent, or have no worker, before it is given up. Unit: seconds."""

CLOSE_MAX = 5.0
"""How long the library may take to say goodbye. Unit: seconds."""

SCHEMES = ("tcp://", "tls://", "ws://", "ucx://", "inproc://")

LOGS = (
    *("distributed", "distributed.client", "distributed.core", "asyncio"),
    *("tornado", "tornado.application", "tornado.general"),
)
"""Logs of the library. What goes wrong is told by a fault; they would tell it again, at length."""

RESUME = (
    "start it, then the same command again; with --run what is whole is kept: scuttle runs list"
)

Identity = tuple[str, str, str]


def identity() -> Identity:
    """Which scuttle a process runs, by a digest of its sources, on which Python and numpy.

    Numbers of a simulation are drawn by these, and another release may draw others.

    Spec: SCALE-7.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest(), python, version("numpy")


# --- asking the library -----------------------------------------------------------------------


def asked(what: str, call: Callable[[], T], seconds: float = ANSWER_MAX, hint: str = RESUME) -> T:
    """What a call of the library returns. Raises UnrunnableFault for whatever else comes of it.

    Some calls never return once a scheduler has ended, so each is waited for in a thread, which
    is left behind.

    Spec: SCALE-9.
    """
    told: Future[T] = Future()

    def run() -> None:
        try:
            told.set_result(call())
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it is told
            told.set_exception(raised)

    threading.Thread(target=run, daemon=True, name="asking-dask").start()
    try:
        return told.result(seconds)
    except Exception as raised:  # noqa: BLE001 - its kinds change from release to release
        if not told.done():
            ending.leave_behind()
            raise _unrunnable(f"{what}: no answer in {seconds:g} s", hint) from None
        raise _unrunnable(f"{what} ({_said(raised)})", hint) from None


def _said(raised: BaseException) -> str:
    """What was raised, in a line."""
    return " ".join(f"{type(raised).__name__}: {raised}".split())[:200].rstrip(": ")


def _unrunnable(problem: str, hint: str) -> UnrunnableFault:
    return UnrunnableFault(problem, where="--cluster", clause="SCALE-9", hint=hint)


@contextmanager
def connected(address: str, sources: tuple[Path, ...] = ()) -> Iterator[Cluster]:
    """A cluster whose workers run the same scuttle as this process.

    The modules in `sources` are sent to all workers. Raises UsageFault for an address that is none,
    UnrunnableFault where there is no cluster that could do the work.

    Spec: SCALE-7, SCALE-9.
    """
    if not address.startswith(SCHEMES):
        raise UsageFault(f"is {address!r}", where="--cluster", expected="tcp://HOST:PORT")
    distributed = _distributed()

    def connect() -> Any:
        return distributed.Client(address, timeout=CONNECT_MAX, set_as_default=False)

    start = "dask scheduler, and a dask worker for each core"
    client = asked("cannot be reached", connect, 2 * CONNECT_MAX, start)
    cluster = Cluster(client)
    try:
        _insist_on_workers(client)
        for source in sources:
            asked("does not take a module", partial(client.upload_file, str(source)))
        cluster.watch()
        yield cluster
    finally:
        cluster.close()


def _distributed() -> Any:
    try:
        distributed = importlib.import_module("distributed")
        dask = importlib.import_module("dask")
    except ImportError:
        raise UnrunnableFault(
            "needs dask.distributed, which is not installed",
            where="--cluster",
            hint=f"{to_install(extra='cluster')}, and where the workers run",
        ) from None
    for name in LOGS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    # Orders hold arrays of worlds on purpose; the library warns of them as of a mistake.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "10GB"})
    return distributed


def _insist_on_workers(client: Any) -> None:
    """Raises UnrunnableFault where no worker is, or one that is not like this process."""
    answers = asked("does not answer", lambda: client.run(identity, on_error="return"))
    found = {each: said for each, said in answers.items() if not isinstance(said, OSError)}
    if not found:  # who has ended meanwhile is no worker
        raise _unrunnable("has no workers", "dask worker ADDRESS --nthreads 1")
    for worker, answer in found.items():
        if answer != identity():
            told = answer if isinstance(answer, tuple) else _said(answer)
            raise other_program(str(worker), told)


def other_program(worker: str, told: object) -> UnrunnableFault:
    """That a worker runs something else. Spec: SCALE-7."""
    return UnrunnableFault(
        f"the worker {worker} runs something else ({told})",
        where="--cluster",
        expected="sources with digest {}, Python {}, numpy {}".format(*identity()),
        clause="SCALE-7",
        hint="install the same scuttle-ref[cluster] where the workers run",
    )


# --- what a worker does -----------------------------------------------------------------------


@frozen
class Outcome:
    """What came of a task where it was done: by which program, and what it returned or raised."""

    by: Identity
    value: Any = None
    raised: BaseException | None = None


def outcome_of(wanted: Identity, fn: Callable[..., Any], *given: Any, **named: Any) -> Outcome:
    """Carry out a task on a worker, if it runs the program that is wanted: it may be a new one.

    What the task raises is told as a value, so that all else that is raised is the library's.

    Spec: SCALE-7, SCALE-9.
    """
    own = identity()
    if own != wanted:
        return Outcome(own)
    try:
        return Outcome(own, fn(*given, **named))
    except Exception as raised:  # noqa: BLE001 - whatever a task raised is for who asked for it
        try:
            pickle.dumps(raised)
        except Exception:  # noqa: BLE001 - what cannot travel is told in words
            return Outcome(own, raised=RuntimeError(_said(raised)))
        return Outcome(own, raised=raised)


# --- the cluster ------------------------------------------------------------------------------


@define(eq=False)
class Cluster:
    """A scheduler that is looked at once a second; when it is gone, so is all that it has to do.

    Spec: SCALE-9.
    """

    client: Any
    fault: UnrunnableFault | None = field(init=False, default=None)
    _waiting: set[Future[Any]] = field(init=False, factory=set)
    _over: threading.Event = field(init=False, factory=threading.Event)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def watch(self) -> None:
        """Begin to look whether it is there."""
        threading.Thread(target=self._watch, daemon=True, name="watching-dask").start()

    def _watch(self) -> None:
        seen = time.monotonic()
        while not self._over.wait(1.0):
            try:
                why = None if self.workers(5.0) else "has no workers left"
            except UnrunnableFault as gone:
                why = gone.problem
            if why is None:
                seen = time.monotonic()
            elif time.monotonic() - seen > SILENT_MAX:
                self._give_up(_unrunnable(why, RESUME))
                return

    def _give_up(self, fault: UnrunnableFault) -> None:
        with self._lock:
            self.fault, waiting = fault, set(self._waiting)
        for each in waiting:
            with suppress(InvalidStateError):
                each.set_exception(fault)

    def workers(self, seconds: float = ANSWER_MAX) -> list[str]:
        """The addresses of its workers, as far as it names them. Raises UnrunnableFault."""

        def ask() -> list[str]:
            told = self.client.sync(self.client.scheduler.identity, callback_timeout=seconds)
            return list(told["workers"])

        return asked("its scheduler does not answer any more", ask, 2 * seconds)

    def all_workers(self) -> list[str]:
        """The addresses of all its workers. Raises UnrunnableFault."""
        if not self.workers():
            return []
        told = asked("does not say who works", lambda: self.client.scheduler_info(n_workers=-1))
        return list(told.get("workers", ()))

    def submit(self, fn: Callable[..., Any], given: Any, named: Any, **where: Any) -> Future[Any]:
        """Let a worker do something.

        Raises BrokenExecutor where the library does not take it, and UnrunnableFault where the
        cluster is gone; the future does the same.
        """
        outer: Future[Any] = Future()
        with self._lock:
            if self.fault is not None:
                raise self.fault
            self._waiting.add(outer)
        outer.add_done_callback(self._waiting.discard)
        try:
            executor = self.client.get_executor(pure=False, **where)
            inner = executor.submit(outcome_of, identity(), fn, *given, **named)
        except Exception as raised:  # noqa: BLE001 - its kinds change from release to release
            self._waiting.discard(outer)
            raise BrokenExecutor(_said(raised)) from None
        inner.add_done_callback(lambda done: hand_on(done, outer))
        return outer

    def close(self) -> None:
        """Say goodbye; whatever comes of it, nothing is raised. Spec: SCALE-9."""
        self._over.set()
        with suppress(UnrunnableFault):
            asked("does not close", lambda: self.client.close(timeout=2), CLOSE_MAX)


def hand_on(inner: Future[Any], outer: Future[Any]) -> None:
    """Give one future what came of another."""
    with suppress(InvalidStateError):  # who waited for it was told that the cluster is gone
        try:
            outcome = inner.result()
        except BaseException as raised:  # noqa: BLE001 - a task raises nothing, so it is lost
            outer.set_exception(BrokenExecutor(_said(raised)))
            return
        if outcome.by != identity():
            outer.set_exception(other_program("that was added", outcome.by))
        elif outcome.raised is not None:
            outer.set_exception(outcome.raised)
        else:
            outer.set_result(outcome.value)


@define
class Translating(Executor):
    """All workers of a cluster as an executor; a lost worker is a BrokenExecutor."""

    cluster: Cluster

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Let a worker do something."""
        return self.cluster.submit(fn, given, named)


@contextmanager
def cluster_executor(address: str, sources: tuple[Path, ...] = ()) -> Iterator[Executor]:
    """All workers of a cluster as one executor."""
    with connected(address, sources) as cluster:
        yield Translating(cluster)


@define
class ClusterCrew:
    """The workers of a cluster, each with a shard, or with several once others have ended."""

    cluster: Cluster
    places: list[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.places = sorted(self.cluster.all_workers())

    @property
    def size(self) -> int:
        """How many shards there are."""
        return len(self.places)

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        """Let the worker of a shard do something; once it has ended, another says it cannot."""
        place = [self.places[shard]]
        return self.cluster.submit(task, given, {}, workers=place, allow_other_workers=True)

    def replace(self, shard: int) -> None:
        """Give a shard to the worker that has fewest. Raises UnrunnableFault where none is left."""
        workers = self.cluster.all_workers()
        if not workers:
            raise _unrunnable(
                "has no workers left, or its scheduler has ended",
                f"dask worker ADDRESS --nthreads 1; {RESUME}",
            )
        others = [place for at, place in enumerate(self.places) if at != shard]
        self.places[shard] = min(workers, key=lambda worker: (others.count(worker), worker))


@contextmanager
def cluster_crew(address: str) -> Iterator[ClusterCrew]:
    """The workers of a cluster, to divide one search among them."""
    with connected(address) as cluster:
        yield ClusterCrew(cluster)


def sources_of(resolver: str) -> tuple[Path, ...]:
    """The file of a resolver ``module:function`` of a user, where it is one beside the caller."""
    module, colon, _ = resolver.partition(":")
    source = Path(f"{module}.py")
    return (source,) if colon and source.is_file() else ()
