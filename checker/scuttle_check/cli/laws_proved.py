"""``scuttle laws --prove``: laws for all updates, and cases beside them that could contradict."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, REFUTED, UsageFault
from scuttle_check.cli.judged import plan_of
from scuttle_check.laws.calling import Caller, InProcess
from scuttle_check.laws.conclusions import OF_KIND, PROVED, Conclusion
from scuttle_check.laws.conclusions import REFUTED as BROKEN
from scuttle_check.laws.judging import HOLDS, Judging, Verdict
from scuttle_check.laws.report import law_json
from scuttle_check.laws.symbolic import Proof, conclude

STATEMENTS = 6
"""Among so many statements the time of a run is divided."""


class Contradiction(Exception):
    """A law that was proved is broken by a case: a fault of this program, and no verdict."""


def prove(flags: dict[str, Any], caller: Caller) -> int:
    """What is proved of a resolver, and refuted. Raises UsageFault. Spec: LAW-21, LAW-23."""
    name, kind = flags["resolver"], flags["values"]
    if not isinstance(caller, InProcess):
        raise UsageFault(
            f"cannot prove anything of {name}: the formulas are made of code in Python",
            where="--prove",
            expected="a resolver in Python",
            hint="without --prove cases are tried, which can refute and not prove; "
            "or prove the same rule written in Python",
        )
    plan = plan_of(flags, caller)
    with contextlib.redirect_stdout(sys.stderr):
        proof = conclude(caller, kind, plan.observe, plan.seconds / STATEMENTS)
        tried = {each.law.name: each for each in Judging(caller, plan).verdicts()}
    laws = [_weighed(each, tried.get(each.law.name)) for each in proof.laws]
    missing = [
        _weighed(Conclusion(each.law, each.kind, each.scope, each.evidence), each)
        for name, each in tried.items()
        if name not in {law.law.name for law in proof.laws} and each.kind == BROKEN
    ]
    laws += missing
    told = _sentence(name, kind, proof, laws)
    if flags["as_json"]:
        click.echo(json.dumps(_as_json(name, kind, proof, laws, told), ensure_ascii=False))
    else:
        click.echo(_as_text(name, kind, proof, laws, told))
    kinds = {each.kind for each in laws if not each.law.optional}
    if BROKEN in kinds:
        return REFUTED
    return AS_EXPECTED if kinds == {PROVED} else INCONCLUSIVE


def _weighed(proved: Conclusion, tried: Verdict | None) -> Conclusion:
    """A conclusion beside what the cases say. Raises Contradiction. Spec: LAW-23."""
    if tried is None or tried.kind != BROKEN:
        if proved.kind not in {PROVED, BROKEN} and tried is not None and tried.kind == HOLDS:
            because = f"{proved.because}; no case breaks it"
            return Conclusion(proved.law, proved.kind, because)
        return proved
    if proved.kind == PROVED:
        shown = "; ".join(tried.evidence.lines()) if tried.evidence else tried.scope
        raise Contradiction(
            f"{proved.law.name} was proved, and a case breaks it ({shown}). This is a fault of "
            "scuttle-ref: please report it with the resolver"
        )
    if proved.kind == BROKEN or tried.evidence is None:
        return proved
    return Conclusion(proved.law, BROKEN, tried.evidence.because, tried.evidence)


def _sentence(name: str, kind: str, proof: Proof, laws: list[Conclusion]) -> str:
    """What a user can act on."""
    needed = [each for each in laws if not each.law.optional]
    broken = [each.law.name for each in needed if each.kind == BROKEN]
    if broken:
        verb = "is" if len(broken) == 1 else "are"
        return f"{name} is no order of updates: {', '.join(broken)} {verb} refuted."
    if all(each.kind == PROVED for each in needed):
        return (
            f"{name} is a total order of all updates whose values are {OF_KIND[kind]}: whatever "
            "arrives, in whatever order and however often, replicas that have heard the same "
            "hold the same. That they hear the same is the matter of the network."
        )
    beyond = f" Its code is beyond the formulas: it {proof.beyond}." if proof.beyond else ""
    return f"Nothing is claimed of {name} but what stands above.{beyond}"


def _as_text(name: str, kind: str, proof: Proof, laws: list[Conclusion], sentence: str) -> str:
    lines = [f"{name}, by {proof.means}, for {proof.domain}:"]
    for each in laws:
        notes = " (optional)" if each.law.optional else ""
        scope = f"for all {OF_KIND[kind]}: " if each.kind == PROVED else ""
        head = f"  {each.kind:<13} {each.law.name:<20} {each.law.clause:<6}"
        lines.append(f"{head} {scope}{each.because}{notes}")
        if each.evidence is not None:
            lines.extend(f"      {line}" for line in each.evidence.lines()[:-1])
    return "\n".join([*lines, "", sentence])


def _as_json(
    name: str, kind: str, proof: Proof, laws: list[Conclusion], sentence: str
) -> dict[str, Any]:
    return {
        "format": "scuttle-laws-proved/2",
        "resolver": name,
        "values": kind,
        "domain": proof.domain,
        "means": proof.means,
        "beyond": proof.beyond,
        "sentence": sentence,
        "laws": [
            {
                **law_json(each.law),
                "verdict": each.kind,
                "because": each.because,
                "evidence": None if each.evidence is None else each.evidence.to_json(),
            }
            for each in laws
        ],
    }
