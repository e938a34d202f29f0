"""Running vectors on something that answers requests of the adapter protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from checker.conformance.vectors.matching import Mismatch, mismatch
from checker.conformance.vectors.steps import Json

Answerer: TypeAlias = Callable[[Json], Mapping[str, Any]]
"""Takes a request without an id and gives the reply."""


@frozen
class Failure:
    """The first step of a vector, counted from 1, whose answer was not what was expected."""

    step: int
    asked: Json
    mismatch: Mismatch

    def __str__(self) -> str:
        return f"step {self.step} {self.asked['op']} {self.mismatch}"


@frozen
class Ran:
    """What became of one vector: passed, failed, or skipped with the operation that is missing."""

    id: str
    outcome: str
    failure: Failure | None = None
    reason: str = ""


def run_vector(vector: Mapping[str, Any], answer: Answerer) -> Ran:
    """Start the nodes of a vector, take its steps, and stop at the first mismatch. Spec: VEC-3."""
    answer({"op": "init", "case": vector["id"], "nodes": vector["nodes"]})
    for number, step in enumerate(vector["steps"], start=1):
        reply = dict(answer(step["do"]))
        error = reply.get("error")
        if isinstance(error, dict) and error.get("kind") == "unsupported":
            reason = f"{step['do']['op']} is not supported"
            return Ran(vector["id"], "skipped", reason=reason)
        found = mismatch(step["expect"], reply)
        if found is not None:
            return Ran(vector["id"], "failed", Failure(number, step["do"], found))
    return Ran(vector["id"], "passed")
