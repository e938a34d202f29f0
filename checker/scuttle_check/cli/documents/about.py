"""What is said of this tool itself: clauses, profiles, lessons, schemas, this machine."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    CLAUSES,
    COUNT,
    SECONDS,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    of_class,
    one_of,
    table_of,
)
from scuttle_check.cli.doctor import ABSENT, OK, WRONG, Found
from scuttle_check.cli.documents.shared import document
from scuttle_check.gossip.specification import KINDS
from scuttle_ref.profile import decision_points

_RULE: Final = an_object({"rule": TEXT, "says": TEXT, "clauses": CLAUSES})
_TAKEN: Final = an_object({"asked": COUNT, "predicted": COUNT})


def clauses() -> Schema:
    """What ``scuttle clauses --json`` says."""
    clause = {"id": TEXT, "kind": one_of(KINDS), "text": TEXT, "file": TEXT, "line": COUNT}
    problem = an_object({"law": TEXT, "where": TEXT, "says": TEXT})
    return document(
        "clauses",
        "What scuttle clauses --json says: every clause with the code and the tests that cite it",
        {
            "clauses": list_of(an_object({**clause, "code": TEXTS, "tests": TEXTS})),
            "problems": list_of(problem),
        },
    )


def profiles() -> Schema:
    """What ``scuttle profiles --json`` says. Spec: PROF-1."""
    rules = an_object(dict.fromkeys((each for each in decision_points()), _RULE))
    profile = an_object({"name": TEXT, "summary": TEXT, "rules": rules})
    title = "What scuttle profiles --json says: every profile with its rules"
    return document("profiles", title, {"profiles": list_of(profile)})


def profiles_diff() -> Schema:
    """What ``scuttle profiles diff --json`` says. Spec: PROF-2."""
    rules = {**table_of(_RULE), "minProperties": 2, "maxProperties": 2}
    difference = an_object({"point": one_of(decision_points()), "rules": rules})
    both = {**TEXTS, "minItems": 2, "maxItems": 2}
    return document(
        "profiles-diff",
        "What scuttle profiles diff ONE OTHER --json says: both rules wherever the two differ",
        {"profiles": both, "differences": list_of(difference)},
        version=2,
    )


def lessons() -> Schema:
    """What ``scuttle learn --json`` says."""
    lesson = {"number": COUNT, "name": TEXT, "title": TEXT}
    taken = {"oneOf": [_TAKEN, {"type": "null"}]}
    title = "What scuttle learn --json says: the lessons, and how far the reader has come"
    return document(
        "lessons", title, {"lessons": list_of(an_object({**lesson, "progress": taken}))}
    )


def lessons_check() -> Schema:
    """What ``scuttle learn --check --json`` says. Spec: LEARN-1."""
    differs = an_object({"lesson": TEXT, "lines": list_of(COUNT)})
    return document(
        "lessons-check",
        "What scuttle learn --check --json says: the blocks that say something else now",
        {"lessons": COUNT, "differ": list_of(differs)},
    )


def progress() -> Schema:
    """The file in which progress is kept. Spec: LEARN-3."""
    return document(
        "progress",
        "The file learn.json: for each lesson that was finished, how many of its questions were "
        "predicted",
        {"lessons": table_of(_TAKEN)},
    )


def doctor() -> Schema:
    """What ``scuttle doctor --json`` says."""
    found = of_class(Found)
    found["properties"]["state"] = one_of((OK, ABSENT, WRONG))
    sections = ("this tool", "extras", "other programs", "settings")
    return document(
        "doctor",
        "What scuttle doctor --json says: what this machine has, and which settings are in force",
        {"good": YES_OR_NO, **dict.fromkeys(sections, list_of(found))},
    )


def docs() -> Schema:
    """What ``scuttle docs --json`` says."""
    return document(
        "docs",
        "What scuttle docs --json says: where the site is",
        {"site": TEXT, "pages": COUNT, "seconds": SECONDS},
    )


def schemas() -> Schema:
    """What ``scuttle schema --json`` says."""
    listed = an_object({"name": TEXT, "title": TEXT, "said_by": TEXTS})
    return document(
        "schemas",
        "What scuttle schema --json says: every schema, and which commands say it",
        {"schemas": list_of(listed)},
    )
