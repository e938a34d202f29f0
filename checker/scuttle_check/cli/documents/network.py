"""What a node says on the network, and to its owner."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    ANY,
    CLAUSE,
    COUNT,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    table_of,
)
from scuttle_check.cli.documents.shared import whole
from scuttle_check.cli.node import DIALECTS
from scuttle_ref.names import VERSION_MAX
from scuttle_ref.node.journal import EVENTS

_VERSION: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": VERSION_MAX}
_MARK: Final[Schema] = {
    "oneOf": [
        {"type": "integer", "minimum": 0, "maximum": VERSION_MAX},
        {"const": "-Infinity"},
    ]
}


def wire() -> Schema:
    """A line that a node writes to a peer. Spec: WIRE-1, WIRE-2, WIRE-3, NODE-16."""
    digest: Schema = {"digest": {"const": True}}
    state: Schema = {"state": {"const": True}}
    done = {**digest, "done": {"const": True}}
    spelled = {dialect.digest_source for dialect in DIALECTS.values()}
    lines = [
        an_object({"key": TEXT, "value": ANY, "source_id": TEXT, "version": _VERSION}),
        *(an_object({**digest, name: TEXT, "version": _MARK}, state) for name in sorted(spelled)),
        an_object(done, {"returned": {"const": True}, "turn": _VERSION, **state}),
        an_object({"answered": _VERSION}, {name: {"const": True} for name in ("more", "gap")}),
    ]
    title = "A line between nodes: an update, a line of a digest or its end, the end of an answer"
    return whole("wire", title, {"oneOf": lines})


_ENTRY: Final = an_object({"value": ANY, "version": COUNT})
_EVENTS: Final[dict[str, Schema]] = {
    "listening": {"id": TEXT, "host": TEXT, "port": COUNT},
    **{event: {"peer": TEXT, "says": TEXT} for event in EVENTS},
    "update": {"source": TEXT, "key": TEXT, "value": ANY, "version": _VERSION},
    "rejected": {"says": TEXT, "clause": CLAUSE},
    "set": {"key": TEXT, "room": YES_OR_NO},
    "get": {"key": TEXT, "value": ANY, "version": {**COUNT, "type": ["integer", "null"]}},
    "show": {
        "id": TEXT,
        "state": table_of(_ENTRY),
        "clock": table_of(COUNT),
        "version": COUNT,
        "history": COUNT,
        "untaken": COUNT,
    },
    "peers": {"peers": TEXTS},
    "help": {"says": TEXT},
}
"""What a node tells its owner, by event."""


def node() -> Schema:
    """A line that ``scuttle node --json`` says. Spec: NODE-9."""
    lines = [an_object({"event": {"const": event}, **facts}) for event, facts in _EVENTS.items()]
    return whole(
        "node", "A line that scuttle node --json says: something happened", {"oneOf": lines}
    )
