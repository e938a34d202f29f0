"""``scuttle check --cluster``: a dask scheduler and its workers as they are, on this machine."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from scuttle_check.base import cluster as cluster_module
from scuttle_check.base import ending
from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.resources import to_install
from scuttle_check.engine.judge import Judge
from scuttle_check.gossip.catalogue import find_case, load_catalogue
from scuttle_check.search.budget import Budget
from scuttle_check.search.divided.coordinator import DividedSearch
from scuttle_check.search.divided.crew import Alone

ROOT = Path(__file__).parents[2]
INSTALLED = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not INSTALLED, reason="the extra cluster is not installed")
SCUTTLE = (sys.executable, "-c", "from scuttle_check.cli.main import main; main()")
RESOLVER = "def mine(gossip, update):\n    return False\n"
MODEL = ("--profile", "textbook", "--topology", "line:3", "--no-scout")


def started(*command: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_" + command[0],
            *command[1:],
            "--no-dashboard",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=cwd,
        env=os.environ | ({} if cwd is None else {"PYTHONPATH": f"{cwd}/checker:{cwd}"}),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers that are not restarted, and their processes."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    running = [started("scheduler", "--host", "127.0.0.1", "--port", str(port))]
    try:
        for _ in range(2):
            worker = (address, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny")
            running.append(started("worker", *worker))
        distributed = importlib.import_module("distributed")
        with distributed.Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, running
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def checked(*flags: str, cwd: Path | None = None) -> tuple[dict[str, Any], str]:
    """What ``scuttle check --json`` of a process of its own says."""
    ran = subprocess.run(
        [*SCUTTLE, "check", "--json", *flags],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert ran.stdout, ran.stderr
    document = json.loads(ran.stdout)
    for name in ("seconds", "stop"):
        document.pop(name)
    for each in document["properties"]:
        each.pop("schedule")
    return document, ran.stderr


@needs_dask
def test_a_cluster_says_the_same(cluster: Any, tmp_path: Path) -> None:
    """One search, random walks with a resolver of a user: the words of one process.

    Spec: SCALE-3, SCALE-5.
    """
    address, _ = cluster
    shared, told = checked(*MODEL, "--cluster", address)
    assert "2 shards exchanged" in told
    assert shared == checked(*MODEL)[0]
    (tmp_path / "travelling.py").write_text(RESOLVER)
    walks = ("--search", "random", "--walks", "1500", "--resolver", "travelling:mine")
    assert (
        checked(*walks, "--cluster", address, cwd=tmp_path)[0]
        == checked(*walks, "--workers", "1", cwd=tmp_path)[0]
    )


@needs_dask
def test_a_simulation_on_a_cluster_is_saved_and_says_the_same(cluster: Any, tmp_path: Path) -> None:
    """Runs go into the folder here, wherever they were made. Spec: RUN-7, SIM-1."""
    address, _ = cluster
    command = ("simulate", "spread", "--topology", "complete:64", "--growth", "--seeds", "3")
    alone, shared = (
        subprocess.run([*SCUTTLE, *command, *more], capture_output=True, check=True, cwd=tmp_path)
        for more in ((), ("--cluster", address, "--run", "run"))
    )
    assert shared.stdout == alone.stdout
    assert (tmp_path / "run" / "runs.jsonl").read_bytes().count(b"\n") == 9


@needs_dask
def test_a_worker_of_a_cluster_may_be_killed(cluster: Any) -> None:
    """Other machines end, too. Spec: SCALE-6."""
    address, running = cluster
    model = ("--profile", "textbook", "--topology", "ring:4", "--writers", "A,B", "--no-scout")
    with subprocess.Popen(
        [*SCUTTLE, "check", "--json", *model, "--cluster", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        time.sleep(2.5)
        assert run.poll() is None
        os.killpg(running[1].pid, signal.SIGKILL)
        out, told = run.communicate(timeout=120)
    document = json.loads(out)
    assert document["states"] == 1_108_059
    assert document["transitions"] == 5_290_114
    assert document["complete"], told


LARGE = ("--profile", "textbook", "--topology", "ring:4", "--writers", "A,B", "--no-scout")


@frozen
class Own:
    """A cluster of one's own: its address, its scheduler and workers, and how to start more."""

    address: str
    running: list[subprocess.Popen[bytes]]

    def worker(self, folder: Path | None = None) -> None:
        """Start one more, with the sources in a folder."""
        flags = (self.address, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny")
        self.running.append(started("worker", *flags, cwd=folder))

    def tell(self, number: signal.Signals, *which: int) -> None:
        """Send a signal; 0 is the scheduler."""
        for each in which:
            os.killpg(self.running[each].pid, number)


@contextmanager
def own_cluster(**settings: str) -> Iterator[Own]:
    """A scheduler of one's own and two workers."""
    port = free_port()
    own = Own(f"tcp://127.0.0.1:{port}", [])
    kept = dict(os.environ)
    os.environ.update({f"DASK_DISTRIBUTED__{name}": each for name, each in settings.items()})
    try:
        own.running.append(started("scheduler", "--host", "127.0.0.1", "--port", str(port)))
        own.worker()
        own.worker()
        distributed = importlib.import_module("distributed")
        with distributed.Client(own.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield own
    finally:
        os.environ.clear()
        os.environ.update(kept)
        for process in own.running:
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def begun(cwd: Path, lines: int, *flags: str) -> subprocess.Popen[str]:
    """A command with the run folder `run` in which there are so many lines."""
    run = subprocess.Popen(
        [*SCUTTLE, *flags, "--run", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    while run.poll() is None and not any(
        path.read_bytes().count(b"\n") >= lines for path in cwd.glob("run/*s.jsonl")
    ):
        time.sleep(0.01)
    return run


@needs_dask
@pytest.mark.parametrize("levels", [0, 3, 12])
def test_a_scheduler_that_is_killed_ends_a_search_with_one_error(
    levels: int, tmp_path: Path
) -> None:
    """Of 8 tries one hung and three ended in tracebacks, as refuted. Spec: SCALE-9."""
    with own_cluster() as own:
        run = begun(tmp_path, levels, "check", "--json", *LARGE, "--cluster", own.address)
        own.tell(signal.SIGKILL, 0)
        out, told = run.communicate(timeout=90)
    assert (run.returncode, out) == (3, ""), told
    assert "Traceback" not in told
    assert told.count("error: ") == 1
    assert "--cluster" in told
    assert "scuttle runs resume run" in told
    again = subprocess.run(
        [*SCUTTLE, "runs", "resume", "run", "--json", "--no-scout"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert again.returncode == 1, again.stderr  # as without a cluster: it is refuted
    assert json.loads(again.stdout)["states"] == 1_108_059


@needs_dask
@pytest.mark.parametrize(
    "flags",
    [
        ("check", *LARGE[:-1], "--search", "random", "--walks", "2000000"),
        ("check", "--size", "large"),
    ],
    ids=["walks", "models"],
)
def test_a_scheduler_that_is_killed_ends_shared_work_with_one_error(flags: tuple[str, ...]) -> None:
    """Whatever was shared. Spec: SCALE-9."""
    with own_cluster() as own:
        run = subprocess.Popen(
            [*SCUTTLE, *flags, "--cluster", own.address],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(6)
        own.tell(signal.SIGKILL, 0)
        out, told = run.communicate(timeout=90)
    assert (run.returncode, out) == (3, ""), told
    assert "Traceback" not in told
    assert told.count("error: ") == 1


@needs_dask
def test_a_scheduler_that_is_killed_ends_a_simulation_that_can_be_resumed(tmp_path: Path) -> None:
    """Spec: SCALE-9, RUN-7."""
    many = ("simulate", "spread", "--topology", "complete:3000", "--seeds", "200")
    with own_cluster() as own:
        run = begun(tmp_path, 3, *many, "--cluster", own.address)
        own.tell(signal.SIGKILL, 0)
        out, told = run.communicate(timeout=90)
    assert (run.returncode, out) == (3, ""), told
    assert "Traceback" not in told
    assert told.count("error: ") == 1
    assert "scuttle runs resume run" in told


@needs_dask
def test_all_workers_that_end_are_told_of(tmp_path: Path) -> None:
    """A scheduler without workers waits for ever. Spec: SCALE-9."""
    with own_cluster() as own:
        run = begun(tmp_path, 4, "check", *LARGE, "--cluster", own.address)
        own.tell(signal.SIGKILL, 1, 2)
        out, told = run.communicate(timeout=90)
    assert (run.returncode, out) == (3, ""), told
    assert "has no workers left" in told
    assert "Traceback" not in told


@needs_dask
def test_a_worker_that_is_stopped_and_one_that_is_added(tmp_path: Path) -> None:
    """It says nothing more; the scheduler forgets it after a while. Spec: SCALE-6."""
    with own_cluster(SCHEDULER__WORKER_TTL="3s") as own:
        run = begun(tmp_path, 4, "check", "--json", *LARGE, "--cluster", own.address)
        own.worker()
        own.tell(signal.SIGSTOP, 1)
        out, told = run.communicate(timeout=150)
    assert run.returncode == 1, told  # as without a cluster: it is refuted
    assert json.loads(out)["states"] == 1_108_059
    assert "Traceback" not in told


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The same scuttle with a comment more."""
    for name in ("scuttle_ref", "checker", "spec"):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave_out)
    with (tmp_path / "checker" / "scuttle_check" / "engine" / "verdict.py").open("a") as module:
        module.write("# another release\n")
    return tmp_path


@needs_dask
def test_a_worker_of_another_version_is_refused_at_once_and_later(
    other: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also one that is added while the others work: half of the runs would be its own.

    Spec: SCALE-7, SCALE-9.
    """
    with own_cluster() as own:
        many = ("simulate", "spread", "--topology", "complete:3000", "--seeds", "1000")
        run = begun(tmp_path_factory.mktemp("run"), 3, *many, "--cluster", own.address)
        own.worker(other)
        told = run.communicate(timeout=120)[1]
        assert run.returncode == 3, told
        assert "runs something else" in told
        assert "SCALE-7" in told
        assert "Traceback" not in told
        ran = subprocess.run(
            [*SCUTTLE, "check", *MODEL, "--cluster", own.address],
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
    assert ran.returncode == 3
    assert "runs something else" in ran.stderr


class Broken:
    """A client of which every call raises what dask might."""

    def __init__(self, raised: BaseException) -> None:
        self.raised = raised

    def __getattr__(self, name: str) -> Any:
        raise self.raised


RAISED = [KeyError("workers"), RuntimeError("IOLoop is closed"), OSError("gone"), TypeError("x")]


@pytest.mark.parametrize("raised", [*RAISED, AssertionError(), TimeoutError()], ids=repr)
def test_whatever_the_library_raises_is_one_error(raised: Exception) -> None:
    """Its kinds change from release to release. Spec: SCALE-9."""
    broken = cluster_module.Cluster(Broken(raised))
    for call in (broken.workers, broken.all_workers):
        with pytest.raises(UnrunnableFault) as told:
            call()
        assert told.value.clause == "SCALE-9"
        assert type(raised).__name__ in str(told.value)
    with pytest.raises(BrokenExecutor):
        broken.submit(abs, (1,), {})
    broken.close()


def test_a_call_that_never_returns_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spec: SCALE-9."""
    never = threading.Event()
    left: list[int] = []
    monkeypatch.setattr(ending, "leave_behind", lambda: left.append(1))
    with pytest.raises(UnrunnableFault, match=r"no answer in 0\.05 s"):
        cluster_module.asked("waits", never.wait, 0.05)
    never.set()
    assert left


def test_what_a_task_raises_is_not_taken_for_the_librarys() -> None:
    """A resolver that fails on a worker fails here. Spec: SCALE-9."""
    own = cluster_module.identity()
    assert cluster_module.outcome_of(own, abs, -1).value == 1
    assert isinstance(cluster_module.outcome_of(own, abs, "x").raised, TypeError)
    assert cluster_module.outcome_of(("other", "", ""), abs, -1).value is None
    outcome = cluster_module.Outcome(own, raised=ZeroDivisionError())
    outer: Future[Any] = Future()
    inner: Future[Any] = Future()
    inner.set_result(outcome)
    cluster_module.hand_on(inner, outer)
    with pytest.raises(ZeroDivisionError):
        outer.result()


def test_clean_up_raises_nothing() -> None:
    """What was the matter was told already. Spec: SCALE-9."""

    class Gone(Alone):
        def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
            del task, given
            raise KeyError(shard)

    setup = find_case(load_catalogue(), "writers:textbook").experiment.build()
    DividedSearch(setup.system, Judge(setup.properties), Budget(), Gone()).dismiss()


@needs_dask
def test_a_cluster_that_is_not_there_is_told_of(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong port must not end in a traceback, nor wait for ever. Spec: SCALE-7."""
    monkeypatch.setattr("scuttle_check.base.cluster.CONNECT_MAX", 0.2)
    ran = scuttle("check", "--cluster", f"tcp://127.0.0.1:{free_port()}")
    assert ran.code == 3
    assert "cannot be reached" in ran.err
    assert "dask scheduler" in ran.err


def test_without_the_extra_the_way_to_it_is_told(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most who try it have no dask. Spec: SCALE-7."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = scuttle("check", "--topology", "line:2", "--cluster", "tcp://127.0.0.1:1")
    assert ran.code == 3
    assert to_install(extra="cluster") in ran.err


@pytest.mark.parametrize(
    "flags", [("--cluster", "here"), ("--cluster", "tcp://127.0.0.1:1", "--workers", 2)]
)
def test_what_is_no_cluster_is_refused(scuttle: Callable[..., Any], flags: tuple[str, ...]) -> None:
    """The scheme is easily forgotten. Spec: SCALE-7."""
    assert scuttle("check", "--topology", "line:2", *flags).code == 2
