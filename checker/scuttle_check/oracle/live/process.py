"""A child process that is talked to line by line, and never trusted.

Laws of this file: every wait has a deadline; nothing is read without a bound; whatever the child
started ends with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Final

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.oracle.protocol import LINE_MAX

STDERR_KEPT: Final = 64 * 2**10
"""The end of standard error that is kept. Unit: bytes. Spec: ORA-3."""

CHUNK: Final = 2**16
GRACE_SECONDS: Final = 2.0
"""How long a process may take to end when it is asked to. Spec: ORA-2."""

MARKER: Final = "SCUTTLE_CONFORM_PROCESS"
"""The environment variable by which strays are known: children that left the group."""


class Failure(Enum):
    """How a process can fail to answer. Spec: ORA-1."""

    CRASH = "crash"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"


class ProcessFailed(Exception):
    """There is no answer. `told` says what happened, `stderr` how the child commented on it."""

    def __init__(self, failure: Failure, told: str, stderr: str = "", clause: str = "") -> None:
        super().__init__(told)
        self.failure = failure
        self.told = told
        self.stderr = stderr
        self.clause = clause


class Child:
    """One process in its own process group."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start `command`. Raises UnrunnableFault when the system cannot."""
        self._token = uuid.uuid4().hex
        environment = {**os.environ, MARKER: self._token}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - running it is what we are asked for
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", None) or str(fault)
            raise UnrunnableFault(
                f"cannot be started: {reason}",
                where=" ".join(command)[:200],
                expected="a command that speaks the adapter protocol",
                hint="scuttle conform check-adapter -- COMMAND",
            ) from None
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._in, self._out, self._err = (pipe.fileno() for pipe in pipes if pipe is not None)
        for pipe in (self._in, self._out, self._err):
            os.set_blocking(pipe, False)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._buffer = bytearray()
        self._stderr = bytearray()
        self._stderr_open = True

    @property
    def stderr(self) -> str:
        """The end of what the process wrote to standard error. Spec: ORA-3."""
        return self._stderr.decode("utf-8", "replace")

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Write `line` and read one. Raises ProcessFailed.

        The deadline holds for the whole answer, so one that drips byte by byte is late too.

        Spec: ORA-1.
        """
        deadline = time.monotonic() + seconds
        if self._buffer or self._readable():
            raise self._failed(Failure.PROTOCOL, self._unasked(), "ADP-1")
        self._write(line, deadline)
        return self._read(deadline, seconds)

    def _readable(self) -> bool:
        """Whether something stands on standard output that nobody asked for."""
        for pipe, _event in self._poll.poll(0):
            if pipe == self._err:
                self._drain_stderr()
            elif not self._take(CHUNK):
                raise self._ended()
        return bool(self._buffer)

    def _unasked(self) -> str:
        return f"wrote {bytes(self._buffer[:60])!r} on standard output without being asked"

    def _write(self, line: bytes, deadline: float) -> None:
        view = memoryview(line)
        while view:
            try:
                view = view[os.write(self._in, view) :]
            except BlockingIOError:
                self._wait_writable(deadline)
            except OSError:
                raise self._ended() from None

    def _wait_writable(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise self._failed(Failure.TIMEOUT, "does not read its input")
        readable, _, _ = select.select([self._err], [self._in], [], min(remaining, 0.1))
        if readable:
            self._drain_stderr()

    def _read(self, deadline: float, seconds: float) -> bytes:
        searched = 0
        while True:
            at = self._buffer.find(b"\n", searched)
            if 0 <= at <= LINE_MAX:
                line = bytes(self._buffer[:at])
                del self._buffer[: at + 1]
                return line
            if len(self._buffer) > LINE_MAX:
                told = f"wrote a line longer than {LINE_MAX // 2**20} MiB"
                raise self._failed(Failure.PROTOCOL, told, "ADP-1")
            searched = len(self._buffer)
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise self._failed(Failure.TIMEOUT, f"no answer within {seconds:g} s", "ADP-4")
            for pipe, _event in self._poll.poll(remaining * 1000):
                if pipe == self._err:
                    self._drain_stderr()
                elif not self._take(CHUNK):
                    raise self._ended()

    def _take(self, count: int) -> bool:
        """Read what there is; False at the end of the output."""
        try:
            chunk = os.read(self._out, count)
        except BlockingIOError:
            return True
        self._buffer += chunk
        return bool(chunk)

    def _drain_stderr(self) -> None:
        try:
            chunk = os.read(self._err, CHUNK)
        except BlockingIOError:
            return
        if not chunk and self._stderr_open:
            self._stderr_open = False
            self._poll.unregister(self._err)
        self._stderr += chunk
        del self._stderr[:-STDERR_KEPT]

    def _ended(self) -> ProcessFailed:
        """Standard output is closed: how did the process end?"""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        code = self._process.returncode
        cut = f" in the middle of a line ({bytes(self._buffer[:60])!r})" if self._buffer else ""
        if code is None:
            return self._failed(Failure.CRASH, f"closed its standard output{cut}")
        if code < 0:
            return self._failed(Failure.CRASH, f"was ended by {_signal(-code)}{cut}")
        return self._failed(Failure.CRASH, f"ended with exit code {code}{cut}")

    def _failed(self, failure: Failure, told: str, clause: str = "") -> ProcessFailed:
        while (
            self._stderr_open
            and any(pipe == self._err for pipe, _ in self._poll.poll(0))
            and len(self._stderr) < STDERR_KEPT
        ):
            self._drain_stderr()
        return ProcessFailed(failure, told, self.stderr, clause)

    def close(self, *, gently: bool = True) -> None:
        """End the process, its group, and whatever escaped from the group. Never raises.

        Spec: ORA-2.
        """
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if gently:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()
        _end(self._token, time.monotonic() + GRACE_SECONDS)

    def kill(self) -> None:
        """Kill the group and touch nothing else: another thread may be waiting for an answer."""
        self._signal(signal.SIGKILL)

    def end(self, seconds: float) -> None:
        """Let a process that was told bye end by itself, then make sure. Spec: ORA-2."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.close(gently=self._process.returncode is None)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, number)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _end(token: str, deadline: float) -> None:
    """Kill what carries the token until nothing does.

    A killed process is there until the system has buried it, and one that forks meanwhile leaves
    another: only a look that finds none is an end.
    """
    while (strays := _strays(token)) and time.monotonic() < deadline:
        for stray in strays:
            with contextlib.suppress(OSError):
                os.kill(stray, signal.SIGKILL)
        time.sleep(0.005)


def _strays(token: str) -> list[int]:
    """Processes that carry the token of a child in their environment, where /proc shows it."""
    wanted = f"{MARKER}={token}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0") and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
