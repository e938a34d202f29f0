"""Which recorded inputs are inside the contract of the reference, and by which clause not.

The recordings feed the library JavaScript oddities, broken listeners and bad constructor
arguments as well. The reference refuses or leaves out each of these by a clause; this module
finds the first such input of a trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from scuttle_ref.errors import InvalidMessage
from scuttle_ref.validity import name_refusal, put_refusal
from scuttle_ref.wire import SHIPPED_DIALECT, frozen_value, message_from_json

Json: TypeAlias = Mapping[str, Any]


@frozen
class Outside:
    """An input that the reference refuses or leaves out. `step` is None for the set-up."""

    step: int | None
    reason: str
    clause: str

    def __str__(self) -> str:
        where = "set-up" if self.step is None else f"step {self.step}"
        return f"{where}: {self.reason} [{self.clause}]"


CONSUMERS = {"drain", "flowing"}
SORTS = {"base", "none", "version_desc", "by_key"}

_UNSUPPORTED_OPS = {
    "read": ("the consumer reads by hand, so the buffer may be full", "SHIP-3"),
    "batch": ("several inputs within one tick of the library", "SHIP-4"),
    "history.write": ("writes to history past the node", "SHIP-5"),
    "clock.update": ("moves the clock past the node", "SHIP-5"),
    "resolve": ("calls a resolver by itself, outside a node", "SHIP-6"),
    "resolve_with_sort": ("calls a resolver by itself, outside a node", "SHIP-6"),
    "sort": ("calls the comparator by itself, outside a node", "SHIP-6"),
    "order": ("calls the comparator by itself, outside a node", "SHIP-6"),
    "end": ("ends the stream", "SHIP-3"),
}
_SUPPORTED_OPS = {
    "set",
    "write",
    "gossip",
    "get",
    "news",
    "clock.get",
    "deliver",
    "drop",
    "restart",
    "random",
}


def first_outside(trace: Json) -> Outside | None:
    """The first input of `trace` that is outside the contract, or None."""
    if trace.get("constructor_threw"):
        return Outside(None, "the constructor of the library refuses this set-up", "SHIP-1")
    if trace.get("channel_capacity") is not None:
        return Outside(None, "channels hold a limited number of messages", "SHIP-3")
    for config in nodes_of(trace):
        outside = _outside_config(config)
        if outside is not None:
            return outside
    for number, op in enumerate(_ops(trace), start=1):
        fault = _outside_op(op)
        if fault is not None:
            return Outside(number, *fault)
    return None


def nodes_of(trace: Json) -> list[Json]:
    """The configurations of the nodes: one in a single trace, several in a multi trace."""
    return list(trace["nodes"]) if trace["kind"] == "multi" else [trace["config"]]


def _ops(trace: Json) -> Iterator[Json]:
    for step in trace["steps"]:
        yield step["op"]


def _outside_config(config: Json) -> Outside | None:
    refusal = name_refusal("id", config.get("id"))
    if refusal is not None:
        return Outside(None, f"node {refusal.path} {refusal.problem}", refusal.clause)
    for name in ("mtu", "max_history"):
        limit = config.get(name)
        if type(limit) is not int or limit < 1:
            return Outside(None, f"{name} is {_shown(limit)}, no integer from 1", "SHIP-1")
    if config.get("consumer", "drain") not in CONSUMERS:
        return Outside(None, f"the consumer is {config['consumer']!r}", "SHIP-3")
    if config.get("sort", "none") not in SORTS:
        return Outside(None, f"sort is {_shown(config['sort'])}", "SHIP-1")
    if config.get("state") is not None:
        return Outside(None, "starts with a store that has no history", "SHIP-2")
    if config.get("compaction", "none") != "none":
        return Outside(None, "a compaction listener changes history", "SHIP-5")
    return None


def _outside_op(op: Json) -> tuple[str, str] | None:
    kind = op["op"]
    if kind not in _SUPPORTED_OPS:
        return _UNSUPPORTED_OPS.get(kind, (f"unknown operation {kind!r}", "SHIP-6"))
    if kind == "set":
        return _outside_put(op)
    if kind == "write":
        return _outside_write(op.get("object"))
    return None


def _outside_put(op: Json) -> tuple[str, str] | None:
    if isinstance(op.get("value"), Mapping):
        return ("the value is an object of the recorder's own encoding", "MOD-3")
    refusal = put_refusal(op.get("key"), frozen_value(op.get("value")))
    return (f"{refusal.path} {refusal.problem}", refusal.clause) if refusal else None


def _outside_write(document: object) -> tuple[str, str] | None:
    if is_local_write(document):
        return _outside_put(document)
    try:
        message = message_from_json(document, SHIPPED_DIALECT)
    except InvalidMessage as fault:
        return (f"{fault.refusal.path} {fault.refusal.problem}", fault.refusal.clause)
    extra = set(document) - _MEMBERS[type(message).__name__]
    if extra:
        return (f"a message with more members than its kind has: {sorted(extra)}", "WIRE-1")
    flags = [document[name] for name in ("digest", "done") if name in document]
    if any(flag is not True for flag in flags):
        return ("digest or done is not true", "WIRE-1")
    return None


_MEMBERS = {
    "Update": {"key", "value", "source_id", "version"},
    "Digest": {"digest", "id", "version"},
    "DigestDone": {"digest", "done"},
}


def is_local_write(document: object) -> bool:
    """Whether a written object is a local write: a key and a value and nothing else."""
    return isinstance(document, Mapping) and set(document) == {"key", "value"}


def _shown(value: object) -> str:
    return "absent" if value is None else repr(value)[:40]
