"""Short logs, judged beside a search that leaves out nothing: the two agree on every one of them.

``python -m tests.conformance.test_every_short_log [EVENTS]`` does it for all logs of so many.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from scuttle_check.oracle.logs.accept import accept
from scuttle_check.oracle.logs.log import Event, Log, Observed
from scuttle_check.oracle.logs.telling import state_document
from scuttle_check.oracle.vectors.steps import document
from scuttle_ref.config import Config
from scuttle_ref.messages import Digest, Exchange, Message, Put, Received
from scuttle_ref.outputs import Send
from scuttle_ref.profiles import PROFILES
from scuttle_ref.reducer import Gossip

Line = dict[str, Any]
Queue = tuple[Message, ...]
DONE: Line = {"digest": True, "done": True}


def line(source: str, version: int) -> Line:
    """A digest line."""
    return {"digest": True, "source_id": source, "version": version}


def told(node: str, kind: str, **members: object) -> Line:
    return {"node": node, "ev": kind, **members}


def holds(node: str, version: int) -> Line:
    return told(node, "state", state={"x": {"value": 1, "version": version}})


UPDATE: Line = {"key": "x", "value": 1, "source_id": "B", "version": 1}
WORDS = (
    told("B", "set", key="x", value=1),
    told("A", "recv", **{"from": "B", "msg": line("B", 0)}),
    told("A", "recv", **{"from": "B", "msg": line("B", 1)}),
    told("A", "recv", **{"from": "B", "msg": DONE}),
    told("B", "recv", **{"from": "A", "msg": line("A", 0)}),
    told("B", "recv", **{"from": "A", "msg": DONE}),
    told("A", "recv", **{"from": "B", "msg": UPDATE}),
    told("A", "recv", **{"from": "B"}),
    holds("A", 1),
)
"""What the lines of the logs are made of."""


class Naive:
    """The worlds that the log leaves open after each event: all of them, told by nothing clever."""

    def __init__(self, profile: str, silent: Sequence[str], steps: int) -> None:
        self.gossip = Gossip(PROFILES[profile], Config())
        self.silent, self.steps = silent, steps

    def start(self) -> set[Any]:
        return {(self.gossip.start("A"), self.gossip.start("B"), (), ())}

    def happens(self, world: Any, node: int, event: Any) -> Any:
        """A node reacts; what it says goes to the other one."""
        parts = list(world)
        step = self.gossip.step(parts[node], event)
        parts[node] = step.state
        sent = tuple(o.message for o in step.outputs if isinstance(o, Send))
        parts[2 + node] = (*parts[2 + node], *sent)
        return tuple(parts)

    def arrivals(self, world: Any, node: int) -> Iterator[tuple[Message, Any]]:
        """What may arrive at a node next: the first in flight, or any line before the others."""
        queue: Queue = world[3 - node]
        for at, message in enumerate(queue):
            parts = list(world)
            parts[3 - node] = (*queue[:at], *queue[at + 1 :])
            yield message, self.happens(tuple(parts), node, Received("BA"[node], message))
            if not isinstance(message, Digest):
                return
            if at + 1 < len(queue) and not isinstance(queue[at + 1], Digest):
                return

    def untold(self, worlds: set[Any]) -> set[Any]:
        """Those worlds, and what up to so many untold steps make of them."""
        found, edge = set(worlds), set(worlds)
        for _ in range(self.steps):
            after: set[Any] = set()
            for world in edge:
                if "gossip" in self.silent:
                    after.update(self.happens(world, n, Exchange("BA"[n])) for n in (0, 1))
                if "deliver" in self.silent:
                    after.update(w for n in (0, 1) for _, w in self.arrivals(world, n))
            edge = after - found
            found |= after
        return found

    def after(self, worlds: set[Any], told_: Line) -> set[Any]:
        """The worlds in which a line of the log has happened."""
        node = "AB".index(told_["node"])
        found: set[Any] = set()
        for world in self.untold(worlds):
            match told_["ev"]:
                case "set":
                    found.add(self.happens(world, node, Put(told_["key"], told_["value"])))
                case "recv":
                    wanted = told_.get("msg", {})
                    found.update(
                        then
                        for message, then in self.arrivals(world, node)
                        if wanted.items() <= document(message).items()
                    )
                case _:
                    known = state_document(world[node])["state"]
                    if told_["state"].items() <= known.items():
                        found.add(world)
        return found

    def allows(self, lines: Sequence[Line]) -> bool:
        """Whether some run has all of it."""
        worlds = self.start()
        for each in lines:
            worlds = self.after(worlds, each)
        return bool(worlds)


def log_of(lines: Sequence[Line], profile: str, silent: tuple[str, ...], steps: int) -> Log:
    """The log of these lines."""
    events = tuple(
        Event(
            at,
            at + 1,
            each["node"],
            each["ev"],
            {name: value for name, value in each.items() if name not in {"node", "ev"}},
        )
        for at, each in enumerate(lines, start=1)
    )
    nodes = (Observed("A", "A", Config()), Observed("B", "B", Config()))
    return Log(PROFILES[profile], nodes, (events,), silent, steps)


def disagreement(lines: Sequence[Line], profile: str, silent: tuple[str, ...], steps: int) -> str:
    """What is wrong with the verdict on a log; nothing if it is right. It counts what it says."""
    verdict = accept(log_of(lines, profile, silent, steps), 20_000).verdict
    right = "accepted" if Naive(profile, silent, steps).allows(lines) else "rejected"
    COUNTED[verdict, right] += 1
    if verdict in {right, "inconclusive"}:
        return ""
    return f"{verdict}, but {right}: {json.dumps(lines)}"


COUNTED: Counter[tuple[str, str]] = Counter()


def logs_of(length: int) -> Iterator[tuple[Line, ...]]:
    """Every log of so many lines that a run of the nodes may begin with, and all other ones."""
    return itertools.product(WORDS, repeat=length)


@pytest.mark.parametrize("profile", ["documented", "textbook", "paper"])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_verdict_on_a_short_log_is_that_of_a_search_that_leaves_out_nothing(
    profile: str, length: int
) -> None:
    """Every receipt is told, and no exchange is. Spec: OBS-5, OBS-6, OBS-7."""
    wrong = [disagreement(each, profile, ("gossip",), 3) for each in logs_of(length)]
    assert [each for each in wrong if each] == []


@pytest.mark.parametrize("length", [2, 3])
def test_no_right_log_is_rejected_where_arrivals_are_untold(length: int) -> None:
    """Neither exchanges nor arrivals are told, and two steps are left out at most. Spec: OBS-6."""
    some = itertools.islice(logs_of(length), 0, None, 1 if length < 3 else 5)
    wrong = [disagreement(each, "documented", ("gossip", "deliver"), 2) for each in some]
    assert [each for each in wrong if each] == []


if __name__ == "__main__":
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for count in range(1, most + 1):
        for silence in (("gossip",), ("gossip", "deliver")):
            for each in logs_of(count):
                said = disagreement(each, "documented", silence, 2)
                if said:
                    print(said)  # noqa: T201 - a command
        print(count, dict(COUNTED), flush=True)  # noqa: T201 - a command
