"""What several schemas of conformance hold: limits, marks, messages and configurations."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import ANY, COUNT, TEXT, Schema, an_object
from scuttle_check.oracle.protocol import FIELDS
from scuttle_ref.names import VERSION_MAX

LIMIT: Final[Schema] = {
    "description": "Updates; 0 and null are not given, infinity is no limit.",
    "anyOf": [COUNT, {"type": "null"}, {"const": {"$num": "Infinity"}}],
}
MARK: Final[Schema] = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": VERSION_MAX},
        {"const": {"$num": "-Infinity"}},
    ]
}

CONFIG: Final = an_object(
    {}, {name: LIMIT if name in {"mtu", "max_history"} else TEXT for name in sorted(FIELDS)}
)

MESSAGES: Final[dict[str, Schema]] = {
    "update": an_object(
        {
            "key": TEXT,
            "value": ANY,
            "source_id": TEXT,
            "version": {"type": "integer", "minimum": 1, "maximum": VERSION_MAX},
        }
    ),
    "line": an_object({"digest": {"const": True}, "source_id": TEXT, "version": MARK}),
    "done": an_object(
        {"digest": {"const": True}, "done": {"const": True}}, {"returned": {"const": True}}
    ),
}
"""What travels, as documented."""
