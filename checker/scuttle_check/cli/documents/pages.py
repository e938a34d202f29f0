"""What is shown of worlds: graphs of them, what the prompt says, and what a page holds."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    COUNT,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    one_of,
    or_null,
    table_of,
)
from scuttle_check.cli.documents.shared import document, ref, whole
from scuttle_check.explorer.answers import SAVES
from scuttle_check.explorer.views import STATUS

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


_TOLD: Final[Schema] = {"label": TEXT, "headline": TEXT, "details": TEXTS}
_VIEW: Final = an_object(
    {
        "nodes": list_of(ref("node")),
        "flight": list_of(TEXTS),
        **_BROKEN,
        "acts": list_of(an_object(_TOLD, {"extra": {"const": True}})),
        "findings": list_of(ref("finding")),
    }
)
"""A world with what can happen next."""


def step() -> Schema:
    """What ``scuttle step --json`` says."""
    return document(
        "step",
        "What scuttle step --json says after each command",
        {"labels": TEXTS, "said": TEXTS, "view": _VIEW},
    )


_SHORTEST: Final = an_object({"verdict": TEXT, "because": TEXT, "labels": or_null(TEXTS)})
_OPENED: Final[Schema] = {
    "title": TEXT,
    "note": TEXT,
    "nodes": TEXTS,
    "links": list_of(_PAIR),
    "experiment": {"oneOf": [ref("experiment"), {"type": "null"}]},
    "properties": list_of(an_object(dict.fromkeys(("name", "clause", "says", "kind"), TEXT))),
    "runs": list_of(an_object({"name": TEXT, "labels": TEXTS})),
    "shortest": table_of(_SHORTEST),
    "free": YES_OR_NO,
    "complete": YES_OR_NO,
    "clauses": table_of(TEXT),
}
"""What was opened, whoever shows it."""


def page() -> Schema:
    """What a page of ``scuttle explore --html`` holds. Spec: EXPL-9."""
    return document(
        "explorer",
        "What a page of scuttle explore --html holds: worlds as rows of numbers, which name rows "
        "of the other tables",
        {**_OPENED, "start": {"const": 0}, **_tables()},
    )


def page_request() -> Schema:
    """What a page asks whoever answers it. Spec: EXPL-1."""
    file = an_object({"name": TEXT, "text": TEXT})
    init = [an_object({}), an_object({"open": TEXT}), an_object({"file": file})]
    run = {"session": TEXT, "labels": TEXTS}
    expand = an_object(run, {"known": COUNT, "want": one_of(["", *SAVES])})
    title = "What a page asks: init, whatever is there, a menu entry or a file; or expand, a run"
    return whole("page-request", title, {"anyOf": [*init, expand]})


def page_answer() -> Schema:
    """What a page is answered. Spec: EXPL-1, EXPL-3."""
    entry = an_object(dict.fromkeys(("id", "name", "group"), TEXT))
    init = an_object(
        {
            "format": {"const": "scuttle-explorer/1"},
            **_OPENED,
            "start": _VIEW,
            "session": TEXT,
            "menu": list_of(entry),
            "saves": list_of(an_object({"end": one_of(SAVES), "name": TEXT})),
        }
    )
    misfit = or_null(an_object({"step": COUNT, "label": TEXT, "because": TEXT}))
    steps = list_of(an_object({**_TOLD, "view": _VIEW}))
    expand = an_object({"from": COUNT, "steps": steps, "misfit": misfit}, {"saved": TEXT})
    title = "What a page is answered: to init all that stays the same, to expand the steps of a run"
    return whole("page-answer", title, {"anyOf": [init, expand, an_object({"error": TEXT})]})


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
