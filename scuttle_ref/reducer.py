"""The protocol: one event in, the next state and the outputs out.

Laws of this file: total and deterministic; no decision is taken here. Each ``self.profile.x``
is a decision point, the rest is the skeleton that all profiles share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import cast

import attrs
from attrs import frozen

from scuttle_ref.config import DEFAULT_CONFIG, Config
from scuttle_ref.entries import Entry
from scuttle_ref.errors import InvalidConfig, Refusal
from scuttle_ref.messages import (
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
from scuttle_ref.names import NEVER, NodeId, Reading
from scuttle_ref.outputs import (
    Applied,
    Compacted,
    Declined,
    Ignored,
    Output,
    Recorded,
    Rejected,
    Send,
    Step,
)
from scuttle_ref.profile import Profile, Told
from scuttle_ref.resolvers import View
from scuttle_ref.state import NodeState
from scuttle_ref.validity import (
    line_refusal,
    message_refusal,
    name_refusal,
    order_refusal,
    put_refusal,
    reading_refusal,
    update_refusal,
)
from scuttle_ref.values import kind_of
from scuttle_ref.version_vector import VersionVector


@frozen
class Gossip:
    """The protocol under one profile and one configuration."""

    profile: Profile
    config: Config = DEFAULT_CONFIG

    def start(self, node: NodeId) -> NodeState:
        """A node that knows nothing: no entries, no history, its own clock entry at 0.

        Raises InvalidConfig when `node` cannot name a source.

        Spec: MOD-1, MOD-4.
        """
        refusal = name_refusal("node", node)
        if refusal is not None:
            raise InvalidConfig(refusal)
        return NodeState(id=node, clock=VersionVector(((node, 0),)), sources=(node,))

    def step(self, state: NodeState, event: Event) -> Step:
        """Reduce one event. Never raises, whatever the event carries.

        Spec: ERR-1.
        """
        kind = type(event)  # not isinstance: an object may lie about its class
        known = kind is Received or kind is Exchange or kind is Put
        match event if known or kind is Opened or kind is Lost else None:
            case Put(key=key, value=value, reading=reading):
                return self._put(state, key, value, reading)
            case Exchange(peer=peer, order=order):
                return self._exchange(state, peer, order)
            case Received(sender=sender, message=message):
                return self.hear(state, sender, (message,))
            case Opened(peer=peer):
                return self._told(state, peer, self.profile.connect)
            case Lost(peer=peer):
                return self._told(state, peer, self.profile.disconnect)
            case _:
                problem = f"is {kind_of(event)}"
                return _rejected(state, Refusal("event", problem, "an event", "ERR-1"))

    def hear(self, state: NodeState, sender: NodeId, frame: Iterable[object]) -> Step:
        """Reduce a frame: its messages in turn, as if each had been received by itself.

        Spec: NET-5, ERR-1.
        """
        refusal = name_refusal("sender", sender)
        if refusal is not None:
            return Step(state, tuple(Rejected(refusal) for _ in frame))
        outputs: list[Output] = []
        for kind, run in groupby(frame, key=_kind):
            if kind is Update:
                state = self._updates(state, cast("Iterable[Update]", run), outputs)
            elif kind is Digest:
                state = self._lines(state, sender, cast("Iterable[Digest]", run), outputs)
            else:  # done, or what is no message at all and is refused there
                for message in run:
                    state = self._done(state, sender, message, outputs)
        return Step(state, tuple(outputs))

    def _put(self, state: NodeState, key: str, value: object, reading: Reading) -> Step:
        """A local write becomes an update, and is then taken like any other. Spec: VERS-2."""
        refusal = put_refusal(key, value) or reading_refusal(reading)
        if refusal is not None:
            return _rejected(state, refusal)
        version = self.profile.stamp(state, reading)
        if isinstance(version, Refusal):
            return _rejected(state, version)
        outputs: list[Output] = []
        after = self._take(state, Update(state.id, key, value, version), outputs)
        return Step(after, tuple(outputs))

    def _updates(
        self, state: NodeState, updates: Iterable[Update], outputs: list[Output]
    ) -> NodeState:
        """Take each update that is news. Spec: HIST-6."""
        for update in updates:
            refusal = update_refusal(update)
            if refusal is not None:
                outputs.append(Rejected(refusal))
                continue
            reason = self.profile.admit(state, update)
            if reason is None:
                state = self._take(state, update, outputs)
            else:
                outputs.append(Ignored(update, reason))
        return state

    def _take(self, state: NodeState, update: Update, outputs: list[Output]) -> NodeState:
        """Ask for preference first, then move clock, history and store.

        Spec: MERGE-1, MERGE-2, MERGE-3, MERGE-4, HIST-1, NPM-6.
        """
        place = self.profile.place(update)
        view = View(state, self.config.value_order, owner=place[:-1])
        try:
            preferred = self.profile.prefer(view, update, self.config)
            history, forgotten = self.profile.retain(state.history, update, self.config)
        except Exception as fault:  # noqa: BLE001 - the user's functions may raise anything
            outputs.append(Rejected(_fault("resolve or config.sort", fault)))
            return state
        if type(preferred) is not bool:
            outputs.append(Rejected(_not_a_bool(preferred)))
            return state
        entry = Entry(update.value, update.version, update.source_id)
        sources = self._sources(state, update.source_id)
        after = NodeState(
            id=state.id,
            clock=self.profile.witness(state, update),
            sources=sources,
            version=max(state.version, update.version),
            history=history,
            store=state.store.with_entry(place, entry) if preferred else state.store,
            named=state.named,
            open_sessions=state.open_sessions,
        )
        outputs.append(Recorded(update))
        if forgotten:
            outputs.append(Compacted(forgotten))
        outputs.append(Applied(update) if preferred else Declined(update))
        outputs += self.profile.relay(after, update, preferred)
        return after

    def _exchange(self, state: NodeState, peer: NodeId, order: tuple[NodeId, ...]) -> Step:
        """Advertise what is known, in the order asked for. Spec: EXCH-1, EXCH-2, EXCH-7."""
        refusal = name_refusal("peer", peer) or order_refusal(order)
        if refusal is not None:
            return _rejected(state, refusal)
        first = dict.fromkeys(source for source in order if state.clock.get(source) != NEVER)
        rest = (source for source in state.sources if source not in first)
        after, messages = self.profile.advertise(state, peer, (*first, *rest), self.config)
        return Step(self._enlisted(after), tuple(_sends(peer, messages)))

    def _lines(
        self, state: NodeState, sender: NodeId, lines: Iterable[Digest], outputs: list[Output]
    ) -> NodeState:
        """Answer each line, and remember that its source was named. Spec: EXCH-3, EXCH-4."""
        session = self.profile.session(sender)
        marks = named = state.marks(session)
        for line in lines:
            refusal = line_refusal(line)
            if refusal is not None:
                outputs.append(Rejected(refusal))
                continue
            named = self.profile.mention(named, line)
            delta = self.profile.pace(self.profile.answer(state, line), self.config)
            outputs += _sends(sender, delta)
        return state if named is marks else state.naming(session, named)

    def _done(
        self, state: NodeState, sender: NodeId, done: object, outputs: list[Output]
    ) -> NodeState:
        """Answer with what the digest did not name, and forget the names.

        Spec: EXCH-5, EXCH-6, MERGE-4.
        """
        refusal = message_refusal(done)
        if refusal is not None:
            outputs.append(Rejected(refusal))
        if refusal is not None or type(done) is not DigestDone:
            return state
        session = self.profile.session(sender)
        marks = state.marks(session)
        try:
            batches = self.profile.fill(state, marks, self.config)
            delta = self.profile.pace(batches, self.config)
        except Exception as fault:  # noqa: BLE001 - the user's function may raise anything
            outputs.append(Rejected(_fault("config.delta_order", fault)))
            return state
        rested = state.naming(session, ())
        after, messages = self.profile.close(rested, sender, marks, done, delta)
        outputs += _sends(sender, messages)
        return self._enlisted(after)

    def _told(self, state: NodeState, peer: NodeId, becomes: Told) -> Step:
        """A connection opened, or is lost; the node says nothing. Spec: FAULT-8."""
        refusal = name_refusal("peer", peer)
        if refusal is not None:
            return _rejected(state, refusal)
        return Step(self._enlisted(becomes(state, peer)))

    def _enlisted(self, state: NodeState) -> NodeState:
        """The node with every source of its clock among its sources. Spec: EXCH-1."""
        if len(state.sources) == len(state.clock.pairs):
            return state
        sources, known = state.sources, frozenset(state.sources)
        for source in state.clock.sources:
            if source not in known:
                sources = self.profile.enlist(sources, source)
        return attrs.evolve(state, sources=sources)

    def _sources(self, state: NodeState, source: NodeId) -> Sequence[NodeId]:
        """The sources of a node that takes an update of `source`. Spec: EXCH-1."""
        known = state.clock.get(source) != NEVER
        return state.sources if known else self.profile.enlist(state.sources, source)


def _kind(message: object) -> type | None:
    """Whether a message is of those that are reduced in runs; the types of others may be odd."""
    kind = type(message)
    return kind if kind is Update or kind is Digest else None


def _sends(peer: NodeId, messages: tuple[Message, ...]) -> list[Send]:
    return [Send(peer, message) for message in messages]


def _rejected(state: NodeState, refusal: Refusal) -> Step:
    return Step(state, (Rejected(refusal),))


def _not_a_bool(verdict: object) -> Refusal:
    return Refusal("resolve", f"returned {kind_of(verdict)}", "a bool", "MERGE-4")


def _fault(path: str, fault: Exception) -> Refusal:
    try:
        said = str(fault)[:200]
    except Exception:  # noqa: BLE001 - its text is the user's function too
        said = "an exception whose text cannot be read"
    problem = f"raised {kind_of(fault)}: {said}"
    return Refusal(path, problem, "a function that returns", "MERGE-4")
