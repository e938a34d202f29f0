"""Replay a recorded trace and report the first difference."""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import frozen

from checker.golden.contract import Json, Outside, first_outside
from checker.golden.recorded import RecordedWorld, recorded_snapshot
from checker.golden.repair import repair
from scuttle_ref.wire import SHIPPED_DIALECT, message_to_json

QUERIES = {"get", "news", "clock.get"}


class Agreement(Enum):
    """How a recording and the reference compare."""

    AGREE = "agree"
    DISAGREE = "disagree"
    OUT_OF_CONTRACT = "out-of-contract"


@frozen
class Difference:
    """The first field in which the reference and the recording differ.

    `step` counts from 1; it is None for the end of the schedule and the repair rounds.
    """

    step: int | None
    field: str
    recorded: Any
    reference: Any

    def __str__(self) -> str:
        where = "at the end" if self.step is None else f"at step {self.step}"
        return (
            f"{where} in {self.field}\n"
            f"    recorded   {_short(self.recorded)}\n"
            f"    reference  {_short(self.reference)}"
        )


@frozen
class Comparison:
    """The result for one trace. `steps` counts those that agreed."""

    name: str
    agreement: Agreement
    steps: int
    difference: Difference | None = None
    outside: Outside | None = None


def compare(trace: Json) -> Comparison:
    """Replay `trace` under the as-shipped profile.

    Compared in each step: what was emitted, in order; state, clock with its order, history and
    named sources; what queries return. Then the end of the schedule and the repair rounds. Not
    compared: what the stream layer of the library returns, buffers and signals (SHIP-3).

    Spec: PROF-4, SHIP-1.
    """
    outside = first_outside(trace)
    if outside is not None:
        return Comparison(trace["name"], Agreement.OUT_OF_CONTRACT, 0, outside=outside)
    world = RecordedWorld.start(trace)
    for number, step in enumerate(trace["steps"], start=1):
        difference = _step_difference(world, number, step["op"], step["result"])
        if difference is not None:
            return Comparison(trace["name"], Agreement.DISAGREE, number - 1, difference)
    steps = len(trace["steps"])
    difference = _end_difference(world, trace)
    if difference is not None:
        return Comparison(trace["name"], Agreement.DISAGREE, steps, difference)
    return Comparison(trace["name"], Agreement.AGREE, steps)


def _step_difference(
    world: RecordedWorld, number: int, op: Json, result: Json
) -> Difference | None:
    if op["op"] == "drop":
        return None
    node = world.node(op)
    if op["op"] in QUERIES:
        returned = node.query(op)
        if not _same(result["returned"], returned):
            return Difference(number, "returned", result["returned"], returned)
        emitted = []
    else:
        emitted = world.perform(op)
    world.messages.update({each.id: each.message for each in emitted})
    recorded = result.get("emitted", [])
    got: list[object] = [message_to_json(each.message, SHIPPED_DIALECT) for each in emitted]
    if recorded and "msg" in recorded[0]:
        got = [{"msg": each.id, "object": shown} for each, shown in zip(emitted, got, strict=True)]
    if not _same(recorded, got):
        return Difference(number, "emitted", recorded, got)
    return _first_difference(number, recorded_snapshot(result), node.snapshot())


def _end_difference(world: RecordedWorld, trace: Json) -> Difference | None:
    if trace["kind"] != "multi":
        return None
    ended = _final_difference(world, trace["final"], "final")
    ended = ended or _convergence(world, trace.get("converged_after_schedule"), "schedule")
    if ended is not None or not trace.get("repair"):
        return ended
    delivered = repair(world, trace["repair"]["op"])
    result = trace["repair"]["result"]
    if delivered != result["delivered"]:
        return Difference(None, "repair.delivered", result["delivered"], delivered)
    ended = _final_difference(world, result["final"], "repair.final")
    return ended or _convergence(world, result.get("converged_after_repair"), "repair")


def _final_difference(world: RecordedWorld, final: Json, field: str) -> Difference | None:
    for name, node in world.nodes.items():
        ended = _first_difference(None, recorded_snapshot(final[name]), node.snapshot())
        if ended is not None:
            path = f"{field}.{name}.{ended.field}"
            return Difference(None, path, ended.recorded, ended.reference)
    return None


def _convergence(world: RecordedWorld, recorded: bool | None, phase: str) -> Difference | None:
    if recorded is None:
        return None
    states = [node.snapshot()["state"] for node in world.nodes.values()]
    converged = all(_same(states[0], state) for state in states)
    if converged == recorded:
        return None
    return Difference(None, f"converged_after_{phase}", recorded, converged)


def _first_difference(number: int | None, recorded: Json, reference: Json) -> Difference | None:
    for field, value in recorded.items():
        if not _same(value, reference[field]):
            return Difference(number, field, value, reference[field])
    return None


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON values; unlike Python's, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 300 else f"{text[:300]}..."
