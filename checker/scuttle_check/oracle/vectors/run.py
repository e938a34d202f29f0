"""Running vectors on something that answers requests of the adapter protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.vectors.matching import Mismatch, mismatch
from scuttle_check.oracle.vectors.steps import Json
from scuttle_check.oracle.wire import decoded, encoded
from scuttle_ref.profile import Profile

Answerer: TypeAlias = Callable[[Json], Mapping[str, Any]]
"""Takes a request without an id and gives the reply."""


EXCHANGE: Final = "exchange"
"""The operation of vectors that is none of a node: an exchange of two nodes, to its end."""

MESSAGES_MAX: Final = 1_000
"""After so many messages an exchange that does not end is given up. Unit: messages."""


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
        asked = step["do"]
        if asked["op"] == EXCHANGE:
            reply = exchange(answer, {each["node"] for each in vector["nodes"]}, asked)
        else:
            reply = _bare(answer(asked))
        error = reply.get("error")
        if isinstance(error, dict) and error.get("kind") == "unsupported":
            reason = f"{step['do']['op']} is not supported"
            return Ran(vector["id"], "skipped", reason=reason)
        found = mismatch(step["expect"], reply)
        if found is not None:
            return Ran(vector["id"], "failed", Failure(number, step["do"], found))
    return Ran(vector["id"], "passed")


def exchange(answer: Answerer, nodes: Collection[str], asked: Mapping[str, Any]) -> Json:
    """One exchange to its end: whatever a node says to another arrives, in the order of sending.

    Gives the first answer that is an error, or an empty one.

    Spec: VEC-7.
    """
    flying = deque([{"op": "gossip", "node": asked["node"], "peer": asked["peer"]}])
    for _message in range(MESSAGES_MAX):
        if not flying:
            break
        request = flying.popleft()
        reply = answer(request)
        if reply.get("ok") is False:
            return dict(reply)
        spoken_to = request.get("from", request.get("peer"))
        for sent in reply.get("out", ()):
            to, message = _addressed(sent, spoken_to)
            if to in nodes:
                said = {"op": "write", "node": to, "from": request["node"], "message": message}
                flying.append(said)
    return {"ok": True}


def _addressed(sent: Any, spoken_to: Any) -> tuple[Any, Any]:
    if isinstance(sent, Mapping) and set(sent) == {"to", "message"}:
        return (spoken_to if sent["to"] is None else sent["to"]), sent["message"]
    return spoken_to, sent


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
