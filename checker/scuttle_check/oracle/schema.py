"""JSON Schemas of the logs of real runs, and of what is said of them."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    ANY,
    COUNT,
    TEXT,
    TEXTS,
    Schema,
    an_object,
    called,
    list_of,
    one_of,
    table_of,
)
from scuttle_check.oracle.logs import log
from scuttle_check.oracle.schema_parts import CONFIG

_OF_LOG: Final[dict[type, Schema]] = {
    str: TEXT,
    int: {"type": "integer"},
    dict: {"type": "object"},
    list: {"type": "array"},
    bool: {"type": "boolean"},
    object: ANY,
}


def trace() -> Schema:
    """A line of a log: the header, or an event. Spec: OBS-1."""
    node = an_object({}, {"id": TEXT, "config": CONFIG})
    header = {
        "type": "object",
        "required": ["format", "profile", "nodes"],
        "properties": {
            "format": {"const": log.FORMAT},
            "profile": TEXT,
            "nodes": {"type": "object", "minProperties": 1, "additionalProperties": node},
            "order": one_of(("total", "per-node")),
            "network": one_of(("fifo", "unordered")),
            "silent": list_of(one_of(log.SILENT)),
            "max_silent": {"type": "integer", "minimum": 0, "maximum": 1000},
            "complete": list_of(one_of(tuple(log.COMPLETE))),
        },
    }
    return called(
        "trace",
        "A line of the log of a real run: the header, which is the first one, or an event",
        {
            "oneOf": [{"$ref": "#/$defs/header"}, {"$ref": "#/$defs/event"}],
            "$defs": {
                "header": header,
                "event": {"oneOf": [_event(*e) for e in log.MEMBERS.items()]},
            },
        },
    )


def trace_map() -> Schema:
    """A file of ``--map``, as its TOML reads. Spec: OBS-4."""
    words: Schema = {"oneOf": [TEXT, TEXTS]}
    tables: Schema = {
        "trace": {"description": "What stands in for the header.", "type": "object"},
        "fields": {"description": "Ours, and the path of theirs.", **table_of(TEXT)},
        "events": {"description": "Ours, and their words for it.", **table_of(words)},
        "ignore": an_object({}, {"events": TEXTS}),
    }
    title = "A map from the words of a foreign log to those of ours"
    return called("trace-map", title, an_object({}, tables))


def _event(kind: str, members: dict[str, tuple[type, ...]]) -> Schema:
    """An event may have members of its own; those of ours have their types."""
    shapes = {
        name: {"anyOf": [*(_OF_LOG[each] for each in types), {"type": "null"}]}
        for name, types in members.items()
    }
    if kind == "restart":
        shapes["how"] = one_of(log.RESTARTS)
    needed = ["key", "value"] if kind == "set" else []
    return {
        "type": "object",
        "required": ["ev", "node", *needed],
        "properties": {"ev": {"const": kind}, "node": TEXT, "seq": {"type": "integer"}, **shapes},
    }


def trace_report() -> Schema:
    """What ``scuttle conform trace --json`` prints. Spec: OBS-1."""
    always: Schema = {
        "format": {"const": "scuttle-trace-report/1"},
        "verdict": one_of(("accepted", "rejected", "inconclusive")),
        **dict.fromkeys(("events", "matched", "candidates"), COUNT),
        "because": TEXT,
        "run": list_of(TEXT),
        "supplied": table_of(COUNT),
        "advice": TEXT,
        "interrupted": {"type": "boolean"},
    }
    event = an_object({"number": COUNT, "line": COUNT, "text": TEXT})
    miss = an_object({"path": TEXT, "expected": TEXT, "got": TEXT})
    return called(
        "trace-report",
        "Whether the log of a real run is one that a profile allows",
        an_object(always, {"event": event, "miss": miss}),
    )
