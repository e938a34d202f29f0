"""What the events of a log make of a run.

Laws of this file: an event gives the runs in which it has happened; if there is none, it gives the
misses, from which the nearest is shown.

Nodes, notices and messages as a log tells them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.engine.network import Comeback
from scuttle_check.engine.worlds import replaced
from scuttle_check.oracle.logs.log import Event
from scuttle_check.oracle.logs.run import Flying, Leaving, Loose, Run, at_node, at_sender
from scuttle_check.oracle.vectors.matching import Mismatch, mismatch
from scuttle_check.oracle.vectors.steps import document
from scuttle_check.oracle.wire import encoded, mark_value, update_object
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.messages import Exchange, Message, Put, Received
from scuttle_ref.names import frozen_value, thawed_value
from scuttle_ref.outputs import Compacted, Output, Recorded
from scuttle_ref.state import NodeState
from scuttle_ref.wire import message_from_json


def turned(found: Mismatch) -> Mismatch:
    """As seen from the log: expected is what the profile has, got what the log says."""
    return Mismatch(found.path, found.got, found.expected)


def notice_document(output: Output) -> dict[str, Any]:
    """An update or a compaction, as the event of a log tells it."""
    if isinstance(output, Recorded):
        return {"event": "update", "update": encoded(update_object(output.update))}
    length = len(output.forgotten) if isinstance(output, Compacted) else 0
    return {"event": "compaction", "length": length}


def state_document(state: NodeState) -> dict[str, Any]:
    """What a node knows, as a log tells it: owned keys stand below their source."""
    return {name: shown_part(state, name) for name in ("state", "clock", "history", "version")}


def shown_part(state: NodeState, name: str) -> Any:
    """One of the parts of a node that a log may tell."""
    match name:
        case "state":
            store: dict[str, Any] = {}
            for place, entry in state.store:
                inner = store
                for each in place[:-1]:
                    inner = inner.setdefault(each, {})
                value = thawed_value(entry.value)
                inner[place[-1]] = {"value": value, "version": entry.version}
            return encoded(store)
        case "clock":
            return encoded({source: mark_value(mark) for source, mark in state.clock.pairs})
        case "history":
            return encoded([update_object(update) for update in state.history.updates])
        case _:
            return state.version


def normal(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of a log in the words of the adapter protocol: `id` of a digest is its source."""
    found = dict(message)
    if found.get("digest") and "id" in found and "source_id" not in found:
        found["source_id"] = found.pop("id")
    if found.get("version") == "-Infinity":
        found["version"] = {"$num": "-Infinity"}
    return found


def plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the core reads it."""
    found = normal(message)
    return (
        {**found, "version": "-Infinity"}
        if found.get("version") == {"$num": "-Infinity"}
        else found
    )


def shown_mismatch(state: NodeState, event: Event) -> Mismatch | None:
    """How a node that was looked at differs from what the log says of it, or None."""
    whole = event.members.get("partial", True) is False
    for name, wanted in event.members.items():
        if name != "partial":
            known = shown_part(state, name)
            pattern = {"$exact": wanted} if whole else wanted
            found = mismatch(pattern, known, f"$.{name}")
            if found is not None:
                return turned(found)
    return None


@frozen
class Miss:
    """Why an event does not fit one run: where in it, what was expected, what the log says."""

    mismatch: Mismatch

    @property
    def distance(self) -> int:
        """How near it was: a deeper path is nearer."""
        return -self.mismatch.path.count(".")


@frozen
class Told:
    """A run in which an event has happened, and the loose ends that it ties up."""

    run: Run
    ties: Loose = frozenset()
    cost: int = 0


@frozen
class Outcome:
    """The runs in which an event has happened, or why it has happened in none."""

    runs: tuple[Told, ...] = ()
    misses: tuple[Miss, ...] = ()


def _missed(path: str, expected: str, got: str) -> Outcome:
    return Outcome(misses=(Miss(Mismatch(path, expected, got)),))


class Runner(Leaving):
    """Reactions, the steps that the log leaves out, and the events that it tells."""

    def told(self, run: Run, event: Event) -> Outcome:
        """What an event of the log makes of a run. Spec: OBS-1."""
        node = self.number[event.node]
        if node in run.down and event.kind not in {"restart", "drop"}:
            return _missed("$.node", "a node that is up", f"{event.node}, which has crashed")
        match event.kind:
            case "set":
                put = Put(event.members["key"], frozen_value(event.members["value"]))
                after, refused = self.reduced(run, node, put)
                if refused is not None:
                    return _missed("$", refused, str(event))
                return Outcome((Told(after, at_node(node)),))
            case "gossip":
                return self._gossiped(run, node, event)
            case "send":
                return self._sent(run, node, event)
            case "recv" if event.members.get("from", event.node) not in self.number:
                return self._from_outside(run, node, event)
            case "recv" | "drop":
                return self._arrived(run, node, event)
            case "update" | "compaction":
                return self._noticed(run, node, event)
            case "state":
                return self._shown(run, node, event)
            case _:
                return self._failed(run, node, event)

    def _gossiped(self, run: Run, node: int, event: Event) -> Outcome:
        others = [each.name for each in self.log.nodes if each.name != event.node]
        peers = [event.members["to"]] if "to" in event.members else others
        runs = [self.reduced(run, node, Exchange(self._id(peer)))[0] for peer in peers]
        return Outcome(tuple(Told(after, at_node(node)) for after in runs))

    def _id(self, name: str) -> str:
        at = self.number.get(name)
        return name if at is None else self.log.nodes[at].id

    def _sent(self, run: Run, node: int, event: Event) -> Outcome:
        """A message that the node has said already is told. Those before it were not logged."""
        runs: list[Told] = []
        misses: list[Miss] = []
        for link, queue in run.queues:
            to = event.members.get("to", self.name(link[1]))
            if link[0] != node or to != self.name(link[1]):
                continue
            for at, flying in enumerate(queue):
                found = None if flying.sent else self._mismatch(event, flying.message)
                if found is not None:
                    misses.append(Miss(found))
                elif not flying.sent:
                    told = attrs.evolve(flying, sent=True, mid=event.members.get("mid"))
                    after = run.with_queue(link, (*queue[:at], told, *queue[at + 1 :]))
                    runs.append(Told(after, at_node(node)))
        if runs or misses:
            return Outcome(tuple(runs), tuple(misses))
        return _missed("$", "a message that the profile lets it send now", "none")

    def _arrived(self, run: Run, node: int, event: Event) -> Outcome:
        """A message comes out of its link, and arrives or is lost."""
        runs: list[Told] = []
        misses: list[Miss] = []
        for link, queue in run.queues:
            source = event.members.get("from", self.name(link[0]))
            if link[1] != node or source != self.name(link[0]):
                continue
            for at in self.first(queue):
                flying = queue[at]
                found = self._fits(flying, event)
                if found is not None:
                    misses.append(Miss(found))
                    continue
                rests = [run.with_queue(link, self.rest(queue, at))]
                if event.kind == "recv":
                    rests += [run] if "duplicate" in self.log.silent else []
                    rests = [self.received(r, link[0], node, flying.message) for r in rests]
                ties = at_node(node) | {("link", *link)} | at_sender(flying, link[0])
                runs.extend(Told(after, ties, self.lost(queue, at)) for after in rests)
        if runs or misses:
            return Outcome(tuple(runs), tuple(misses))
        sender = event.members.get("from", "anybody")
        return _missed("$", f"a message in flight from {sender}", "nothing in flight")

    def _fits(self, flying: Flying, event: Event) -> Mismatch | None:
        mid = event.members.get("mid")
        if mid is not None and flying.mid != mid and (flying.sent or mid in self.mids):
            return Mismatch("$.mid", str(flying.mid), str(mid))
        return self._mismatch(event, flying.message)

    def _from_outside(self, run: Run, node: int, event: Event) -> Outcome:
        """A message of a peer that the log does not watch: it must be told whole."""
        if "msg" not in event.members:
            return _missed("$.msg", "the whole message, as its sender is not watched", "nothing")
        try:
            heard: object = message_from_json(plain(event.members["msg"]))
        except InvalidMessage:
            return Outcome((Told(run, at_node(node)),))
        after, _ = self.reduced(run, node, Received(event.members["from"], heard))
        return Outcome((Told(after, at_node(node)),))

    def _noticed(self, run: Run, node: int, event: Event) -> Outcome:
        """An update or a compaction that the last step of the node has caused."""
        notices = run.notices[node]
        misses = []
        for at, notice in enumerate(notices):
            shown = notice_document(notice)
            found = mismatch({"event": event.kind, **event.members}, shown)
            if found is None:
                left = replaced(run.notices, node, notices[at + 1 :])
                return Outcome((Told(attrs.evolve(run, notices=left), at_node(node)),))
            misses.append(Miss(turned(found)))
        if misses:
            return Outcome(misses=tuple(misses))
        return _missed("$", "a step of this node that causes it", "none since the last event")

    def _shown(self, run: Run, node: int, event: Event) -> Outcome:
        found = shown_mismatch(run.nodes[node], event)
        if found is None:
            return Outcome((Told(run, at_node(node)),))
        return Outcome(misses=(Miss(found),))

    def _failed(self, run: Run, node: int, event: Event) -> Outcome:
        """A crash or a restart: what was in flight is lost, so no step can be put off after it."""
        left = tuple(pair for pair in run.queues if node not in pair[0])
        down, nodes = run.down | {node}, run.nodes
        if event.kind == "restart":
            state = attrs.evolve(run.nodes[node], named=())
            if event.members["how"] == Comeback.AMNESIA.value:
                state = self.gossips[node].start(self.log.nodes[node].id)
            down, nodes = run.down - {node}, replaced(run.nodes, node, state)
        after = attrs.evolve(run, nodes=nodes, queues=left, down=down)
        return Outcome((Told(after, self._everything()),))

    def _everything(self) -> Loose:
        every = range(len(self.log.nodes))
        kinds = ("said", "changed", "link")
        return frozenset((kind, one, other) for kind in kinds for one in every for other in every)

    def _mismatch(self, event: Event, message: Message) -> Mismatch | None:
        if "msg" not in event.members:
            return None
        found = mismatch(normal(event.members["msg"]), document(message), "$.msg")
        return None if found is None else turned(found)
