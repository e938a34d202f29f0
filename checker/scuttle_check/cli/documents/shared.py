"""What several documents hold: experiments, schedules and verdicts.

A schema stands alone, so that one file can be copied; each holds the definitions that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs

from scuttle_check.base.documents import (
    COUNT,
    SECONDS,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    called,
    list_of,
    one_of,
    or_null,
    table_of,
)
from scuttle_check.engine.network import NETWORKS, WIRINGS
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.bounds import LEAST, WORDS
from scuttle_check.gossip.experiment import ANY as ANY_NUMBER
from scuttle_check.gossip.experiment import APART, DELTA_ORDERS, RESTARTS, Misfortune
from scuttle_ref.profile import decision_points
from scuttle_ref.profiles import PROFILES

_PAIR: Final[Schema] = {**TEXTS, "minItems": 2, "maxItems": 2}
_ONCE: Final = r"(perform|crash|pause|resume|stop) \S+"
_BACK: Final = rf"restart \S+ ({'|'.join(RESTARTS)})"
_LINKS: Final = r"(exchange|cut|heal) [^\s>]+>\S+"
_FRAMES: Final = r"(deliver|drop|duplicate|overtake) [^\s>]+>\S+( #[0-9]+)?"


def ref(part: str) -> Schema:
    """One of :data:`PARTS`, by its name."""
    return {"$ref": f"#/$defs/{part}"}


LIMITS: Final[dict[str, Schema]] = {
    name: {
        "description": "Updates; null is unlimited.",
        "anyOf": [{"type": "integer", "minimum": least}, {"enum": [*WORDS, None]}],
    }
    for name, least in LEAST.items()
}
"""Of a configuration. Files of older versions have null for no limit."""


def _experiment() -> Schema:
    """Everything that decides what is explored. Spec: CHK-1."""
    topology = an_object(
        {"name": TEXT, "nodes": {**TEXTS, "minItems": 1}, "links": list_of(_PAIR)},
    )
    budget: Schema = {"oneOf": [COUNT, {"const": ANY_NUMBER}]}
    budgets = {each.name: budget for each in attrs.fields(Misfortune) if each.name not in APART}
    how = {"restart": one_of(RESTARTS), "may_crash": TEXTS}
    says = "Everything that decides what is explored; what is not given is as scuttle check has it."
    return {
        "description": says,
        **an_object(
            {
                "profile": ref("profile"),
                "topology": topology,
                "network": one_of(NETWORKS),
                "script": TEXTS,
                "exchanges": COUNT,
            },
            {
                **LIMITS,
                "resolver": TEXT,
                "delta_order": one_of(DELTA_ORDERS),
                "faults": an_object({}, {**budgets, **how}),
                "wiring": one_of(WIRINGS),
                "processes": list_of(TEXTS),
                "properties": TEXTS,
                "nodes": table_of(ref("own")),
            },
        ),
    }


def _settings() -> dict[str, Schema]:
    """What nodes may have of their own. Spec: CHK-17."""
    return {
        "profile": ref("profile"),
        **LIMITS,
        "resolver": TEXT,
        "delta_order": one_of(DELTA_ORDERS),
    }


def rules_members() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """What a rule file must say, and what it may. Spec: PROF-8."""
    rule = {"anyOf": [TEXT, an_object({"rule": TEXT}, {"with": table_of({"anyOf": _VALUES})})]}
    return {"base": one_of(PROFILES)}, {
        "name": TEXT,
        "summary": TEXT,
        "rules": table_of(rule, decision_points()),
        "whole_answers": YES_OR_NO,
    }


_VALUES: Final[list[Schema]] = [TEXT, {"type": "number"}, YES_OR_NO]


def _profile() -> Schema:
    """A profile of ours, or one of somebody's own. Spec: PROF-8."""
    says = "A profile by its name, or one that a rule file described."
    return {"description": says, "anyOf": [TEXT, an_object(*rules_members())]}


def model_members() -> dict[str, Schema]:
    """What a model file may say. Spec: CHK-17."""
    saved = _experiment()["properties"]
    family = {"description": "A family such as line:3, or a graph file.", **TEXT}
    lines = {
        "description": "Lines, or one text of them.",
        "anyOf": [TEXTS, TEXT],
    }
    return {
        **saved,
        "topology": {"anyOf": [family, saved["topology"]]},
        "script": lines,
        "writers": {"anyOf": [{"const": "all"}, TEXTS]},
        "writes": COUNT,
        "keys": COUNT,
    }


def verdict_of(schedule: Schema) -> Schema:
    """How a property fared, with schedules of that kind."""
    says = "How a property fared; steps and schedule are those of a shortest refutation or witness."
    return {
        "description": says,
        **an_object(
            {
                "name": TEXT,
                "clause": TEXT,
                "verdict": one_of(kind.value for kind in Kind),
                "because": TEXT,
                "exercised": or_null(COUNT),
                "steps": or_null(COUNT),
                "schedule": or_null(schedule),
            },
            {"cycle": or_null(schedule)},
        ),
    }


def _looked_at() -> dict[str, Schema]:
    """How explorers show nodes and properties."""
    cells = list_of(ref("cell"))
    known = dict.fromkeys(("holds", "clock", "history", "named"), cells)
    node = an_object({"id": TEXT, **known}, {"differs": cells})
    fares = "How a property fares: 0 says nothing, 1 kept, a text what broke it, null not asked."
    return {
        "cell": {
            "description": "A key that stays while what it stands for changes, and its text.",
            **_PAIR,
        },
        "node": {"description": "What a node knows, as cells.", **node},
        "finding": {"description": fares, "oneOf": [{"enum": [0, 1, None]}, TEXT]},
    }


SUM: Final[Schema] = {
    "description": "A checksum of all the other members, and of what the document is bound to.",
    "type": "string",
    "pattern": "^[0-9a-f]{16}$",
}

PARTS: Final[dict[str, Schema]] = {
    "action": {
        "description": "A line of a schedule.",
        "type": "string",
        "pattern": f"^({_ONCE}|{_BACK}|{_LINKS}|{_FRAMES})$",
    },
    "schedule": {
        "description": "The order that was chosen, action by action.",
        "type": "array",
        "items": ref("action"),
    },
    "profile": _profile(),
    "own": {
        "description": "What a node has of its own; values are those that its owner has written.",
        **an_object({}, {**_settings(), "values": table_of({})}),
    },
    "experiment": _experiment(),
    "verdict": verdict_of(ref("schedule")),
    "update": an_object(
        {"key": TEXT, "value": {}, "source_id": TEXT, "version": COUNT},
    ),
    **_looked_at(),
}
"""The definitions that documents share, by name."""

STATS: Final[Schema] = {
    "states": COUNT,
    "transitions": COUNT,
    "terminal": COUNT,
    "depth": COUNT,
    "seconds": SECONDS,
    "complete": YES_OR_NO,
    "stop": or_null(TEXT),
    "reduction": TEXT,
    "notes": list_of(TEXT),
}
"""What a search looked at, always."""

GROWN: Final[Schema] = {
    "walks": COUNT,
    "growth": an_object(
        {
            "nodes": table_of(COUNT),
            "links": table_of(an_object({"contents": COUNT, "longest": COUNT})),
        }
    ),
}
"""The same, of random walks and of searches that were stopped."""


def document(
    name: str,
    title: str,
    required: Schema,
    optional: Schema | None = None,
    version: int = 1,
) -> Schema:
    """A document that says its format and its version first, with the definitions that it uses.

    Spec: CONVERT-4, CONVERT-5.
    """
    form = {"const": f"scuttle-{name}/{version}"}
    return whole(name, title, an_object({"format": form, **required}, optional), version)


def whole(name: str, title: str, body: Schema, version: int = 1) -> Schema:
    """A document of any shape, with the definitions that it uses."""
    used = set(_used(body))
    parts = {part: schema for part, schema in PARTS.items() if part in used}
    return called(name, title, {**body, "$defs": parts} if parts else body, version)


def _used(schema: Any) -> Iterator[str]:
    """The names of the definitions that a schema refers to, and those that they do."""
    if isinstance(schema, list):
        for each in schema:
            yield from _used(each)
    if isinstance(schema, dict):
        for name, each in schema.items():
            if name == "$ref":
                part = each.rpartition("/")[2]
                yield part
                yield from _used(PARTS[part])
            else:
                yield from _used(each)
