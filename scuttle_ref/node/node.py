"""A node as the README describes it: ``set``, ``get``, ``gossip``, ``read`` and ``write``.

Laws of this file: a shell. Every change of state is one step of the reducer; a step is saved
before anybody hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from scuttle_ref.config import DEFAULT_CONFIG, Config
from scuttle_ref.entries import Entry
from scuttle_ref.history import History
from scuttle_ref.messages import (
    Delta,
    Digest,
    DigestDone,
    Event,
    Exchange,
    Lost,
    Message,
    Opened,
    Put,
    Received,
    Update,
)
from scuttle_ref.names import (
    NEVER,
    UNBOUNDED,
    Key,
    Mark,
    NodeId,
    Version,
    frozen_value,
    place_name,
    thawed_value,
)
from scuttle_ref.node.buffer import ReadBuffer
from scuttle_ref.node.keeping import HISTORY_BYTES, keeping_of
from scuttle_ref.node.store import Change, MemoryStore, Store, store_fault
from scuttle_ref.order import by_version_and_source, replay_key
from scuttle_ref.outputs import Applied, Compacted, Output, Recorded, Rejected, Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import DOCUMENTED
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import MTU_DEFAULT
from scuttle_ref.state import NodeState, highest

PEER = "peer"
"""The peer of a node that talks to one stream, as the library's nodes do."""

MARK = 16
"""The mark of the read buffer when mtu is no number. Unit: messages."""

Listener: TypeAlias = Callable[..., Any]


class Node:
    """One running node of the protocol.

    `store` keeps it; where it holds a state, the node goes on from there. Events: ``update`` (an
    update was written to history), ``compaction`` (history is about to forget; a listener may
    return further updates to forget), ``drain`` (there is room again), ``rejected`` (an input was
    refused; the node lives on), ``forgot`` (updates left history before all known peers had them),
    ``gap`` (a peer asks for what was forgotten: its name, and its marks by source). A listener that
    raises is the caller's fault and reaches the caller
    after the step is saved.

    Raises InvalidConfig for an id that cannot name a source, StoreFault when the store is not this
    node's.

    While peers are connected (:meth:`greet`), history is longer than the configuration says as long
    as one of them has not taken it, up to `history_bytes`.

    Spec: NODE-1, NODE-2, NODE-17.
    """

    def __init__(
        self,
        node: NodeId,
        config: Config = DEFAULT_CONFIG,
        *,
        profile: Profile = DOCUMENTED,
        store: Store | None = None,
        history_bytes: int = HISTORY_BYTES,
    ) -> None:
        self.protocol = Gossip(profile, config)
        self.store: Store = MemoryStore() if store is None else store
        fresh = self.protocol.start(node)
        kept = self.store.load(self.protocol)
        if kept is not None and kept.id != node:
            problem = f"holds the state of {kept.id!r}"
            raise store_fault("store", problem, f"a store of {node!r}, or an empty one")
        self._state = fresh if kept is None else kept
        if kept is None:
            self.store.save(Change(fresh))
        self.keeping = keeping_of(profile, config, history_bytes)
        self.keeping.begin(self._state, self.store.forgotten())
        mark = MARK if config.mtu in {None, UNBOUNDED} else int(config.mtu or MARK)
        self.buffer = ReadBuffer(mark)
        self.history = NodeHistory(self)
        self._listeners: dict[str, list[Listener]] = {}
        self._readable = asyncio.Event()

    @property
    def id(self) -> NodeId:
        """The source that this node is."""
        return self._state.id

    @property
    def snapshot(self) -> NodeState:
        """Everything the node knows, as the immutable value that the reducer works on."""
        return self._state

    @property
    def state(self) -> Mapping[str, Mapping[str, object]]:
        """The values: ``{key: {"value": ..., "version": ...}}``, a copy."""
        return {place_name(place): _shown(entry) for place, entry in self._state.store}

    @property
    def version(self) -> Version:
        """The highest version of any update taken, the node's own or another's. Spec: VERS-7."""
        return self._state.version

    @property
    def clock(self) -> Mapping[NodeId, Mark]:
        """The highest version seen of each source, a copy."""
        return dict(self._state.clock.pairs)

    def on(self, event: str, listener: Listener) -> None:
        """Call `listener` at each `event`: update, compaction, drain or rejected."""
        self._listeners.setdefault(event, []).append(listener)

    def get(self, key: Key) -> dict[str, Any]:
        """``{"value", "version"}`` of a key; None and -Infinity when nobody has written it."""
        for place in ((key,), (self.id, key)):
            entry = self._state.at(place)
            if entry.version != NEVER:
                return _shown(entry)
        return {"value": None, "version": NEVER}

    def set(self, key: Key, value: object) -> bool:
        """Write a value. False when the read buffer has reached its mark: wait for ``drain``."""
        self._step(Put(key, frozen_value(value)))
        return self._has_room()

    def write(self, message: Message, sender: NodeId = PEER, *, instead: bool = False) -> bool:
        """Take in what `sender` said. Never raises for it. False as :meth:`set`.

        With `instead`, a question for what history has forgotten is answered with the state.

        Spec: NODE-18.
        """
        if type(message) is Digest or type(message) is DigestDone:
            self._question(sender, message, instead=instead)
        else:
            self._step(Received(sender, message))
        return self._has_room()

    def _question(self, sender: NodeId, message: Digest | DigestDone, *, instead: bool) -> None:
        """A line of a digest, or its end. Spec: NODE-18."""
        marks: Mapping[NodeId, Mark] = {}
        if isinstance(message, DigestDone):
            marks = highest(self._state.marks(self.protocol.profile.session(sender)))
        step = self.protocol.step(self._state, Received(sender, message))
        refused = any(isinstance(output, Rejected) for output in step.outputs)
        gaps: dict[NodeId, Mark] = {}
        if isinstance(message, Digest) and not refused:
            if self._state.clock.get(message.source_id) != NEVER:  # or a peer could fill the memory
                self.keeping.named(sender, message.source_id, message.version)
            gaps = self.keeping.gaps({message.source_id: message.version})
        elif not refused:
            gaps = self.keeping.gaps(marks, others=True)
        if gaps and instead:
            said = [o for o in step.outputs if not _is_update(o)]
            over = self._over_gaps(sender, message, marks, gaps)
            step = attrs.evolve(step, outputs=(*over, *said))
        self._carry_out(Received(sender, message), step)
        if gaps:
            self._tell("gap", sender, gaps)
        self._after_reading()

    def _over_gaps(
        self,
        sender: NodeId,
        message: Message,
        marks: Mapping[NodeId, Mark],
        gaps: dict[NodeId, Mark],
    ) -> tuple[Send, ...]:
        """The answer to a question for what was forgotten: the state instead. Spec: NODE-18."""
        history = self._state.history
        if isinstance(message, Digest):
            news = history.news(message.source_id, message.version)
        else:
            news = history.above(marks)
        most = self.protocol.config.mtu or MTU_DEFAULT
        delta = self.keeping.instead(self._state, gaps, news, most)
        return tuple(Send(sender, update) for update in delta)

    def gossip(self, peer: NodeId = PEER, order: tuple[NodeId, ...] = ()) -> bool:
        """Start an exchange with `peer`. The digest stops at the mark, and goes on when read."""
        self._step(Exchange(peer, order))
        return self._has_room()

    def read(self) -> Send | None:
        """The next message and whom it is for, or None when there is none to read now."""
        send = self.buffer.take()
        self._after_reading()
        return send

    def read_for(self, peer: NodeId) -> Send | None:
        """The next message for `peer`, or None."""
        send = self.buffer.take_for(peer)
        self._after_reading()
        return send

    def forget(self, peer: NodeId, *, returns: bool = False) -> None:
        """A peer is gone: what was meant for it is dropped, the rest is a rule's.

        Of one that `returns` is told what was forgotten before it was back.

        Spec: FAULT-8, NODE-17.
        """
        self.buffer.forget(peer)
        self.keeping.gone(peer, returns=returns)
        self._step(Lost(peer))
        self._after_reading()

    def greet(self, peer: NodeId) -> None:
        """A connection to a peer is open; nothing has been said on it. Spec: FAULT-8, NODE-17."""
        self.keeping.connected(peer)
        self._step(Opened(peer))

    def __iter__(self) -> Iterator[Send]:
        """What there is to read now, until there is nothing."""
        while (send := self.read()) is not None:
            yield send

    async def __aiter__(self) -> AsyncIterator[Send]:
        """What there is to read, as it comes, without end."""
        while True:
            for send in self:
                yield send
            self._readable.clear()
            await self._readable.wait()

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def record(self, update: Update) -> bool:
        """Take in an update as if a peer had sent it. Spec: NODE-1."""
        return self.write(update, update.source_id)

    def _has_room(self) -> bool:
        """Whether there is room for what else may be said, and kept for peers. Spec: NODE-2."""
        full = self.buffer.is_full or self.keeping.is_pressed(self._state.history)
        self.buffer.wants_drain = self.buffer.wants_drain or full
        return not full

    def _after_reading(self) -> None:
        waits = self.buffer.wants_drain and self.keeping.is_pressed(self._state.history)
        if not waits and self.buffer.drained():
            self._tell("drain")

    def _step(self, event: Event) -> None:
        """Reduce. Spec: NODE-1."""
        limit = self._limit(event)
        protocol = self.protocol
        if limit is not None:
            longer = attrs.evolve(protocol.config, max_history=limit)
            protocol = attrs.evolve(protocol, config=longer)
        self._carry_out(event, protocol.step(self._state, event))

    def _limit(self, event: Event) -> float | None:
        """How long history may become by this event; None is up to the rule. Spec: NODE-17."""
        by_version = self.protocol.config.sort is by_version_and_source
        match event:
            case Put():
                stamp = self.protocol.profile.stamp(self._state, event.reading)
                coming = (stamp, self.id) if type(stamp) is int and by_version else None
            case Received(message=Update() as update):
                coming = replay_key(update) if by_version else None
            case _:
                return None
        return self.keeping.limit(self._state.history, coming)

    def _carry_out(self, event: Event, step: Step) -> None:
        """Save, then tell. Spec: NODE-3."""
        state, extra = self._compacted(step.state, step.outputs)
        change = self._change(state, step.outputs, extra)
        if isinstance(event, Exchange):
            change = attrs.evolve(change, exchange=event.peer)
        if state is not self._state and (change.recorded or _clocks_differ(state, self._state)):
            self.store.save(change)
        before, self._state = self._state, state
        missed = self.keeping.moved(change.recorded, (*change.forgotten, *change.compacted))
        for place, _ in change.applied:
            self.keeping.applied(place, before, state)
        sends = [output for output in step.outputs if isinstance(output, Send)]
        if isinstance(event, Exchange):
            self.buffer.ask(sends)
        else:
            self.buffer.answer(sends)
        if sends:
            self._readable.set()
        for output in step.outputs:
            if isinstance(output, Recorded):
                self._tell("update", output.update)
            elif isinstance(output, Rejected):
                self._tell("rejected", output.refusal)
        if missed is not None:
            self._tell("forgot", missed)

    def _compacted(self, state: NodeState, outputs: tuple[Output, ...]) -> tuple[NodeState, Delta]:
        """Let the client see what will be forgotten, and forget more. Spec: NODE-7."""
        extra: list[Update] = []
        for output in outputs:
            if isinstance(output, Compacted):
                for listener in self._listeners.get("compaction", []):
                    more = listener(output.forgotten, state.history.updates)
                    extra.extend(update for update in more or () if update not in extra)
        if not extra:
            return state, ()
        kept = tuple(update for update in state.history.updates if update not in extra)
        gone = tuple(update for update in state.history.updates if update in extra)
        return attrs.evolve(state, history=History(kept)), gone

    def _change(self, state: NodeState, outputs: tuple[Output, ...], extra: Delta) -> Change:
        place = self.protocol.profile.place
        applied = [place(each.update) for each in outputs if isinstance(each, Applied)]
        forgotten = [each.forgotten for each in outputs if isinstance(each, Compacted)]
        return Change(
            state,
            tuple(each.update for each in outputs if isinstance(each, Recorded)),
            tuple(update for delta in forgotten for update in delta),
            extra,
            applied=tuple((where, state.at(where)) for where in applied),
        )

    def _tell(self, event: str, *said: object) -> None:
        for listener in self._listeners.get(event, []):
            listener(*said)


class NodeHistory:
    """``gossip.history``: what is remembered, and the events of remembering."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def memory(self) -> Delta:
        """The remembered updates in replay order."""
        return self._node.snapshot.history.updates

    def __len__(self) -> int:
        return len(self.memory)

    def news(self, source: NodeId, version: Mark) -> Delta:
        """The remembered updates of `source` above `version`. Spec: HIST-4."""
        return self._node.snapshot.history.news(source, version)

    def write(self, update: Update) -> bool:
        """Take in an update, as the node's own ``write`` does."""
        return self._node.record(update)

    def on(self, event: str, listener: Listener) -> None:
        """As the node's: ``update`` and ``compaction``."""
        self._node.on(event, listener)


def _is_update(output: Output) -> bool:
    return isinstance(output, Send) and isinstance(output.message, Update)


def _shown(entry: Entry) -> dict[str, Any]:
    return {"value": thawed_value(entry.value), "version": entry.version}


def _clocks_differ(one: NodeState, other: NodeState) -> bool:
    return one.clock != other.clock or one.version != other.version
