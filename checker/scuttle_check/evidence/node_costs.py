"""What hostile lines cost a node that runs, beside as many lines that name one source.

Laws of this file: nothing is reported that was not measured in this invocation. The lines are those
of a peer, from their bytes to the answer; what the network and a disk cost is left out, because it
is the same for both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from attrs import frozen

from scuttle_ref.config import Config
from scuttle_ref.node import Node
from scuttle_ref.wire import message_from_line

RATIO_MAX = 3.0
"""What lines of distinct sources may cost, in lines of one source. Spec: NODE-14."""

UPDATES, LINES = 10_000, 8_000
LIMITS = Config(max_history=1000, mtu=100)

Spelled = Callable[[int], str]


def _update(number: int, source: str) -> str:
    return f'{{"key":"k","value":{number},"source_id":"{source}","version":{number + 1}}}'


def _digest(number: int, source: str) -> str:
    return f'{{"digest":true,"source_id":"{source}","version":{number}}}'


@frozen
class Load:
    """Lines of a peer. `one` spells them of one source, `many` each of another."""

    says: str
    count: int
    one: Spelled
    many: Spelled


LOADS = (
    Load(
        "updates of distinct sources",
        UPDATES,
        lambda number: _update(number, "s"),
        lambda number: _update(number, f"s{number * 7919 % UPDATES}"),
    ),
    Load(
        "digest lines of unknown sources",
        LINES,
        lambda number: _digest(number, "s"),
        lambda number: _digest(number, f"s{number * 7919 % LINES}"),
    ),
)


@frozen
class Costs:
    """What a load cost. Unit: seconds of CPU, the best of the runs."""

    says: str
    count: int
    one: float
    many: float

    @property
    def ratio(self) -> float:
        """The many in terms of the one."""
        return self.many / max(self.one, 1e-9)


def measured(runs: int) -> Iterator[Costs]:
    """Each load, on a node that knows nothing yet. Spec: NODE-14."""
    for load in LOADS:
        one = min(_seconds(load.one, load.count) for _ in range(runs))
        many = min(_seconds(load.many, load.count) for _ in range(runs))
        yield Costs(load.says, load.count, one, many)


def _seconds(spelled: Spelled, count: int) -> float:
    node = Node("A", LIMITS)
    lines = [spelled(number) for number in range(count)]
    began = time.process_time()
    for line in lines:
        node.write(message_from_line(line), "peer")
        while node.read_for("peer") is not None:
            pass
    return time.process_time() - began
