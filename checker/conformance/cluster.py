"""The nodes of a scene, in one process or in one each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from attrs import define, field

from checker.conformance.adapters.reference import ReferenceAdapter
from checker.conformance.protocol import Hello, Reply, hello_from, reply_from
from checker.conformance.session import Launch, Session, introduction
from checker.conformance.values import line_of, parse


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
