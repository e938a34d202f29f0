"""The nodes of a scene, in one process or in one each.

A conversation with an adapter in lock step, with a fresh process whenever one is lost.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Protocol

from attrs import define, field, frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.live.process import Child, Failure, ProcessFailed
from scuttle_check.oracle.protocol import (
    PROTOCOL,
    VERSION,
    Hello,
    ProtocolBreach,
    Reply,
    hello_from,
    reply_from,
)
from scuttle_check.oracle.wire import line_of, parse

HELLO_SECONDS: Final = 10.0
REQUEST_SECONDS: Final = 5.0
BYE_SECONDS: Final = 2.0

STARTS_MAX: Final = 5
"""How often in a row a process may fail to say hello. Spec: ORA-4."""


class Sut(Protocol):
    """Something that answers requests of the adapter protocol."""

    @property
    def hello(self) -> Hello: ...  # noqa: D102 - see ADP-3

    def ask(self, op: str, **members: Any) -> Reply:
        """Put one request. Raises ProcessFailed."""
        ...


@frozen
class Launch:
    """How to start what is under test. `seconds_max` caps what an adapter may ask for itself."""

    command: tuple[str, ...]
    seed: int = 0
    seconds_max: float = REQUEST_SECONDS
    hello_seconds: float = HELLO_SECONDS


class Stopped(BaseException):
    """The run was interrupted; nothing is started any more.

    No Exception, or Hypothesis would take it for a scene that fails.
    """


@define
class Session:
    """One process at a time; a lost one is replaced before the next request."""

    launch: Launch
    round_trips: int = 0
    seconds: float = 0.0
    starts: int = 0
    seconds_at_most: float | None = None
    stopped: bool = False
    _child: Child | None = field(default=None)
    _hello: Hello | None = field(default=None)
    _next: int = field(default=0)

    @property
    def hello(self) -> Hello:
        """What the adapter said of itself. Starts it when it does not run."""
        self.start()
        if self._hello is None:
            raise AssertionError("a session that has started has its hello")
        return self._hello

    def start(self) -> None:
        """Make sure that a process runs. Raises UnrunnableFault after too many failures.

        Spec: ORA-1, ORA-4.
        """
        if self.stopped:
            raise Stopped
        if self._child is not None:
            return
        lost: ProcessFailed | None = None
        for _attempt in range(STARTS_MAX):
            self._child = Child(self.launch.command)
            self._next = 0
            self.starts += 1
            try:
                self._hello = hello_from(self._asked("hello", introduction(self.launch.seed)))
            except ProtocolBreach as breach:
                lost = ProcessFailed(Failure.PROTOCOL, str(breach), self._child.stderr)
                self.lose()
            except ProcessFailed as failed:
                lost = failed
                if failed.failure is Failure.TIMEOUT:
                    break
            else:
                return
        if lost is not None:
            self.lose()
            raise _never_started(self.launch.command, lost)

    def ask(self, op: str, **members: Any) -> Reply:
        """Put one request to the process. Raises ProcessFailed, and then the process is gone.

        Spec: ORA-1.
        """
        self.start()
        return self._asked(op, members)

    def _asked(self, op: str, members: Mapping[str, Any]) -> Reply:
        child = self._child
        if child is None:
            raise AssertionError("nothing runs")
        if self.stopped:
            raise Stopped
        request = {"op": op, "id": self._next, **members}
        self._next += 1
        began = time.perf_counter()
        try:
            line = child.ask(line_of(request), self._limit(op))
            return reply_from(line, request)
        except ProtocolBreach as breach:
            stderr = child.stderr
            self.lose()
            told = f"answered {op} with what is no answer: {breach}"
            raise ProcessFailed(Failure.PROTOCOL, told, stderr, breach.clause) from None
        except ProcessFailed:
            self.lose()
            raise
        finally:
            self.round_trips += 1
            self.seconds += time.perf_counter() - began

    def _limit(self, op: str) -> float:
        if op == "hello":
            return self.launch.hello_seconds
        if op == "bye":
            return BYE_SECONDS
        if self.seconds_at_most is not None:
            return min(self.seconds_at_most, self.launch.seconds_max)
        wanted = self._hello.request_seconds if self._hello is not None else None
        return min(wanted or self.launch.seconds_max, self.launch.seconds_max)

    def lose(self) -> None:
        """Give the process up. Spec: ORA-1, ORA-2."""
        child, self._child = self._child, None
        if child is not None:
            child.close(gently=False)

    def stop(self) -> None:
        """Kill the process and start none again; whoever waits for it is told. Spec: ORA-2."""
        self.stopped = True
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """Say bye, and end the process. Never raises. Spec: ORA-2."""
        if self._child is None:
            return
        try:
            self._asked("bye", {})
        except (ProcessFailed, Stopped):
            self.lose()
            return
        child, self._child = self._child, None
        child.end(BYE_SECONDS)


def introduction(seed: int) -> dict[str, Any]:
    """What the oracle says of itself in a hello. Spec: ADP-3."""
    return {
        "protocol": PROTOCOL,
        "version": VERSION,
        "oracle": f"scuttle_ref {ours()}",
        "seed": seed,
    }


def ours() -> str:
    """The version of this oracle."""
    try:
        return version("scuttle-ref")
    except PackageNotFoundError:
        return "source"


def _never_started(command: Sequence[str], failed: ProcessFailed) -> UnrunnableFault:
    said = [line.strip() for line in failed.stderr.strip().splitlines()]
    telling = [line for line in said if "error" in line.lower()] or said
    comment = f"; it said: {telling[-1][:200]}" if said else ""
    return UnrunnableFault(
        f"{failed.told}{comment}",
        where=" ".join(command)[:200],
        expected="an answer to hello",
        clause="ADP-3",
        hint="scuttle conform check-adapter -- COMMAND",
    )


class Nodes(Protocol):
    """Nodes that can be started and asked, wherever they live."""

    @property
    def hello(self) -> Hello: ...  # noqa: D102 - see ADP-3
    def init(self, case: str, nodes: Sequence[str], config: dict[str, Any]) -> Reply: ...  # noqa: D102
    def ask(self, op: str, node: str, **members: Any) -> Reply: ...  # noqa: D102


@define
class Loopback:
    """An adapter in this process: the same lines, without the pipes.

    The control of every run, because what the oracle demands the reference must give (ORA-8).
    """

    adapter: ReferenceAdapter
    round_trips: int = 0
    _hello: Hello | None = None

    @property
    def hello(self) -> Hello:
        """What the adapter says of itself."""
        if self._hello is None:
            self._hello = hello_from(self._ask({"op": "hello", **introduction(0)}))
        return self._hello

    def init(self, case: str, nodes: Sequence[str], config: dict[str, Any]) -> Reply:
        """Start fresh nodes whose handles are their ids."""
        return self._ask({"op": "init", "case": case, "nodes": _documents(nodes, config)})

    def ask(self, op: str, node: str, **members: Any) -> Reply:
        """Put one request about `node`."""
        return self._ask({"op": op, "node": node, **members})

    def _ask(self, request: dict[str, Any]) -> Reply:
        self.round_trips += 1
        asked = {**request, "id": self.round_trips}
        line = line_of(self.adapter.answer(parse(line_of(asked))))
        return reply_from(line, asked)


def _documents(nodes: Sequence[str], config: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"node": node, "id": node, "config": config} for node in nodes]


@define
class Cluster:
    """Hands each request to the process that hosts the node. Spec: ORA-4."""

    launch: Launch
    _first: Session = field(init=False)
    _others: dict[str, Session] = field(factory=dict)
    _homes: dict[str, Session] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._first = Session(self.launch)

    @property
    def hello(self) -> Hello:
        """What the adapter said of itself."""
        return self._first.hello

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Every conversation, the first one first."""
        return (self._first, *self._others.values())

    @property
    def round_trips(self) -> int:
        """Requests put so far."""
        return sum(each.round_trips for each in self.sessions)

    @property
    def seconds(self) -> float:
        """Time spent on requests. Unit: seconds."""
        return sum(each.seconds for each in self.sessions)

    def init(self, case: str, nodes: Sequence[str], config: dict[str, Any]) -> Reply:
        """Start fresh nodes whose handles are their ids. Raises ProcessFailed."""
        documents = _documents(nodes, config)
        self._homes = dict.fromkeys(nodes, self._first)
        if "one-node" not in self.hello.capabilities:
            return self._first.ask("init", case=case, nodes=documents)
        for node in nodes[1:]:
            self._homes[node] = self._others.setdefault(
                node, Session(self.launch, stopped=self._first.stopped)
            )
        replies = [
            self._homes[document["node"]].ask("init", case=case, nodes=[document])
            for document in documents
        ]
        return next((each for each in replies if not each.ok), replies[0])

    def ask(self, op: str, node: str, **members: Any) -> Reply:
        """Put one request about `node`. Raises ProcessFailed."""
        return self._homes[node].ask(op, node=node, **members)

    def hurry(self, seconds: float | None) -> None:
        """Give each request no more than `seconds`; None is what was agreed."""
        for session in self.sessions:
            session.seconds_at_most = seconds

    def stop(self) -> None:
        """Kill every process and start none again, from another thread."""
        for session in self.sessions:
            session.stop()

    def close(self) -> None:
        """End every process. Never raises."""
        for session in self.sessions:
            session.close()

    def abandon(self) -> None:
        """End every process at once, without a word."""
        for session in self.sessions:
            session.lose()
