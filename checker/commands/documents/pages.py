"""What is shown of worlds: graphs of them, what the prompt says, and what a page holds."""

from __future__ import annotations

from typing import Final

from checker.commands.documents.shared import document, ref
from checker.explorer.views import STATUS
from checker.schema import (
    COUNT,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    one_of,
    table_of,
)

_PAIR: Final[Schema] = {**TEXTS, "minItems": 2, "maxItems": 2}
_BROKEN: Final[Schema] = {
    "status": table_of(one_of(STATUS.values())),
    "cut": list_of(COUNT),
    "quiescent": YES_OR_NO,
}
"""What is not as usual in a world: nodes that are down or paused, links that are cut."""


def graph() -> Schema:
    """What ``scuttle graph --json`` says. Spec: GRAPH-1, GRAPH-2."""
    world = {"id": COUNT, "label": TEXT, "initial": YES_OR_NO, "terminal": YES_OR_NO}
    step = {"source": COUNT, "target": COUNT, "action": TEXT, "refutes_step": TEXTS}
    return document(
        "graph",
        "What scuttle graph --json says: all worlds of a small model, as networkx reads them "
        "(node_link_graph)",
        {
            "directed": {"const": True},
            "multigraph": {"const": True},
            "graph": {"type": "object"},
            "nodes": {**list_of(an_object({**world, "refutes": TEXTS})), "minItems": 1},
            "links": list_of(an_object(step)),
        },
    )


def step() -> Schema:
    """What ``scuttle step --json`` says."""
    act = an_object({"label": TEXT, "headline": TEXT, "details": TEXTS}, {"extra": {"const": True}})
    view = an_object(
        {
            "nodes": list_of(ref("node")),
            "flight": list_of(TEXTS),
            **_BROKEN,
            "acts": list_of(act),
            "findings": list_of(ref("finding")),
        }
    )
    return document(
        "step",
        "What scuttle step --json says after each command",
        {"labels": TEXTS, "said": TEXTS, "view": view},
    )


def page() -> Schema:
    """What a page of ``scuttle explore --html`` holds. Spec: EXPL-3."""
    shortest = an_object(
        {"verdict": TEXT, "because": TEXT, "labels": {"oneOf": [TEXTS, {"type": "null"}]}}
    )
    return document(
        "explorer",
        "What a page of scuttle explore --html holds: worlds as rows of numbers, which name rows "
        "of the other tables",
        {
            "title": TEXT,
            "note": TEXT,
            "nodes": TEXTS,
            "links": list_of(_PAIR),
            "experiment": {"oneOf": [ref("experiment"), {"type": "null"}]},
            "properties": list_of(
                an_object(dict.fromkeys(("name", "clause", "says", "kind"), TEXT))
            ),
            "runs": list_of(an_object({"name": TEXT, "labels": TEXTS})),
            "shortest": table_of(shortest),
            "start": {"const": 0},
            "free": YES_OR_NO,
            "complete": YES_OR_NO,
            "clauses": table_of(TEXT),
            **_tables(),
        },
    )


def _tables() -> Schema:
    """The tables of a page; a world is a row of numbers of rows of the others."""
    told = "Each step as numbers of texts: the headline, then the details."
    worlds = (
        "For each world: a number of locals for each node, of channels for each link, of "
        "conditions, of findings."
    )
    steps = (
        "For each world, four numbers for each step: of labels, of told, the world it leads to "
        "(-1: not in this file), of findings."
    )
    return {
        "locals": list_of(ref("node")),
        "channels": list_of(TEXTS),
        "conditions": list_of(an_object(_BROKEN)),
        "labels": TEXTS,
        "texts": TEXTS,
        "told": {**list_of(list_of(COUNT)), "description": told},
        "findings": list_of(list_of(ref("finding"))),
        "worlds": {**list_of(list_of(COUNT)), "description": worlds},
        "steps": {
            **list_of(list_of({"type": "integer", "minimum": -1})),
            "description": steps,
        },
    }
