"""Replay a recorded trace and report the first difference.

The repair rounds at the end of a multi-node recording: full exchanges over the links.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Any

from attrs import frozen

from scuttle_check.oracle.recordings.contract import Json, Outside, first_outside
from scuttle_check.oracle.recordings.recorded import (
    EVENTS,
    Emitted,
    RecordedWorld,
    recorded_snapshot,
)
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED
from scuttle_ref.wire import SHIPPED_DIALECT, message_to_json


def repair(world: RecordedWorld, op: Json, links: Sequence[Sequence[str]]) -> int:
    """Run the recorded number of rounds over `links`; how many messages were delivered."""
    exchange = _symmetric if op.get("mode") == "symmetric" else _pairwise
    return sum(exchange(world, *link) for _ in range(op["n"]) for link in links)


def _pairwise(world: RecordedWorld, one: str, other: str) -> int:
    """`one` gossips; both directions go through a single first-in first-out queue."""
    queue = deque((other, emitted) for emitted in world.nodes[one].gossip_now())
    delivered = 0
    while queue:
        to, emitted = queue.popleft()
        back = one if to == other else other
        queue.extend((back, answer) for answer in world.deliver(emitted.message, to))
        delivered += 1
    return delivered


def _symmetric(world: RecordedWorld, one: str, other: str) -> int:
    """Both gossip; the queues of the two directions are served in turn, `other`-bound first."""
    first: deque[Emitted] = deque(world.nodes[one].gossip_now())
    second: deque[Emitted] = deque(world.nodes[other].gossip_now())
    delivered = 0
    while first or second:
        for queue, to, answers in ((first, other, second), (second, one, first)):
            if queue:
                answers.extend(world.deliver(queue.popleft().message, to))
                delivered += 1
    return delivered


QUERIES = {"get", "news", "clock.get"}


class Agreement(Enum):
    """How a recording and the reference compare."""

    AGREE = "agree"
    DISAGREE = "disagree"
    OUT_OF_CONTRACT = "out-of-contract"


@frozen
class Difference:
    """The first field in which the reference and the recording differ.

    `step` counts from 1; it is 0 before the first step, and None for the end of the schedule
    and the repair rounds.
    """

    step: int | None
    field: str
    recorded: Any
    reference: Any

    def __str__(self) -> str:
        where = {None: "at the end", 0: "before step 1"}.get(self.step, f"at step {self.step}")
        return f"{where} in {self.field}"


@frozen
class Comparison:
    """The result for one trace.

    `steps` counts those that were replayed and agreed, up to the first difference or the first
    input outside the contract; `labelled` is the class of inputs that the trace claims for
    itself, if it does.
    """

    name: str
    agreement: Agreement
    steps: int
    difference: Difference | None = None
    outside: Outside | None = None
    labelled: str | None = None


def compare(trace: Json, profile: Profile = AS_SHIPPED) -> Comparison:
    """Replay `trace` under a profile, up to the first input out of contract.

    Compared in each step: what was emitted, in order; the events of history and store; state,
    clock with its order, history and named sources; what queries return. Then the end of the
    schedule and the repair rounds. A field that the recording leaves out is not compared. Nor
    is what the stream layer of the library returns, buffers and signals (SHIP-3).

    Spec: PROF-4, SHIP-1.
    """
    outside = first_outside(trace)
    steps, difference = _replayed(trace, outside, profile)
    agreement = Agreement.OUT_OF_CONTRACT if outside else Agreement.AGREE
    if difference is not None:
        agreement, outside = Agreement.DISAGREE, None
    labelled = trace.get("input_class")
    return Comparison(trace["name"], agreement, steps, difference, outside, labelled)


def _replayed(
    trace: Json, outside: Outside | None, profile: Profile
) -> tuple[int, Difference | None]:
    """How many steps agreed, and the first difference. The end counts if all is in contract."""
    if outside is not None and outside.step is None:
        return 0, None
    world = RecordedWorld.start(trace, profile)
    if trace["kind"] == "single":
        started = world.node({"op": "start"}).snapshot()
        difference = _first_difference(0, recorded_snapshot(trace.get("initial", {})), started)
        if difference is not None:
            return 0, difference
    steps = trace["steps"] if outside is None else trace["steps"][: (outside.step or 1) - 1]
    for number, step in enumerate(steps, start=1):
        difference = _step_difference(world, number, step["op"], step["result"])
        if difference is not None:
            return number - 1, difference
    return len(steps), None if outside else _end_difference(world, trace)


def _step_difference(
    world: RecordedWorld, number: int, op: Json, result: Json
) -> Difference | None:
    if op["op"] == "drop":
        return None
    if op["op"] == "random":
        world.random.control(op["mode"])
        return None
    if "threw" in result:
        return Difference(number, "threw", result["threw"], None)
    if op["op"] == "deliver" and op["msg"] not in world.messages:
        return Difference(number, "op.msg", op["msg"], None)
    node = world.node(op)
    emitted = [] if op["op"] in QUERIES else world.perform(op)
    world.messages.update({each.id: each.message for each in emitted})
    got = {"emitted": _emitted_json(emitted, result), **node.snapshot(), "events": node.events}
    recorded = {name: result[name] for name in ("emitted",) if name in result}
    recorded |= recorded_snapshot(result)
    if op["op"] in QUERIES:
        got["returned"] = node.query(op)
        recorded |= {name: result[name] for name in ("returned",) if name in result}
    elif "events" in result:
        recorded["events"] = [each for each in result["events"] if each.get("type") in EVENTS]
    return _first_difference(number, recorded, got)


def _emitted_json(emitted: Sequence[Emitted], result: Json) -> list[object]:
    """What was put out as the recorder writes it: with ids, if it gave any."""
    shown: list[object] = [message_to_json(each.message, SHIPPED_DIALECT) for each in emitted]
    if not any("msg" in each for each in result.get("emitted", ())):
        return shown
    return [{"msg": each.id, "object": item} for each, item in zip(emitted, shown, strict=True)]


def _end_difference(world: RecordedWorld, trace: Json) -> Difference | None:
    """The first difference after the last step: end of the schedule, then repair rounds."""
    if trace["kind"] != "multi":
        return None
    ended = _final_difference(world, trace.get("final", {}), "final")
    ended = ended or _convergence(world, trace, "converged_after_schedule")
    if ended is not None or not trace.get("repair"):
        return ended
    asked, result = trace["repair"]["op"], trace["repair"]["result"]
    delivered = repair(world, asked, asked.get("links") or trace.get("links") or ())
    if result.get("delivered", delivered) != delivered:
        return Difference(None, "repair.delivered", result["delivered"], delivered)
    ended = _final_difference(world, result.get("final", {}), "repair.final")
    return ended or _convergence(world, trace["repair"], "converged_after_repair")


def _final_difference(world: RecordedWorld, final: Json, field: str) -> Difference | None:
    for name, recorded in final.items():
        ended = _first_difference(None, recorded_snapshot(recorded), world.nodes[name].snapshot())
        if ended is not None:
            path = f"{field}.{name}.{ended.field}"
            return Difference(None, path, ended.recorded, ended.reference)
    return None


def _convergence(world: RecordedWorld, recorded: Json, field: str) -> Difference | None:
    states = [node.snapshot()["state"] for node in world.nodes.values()]
    converged = all(_same(states[0], state) for state in states)
    if recorded.get(field, converged) == converged:
        return None
    return Difference(None, field, recorded[field], converged)


def _first_difference(number: int | None, recorded: Json, reference: Json) -> Difference | None:
    for field, value in recorded.items():
        if not _same(value, reference[field]):
            return Difference(number, field, value, reference[field])
    return None


def _same(one: object, other: object) -> bool:
    """Equality of JSON values; unlike Python's, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
