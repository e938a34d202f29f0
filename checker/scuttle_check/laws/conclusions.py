"""What is known of a law for all updates of a kind, and how far that reaches."""

from __future__ import annotations

from attrs import frozen

from scuttle_check.laws.asking import Asking, GaveUp, NoAnswer
from scuttle_check.laws.book import Law
from scuttle_check.laws.calling import InProcess
from scuttle_check.laws.cases import Runs
from scuttle_check.laws.evidence import Evidence

PROVED, REFUTED, UNKNOWN, IDLE = "proved", "refuted", "unknown", "not exercised"
"""What can come of a law: never exercised is not the same as proved."""

OF_KIND = {
    "integers": "whole numbers",
    "numbers": "numbers",
    "booleans": "booleans",
    "text": "texts",
    "json": "JSON values",
}


@frozen
class Conclusion:
    """What is known of one law: `kind` is proved, refuted, unknown or not exercised."""

    law: Law
    kind: str
    because: str
    evidence: Evidence | None = None


def domain_told(kind: str) -> str:
    """What a proof covers, for the line in which it stands."""
    return (
        f"any number of updates whose values are {OF_KIND[kind]}, of any sources and versions "
        f"(1 to 2**53), under any key, at any replicas"
    )


def broken_by(law: Law, caller: InProcess, observe: tuple[str, ...], runs: Runs) -> Evidence | None:
    """Runs judged on the real function: whether they break a law there. Spec: LAW-21.

    Where the function gives no answer, only the law that asks for one has anything to say.
    """
    try:
        because = law.judge(Asking(caller, observe), runs)
    except (NoAnswer, GaveUp):
        return None
    return None if because is None else Evidence(because, runs)
