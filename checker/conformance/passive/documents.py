"""Nodes, notices and messages as a log tells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checker.conformance.values import encoded
from checker.conformance.vectors.matching import Mismatch
from checker.conformance.wire import mark_value, update_object
from scuttle_ref.outputs import Compacted, Output, Recorded
from scuttle_ref.state import NodeState
from scuttle_ref.wire import thawed_value


def turned(found: Mismatch) -> Mismatch:
    """As seen from the log: expected is what the profile has, got what the log says."""
    return Mismatch(found.path, found.got, found.expected)


def notice_document(output: Output) -> dict[str, Any]:
    """An update or a compaction, as the event of a log tells it."""
    if isinstance(output, Recorded):
        return {"event": "update", "update": encoded(update_object(output.update))}
    length = len(output.forgotten) if isinstance(output, Compacted) else 0
    return {"event": "compaction", "length": length}


def state_document(state: NodeState) -> dict[str, Any]:
    """What a node knows, as a log tells it: owned keys stand below their source."""
    store: dict[str, Any] = {}
    for place, entry in state.store:
        inner = store
        for name in place[:-1]:
            inner = inner.setdefault(name, {})
        inner[place[-1]] = {"value": thawed_value(entry.value), "version": entry.version}
    shown = {
        "state": store,
        "clock": {source: mark_value(mark) for source, mark in state.clock.pairs},
        "history": [update_object(update) for update in state.history.updates],
        "version": state.version,
    }
    found: dict[str, Any] = encoded(shown)
    return found


def normal(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of a log in the words of the adapter protocol: `id` of a digest is its source."""
    found = dict(message)
    if found.get("digest") and "id" in found and "source_id" not in found:
        found["source_id"] = found.pop("id")
    if found.get("version") == "-Infinity":
        found["version"] = {"$num": "-Infinity"}
    return found


def plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the core reads it."""
    found = normal(message)
    return (
        {**found, "version": "-Infinity"}
        if found.get("version") == {"$num": "-Infinity"}
        else found
    )
