"""Processes of ours: how they begin, and how they end with the process that started them.

A new interpreter looks for modules in the current folder first, for those of Python too, until it
has been told the path of its parent: a `random.py` of somebody's project ended every worker.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

SAFE_PATH = "PYTHONSAFEPATH"
"""The variable that keeps Python from looking into the current folder for what it loads itself."""


@contextmanager
def _nothing_of_here() -> Iterator[None]:
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = before or "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]


class OwnProcess(SpawnProcess):
    """A process that begins without the current folder on its path."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - multiprocessing calls it so
        with _nothing_of_here():
            return SpawnProcess._Popen(process_obj)  # noqa: SLF001


class OwnContext(SpawnContext):
    """A context of multiprocessing whose processes are of that kind."""

    Process = OwnProcess


def process_pool(count: int) -> ProcessPoolExecutor:
    """`count` processes, which load nothing by chance from the current folder. Spec: SCALE-10."""
    safe = SAFE_PATH in os.environ
    with _nothing_of_here():  # a pool starts another one, which counts what is shared
        return ProcessPoolExecutor(count, OwnContext(), begin_worker, (safe,))


def begin_worker(safe_path: bool = False) -> None:
    """Leave Ctrl-C to the parent, end when it says so, and do not outlive it.

    What it starts itself is started as the parent would, with a `safe_path` or without.

    The parent ends its workers with SIGTERM, which they would ignore where it is to ignore it.
    """
    if not safe_path:
        os.environ.pop(SAFE_PATH, None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
    os._exit(1)
