"""The nodes of a soak as processes: ours, and the real library."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import sys
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from attrs import define, field
from soak_ledger import Ledger

HERE = Path(__file__).parent
PAGE = os.sysconf("SC_PAGE_SIZE")
LINE_MAX = 1 << 26


class CannotRun(Exception):
    """What is needed is not there, or does not start: exit code 3."""


def scuttle() -> str:
    """The command under test: the one beside this interpreter, else of the path."""
    beside = Path(sys.executable).with_name("scuttle")
    found = str(beside) if beside.exists() else shutil.which("scuttle")
    if found is None:
        raise CannotRun("no scuttle beside this Python, nor in PATH: pip install -e .")
    return found


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@define(eq=False)
class Member:
    """A node in a process of its own, and what is known of it.

    `pending` are the values that it was told to set and has not acknowledged. `ends` are the ways
    in which it ended without being killed; `ends_soon` says that nobody should write to it now.
    `rss` has (seconds since the start, MiB, life).
    """

    name: str
    command: list[str]
    ledger: Ledger
    ours: bool = True
    env: dict[str, str] = field(factory=dict)
    process: asyncio.subprocess.Process | None = None
    lives: int = 0
    writes: int = 0
    unacknowledged: int = 0
    pending: deque[str] = field(factory=deque)
    events: Counter[str] = field(factory=Counter)
    reasons: Counter[str] = field(factory=Counter)
    said: deque[str] = field(factory=lambda: deque(maxlen=50))
    ends: list[int] = field(factory=list)
    rss: list[tuple[float, float, int]] = field(factory=list)
    port: int = 0
    ends_soon: bool = False
    _killed: bool = False
    _up: asyncio.Event = field(factory=asyncio.Event)
    _shown: asyncio.Queue[dict[str, Any]] = field(factory=asyncio.Queue)
    _tasks: list[asyncio.Task[None]] = field(factory=list)

    @property
    def running(self) -> bool:
        """Whether its process is there, stopped or not."""
        return self.process is not None and self.process.returncode is None

    async def start(self, seconds: float = 30) -> bool:
        """Start it. False if it did not come up."""
        self._killed = False
        self._up.clear()
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.env},
            limit=LINE_MAX,
        )
        self.lives += 1
        self._tasks = [
            asyncio.ensure_future(self._follow(self.process)),
            asyncio.ensure_future(self._complaints(self.process)),
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._up.wait()
        return self._up.is_set() and self.running

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            try:
                self._heard(json.loads(line))
            except json.JSONDecodeError:  # a line that a kill -9 cut
                self.events["half a line"] += 1
        code = await process.wait()
        if not self._killed:
            self.ends.append(code)
        self.unacknowledged += len(self.pending)
        self.pending.clear()
        self._up.set()

    async def _complaints(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.said.append(line.decode("utf-8", "replace").rstrip())

    def _heard(self, document: dict[str, Any]) -> None:
        event = document["event"]
        self.events[event] += 1
        match event:
            case "update":
                self.ledger.told(self.name, document)
            case "set":
                value = self.pending.popleft()
                if not self.ledger.set(value):
                    self.reasons[f"acknowledged {value} untold"] += 1
            case "show":
                self._shown.put_nowait(document)
            case "listening":
                self.port = document.get("port", 0)
                self._up.set()
            case "disconnected" | "gap" | "forgot" | "fault" | "refused" | "rejected":
                self.reasons[f"{event}: {kind_of(document.get('says', ''))}"] += 1

    def _command(self, line: str) -> bool:
        if not self.running:
            return False
        assert self.process is not None
        assert self.process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            self.process.stdin.write(line.encode() + b"\n")
            return True
        return False

    def set(self, key: str, value: str) -> bool:
        """Write; the acknowledgement comes later, or never."""
        line = f"set {key} {json.dumps(value)}" if self.ours else json.dumps({"set": [key, value]})
        self.pending.append(value)
        if self._command(line):
            self.writes += 1
            return True
        self.pending.pop()
        return False

    async def look(self, seconds: float = 20) -> dict[str, Any] | None:
        """What it holds; None if it does not say."""
        while not self._shown.empty():
            self._shown.get_nowait()
        if not self._command("show" if self.ours else '{"look":true}'):
            return None
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._shown.get(), seconds)
        return None

    async def kill(self) -> None:
        """As a power cut: nothing is flushed by the process."""
        self._killed = True
        if self.process is not None and self.running:
            self.process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def pause(self, stopped: bool) -> None:
        """Stop its process, or let it go on: a machine that sleeps and wakes."""
        if self.process is not None and self.running:
            self.process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    def room_on_disk(self, size: int) -> None:
        """From now on no file of it grows beyond `size` bytes; -1 is no bound."""
        if self.process is not None and self.running:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, -1))

    def measure(self, since: float) -> None:
        """Note how much memory it holds."""
        if self.process is not None and self.running:
            with contextlib.suppress(OSError):
                pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
                size = int(pages) * PAGE / (1 << 20)
                self.rss.append((time.monotonic() - since, size, self.lives))


def kind_of(says: str) -> str:
    """A sentence without what differs from one time to the next."""
    words = (
        "#" if any(c.isdigit() for c in word) and "-" not in word else word for word in says.split()
    )
    return " ".join(words)[:90]


def node_of_ours(name: str, ledger: Ledger, port: int = 0, *flags: str) -> Member:
    """A ``scuttle node`` that says what it does as JSON and speaks as the library does."""
    command = [scuttle(), "node", "--id", name, "--force-id", "--json", "--dialect", "shipped"]
    return Member(name, [*command, "--listen", f"127.0.0.1:{port}", *flags], ledger)


def library(  # noqa: PLR0913 - each is an argument of library.js
    checkout: Path,
    name: str,
    ledger: Ledger,
    mode: str,
    port: int,
    *,
    every: float,
    mtu: str = "unlimited",
    history: str = "unlimited",
    steady: bool = False,
) -> Member:
    """The real library behind ``library.js``."""
    command = ["node", str(HERE / "library.js"), str(checkout), name, mode, str(port)]
    command += [str(int(every * 1000)), mtu, history, *(["steady"] if steady else [])]
    return Member(name, command, ledger, ours=False)
