"""Robustness: whatever a peer says, a node lives on, keeps its state, and reads its own writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field

from scuttle_check.oracle.live.compare import same
from scuttle_check.oracle.live.nodes import Nodes
from scuttle_check.oracle.live.observation import Observed, lost_reply
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.live.scene import Operation, Put, Scene, Setting, Tell
from scuttle_check.oracle.live.stage import OracleFault, Row, Unsupported
from scuttle_check.oracle.protocol import ErrorKind, Reply
from scuttle_check.oracle.result import Outcome, Problem, of_process
from scuttle_check.oracle.wire import message_of
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Event, Received
from scuttle_ref.messages import Put as Set
from scuttle_ref.names import PROTOTYPE_NAMES, frozen_value

NODE: Final = "A"
PROBE: Final = "probe"
NEEDS: Final = ("set", "get", "write")


def _update(**members: Any) -> dict[str, Any]:
    return {"key": "k", "value": 1, "source_id": "P", "version": 1, **members}


def _nested(depth: int) -> Any:
    value: Any = 0
    for _layer in range(depth):
        value = [value]
    return value


_NAMES: Final = (*sorted(PROTOTYPE_NAMES), "", "\u0000", "\ud83d\ude00", "a.b", "$undef")
_SIZES: Final = (255, 256, 65_535)
_VALUES: Final[tuple[Any, ...]] = (
    None, False, 0, -1, 1.5, "", [], {}, {"a": [None]}, _nested(30),
)  # fmt: skip
_WRONG: Final[tuple[Any, ...]] = (
    None, 0, True, "x", [], {}, [{}], {"digest": True}, {"digest": True, "source_id": "P"},
    {"digest": True, "version": 1}, {"digest": "yes"}, {"done": True},
    {"digest": True, "done": True, "source_id": 7},
    {"digest": True, "source_id": "Z", "version": 9},
    _update(version=None), _update(version="1"), _update(version=-1), _update(version=0),
    _update(version=1.5), _update(version=2**53 + 1), _update(version=float("nan")),
    _update(version=float("inf")), _update(key=None), _update(key=1), _update(key=[]),
    _update(source_id=None), _update(source_id=""), _update(source_id={}),
    {"key": "k"}, {"key": "k", "version": 1}, {"source_id": "P", "version": 1},
    {"digest": True, "source_id": "P", "version": float("nan")},
    {"digest": True, "source_id": "P", "version": "x"},
    {"digest": True, "source_id": ["P"], "version": 1},
)  # fmt: skip


def directed() -> dict[str, tuple[Operation, ...]]:
    """The hostile inputs, by case: each is one scene of its own. Spec: ORA-5."""
    return {
        "names-set": tuple(Put(NODE, name, 1) for name in _NAMES),
        "names-key": tuple(Tell("P", NODE, (_update(key=name),)) for name in _NAMES),
        "names-source": tuple(
            Tell("P", NODE, (message,))
            for name in _NAMES
            for message in (
                _update(source_id=name),
                {"digest": True, "source_id": name, "version": 0},
            )
        ),
        "sizes": tuple(
            step
            for size in _SIZES
            for step in (
                Put(NODE, "k" * size, size),
                Put(NODE, "k", "v" * size),
                Tell("P", NODE, (_update(source_id="s" * size, value="v" * size),)),
            )
        ),
        "values": tuple(
            step
            for value in _VALUES
            for step in (Put(NODE, "k", value), Tell("P", NODE, (_update(value=value),)))
        ),
        "messages": tuple(Tell("P", NODE, (message,)) for message in _WRONG),
        "lines": tuple(
            Tell("P", NODE, (line,))
            for line in ("", "{", "nonsense", "[]", "NaN", '{"key":"k"}', "\u2028", "[" * 2000)
        ),
    }


def attempt(nodes: Nodes, scene: Scene, case: str) -> Problem | None:
    """Do what is hostile, and probe the node after each step. Spec: ORA-5."""
    player = _Player(nodes)
    try:
        reply = nodes.init(case, (NODE,), scene.setting.config())
        _supported(reply)
        for count, operation in enumerate(scene.operations):
            problem = player.does(operation) or player.probes(count)
            if problem is not None:
                return problem
    except ProcessFailed as failed:
        return of_process(failed, tuple(player.rows), player.journal)
    return None


@define
class _Player:
    """Says hostile things to a node, and remembers what happened."""

    nodes: Nodes
    rows: list[Row] = field(factory=list)
    journal: list[tuple[str, Any]] = field(factory=list)

    def does(self, operation: Operation) -> Problem | None:
        """One operation of a scene; a node may refuse it, but must not break."""
        match operation:
            case Put(key=key, value=value):
                self.rows.append(Row(NODE, f"set {_brief(key)}={_brief(value)}"))
                reply = self.sets(key, value)
                return self.broken(reply) or (self.reads_back(key, value) if reply.ok else None)
            case Tell(peer=peer, messages=messages):
                for message in messages:
                    self.rows.append(Row(peer, _brief(message), NODE))
                    event = Received(peer, _heard(message))
                    reply = self.asks(event, "write", message=message, **{"from": peer})
                    problem = self.broken(reply)
                    if problem is not None:
                        return problem
        return None

    def probes(self, count: int) -> Problem | None:
        """The node still takes a write of its owner, and shows it."""
        reply = self.sets(PROBE, count)
        if not reply.ok:
            self.rows.append(Row(NODE, f"set {PROBE}={count}"))
            told = f"a write of the owner is no longer taken: {reply.error}"
            return self.problem("ERR-1", "$.error", "ok", str(reply.error), told)
        return self.reads_back(PROBE, count)

    def sets(self, key: str, value: Any) -> Reply:
        """A write of the owner."""
        return self.asks(Set(key, frozen_value(value)), "set", key=key, value=value)

    def asks(self, event: Event, op: str, **members: Any) -> Reply:
        """One event. Raises ProcessFailed."""
        try:
            reply = self.nodes.ask(op, NODE, **members)
        except ProcessFailed as failed:
            self.journal.append(("lost", Observed(NODE, event, lost_reply(failed))))
            raise
        self.journal.append(("event", Observed(NODE, event, reply)))
        return reply

    def reads_back(self, key: str, value: Any) -> Problem | None:
        """A node reads its own write at once. Spec: MERGE-1."""
        reply = self.nodes.ask("get", NODE, key=key, source_id=NODE)
        _supported(reply)
        self.journal.append(("read", (NODE, NODE, key, reply.result)))
        held = reply.result
        got = held.get("value") if isinstance(held, Mapping) else held
        if reply.ok and same(value, got):
            return None
        shown = _brief(got) if reply.ok else str(reply.error)
        self.rows.append(Row(NODE, f"get {_brief(key)}"))
        told = f"its own write of {_brief(key)} reads {shown}, not {_brief(value)}"
        return self.problem("MERGE-1", "$.result.value", _brief(value), shown, told)

    def broken(self, reply: Reply) -> Problem | None:
        """What is wrong when an answer is no refusal but a breakdown."""
        if reply.error is None or reply.error.kind is ErrorKind.REJECTED:
            return None
        _supported(reply)
        told = f"the node broke: {reply.error}"
        return self.problem("ERR-1", "$.error", "a refusal, or nothing", str(reply.error), told)

    def problem(self, clause: str, path: str, expected: str, got: str, told: str) -> Problem:
        """A problem after what has happened so far."""
        rows, journal = tuple(self.rows), tuple(self.journal)
        return Problem(Outcome.FAIL, clause, path, expected, got, told, rows, journal=journal)


def _heard(message: Any) -> Any:
    """A message, or whatever else a peer may say."""
    try:
        return message_of(message)
    except InvalidMessage:
        return message


def _supported(reply: Reply) -> None:
    if reply.error is not None and reply.error.kind is ErrorKind.UNSUPPORTED:
        raise Unsupported(str(reply.error))
    if reply.error is not None and reply.error.kind is ErrorKind.MALFORMED:
        raise OracleFault(str(reply.error))


def _brief(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 50 else f"{text[:40]}... ({len(text):,} characters)"  # noqa: PLR2004


def plain_scene(operation: Operation, resolver: str | None) -> Scene:
    """One hostile input by itself."""
    return Scene(Setting(resolve=resolver), (operation,))
