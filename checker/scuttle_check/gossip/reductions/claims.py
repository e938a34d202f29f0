"""What Scuttlebutt claims of steps, of messages and of the names of nodes.

Only who writes becomes a source that others hear of. A node that never writes is named in its own
state, and in what its neighbours remember of its digest; wherever else a name decides, the
symmetry is refused.

What Scuttlebutt declares about its messages (see :mod:`scuttle_check.engine.claims`).

Each claim is made where its rule is sound (:mod:`scuttle_check.gossip.reductions.admissible`);
elsewhere the answer is that nothing can be left out.

What the protocol declares about the order of steps (see :mod:`scuttle_check.engine.claims`).

An item is an update that some source will stamp. Where versions are dense it is known by source and
version, and a node takes it iff its version is above the clock of the source. Where Lamport stamps
leave holes, nobody can tell the version beforehand: it is known by source, key and value, and done
with at a node whose history holds every write of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs
from attrs import define, field, frozen

from scuttle_check.engine.claims import Asks, Brings, Exchanges
from scuttle_check.engine.system import System
from scuttle_check.gossip.bounds import history_room
from scuttle_check.gossip.reductions.admissible import (
    COPY,
    FINISHED,
    INDEPENDENT,
    JOINS,
    OVERTAKEN,
    READS_ENTRY,
    SATURATED,
    STALE,
    UNNAMED,
    VERSION,
    silent_nodes_unnamed,
    sound_rules,
)
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Exchange, Put, Update
from scuttle_ref.names import ANSWERED, NEVER, Key, NodeId, Value, Version
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import Marks, NodeState
from scuttle_ref.version_vector import VersionVector

NOTHING: frozenset[NodeId] = frozenset()


@define
class GossipFacets:
    """The claims for one system.

    `rules` are the names of those that are sound, `finals` how often each source will stamp.
    """

    gossip: Gossip
    system: System
    rules: frozenset[str] = field(init=False)
    finals: dict[NodeId, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rules = sound_rules(self.gossip, self.system)
        pairs = zip(self.system.topology.nodes, self.system.script, strict=True)
        self.finals = {
            node: sum(isinstance(command, Put) for command in script) for node, script in pairs
        }

    def refusal(self) -> str | None:
        """Why no claim holds here: all rest on RED-2. Spec: RED-1."""
        return STALE.refusal(self.gossip, self.system)

    def canonical(self, local: NodeState, sender: NodeId, message: Hashable) -> Hashable | None:
        """Drop an update that is ignored; forget the version of a digest line. Spec: RED-2, RED-3.

        A digest line is answered with updates above its version. The asker ignores all others
        when they arrive, so asking from the bottom comes to the same.
        """
        del sender
        if isinstance(message, Update):
            return message if self.gossip.profile.admit(local, message) is None else None
        if isinstance(message, Digest) and VERSION.name in self.rules:
            return Digest(message.source_id, NEVER)
        return message

    def refreshed(self, local: NodeState, message: Hashable) -> Hashable:
        """A digest line with what the sender has seen by now. Spec: RED-3."""
        if isinstance(message, Digest) and VERSION.name in self.rules:
            return Digest(message.source_id, local.clock.get(message.source_id))
        return message

    def outdated(self, earlier: Hashable, later: Hashable) -> bool:
        """An update at or below one that arrives before it is ignored. Spec: RED-4."""
        return (
            isinstance(earlier, Update)
            and isinstance(later, Update)
            and OVERTAKEN.name in self.rules
            and earlier.source_id == later.source_id
            and later.version <= earlier.version
        )

    def idempotent(self, message: Hashable) -> bool:
        """A second copy of an update is ignored. Spec: RED-4."""
        return isinstance(message, Update) and COPY.name in self.rules

    def knowledge(self, local: NodeState) -> frozenset[NodeId]:
        """The sources of which a node has seen the last version they will stamp. Spec: RED-5.

        Where versions are dense the clock tells; else history, which holds every update.
        """
        if FINISHED.name not in self.rules:
            return NOTHING
        dense = self.gossip.profile.admit is rules.admit_above_clock
        count = self._seen if dense else self._held
        return frozenset(
            source for source, final in self.finals.items() if count(local, source) >= final
        )

    def _seen(self, local: NodeState, source: NodeId) -> float:
        return max(0, local.clock.get(source))

    def _held(self, local: NodeState, source: NodeId) -> float:
        return sum(update.source_id == source for update in local.history.updates)

    def pointless(self, knowledge: frozenset[NodeId], message: Hashable) -> bool:
        """A digest line of a finished source; done when all are finished. Spec: RED-5, RED-6.

        A done that was sent back asks for nothing in return, whatever the profile.
        """
        if isinstance(message, Digest):
            return message.source_id in knowledge
        if not isinstance(message, DigestDone):
            return False
        return len(knowledge) == len(self.finals) if message.returned else self.saturated(knowledge)

    def saturated(self, knowledge: frozenset[NodeId]) -> bool:
        """All sources are finished, and who asks is not asked in return. Spec: RED-6."""
        return SATURATED.name in self.rules and len(knowledge) == len(self.finals)

    def forgetting(
        self, local: NodeState, sender: NodeId, knowledge: frozenset[NodeId]
    ) -> NodeState:
        """Without the marks of finished sources in the session of `sender`. Spec: RED-5."""
        session = self.gossip.profile.session(sender)
        marks = local.marks(session)
        kept = tuple(pair for pair in marks if pair[0] not in knowledge)
        if kept == marks:
            return local
        return attrs.evolve(local, named=local.with_marks(session, kept))


Dense: TypeAlias = tuple[NodeId, Version]
Sparse: TypeAlias = tuple[NodeId, Key, Value]
Stamp: TypeAlias = Dense | Sparse


@define
class GossipCommutation:
    """The claims for the system that `facets` speaks of."""

    facets: GossipFacets
    _stamps: tuple[Stamp, ...] = field(init=False)
    _writes: Counter[Sparse] = field(init=False)
    _forgets: bool = field(init=False)
    _dense: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        system = self.facets.system
        self._dense = self.facets.gossip.profile.admit is rules.admit_above_clock
        self._writes = Counter(
            (node, command.key, command.value)
            for node, script in zip(system.topology.nodes, system.script, strict=True)
            for command in script
            if isinstance(command, Put)
        )
        self._stamps = self._versions() if self._dense else tuple(self._writes)
        limit = history_room(self.facets.gossip.profile, self.facets.gossip.config)
        self._forgets = limit < self._writes.total()

    def _versions(self) -> tuple[Dense, ...]:
        """Every source and version, where no version is left out."""
        finals = self.facets.finals
        return tuple((s, v) for s, final in finals.items() for v in range(1, final + 1))

    def refusal(self) -> str | None:
        """Why the claims do not hold here. Spec: RED-9."""
        return INDEPENDENT.refusal(self.facets.gossip, self.facets.system)

    def items(self) -> Sequence[Stamp]:
        """Every update that will ever be stamped. Spec: RED-11."""
        return self._stamps

    def known(self, local: NodeState) -> Iterable[Stamp]:
        """What the clock covers, or history holds, is ignored. Spec: RED-11."""
        if self._dense:
            seen = {source: local.clock.get(source) for source in self.facets.finals}
            return [(s, v) for s, v in self._versions() if v <= seen[s]]
        held = Counter((u.source_id, u.key, u.value) for u in local.history.updates)
        return [stamp for stamp, writes in self._writes.items() if held[stamp] >= writes]

    def arriving(
        self, local: NodeState, sender: NodeId, messages: Sequence[Hashable]
    ) -> Sequence[Brings | Asks | None]:
        """A line asks for its source, done for the sources not mentioned until then.

        Spec: RED-11, RED-12.
        """
        marks = local.marks(self.facets.gossip.profile.session(sender))
        mentioned = {source for source, mark in marks if mark == ANSWERED}
        found: list[Brings | Asks | None] = []
        for message in messages:
            match message:
                case Update(source_id=source, key=key, value=value, version=version):
                    item = (source, int(version)) if self._dense else (source, key, value)
                    found.append(Brings(frozenset({item})))
                case Digest(source_id=source):
                    found.append(Asks(frozenset(s for s in self._stamps if s[0] == source)))
                    mentioned.add(source)
                case DigestDone():
                    asked = frozenset(s for s in self._stamps if s[0] not in mentioned)
                    found.append(Asks(asked))
                    mentioned.clear()
                case _:
                    found.append(None)
        return found

    def commanded(
        self, local: NodeState, commands: Sequence[Hashable]
    ) -> Sequence[Brings | Exchanges | None]:
        """A write brings the next update of its own source. Spec: RED-11."""
        version = max(0, int(local.clock.get(local.id)))
        found: list[Brings | Exchanges | None] = []
        for command in commands:
            match command:
                case Put(key=key, value=value):
                    version += 1
                    item = (local.id, version) if self._dense else (local.id, key, value)
                    found.append(Brings(frozenset({item})))
                case Exchange(peer=peer):
                    found.append(Exchanges(peer))
                case _:
                    found.append(None)
        return found

    def shaping(self, local: NodeState) -> Iterable[Stamp]:
        """The first update of a source adds a line, unless it is the last. Spec: RED-13.

        The version in a line does not matter where RED-3 holds, nor does a line of a finished
        source (RED-5).
        """
        if VERSION.name not in self.facets.rules:
            known = set(self.known(local))
            return [stamp for stamp in self._stamps if stamp not in known]
        written = self.facets.gossip.profile.advertise is rules.advertise_written
        unnamed = 0 if written else NEVER
        return [
            stamp
            for stamp in self._stamps
            if local.clock.get(stamp[0]) <= unnamed and not self._is_last(stamp)
        ]

    def _is_last(self, stamp: Stamp) -> bool:
        """Whether a node that has seen nothing else of the source has then seen all of it."""
        final = self.facets.finals[stamp[0]]
        return stamp[1] == final if self._dense else final == 1

    def stamping(self, local: NodeState) -> Iterable[Stamp]:
        """Under Lamport's rule a write is stamped above all that was seen. Spec: RED-17."""
        if self.facets.gossip.profile.witness is rules.witness_join:
            return []
        known = set(self.known(local))
        return [s for s in self._stamps if s[0] != local.id and s not in known]

    def apart(self, one: Stamp, other: Stamp) -> bool:
        """Whether a node ends equal after two updates in either order. Spec: RED-11, RED-18."""
        if one == other:
            return True
        if self._dense:
            return one[0] != other[0] and not self._forgets
        resolve = self.facets.gossip.config.resolve
        if self.facets.gossip.profile.prefer is rules.prefer_newest or resolve in JOINS:
            return True
        same_key = one[1] == other[1]
        return not same_key and (resolve in READS_ENTRY or one[0] != other[0])

    def forgets(self) -> bool:
        """Whether history may become longer than its limit. Spec: RED-11."""
        return self._forgets


@frozen
class GossipNaming:
    """The claims for one system. `left_out` are the names of the rules of a quotient in use."""

    gossip: Gossip
    system: System
    left_out: frozenset[str] = frozenset()

    def refusal(self) -> str | None:
        """Why names decide something here. Spec: SYM-2."""
        rule = UNNAMED
        if FINISHED.name in self.left_out:
            needs = tuple(need for need in rule.needs if need is not silent_nodes_unnamed)
            rule = attrs.evolve(rule, needs=needs)
        return rule.refusal(self.gossip, self.system)

    def distinguished(self) -> tuple[NodeId, ...]:
        """Who has a script, and who is named in one. Spec: SYM-1."""
        pairs = list(zip(self.system.topology.nodes, self.system.script, strict=True))
        owners = [node for node, script in pairs if script]
        commands = (command for _, script in pairs for command in script)
        peers = [command.peer for command in commands if isinstance(command, Exchange)]
        return tuple(dict.fromkeys((*owners, *peers)))

    def renamed(self, part: Hashable, names: Mapping[NodeId, NodeId]) -> Hashable:
        """A part with nodes that never write called by other names. Spec: SYM-3."""
        match part:
            case NodeState():
                return self._state(part, names)
            case Digest():
                return attrs.evolve(part, source_id=names.get(part.source_id, part.source_id))
            case frozenset():
                return frozenset(names.get(source, source) for source in part)
            case _:
                return part

    def _state(self, state: NodeState, names: Mapping[NodeId, NodeId]) -> NodeState:
        clock = tuple(sorted((names.get(source, source), v) for source, v in state.clock.pairs))
        sources = tuple(names.get(source, source) for source in state.sources)
        sessions = ((names.get(one, one), self._marks(marks, names)) for one, marks in state.named)
        in_order = self.gossip.profile.enlist is rules.enlist_sorted
        return attrs.evolve(
            state,
            id=names.get(state.id, state.id),
            clock=VersionVector(clock),
            sources=tuple(sorted(sources)) if in_order else sources,
            named=tuple(sorted(sessions)),
        )

    def _marks(self, marks: Marks, names: Mapping[NodeId, NodeId]) -> Marks:
        """Marks under other names, in order unless every naming is remembered. Spec: SYM-3."""
        renamed = ((names.get(source, source), mark) for source, mark in marks)
        again = self.gossip.profile.mention is rules.mention_again
        return tuple(renamed) if again else tuple(sorted(renamed))
