"""How the endless models of the catalogue are shown.

``scuttle check --live`` and the replay of its lassos: what endless runs come to.

The flags of ``scuttle check`` that speak of endless runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED, REFUTED, UsageFault
from scuttle_check.cli.options import experiment_from, model_flags, named
from scuttle_check.cli.shown import note_lines, stats_json, stats_line, verdict_json
from scuttle_check.engine.properties import cited
from scuttle_check.engine.trace import Misfit, Trace
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.catalogue import SIZES, Outcome
from scuttle_check.gossip.in_force import presumed
from scuttle_check.gossip.lasso import SavedLasso, load_lasso
from scuttle_check.gossip.live_catalogue import WALKS, LiveCase, LiveOutcome, load_live
from scuttle_check.gossip.liveness import (
    Endless,
    LiveSetup,
    Search,
    by_vectors,
    eventually_agreed,
    ticks,
)
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import FAIRNESS
from scuttle_check.search.liveness.quiescent import quiescent_search
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.random_walk import random_walk
from scuttle_ref.profiles import PROFILES

EXIT_CODES = {Kind.HOLDS: AS_EXPECTED, Kind.REFUTED: REFUTED, Kind.UNKNOWN: INCONCLUSIVE}


def check_live(flags: Mapping[str, Any], budget: Budget) -> int:
    """Decide *eventually agreed* for the model of the flags, and tell; the exit code."""
    _refuse(flags)
    endless, flags = _endless(flags)
    live = endless.build()
    report = _decided(live, flags, budget)
    verdict = report.verdicts[0]
    if flags["save"] is not None:
        _save(endless, verdict, flags["save"])
    if flags["as_json"]:
        click.echo(json.dumps(_report_json(endless, report), ensure_ascii=False))
    else:
        click.echo(_report_text(endless, live, report))
    return INTERRUPTED if report.stats.stop == BROKEN_OFF else EXIT_CODES[verdict.kind]


def _endless(flags: Mapping[str, Any]) -> tuple[Endless, Mapping[str, Any]]:
    """The model of the flags, or the endless case they name, and how to search it."""
    case = {case.id: case for case in load_live(SIZES)}.get(named(flags) or "")
    if case is not None and all(flags[name] in {None, ()} for name in model_flags()):
        endless = attrs.evolve(case.endless, fairness=flags["fairness"] or case.endless.fairness)
        walked = {"vectors": True, "search": "random", "walks": WALKS, "seed": 0}
        return endless, {**flags, **(walked if case.walked else {})}
    experiment = experiment_from(flags)
    early = flags["exchanges"]
    if early is None and any(map(ticks, experiment.profiles())):
        early = experiment.exchanges
    return Endless(experiment, flags["fairness"] or "strong", early), flags


def _refuse(flags: Mapping[str, Any]) -> None:
    for name, flag in (("find", "--find"), ("every", "--all"), ("coverage", "--coverage")):
        if flags[name]:
            raise UsageFault("does not go with endless runs", where=flag, hint="leave out --live")
    if flags["wanted"]:
        raise UsageFault("--live judges one property", where="--property")
    if flags["markdown"]:
        raise UsageFault("is for the catalogue", where="--markdown")
    if flags["reduction"] != "none":
        raise UsageFault("fair cycles need every world", where="--reduction", clause="LIVE-4")
    if flags["search"] in {"depth-first", "random"} and not flags["vectors"]:
        hint = "add --vectors: the criterion can be refuted without the whole graph"
        raise UsageFault("fair cycles need the whole graph", where="--search", hint=hint)
    if flags["save"] is not None and flags["save"].exists():
        hint = "nothing was overwritten; choose another name"
        raise UsageFault("exists already", where=str(flags["save"]), hint=hint)


def _decided(live: LiveSetup, flags: Mapping[str, Any], budget: Budget) -> Report:
    if not flags["vectors"]:
        return eventually(live.model, eventually_agreed(), live.fairness, budget)
    search: Search = partial(quiescent_search, budget=budget)
    if flags["search"] == "plain":
        search = partial(breadth_first, budget=budget, until_decided=True)
    if flags["search"] == "depth-first":
        search = partial(depth_first, budget=budget, until_decided=True)
    if flags["search"] == "random":
        walk = {"walks": flags["walks"], "seed": flags["seed"]}
        search = partial(random_walk, budget=budget, **walk)
    return by_vectors(live, search)


def _saved(endless: Endless, verdict: Verdict) -> SavedLasso:
    return SavedLasso(
        endless,
        verdict.property.name,
        verdict.property.clause,
        verdict.because,
        verdict.schedule or (),  # type: ignore[arg-type]
        verdict.cycle or (),  # type: ignore[arg-type]
    )


def _save(endless: Endless, verdict: Verdict, path: Path) -> None:
    if verdict.kind is not Kind.REFUTED:
        click.echo("note: nothing was refuted, so nothing was saved", err=True)
        return
    _saved(endless, verdict).save(path)
    click.echo(f"saved: {path} (run it with: scuttle replay {path})", err=True)


# --- what is said -------------------------------------------------------------------------------


def _report_json(endless: Endless, report: Report) -> dict[str, Any]:
    verdict = report.verdicts[0]
    cycle = None if verdict.cycle is None else [str(action) for action in verdict.cycle]
    return {
        "format": "scuttle-live/1",
        "experiment": endless.experiment.to_json(),
        "fairness": endless.fairness,
        "early": endless.early,
        "properties": [{**verdict_json(verdict), "cycle": cycle}],
        **stats_json(report.stats),
    }


def _endless_text(endless: Endless) -> str:
    experiment = endless.experiment
    owed = {
        "strong": "exchanges strongly fair, commands and deliveries weakly",
        "weak": "exchanges, commands and deliveries weakly fair",
        "none": "nothing is fair",
    }[endless.fairness]
    early = "" if endless.early is None else f", {endless.early} per link until owners are done"
    return f"{presumed(experiment, f'exchanges without end{early}')}; {owed}"


def _report_text(endless: Endless, live: LiveSetup, report: Report) -> str:
    verdict = report.verdicts[0]
    each = verdict.property
    said = each.says if verdict.kind is Kind.HOLDS else verdict.because
    head = f"  {verdict.kind.value:<9} {each.name:<20} {each.clause:<8} {said}"
    lines = [
        _endless_text(endless),
        "",
        head,
        "",
        stats_line(report.stats),
        *note_lines(report.stats),
    ]
    if verdict.kind is Kind.REFUTED:
        lines.extend(["", lasso_text(live, _saved(endless, verdict))])
    return "\n".join(lines)


def lasso_text(live: LiveSetup, lasso: SavedLasso) -> str:
    """A run without end: the prefix, what then happens for ever, and what nodes then hold."""
    way = Trace.beyond(live.model, lasso.prefix)
    turn = Trace.beyond(live.model, lasso.cycle, start=way.last, first=len(lasso.prefix) + 1)
    steps = f"{_steps(len(lasso.prefix))}, then {_steps(len(lasso.cycle))} for ever"
    lines = [
        f"{cited(lasso.property, lasso.clause)} refuted by a run without end: {steps}.",
        f"{lasso.because}.",
        "",
        way.story(),
        "",
        way.diagram(),
        "",
    ]
    if lasso.cycle:
        lines.extend(
            [
                "And then for ever:",
                "",
                turn.story(),
                "",
                turn.diagram(),
            ]
        )
    else:
        lines.append("And there the run stops, which nothing forbids.")
    return "\n".join([*lines, "", *way.ends()])


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


# --- replay -------------------------------------------------------------------------------------


def refuse_misfit(where: str, misfit: Misfit | None) -> None:
    """Raise UsageFault for a schedule that stands at `where` and cannot happen any more."""
    if misfit is None:
        return
    raise UsageFault(
        f"the schedule does not fit: '{misfit.action}' cannot happen",
        where=f"{where}[{misfit.step - 1}]",
        expected=" or ".join(map(str, misfit.enabled)) or "no action at all; the run has ended",
        hint="the code or the script has changed since; search again with scuttle check",
    )


def replay_lasso(file: Path, *, as_json: bool) -> int:
    """Run a saved lasso and judge it again; the exit code. Spec: LIVE-8."""
    lasso = load_lasso(file)
    run = lasso.run()
    refuse_misfit(f"{file}: prefix, then cycle", run.misfit)
    if as_json:
        document = {
            "format": "scuttle-replay/1",
            "property": lasso.property,
            "clause": lasso.clause,
            "verdict": "not-refuted" if run.because is None else Kind.REFUTED.value,
            "because": run.because or run.mended,
            "steps": len(run.states) - 1,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    elif run.because is None:
        click.echo(f"{lasso.property}: this lasso no longer refutes it ({run.mended})")
    else:
        click.echo(lasso_text(lasso.endless.build(), lasso))
    return AS_EXPECTED if run.because is None else REFUTED


LIVE_OPTIONS = (
    click.option(
        "--live", is_flag=True, help="Nodes never stop exchanging: do they agree in the end?"
    ),
    click.option("--fairness", type=click.Choice(FAIRNESS), help="Of exchanges. Default: strong."),
    click.option("--vectors", is_flag=True, help="Decide --live by the criterion on node vectors."),
)


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags of liveness."""
    for option in reversed(LIVE_OPTIONS):
        command = option(command)
    return command


def refuse_without_live(flags: Mapping[str, Any]) -> None:
    """Raise UsageFault for flags that say something about endless runs only."""
    for name in ("fairness", "vectors"):
        if flags[name]:
            raise UsageFault("speaks of endless runs", where=f"--{name}", hint="add --live")


def live_text(outcomes: Sequence[LiveOutcome]) -> str:
    """A row per endless model, a column per profile."""
    found = {outcome.case.id: outcome for outcome in outcomes}
    rows = {outcome.case.row: outcome.case.says for outcome in outcomes}
    profiles = _profiles([outcome.case for outcome in outcomes])
    lines = [
        "Do nodes that never stop exchanging agree in the end, on every fair run?",
        "'refuted 5+4': no; after 5 steps, 4 steps can follow each other for ever.",
        "",
        f"{'exchanges without end':<50}" + "".join(f"{name:<14}" for name in profiles),
    ]
    for row, says in rows.items():
        cells = [_cell(found.get(f"{row}:{name}")) for name in profiles]
        lines.append(f"{says:<50}" + "".join(f"{cell:<14}" for cell in cells))
    lines.append(
        "watch one: scuttle check --live --profile as-shipped --topology line:3 --writers A"
    )
    lines.extend(f"NOT as expected: {o.case.id}: {s}" for o in outcomes for s in o.surprises)
    return "\n".join(line.rstrip() for line in lines)


def _cell(outcome: LiveOutcome | None) -> str:
    if outcome is None:
        return "-"
    verdict = outcome.report.verdicts[0]
    mark = "!" if outcome.surprises else ""
    if verdict.schedule is None:
        return verdict.kind.value + mark
    return f"{verdict.kind.value} {len(verdict.schedule)}+{len(verdict.cycle or ())}{mark}"


def live_markdown(cases: Sequence[LiveCase]) -> str:
    """What the catalogue expects of endless runs, as a Markdown table."""
    rows = {case.row: case.says for case in cases}
    known = {case.id: case for case in cases}
    profiles = _profiles(cases)
    lines = [
        f"| exchanges without end | {' | '.join(profiles)} |",
        "|---" * (1 + len(profiles)) + "|",
    ]
    for row, says in rows.items():
        cells = [_expected(known.get(f"{row}:{name}")) for name in profiles]
        lines.append(f"| {says} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _expected(case: LiveCase | None) -> str:
    if case is None:
        return "-"
    if case.prefix is None:
        return f"{case.verdict} ({case.states:,})"
    return f"**{case.verdict}** in {case.prefix} + {case.cycle} ({case.states:,})"


def live_json(outcomes: Sequence[Outcome], lively: Sequence[LiveOutcome]) -> dict[str, Any]:
    """The endless models as JSON, and whether all of the catalogue is as expected."""
    surprises = [each.surprises for each in outcomes] + [each.surprises for each in lively]
    return {
        "as_expected": not any(surprises),
        "live": [
            {
                "id": outcome.case.id,
                "profile": outcome.case.endless.experiment.profile,
                "fairness": outcome.case.endless.fairness,
                "expected": outcome.case.verdict,
                "surprises": list(outcome.surprises),
                "properties": [verdict_json(verdict) for verdict in outcome.report.verdicts],
                **stats_json(outcome.report.stats),
            }
            for outcome in lively
        ],
    }


def _profiles(cases: Sequence[LiveCase]) -> list[str]:
    """The profiles that have an endless model, in the order of all profiles."""
    met = {case.endless.experiment.profile for case in cases}
    return [name for name in PROFILES if name in met]
