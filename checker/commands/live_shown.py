"""How the endless models of the catalogue are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.catalogue import Outcome
from checker.commands.shown import stats_json, verdict_json
from checker.live_catalogue import LiveCase, LiveOutcome
from scuttle_ref.profiles import PROFILES


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
