"""The JSON Schema of a file of vectors: static conversations with nodes under one profile."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    ANY,
    TEXT,
    Schema,
    an_object,
    called,
    list_of,
    one_of,
    table_of,
)
from scuttle_check.oracle.live.seeding import FORMAT
from scuttle_check.oracle.protocol import OPERATIONS
from scuttle_check.oracle.schema_parts import LIMIT, MESSAGES
from scuttle_check.oracle.vectors.build import LEVELS
from scuttle_check.oracle.vectors.run import EXCHANGE

CLAUSE: Final[Schema] = {"type": "string", "pattern": "^[A-Z]{2,}-[1-9][0-9]*$"}
ID: Final[Schema] = {"type": "string", "pattern": "^[a-z-]+/[a-z]+/[A-Za-z0-9_'-]+$"}

_ASKED: Final[dict[str, tuple[Schema, Schema]]] = {
    "set": ({"key": TEXT, "value": ANY}, {"now": {"type": "integer"}}),
    "gossip": ({"peer": TEXT}, {}),
    EXCHANGE: ({"peer": TEXT}, {}),
    "write": ({"from": TEXT, "message": ANY}, {}),
    "close": ({"peer": TEXT}, {}),
    "open": ({"peer": TEXT}, {}),
    "get": ({"key": TEXT}, {"source_id": TEXT}),
}
"""What each step asks of a node: members that are always there, and those that may be."""


def _ref(part: str) -> Schema:
    return {"$ref": f"#/$defs/{part}"}


def _some(items: Schema) -> Schema:
    return {**list_of(items), "minItems": 1}


def vectors() -> Schema:
    """A file of vectors. Spec: VEC-1, VEC-3."""
    spelled = "How this profile spells the source of a digest line on the wire; here: source_id."
    wire = {"description": spelled, **an_object({"digest_source": TEXT})}
    file = an_object(
        {
            "format": {"const": FORMAT},
            "profile": TEXT,
            "title": TEXT,
            "wire": wire,
            "levels": table_of(TEXT, LEVELS),
            "vectors": list_of(_ref("vector")),
        }
    )
    title = "A file of vectors: static conversations with nodes under one profile"
    return called("vectors", title, {**file, "$defs": _parts()})


def _parts() -> Schema:
    config = an_object({"resolve": TEXT, "mtu": LIMIT, "max_history": LIMIT})
    node = {
        "node": {"description": "What the steps call it.", **TEXT},
        "id": {"description": "Its id in the protocol.", **TEXT},
        "config": config,
    }
    vector = {
        "id": ID,
        "comment": TEXT,
        "level": one_of(LEVELS),
        "clauses": _some(CLAUSE),
        "requires": list_of(one_of(sorted(OPERATIONS.keys() & _ASKED.keys()))),
        "nodes": _some(_ref("node")),
        "steps": _some(_ref("step")),
    }
    requests = [
        an_object({"op": {"const": op}, "node": TEXT, **members}, more)
        for op, (members, more) in _ASKED.items()
    ]
    return {
        "vector": an_object(vector),
        "node": an_object(node),
        "step": an_object({"do": _ref("request"), "expect": _ref("pattern")}),
        "request": {"oneOf": requests},
        **_patterns(),
        **MESSAGES,
    }


def _patterns() -> Schema:
    """What an answer is matched with. Spec: VEC-3."""
    exact = list_of(_ref("exact"))
    result = {"type": "object", "required": ["value"]}
    says = "An object matches member by member, an array in length and order; or an operator."
    return {
        "pattern": {
            "description": says,
            "oneOf": [
                an_object({"$any": {"const": True}}),
                an_object({"out": _ref("messages")}),
                an_object({"result": result}),
            ],
        },
        "messages": {
            "oneOf": [
                exact,
                an_object({"$unordered": exact}, {"$then": exact}),
                an_object({"$oneOf": list_of(_ref("messages"))}),
            ]
        },
        "exact": an_object({"$exact": {"oneOf": [_ref(name) for name in MESSAGES]}}),
    }
