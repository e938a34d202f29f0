"""What is said of resolvers, and the files that keep a broken law."""

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
)
from scuttle_check.cli.documents.shared import document, ref
from scuttle_check.laws.asking import OBSERVABLE
from scuttle_check.laws.book import LAWS
from scuttle_check.laws.conclusions import IDLE, OF_KIND, PROVED
from scuttle_check.laws.judging import HOLDS, NOT_ASKED, REFUTED, UNKNOWN

NAME: Final = one_of(law.name for law in LAWS)
CLAUSE: Final[Schema] = {"type": "string", "pattern": "^LAW-[0-9]+$"}
OBSERVED: Final[Schema] = {"type": "array", "items": one_of(OBSERVABLE), "minItems": 1}
ORDERS: Final = list_of(list_of(ref("update")))

_LAW: Final[Schema] = {
    "law": NAME,
    "clause": CLAUSE,
    "says": TEXT,
    "costs": TEXT,
    "optional": YES_OR_NO,
}
"""A law as every report names it."""

_EVIDENCE: Final = or_null(
    an_object(
        {
            "because": TEXT,
            "updates": COUNT,
            "replicas": TEXTS,
            "orders": ORDERS,
            "experiment": or_null(ref("experiment")),
            "schedule": ref("schedule"),
        }
    )
)


def laws() -> Schema:
    """What ``scuttle laws --json`` and ``scuttle conform resolver --json`` say. Spec: LAW-17."""
    judged = {
        **_LAW,
        "verdict": one_of((HOLDS, REFUTED, UNKNOWN, NOT_ASKED)),
        "expected": {"enum": [HOLDS, REFUTED, None]},
        "as_expected": YES_OR_NO,
        "scope": TEXT,
        "evidence": _EVIDENCE,
        "told": TEXTS,
    }
    return document(
        "laws",
        "What scuttle laws --json says: each law with its verdict, and which to read first",
        {
            "resolver": TEXT,
            "observe": OBSERVED,
            "seed": {"type": "integer"},
            "first": {"enum": [*NAME["enum"], None]},
            "laws": list_of(an_object(judged)),
            "notes": TEXTS,
        },
    )


def law_list() -> Schema:
    """What ``scuttle laws --list --json`` says."""
    listed = an_object({**_LAW, "sizes": list_of(COUNT)})
    return document(
        "law-list", "What scuttle laws --list --json says: every law", {"laws": list_of(listed)}
    )


def law_replay() -> Schema:
    """What ``scuttle laws --replay --json`` says. Spec: LAW-18."""
    return document(
        "law-replay",
        "What scuttle laws --replay FILE --json says: whether its evidence still breaks the law",
        {
            "id": TEXT,
            "law": NAME,
            "clause": CLAUSE,
            "resolver": TEXT,
            "verdict": one_of((REFUTED, "not-refuted")),
            "because": TEXT,
        },
    )


def laws_proved() -> Schema:
    """What ``scuttle laws --prove --json`` says. Spec: LAW-21."""
    concluded = {
        **_LAW,
        "verdict": one_of((PROVED, REFUTED, UNKNOWN, IDLE)),
        "because": TEXT,
        "evidence": _EVIDENCE,
    }
    return document(
        "laws-proved",
        "What scuttle laws --prove --json says: laws that hold for all updates of a domain",
        {
            "resolver": TEXT,
            "values": one_of(OF_KIND),
            "domain": TEXT,
            "means": TEXT,
            "beyond": TEXT,
            "sentence": TEXT,
            "laws": list_of(an_object(concluded)),
        },
        version=2,
    )


def regression() -> Schema:
    """A file of ``scuttle laws --save``. Spec: LAW-18."""
    return document(
        "regression",
        "A broken law of a resolver, to be judged again",
        {
            "id": TEXT,
            "law": TEXT,
            "clause": CLAUSE,
            "resolver": TEXT,
            "observe": OBSERVED,
            "replicas": TEXTS,
            "orders": ORDERS,
            "experiment": or_null(ref("experiment")),
            "schedule": ref("schedule"),
            "explanation": TEXT,
        },
    )
