"""An implementation and the reference, side by side: the same requests, and answers compared."""

from __future__ import annotations

import json
import select
import subprocess
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, Self

from attrs import define, field

from scuttle_check.oracle.adapters.reference import ReferenceAdapter
from scuttle_check.oracle.wire import line_of, parse

SECONDS = 20.0


@define
class Adapter:
    """A process that speaks the adapter protocol."""

    command: list[str]
    process: subprocess.Popen[bytes] = field(init=False)
    asked: int = 0

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        return self

    def __exit__(self, *_fault: object) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, op: str, **members: Any) -> dict[str, Any]:
        """The answer to one request; an assertion fails when none comes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line_of({"op": op, "id": self.asked, **members}))
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        assert ready, f"no answer to {op} within {SECONDS} s"
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read().decode() if self.process.stderr else ""
        answer: dict[str, Any] = parse(line)
        assert answer["re"] == self.asked
        self.asked += 1
        return answer


@define
class Pair:
    """Nodes of an implementation, and reference nodes that are told the same."""

    adapter: Adapter
    reference: ReferenceAdapter
    flight: dict[tuple[str, str], list[Any]] = field(factory=dict)
    moved: int = 0

    def start(self, nodes: str, config: Mapping[str, Any]) -> None:
        """Fresh nodes on both sides."""
        documents = [{"node": node, "id": node, "config": config} for node in nodes]
        self.flight.clear()
        for answer in self._both("init", case="beside", nodes=documents):
            assert answer["ok"], answer

    def _both(self, op: str, **members: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        ours = self.reference.answer({"op": op, "id": 0, **members})
        return self.adapter.ask(op, **members), json.loads(json.dumps(ours, allow_nan=True))

    def happens(self, op: str, node: str, **members: Any) -> None:
        """One operation on both sides: the same messages, and nodes that look the same."""
        theirs, ours = self._both(op, node=node, **members)
        assert (theirs["ok"], ours["ok"]) == (True, True), (op, members, theirs, ours)
        peer = members.get("from") or members.get("peer")
        told, wanted = addressed(theirs, peer), addressed(ours, peer)
        assert seen(told) == seen(wanted), (op, node, members)
        for to, message in told:
            self.flight.setdefault((node, to), []).append(message)
            self.moved += "key" in message
        fields = ["state", "clock", "history"]
        theirs, ours = self._both("inspect", node=node, fields=fields)
        assert shown(theirs, theirs) == shown(ours, theirs), (op, node, members)

    def deliver(self, source: str, target: str) -> None:
        """The oldest message in flight arrives."""
        message = self.flight[source, target].pop(0)
        self.happens("write", target, message=message, **{"from": source})

    def settle(self) -> None:
        """Everything in flight arrives, link by link."""
        while any(self.flight.values()):
            link = min(link for link, queue in self.flight.items() if queue)
            self.deliver(*link)


def addressed(answer: Mapping[str, Any], peer: str | None) -> list[tuple[Any, dict[str, Any]]]:
    """What was sent, with the addressee of each message."""
    return [
        (sent["to"], sent["message"]) if "message" in sent else (peer, sent)
        for sent in answer["out"]
    ]


def seen(told: list[tuple[Any, dict[str, Any]]]) -> tuple[Counter[str], list[str]]:
    """A multiset of messages, and the order that counts: that of each source to each peer."""
    texts = [json.dumps([to, message], sort_keys=True) for to, message in told]
    ordered = sorted(
        ([to, m["source_id"], m["version"]] for to, m in told if "key" in m),
        key=lambda row: (row[0], row[1]),
    )
    return Counter(texts), [json.dumps(row) for row in ordered]


def shown(answer: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """What a node knows, as far as `like` shows it, without what says nothing."""
    kept = {
        "state": answer["state"],
        "clock": {source: mark for source, mark in answer["clock"].items() if mark > 0},
    }
    if "history" in like:
        kept["history"] = sorted(json.dumps(each, sort_keys=True) for each in answer["history"])
    return kept


def episode(pair: Pair, random: Random, steps: int) -> None:
    """Random writes, exchanges and deliveries among three nodes over links in order."""
    nodes, now = "ABC", 0
    pair.start(nodes, {})
    for _ in range(steps):
        busy = sorted(link for link, queue in pair.flight.items() if queue)
        kind = random.choice(["set", "gossip", *("deliver" if busy else "set",) * 5])
        node = random.choice(nodes)
        now += random.randint(1, 3)
        if kind == "set":
            key = f"k{random.randint(1, 3)}"
            pair.happens("set", node, key=key, value=now, now=now)
        elif kind == "gossip":
            pair.happens("gossip", node, peer=random.choice(nodes.replace(node, "")))
        else:
            pair.deliver(*random.choice(busy))
    pair.settle()
