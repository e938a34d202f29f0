"""What is said where something was proved for every size."""

from __future__ import annotations

from scuttle_check.base.documents import (
    COUNT,
    SECONDS,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Schema,
    an_object,
    list_of,
    one_of,
    table_of,
)
from scuttle_check.cli.documents.shared import document
from scuttle_check.proofs.proving import PROPERTIES, Status


def proofs() -> Schema:
    """What ``scuttle prove --json`` says. Spec: PROVE-1."""
    group = {"name": TEXT, "seconds": SECONDS, **{each.value: COUNT for each in Status}}
    still_open = {
        "name": TEXT,
        "words": TEXT,
        "status": one_of(each.value for each in Status),
        "why": TEXT,
        "before": TEXTS,
        "after": TEXTS,
    }
    proof = {
        **dict.fromkeys(("profile", "medium", "allows", "says"), TEXT),
        **dict.fromkeys(("assumes", "leaves_open", "on_paper", "not_claimed"), TEXTS),
        "complete": YES_OR_NO,
        "seconds": SECONDS,
        "groups": list_of(an_object(group)),
        "open": list_of(an_object(still_open)),
    }
    return document(
        "proofs",
        "What scuttle prove --json says",
        {
            "property": one_of(PROPERTIES),
            "solvers": TEXTS,
            "proofs": list_of(an_object(proof)),
            "without_formula": table_of(TEXTS),
        },
    )
