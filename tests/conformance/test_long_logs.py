"""Logs in which every receipt is told: of any kind, of every profile, right and wrong."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner

from scuttle_check.base.errors import UsageFault
from scuttle_check.cli.conform_trace import command
from scuttle_check.oracle.logs.accept import Given, Judged, judge
from scuttle_check.oracle.logs.reading import read_log, streamed
from scuttle_ref.profiles import PROFILES
from tests.conformance.drawn_logs import Line, drawn, words

GIVEN = Given(seconds_max=20)
THIN = ["-", "gossip", "gossip,marks", "gossip,sends", "sends", "gossip,lag"]
TROUBLES = ["-", "loss", "duplicate", "unordered", "restart", "outside", "small"]


def verdict_on(lines: Sequence[Line], folder: Path, **header: Any) -> Judged:
    """The verdict on these lines, read from a file."""
    path = folder / "run.jsonl"
    kept = [{**lines[0], **header}, *lines[1:]]
    path.write_text("\n".join(map(json.dumps, kept)), encoding="utf-8")
    return judge(read_log(path), None, GIVEN)


def kinds_of_logs() -> Iterator[tuple[str, str, str]]:
    for at, profile in enumerate(PROFILES):
        for thin in THIN:
            trouble = TROUBLES[(at + THIN.index(thin)) % len(TROUBLES)]
            yield profile, thin, trouble


@pytest.mark.parametrize("order", ["total", "per-node"])
@pytest.mark.parametrize(("profile", "thin", "trouble"), list(kinds_of_logs()))
def test_a_run_that_was_is_never_rejected(
    tmp_path: Path, profile: str, thin: str, trouble: str, order: str
) -> None:
    """Whatever is left out, and whatever happened to it. Spec: OBS-6, OBS-7."""
    clock = {"clock"} if profile == "scuttlebutt" else set[str]()
    lines, _ = drawn(
        150, words(thin) | {order} - {"total"}, words(trouble) | clock, profile, seed=5
    )
    judged = verdict_on(lines, tmp_path)
    assert judged.verdict != "rejected", (judged.event, judged.miss)
    if "sends" not in thin and not (trouble == "restart" and order == "per-node"):
        assert judged.verdict == "accepted", (judged.because, judged.event, judged.miss)


@pytest.mark.parametrize("order", ["total", "per-node"])
@pytest.mark.parametrize("thin", ["-", "gossip", "gossip,marks"])
@pytest.mark.parametrize("profile", ["documented", "textbook", "paper"])
def test_the_line_that_was_made_wrong_is_the_one_that_is_named(
    tmp_path: Path, profile: str, thin: str, order: str
) -> None:
    """With both values. Spec: OBS-6, OBS-7."""
    for seed in range(3):
        kind = words(thin) | {order} - {"total"}
        lines, wrong = drawn(300, kind, frozenset(), profile, seed, by=1_000)
        judged = verdict_on(lines, tmp_path)
        assert judged.verdict == "rejected", judged.because
        assert judged.event is not None
        assert judged.event.number == wrong
        assert judged.miss is not None
        assert judged.miss.mismatch.path != "$"


def test_a_log_is_judged_while_it_is_read(tmp_path: Path) -> None:
    """Twice as long, and no more memory. Spec: OBS-9."""
    peaks = []
    for events in (6_000, 12_000):
        lines, _ = drawn(events, frozenset(), frozenset(), "textbook", seed=1)
        path = tmp_path / "run.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        del lines
        log, read = streamed(path)
        tracemalloc.start()
        judged = judge(log, read, attrs.evolve(GIVEN, keeps=False))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (judged.verdict, judged.matched) == ("accepted", judged.events)
    assert peaks[1] < 1.3 * peaks[0], peaks


def test_time_that_is_up_leaves_the_beginning_that_could_be_explained(tmp_path: Path) -> None:
    """Neither accepted nor rejected. Spec: OBS-6."""
    lines, _ = drawn(6_000, frozenset(), frozenset(), "documented", seed=1)
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    log, read = streamed(path)
    judged = judge(log, read, Given(seconds_max=0, keeps=False))
    assert (judged.verdict, judged.because) == ("inconclusive", "the time was up")
    assert judged.matched == 5_000


def test_what_is_left_out_is_counted_by_kind(tmp_path: Path) -> None:
    """Exchanges and losses that the log does not tell. Spec: OBS-3."""
    lines, _ = drawn(300, words("gossip"), words("loss"), "documented", seed=2)
    told, _ = drawn(300, frozenset(), words("loss"), "documented", seed=2)
    exchanges = sum(line.get("ev") == "gossip" for line in told)
    supplied = dict(verdict_on(lines, tmp_path).supplied)
    assert supplied["gossip"] == exchanges
    assert supplied["lost"] > 0


HEAD: Line = {
    "format": "scuttle-trace/1",
    "profile": "documented",
    "nodes": {"n1": {"id": "A"}, "n2": {"id": "B"}},
    "silent": [],
}


@pytest.mark.parametrize(
    ("header", "events", "said"),
    [
        ('{"format": "scuttle-trace/1", "nodes": {"n1": {}, "n1": {}}}', [], "it says 'n1' twice"),
        (
            json.dumps({**HEAD, "nodes": {"n1": {"id": "A"}, "n2": {"id": "A"}}}),
            [],
            "$.nodes.n2.id: is 'A', which is the id of n1",
        ),
        (
            json.dumps(HEAD),
            [{"node": "n1", "ev": "crash", "seq": 2}, {"node": "n1", "ev": "restart", "seq": 1}],
            "line 3: $.seq: is 1, and 2 of n1 stands before it",
        ),
        (json.dumps(HEAD), [{"node": "n1", "ev": "crash", "note": "x" * 2**21}], "is too long"),
        (
            json.dumps({**HEAD, "silent": ["deliver"], "complete": ["recv"]}),
            [],
            "$.complete: promises what silent (deliver) takes back",
        ),
    ],
)
def test_a_log_that_contradicts_itself_is_refused(
    tmp_path: Path, header: str, events: list[Line], said: str
) -> None:
    """Two nodes of one name, an order that goes back, a line without end.

    Spec: OBS-9, OBS-10, OBS-11.
    """
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join([header, *map(json.dumps, events)]), encoding="utf-8")
    with pytest.raises(UsageFault) as refused:
        read_log(path)
    assert said in str(refused.value)


def test_a_clock_that_goes_back_is_told_with_both_readings(tmp_path: Path) -> None:
    """It is the profile that does not take it. Spec: NPM-2, OBS-1."""
    head = {**HEAD, "profile": "scuttlebutt"}
    puts = [
        {"node": "n1", "ev": "set", "key": "k", "value": at, "now": now}
        for at, now in enumerate((7, 5))
    ]
    judged = verdict_on([head, *puts], tmp_path)
    assert judged.verdict == "rejected"
    assert judged.miss is not None
    assert "is 5, and 7 has been stamped" in judged.miss.mismatch.expected


def test_a_case_of_others_is_accepted_as_its_longer_form_is(tmp_path: Path) -> None:
    """A silent exchange does not commute with a receipt whose answer goes onto the same link.

    It was rejected, while the same run with its two gossip lines was accepted. Spec: OBS-6.
    """
    lines: list[Line] = [
        {"node": "A", "ev": "gossip", "to": "B"},
        {"node": "B", "ev": "set", "key": "x", "value": 1},
        {"node": "B", "ev": "gossip", "to": "A"},
        {"node": "B", "ev": "recv", "from": "A", "msg": digest("A", 0)},
        {"node": "B", "ev": "recv", "from": "A", "msg": {"digest": True, "done": True}},
        {"node": "A", "ev": "recv", "from": "B", "msg": digest("B", 1)},
        {"node": "A", "ev": "recv", "from": "B", "msg": {"digest": True, "done": True}},
        {"node": "A", "ev": "recv", "from": "B", "msg": update("B", 1)},
    ]
    head = {**HEAD, "nodes": {"A": {}, "B": {}}, "silent": ["gossip"], "max_silent": 12}
    assert verdict_on([head, *lines], tmp_path, silent=[]).verdict == "accepted"
    untold = [line for line in lines if line["ev"] != "gossip"]
    assert verdict_on([head, *untold], tmp_path).verdict == "accepted"


def digest(source: str, version: int) -> Line:
    return {"digest": True, "source_id": source, "version": version}


def update(source: str, version: int) -> Line:
    return {"key": "x", "value": 1, "source_id": source, "version": version}


def test_lines_in_the_order_of_each_node_only_are_said_to_be_that(tmp_path: Path) -> None:
    """The log of one node behind that of the other is no total order. Spec: OBS-2, OBS-8."""
    lines, _ = drawn(120, frozenset({"per-node"}), frozenset(), "documented", seed=1)
    lines[0]["order"] = "total"
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ran = CliRunner().invoke(command, [str(path)])
    assert ran.exit_code == 1
    assert 'try: the same lines are accepted with "order": "per-node"' in ran.output


@pytest.mark.parametrize("profile", ["documented", "textbook", "paper"])
def test_arrivals_that_nobody_told_are_found_in_a_prompt_network(
    tmp_path: Path, profile: str
) -> None:
    """Hundreds of events, and no search for all runs. Spec: OBS-12."""
    thin = frozenset({"deliver", "prompt", "states"})
    lines, _ = drawn(3_500, thin, frozenset(), profile, seed=3)
    judged = verdict_on(lines, tmp_path)
    assert judged.events > 250
    assert judged.verdict == "accepted", (judged.because, judged.event, judged.miss)


def test_no_wrong_log_without_arrivals_is_accepted(tmp_path: Path) -> None:
    """Not by one that is wrong by far, and not by one that is wrong by one. Spec: OBS-5, OBS-12."""
    for seed in range(4):
        for by in (1, 1_000):
            thin = frozenset({"deliver", "states"})
            lines, wrong = drawn(160, thin, frozenset(), "documented", seed, by)
            if wrong:
                path = tmp_path / "run.jsonl"
                path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
                judged = judge(read_log(path), None, Given(2_000, seconds_max=2))
                assert judged.verdict != "accepted"
                assert by == 1 or judged.verdict == "rejected"
