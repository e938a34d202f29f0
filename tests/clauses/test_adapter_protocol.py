"""The adapter protocol: its values, what an answer may be, and the reference behind it."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import pytest

from scuttle_check.oracle.adapters.reference import CAPABILITIES, ReferenceAdapter, serve
from scuttle_check.oracle.protocol import (
    LINE_MAX,
    ErrorKind,
    ProtocolBreach,
    hello_from,
    reply_from,
    unknown_capabilities,
)
from scuttle_check.oracle.wire import UNDEFINED, line_of, parse
from scuttle_ref.profiles import PROFILES

SET = {"op": "set", "id": 2}


def reference(profile: str = "documented", **config: object) -> ReferenceAdapter:
    """The reference with two nodes in one process."""
    adapter = ReferenceAdapter(PROFILES[profile])
    nodes = [{"node": f"n{name}", "id": name, "config": config} for name in "AB"]
    assert ask(adapter, "init", nodes=nodes)["ok"] is True
    return adapter


def ask(adapter: ReferenceAdapter, op: str, **members: Any) -> dict[str, Any]:
    return adapter.answer({"op": op, "id": 7, **members})


def breach(line: bytes, request: dict[str, Any] = SET) -> ProtocolBreach:
    with pytest.raises(ProtocolBreach) as refused:
        reply_from(line, request)
    return refused.value


@pytest.mark.parametrize(
    "value",
    [0, 1.5, "x", None, True, [1, [2]], {"a": {"b": []}}, 2**53 + 1, -(2**70), math.inf, -math.inf],
)
def test_a_value_survives_its_way_through_a_line(value: object) -> None:
    """What JSON cannot say must arrive as it was sent. Spec: ADP-7."""
    assert parse(line_of({"v": value})) == {"v": value}


def test_zero_below_zero_and_what_is_no_number_survive() -> None:
    """Both compare as if they were something else. Spec: ADP-7."""
    told = parse(line_of({"zero": -0.0, "nan": math.nan, "nothing": UNDEFINED}))
    assert math.copysign(1, told["zero"]) == -1
    assert math.isnan(told["nan"])
    assert told["nothing"] is UNDEFINED


@pytest.mark.parametrize(
    "line",
    [b"NaN", b'{"a":Infinity}', b"1e999", b"\xff", b"", b"[" * 5000, b'{"$num":"x"}',
     b'{"$int":"12a"}', b'{"re":2,"ok":true} {}'],
)  # fmt: skip
def test_what_is_no_strict_json_is_refused(line: bytes) -> None:
    """Python reads NaN and 1e999; other languages do not. Spec: ADP-1."""
    assert breach(line).clause == "ADP-1"


@pytest.mark.parametrize(
    ("line", "path", "clause"),
    [
        (b"[]", "$", "ADP-1"),
        (b'{"ok":true}', "$.re", "ADP-2"),
        (b'{"re":3,"ok":true}', "$.re", "ADP-2"),
        (b'{"re":true,"ok":true}', "$.re", "ADP-2"),
        (b'{"re":2}', "$.ok", "ADP-2"),
        (b'{"re":2,"ok":1}', "$.ok", "ADP-2"),
        (b'{"re":2,"ok":true,"outt":[]}', "$.outt", "ADP-6"),
        (b'{"re":2,"ok":true,"out":{}}', "$.out", "ADP-4"),
        (b'{"re":2,"ok":true,"out":[{"to":1,"message":{}}]}', "$.out[0].to", "ADP-4"),
        (b'{"re":2,"ok":true,"events":{}}', "$.events", "ADP-4"),
        (b'{"re":2,"ok":true,"events":[{}]}', "$.events[0]", "ADP-4"),
        (b'{"re":2,"ok":false}', "$.error", "ADP-5"),
        (b'{"re":2,"ok":false,"error":{"kind":"oops"}}', "$.error.kind", "ADP-5"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_path_and_clause(
    line: bytes, path: str, clause: str
) -> None:
    """An author sees which member of which answer to mend. Spec: ADP-2, ADP-4, ADP-5, ADP-6."""
    found = breach(line)
    assert (found.path, found.clause) == (path, clause)


def test_an_envelope_names_the_peer_and_a_bare_message_does_not() -> None:
    """Both forms are allowed; a bare one goes to whoever is answered. Spec: ADP-4."""
    line = b'{"re":2,"ok":true,"out":[{"to":"B","message":{"digest":true}},{"digest":true}]}'
    one, other = reply_from(line, SET).out
    assert (one.to, other.to) == ("B", None)
    assert one.message == other.message == {"digest": True}


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_each_kind_of_error_is_understood(kind: ErrorKind) -> None:
    """Definite and indefinite failures are judged differently. Spec: ADP-5."""
    document = {"re": 2, "ok": False, "error": {"kind": kind.value, "name": "E", "message": "no"}}
    error = reply_from(json.dumps(document).encode(), SET).error
    assert error is not None
    assert str(error) == f"{kind.value} (E: no)"


@pytest.mark.parametrize(
    ("member", "value"),
    [("version", 2), ("sut", {}), ("capabilities", "set"), ("timeouts", {"request": -1})],
)
def test_a_hello_that_does_not_introduce_itself_is_refused(member: str, value: object) -> None:
    """Everything afterwards rests on it. Spec: ADP-3."""
    good = ask(reference(), "hello")
    hello = reply_from(line_of({**good, member: value}), {"op": "hello", "id": 7})
    with pytest.raises(ProtocolBreach) as refused:
        hello_from(hello)
    assert refused.value.clause == "ADP-3"


def test_the_reference_introduces_itself() -> None:
    """The control must pass what others must pass. Spec: ADP-3, ADP-8."""
    hello = hello_from(reply_from(line_of(ask(reference(), "hello")), {"op": "hello", "id": 7}))
    assert hello.can(*(each for each in CAPABILITIES if ":" not in each))
    assert "lww_total" in hello.named("resolver")
    assert unknown_capabilities(hello) == []


@pytest.mark.parametrize(
    ("operation", "members", "kind"),
    [
        ("frobnicate", {}, "unsupported"),
        ("set", {"node": "nowhere", "key": "k", "value": 1}, "malformed"),
        ("set", {"node": "nA"}, "malformed"),
        ("set", {"node": "nA", "key": "__proto__", "value": 1}, "rejected"),
        ("write", {"node": "nA", "message": {"key": "k"}}, "rejected"),
        ("write", {"node": "nA", "message": "{"}, "rejected"),
        ("init", {"nodes": [{"node": "n", "id": "A", "config": {"sort": "x"}}]}, "unsupported"),
        ("init", {"nodes": [{"node": "n", "id": "", "config": {}}]}, "rejected"),
        ("init", {"nodes": [{"node": "n", "id": "A", "config": {"mtu": "2"}}]}, "rejected"),
    ],
)
def test_the_reference_says_why_not(operation: str, members: dict[str, Any], kind: str) -> None:
    """An operation that is not known is no crash. Spec: ADP-5, ADP-6, ADP-9."""
    assert ask(reference(), operation, **members)["error"]["kind"] == kind


def test_members_that_nobody_knows_are_ignored_by_an_adapter() -> None:
    """Later oracles may say more. Spec: ADP-6."""
    assert ask(reference(), "set", node="nA", key="k", value=1, colour="red")["ok"] is True


def test_an_exchange_through_the_protocol_brings_a_value_across() -> None:
    """The whole path of a message, as the oracle plays it. Spec: ADP-4."""
    adapter = reference()
    ask(adapter, "set", node="nA", key="k", value=[1, {"a": None}])
    for asked in ask(adapter, "gossip", node="nB", peer="A")["out"]:
        heard = ask(adapter, "write", node="nA", **{"from": "B"}, message=asked["message"])
        for answer in heard["out"]:
            assert answer["to"] == "B"
            ask(adapter, "write", node="nB", **{"from": "A"}, message=answer["message"])
    assert ask(adapter, "get", node="nB", key="k")["result"]["value"] == [1, {"a": None}]


def test_messages_wait_when_the_oracle_reads_by_hand() -> None:
    """Back-pressure needs a consumer that does not read. Spec: ADP-4."""
    adapter = ReferenceAdapter(PROFILES["documented"])
    ask(adapter, "init", nodes=[{"node": "n", "id": "A", "config": {}, "drain": "manual"}])
    assert ask(adapter, "gossip", node="n", peer="B")["out"] == []
    assert len(ask(adapter, "read", node="n", max=1)["out"]) == 1
    assert len(ask(adapter, "read", node="n", max=9)["out"]) == 1


@pytest.mark.parametrize(("stored", "wins"), [(1, True), (3, False)])
def test_a_resolver_by_itself_sees_only_the_view(stored: int, wins: bool) -> None:
    """A law kit asks without a node. Spec: ADP-10."""
    view = {"id": "A", "state": {"k": {"value": 0, "version": stored}}, "clock": {"B": 1}}
    update = {"key": "k", "value": 1, "source_id": "B", "version": 2}
    told = ask(reference(), "resolve", resolver="lww_vs_current_vers", view=view, update=update)
    assert told["result"] is wins


def test_the_reference_ends_at_bye_and_survives_lines_that_are_none() -> None:
    """What stands after bye is never read. Spec: ADP-1, ADP-11."""
    asked = io.BytesIO(b'nonsense\n[]\n{"op":"bye","id":0}\n{"op":"hello","id":1}\n')
    answered = io.BytesIO()
    serve(reference(), asked, answered)
    lines = answered.getvalue().splitlines()
    assert [json.loads(line)["ok"] for line in lines] == [False, False, True]
    assert max(map(len, lines)) < LINE_MAX


def test_nodes_of_one_process_share_what_they_remember_of_digests_as_shipped() -> None:
    """Two nodes behind one adapter are two nodes in one process. Spec: DEV-9."""
    adapter = reference("as-shipped")
    ask(adapter, "set", node="nB", key="k", value=1)
    ask(adapter, "write", node="nA", message={"digest": True, "source_id": "B", "version": 0})
    told = ask(adapter, "write", node="nB", message={"digest": True, "done": True})
    assert told["out"] == []
