"""Which recorded inputs are inside the contract of the reference, and by which clause not.

The recordings feed the library JavaScript oddities, broken listeners and bad constructor
arguments as well. The reference refuses or leaves out each of these by a clause; this module
finds the first such input of a trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard, cast

from attrs import frozen

from scuttle_ref.errors import InvalidMessage
from scuttle_ref.names import frozen_value
from scuttle_ref.validity import name_refusal, put_refusal
from scuttle_ref.wire import SHIPPED_DIALECT, message_from_json

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


UNDEFINED = {"$undefined": True}
"""How the recorder writes JavaScript's undefined."""

_CHOICES = (
    ("consumer", ("drain", "flowing"), "SHIP-3"),
    ("sort", ("base", "none", "version_desc", "by_key"), "SHIP-1"),
    ("compaction", ("none",), "SHIP-5"),
)
"""What a configuration may choose where it chooses at all, and the clause that leaves out more."""

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
        limit = setting(config, name)
        if type(limit) is not int or limit < 1:
            given = _shown(config.get(name, UNDEFINED))
            return Outside(None, f"{name} is {given}, no integer from 1", "SHIP-1")
    for name, known, clause in _CHOICES:
        chosen = setting(config, name)
        if chosen is not None and chosen not in known:
            return Outside(None, f"{name} is {_shown(chosen)}, not {' or '.join(known)}", clause)
    if setting(config, "state") is not None:
        return Outside(None, "starts with a store that has no history", "SHIP-2")
    return None


def setting(config: Json, name: str) -> object:
    """What a configuration says, or None when it says nothing or JavaScript's undefined."""
    given = config.get(name)
    return None if given == UNDEFINED else given


def _outside_op(op: Json) -> tuple[str, str] | None:
    match op["op"]:
        case "set":
            return _outside_put(op)
        case "write":
            return _outside_write(op["object"])
        case "get":
            return _outside_query("key", op["key"])
        case "clock.get":
            return _outside_query("id", op["id"])
        case "gossip" | "news" | "deliver" | "drop" | "restart" | "random":
            return None
        case kind:
            return _UNSUPPORTED_OPS.get(kind, (f"unknown operation {kind[:40]!r}", "SHIP-6"))


def _outside_query(name: str, asked: object) -> tuple[str, str] | None:
    """JavaScript turns what it is asked for into a string; the reference refuses."""
    return None if isinstance(asked, str) else (f"{name} is {_shown(asked)}", "MOD-1")


def _outside_put(op: Json) -> tuple[str, str] | None:
    if _is_encoded(op["value"]):
        return ("the value is none that JSON can hold", "MOD-3")
    refusal = put_refusal(op["key"], frozen_value(op["value"]))
    return (f"{refusal.path} {refusal.problem}", refusal.clause) if refusal else None


def _is_encoded(value: object) -> bool:
    """Whether the recorder wrote something in its own encoding, such as ``$undefined``."""
    if isinstance(value, Mapping):
        return any(name.startswith("$") or _is_encoded(item) for name, item in value.items())
    return isinstance(value, list) and any(map(_is_encoded, value))


def _outside_write(document: object) -> tuple[str, str] | None:
    if is_local_write(document):
        return _outside_put(document)
    try:
        message = message_from_json(document, SHIPPED_DIALECT)
    except InvalidMessage as fault:
        return (f"{fault.refusal.path} {fault.refusal.problem}", fault.refusal.clause)
    known = cast("Json", document)
    extra = set(known) - _MEMBERS[type(message).__name__]
    if extra:
        return (f"a message with more members than its kind has: {sorted(extra)}", "WIRE-1")
    if any(known[name] is not True for name in ("digest", "done") if name in known):
        return ("digest or done is not true", "WIRE-1")
    if _is_encoded(known.get("value")):
        return ("the value is none that JSON can hold", "MOD-3")
    return None


_MEMBERS = {
    "Update": {"key", "value", "source_id", "version"},
    "Digest": {"digest", "id", "version"},
    "DigestDone": {"digest", "done"},
}


def is_local_write(document: object) -> TypeGuard[Json]:
    """Whether a written object is a local write: a key and a value and nothing else."""
    return isinstance(document, Mapping) and set(document) == {"key", "value"}


def _shown(value: object) -> str:
    return "undefined" if value == UNDEFINED else json.dumps(value)[:40]
