"""The endless models of the catalogue: nodes that never stop exchanging."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from scuttle_check.base.errors import Fault, UsageFault
from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.catalogue import experiment_of
from scuttle_check.gossip.liveness import Endless, by_vectors, eventually_agreed
from scuttle_check.search.budget import Budget
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.walks.random_walk import random_walk

WALKS = 30
"""Random walks, seed 0, of a model whose graph is too large to look at while somebody waits."""


@frozen
class LiveCase:
    """An endless model under one profile. Counts that are None are not compared. Spec: CHK-2.

    `walked` models are refuted by a random walk to a vector that nothing changes any more.
    """

    row: str
    says: str
    endless: Endless
    walked: bool
    size: str
    verdict: str
    states: int | None = None
    prefix: int | None = None
    cycle: int | None = None

    @property
    def id(self) -> str:
        """The name of the case."""
        return f"{self.row}:{self.endless.experiment.profile}"


@frozen
class LiveOutcome:
    """A case and what the search found. `surprises` are differences from the catalogue."""

    case: LiveCase
    report: Report
    surprises: tuple[str, ...]


def load_live(sizes: tuple[str, ...], path: Path | None = None) -> tuple[LiveCase, ...]:
    """The endless models of the catalogue. Raises UsageFault with the row at fault."""
    path = path or spec_folder() / "models.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    cases: list[LiveCase] = []
    for entry in document.get("live", []):
        where = f"{path}, live {entry.get('id', '?')}"
        try:
            cases.extend(_case(entry, profile, where) for profile in entry["expect"])
        except Fault:
            raise
        except (KeyError, TypeError, ValueError) as fault:
            raise UsageFault(f"is incomplete ({fault!r})", where=where) from None
    return tuple(case for case in cases if case.size in sizes)


def _case(entry: dict[str, Any], profile: str, where: str) -> LiveCase:
    expect = dict(entry["expect"][profile])
    endless = Endless(
        experiment_of(entry, profile, where),
        entry.get("fairness", "strong"),
        expect.pop("early", None),
    )
    walked = entry.get("walked", False)
    return LiveCase(entry["id"], entry["says"], endless, walked, entry["size"], **expect)


def judge_live(case: LiveCase, budget: Budget | None = None) -> LiveOutcome:
    """Decide *eventually agreed* for `case` and compare with what is expected."""
    live = case.endless.build()
    if case.walked:
        walk = partial(random_walk, budget=budget, walks=WALKS, seed=0)
        report = by_vectors(live, walk)
    else:
        report = eventually(live.model, eventually_agreed(), live.fairness, budget)
    return LiveOutcome(case, report, _surprises(case, report))


def _surprises(case: LiveCase, report: Report) -> tuple[str, ...]:
    verdict = report.verdicts[0]
    if verdict.kind.value != case.verdict:
        return (f"eventually-agreed is {verdict.kind.value}, expected {case.verdict}",)
    refuted = verdict.kind is Kind.REFUTED
    found = {
        "worlds": (report.stats.states, case.states),
        "steps before the cycle": (len(verdict.schedule or ()) if refuted else None, case.prefix),
        "steps in the cycle": (len(verdict.cycle or ()) if refuted else None, case.cycle),
    }
    return tuple(
        f"{count} {name}, expected {hoped}"
        for name, (count, hoped) in found.items()
        if hoped is not None and count != hoped
    )
