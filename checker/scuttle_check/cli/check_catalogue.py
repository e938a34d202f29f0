"""``scuttle check`` without a model: the catalogue, settled and endless, as a matrix."""

from __future__ import annotations

import json
from typing import Any

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from scuttle_check.base.workers import Pool
from scuttle_check.cli import shown
from scuttle_check.cli.check_ladder import cell_json
from scuttle_check.cli.check_live import live_json, live_markdown, live_text
from scuttle_check.cli.crews import pool_of
from scuttle_check.cli.shown import say
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip import catalogue, live_catalogue
from scuttle_check.gossip.ladder import recorded, table_cases
from scuttle_check.proofs.record import proved_cells
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.exhaustive import Search

TELL_EVERY = 20
"""Models of the catalogue between two lines of progress."""


def _style(flags: dict[str, Any]) -> str:
    if flags["as_json"] and flags["markdown"]:
        raise UsageFault("choose one of --json and --markdown", where="--markdown")
    return "json" if flags["as_json"] else "markdown" if flags["markdown"] else "text"


def check_catalogue(flags: dict[str, Any], budget: Budget, search: Search) -> int:
    """Judge the whole catalogue and print the matrix; the exit code. Spec: CHK-2."""
    style = _style(flags)
    rows = catalogue.load_catalogue()
    sizes = catalogue.SIZES if flags["size"] == "large" else catalogue.SIZES[:2]
    cases = list(catalogue.cases_of(rows, sizes))
    outcomes = _outcomes(cases, pool_of(flags), budget, search)
    whole = len(outcomes) == len(cases)
    endless = live_catalogue.load_live(sizes)
    lively = _lively(endless, budget) if whole else []
    proved = proved_cells(list(table_cases(rows)))
    if style == "json":
        document = shown.catalogue_json(outcomes) | live_json(outcomes, lively)
        document["ladders"] = [cell_json(cell) for cell in recorded().values()]
        click.echo(json.dumps(document, ensure_ascii=False))
    elif style == "markdown":
        click.echo(shown.matrix_markdown(rows, recorded(), proved))
        click.echo(f"\n{live_markdown(endless)}")
    else:
        click.echo(
            f"{live_text(lively)}\n\n{shown.matrix_text(rows, outcomes, recorded(), proved)}"
        )
    both: list[catalogue.Outcome | live_catalogue.LiveOutcome] = [*outcomes, *lively]
    for outcome in both:
        if outcome.surprises and style == "markdown":
            click.echo(f"NOT as expected: {outcome.case.id}: {outcome.surprises}", err=True)
    if not whole or any(outcome.report.stats.stop == BROKEN_OFF for outcome in both):
        return INTERRUPTED
    surprising = [outcome for outcome in both if outcome.surprises]
    if surprising:
        is_open = all(any(v.kind is Kind.UNKNOWN for v in o.report.verdicts) for o in surprising)
        return INCONCLUSIVE if is_open else REFUTED
    return AS_EXPECTED


def _outcomes(
    cases: list[catalogue.Case], pool: Pool | None, budget: Budget, search: Search
) -> list[catalogue.Outcome]:
    """The outcomes in order; fewer than there are cases where Ctrl-C came between."""
    outcomes: list[catalogue.Outcome] = []
    if pool is None:
        for case in cases:
            outcomes.append(catalogue.judge(case, attrs.evolve(budget), search))
            if outcomes[-1].report.stats.stop == BROKEN_OFF:
                break
        return outcomes
    try:
        for outcome in catalogue.judge_all(cases, search, budget, pool):
            outcomes.append(outcome)
            if len(outcomes) % TELL_EVERY == 0:
                say(f"{len(outcomes)} of {len(cases)} models, {budget.seconds:.0f} s")
    except KeyboardInterrupt:
        say(f"interrupted after {len(outcomes)} of {len(cases)} models")
    return outcomes


def _lively(
    cases: tuple[live_catalogue.LiveCase, ...], budget: Budget
) -> list[live_catalogue.LiveOutcome]:
    """The endless models of the catalogue, each with a budget of its own. Spec: CHK-2."""
    found: list[live_catalogue.LiveOutcome] = []
    for case in cases:
        found.append(live_catalogue.judge_live(case, attrs.evolve(budget)))
        if found[-1].report.stats.stop == BROKEN_OFF:
            break
    return found
