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
    of_class,
    one_of,
    table_of,
)
from scuttle_check.cli.documents.shared import document
from scuttle_check.proofs.proving import PROPERTIES, Status
from scuttle_check.proofs.record import Recorded
from scuttle_check.proofs.swaps import Fate


def proofs_record() -> Schema:
    """What is recorded of proofs, in ``spec/proofs/record.json``. Spec: PROVE-4."""
    return document(
        "proofs-record",
        "What was proved, of what and by whom: spec/proofs/record.json",
        {"proofs": list_of(of_class(Recorded))},
    )


def proofs_tried() -> Schema:
    """What ``scuttle prove --evaluate --json`` says, and with ``--swaps``. Spec: PROVE-3."""
    trial = {
        "profile": TEXT,
        **dict.fromkeys(("transitions", "locally_distinct", "worlds"), COUNT),
        "actions": table_of(COUNT),
        "failures": TEXTS,
    }
    swap = {
        **dict.fromkeys(("profile", "point", "rule", "instead", "by"), TEXT),
        "fate": one_of(each.value for each in Fate),
    }
    return document(
        "proofs-tried",
        "What scuttle prove --evaluate --json says, and with --swaps",
        {"trials": list_of(an_object(trial)), "swaps": list_of(an_object(swap))},
    )


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
