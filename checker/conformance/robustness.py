"""Robustness: whatever a peer says, a node lives on, keeps its state, and reads its own writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from checker.conformance.cluster import Nodes
from checker.conformance.compare import same
from checker.conformance.process import ProcessFailed
from checker.conformance.protocol import ErrorKind, Reply
from checker.conformance.result import Outcome, Problem, of_process
from checker.conformance.scene import Operation, Put, Scene, Setting, Tell
from checker.conformance.stage import OracleFault, Row, Unsupported
from scuttle_ref.names import PROTOTYPE_NAMES

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
    rows: list[Row] = []
    try:
        reply = nodes.init(case, (NODE,), scene.setting.config())
        _supported(reply)
        for count, operation in enumerate(scene.operations):
            problem = _one(nodes, operation, rows) or _probe(nodes, count, rows)
            if problem is not None:
                return problem
    except ProcessFailed as failed:
        return of_process(failed, tuple(rows))
    return None


def _one(nodes: Nodes, operation: Operation, rows: list[Row]) -> Problem | None:
    match operation:
        case Put(node=node, key=key, value=value):
            rows.append(Row(node, f"set {_brief(key)}={_brief(value)}"))
            reply = nodes.ask("set", node, key=key, value=value)
            return _broken(reply, rows) or (
                _read_back(nodes, key, value, rows) if reply.ok else None
            )
        case Tell(peer=peer, node=node, messages=messages):
            for message in messages:
                rows.append(Row(peer, _brief(message), node))
                reply = nodes.ask("write", node, message=message, **{"from": peer})
                problem = _broken(reply, rows)
                if problem is not None:
                    return problem
    return None


def _probe(nodes: Nodes, count: int, rows: list[Row]) -> Problem | None:
    """The node still takes a write of its owner, and shows it."""
    reply = nodes.ask("set", NODE, key=PROBE, value=count)
    if not reply.ok:
        rows.append(Row(NODE, f"set {PROBE}={count}"))
        told = f"a write of the owner is no longer taken: {reply.error}"
        return Problem(Outcome.FAIL, "ERR-1", "$.error", "ok", str(reply.error), told, tuple(rows))
    return _read_back(nodes, PROBE, count, rows)


def _read_back(nodes: Nodes, key: str, value: Any, rows: list[Row]) -> Problem | None:
    """A node reads its own write at once. Spec: MERGE-1."""
    reply = nodes.ask("get", NODE, key=key, source_id=NODE)
    _supported(reply)
    held = reply.result
    got = held.get("value") if isinstance(held, Mapping) else held
    if reply.ok and same(value, got):
        return None
    shown = _brief(got) if reply.ok else str(reply.error)
    rows.append(Row(NODE, f"get {_brief(key)}"))
    told = f"its own write of {_brief(key)} reads {shown}, not {_brief(value)}"
    return Problem(
        Outcome.FAIL, "MERGE-1", "$.result.value", _brief(value), shown, told, tuple(rows)
    )


def _broken(reply: Reply, rows: list[Row]) -> Problem | None:
    if reply.error is None or reply.error.kind is ErrorKind.REJECTED:
        return None
    _supported(reply)
    told = f"the node broke: {reply.error}"
    expected = "a refusal, or nothing"
    return Problem(Outcome.FAIL, "ERR-1", "$.error", expected, str(reply.error), told, tuple(rows))


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
