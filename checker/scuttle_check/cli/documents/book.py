"""Every schema by its name, and which command says what.

A test fails when a command says JSON and is not listed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from scuttle_check.base.documents import Schema
from scuttle_check.base.resources import spec_folder
from scuttle_check.cli.documents import (
    about,
    compared,
    laws,
    measured,
    models,
    network,
    pages,
    proofs,
    searches,
    simulations,
)
from scuttle_check.evidence.simulation.experiments import EXPERIMENTS
from scuttle_check.oracle import schemas as conformance

MADE: Final[dict[str, Callable[[], Schema]]] = {
    **conformance.SCHEMAS,
    "bench": measured.bench,
    "bench-node": measured.bench_node,
    "bench-sizes": measured.bench_sizes,
    "catalogue": models.catalogue,
    "ladder": models.ladder,
    "outcomes": models.outcomes,
    "check": models.check,
    "clauses": about.clauses,
    "converted": models.converted,
    "counterexample": models.counterexample,
    "model": models.model,
    "check-own": models.check_own,
    "rules": models.rules,
    "docs": about.docs,
    "doctor": about.doctor,
    "explore": models.explore,
    "golden": compared.golden,
    "graph": pages.graph,
    "hunt": models.hunt,
    "lasso": models.lasso,
    "law-list": laws.law_list,
    "law-replay": laws.law_replay,
    "laws": laws.laws,
    "laws-proved": laws.laws_proved,
    "lessons": about.lessons,
    "lessons-check": about.lessons_check,
    "live": models.live,
    "model-run": models.model_run,
    "node": network.node,
    "page": pages.page,
    "page-answer": pages.page_answer,
    "page-request": pages.page_request,
    "profiles": about.profiles,
    "profiles-diff": about.profiles_diff,
    "progress": about.progress,
    "promela": models.promela,
    "proofs": proofs.proofs,
    "proofs-record": proofs.proofs_record,
    "proofs-tried": proofs.proofs_tried,
    "regression": laws.regression,
    "replay": models.replay,
    "run": models.run,
    "run-folder": searches.run_folder,
    "run-level": searches.run_level,
    "run-shown": searches.run_shown,
    "runs": searches.runs,
    "runs-removed": searches.runs_removed,
    "scenario": compared.scenario,
    "schemas": about.schemas,
    "simulation": simulations.simulation,
    "simulation-end": simulations.simulation_end,
    "simulation-folder": simulations.simulation_folder,
    "spread": measured.spread,
    "step": pages.step,
    "twin": measured.twin,
    "vectors-built": compared.vectors_built,
    "vectors-report": compared.vectors_report,
    "wire": network.wire,
}
"""The schemas that are made of the tables of the code; the others are written by hand."""

SAID: Final[dict[str, tuple[str, ...]]] = {
    "bench": ("bench", "bench-node", "bench-sizes"),
    "check": ("check", "catalogue", "check-own", "ladder", "live", "outcomes"),
    "clauses": ("clauses",),
    "conform check-adapter": ("checkup",),
    "conform infer": ("inferred",),
    "conform resolver": ("laws",),
    "conform run": ("report",),
    "conform schema": ("schemas",),
    "conform trace": ("trace-report",),
    "convert": ("converted",),
    "docs": ("docs",),
    "doctor": ("doctor",),
    "explore": ("explore",),
    "golden": ("golden",),
    "graph": ("graph",),
    "hunt": ("hunt",),
    "laws": ("laws", "law-list", "law-replay", "laws-proved"),
    "learn": ("lessons", "lessons-check"),
    "node": ("node",),
    "profiles": ("profiles",),
    "profiles diff": ("profiles-diff",),
    "promela": ("promela",),
    "prove": ("proofs", "proofs-tried"),
    "replay": ("replay",),
    "runs list": ("runs",),
    "runs resume": ("check", "simulation", "spread"),
    "runs rm": ("runs-removed",),
    "runs show": ("run-shown",),
    "scenario": ("scenario",),
    "schema": ("schemas",),
    **dict.fromkeys((f"simulate {name}" for name in EXPERIMENTS), ("simulation",)),
    "simulate spread": ("spread",),
    "step": ("step",),
    "twin": ("twin",),
    "vectors build": ("vectors-built",),
    "vectors test": ("vectors-report",),
}
"""What each command says with ``--json``, by the names of schemas."""


def names() -> list[str]:
    """Every schema there is, sorted."""
    files = (spec_folder() / "schemas").glob("*.schema.json")
    return sorted(path.name.removesuffix(".schema.json") for path in files)


def file_of(name: str) -> Path:
    """Where the schema of that name stands."""
    return spec_folder() / "schemas" / f"{name}.schema.json"


def read(name: str) -> dict[str, Any]:
    """The schema of that name, as it stands in the specification."""
    found: dict[str, Any] = json.loads(file_of(name).read_text(encoding="utf-8"))
    return found
