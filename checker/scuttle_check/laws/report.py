"""The report on a resolver, as text and as JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from scuttle_check.base import errors as faults
from scuttle_check.base.visible import shown as visible
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


def as_json(
    resolver: str, plan: Plan, verdicts: list[Verdict], notes: Sequence[str] = ()
) -> dict[str, Any]:
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
                "told": [] if each.evidence is None else each.evidence.lines(),
            }
            for each in verdicts
        ],
        "notes": _notes(plan, verdicts, notes),
    }


def as_text(resolver: str, plan: Plan, verdicts: list[Verdict], notes: Sequence[str] = ()) -> str:
    """The report as text: the smallest surprise in full, then a line for each law. Spec: LAW-17."""
    lines = []
    first = smallest(verdicts, plan)
    if first is not None and first.evidence is not None and not first.as_expected(plan):
        lines = [*explained(first), ""]
    lines.append(f"{resolver}, observing {' and '.join(plan.observe)}, seed {plan.seed}:")
    for each in verdicts:
        told = each.scope if each.evidence is None else each.evidence.because
        head = f"  {each.kind:<9} {each.law.name:<20} {each.law.clause:<6}"
        lines.append(f"{head} {told}{_wanted(each, plan)}")
    return "\n".join([*lines, *(f"note: {each}" for each in _notes(plan, verdicts, notes))])


def _wanted(verdict: Verdict, plan: Plan) -> str:
    """How a verdict stands to the one that is wanted, where that needs saying."""
    if verdict.law.optional and verdict.law.name not in plan.expect:
        return " (optional)"
    if not verdict.as_expected(plan) and verdict.law.name in plan.expect:
        return f" (expected: {plan.expected(verdict.law)})"
    return " (as expected)" if verdict.kind == REFUTED and verdict.as_expected(plan) else ""


def _notes(plan: Plan, verdicts: list[Verdict], more: Sequence[str]) -> list[str]:
    """What is worth knowing besides the verdicts."""
    optional = [each for each in verdicts if each.kind == REFUTED and each.law.optional]
    notes = [
        f"{each.law.name} is optional: {each.law.optional}"
        for each in optional
        if each.law.name not in plan.expect and each.law.name not in plan.suggested
    ]
    broken = {each.law.name for each in optional}
    notes += [
        f"{name} is {'broken, and ' if name in broken else ''}worth requiring here "
        f"(--expect {name}=holds): {why}"
        for name, why in plan.suggested.items()
        if name not in plan.expect
    ]
    if any(each.kind == NOT_ASKED for each in verdicts):
        notes.append("what was not asked decides nothing")
    return [*notes, *more]


def as_junit(resolver: str, plan: Plan, verdicts: list[Verdict]) -> str:
    """JUnit XML: a suite for the resolver, a case for each law. Spec: LAW-26.

    A law broken against expectation is a failure, one that is unknown an error.
    """
    surprises = [each for each in verdicts if not each.as_expected(plan)]
    unknown = [each for each in surprises if each.kind == UNKNOWN]
    skipped = [each for each in verdicts if each.kind == NOT_ASKED]
    suite = ET.Element(
        "testsuite",
        name=visible(f"scuttle laws {resolver}"),
        tests=str(len(verdicts)),
        failures=str(len(surprises) - len(unknown)),
        errors=str(len(unknown)),
        skipped=str(len(skipped)),
    )
    for each in verdicts:
        case = ET.SubElement(suite, "testcase", classname=visible(resolver), name=each.law.name)
        told = each.scope if each.evidence is None else each.evidence.because
        if each in surprises:
            kind = "error" if each in unknown else "failure"
            fault = ET.SubElement(case, kind, message=visible(told), type=each.kind)
            fault.text = "\n".join(map(visible, explained(each)))
        elif each in skipped:
            ET.SubElement(case, "skipped", message=visible(told))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def explained(verdict: Verdict) -> list[str]:
    """A broken law with its evidence and its cost."""
    law = verdict.law
    return [
        f"refuted: {law.name} [{law.clause}]: {law.says}",
        *(f"  {line}" for line in (verdict.evidence or Evidence("")).lines()),
        f"  what it costs: {law.costs}",
    ]
