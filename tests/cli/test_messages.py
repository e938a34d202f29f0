"""What nodes and pages say to others, a line or an answer at a time, follows its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from every_kind import KINDS
from followed import SCHEMAS, faults, follows

from scuttle_check.cli.node import DIALECTS
from scuttle_check.cli.node_shell import Shell
from scuttle_check.explorer.answers import Answers
from scuttle_check.explorer.sources import open_file
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.names import NEVER
from scuttle_ref.node import Node
from scuttle_ref.node.transport import Transport
from scuttle_ref.wire import message_to_json


def test_lines_between_nodes() -> None:
    """Every kind of message in every dialect; nothing else. Spec: WIRE-1, WIRE-2, WIRE-3."""
    messages = (
        Update("A", "k", {"a": [None]}, 1),
        Digest("A", NEVER),
        Digest("A", 7),
        DigestDone(),
        DigestDone(returned=True),
    )
    for dialect in DIALECTS.values():
        for message in messages:
            line = message_to_json(message, dialect)
            assert faults("wire", line) == []
            for wrong in ({**line, "colour": 1}, {**line, "version": "many"}, {}):
                assert faults("wire", wrong)


def test_whatever_a_node_tells_its_owner(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command and each event, as a line. Spec: NODE-9."""
    node = Node("A")
    shell = Shell(node, as_json=True)
    transport = Transport(node, tell=shell.happened)
    for line in ("set k 1", "set k {}", "get k", "get q", "show", "peers", "help", "fly", "gossip"):
        assert shell.carry_out(line, transport)
    node.write(Update("", "k", 1, 1), "B")
    happen = ("connected", "disconnected", "malformed", "refused", "unreachable")
    for event in (*happen, "fault", "forgot", "gap"):
        transport.tell(event, "127.0.0.1:1", "")
    shell.say("listening", "", id="A", host="127.0.0.1", port=1)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shapes = SCHEMAS["node"]["oneOf"]
    assert {each["event"] for each in told} == {
        shape["properties"]["event"]["const"] for shape in shapes
    }
    for each in told:
        follows("node", each)


def test_what_a_page_asks_and_is_answered(every_kind: Path) -> None:
    """Models, recordings and findings, steps that fit and do not, and faults. Spec: EXPL-1."""
    for kind in KINDS:
        answers = Answers(open_file(every_kind / kind))

        def told(method: str, request: dict[str, Any], by: Answers = answers) -> dict[str, Any]:
            assert faults("page-request", request) == [], method
            answer = by.answer(method, request)
            assert faults("page-answer", answer) == [], method
            assert faults("page-answer", {**answer, "colour": "red"})
            return answer

        opened = told("init", {})
        labels = opened["runs"][0]["labels"]
        ask = {"session": opened["session"], "labels": labels, "known": 0}
        assert len(told("expand", {**ask, "want": "txt"})["steps"]) == len(labels)
        assert told("expand", {**ask, "labels": ["fly A"]})["misfit"]["step"] == 1
        assert told("expand", {**ask, "session": "77"})["error"]
        file = {"name": kind, "text": (every_kind / kind).read_text("utf-8")}
        assert told("init", {"file": file})["title"]
        assert told("init", {"open": "case:order:as-shipped"})["experiment"]
    for wrong in ({"open": 1}, {"file": {}}, {"labels": []}, {"session": "1", "labels": [1]}):
        assert faults("page-request", wrong)
