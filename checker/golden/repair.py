"""The repair rounds at the end of a multi-node recording: full exchanges over the links."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from checker.golden.contract import Json
from checker.golden.recorded import Emitted, RecordedWorld


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
