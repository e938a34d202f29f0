"""The stage: plays a scene against live nodes, with the acceptor watching every step.

Laws of this file: the stage carries messages and asks questions; whether an answer is right is
decided by the acceptor alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import define, field, frozen

from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.nodes import Nodes
from scuttle_check.oracle.live.observation import Observed, lost_reply
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.scene import (
    Again,
    Converse,
    Cut,
    Deliver,
    Lose,
    News,
    Operation,
    Put,
    Read,
    Scene,
    Start,
    Tell,
)
from scuttle_check.oracle.protocol import INSPECTED, ErrorKind, Reply
from scuttle_check.oracle.wire import message_of, told, wire_form, with_extra
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Event, Exchange, Lost, Received, Update
from scuttle_ref.messages import Put as Set
from scuttle_ref.names import frozen_value, one_line
from scuttle_ref.wire import DOCUMENTED_DIALECT, Dialect

CONVERSATION_MAX: Final = 400
"""After so many messages an exchange that does not end is given up. Unit: messages."""


class Violated(Exception):
    """The implementation did what the profile does not allow."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


class Unsupported(Exception):
    """The adapter cannot do what the scene needs."""


class OracleFault(Exception):
    """The adapter calls a request of ours malformed."""


@frozen
class Row:
    """One step of a played scene, for the diagram: who, what, and to whom."""

    node: str
    text: str
    target: str | None = None
    mark: str = ">"


@define
class Stage:
    """Live nodes, what is in flight between them, and what has happened.

    Without an acceptor messages are carried unread and nothing is judged. `looks` says whether
    nodes are looked at after each step, `whole_answers` whether all that one step sends to one
    peer arrives, or is lost, as one piece (NET-5).
    """

    cluster: Nodes
    acceptor: Acceptor | None = None
    dialect: Dialect = DOCUMENTED_DIALECT
    looks: bool = True
    lines: bool = False
    whole_answers: bool = False
    rows: list[Row] = field(factory=list)
    journal: list[tuple[str, Any]] = field(factory=list)
    marks: list[tuple[int, int]] = field(factory=list)
    moved: int = 0
    performed: int = 0
    _nodes: tuple[str, ...] = ()
    _flight: dict[tuple[str, str], list[list[Any]]] = field(factory=dict)
    _last: dict[tuple[str, str], list[Any]] = field(factory=dict)

    def inherit(self, other: Stage) -> None:
        """Go on where another stage has stopped, with what is in flight there."""
        self._flight = other._flight

    def play(self, scene: Scene, nodes: tuple[str, ...], case: str) -> None:
        """Start the nodes and do everything. Raises Violated, Unsupported or ProcessFailed."""
        self._nodes = nodes
        reply = self.cluster.init(case, nodes, scene.setting.config())
        self._checked("init", reply)
        if reply.error is not None:
            raise Violated(Difference("$.error", "started nodes", str(reply.error), (), "CONF-1"))
        for operation in scene.operations:
            self.performed += 1
            self.perform(operation)

    def _note(self, kind: str, what: Any) -> None:
        """Keep what was observed, and at which row and operation that was."""
        self.journal.append((kind, what))
        self.marks.append((len(self.rows), self.performed))

    def perform(self, operation: Operation) -> None:  # noqa: C901, PLR0912 - one case a kind
        """Do one operation. Raises Violated, Unsupported or ProcessFailed."""
        match operation:
            case Put():
                self._put(operation)
            case Start(node=node, peer=peer):
                self._start(node, peer)
            case Converse(node=node, peer=peer):
                self._start(node, peer)
                self._settle(node, peer)
            case Deliver(source=source, target=target, place=place):
                queue = self._flight.get((source, target), [])
                if place < len(queue):
                    self._arrives(source, target, queue.pop(place))
            case Again(source=source, target=target):
                if (source, target) in self._last:
                    self._arrives(source, target, self._last[source, target])
            case Lose(source=source, target=target):
                queue = self._flight.get((source, target), [])
                if queue:
                    lost = " + ".join(map(_short, queue.pop(0)))
                    self.rows.append(Row(source, lost, target, "x"))
            case Cut(one=one, other=other):
                self._cut(one, other)
            case Tell(peer=peer, node=node, messages=messages):
                for message in messages:
                    self._told(peer, node, message)
            case News(node=node, source=source, version=version):
                self._news(node, source, version)
            case Read(node=node, source=source, key=key):
                self._read(node, source, key)

    def _cut(self, one: str, other: str) -> None:
        """A connection breaks, loses what is in flight, and opens again. Spec: FAULT-2."""
        self.rows.append(Row(one, f"the connection to {other} breaks"))
        for node, peer in ((one, other), (other, one)):
            self._flight.pop((node, peer), None)
        for node, peer in ((one, other), (other, one)):
            if self.cluster.hello.can("close") and node in self._nodes:
                self._closes(node, peer)

    def _closes(self, node: str, peer: str) -> None:
        """A node hears that a connection is gone. It has nothing to say to anybody.

        It is not told of the next one: what forgets then, too, would hide what did not forget now.

        Spec: FAULT-8.
        """
        reply = self.cluster.ask("close", node, peer=peer)
        self._checked("close", reply)
        seen = Observed(node, Lost(peer), reply)
        self._note("event", seen)
        if self.acceptor is None:
            return
        if reply.out:
            said = [str(sent.message) for sent in reply.out]
            raise Violated(Difference("$.out", "nothing", said, (), "FAULT-8"))
        self._judged(self.acceptor.observe(seen))
        self._inspect(self.acceptor, node)

    def _start(self, node: str, peer: str) -> None:
        self.rows.append(Row(node, f"starts an exchange with {peer}"))
        self._happens(node, Exchange(peer), "gossip", peer=peer)

    def _settle(self, one: str, other: str) -> None:
        """Deliver what is in flight between two nodes until nothing is, or far too much."""
        for _message in range(CONVERSATION_MAX):
            for link in ((one, other), (other, one)):
                queue = self._flight.get(link)
                if queue:
                    self._arrives(*link, queue.pop(0))
                    break
            else:
                return

    def _told(self, peer: str, node: str, message: Any) -> None:
        """The oracle says something itself; what is valid is spelt as the wire spells it."""
        try:
            valid = message_of(message)
        except InvalidMessage:
            self._hears(peer, node, message, message)
            return
        written = wire_form(valid, self.dialect, lines=self.lines)
        self._hears(peer, node, valid, with_extra(written, message))

    def _put(self, put: Put) -> None:
        """A write, with the reading of the clock if there is one. Spec: NPM-1."""
        at = "" if put.now is None else f" at {put.now}"
        self.rows.append(Row(put.node, f"set {one_line(put.key)}={one_line(put.value)}{at}"))
        members = {"key": put.key, "value": put.value}
        if put.now is not None:
            members["now"] = put.now
        self._happens(put.node, Set(put.key, frozen_value(put.value), put.now), "set", **members)

    def _arrives(self, source: str, target: str, frame: list[Any]) -> None:
        """What one node has sent arrives at another, unchanged, message by message."""
        self._last[source, target] = frame
        for raw in frame:
            try:
                heard: Any = message_of(raw, self.dialect)
            except InvalidMessage:
                heard = raw
            self._hears(source, target, heard, raw)

    def _hears(self, source: str, target: str, heard: Any, raw: Any) -> None:
        self.rows.append(Row(source, _short(heard), target))
        self._happens(target, Received(source, heard), "write", message=raw, **{"from": source})

    def _happens(self, node: str, event: Event, op: str, **members: Any) -> None:
        """One event at one node: ask, judge, carry on what was sent, and look."""
        try:
            reply = self.cluster.ask(op, node, **members)
        except ProcessFailed as failed:
            self._note("lost", Observed(node, event, lost_reply(failed)))
            raise
        self._checked(op, reply)
        seen = Observed(node, event, reply)
        self._note("event", seen)
        if self.acceptor is not None:
            self._judged(self.acceptor.observe(seen))
        elif reply.error is not None and reply.error.kind is ErrorKind.INTERNAL:
            raise Violated(Difference("$.error", "an answer", str(reply.error), (), "ERR-1"))
        other = members.get("from") or members.get("peer")
        told: dict[str, list[Any]] = {}
        for sent in reply.out:
            to = other if sent.to is None else sent.to
            if to is not None:
                told.setdefault(to, []).append(sent.message)
        for to, messages in told.items():
            frames = [messages] if self.whole_answers else [[message] for message in messages]
            self._flight.setdefault((node, to), []).extend(frames)
        self.moved += _is_data(event) + sum(_is_data_object(sent.message) for sent in reply.out)
        if self.looks and self.acceptor is not None:
            self._look(self.acceptor, node, event)

    def _look(self, acceptor: Acceptor, node: str, event: Event) -> None:
        if self._inspect(acceptor, node):
            return
        written = _written(node, event)
        if written is not None:
            self._read(node, *written)

    def _inspect(self, acceptor: Acceptor, node: str) -> bool:
        """Whether a node shows itself; then it is judged by that."""
        if not self.cluster.hello.can("inspect"):
            return False
        reply = self.cluster.ask("inspect", node, fields=list(INSPECTED))
        self._checked("inspect", reply)
        self._note("look", (node, reply.body))
        self._judged(acceptor.look(node, reply.body))
        return True

    def _read(self, node: str, source: str, key: str) -> None:
        """The owner reads a key; what it gets is what it holds. Spec: MERGE-1."""
        if self.acceptor is None or not self.cluster.hello.can("get"):
            return
        reply = self.cluster.ask("get", node, key=key, source_id=source)
        self._checked("get", reply)
        if reply.ok:
            self._note("read", (node, source, key, reply.result))
            self._judged(self.acceptor.read(node, source, key, reply.result))

    def _news(self, node: str, source: str, version: float) -> None:
        if self.acceptor is None or not self.cluster.hello.can("news"):
            return
        reply = self.cluster.ask("news", node, source_id=source, version=version)
        self._checked("news", reply)
        self.rows.append(Row(node, f"news of {source} above {version}"))
        if reply.ok:
            self._note("news", (node, source, version, reply.result))
            self._judged(self.acceptor.news(node, source, version, reply.result))

    def _judged(self, difference: Difference | None) -> None:
        if difference is not None:
            raise Violated(difference)

    def _checked(self, op: str, reply: Reply) -> None:
        if reply.error is not None and reply.error.kind is ErrorKind.UNSUPPORTED:
            raise Unsupported(f"{op}: {reply.error}")
        if reply.error is not None and reply.error.kind is ErrorKind.MALFORMED:
            raise OracleFault(f"{op}: {reply.error}")


def _short(message: Any) -> str:
    text = told(message)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - a row


def _is_data(event: Event) -> bool:
    return isinstance(event, Received) and isinstance(event.message, Update)


def _is_data_object(message: Any) -> bool:
    if isinstance(message, Mapping):
        return "key" in message
    return isinstance(message, str) and '"key"' in message


def _written(node: str, event: Event) -> tuple[str, str] | None:
    match event:
        case Set(key=key):
            return node, key
        case Received(message=Update(source_id=source, key=key)):
            return source, key
        case _:
            return None


def replay(acceptor: Acceptor, journal: Sequence[tuple[str, Any]]) -> Difference | None:
    """Judge what was observed once more, by another acceptor, without a live node."""
    for kind, what in journal:
        found = judged_again(acceptor, kind, what)
        if found is not None:
            return found
    return None


def judged_again(acceptor: Acceptor, kind: str, what: Any) -> Difference | None:
    """Judge one thing that was observed."""
    match kind:
        case "event":
            return acceptor.observe(what)
        case "look":
            return acceptor.look(*what)
        case "read":
            return acceptor.read(*what)
        case "lost":
            return None
        case _:
            return acceptor.news(*what)
