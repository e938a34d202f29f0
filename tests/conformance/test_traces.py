"""Logs of real runs: what the profile allows is accepted, what it does not is rejected."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.oracle.logs.accept import Judged, accept
from scuttle_check.oracle.logs.exhaust import exhaust
from scuttle_check.oracle.logs.reading import read_log
from scuttle_check.oracle.logs.renaming import read_renaming
from scuttle_check.oracle.logs.telling import state_document
from scuttle_check.oracle.mutants.mutants import MUTANTS
from scuttle_check.oracle.vectors.steps import document
from scuttle_ref.messages import Event, Exchange, Message, Put, Received
from scuttle_ref.outputs import Recorded, Send
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK
from scuttle_ref.reducer import Gossip

Line = dict[str, Any]
HEAD: Line = {
    "format": "scuttle-trace/1",
    "profile": "documented",
    "nodes": {"n1": {"id": "A"}, "n2": {"id": "B"}},
}
SET: Line = {"node": "n1", "ev": "set", "key": "age", "value": 100}
DIGEST = {"digest": True, "source_id": "B", "version": 0}
SEND: Line = {"node": "n2", "ev": "send", "to": "n1", "mid": "m1", "msg": DIGEST}
RECV: Line = {"node": "n1", "ev": "recv", "from": "n2", "mid": "m1"}


def holds(value: object, version: int) -> Line:
    """What n2 holds under the key."""
    return {"node": "n2", "ev": "state", "state": {"age": {"value": value, "version": version}}}


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Judged]:
    """Write lines into a file and judge it."""

    def judged(lines: Sequence[Mapping[str, Any]], states_max: int = 20_000) -> Judged:
        path = tmp_path / "run.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        return accept(read_log(path), states_max)

    return judged


def test_what_is_not_in_the_log_is_found(judge: Callable[..., Judged]) -> None:
    """The update travels in messages that nobody wrote down. Spec: OBS-1, OBS-3, OBS-5."""
    judged = judge([HEAD, SET, SEND, RECV, holds(100, 1)])
    assert judged.verdict == "accepted"
    assert judged.matched == judged.events == 4
    assert any("age=100@A1 from n1 to n2 arrives" in step for step in judged.run)


def test_what_no_run_has_is_rejected_with_the_nearest_miss(judge: Callable[..., Judged]) -> None:
    """The event, the field, and what it should have been. Spec: OBS-6."""
    judged = judge([HEAD, SET, SEND, RECV, holds(100, 2)])
    assert judged.verdict == "rejected"
    assert judged.event is not None
    assert (judged.event.number, judged.event.line, judged.matched) == (4, 5, 3)
    assert judged.miss is not None
    assert str(judged.miss.mismatch) == "$.state.age.version: expected 1, got 2"


@pytest.mark.parametrize(
    ("header", "lines", "verdict"),
    [
        ({}, [RECV], "accepted"),
        ({"silent": []}, [RECV], "rejected"),
        ({}, [SET, holds(100, 1)], "accepted"),
        ({"silent": ["gossip"]}, [SET, holds(100, 1)], "rejected"),
        ({"max_silent": 1}, [SET, holds(100, 1)], "rejected"),
        ({}, [SET, holds(None, 1)], "rejected"),
        ({}, [holds(100, 1), SET], "rejected"),
        ({"order": "per-node"}, [holds(100, 1), SET], "accepted"),
        ({}, [], "inconclusive"),
        ({}, [SET, {"node": "n1", "ev": "crash"}, holds(100, 1)], "accepted"),
        ({}, [{"node": "n1", "ev": "crash"}, SET], "rejected"),
        ({}, [SET, {"node": "n1", "ev": "restart", "how": "amnesia"}, holds(100, 1)], "accepted"),
        ({}, [SET, {"node": "n1", "ev": "update", "update": {"version": 1}}], "accepted"),
        ({}, [SET, {"node": "n1", "ev": "update", "update": {"version": 2}}], "rejected"),
        ({}, [SET, {"node": "n1", "ev": "compaction"}], "rejected"),
        ({}, [SET, {"node": "n1", "ev": "state", "clock": {"A": 1}, "partial": False}], "accepted"),
        ({}, [{**SET, "key": "toString"}], "rejected"),
        ({}, [{**RECV, "from": "stranger", "msg": {"digest": True, "done": True}}], "accepted"),
        ({}, [{**RECV, "from": "stranger"}], "rejected"),
        ({}, [{"node": "n1", "ev": "gossip"}, {**RECV, "node": "n2", "from": "n1"}], "accepted"),
        ({"silent": []}, [SEND, RECV], "rejected"),
        ({"silent": ["gossip"]}, [SEND, RECV, RECV], "rejected"),
        ({"silent": ["gossip", "duplicate"]}, [SEND, RECV, RECV], "accepted"),
        ({"silent": ["gossip"]}, [SEND, {**RECV, "ev": "drop"}, RECV], "rejected"),
        ({"silent": ["gossip"]}, [SEND, {**RECV, "mid": "m2"}], "accepted"),
        (
            {"silent": ["gossip"], "complete": ["send"]},
            [SEND, {**RECV, "mid": "m2"}],
            "rejected",
        ),
    ],
)
def test_a_log_is_judged_by_order_kinds_and_bounds(
    judge: Callable[..., Judged], header: Line, lines: list[Line], verdict: str
) -> None:
    """One line changes the answer, and it is the line that should. Spec: OBS-2, OBS-3, OBS-5."""
    assert judge([{**HEAD, **header}, *lines]).verdict == verdict


def test_too_many_runs_are_inconclusive_and_never_rejected(judge: Callable[..., Judged]) -> None:
    """What was not tried is not known. Spec: OBS-6."""
    shown = {**holds(100, 1), "clock": {"A": 7}}
    judged = judge([HEAD, SET, SEND, shown], 50)
    assert judged.verdict == "inconclusive"
    assert "50 runs" in judged.because
    assert judged.advice.startswith("tell the receipt of every message")


FULL = ("gossip", "send", "recv", "drop", "update", "state")
WATCHED = {
    "everything": (FULL, []),
    "no arrivals": (("gossip", "drop", "state"), ["deliver"]),
    "states only": (("state",), ["gossip", "deliver", "drop"]),
}


def simulated(  # noqa: C901 - a small machine, read from top to bottom
    gossip: Gossip, seed: int, kept: Sequence[str], steps: int
) -> list[Line]:
    """A random run of two nodes, as a log that tells events of the kinds `kept`."""
    rng = random.Random(seed)  # noqa: S311 - a schedule
    nodes = {node: gossip.start(node) for node in "AB"}
    flight: dict[str, list[tuple[int, Message]]] = {node: [] for node in nodes}
    lines: list[Line] = []
    sent = 0

    def tell(node: str, kind: str, **members: object) -> None:
        if kind in kept or kind == "set":
            lines.append({"node": node, "ev": kind, **members})

    def react(node: str, event: Event) -> None:
        nonlocal sent
        step = gossip.step(nodes[node], event)
        nodes[node] = step.state
        for output in step.outputs:
            if isinstance(output, Send):
                sent += 1
                flight[output.to].append((sent, output.message))
                tell(node, "send", to=output.to, mid=sent, msg=document(output.message))
            if isinstance(output, Recorded):
                tell(node, "update", update={"key": output.update.key})

    for at in range(steps):
        node, peer = rng.choice(("AB", "BA"))
        queue, chance = flight[node], rng.random()
        if chance < 0.25:
            tell(node, "set", key=rng.choice("kj"), value=at)
            react(node, Put(lines[-1]["key"], at))
        elif chance < 0.45 or not queue:
            tell(node, "gossip", to=peer)
            react(node, Exchange(peer))
        elif chance < 0.5:
            tell(node, "drop", **{"from": peer, "mid": queue.pop(0)[0]})
        else:
            mid, message = queue.pop(0)
            tell(node, "recv", **{"from": peer, "mid": mid, "msg": document(message)})
            react(node, Received(peer, message))
    for node, state in nodes.items():
        told = state_document(state)
        tell(node, "state", state=told["state"], clock=told["clock"])
    return lines


def header(profile: Profile, silent: Sequence[str], order: str) -> Line:
    nodes: Line = {"A": {"id": "A"}, "B": {"id": "B"}}
    return {**HEAD, "profile": profile.name, "nodes": nodes, "silent": silent, "order": order}


@pytest.mark.parametrize("order", ["total", "per-node"])
@pytest.mark.parametrize("watched", WATCHED)
def test_no_log_of_the_reference_is_ever_rejected(
    judge: Callable[..., Judged], watched: str, order: str
) -> None:
    """A false alarm would send somebody looking for a bug that is not there. Spec: OBS-6."""
    kept, silent = WATCHED[watched]
    verdicts = []
    for seed in range(16):
        profile = (DOCUMENTED, AS_SHIPPED, TEXTBOOK, PAPER)[seed % 4]
        lines = simulated(Gossip(profile), seed, kept, 14 if watched == "everything" else 7)
        verdicts.append(judge([header(profile, silent, order), *lines], 3_000).verdict)
    assert "rejected" not in verdicts
    assert verdicts.count("accepted") >= (16 if watched == "everything" else 8), verdicts


def test_logs_of_mutants_are_rejected(judge: Callable[..., Judged]) -> None:
    """A log of everything shows most mistakes within a few dozen steps, whoever made them."""
    told = [each for each in MUTANTS if each.point not in {"connect", "disconnect"}]  # not in logs
    mutants = [mutant for mutant in told if mutant.base in {DOCUMENTED, TEXTBOOK}]
    caught = 0
    for mutant in mutants:
        for seed in range(6):
            lines = simulated(Gossip(mutant.profile), seed, FULL, 25)
            judged = judge([header(mutant.base, [], "total"), *lines])
            assert judged.verdict != "inconclusive"
            if judged.verdict == "rejected":
                caught += 1
                break
    assert caught >= 0.6 * len(mutants), (caught, len(mutants))


def test_a_foreign_log_is_read_with_a_map(tmp_path: Path) -> None:
    """Their words for ours, a header of our own, and events to ignore. Spec: OBS-4."""
    words = tmp_path / "words.toml"
    words.write_text(
        """
        [trace]
        profile = "documented"
        nodes = {n1 = {id = "A"}, n2 = {id = "B"}}
        [fields]
        node = "host"
        ev = "what"
        "msg.source_id" = "payload.origin"
        [events]
        set = ["WRITE"]
        send = "out"
        [ignore]
        events = ["heartbeat"]
        """,
        encoding="utf-8",
    )
    log = tmp_path / "run.jsonl"
    lines: list[Line] = [
        {"host": "n1", "what": "WRITE", "key": "age", "value": 100},
        {"what": "heartbeat"},
        {"host": "n2", "what": "out", "to": "n1", "payload": {"origin": "B"}},
    ]
    log.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert accept(read_log(log, read_renaming(words))).verdict == "accepted"
    log.write_text(log.read_text(encoding="utf-8").replace('"B"', '"C"'), encoding="utf-8")
    assert accept(read_log(log, read_renaming(words))).verdict == "rejected"


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["{"], "line 1: $: is no JSON"),
        (["[]"], "line 1: $: is []"),
        (['{"node": "n1"}'], "line 1: $: is no header"),
        ([json.dumps({**HEAD, "format": "x/2"})], '$.format: is "x/2"'),
        ([json.dumps({**HEAD, "profile": "nobody's"})], "line 1: $.profile: is"),
        ([json.dumps({**HEAD, "nodes": {}})], "$.nodes: is missing"),
        ([json.dumps({**HEAD, "nodes": {"n1": {"id": "__proto__"}}})], "$.nodes.n1.id"),
        ([json.dumps({**HEAD, "nodes": {"n1": {"config": {"mtu": "x"}}}})], "$.nodes.n1.config"),
        ([json.dumps({**HEAD, "silent": ["set"]})], "$.silent"),
        ([json.dumps({**HEAD, "max_silent": -1})], "$.max_silent"),
        ([json.dumps({**HEAD, "order": ["total"]})], "$.order"),
        ([json.dumps(HEAD), '{"node": ["n1"], "ev": "set"}'], "line 2: $.node"),
        ([json.dumps(HEAD), '{"node": "n1", "ev": {}}'], "line 2: $.ev"),
        (
            [json.dumps(HEAD), '{"node": "n1", "ev": "set", "key": "k"}'],
            "lacks its key or its value",
        ),
        ([json.dumps(HEAD), '{"node": "n1", "ev": "recv", "msg": 5}'], "line 2: $.msg: is 5"),
        ([json.dumps(HEAD), '{"node": "n1", "ev": "recv", "msg": 5}'], "expected: an object"),
        ([json.dumps(HEAD), '{"node": "n1", "ev": "compaction", "length": true}'], "$.length"),
        ([json.dumps(HEAD), '{"node": "n1", "ev": "restart", "how": "x"}'], "$.how"),
        ([json.dumps(HEAD), "NaN"], "line 2: $: is no JSON"),
    ],
)
def test_a_bad_log_is_refused_with_its_line_and_path(
    tmp_path: Path, lines: list[str], path: str
) -> None:
    """Logs are written by programs that nobody tested; each fault has a place."""
    log = tmp_path / "run.jsonl"
    log.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageFault) as refused:
        read_log(log)
    assert path in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[", "is no TOML"), ("[other]", "no table of a map"), ("[fields]\nnode = 5", "fields.node")],
)
def test_a_bad_map_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A map is read before the log, and its fault is not blamed on the log."""
    words = tmp_path / "words.toml"
    words.write_text(text, encoding="utf-8")
    with pytest.raises(UsageFault) as refused:
        read_renaming(words)
    assert said in str(refused.value)


def lossy_log(lost: int, max_silent: int, silent: Sequence[str] = ("drop",)) -> list[Line]:
    """n1 answers with three updates, of which the first `lost` are lost without a word."""
    done = {"digest": True, "done": True}
    update = {"key": f"k{lost}", "value": lost, "source_id": "A", "version": lost + 1}
    return [
        {**HEAD, "silent": list(silent), "max_silent": max_silent},
        *({**SET, "key": f"k{at}", "value": at} for at in range(3)),
        {"node": "n2", "ev": "gossip"},
        {**RECV, "mid": "m0", "msg": DIGEST},
        {**RECV, "mid": "m1", "msg": done},
        {"node": "n2", "ev": "recv", "from": "n1", "msg": update},
    ]


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("max_silent", [0, 1, 2, 3])
def test_as_many_messages_are_lost_in_silence_as_the_log_allows(
    judge: Callable[..., Judged], lost: int, max_silent: int
) -> None:
    """None, one below the limit, the limit, and one beyond. Spec: OBS-3, OBS-6."""
    judged = judge(lossy_log(lost, max_silent))

    assert judged.verdict == ("accepted" if lost <= max_silent else "rejected")
    assert judged.matched == judged.events - (lost > max_silent)
    if lost > max_silent:
        assert judged.event is not None
        assert (judged.event.kind, judged.event.line) == ("recv", judged.events + 1)
        assert judged.miss is not None
        assert str(judged.miss.mismatch) == (
            f"$: expected at most {max_silent} unlogged steps before it (max_silent), "
            f"got a run that needs {lost}"
        )


@pytest.mark.parametrize(
    ("max_silent", "verdict"), [(0, "rejected"), (1, "rejected"), (2, "accepted")]
)
def test_silent_steps_have_a_budget_before_each_event(
    judge: Callable[..., Judged], max_silent: int, verdict: str
) -> None:
    """An exchange before the write; done there and the update back behind it. Spec: OBS-3."""
    judged = judge([HEAD | {"max_silent": max_silent}, SET, holds(100, 1)])

    assert (judged.verdict, judged.matched) == (verdict, 1 + (verdict == "accepted"))


def test_what_a_log_tells_to_be_lost_costs_nothing(judge: Callable[..., Judged]) -> None:
    """The budget is for what is not told. Spec: OBS-3."""
    assert judge(lossy_log(1, 0, ())).verdict == "rejected"
    told = lossy_log(1, 0, ())
    first = {"key": "k0", "value": 0, "source_id": "A", "version": 1}
    told.insert(-1, {"node": "n2", "ev": "drop", "from": "n1", "msg": first})

    assert judge(told).verdict == "accepted"


@pytest.mark.parametrize(("states_max", "verdict"), [(1, "inconclusive"), (2, "accepted")])
def test_as_many_runs_are_followed_as_are_allowed(
    tmp_path: Path, states_max: int, verdict: str
) -> None:
    """The start and what comes of it: two, and one is too few. Spec: OBS-6."""
    path = tmp_path / "run.jsonl"
    path.write_text(f"{json.dumps({**HEAD, 'silent': []})}\n{json.dumps(SET)}", encoding="utf-8")
    judged = exhaust(read_log(path), states_max)

    assert judged.verdict == verdict
    assert judged.because == ("" if states_max > 1 else "more than 1 runs were possible")


def test_a_log_without_events_says_nothing(judge: Callable[..., Judged]) -> None:
    """Neither is accepted nor rejected; one run is possible: nothing. Spec: OBS-6."""
    judged = judge([HEAD])

    assert (judged.verdict, judged.because) == ("inconclusive", "the log has no event")
    assert (judged.matched, judged.events, judged.candidates) == (0, 0, 1)
