"""What a search of one model is asked for, and the answer: in text, as JSON, and an exit code.

The search itself may be any: in this process, shared, reduced or with a run folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from checker import catalogue
from checker.commands import shown
from checker.faults import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED
from checker.properties import Always, AlwaysStep, Sometimes
from checker.scuttlebutt.experiment import Experiment, Setup
from checker.search.budget import BROKEN_OFF, Budget
from checker.search.exhaustive import Search
from checker.verdict import Kind, Report

if TYPE_CHECKING:
    from checker.search.causes import Found


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
            from checker.commands.found import all_found  # noqa: PLC0415 - most ask for less

            return all_found(experiment, setup, search, budget, whole=self.whole)
        report = search(setup.system, setup.properties, budget, until_decided=self.until_decided)
        return plain_answer(experiment, setup, report)

    def _covered(
        self, experiment: Experiment, setup: Setup, search: Search, budget: Budget
    ) -> Answer:
        """Search with rules that count, and tell the verdicts and the counts. Spec: CHK-10."""
        from checker.scuttlebutt.coverage import (  # noqa: PLC0415 - most ask for less
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
