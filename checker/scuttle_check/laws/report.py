"""The report on a resolver, as text and as JSON."""

from __future__ import annotations

from typing import Any

from scuttle_check.base import errors as faults
from scuttle_check.laws.book import Law
from scuttle_check.laws.evidence import Evidence
from scuttle_check.laws.judging import (
    NOT_ASKED,
    REFUTED,
    UNKNOWN,
    Plan,
    Verdict,
    smallest,
)


def exit_code(plan: Plan, verdicts: list[Verdict]) -> int:
    """How the command ends: a surprise weighs more than a verdict that is missing."""
    surprises = [each for each in verdicts if not each.as_expected(plan)]
    if any(each.kind != UNKNOWN for each in surprises):
        return faults.REFUTED
    return faults.INCONCLUSIVE if surprises else faults.AS_EXPECTED


def law_json(law: Law) -> dict[str, Any]:
    """A law as reports name it."""
    return {
        "law": law.name,
        "clause": law.clause,
        "says": law.says,
        "costs": law.costs,
        "optional": bool(law.optional),
    }


def as_json(resolver: str, plan: Plan, verdicts: list[Verdict]) -> dict[str, Any]:
    """The report as one JSON document."""
    first = smallest(verdicts, plan)
    return {
        "format": "scuttle-laws/1",
        "resolver": resolver,
        "observe": list(plan.observe),
        "seed": plan.seed,
        "first": None if first is None else first.law.name,
        "laws": [
            {
                **law_json(each.law),
                "verdict": each.kind,
                "expected": plan.expected(each.law),
                "as_expected": each.as_expected(plan),
                "scope": each.scope,
                "evidence": None if each.evidence is None else each.evidence.to_json(),
            }
            for each in verdicts
        ],
    }


def as_text(resolver: str, plan: Plan, verdicts: list[Verdict]) -> str:
    """The report as text: the smallest surprise in full, then a line for each law. Spec: LAW-17."""
    lines = []
    first = smallest(verdicts, plan)
    if first is not None and first.evidence is not None and not first.as_expected(plan):
        lines = [*explained(first), ""]
    lines.append(f"{resolver}, observing {' and '.join(plan.observe)}, seed {plan.seed}:")
    for each in verdicts:
        notes = ""
        if each.law.optional and each.law.name not in plan.expect:
            notes = " (optional)"
        elif not each.as_expected(plan) and each.law.name in plan.expect:
            notes = f" (expected: {plan.expected(each.law)})"
        elif each.kind == REFUTED and each.as_expected(plan):
            notes = " (as expected)"
        told = each.scope
        if each.evidence is not None:
            told = each.evidence.because
        lines.append(f"  {each.kind:<9} {each.law.name:<20} {each.law.clause:<6} {told}{notes}")
    optional = [each for each in verdicts if each.kind == REFUTED and each.law.optional]
    lines.extend(
        f"note: {each.law.name} is optional: {each.law.optional}"
        for each in optional
        if each.law.name not in plan.expect and each.law.name not in plan.suggested
    )
    lines.extend(
        f"note: {name} is worth requiring here (--expect {name}=holds): {why}"
        for name, why in plan.suggested.items()
        if name not in plan.expect
    )
    if any(each.kind == NOT_ASKED for each in verdicts):
        lines.append("note: what was not asked decides nothing")
    return "\n".join(lines)


def explained(verdict: Verdict) -> list[str]:
    """A broken law with its evidence and its cost."""
    law = verdict.law
    return [
        f"refuted: {law.name} [{law.clause}]: {law.says}",
        *(f"  {line}" for line in (verdict.evidence or Evidence("")).lines()),
        f"  what it costs: {law.costs}",
    ]
