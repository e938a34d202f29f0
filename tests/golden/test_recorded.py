"""The as-shipped profile does what the real library was recorded to do, and a difference shows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from scuttle_check.gossip.specification import clauses_in
from scuttle_check.oracle.recordings.load import load
from scuttle_check.oracle.recordings.replay import Agreement, Comparison, compare
from scuttle_ref.profile import deviations, rule_of
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED

DATA = Path(__file__).parent / "data" / "simple-scuttle-3.0.2"
PROTOCOL = Path(__file__).parents[2] / "spec" / "protocol"

TRACES: dict[str, Any] = {each.trace["name"]: each.trace for each in load([DATA])}
WELL_FORMED = [name for name, trace in TRACES.items() if trace["input_class"] == "well-formed"]
OTHERS = [name for name in TRACES if name not in WELL_FORMED]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_a_well_formed_recording_replays_exactly(name: str) -> None:
    """This is what "as shipped" means. Spec: PROF-4."""
    found = compare(TRACES[name])

    assert (found.agreement, found.difference) == (Agreement.AGREE, None)
    assert found.steps == len(TRACES[name]["steps"])


@pytest.mark.parametrize("name", OTHERS)
def test_a_recording_out_of_contract_names_the_input_and_the_clause(name: str) -> None:
    """Leaving something out is honest only if it is said. Spec: SHIP-1, SHIP-2, SHIP-3, SHIP-4."""
    found = compare(TRACES[name])

    assert found.agreement is Agreement.OUT_OF_CONTRACT
    assert found.outside is not None
    assert found.outside.reason
    assert found.outside.clause in CLAUSES
    assert found.steps == (found.outside.step or 1) - 1


CLAUSES = {
    clause.id
    for page in PROTOCOL.glob("*.md")
    for clause in clauses_in(page.name, page.read_text(encoding="utf-8"))
}


def test_the_recordings_are_all_there() -> None:
    """An empty folder would agree with everything."""
    assert len(TRACES) == 196
    assert len(WELL_FORMED) == 114
    assert sum(len(TRACES[name]["steps"]) for name in WELL_FORMED) > 1500


def test_every_clause_that_leaves_something_out_leaves_out_a_recording() -> None:
    """A SHIP clause that no recording needs would be a loophole. Spec: SHIP-5, SHIP-6."""
    used = {found.outside.clause for found in map(compare, TRACES.values()) if found.outside}

    assert {clause for clause in CLAUSES if clause.startswith("SHIP-")} <= used


# --- the comparer is not blind -------------------------------------------------------------------


def _change(value: Any) -> Any:
    """Another JSON value of the same type."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "?"
        case list():
            return [*value[:-1], _change(value[-1])] if value else ["?"]
        case dict():
            last = list(value)[-1] if value else "?"
            return {**value, last: _change(value.get(last, 0))}
        case _:
            return "?"


def _reversed(value: Any) -> Any:
    return dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]


def _shortened(value: Any) -> Any:
    return dict(list(value.items())[:-1]) if isinstance(value, dict) else value[:-1]


STEP_FIELDS = {
    "emitted": (_change, _reversed, _shortened),
    "state": (_change, _shortened),
    "clock": (_change, _reversed, _shortened),
    "history": (_change, _reversed, _shortened),
    "history_length": (_change,),
    "sofar": (_change, _reversed, _shortened),
}
"""What is compared in a step, and the ways in which it can be wrong."""


def _seeded(
    trace: Any, field: str, change: Callable[[Any], Any]
) -> Iterator[tuple[int, Comparison]]:
    """Each step of the trace with this one field wrong: its number and what is found."""
    for number, step in enumerate(trace["steps"], start=1):
        recorded = step["result"].get(field)
        wrong = change(recorded) if recorded else recorded
        if recorded and list(_items(wrong)) != list(_items(recorded)):
            step["result"][field] = wrong
            yield number, compare(trace)
            step["result"][field] = recorded


def _items(value: Any) -> Any:
    return (
        value.items() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    )


@pytest.mark.parametrize(
    ("field", "change"),
    [(field, change) for field, changes in STEP_FIELDS.items() for change in changes],
    ids=lambda each: each if isinstance(each, str) else each.__name__.strip("_"),
)
def test_a_wrong_field_of_any_step_is_found_there(field: str, change: Callable[[Any], Any]) -> None:
    """A comparer that overlooks a field would let every bug in it pass. Spec: PROF-4."""
    seeded = 0
    for name in ("m03-joiner-gets-stale-value", "m15-restart-with-amnesia", "s61-answer-hwm-drain"):
        for number, found in _seeded(copy.deepcopy(TRACES[name]), field, change):
            seeded += 1
            assert found.agreement is Agreement.DISAGREE
            assert found.difference is not None
            assert (found.difference.step, found.difference.field) == (number, field), name
            assert found.steps == number - 1
    assert seeded > 0


def test_true_is_not_taken_for_one() -> None:
    """Python's equality would merge two different values of the store. Spec: MOD-3."""
    trace = copy.deepcopy(TRACES["s01-local-set"])
    trace["steps"][0]["result"]["state"]["k"]["value"] = True

    assert str(compare(trace).difference) == "at step 1 in state"


def test_a_wrong_event_is_found() -> None:
    """Events are how a program learns of updates. Spec: HIST-1, HIST-5, MERGE-1."""
    trace = copy.deepcopy(TRACES["s69-truncate"])
    kinds = set()
    for number, step in enumerate(trace["steps"], start=1):
        events = step["result"]["events"]
        for at, event in enumerate(events):
            kinds.add(event["type"])
            step["result"]["events"] = events[:at] + events[at + 1 :]
            assert str(compare(trace).difference) == f"at step {number} in events"
        step["result"]["events"] = events
    assert kinds == {"history.update", "history.compaction", "state"}


def test_signals_of_the_stream_layer_are_not_compared() -> None:
    """They depend on the version of Node. Spec: SHIP-3."""
    trace = copy.deepcopy(TRACES["s01-local-set"])
    result = trace["steps"][0]["result"]
    result.update(returned=False, rbuf=7, wbuf=7, blocked=True)
    result["events"].append({"type": "drain"})

    assert compare(trace).agreement is Agreement.AGREE


def test_a_wrong_answer_to_a_query_is_found() -> None:
    """Queries are compared although they change nothing. Spec: HIST-4."""
    trace = copy.deepcopy(TRACES["s81-news"])
    asked = [step for step in trace["steps"] if step["op"]["op"] in {"get", "news", "clock.get"}]
    for step in asked:
        right = step["result"]["returned"]
        step["result"]["returned"] = _change(right)
        found = compare(trace).difference
        assert found is not None
        assert found.field == "returned"
        step["result"]["returned"] = right
    assert len(asked) >= 5


@pytest.mark.parametrize("field", ["state", "clock", "history", "sofar"])
def test_a_wrong_end_of_the_schedule_or_of_the_repair_is_found(field: str) -> None:
    """Where a schedule ends is what it was recorded for. Spec: CONV-1."""
    for holder, path in (("", "final"), ("repair", "repair.final")):
        trace = copy.deepcopy(TRACES["m03-joiner-gets-stale-value"])
        final = (trace["repair"]["result"] if holder else trace)["final"]
        final["C"][field] = _change(final["C"][field])
        assert str(compare(trace).difference) == f"at the end in {path}.C.{field}"


def test_a_wrong_verdict_or_count_of_the_repair_is_found() -> None:
    """Whether the replicas agreed in the end is the point of a hazard. Spec: CONV-1."""
    original = TRACES["m03-joiner-gets-stale-value"]
    schedule, repair, count = (copy.deepcopy(original) for _ in range(3))
    schedule["converged_after_schedule"] ^= True
    repair["repair"]["converged_after_repair"] ^= True
    count["repair"]["result"]["delivered"] += 1

    assert str(compare(schedule).difference) == "at the end in converged_after_schedule"
    assert str(compare(repair).difference) == "at the end in converged_after_repair"
    assert str(compare(count).difference) == "at the end in repair.delivered"


def test_a_wrong_start_is_found() -> None:
    """A node that starts with something it should not would still replay. Spec: MOD-1."""
    trace = copy.deepcopy(TRACES["s01-local-set"])
    trace["initial"]["clock"]["A"] = 1

    assert str(compare(trace).difference) == "before step 1 in clock"


def test_an_exception_that_the_library_threw_inside_the_contract_is_found() -> None:
    """The reference never raises, so a library that does is different. Spec: ERR-1."""
    trace = copy.deepcopy(TRACES["s01-local-set"])
    trace["steps"][1]["result"] = {"threw": {"name": "Error", "message": "no"}}

    assert str(compare(trace).difference) == "at step 2 in threw"


def test_what_a_recording_leaves_out_is_not_compared() -> None:
    """Whoever records with less instrumentation can still compare."""
    trace = copy.deepcopy(TRACES["m03-joiner-gets-stale-value"])
    for step in trace["steps"]:
        step["result"] = {"state": step["result"]["state"]}
    del trace["final"], trace["repair"], trace["converged_after_schedule"]

    found = compare(trace)
    assert (found.agreement, found.steps) == (Agreement.AGREE, len(trace["steps"]))


# --- every rule of the profile matters -----------------------------------------------------------

UNSEEN = {
    "connect": "a recorded stream never ends (SHIP-3), so no connection is lost or opens again",
    "disconnect": "a recorded stream never ends (SHIP-3), so no connection is lost or opens again",
    "retain": "both rules differ only where max_history is falsy, which SHIP-1 leaves out",
}
"""Decision points that recordings inside the contract cannot tell apart, and why."""


@pytest.mark.parametrize("point", [each.point for each in deviations(DOCUMENTED, AS_SHIPPED)])
def test_each_rule_of_the_shipped_library_is_needed_by_some_recording(point: str) -> None:
    """A rule that could be the documented one would be a deviation without evidence.

    Spec: PROF-4, DEV-1, DEV-2, DEV-3, DEV-4, DEV-5, DEV-6, DEV-7, DEV-8, DEV-9, DEV-12, DEV-13.
    """
    documented = {point: rule_of(DOCUMENTED, point)}
    profile = attrs.evolve(AS_SHIPPED, **documented)  # type: ignore[arg-type]
    differing = [
        name
        for name in WELL_FORMED
        if compare(TRACES[name], profile).agreement is Agreement.DISAGREE
    ]

    assert bool(differing) is (point not in UNSEEN)
