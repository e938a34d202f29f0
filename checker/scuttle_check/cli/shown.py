"""Verdicts as people and programs read them.

A refuted property as people read it.

Progress of a long search, on standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from attrs import define, field

from scuttle_check.cli.safe_output import SafeText
from scuttle_check.engine.properties import cited
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Growth, Kind, Report, Stats, Verdict
from scuttle_check.gossip.agreement import with_evidence
from scuttle_check.gossip.catalogue import AGREEMENT, Outcome, Row
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.in_force import idle_settings, presumed, unread_note
from scuttle_check.gossip.own_profiles import profile_called
from scuttle_check.search.budget import Progress, memory_used
from scuttle_ref.profiles import PROFILES

if TYPE_CHECKING:
    from scuttle_check.gossip.ladder import Cell


def failure_text(setup: Setup, verdict: Verdict) -> str:
    """The schedule that refutes a property: as sentences, as a diagram, and how it ends."""
    system, schedule = setup.system, verdict.schedule or ()
    each = verdict.property
    trace = with_evidence(system, each, Trace.beyond(system, schedule))
    lines = [
        f"{cited(each.name, each.clause)} refuted in {len(schedule)} steps:",
        f"{verdict.because}.",
        "",
        *_whole(trace),
    ]
    if trace.rest is not None:
        lines += ["", THEN, "", *_whole(trace.rest)]
    return "\n".join(lines)


def _whole(trace: Trace) -> list[str]:
    return [trace.story(), "", trace.diagram(), "", *trace.ends()]


THEN = "Nothing is in flight and all owners are done. From here every link exchanges in turn:"

SHRINKING = 3
"""Levels of which each must be smaller than the one before it: fewer may be chance."""


@define
class Teller:
    """Tells at most once a second on a terminal, every ten seconds elsewhere."""

    _last: float = 0.0
    _started: float = 0.0
    _first: Progress | None = None
    _levels: dict[int, int] = field(factory=dict)

    def __call__(self, progress: Progress) -> None:
        """Write one line if it is time."""
        self._first = self._first or progress
        self._levels[progress.depth] = progress.frontier
        terminal = sys.stderr.isatty()
        now = time.monotonic()
        self._started = self._started or now
        last = self._last or self._started
        if now - last < patience():
            return
        self._last = now
        rate = self._rate(progress)
        memory = memory_used()
        text = (
            f"{progress.states:,} worlds, {rate:,.0f}/s, "
            f"frontier {progress.frontier:,}, depth {progress.depth}, {self._left(rate)}"
            + ("" if memory is None else f", {memory >> 20:,} MB")
        )
        _write(f"\r{text:<79}" if terminal else f"{text}\n")
        sys.stderr.flush()

    def _rate(self, progress: Progress) -> float:
        """Worlds a second, without those that a resumed search had from the beginning."""
        first = self._first or progress
        if progress.seconds - first.seconds < 1:
            return progress.states / max(progress.seconds, 1e-9)
        return (progress.states - first.states) / (progress.seconds - first.seconds)

    def _left(self, rate: float) -> str:
        """How long it may still take, in words. Spec: RUN-6."""
        worlds = worlds_left([self._levels[depth] for depth in sorted(self._levels)])
        if worlds is None:
            return "still growing"
        return f"at most about {worlds / max(rate, 1e-9):,.0f} s left"


def worlds_left(levels: Sequence[int]) -> int | None:
    """How many worlds are left if levels go on shrinking as the last ones did; None if they grow.

    Levels shrink faster and faster, so these are too many rather than too few.

    Spec: RUN-6.
    """
    if len(levels) < SHRINKING or any(
        later >= earlier for earlier, later in pairwise(levels[-SHRINKING:])
    ):
        return None
    ratio = levels[-1] / levels[-2]
    return round(levels[-1] + levels[-1] * ratio / (1 - ratio))


def patience() -> float:
    """How long to be silent between two lines of progress. Unit: seconds."""
    return 1 if sys.stderr.isatty() else 10


def say(text: str) -> None:
    """Write one line, over the line of progress if there is one."""
    _write(f"\r{text:<79}\n" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def _write(text: str) -> None:
    """Write a line of our own, which may go back to the start of the line."""
    stream = sys.stderr
    stream.move(text) if isinstance(stream, SafeText) else stream.write(text)


def first_refuted(report: Report) -> Verdict | None:
    """The refuted property with a schedule that says most: agreement, else the first."""
    refuted = [v for v in report.verdicts if v.kind is Kind.REFUTED and v.schedule is not None]
    refuted.sort(key=lambda verdict: verdict.property.name != AGREEMENT)
    return refuted[0] if refuted else None


# --- one model ---------------------------------------------------------------------------------


def report_json(experiment: Experiment, report: Report) -> dict[str, Any]:
    """One model as JSON, with a note for each setting that makes no difference."""
    profile = profile_called(experiment.profile)
    idle = [unread_note(profile, name) for name in idle_settings(experiment)]
    document: dict[str, Any] = {
        "format": "scuttle-check/1",
        "experiment": experiment.to_json(),
        "properties": [verdict_json(verdict) for verdict in report.verdicts],
        **stats_json(report.stats),
    }
    return {**document, "notes": [*idle, *document["notes"]]}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """One verdict as JSON."""
    schedule = verdict.schedule
    return {
        "name": verdict.property.name,
        "clause": verdict.property.clause,
        "verdict": verdict.kind.value,
        "because": verdict.because,
        "exercised": verdict.exercised,
        "steps": None if schedule is None else len(schedule),
        "schedule": None if schedule is None else [str(action) for action in schedule],
    }


def stats_json(stats: Stats) -> dict[str, Any]:
    """What a search looked at, as JSON."""
    return {
        "states": stats.states,
        "transitions": stats.transitions,
        "terminal": stats.terminal,
        "depth": stats.depth,
        "seconds": round(stats.seconds, 6),
        "complete": stats.complete,
        "stop": stats.stop,
        "reduction": stats.reduction,
        "notes": list(stats.notes),
        **({} if stats.walks is None else {"walks": stats.walks}),
        **({} if stats.growth is None else {"growth": _growth_json(stats.growth)}),
    }


def _growth_json(growth: Growth) -> dict[str, Any]:
    return {
        "nodes": dict(growth.nodes),
        "links": {
            link: {"contents": contents, "longest": longest}
            for link, contents, longest in growth.links
        },
    }


def _growth_lines(growth: Growth | None) -> list[str]:
    """How far the parts had grown when a search was stopped. Spec: CHK-6."""
    if growth is None:
        return []
    nodes = ", ".join(f"{node} {count:,}" for node, count in growth.nodes)
    links = ", ".join(
        f"{link} {contents:,} (longest {longest})" for link, contents, longest in growth.links
    )
    return [
        f"  node states met: {nodes}",
        f"  channel contents met: {links or 'none'}",
        "  (parts that stay as they are under a larger budget: finite; that grow: maybe infinite)",
    ]


def report_text(experiment: Experiment, setup: Setup, report: Report) -> str:
    """One model as text: what was explored, the verdicts, and the shortest failure told."""
    lines = [verdicts_text(experiment, report)]
    refuted = first_refuted(report)
    if refuted is not None:
        lines.extend(["", failure_text(setup, refuted)])
    return "\n".join(lines)


def verdicts_text(experiment: Experiment, report: Report) -> str:
    """One model as text, without the failure: what was explored, and the verdicts."""
    lines = [presumed(experiment), ""]
    lines.extend(_verdict_line(verdict) for verdict in report.verdicts)
    lines.extend(["", stats_line(report.stats), *note_lines(report.stats)])
    lines.extend(_growth_lines(report.stats.growth))
    return "\n".join(lines)


def _verdict_line(verdict: Verdict) -> str:
    each = verdict.property
    said = each.says
    if verdict.kind in {Kind.REFUTED, Kind.UNKNOWN}:
        said = verdict.because
    if verdict.schedule is not None:
        said = f"in {len(verdict.schedule)} steps: {said}"
    return f"  {verdict.kind.value:<9} {each.name:<20} {each.clause:<8} {said}"


def note_lines(stats: Stats) -> list[str]:
    """What was done otherwise than asked, a line for each."""
    return [f"note: {note}" for note in stats.notes]


def stats_line(stats: Stats) -> str:
    """What a search looked at, in one line."""
    rate = stats.states / max(stats.seconds, 1e-9)
    end = "all of them" if stats.complete else f"incomplete: {stats.stop}"
    if stats.reduction != "none":
        end = f"{end}, under the reduction {stats.reduction}"
    if stats.walks is not None:
        return (
            f"{stats.walks:,} walks, {stats.transitions:,} steps, {stats.states:,} worlds, "
            f"longest {stats.depth} steps, {stats.seconds:.2f} s "
            f"({stats.transitions / max(stats.seconds, 1e-9):,.0f} steps/s), {end}"
        )
    return (
        f"{stats.states:,} worlds, {stats.transitions:,} transitions, {stats.terminal:,} terminal, "
        f"depth {stats.depth}, {stats.seconds:.2f} s ({rate:,.0f} worlds/s), {end}"
    )


# --- the catalogue -------------------------------------------------------------------------------


def catalogue_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The catalogue as JSON."""
    return {
        "format": "scuttle-catalogue/1",
        "as_expected": not any(outcome.surprises for outcome in outcomes),
        "states": sum(outcome.report.stats.states for outcome in outcomes),
        "seconds": round(sum(outcome.report.stats.seconds for outcome in outcomes), 6),
        "cases": [
            {
                "id": outcome.case.id,
                "row": outcome.case.row,
                "profile": outcome.case.experiment.profile,
                "expected": outcome.case.expected.agreement,
                "surprises": list(outcome.surprises),
                "properties": [verdict_json(verdict) for verdict in outcome.report.verdicts],
                **stats_json(outcome.report.stats),
            }
            for outcome in outcomes
        ],
    }


def matrix_text(
    rows: Sequence[Row],
    outcomes: Sequence[Outcome],
    cells: Mapping[str, Cell],
    proved: Collection[str] = (),
) -> str:
    """The convergence matrix: a row per assumption, a column per profile.

    `proved` names the cells that a recorded proof covers for every size.
    """
    found = {outcome.case.id: outcome for outcome in outcomes}
    profiles = _columns(rows)
    lines = [
        "Do all replicas end equal? Every order of every message was tried, on a ladder of models.",
        "'proved': for every size, under what scuttle prove assumes. 'holds N': on N models, and",
        "nothing is said of others. 'refuted N': on one of them, with",
        "a failing schedule of N steps, after which rounds are fair. '+': another property fails.",
        "",
        f"{'assumption dropped':<50}" + "".join(f"{name:<13}" for name in profiles),
    ]
    for row in rows:
        if row.matrix:
            names = [f"{row.id}:{name}" for name in profiles]
            shown = [
                _cell(_of_interest(row, cells, name), found.get(name), proved=name in proved)
                for name in names
            ]
            lines.append(f"{row.dropped:<50}" + "".join(f"{cell:<13}" for cell in shown))
    lines.extend(["", *_matrix_notes(found, outcomes)])
    return "\n".join(line.rstrip() for line in lines)


def _columns(rows: Sequence[Row]) -> list[str]:
    """The profiles of the matrix."""
    return [name for name in PROFILES if any(row.matrix and name in row.cases for row in rows)]


def _of_interest(row: Row, cells: Mapping[str, Cell], name: str) -> Cell | None:
    """The cell of a case, unless no rule of its profile reads what the row changes."""
    case = row.cases.get(name.partition(":")[2])
    return None if case is None or idle_settings(case.experiment) else cells.get(name)


def _cell(cell: Cell | None, outcome: Outcome | None, *, proved: bool) -> str:
    """A cell as recorded; marked where the model that was searched now says something else."""
    if cell is None:
        return "-"
    mark = "!" if outcome is not None and outcome.surprises else ""
    if cell.refuted is not None:
        return f"refuted {cell.refuted.steps}{mark}"
    if not cell.finished:
        return f"unknown{mark}"
    holds = "proved" if proved else f"holds {len(cell.finished)}"
    return f"{holds}{'+' if cell.others else ''}{mark}"


def matrix_markdown(
    rows: Sequence[Row], cells: Mapping[str, Cell], proved: Collection[str] = ()
) -> str:
    """What is recorded of each ladder and of each proof, as a Markdown table."""
    profiles = _columns(rows)
    lines = [
        f"| assumption | dropped: | {' | '.join(profiles)} |",
        "|---" * (len(profiles) + 2) + "|",
    ]
    for row in rows:
        if row.matrix:
            names = [f"{row.id}:{name}" for name in profiles]
            shown = [
                _markdown_cell(_of_interest(row, cells, name), proved=name in proved)
                for name in names
            ]
            lines.append(f"| {row.assumption} | {row.dropped} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _markdown_cell(cell: Cell | None, *, proved: bool) -> str:
    if cell is None:
        return "-"
    if cell.refuted is not None:
        most = "at most " if cell.refuted.walked else ""
        where = cell.refuted.name.partition(", ")[0].removeprefix("edges:")
        return f"**refuted** in {most}{cell.refuted.steps} ({where})"
    if cell.largest is None:
        return "unknown"
    others = "".join(f"; {name} fails in {steps}" for name, steps in cell.others.items())
    return f"*proved*{others}" if proved else f"holds on {len(cell.finished)}{others}"


def _matrix_notes(found: dict[str, Outcome], outcomes: Sequence[Outcome]) -> list[str]:
    worlds = sum(outcome.report.stats.states for outcome in outcomes)
    transitions = sum(outcome.report.stats.transitions for outcome in outcomes)
    seconds = sum(outcome.report.stats.seconds for outcome in outcomes)
    lines = [
        "-  no rule of the profile reads what the row changes",
        "the ladders are recorded (spec/ladder.json): scuttle check --ladder order:documented",
        "climbs one again; now the first model of each was searched:",
        f"{len(found)} models, {worlds:,} worlds, {transitions:,} transitions, {seconds:.1f} s",
    ]
    lines.extend(f"note: {o.case.id}: {note}" for o in outcomes for note in o.report.stats.notes)
    surprises = [f"  {o.case.id}: {text}" for o in outcomes for text in o.surprises]
    if surprises:
        lines.extend(["NOT as expected:", *surprises])
    else:
        lines.append("every verdict and every count is as expected (spec/models.toml)")
    refuted = [o.case.id for o in outcomes if o.report.verdict(AGREEMENT).kind is Kind.REFUTED]
    if refuted:
        example = "writers:as-shipped" if "writers:as-shipped" in refuted else refuted[0]
        lines.append(f"watch one fail: scuttle check --case {example}")
    return lines
