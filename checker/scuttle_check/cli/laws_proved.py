"""``scuttle laws --prove``: laws for all updates, and cases beside them that could contradict."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, REFUTED
from scuttle_check.cli.judged import plan_of
from scuttle_check.laws.calling import Caller
from scuttle_check.laws.conclusions import REFUTED as BROKEN
from scuttle_check.laws.judging import Judging
from scuttle_check.laws.proved import Weighed, proved_text, proved_with_cases
from scuttle_check.laws.report import law_json


def prove(flags: dict[str, Any], caller: Caller) -> int:
    """What is proved of a resolver, and refuted. Raises UsageFault. Spec: LAW-21, LAW-23."""
    judging = Judging(caller, plan_of(flags, caller))
    with contextlib.redirect_stdout(sys.stderr):
        found = proved_with_cases(caller, flags["values"], judging)
    if flags["as_json"]:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        click.echo(proved_text(found))
    if any(each.kind == BROKEN for each in found.needed):
        return REFUTED
    return AS_EXPECTED if found.all_proved else INCONCLUSIVE


def _as_json(found: Weighed) -> dict[str, Any]:
    return {
        "format": "scuttle-laws-proved/2",
        "resolver": found.name,
        "values": found.kind,
        "domain": found.proof.domain,
        "means": found.proof.means,
        "beyond": found.proof.beyond,
        "sentence": found.sentence,
        "laws": [
            {
                **law_json(each.law),
                "verdict": each.kind,
                "because": each.because,
                "evidence": None if each.evidence is None else each.evidence.to_json(),
            }
            for each in found.laws
        ],
    }
