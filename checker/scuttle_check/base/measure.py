"""What a process costs: wall time with its start, CPU time and memory, seen from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault


@frozen
class Cost:
    """One run of a process, from before it was started until after it had ended.

    `wall` and `cpu` (user and system) in seconds; `peak` is the resident memory at its highest,
    in bytes.
    """

    wall: float
    cpu: float
    peak: int
    code: int
    out: str
    err: str


def cost(command: Sequence[str | Path], folder: Path | None = None) -> Cost:
    """Run `command` in a fresh process and measure it. Raises UnrunnableFault."""
    if not hasattr(os, "wait4"):
        raise UnrunnableFault("this system does not tell what a process used", where="bench")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder)  # noqa: S603
        except OSError as fault:
            raise UnrunnableFault(f"cannot be started ({fault})", where=str(command[0])) from None
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        told = []
        for stream in (out, err):
            stream.seek(0)
            told.append(stream.read().decode("utf-8", "replace"))
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(wall, cpu, usage.ru_maxrss * unit, process.returncode, *told)
