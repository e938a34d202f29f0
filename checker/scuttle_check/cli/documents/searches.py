"""What is said of runs that have a folder, and the files in that of a search."""

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
    of_class,
    one_of,
    or_null,
)
from scuttle_check.cli.documents.models import CHECKED
from scuttle_check.cli.documents.shared import SUM, document, ref, whole
from scuttle_check.cli.documents.simulations import PLAN, RESULT
from scuttle_check.search.divided.journal import Mark

_FOLDER: Final[Schema] = {
    "name": TEXT,
    "folder": TEXT,
    "state": one_of(("finished", "running", "resumable")),
    "bytes": COUNT,
}
_ASKED: Final[Schema] = {
    **dict.fromkeys(("until_decided", "every", "coverage"), YES_OR_NO),
    "reduction": one_of(("none", "quotient")),
}
_SEARCH: Final[Schema] = {
    **_FOLDER,
    "kind": {"const": "search"},
    "worlds": COUNT,
    "depth": COUNT,
    "decided": TEXTS,
    "experiment": ref("experiment"),
    "asked": an_object({"wanted": TEXTS, **_ASKED, "searches": COUNT}),
    "result": {"oneOf": [CHECKED, {"type": "null"}]},
}
"""A search, with what came of it once that is known."""

_EXPECTATION: Final = an_object(
    {"sentence": TEXT, "holds": or_null(YES_OR_NO)},
    {"seed": COUNT, "found": {"type": "object"}},
)
_SIMULATION: Final[Schema] = {
    **_FOLDER,
    "kind": {"const": "simulation"},
    "ended": COUNT,
    "runs": COUNT,
    "plan": PLAN,
    "expectations": list_of(_EXPECTATION),
}
"""A simulation, without what its runs came to."""


def runs() -> Schema:
    """What ``scuttle runs list --json`` says."""
    return document(
        "runs",
        "What scuttle runs list --json says: the searches and simulations that have a folder",
        {"runs": list_of({"oneOf": [an_object(_SEARCH), an_object(_SIMULATION)]})},
    )


def run_shown() -> Schema:
    """What ``scuttle runs show --json`` says."""
    levels = list_of(an_object({"depth": COUNT, "worlds": COUNT}))
    form: Schema = {"format": {"const": "scuttle-run-shown/1"}}
    return whole(
        "run-shown",
        "What scuttle runs show RUN --json says: how far it is, or what its runs came to",
        {
            "oneOf": [
                an_object({**form, **_SEARCH, "levels": levels}),
                an_object({**form, **_SIMULATION, "result": RESULT}),
            ]
        },
    )


def runs_removed() -> Schema:
    """What ``scuttle runs rm --json`` says."""
    return document(
        "runs-removed", "What scuttle runs rm --json says: what is gone", {"removed": TEXTS}
    )


def run_folder() -> Schema:
    """The file ``run.json`` of a run folder. Spec: RUN-3."""
    return document(
        "run-folder",
        "The file run.json of the folder of a search: what is searched, and by which program",
        {
            "program": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "experiment": ref("experiment"),
            "properties": TEXTS,
            **_ASKED,
            "sum": SUM,
        },
        version=2,
    )


def run_level() -> Schema:
    """A line of the file ``levels.jsonl`` of a run folder. Spec: RUN-2."""
    title = "A line of the file levels.jsonl of a run folder: a level that is whole in its files"
    line = of_class(Mark)
    properties = {**line["properties"], "sum": SUM}
    required = [*line["required"], "sum"]
    return whole("run-level", title, {**line, "properties": properties, "required": required})
