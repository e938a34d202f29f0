"""The model as an acceptor: it follows what an implementation chose, and says what it may not do.

Laws of this file: a choice that can be seen is followed; a choice that cannot is kept as several
candidates; when there are too many, the answer is *ambiguous* and never a guess.
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
from scuttle_check.oracle.live.observation import (
    Ambiguous,
    Observed,
    World,
    compaction_difference,
    configs,
    counterpart,
    exact_members,
    followed,
    refusal_of,
    valid_clause,
)
from scuttle_check.oracle.protocol import ErrorKind, Reply, config_from
from scuttle_check.oracle.wire import mark_value, message_of, object_of, plain
from scuttle_ref import rules
from scuttle_ref.errors import InvalidMessage, Refusal
from scuttle_ref.messages import Event, Message, Put
from scuttle_ref.names import NodeId, thawed_value
from scuttle_ref.outputs import Applied, Recorded, Rejected, Send, Step
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState
from scuttle_ref.wire import Dialect

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

    def carry_on(self, seen: Observed) -> None:
        """Take an event as the profile does, whatever was answered to it. Spec: ORA-18."""
        self.worlds = tuple(
            self._moved(world, seen.node, gossip.step(world.at(seen.node), seen.event).state)
            for world in self.worlds
            for gossip in self.gossips[world.variant]
        )[:CANDIDATES_MAX]

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
