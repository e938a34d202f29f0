"""Running vectors on something that answers requests of the adapter protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from checker.conformance.adapters.reference import ReferenceAdapter
from checker.conformance.values import decoded, encoded
from checker.conformance.vectors.matching import Mismatch, mismatch
from checker.conformance.vectors.steps import Json
from scuttle_ref.profile import Profile

Answerer: TypeAlias = Callable[[Json], Mapping[str, Any]]
"""Takes a request without an id and gives the reply."""


@frozen
class Failure:
    """The first step of a vector whose answer was not what was expected; step 0 is the start."""

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
    begin = {"op": "init", "case": vector["id"], "nodes": vector["nodes"]}
    first = {"do": begin, "expect": {"ok": True}}
    for number, step in enumerate([first, *vector["steps"]]):
        reply = _bare(answer(step["do"]))
        error = reply.get("error")
        if isinstance(error, dict) and error.get("kind") == "unsupported":
            reason = f"{step['do']['op']} is not supported"
            return Ran(vector["id"], "skipped", reason=reason)
        found = mismatch(step["expect"], reply)
        if found is not None:
            return Ran(vector["id"], "failed", Failure(number, step["do"], found))
    return Ran(vector["id"], "passed")


def _bare(reply: Mapping[str, Any]) -> Json:
    """A reply with its messages out of their envelopes: each step speaks to one peer only."""
    out = reply.get("out")
    if not isinstance(out, list):
        return dict(reply)
    bare = [
        each["message"] if isinstance(each, Mapping) and set(each) == {"to", "message"} else each
        for each in out
    ]
    return {**reply, "out": bare}


def reference(profile: Profile) -> Answerer:
    """The reference under a profile, right or mutated, as an adapter in this process."""
    adapter = ReferenceAdapter(profile)

    def answer(request: Json) -> Mapping[str, Any]:
        reply: Mapping[str, Any] = encoded(adapter.answer(decoded(request)))
        return reply

    return answer
