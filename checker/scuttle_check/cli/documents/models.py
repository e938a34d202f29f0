"""What is said of models, and the files that hold runs of them."""

from __future__ import annotations

from typing import Final

from scuttle_check.base.documents import (
    ANY,
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
from scuttle_check.cli.documents.shared import (
    GROWN,
    STATS,
    document,
    model_members,
    ref,
    rules_members,
    verdict_of,
    whole,
)
from scuttle_check.engine.verdict import Kind
from scuttle_check.search.liveness.fairness import FAIRNESS


def _check() -> Schema:
    """The body of what is said of one model; results of run folders are kept in this form."""
    cause = an_object(
        {
            **dict.fromkeys(("name", "property", "clause", "cause", "because"), TEXT),
            "steps": COUNT,
            "schedule": ref("schedule"),
        }
    )
    rule = an_object({"point": TEXT, "rule": TEXT, "clauses": CLAUSES, "transitions": COUNT})
    coverage = an_object(
        {"transitions": COUNT, "rules": list_of(rule), "outputs": table_of(COUNT)},
    )
    return an_object(
        {
            "format": {"const": "scuttle-check/1"},
            "experiment": ref("experiment"),
            "properties": list_of(ref("verdict")),
            **STATS,
        },
        {**GROWN, "counterexamples": list_of(cause), "coverage": coverage},
    )


CHECKED: Final = _check()


def check() -> Schema:
    """What ``scuttle check --json`` says of one model. Spec: CHK-2, CHK-8, CHK-10."""
    return whole("check", "What scuttle check --json says of one model", CHECKED)


def live() -> Schema:
    """What ``scuttle check --live --json`` says. Spec: LIVE-8."""
    return document(
        "live",
        "What scuttle check --live --json says of one model whose exchanges never end",
        {
            "experiment": ref("experiment"),
            "fairness": one_of(FAIRNESS),
            "early": or_null(COUNT),
            "properties": list_of(ref("verdict")),
            **STATS,
        },
        GROWN,
    )


_RUNG: Final[Schema] = {
    "name": TEXT,
    "verdict": one_of(("holds", "refuted", "unknown")),
    "steps": or_null(COUNT),
    **dict.fromkeys(("worlds", "transitions", "terminal"), COUNT),
    "others": {"type": "object", "additionalProperties": COUNT},
    "walked": YES_OR_NO,
}
_CELL: Final[Schema] = {"row": TEXT, "profile": TEXT, "rungs": list_of(an_object(_RUNG))}


def catalogue() -> Schema:
    """What ``scuttle check --json`` says of the catalogue. Spec: CHK-2."""
    judged: Schema = {
        **dict.fromkeys(("id", "profile", "expected"), TEXT),
        "surprises": TEXTS,
        "properties": list_of(ref("verdict")),
        **STATS,
    }
    return document(
        "catalogue",
        "What scuttle check --json says of the catalogue",
        {
            "as_expected": YES_OR_NO,
            "states": COUNT,
            "seconds": STATS["seconds"],
            "cases": list_of(an_object({**judged, "row": TEXT}, GROWN)),
            "live": list_of(an_object({**judged, "fairness": one_of(FAIRNESS)}, GROWN)),
            "ladders": list_of(an_object(_CELL)),
        },
    )


def ladder() -> Schema:
    """What ``scuttle check --ladder --json`` says, and what is recorded. Spec: CHK-12."""
    return document(
        "ladder",
        "What scuttle check --ladder --json says, and spec/ladder.json",
        {
            "worlds_max": COUNT,
            "cells": list_of(an_object(_CELL, {"surprises": TEXTS})),
        },
    )


def outcomes() -> Schema:
    """What ``scuttle check --outcomes --json`` says of one model. Spec: CHK-13."""
    entry = an_object({"value": ANY, "version": COUNT, "source_id": TEXT})
    outcome = {
        "worlds": COUNT,
        "equal": YES_OR_NO,
        "replicas": table_of(table_of(entry)),
        "schedule": ref("schedule"),
    }
    return document(
        "outcomes",
        "What scuttle check --outcomes --json says of one model",
        {"experiment": ref("experiment"), "outcomes": list_of(an_object(outcome)), **STATS},
        GROWN,
    )


def replay() -> Schema:
    """What ``scuttle replay --json`` says."""
    return document(
        "replay",
        "What scuttle replay --json says",
        {
            "property": TEXT,
            "clause": TEXT,
            "verdict": one_of(("refuted", "not-refuted")),
            "because": TEXT,
            "steps": COUNT,
        },
    )


_HELD: Final[Schema] = {
    "property": TEXT,
    "clause": TEXT,
    "because": TEXT,
    "experiment": ref("experiment"),
    "schedule": ref("schedule"),
}


def counterexample() -> Schema:
    """A file of ``--save``. Spec: CHK-3."""
    optional = {name: _HELD[name] for name in ("clause", "because")}
    required = {name: _HELD[name] for name in ("property", "experiment", "schedule")}
    title = "A counterexample: an experiment and the schedule that decides a property"
    return document("counterexample", title, required, optional)


def model() -> Schema:
    """A model file. Spec: CHK-17."""
    members = {"format": {"const": "scuttle-model/1"}, **model_members()}
    title = "A model file, in TOML or JSON; what it does not say is as scuttle check has it"
    return whole("model", title, an_object({}, members))


def rules() -> Schema:
    """A rule file. Spec: PROF-8."""
    title = "A rule file, in TOML: a profile as a base and other rules at some decision points"
    return whole("rules", title, an_object(*rules_members()))


def run() -> Schema:
    """A run that somebody chose. Spec: EXPL-3."""
    return document(
        "run",
        "A run that refutes nothing within its experiment",
        {
            "experiment": ref("experiment"),
            "schedule": {
                "description": "Actions, or commands of an owner that are in no script: A set k=2.",
                **TEXTS,
            },
        },
    )


def lasso() -> Schema:
    """A run without end. Spec: LIVE-8."""
    return document(
        "lasso",
        "A run without end: a way to a cycle, and the cycle, on which a property never comes true",
        {
            "property": TEXT,
            "fairness": one_of(FAIRNESS),
            "experiment": ref("experiment"),
            "prefix": ref("schedule"),
            "cycle": ref("schedule"),
        },
        {"clause": TEXT, "because": TEXT, "early": or_null(COUNT)},
    )


_MADE: Final[Schema] = {
    "description": "package.module:name, which makes the model, or a model file of own nodes.",
    "anyOf": [TEXT, {"type": "object"}],
}


def check_own() -> Schema:
    """What ``scuttle check --json`` says of nodes that are no Scuttlebutt. Spec: CHK-19."""
    return document(
        "check-own",
        "What scuttle check --json says of a model of somebody's own nodes",
        {"model": _MADE, "properties": list_of(verdict_of(TEXTS)), **STATS},
        GROWN,
    )


def model_run() -> Schema:
    """A run of a model that code makes. Spec: CHK-15."""
    return document(
        "model-run",
        "A run of a model that code makes, and the property that it decides",
        {
            "model": _MADE,
            "property": TEXT,
            "schedule": {"description": "Actions of the model, as they print.", **TEXTS},
        },
        {
            "clause": TEXT,
            "because": TEXT,
            "cycle": {"description": "What then happens for ever.", **TEXTS},
        },
    )


_FARED: Final = one_of(kind.value for kind in (Kind.HOLDS, Kind.REFUTED, Kind.UNKNOWN))
"""What becomes of a failure without one of its ingredients."""


def hunt() -> Schema:
    """What ``scuttle hunt --json`` says. Spec: HUNT-2."""
    found = an_object({"format": {"const": "scuttle-counterexample/1"}, **_HELD})
    return document(
        "hunt",
        "What scuttle hunt --json says: the smallest failure that was found, or null",
        {
            "property": TEXT,
            "seed": {"type": "integer"},
            "explored": COUNT,
            "walked": COUNT,
            "stop": or_null(TEXT),
            "shortest": YES_OR_NO,
            "found": {"oneOf": [found, {"type": "null"}]},
            "ingredients": list_of(an_object({"risk": TEXT, "safe": TEXT, "verdict": _FARED})),
        },
    )


def promela() -> Schema:
    """What ``scuttle promela --json`` says. Spec: SPIN-1."""
    return document(
        "promela",
        "What scuttle promela --json says: a model for SPIN as one text",
        {"experiment": ref("experiment"), "model": TEXT},
    )


def converted() -> Schema:
    """What ``scuttle convert --json`` says."""
    return document(
        "converted",
        "What scuttle convert --json says: the text that would be written",
        {"from": TEXT, "as": TEXT, "text": TEXT},
    )


def explore() -> Schema:
    """What ``scuttle explore --json`` says: of a page, of a folder with Python, of a server."""
    title = "What scuttle explore --json says: the file that was written, or where a page is served"
    page: Schema = {"file": TEXT, "worlds": COUNT, "complete": YES_OR_NO}
    shapes = [{**page, "bytes": COUNT, "gzip": COUNT}, {"file": TEXT, "bytes": COUNT}]
    shapes.append({"url": {"type": "string", "pattern": "^http://"}})
    told = document("explore", title, {})
    head = {name: told[name] for name in ("$schema", "$id", "title")}
    named = told["properties"]
    return {**head, "oneOf": [an_object({**named, **shape}) for shape in shapes]}
