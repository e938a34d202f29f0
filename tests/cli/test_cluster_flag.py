"""``scuttle check --cluster``: a dask scheduler and its workers as they are, on this machine."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

INSTALLED = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not INSTALLED, reason="the extra cluster is not installed")
SCUTTLE = (sys.executable, "-c", "from checker.cli import main; main()")
RESOLVER = "def mine(gossip, update):\n    return False\n"
MODEL = ("--profile", "textbook", "--topology", "line:3", "--no-scout")


def started(*command: str) -> subprocess.Popen[bytes]:
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


@needs_dask
def test_a_cluster_that_is_not_there_is_told_of(
    scuttle: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong port must not end in a traceback, nor wait for ever. Spec: SCALE-7."""
    monkeypatch.setattr("checker.cluster.CONNECT_MAX", 0.2)
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
    assert "scuttle-ref[cluster]" in ran.err


@pytest.mark.parametrize(
    "flags", [("--cluster", "here"), ("--cluster", "tcp://127.0.0.1:1", "--workers", 2)]
)
def test_what_is_no_cluster_is_refused(scuttle: Callable[..., Any], flags: tuple[str, ...]) -> None:
    """The scheme is easily forgotten. Spec: SCALE-7."""
    assert scuttle("check", "--topology", "line:2", *flags).code == 2
