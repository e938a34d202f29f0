"""What is said where something is played again: recordings, scenarios and vectors."""

from __future__ import annotations

from scuttle_check.base.documents import (
    ANY,
    CLAUSE,
    CLAUSES,
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
from scuttle_check.cli.documents.shared import document
from scuttle_check.oracle.recordings.replay import Agreement


def golden() -> Schema:
    """What ``scuttle golden --json`` says. Spec: PROF-4."""
    step = or_null(COUNT)
    difference = an_object({"step": step, "field": TEXT, "recorded": ANY, "reference": ANY})
    told = {
        "name": TEXT,
        "file": TEXT,
        "steps": COUNT,
        "labelled": or_null(TEXT),
    }
    results = [
        an_object({**told, "agreement": {"const": Agreement.AGREE.value}}),
        an_object(
            {
                **told,
                "agreement": {"const": Agreement.DISAGREE.value},
                "difference": difference,
            }
        ),
        an_object(
            {
                **told,
                "agreement": {"const": Agreement.OUT_OF_CONTRACT.value},
                "reason": TEXT,
                "clause": CLAUSE,
                "step": step,
            }
        ),
    ]
    counts = dict.fromkeys(("traces", "steps", "agree", "disagree", "out_of_contract"), COUNT)
    return document(
        "golden",
        "What scuttle golden --json says: whether recordings of the real library replay",
        {**counts, "results": list_of({"oneOf": results})},
    )


def scenario() -> Schema:
    """What ``scuttle scenario --json`` says. Spec: SCN-2."""
    played = an_object(
        {"name": TEXT, "commands": COUNT, "as_recorded": YES_OR_NO, "played": TEXT},
    )
    title = "What scuttle scenario --json says: each dialogue as it was played"
    return document("scenario", title, {"scenarios": list_of(played)})


def vectors_built() -> Schema:
    """What ``scuttle vectors build --json`` says. Spec: VEC-1."""
    return document(
        "vectors-built",
        "What scuttle vectors build --json says: the files that changed, or would",
        {"folder": TEXT, "changed": TEXTS, "written": YES_OR_NO},
    )


def vectors_report() -> Schema:
    """What ``scuttle vectors test --json`` says. Spec: VEC-3."""
    outcomes = ("passed", "failed", "skipped")
    failure = {"step": COUNT, "path": TEXT, "expected": TEXT, "got": TEXT}
    case = an_object(
        {"id": TEXT, "outcome": one_of(outcomes), "clauses": CLAUSES},
        {"reason": TEXT, **failure},
    )
    return document(
        "vectors-report",
        "What scuttle vectors test --json says: each vector, and the first mismatch of one that "
        "failed",
        {
            "summary": table_of(COUNT, outcomes),
            "cases": list_of({**case, "dependentRequired": {"step": list(failure)}}),
        },
    )
