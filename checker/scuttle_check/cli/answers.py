"""What a search of one model is asked for, and the answer: in text, as JSON, and an exit code.

The search itself may be any: in this process, shared, reduced or with a run folder.

``scuttle check --all``: every cause for which a property fails, as text, JSON and files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED
from scuttle_check.base.kept_files import new_folder
from scuttle_check.cli import shown
from scuttle_check.engine.properties import Always, AlwaysStep, Sometimes, cited
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip import catalogue
from scuttle_check.gossip.counterexample import Counterexample
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.explain import cause_in
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.causes import Found, all_causes
from scuttle_check.search.exhaustive import Search

if TYPE_CHECKING:
    from scuttle_check.search.causes import Found


def all_found(
    experiment: Experiment, setup: Setup, search: Search, budget: Budget, *, whole: bool
) -> Answer:
    """Find every cause: the report of the first search, and the counterexamples."""
    report, found = all_causes(
        setup.system, setup.properties, cause_in(experiment), search, budget, whole=whole
    )
    names = _names(found)

    def document() -> dict[str, Any]:
        counterexamples = [_as_json(name, one) for name, one in zip(names, found, strict=True)]
        return {**shown.report_json(experiment, report), "counterexamples": counterexamples}

    def text() -> str:
        return f"{shown.verdicts_text(experiment, report)}\n{_text(setup, names, found)}"

    return Answer(report, document, text, found)


def _names(found: Sequence[Found]) -> list[str]:
    """A name for each counterexample: its property, and a number among those of it."""
    counts = dict.fromkeys((one.property.name for one in found), 0)
    names = []
    for one in found:
        counts[one.property.name] += 1
        names.append(f"{one.property.name}-{counts[one.property.name]}")
    return names


def save_found(experiment: Experiment, found: Sequence[Found], folder: Path) -> None:
    """Write each counterexample to a file of its own, in a new folder. Raises a Fault."""
    with new_folder(folder) as made:
        for name, one in zip(_names(found), found, strict=True):
            schedule: Any = one.schedule
            saved = Counterexample(
                experiment, one.property.name, one.property.clause, one.because, schedule
            )
            saved.save(made / f"{name}.json")
    click.echo(f"saved: {len(found)} counterexamples in {folder}", err=True)


def _as_json(name: str, one: Found) -> dict[str, Any]:
    return {
        "name": name,
        "property": one.property.name,
        "clause": one.property.clause,
        "cause": one.cause,
        "because": one.because,
        "steps": len(one.schedule),
        "schedule": [str(action) for action in one.schedule],
    }


def _text(setup: Setup, names: Sequence[str], found: Sequence[Found]) -> str:
    """The counterexamples, one after the other, with their stories."""
    lines = ["", f"{len(found)} causes (N a node, K a key, V a value, # a number)"]
    for name, one in zip(names, found, strict=True):
        schedule: Any = one.schedule
        lines.extend(
            [
                "",
                f"{cited(name, one.property.clause)} in {len(one.schedule)} steps: {one.cause}",
                f"  here: {one.because}",
                Trace.beyond(setup.system, schedule).story(),
            ]
        )
    return "\n".join(lines)


@frozen
class Answer:
    """What a search came to. With `--all`, `found` holds a counterexample for each cause."""

    report: Report
    document: Callable[[], dict[str, Any]]
    text: Callable[[], str]
    found: tuple[Found, ...] | None = None

    def tell(self, *, as_json: bool) -> int:
        """Write it on standard output; the exit code."""
        click.echo(json.dumps(self.document(), ensure_ascii=False) if as_json else self.text())
        return exit_code(self.report)


@frozen
class Question:
    """What is asked of a model, besides its properties.

    With `every` it is a counterexample for each cause, with `coverage` which rules were asked;
    with `until_decided` the search ends once its properties are decided. With `whole` no other
    cause is looked for behind a search that was stopped.
    """

    every: bool = False
    coverage: bool = False
    until_decided: bool = False
    whole: bool = False

    def answer(
        self, experiment: Experiment, setup: Setup, search: Search, budget: Budget
    ) -> Answer:
        """Let `search` explore the model, as often as it takes."""
        if self.coverage:
            return self._covered(experiment, setup, search, budget)
        if self.every:
            return all_found(experiment, setup, search, budget, whole=self.whole)
        report = search(setup.system, setup.properties, budget, until_decided=self.until_decided)
        return plain_answer(experiment, setup, report)

    def _covered(
        self, experiment: Experiment, setup: Setup, search: Search, budget: Budget
    ) -> Answer:
        """Search with rules that count, and tell the verdicts and the counts. Spec: CHK-10."""
        from scuttle_check.gossip.coverage import (  # noqa: PLC0415 - most ask for less
            coverage_json,
            coverage_text,
            tallied,
        )

        (counting, tally), profile = tallied(setup), setup.gossip.profile
        report = search(
            counting.system, counting.properties, budget, until_decided=self.until_decided
        )
        return Answer(
            report,
            lambda: {
                **shown.report_json(experiment, report),
                "coverage": coverage_json(profile, tally),
            },
            lambda: f"{shown.verdicts_text(experiment, report)}\n\n{coverage_text(profile, tally)}",
        )


def plain_answer(experiment: Experiment, setup: Setup, report: Report) -> Answer:
    """The verdicts, and the failure that says most; writes that never take effect are noted."""
    for said in setup.heeded.unheeded():
        explored = "" if report.stats.complete else " that was explored"
        report = report.noting(f"{said}{explored}")
    return Answer(
        report,
        lambda: shown.report_json(experiment, report),
        lambda: shown.report_text(experiment, setup, report),
    )


def _witnessed(report: Report) -> bool:
    """Whether everything that must be reachable was reached: else the run says nothing."""
    guards = [verdict for verdict in report.verdicts if isinstance(verdict.property, Sometimes)]
    return all(verdict.kind is Kind.WITNESSED for verdict in guards)


def exit_code(report: Report) -> int:
    """0 all hold, 1 something is refuted, 4 the answer is open, 130 interrupted."""
    if report.stats.stop == BROKEN_OFF:
        return INTERRUPTED
    claims = [
        verdict for verdict in report.verdicts if isinstance(verdict.property, Always | AlwaysStep)
    ]
    if any(verdict.kind is Kind.REFUTED for verdict in claims):
        return REFUTED
    if len(claims) < len(report.verdicts) and not _witnessed(report):
        return INCONCLUSIVE
    judged = [v for v in report.verdicts if v.property.name == catalogue.AGREEMENT]
    open_ones = [v for v in judged or report.verdicts if v.kind is Kind.UNKNOWN]
    decided = report.stats.complete or all(v.kind is not Kind.UNKNOWN for v in report.verdicts)
    return INCONCLUSIVE if open_ones or not decided else AS_EXPECTED
