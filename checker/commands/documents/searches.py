"""What is said of searches that have a folder, and the files in it."""

from __future__ import annotations

from typing import Final

from checker.commands.documents.models import CHECKED
from checker.commands.documents.shared import document, ref, whole
from checker.schema import (
    COUNT,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    of_class,
    one_of,
)
from checker.search.sharded.journal import Mark

_RUN: Final[Schema] = {
    "name": TEXT,
    "folder": TEXT,
    "state": one_of(("finished", "running", "resumable")),
    "worlds": COUNT,
    "depth": COUNT,
    "decided": TEXTS,
    "bytes": COUNT,
    "experiment": ref("experiment"),
    "result": {"oneOf": [CHECKED, {"type": "null"}]},
}
"""A run, with what came of it once that is known."""


def runs() -> Schema:
    """What ``scuttle runs list --json`` says."""
    return document(
        "runs",
        "What scuttle runs list --json says: the searches that have a folder",
        {"runs": list_of(an_object(_RUN))},
    )


def run_shown() -> Schema:
    """What ``scuttle runs show --json`` says."""
    levels = list_of(an_object({"depth": COUNT, "worlds": COUNT}))
    return document(
        "run-shown",
        "What scuttle runs show RUN --json says: how far it is, level by level",
        {**_RUN, "levels": levels},
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
        "The file run.json of a run folder: what is searched, and by which program",
        {
            "program": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "experiment": ref("experiment"),
            "properties": TEXTS,
            "until_decided": YES_OR_NO,
        },
    )


def run_level() -> Schema:
    """A line of the file ``levels.jsonl`` of a run folder. Spec: RUN-2."""
    title = "A line of the file levels.jsonl of a run folder: a level that is whole in its files"
    return whole("run-level", title, of_class(Mark))
