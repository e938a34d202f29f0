"""JSON Schemas of the formats of conformance, made from the tables of the code that reads them.

Laws of this file: data; whoever changes a format changes its schema with it, and a test compares
both with the files in ``spec/schemas``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_type_hints

import attrs

from scuttle_check.base.documents import (
    ANY,
    CLAUSE,
    COUNT,
    TEXT,
    Schema,
    an_object,
    called,
    list_of,
    one_of,
    table_of,
)
from scuttle_check.oracle.live.scene import KINDS, Setting
from scuttle_check.oracle.protocol import BODY, INSPECTED, OPERATIONS, PROTOCOL, VERSION, ErrorKind
from scuttle_check.oracle.result import FORMAT, Known, Level, Outcome
from scuttle_check.oracle.result import VERSION as REPORT_VERSION
from scuttle_check.oracle.schema import trace, trace_map, trace_report
from scuttle_check.oracle.schema_parts import CONFIG, LIMIT, MARK, MESSAGES
from scuttle_check.oracle.vectors_schema import vectors

# --- the adapter protocol ------------------------------------------------------------------------

_NOW: Final[Schema] = {"now": {"type": "integer"}}
_VIEW: Final = an_object({"id": TEXT, "state": {"type": "object"}, "clock": {"type": "object"}})
_NODE_STARTED: Final = an_object(
    {"node": TEXT, "id": TEXT, "config": CONFIG},
    {"state": {"type": "object"}, "drain": one_of(("auto", "manual"))},
)
_ASKED: Final[dict[str, tuple[Schema, Schema]]] = {
    "hello": (
        {
            "protocol": {"const": PROTOCOL},
            "version": {"const": VERSION},
            "oracle": TEXT,
            "seed": {"type": "integer"},
        },
        {},
    ),
    "init": ({"case": TEXT, "nodes": list_of(_NODE_STARTED)}, {}),
    "set": ({"node": TEXT, "key": TEXT, "value": ANY}, _NOW),
    "write": ({"node": TEXT, "from": TEXT, "message": ANY}, _NOW),
    "gossip": ({"node": TEXT, "peer": TEXT}, _NOW),
    "get": ({"node": TEXT, "key": TEXT}, {"source_id": TEXT}),
    "inspect": ({"node": TEXT, "fields": list_of(one_of(INSPECTED))}, {}),
    "news": ({"node": TEXT, "source_id": TEXT, "version": MARK}, {}),
    "read": ({"node": TEXT, "max": COUNT}, {}),
    "resolve": (
        {"resolver": TEXT, "view": _VIEW, "update": {"$ref": "#/$defs/update"}},
        {"node": TEXT},
    ),
    "close": ({"node": TEXT, "peer": TEXT}, {}),
    "open": ({"node": TEXT, "peer": TEXT}, {}),
    "bye": ({}, {}),
}
"""The members of each request, those that are always there first."""


def adapter() -> Schema:
    """A request of the oracle or an answer of an adapter. Spec: ADP-2, ADP-3, ADP-4, ADP-5."""
    requests = [
        {
            "description": question,
            **an_object({"op": {"const": op}, "id": COUNT, **_ASKED[op][0]}, _ASKED[op][1]),
        }
        for op, question in OPERATIONS.items()
    ]
    kinds = one_of(kind.value for kind in ErrorKind)
    error = an_object({"kind": kinds}, dict.fromkeys(("name", "message", "issue_url"), TEXT))
    sut: Schema = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    event = {"type": "object", "required": ["event"], "properties": {"event": TEXT}}
    members: Schema = {
        "sut": sut,
        "version": ANY,
        "protocol": {"const": PROTOCOL},
        "capabilities": list_of(TEXT),
        "timeouts": {
            "type": "object",
            "properties": {"request": {"type": "number", "exclusiveMinimum": 0}},
        },
        "out": list_of({"description": "A message, or to and message."}),
        "events": list_of(event),
    }
    known = {name: members.get(name, ANY) for name in sorted(set().union(*BODY.values()))}
    done = an_object({"re": COUNT, "ok": {"const": True}}, known)
    refused = an_object({"re": COUNT, "ok": {"const": False}, "error": error})
    return called(
        "adapter",
        "A line of the adapter protocol: a request, or the answer to one",
        {
            "anyOf": [{"$ref": "#/$defs/request"}, {"$ref": "#/$defs/answer"}],
            "$defs": {
                **MESSAGES,
                "request": {"oneOf": requests},
                "answer": {"oneOf": [done, refused]},
            },
        },
    )


# --- reports --------------------------------------------------------------------------------------

_OF_TYPE: Final[dict[Any, Schema]] = {
    str: TEXT,
    int: {"type": "integer"},
    float: MARK,
    NoneType: {"type": "null"},
    Any: ANY,
    tuple[Any, ...]: list_of(ANY),
}


def _of_type(kind: Any) -> Schema:
    if isinstance(kind, UnionType):
        return {"anyOf": [_of_type(each) for each in get_args(kind)]}
    return _OF_TYPE[kind]


def _operation(name: str, kind: type[Any]) -> Schema:
    hints = get_type_hints(kind)
    members = {each.name: _of_type(hints[each.name]) for each in attrs.fields(kind)}
    return an_object({"do": {"const": name}, **members})


def _happened() -> Schema:
    """One event of a finding. Spec: ORA-15."""
    sent = list_of(an_object({"to": TEXT, "message": ANY}))
    looked: Schema = {"type": "object", "required": ["node"], "properties": {"node": TEXT}}
    shown: Schema = {"out": sent, "state": {"type": "object"}, "clock": {"type": "object"}}
    after: Schema = {
        "node": TEXT,
        "got": an_object({"out": sent}, {"error": TEXT}),
        "expected": an_object({**shown, "history": list_of(ANY)}, {"refused": TEXT}),
    }
    more: Schema = {"looked": list_of(looked)}
    return {
        "oneOf": [
            an_object({**after, "do": {"const": "set"}, "key": TEXT, "value": ANY}, more | _NOW),
            an_object({**after, "do": one_of(("gossip", "close", "open")), "peer": TEXT}, more),
            an_object({**after, "do": {"const": "write"}, "from": TEXT, "message": ANY}, more),
        ]
    }


def report() -> Schema:
    """What ``scuttle conform run --save`` writes. Spec: ORA-12, ORA-15."""
    setting = {each.name: LIMIT if "m" in each.name[:2] else TEXT for each in attrs.fields(Setting)}
    scene = an_object(
        {
            "config": an_object({}, setting),
            "operations": list_of({"oneOf": [_operation(*each) for each in KINDS.items()]}),
        }
    )
    outcome, level = one_of(o.value for o in Outcome), one_of(each.value for each in Level)
    row = an_object({"node": TEXT, "to": {"type": ["string", "null"]}, "text": TEXT})
    finding = an_object(
        {
            "id": TEXT,
            "outcome": outcome,
            "clauses": list_of(CLAUSE),
            "mistakes": list_of(TEXT),
            "issue": TEXT,
            "path": TEXT,
            "expected": ANY,
            "got": ANY,
            "told": TEXT,
            "steps": COUNT,
            "operations": COUNT,
            "follows": list_of(TEXT),
            "nodes": list_of(TEXT),
            "scene": {"anyOf": [{"type": "null"}, scene]},
            "happened": list_of(_happened()),
            "trace": list_of(row),
            "stderr": TEXT,
        }
    )
    case = an_object(
        {
            "id": TEXT,
            "level": level,
            "outcome": outcome,
            "says": TEXT,
            "issue": TEXT,
            **dict.fromkeys(("scenes", "moved", "limits"), COUNT),
            "findings": list_of(finding),
        }
    )
    counted = {"type": "object", "propertyNames": outcome, "additionalProperties": COUNT}
    verdicts = one_of(("conforms", "violates", "violates as expected", "inconclusive"))
    judged = {"type": "object", "propertyNames": level, "additionalProperties": verdicts}
    return called(
        "report",
        "A run of the oracle: what was judged, and every finding with its smallest scene",
        an_object(
            {
                "format": {"const": FORMAT},
                "version": {"const": REPORT_VERSION},
                "profile": TEXT,
                "sut": {"type": "object"},
                "command": list_of(TEXT),
                "seed": {"type": "integer"},
                "examples": COUNT,
                "interrupted": {"type": "boolean"},
                "warnings": list_of(TEXT),
                "verdicts": judged,
                "summary": counted,
                "cases": list_of(case),
            }
        ),
    )


def known_failures() -> Schema:
    """The file of ``--expect``, as its TOML reads. Spec: ORA-11."""
    members = {each.name: TEXT for each in attrs.fields(Known)}
    required = {each.name: TEXT for each in attrs.fields(Known) if each.default is attrs.NOTHING}
    return called(
        "known-failures",
        "Failures that are expected, each with its issue",
        an_object({}, {"xfail": list_of(an_object(required, members))}),
    )


def checkup() -> Schema:
    """What ``scuttle conform check-adapter --json`` prints. Spec: ORA-13."""
    step = an_object({"name": TEXT, "state": one_of(("ok", "absent", "wrong")), "says": TEXT})
    return called(
        "checkup",
        "The check-up of an adapter: each operation, and what to mend next",
        an_object({"format": {"const": "scuttle-checkup/1"}, "steps": list_of(step), "mend": TEXT}),
    )


def inferred() -> Schema:
    """What ``scuttle conform infer --json`` prints. Spec: ORA-19."""
    left = an_object({"scene": {"type": "object"}, "told": TEXT})
    members: Schema = {
        "format": {"const": "scuttle-inferred/1"},
        "base": TEXT,
        "rules": table_of(TEXT),
        "open": table_of(list_of(TEXT)),
        "scenes": COUNT,
        "unexplained": list_of(left),
        "toml": TEXT,
    }
    return called("inferred", "The rules that an implementation follows", an_object(members))


SCHEMAS: Final[dict[str, Callable[[], Schema]]] = {
    "adapter": adapter,
    "checkup": checkup,
    "inferred": inferred,
    "known-failures": known_failures,
    "report": report,
    "trace": trace,
    "trace-map": trace_map,
    "trace-report": trace_report,
    "vectors": vectors,
}
"""Every format of conformance, by the name of its file."""
