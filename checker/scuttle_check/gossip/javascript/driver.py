"""A process of Node that answers for one function, many questions in one request.

Laws of this file: every wait has an end; a question at which the process ends or freezes is known
by its number, and the process is started anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from attrs import define, field, frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.gossip.javascript.naming import Script
from scuttle_ref.messages import Update
from scuttle_ref.names import thawed_value
from scuttle_ref.state import NodeState

MODULE = Path(__file__).with_name("scuttle-laws.mjs")
"""What Node runs, and what a test of theirs imports."""

NODE = "SCUTTLE_NODE"
"""The environment variable that names the program, where it is not the ``node`` of the path."""

LOADING = 10.0
"""How long a module may take to load. Unit: seconds."""

PATIENCE = 4
"""Beyond so many times the limit of one answer a process that says nothing is frozen."""

GRACE = 2.0
REQUEST_MAX = 2_000
"""So many questions are asked in one request."""

Question = tuple[NodeState, Update]


@frozen
class Told:
    """One answer, or why there is none: `kind` and `says` as a failure has them.

    `changed` says what the function set in its arguments, `printed` what it wrote. At one that is
    `lost` the process hung or ended.
    """

    answer: bool | None = None
    kind: str = ""
    says: str = ""
    changed: str = ""
    printed: str = ""
    lost: bool = False


@frozen
class Moment:
    """When, and with which random numbers, to ask: `at` is in seconds since 1970; None is now."""

    at: float | None = None
    seed: int = 0


class Lost(Exception):
    """The process said nothing more. `kind` and `says` are those of a failure."""

    def __init__(self, kind: str, says: str) -> None:
        super().__init__(says)
        self.kind = kind
        self.says = says


@define(eq=False)
class Channel:
    """Lines to and from a process that answers. Raises Lost."""

    out: int
    into: int
    _rest: bytearray = field(factory=bytearray)

    def send(self, message: object) -> None:
        """Write one line."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        view = memoryview(text.encode() + b"\n")
        while view:
            try:
                view = view[os.write(self.out, view) :]
            except OSError:
                raise Lost("raised", "ended the process that asked it") from None

    def receive(self, seconds: float) -> Any:
        """The next line as JSON."""
        end = time.monotonic() + seconds
        while (at := self._rest.find(b"\n")) < 0:
            ready, _, _ = select.select([self.into], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise Lost("too slow", "gave no answer, and cannot be interrupted")
            chunk = os.read(self.into, 1 << 16)
            if not chunk:
                raise Lost("raised", "ended the process that asked it")
            self._rest += chunk
        line = bytes(self._rest[:at])
        del self._rest[: at + 1]
        return json.loads(line)

    def close(self) -> None:
        """Say and hear nothing more."""
        for descriptor in (self.out, self.into):
            with contextlib.suppress(OSError):
                os.close(descriptor)


@define(eq=False)
class _Running:
    """A process, the channel to it, and the file with what it wrote beside."""

    process: subprocess.Popen[bytes]
    channel: Channel
    aside: IO[bytes]
    over: bool = False

    def end(self) -> None:
        """Kill it, once. Never raises."""
        if self.over:
            return
        self.over = True
        self.channel.close()
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        self.aside.close()

    def ended(self) -> str:
        """How it ended, as a sentence without its subject."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        code = self.process.returncode
        self.aside.seek(0)
        lines = self.aside.read(1 << 16).decode("utf-8", "replace").splitlines()
        told = next((line for line in lines if re.match(r"\w*(Error|FATAL)", line)), "")
        how = f"by signal {-code}" if code and code < 0 else f"with exit code {code}"
        return f"ended the process that asked it, {how}{f' ({told[:120]})' if told else ''}"


@define(eq=False)
class Driver:
    """Asks the function of `script`. `limit` is for one answer. Unit: seconds.

    `environment` is what the process has of its own. A driver that is asked `through` a channel
    starts nothing: whoever started this process answers.
    """

    script: Script | None
    limit: float
    environment: Mapping[str, str] = field(factory=dict)
    through: Channel | None = None
    moment: Moment = Moment()
    looked: set[str] = field(factory=set)
    beyond: bool = False
    asynchronous: bool = False
    _worked: float = 0.0
    _before: float = 0.0
    _running: _Running | None = None

    @property
    def worked(self) -> float:
        """The processor time that was spent on answers. Unit: seconds."""
        return self._before + self._worked

    @contextmanager
    def at(self, moment: Moment) -> Iterator[None]:
        """Ask at another moment for a while."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before

    def ask(self, questions: Sequence[Question]) -> list[Told]:
        """The answers, in order, up to the first that is lost.

        Raises UnrunnableFault if the function cannot be loaded.
        """
        found: list[Told] = []
        careful = False
        while len(found) < len(questions) and not (found and found[-1].lost):
            part = questions[len(found) : len(found) + REQUEST_MAX]
            wanted = len(found) + len(part)
            channel = self._channel()
            try:
                channel.send(self._request(part, careful=careful))
                while len(found) < wanted and not (found and found[-1].lost):
                    found.extend(self._heard(channel.receive(self.limit * PATIENCE + GRACE)))
            except Lost as lost:
                told = self._told(lost)
                if careful or len(part) == 1:
                    found.append(told)
                careful = True
        return found

    def load(self) -> None:
        """Start the process now. Raises UnrunnableFault."""
        self._channel()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._running is not None:
            self._running.end()
            self._running = None
            self._before, self._worked = self.worked, 0.0

    def _request(self, questions: Sequence[Question], *, careful: bool) -> dict[str, Any]:
        states: dict[NodeState, int] = {}
        asks = [
            [
                states.setdefault(state, len(states)),
                update.key,
                thawed_value(update.value),
                update.source_id,
                update.version,
            ]
            for state, update in questions
        ]
        request = {"states": [_state(each) for each in states], "asks": asks, "careful": careful}
        return {
            **request,
            "limit": self.limit * 1000,
            "at": self.moment.at,
            "seed": self.moment.seed,
        }

    def _heard(self, reply: dict[str, Any]) -> list[Told]:
        self.looked.update(reply["looked"])
        self.beyond |= reply["beyond"]
        self._worked = reply["cpu"]
        return [_told(each) for each in reply["answers"]]

    def _told(self, lost: Lost) -> Told:
        """What is told of the question at which the process was lost."""
        says = f"gave no answer within {self.limit:g} s, and cannot be interrupted"
        if self._running is not None and lost.kind != "too slow":
            says = self._running.ended()
        if self.through is not None:
            raise UnrunnableFault("nobody answers any more", where="--through") from None
        self.close()
        return Told(kind=lost.kind, says=says, lost=True)

    def _channel(self) -> Channel:
        if self.through is not None:
            return self.through
        if self._running is None:
            running = self._running = self._started()
            weakref.finalize(self, running.end)
            self._loaded(running)
        return self._running.channel

    def _started(self) -> _Running:
        assert self.script is not None  # noqa: S101 - else somebody answers through a channel
        node = node_program()
        flags = _flags(node) if self.script.typed else []
        asks, hears = os.pipe(), os.pipe()
        aside = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        try:
            process = subprocess.Popen(  # noqa: S603 - running it is what we are asked for
                [
                    *(node, "--no-warnings", *flags, str(MODULE), str(asks[0]), str(hears[1])),
                    *(str(self.script.path), self.script.member),
                ],
                stdin=subprocess.DEVNULL,
                stdout=aside,
                stderr=aside,
                pass_fds=(asks[0], hears[1]),
                env={**os.environ, **self.environment},
            )
        except OSError as fault:
            raise UnrunnableFault(f"cannot be started: {fault.strerror}", where=node) from None
        finally:
            os.close(asks[0])
            os.close(hears[1])
        return _Running(process, Channel(asks[1], hears[0]), aside)

    def _loaded(self, running: _Running) -> None:
        assert self.script is not None  # noqa: S101 - as above
        where = f"{self.script.path.name}:{self.script.member}"
        try:
            said = running.channel.receive(LOADING)
        except Lost as lost:
            frozen_ = lost.kind == "too slow"
            says = f"its module does not end to load within {LOADING:g} s"
            says = says if frozen_ else f"its module {running.ended()}"
            self.close()
            raise UnrunnableFault(says, where=where) from None
        if "error" in said:
            self.close()
            raise UnrunnableFault(
                f"cannot be loaded: {said['error']}", where=where, hint=_hint(self.script, said)
            )
        self.asynchronous = said["async"]


def node_program() -> str:
    """The program that runs JavaScript. Raises UnrunnableFault where there is none."""
    named = os.environ.get(NODE) or "node"
    found = shutil.which(named)
    if found is None:
        raise UnrunnableFault(
            "is not there, and runs resolvers in JavaScript",
            where=named,
            expected=f"Node 18 or newer on the path, or its path in {NODE}",
        )
    return found


def _version(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    return tuple(int(each) for each in re.findall(r"\d+", said.stdout)[:2]) or (0, 0)


STRIPS = (22, 6)
STRIPS_ALWAYS = (22, 18)


def _flags(node: str) -> list[str]:
    """What lets Node strip types. Raises UnrunnableFault where it cannot."""
    version = _version(node)
    if version < STRIPS:
        told = ".".join(map(str, version))
        raise UnrunnableFault(
            f"is version {told}, which cannot strip types",
            where=node,
            expected=f"Node {STRIPS[0]}.{STRIPS[1]} or newer for TypeScript",
            hint=f"set {NODE} to a newer one, or name the compiled JavaScript",
        )
    return [] if version >= STRIPS_ALWAYS else ["--experimental-strip-types"]


def _hint(script: Script, said: Mapping[str, Any]) -> str:
    if script.path.suffix == ".js" and "SyntaxError" in said["error"]:
        return 'if it has import and export, name it .mjs, or say "type": "module" in package.json'
    return (
        "" if said["error"].startswith("exports ") else "node must be able to import it by itself"
    )


def _state(state: NodeState) -> dict[str, Any]:
    """What a function may look at."""
    store = {
        place[-1]: [thawed_value(entry.value), entry.version, entry.source_id]
        for place, entry in state.store
    }
    return {"id": state.id, "clock": dict(state.clock.pairs), "store": store}


def _told(said: object) -> Told:
    if isinstance(said, int):
        return Told(said == 1)
    found: dict[str, Any] = said if isinstance(said, dict) else {}
    answer = found.get("answer")
    return Told(
        None if answer is None else answer == 1,
        str(found.get("kind", "")),
        str(found.get("says", "")),
        str(found.get("changed") or ""),
        str(found.get("printed") or "").strip(),
        found.get("kind") == "too slow",
    )
