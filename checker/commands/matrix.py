"""``scuttle check`` without a model: the catalogue, settled and endless, as a matrix."""

from __future__ import annotations

import json
from typing import Any

import click

from checker import catalogue, live_catalogue
from checker.commands import shown
from checker.commands.live_shown import live_json, live_markdown, live_text
from checker.faults import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from checker.search.budget import Budget
from checker.search.exhaustive import Search
from checker.verdict import Kind


def _style(flags: dict[str, Any]) -> str:
    if flags["as_json"] and flags["markdown"]:
        raise UsageFault("choose one of --json and --markdown", where="--markdown")
    return "json" if flags["as_json"] else "markdown" if flags["markdown"] else "text"


def check_catalogue(flags: dict[str, Any], budget: Budget, search: Search) -> int:
    """Judge the whole catalogue and print the matrix; the exit code. Spec: CHK-2."""
    style = _style(flags)
    rows = catalogue.load_catalogue()
    sizes = catalogue.SIZES if flags["size"] == "large" else catalogue.SIZES[:2]
    outcomes = []
    for case in catalogue.cases_of(rows, sizes):
        fresh = Budget(budget.states_max, budget.seconds_max, budget.tell)
        outcomes.append(catalogue.judge(case, fresh, search))
        if outcomes[-1].report.stats.stop == "interrupted":
            break
    endless = live_catalogue.load_live(sizes)
    lively = _lively(endless, budget) if len(outcomes) == len(_all(rows, sizes)) else []
    if style == "json":
        document = shown.catalogue_json(outcomes) | live_json(outcomes, lively)
        click.echo(json.dumps(document, ensure_ascii=False))
    elif style == "markdown":
        click.echo(shown.matrix_markdown(rows))
        click.echo(f"\n{live_markdown(endless)}")
    else:
        click.echo(f"{live_text(lively)}\n\n{shown.matrix_text(rows, outcomes)}")
    both: list[catalogue.Outcome | live_catalogue.LiveOutcome] = [*outcomes, *lively]
    for outcome in both:
        if outcome.surprises and style == "markdown":
            click.echo(f"NOT as expected: {outcome.case.id}: {outcome.surprises}", err=True)
    if any(outcome.report.stats.stop == "interrupted" for outcome in both):
        return INTERRUPTED
    surprising = [outcome for outcome in both if outcome.surprises]
    if surprising:
        is_open = all(any(v.kind is Kind.UNKNOWN for v in o.report.verdicts) for o in surprising)
        return INCONCLUSIVE if is_open else REFUTED
    return AS_EXPECTED


def _all(rows: tuple[catalogue.Row, ...], sizes: tuple[str, ...]) -> list[catalogue.Case]:
    return list(catalogue.cases_of(rows, sizes))


def _lively(
    cases: tuple[live_catalogue.LiveCase, ...], budget: Budget
) -> list[live_catalogue.LiveOutcome]:
    """The endless models of the catalogue, each with a budget of its own. Spec: CHK-2."""
    found: list[live_catalogue.LiveOutcome] = []
    for case in cases:
        fresh = Budget(budget.states_max, budget.seconds_max, budget.tell)
        found.append(live_catalogue.judge_live(case, fresh))
        if found[-1].report.stats.stop == "interrupted":
            break
    return found
