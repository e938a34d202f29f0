"""The model as an acceptor: it follows what an implementation chose, and says what it may not do.

Laws of this file: a choice that can be seen is followed; a choice that cannot is kept as several
candidates; when there are too many, the answer is *ambiguous* and never a guess.

What was observed of nodes, and the worlds it may have come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
from attrs import define, frozen

from scuttle_check.oracle.contract import Contract, owner_place, shares_process
from scuttle_check.oracle.live.compare import (
    Difference,
    entry_difference,
    same,
    sent_difference,
    state_difference,
)
from scuttle_check.oracle.live.process import ProcessFailed
from scuttle_check.oracle.protocol import (
    NAMED_RESOLVERS,
    SORTS,
    AdapterError,
    ErrorKind,
    Reply,
    accept,
    config_from,
    reject,
)
from scuttle_check.oracle.wire import mark_value, members_of, message_of, object_of, plain
from scuttle_ref import rules
from scuttle_ref.errors import InvalidMessage, Refusal
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
from scuttle_ref.names import NodeId
from scuttle_ref.outputs import Applied, Compacted, Recorded, Rejected, Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState
from scuttle_ref.wire import Dialect, thawed_value


class Ambiguous(Exception):
    """More hidden choices than candidates can be kept for. Spec: ORA-7."""


@frozen
class World:
    """One way in which the implementation may be: a variant of the protocol, a state per node."""

    variant: int
    nodes: tuple[tuple[NodeId, NodeState], ...]

    def at(self, node: NodeId) -> NodeState:
        """The state of a node."""
        return dict(self.nodes)[node]

    def replaced(self, node: NodeId, state: NodeState) -> World:
        """The world with another state of one node."""
        pairs = tuple((name, state if name == node else old) for name, old in self.nodes)
        return World(self.variant, pairs)


@frozen
class Observed:
    """One event at a node and the checked answer to it: what a journal consists of."""

    node: NodeId
    event: Event
    reply: Reply


def lost_reply(failed: ProcessFailed) -> Reply:
    """What stands for an answer where the process was lost. Spec: ORA-1."""
    return Reply(ok=False, error=AdapterError(ErrorKind.INTERNAL, "", failed.told))


def configs(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The configurations that settings may mean: a resolver nobody knows decides either way."""
    known = {**settings}
    if known.get("sort") not in SORTS:
        known.pop("sort", None)
    if known.get("resolve") is None or known["resolve"] in NAMED_RESOLVERS:
        return [known]
    return [{**known, "resolve": each.__name__} for each in (accept, reject)]


def counterpart(event: Event) -> NodeId:
    """The peer that an event is about: whom a bare message goes to. Spec: ADP-4."""
    match event:
        case Received(sender=sender):
            return sender
        case Exchange(peer=peer) | Lost(peer=peer) | Opened(peer=peer):
            return peer
        case _:
            return ""


def followed(event: Event, got: list[tuple[NodeId, Message]]) -> Event:
    """The event with the order of digest lines that was seen. Spec: EXCH-7, ORA-5."""
    if not isinstance(event, Exchange):
        return event
    named = tuple(message.source_id for _, message in got if isinstance(message, Digest))
    return Exchange(event.peer, named)


def refusal_of(event: Event, dialect: Dialect) -> Refusal | None:
    """Why an object or a line that arrived is no message, more exactly than a node can say.

    Spec: ERR-2.
    """
    if not isinstance(event, Received) or isinstance(event.message, Update | Digest | DigestDone):
        return None
    try:
        message_of(event.message, dialect)
    except InvalidMessage as no:
        return no.refusal
    return None


def valid_clause(event: Event) -> str:
    """The clause that is broken when this valid event is refused."""
    match event:
        case Put():
            return "VERS-2"
        case Received(message=Update()):
            return "MERGE-1"
        case Received(message=Digest()):
            return "EXCH-3"
        case Received():
            return "EXCH-5"
        case Lost() | Opened():
            return "EXCH-8"
        case _:
            return "EXCH-1"


def exact_members(document: Mapping[str, Any], message: Message, dialect: Dialect) -> None:
    """On the wire an object has its members and no others. Raises InvalidMessage. Spec: WIRE-1."""
    wanted = members_of(message, dialect)
    extra = sorted(set(document) - wanted)
    if extra:
        expected = f"exactly {', '.join(sorted(wanted))}"
        raise InvalidMessage(
            Refusal(f"$.{extra[0]}", "is no member of this message", expected, "WIRE-1")
        )


def compaction_difference(step: Step, reply: Reply) -> Difference | None:
    """How what is told of forgetting differs from what was forgotten. Spec: HIST-5, ADP-4."""
    forgotten = sum(len(each.forgotten) for each in step.outputs if isinstance(each, Compacted))
    told = [each for each in reply.events if each["event"] == "compaction"]
    lengths = [each["length"] for each in told if type(each.get("length")) is int]
    counted = sum(lengths) if len(lengths) == len(told) else forgotten
    if bool(told) == bool(forgotten) and counted == forgotten:
        return None
    wanted = f"a compaction of {forgotten}" if forgotten else "no compaction"
    return Difference("$.events", wanted, plain(told), ("retain",), "HIST-5")


CANDIDATES_MAX: Final = 64
"""How many worlds are kept for choices that cannot be seen. Spec: ORA-7."""


@frozen
class _Judged:
    """What one candidate says to an event."""

    gossip: Gossip
    world: World
    event: Event
    step: Step

    def without_limit(self, node: NodeId) -> list[Send]:
        """What would have been sent if answers had no limit."""
        profile = attrs.evolve(self.gossip.profile, pace=rules.pace_everything)
        step = Gossip(profile, self.gossip.config).step(self.world.at(node), self.event)
        return [each for each in step.outputs if isinstance(each, Send)]


@define
class Acceptor:
    """Follows nodes of one or more variants of a profile through what was observed.

    Of a variant there are several protocols when a setting names a resolver that only the
    implementation knows: each update may then have been preferred, or not.
    """

    profiles: tuple[Profile, ...]
    contract: Contract
    dialect: Dialect
    exact: bool
    events: bool
    gossips: tuple[tuple[Gossip, ...], ...]
    worlds: tuple[World, ...]
    refused: Refusal | None = None

    @classmethod
    def start(  # noqa: PLR0913 - each says something of its own
        cls,
        profiles: Sequence[Profile],
        contract: Contract,
        nodes: Iterable[NodeId],
        settings: Mapping[str, Any],
        *,
        dialect: Dialect,
        exact: bool = False,
        events: bool = False,
    ) -> Acceptor:
        """Nodes that know nothing, under every variant of `profiles`. Spec: ORA-5, ORA-7."""
        meant = [config_from(each) for each in configs(settings)]
        gossips = tuple(tuple(Gossip(profile, config) for config in meant) for profile in profiles)
        names = tuple(nodes)
        worlds = tuple(
            World(at, tuple((name, each[0].start(name)) for name in names))
            for at, each in enumerate(gossips)
        )
        return cls(tuple(profiles), contract, dialect, exact, events, gossips, worlds)

    def observe(self, seen: Observed) -> Difference | None:
        """Follow one event. The difference that all candidates have, or None.

        Spec: ORA-5, ORA-7.
        """
        try:
            got = self._decoded(seen)
        except InvalidMessage as no:
            refusal = no.refusal
            path = f"$.out message {refusal.path}"
            return Difference(
                path, refusal.expected, refusal.problem, (), refusal.clause or "WIRE-1"
            )
        after: list[World] = []
        first: Difference | None = None
        self.refused = None
        event = followed(seen.event, got)
        for world in self.worlds:
            for gossip in self.gossips[world.variant]:
                step = gossip.step(world.at(seen.node), event)
                found = self._judge(_Judged(gossip, world, event, step), seen, got)
                if found is None:
                    after.append(self._moved(world, seen.node, step.state))
                elif first is None:
                    first = found
        if not after:
            return first
        self._keep(after)
        return None

    def look(self, node: NodeId, answer: Mapping[str, Any]) -> Difference | None:
        """Compare what a node shows of itself with the candidates. Spec: ORA-5, ORA-7."""
        return self._filter(
            lambda world: state_difference(world.at(node), answer, self.contract.exposes)
        )

    def read(self, node: NodeId, source: NodeId, key: str, answer: Any) -> Difference | None:
        """Compare what a node holds under a key with the candidates. Spec: ORA-5, ORA-7."""

        def difference(world: World) -> Difference | None:
            profile = self.profiles[world.variant]
            entry = world.at(node).at(owner_place(profile, source, key))
            if not entry.source_id:
                held = answer.get("value") if isinstance(answer, Mapping) else answer
                empty = plain(held) is None
                return (
                    None if empty else Difference("$.result", "nothing", plain(answer), ("prefer",))
                )
            wanted = {
                "value": thawed_value(entry.value),
                "version": mark_value(entry.version),
                "source_id": entry.source_id,
            }
            return entry_difference("$.result", wanted, answer)

        return self._filter(difference)

    def news(self, node: NodeId, source: NodeId, above: float, answer: Any) -> Difference | None:
        """Compare what history remembers with the candidates. Spec: ORA-5, HIST-4."""

        def difference(world: World) -> Difference | None:
            wanted = [object_of(each) for each in world.at(node).history.news(source, above)]
            if same(wanted, answer):
                return None
            return Difference("$.result", wanted, plain(answer), ("retain",), "HIST-4")

        return self._filter(difference)

    def _filter(self, difference: Any) -> Difference | None:
        judged = [(world, difference(world)) for world in self.worlds]
        kept = [world for world, found in judged if found is None]
        if not kept:
            return self._blamed(judged[0][1])
        self.worlds = tuple(kept)
        return None

    def _blamed(self, difference: Difference) -> Difference:
        """A difference right after what had to be refused is a matter of that refusal."""
        if self.refused is None:
            return difference
        note = f"this had to be refused: {self.refused}"
        return attrs.evolve(difference, clause=self.refused.clause, note=note)

    def _keep(self, worlds: Sequence[World]) -> None:
        unique = tuple(dict.fromkeys(worlds)) if len(worlds) > 1 else tuple(worlds)
        if len(unique) > CANDIDATES_MAX:
            raise Ambiguous(f"more than {CANDIDATES_MAX} candidates")
        self.worlds = unique

    def _decoded(self, seen: Observed) -> list[tuple[NodeId, Message]]:
        """What was sent, as messages with their addressees. Raises InvalidMessage."""
        asked = counterpart(seen.event)
        told = []
        for sent in seen.reply.out:
            message = message_of(sent.message, self.dialect)
            if self.exact and isinstance(sent.message, Mapping):
                exact_members(sent.message, message, self.dialect)
            told.append((asked if sent.to is None else sent.to, message))
        return told

    def _judge(
        self, judged: _Judged, seen: Observed, got: list[tuple[NodeId, Message]]
    ) -> Difference | None:
        step = judged.step
        refused = [each.refusal for each in step.outputs if isinstance(each, Rejected)]
        reply = seen.reply
        if reply.error is not None and reply.error.kind is ErrorKind.INTERNAL:
            return Difference("$.error", "an answer", str(reply.error), (), "ERR-1", "it broke")
        if refused:
            self.refused = refusal_of(seen.event, self.dialect) or refused[0]
            if reply.out:
                shown = [str(message) for _, message in got]
                return Difference("$.out", f"a refusal: {refused[0]}", shown, (), refused[0].clause)
            if refused[0].path == "reading" and _swallowed(seen):
                wanted = f"a refusal: {refused[0]}"
                return Difference("$.ok", wanted, "done", ("stamp",), refused[0].clause)
            return None
        if reply.error is not None:
            wanted = "this is valid, and must be taken"
            return Difference("$.error", wanted, str(reply.error), (), valid_clause(seen.event))
        sends = [each for each in step.outputs if isinstance(each, Send)]
        peers = dict.fromkeys([each.to for each in sends] + [to for to, _ in got])
        for peer in peers:
            ours = [each.message for each in sends if each.to == peer]
            theirs = [message for to, message in got if to == peer]
            if ours == theirs:
                continue
            whole = judged.without_limit(seen.node)
            found = sent_difference(
                ours,
                [each.message for each in whole if each.to == peer],
                theirs,
                exact=self.exact,
                may_cut=self.contract.may_cut,
            )
            if found is not None:
                return found
        return self._events_difference(step, reply) if self.events else None

    def _events_difference(self, step: Step, reply: Reply) -> Difference | None:
        """An update event says that an update was taken: recorded, or applied."""
        told = [
            each["update"]
            for each in reply.events
            if each["event"] == "update" and "update" in each
        ]
        recorded = [object_of(o.update) for o in step.outputs if isinstance(o, Recorded)]
        applied = [object_of(o.update) for o in step.outputs if isinstance(o, Applied)]
        if not (same(told, recorded) or same(told, applied)):
            return Difference("$.events", recorded, plain(told), ("admit",), "", "update events")
        return compaction_difference(step, reply)

    def _moved(self, world: World, node: NodeId, state: NodeState) -> World:
        after = world.replaced(node, state)
        if not shares_process(self.profiles[world.variant]):
            return after
        marks = state.marks(PROCESS)
        pairs = tuple(
            (name, attrs.evolve(old, named=old.with_marks(PROCESS, marks)))
            for name, old in after.nodes
        )
        return World(world.variant, pairs)


def _swallowed(seen: Observed) -> bool:
    """Whether an owner was told that a write was done."""
    return isinstance(seen.event, Put) and seen.reply.error is None
