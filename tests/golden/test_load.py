"""A trace that cannot be replayed is refused with its place, and never crashes the replay."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.errors import USAGE, UsageFault
from scuttle_check.explorer.conversion import WRITERS
from scuttle_check.explorer.recordings import recorded
from scuttle_check.oracle.recordings.load import load
from scuttle_check.oracle.recordings.replay import Agreement, compare
from scuttle_check.oracle.recordings.shape import NEEDED, At, check_trace

GUIDE = Path(__file__).parents[2] / "spec" / "guide" / "recorded-traces.md"
DATA = Path(__file__).parent / "data" / "simple-scuttle-3.0.2"
TRACES: list[Any] = [each.trace for each in load([DATA])]
BY_NAME: dict[str, Any] = {trace["name"]: trace for trace in TRACES}


def refusal(trace: Any, folder: Path) -> str:
    """What is said about a file with this document."""
    file = folder / "m.json"
    file.write_text(json.dumps(trace), encoding="utf-8")
    with pytest.raises(UsageFault) as fault:
        load([file])
    assert fault.value.exit_code == USAGE
    return str(fault.value).removeprefix(f"{folder}/")


def set_member(*path: str | int) -> Callable[[Any, Any], None]:
    """A function that sets the member at `path` of a document; deletes it when given `...`."""

    def change(document: Any, value: Any) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        if value is ...:
            del document[last]
        else:
            document[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["format"], "simple-scuttle-trace/2", "$.format: is 'simple-scuttle-trace/2', another"),
        (["format"], ..., "$.format: is missing"),
        (["kind"], "triple", "$.kind: is 'triple'"),
        (["name"], 7, "$.name: is 7"),
        (["nodes"], [], "$.nodes: is empty"),
        (["nodes", 1, "id"], "A", "$.nodes[1].id: is 'A' again"),
        (["nodes", 1, "id"], ..., "$.nodes[1].id: is missing"),
        (["steps"], {}, "$.steps: is an object"),
        (["steps", 3], None, "$.steps[3]: is null"),
        (["steps", 0, "op", "op"], ..., "$.steps[0].op.op: is missing"),
        (["steps", 0, "op", "value"], ..., "$.steps[0].op.value: is missing"),
        (["steps", 0, "op", "node"], "Z", "$.steps[0].op.node: is 'Z', no node"),
        (["steps", 0, "op", "node"], ..., "$.steps[0].op: names no node"),
        (["steps", 3, "op", "msg"], "B.9", "$.steps[3].op.msg: is 'B.9', which no earlier step"),
        (["steps", 3, "op", "msg"], 5, "$.steps[3].op.msg: is 5"),
        (["steps", 3, "op", "to"], ["A"], "$.steps[3].op.to: is an array, no node"),
        (["steps", 3, "result"], ..., "$.steps[3].result: is missing"),
        (["steps", 2, "result", "emitted", 0], 1, "$.steps[2].result.emitted[0]: is 1"),
        (["steps", 2, "result", "emitted", 0, "msg"], ..., "emitted[0]: has no msg"),
        (["steps", 2, "result", "clock"], [], "$.steps[2].result.clock: is an array"),
        (["random"], [0, 2], "$.random: is an array"),
        (["final", "Z"], {}, "$.final: has a member 'Z', no node"),
        (["repair", "op", "n"], 10**9, "$.repair.op.n: is 1000000000"),
        (["repair", "op", "mode"], "star", "$.repair.op.mode: is 'star'"),
        (["repair", "op", "links", 1], ["A"], "$.repair.op.links[1]: is no link"),
        (["converged_after_schedule"], 1, "$.converged_after_schedule: is 1"),
    ],
)
def test_a_malformed_trace_is_refused_at_its_place(
    path: list[str | int], value: Any, said: str, tmp_path: Path
) -> None:
    """Somebody wrote this recorder by hand and wants to know what to mend."""
    trace = copy.deepcopy(BY_NAME["m01-clean-exchange"])
    set_member(*path)(trace, value)

    text = refusal(trace, tmp_path)
    assert text.startswith("m.json: $")
    assert said in text
    assert "\n  expected: " in text
    assert "\n  try: " in text


def test_in_an_array_of_traces_the_path_counts_the_trace(tmp_path: Path) -> None:
    """One of hundreds is wrong; which?"""
    assert refusal([BY_NAME["s01-local-set"], {}], tmp_path).startswith("m.json: $[1].format: is")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b'{"a": NaN}', "is no JSON (NaN is no JSON number)"),
        (b"1e999", "is no JSON (1e999 is no JSON number)"),
        (b"\xff\xfe", "is no UTF-8"),
        (b"[" * 100_000, "is no JSON"),
        (b"[" * 150 + b"]" * 150, "is nested too deep"),
        (b"7", "$: is 7"),
        (b"[]", "is an empty array"),
        (b'["\\ud800"]', "$[0]: is '\\ud800'"),
        (b"1" * 5000, "is no JSON"),
    ],
    ids=str,
)
def test_a_file_that_is_no_recording_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """Any file can be given by mistake."""
    file = tmp_path / "wrong.json"
    file.write_bytes(content)

    with pytest.raises(UsageFault) as fault:
        load([file])
    assert said in str(fault.value)
    assert str(file) in str(fault.value)


def test_a_path_that_is_not_there_and_a_folder_without_traces_are_refused(tmp_path: Path) -> None:
    """To agree on nothing at all would look like agreement."""
    with pytest.raises(UsageFault, match="is not there"):
        load([tmp_path / "nothing.json"])
    with pytest.raises(UsageFault, match=r"has no \.json file"):
        load([tmp_path])


def test_a_folder_is_read_to_the_bottom_and_in_order(tmp_path: Path) -> None:
    """The order of results must not depend on the file system."""
    (tmp_path / "b").mkdir()
    (tmp_path / "x.json").mkdir()
    for name in ("b/2.json", "b/1.json", "a.json"):
        (tmp_path / name).write_text(json.dumps(BY_NAME["s01-local-set"]), encoding="utf-8")

    files = [Path(each.file).relative_to(tmp_path).as_posix() for each in load([tmp_path])]
    assert files == ["a.json", "b/1.json", "b/2.json"]


# --- the page that describes the format ----------------------------------------------------------


def test_the_first_trace_of_the_guide_replays() -> None:
    """Somebody will copy it."""
    trace = json.loads(_blocks("json")[0])
    check_trace(trace, At("guide"))
    found = compare(trace)
    assert (found.agreement, found.steps) == (Agreement.AGREE, 2)


def test_the_guide_names_every_operation_that_is_replayed() -> None:
    """What is not described cannot be recorded."""
    text = GUIDE.read_text(encoding="utf-8")
    for op in (*NEEDED, "gossip", "restart"):
        assert f"| `{op}` |" in text


def test_the_refusal_that_the_guide_shows_is_the_one_given(tmp_path: Path) -> None:
    """An example that is out of date teaches nothing."""
    trace = copy.deepcopy(BY_NAME["m02-concurrent-writes-swap"])
    trace["steps"][3]["op"]["msg"] = "B.9"
    shown = next(block for block in _blocks("text") if "B.9" in block)

    assert refusal(trace, tmp_path).partition(".json")[2] == shown.strip().partition(".json")[2]


def _blocks(language: str) -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return [block.partition("```")[0] for block in text.split(f"```{language}\n")[1:]]


# --- forms that a recorder may use ---------------------------------------------------------------


def test_the_bits_of_math_random_are_shared_by_all_nodes_and_come_in_two_forms() -> None:
    """Math.random is global: a bit that one node has used is gone. Spec: EXCH-7."""

    def digests(op: dict[str, Any]) -> list[list[str]]:
        """The order in which A and then B name their sources."""
        wrote = {"key": "k", "value": 1, "source_id": "S", "version": 1}
        nodes = [{"id": name, "mtu": 10, "max_history": 10, "sort": "base"} for name in "AB"]
        ops: list[dict[str, Any]] = [
            *({"op": "write", "node": name, "object": wrote} for name in "AB"),
            op,
            *({"op": "gossip", "node": name} for name in "AB"),
        ]
        steps = [{"op": each, "result": {"emitted": []}} for each in ops]
        trace: Any = {"format": "simple-scuttle-trace/1", "kind": "multi", "name": "bits"}
        trace |= {"nodes": nodes, "steps": steps}
        orders = []
        for number in (3, 4):
            check_trace(trace, At("bits.json"))
            found = compare(trace).difference
            assert found is not None
            assert found.step == number + 1
            lines = found.reference
            orders.append([line.get("id") for line in lines[:-1]])
            named = [
                {"msg": f"{'AB'[number - 3]}.{at}", "object": line}
                for at, line in enumerate(lines, 1)
            ]
            steps[number]["result"]["emitted"] = named
        return orders

    assert digests({"op": "random", "mode": [1]}) == [["S", "A"], ["B", "S"]]
    assert digests({"op": "random", "mode": {"bits": [0, 1]}}) == [["A", "S"], ["S", "B"]]
    assert digests({"op": "random", "mode": "reversed"}) == [["S", "A"], ["S", "B"]]


def test_a_message_that_only_the_recording_knows_is_a_difference() -> None:
    """Where the recorder left out what was emitted, a delivery may name what never was."""
    trace = copy.deepcopy(BY_NAME["m01-clean-exchange"])
    for step in trace["steps"]:
        step["result"].pop("emitted")
    assert compare(trace).agreement is Agreement.AGREE

    trace["steps"][3]["op"]["msg"] = "B.99"
    check_trace(trace, At("m01.json"))
    assert str(compare(trace).difference) == "at step 4 in op.msg"


@pytest.mark.parametrize("version", ["abc", "-inf", "1_0", "NaN", {"$undefined": True}, [], ...])
def test_a_query_above_no_number_answers_nothing(version: Any) -> None:
    """JavaScript compares with NaN; Python reads some of these as numbers. Spec: HIST-4."""
    assert _news_above(version) == []


@pytest.mark.parametrize("version", ["5", " 5.0 ", "5e0", 5])
def test_a_query_above_a_string_of_digits_is_one_above_a_number(version: Any) -> None:
    """As JavaScript coerces it. Spec: HIST-4."""
    assert [update["version"] for update in _news_above(version)] == [6]


def _news_above(version: Any) -> Any:
    trace = copy.deepcopy(BY_NAME["s81-news"])
    step = trace["steps"][3]
    set_member("op", "version")(step, version)
    step["result"]["returned"] = "?"
    found = compare(trace).difference
    assert found is not None
    return found.reference


# --- whatever is in a file -----------------------------------------------------------------------

JUNK: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53, 2**70, 1.5, "", "A", "zz", "multi", "insertion"),
    *("-Infinity", "NaN", [], {}, [[]], {"$undefined": True}, [0, 1], ["A", "B"], {"a": 1}),
    *("set", "gossip", "deliver", "write", "restart", [{"msg": "A.1"}], {"op": "set"}, "\ud800"),
]


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every member and item of a document, at any depth, as (holder, name)."""
    found: list[tuple[Any, Any]] = []
    rest = [document]
    while rest:
        part = rest.pop()
        items = part.items() if isinstance(part, dict) else enumerate(part)
        for name, value in items:
            found.append((part, name))
            if isinstance(value, dict | list):
                rest.append(value)
    return found


def _mutate(trace: Any, chance: random.Random) -> None:
    holder, name = chance.choice(_places(trace))
    if chance.random() < 0.3:
        del holder[name]
    else:
        holder[name] = copy.deepcopy(chance.choice(JUNK))


@pytest.mark.parametrize("seed", range(20))
def test_a_broken_trace_is_compared_and_drawn_or_refused_and_nothing_else(seed: int) -> None:
    """No file may show a traceback, whatever was deleted or put in its place. Spec: ERR-1."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    small = [trace for trace in TRACES if len(trace["steps"]) <= 12]
    outcomes = set()
    for _ in range(100):
        trace = copy.deepcopy(chance.choice(small))
        if trace.get("repair"):
            trace["repair"]["op"]["n"] = 1
        for _ in range(chance.choice([1, 1, 3])):
            _mutate(trace, chance)
        try:
            check_trace(trace, At("broken.json"))
            outcomes.add(compare(trace).agreement.value)
            outcomes.add("drawn" if "</svg>" in WRITERS[".svg"](recorded(trace)) else "")
        except UsageFault:
            outcomes.add("refused")
    assert outcomes >= {"disagree", "out-of-contract", "refused", "drawn"}
