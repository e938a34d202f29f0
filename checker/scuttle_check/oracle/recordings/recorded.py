"""The nodes of a recorded trace, run by the reference under a profile.

Values on both sides are compared as the JSON that the recorder wrote.

The two JavaScript behaviours that a recording shows: its sort, and ``>`` of a query.

Nothing here is protocol. The library shuffles its digest lines by sorting them with a random
comparator, so which order comes out depends on how the engine sorts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs
from attrs import define, field, frozen

from scuttle_check.oracle.recordings.contract import (
    UNDEFINED,
    Json,
    is_local_write,
    nodes_of,
    setting,
)
from scuttle_ref.config import Config
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Event, Exchange, Message, Put, Received, Update
from scuttle_ref.names import ANSWERED, NEVER, UNBOUNDED, NodeId, frozen_value, thawed_value
from scuttle_ref.order import Comparator, by_arrival, by_version_and_source
from scuttle_ref.outputs import Applied, Compacted, Output, Recorded, Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState
from scuttle_ref.wire import SHIPPED_DIALECT, mark_to_json, message_from_json, message_to_json

T = TypeVar("T")


def array_sort(items: Sequence[T], compare: Callable[[T, T], float]) -> tuple[T, ...]:
    """Sort as V8 sorts fewer than 32 items: a first run, then binary insertion."""
    if len(items) < 2:  # noqa: PLR2004 - nothing to compare
        return tuple(items)
    run = 2
    descending = compare(items[1], items[0]) < 0
    while run < len(items) and (compare(items[run], items[run - 1]) < 0) == descending:
        run += 1
    done = list(reversed(items[:run])) if descending else list(items[:run])
    for item in items[run:]:
        low, high = 0, len(done)
        while low < high:
            middle = (low + high) // 2
            if compare(item, done[middle]) < 0:
                high = middle
            else:
                low = middle + 1
        done.insert(low, item)
    return tuple(done)


class ControlledRandom:
    """The recorder's ``Math.random``: all low, all high, or a list of bits and then low."""

    def __init__(self, mode: object) -> None:
        self._high = False
        self._bits: deque[bool] = deque()
        self.control(mode)

    def control(self, mode: object) -> None:
        """From now on as `mode` says: a word, a list of bits, or an object that holds one."""
        bits = mode.get("bits") if isinstance(mode, dict) else mode
        self._high = mode == "reversed"
        self._bits = deque(map(bool, bits) if isinstance(bits, list) else ())

    def compare(self, _one: object, _other: object) -> int:
        """The library's comparator: ``Math.random() > 0.5 ? -1 : 1``."""
        high = self._bits.popleft() if self._bits else self._high
        return -1 if high else 1

    def shuffled(self, sources: tuple[str, ...]) -> tuple[str, ...]:
        """The order in which ``gossip()`` names its sources."""
        return array_sort(sources, self.compare)


_DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)


def asked_above(version: object) -> float:
    """The mark above which ``history.news(id, version)`` answers, as ``>`` coerces it.

    What JavaScript takes for no number is above everything: nothing is answered.
    """
    match version:
        case None | "":
            return 0
        case "-Infinity":
            return NEVER
        case str() if _DECIMAL.fullmatch(version):
            return float(version)
        case int() | float():
            return version
        case _:
            return ANSWERED


PEER = "peer"
"""Whoever wrote to a node: the library does not tell its peers apart."""


def _newest_first(one: Update, other: Update) -> int:
    return other.version - one.version


def _by_key(one: Update, other: Update) -> int:
    return (one.key > other.key) - (one.key < other.key)


SORTS: dict[str, Comparator] = {
    "base": by_version_and_source,
    "none": by_arrival,
    "version_desc": _newest_first,
    "by_key": _by_key,
}
"""The sorts the recorder knows, by the name that stands in a trace."""


@frozen
class Emitted:
    """A message that a node put out, with the id by which the trace delivers it."""

    id: str
    message: Message


@define
class RecordedNode:
    """One node of the trace, between two steps.

    `process` holds the named sources of the process it runs in (DEV-9), `random` is shared by
    all nodes of the trace, `events` and `outputs` are those of the last step.
    """

    gossip: Gossip
    state: NodeState
    process: list[NodeId]
    random: ControlledRandom
    emitted_count: int = 0
    events: list[dict[str, object]] = field(factory=list)
    outputs: tuple[Output, ...] = ()

    @classmethod
    def start(
        cls, config: Json, profile: Profile, process: list[NodeId], random: ControlledRandom
    ) -> RecordedNode:
        """The node of one recorded configuration under `profile`, in `process`."""
        settings = Config(
            sort=SORTS[str(setting(config, "sort") or "none")],
            max_history=config["max_history"],
            mtu=UNBOUNDED if setting(config, "consumer") == "flowing" else config["mtu"],
        )
        gossip = Gossip(profile, settings)
        return cls(gossip, gossip.start(config["id"]), process, random)

    def restart(self) -> None:
        """A fresh instance in the same process: the named sources stay."""
        self.state = self.gossip.start(self.state.id)

    def reduce(self, event: Event) -> list[Emitted]:
        """Take one event; the named sources are those of the process (DEV-9)."""
        marks = tuple((source, ANSWERED) for source in self.process)
        hosted = attrs.evolve(self.state, named=self.state.with_marks(PROCESS, marks))
        step = self.gossip.step(hosted, event)
        self.state = step.state
        self.process[:] = [source for source, _ in step.state.marks(PROCESS)]
        self.events, self.outputs = events_of(step), step.outputs
        messages = [output.message for output in step.outputs if isinstance(output, Send)]
        return [self._emit(message) for message in messages]

    def _emit(self, message: Message) -> Emitted:
        self.emitted_count += 1
        return Emitted(f"{self.state.id}.{self.emitted_count}", message)

    def gossip_now(self) -> list[Emitted]:
        """``gossip()`` with the digest order that the recorder's Math.random gives."""
        return self.reduce(Exchange(PEER, self.random.shuffled(tuple(self.state.sources))))

    def write(self, document: Json) -> list[Emitted]:
        """``write(document)``: a local write or a message from a peer."""
        if is_local_write(document):
            return self.reduce(Put(document["key"], frozen_value(document["value"])))
        return self.reduce(Received(PEER, message_from_json(document, SHIPPED_DIALECT)))

    def query(self, op: Json) -> object:
        """What ``get``, ``news`` and ``clock.get`` return, as JSON."""
        match op["op"]:
            case "get":
                return entry_to_json(self.state.at((op["key"],)))
            case "news":
                above = asked_above(op.get("version", UNDEFINED))
                news = self.state.history.news(op["id"], above)
                return [message_to_json(update) for update in news]
            case _:
                return mark_to_json(self.state.clock.get(op["id"]))

    def snapshot(self) -> dict[str, Any]:
        """What the recorder shows of a node after each step."""
        clock = self.state.clock
        return {
            "state": {place[0]: entry_to_json(entry) for place, entry in self.state.store},
            "clock": [[source, mark_to_json(clock.get(source))] for source in self.state.sources],
            "history": [message_to_json(update) for update in self.state.history.updates],
            "history_length": len(self.state.history),
            "sofar": list(self.process),
        }


SNAPSHOT = ("state", "clock", "history", "history_length", "sofar")
"""What is compared of a recorded snapshot; its other members are of the stream layer."""

EVENTS = ("history.update", "history.compaction", "state")
"""The recorded events that are compared; the others are of the stream layer."""


def events_of(step: Step) -> list[dict[str, object]]:
    """The events of one step, as the recorder writes them."""
    events: list[dict[str, object]] = []
    forgotten = next((each.forgotten for each in step.outputs if isinstance(each, Compacted)), ())
    memory = [message_to_json(each) for each in (*forgotten, *step.state.history.updates)]
    for output in step.outputs:
        match output:
            case Recorded(update=update):
                shown = message_to_json(update)
                events.append({"type": "history.update", "update": shown, "length": len(memory)})
            case Compacted():
                events.append(
                    {"type": "history.compaction", "memory": memory, "length": len(memory)}
                )
            case Applied():
                events.append({"type": "state"})
    return events


def entry_to_json(entry: Entry) -> dict[str, object]:
    """An entry as ``get`` of the library shows it."""
    return {"value": thawed_value(entry.value), "version": mark_to_json(entry.version)}


def recorded_snapshot(result: Json) -> dict[str, Any]:
    """The same view of what the trace says; the clock as a list, because its order counts."""
    view = {name: result[name] for name in SNAPSHOT if name in result}
    if "clock" in view:
        view["clock"] = [[source, mark] for source, mark in view["clock"].items()]
    return view


@define
class RecordedWorld:
    """All nodes of a trace, and the messages that were put out so far."""

    nodes: dict[NodeId, RecordedNode]
    random: ControlledRandom
    messages: dict[str, Message] = field(factory=dict)

    @classmethod
    def start(cls, trace: Json, profile: Profile) -> RecordedWorld:
        """The world before the first step, its nodes under `profile`."""
        shared: list[NodeId] = []
        random = ControlledRandom(trace.get("random", "insertion"))
        nodes = {}
        for config in nodes_of(trace):
            process = shared if trace.get("shared_sofar") else []
            nodes[config["id"]] = RecordedNode.start(config, profile, process, random)
        return cls(nodes, random)

    def node(self, op: Json) -> RecordedNode:
        """The node that an operation acts on; the only one, where the trace names none."""
        members = ("to", "node") if op["op"] == "deliver" else ("node", "to")
        named = [op[member] for member in members if member in op]
        return self.nodes[named[0]] if named else next(iter(self.nodes.values()))

    def deliver(self, message: Message, to: NodeId) -> list[Emitted]:
        """Write a message to a node."""
        return self.nodes[to].reduce(Received(PEER, message))

    def perform(self, op: Json) -> list[Emitted]:
        """Carry out one operation that changes a node; what it put out."""
        node = self.node(op)
        node.events, node.outputs = [], ()
        match op["op"]:
            case "set":
                return node.write({"key": op["key"], "value": op["value"]})
            case "write":
                return node.write(op["object"])
            case "gossip":
                return node.gossip_now()
            case "deliver":
                return self.deliver(self.messages[op["msg"]], node.state.id)
            case "restart":
                node.restart()
        return []
