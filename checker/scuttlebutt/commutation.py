"""What the protocol declares about the order of steps (see :mod:`checker.commutation`).

An item is an update that some source will stamp. Where versions are dense it is known by source and
version, and a node takes it iff its version is above the clock of the source. Where Lamport stamps
leave holes, nobody can tell the version beforehand: it is known by source, key and value, and done
with at a node whose history holds every write of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeAlias

from attrs import define, field

from checker.commutation import Asks, Brings, Exchanges
from checker.scuttlebutt.admissible import INDEPENDENT, JOINS, READS_ENTRY, VERSION
from checker.scuttlebutt.bounds import history_room
from checker.scuttlebutt.facets import GossipFacets
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Exchange, Put, Update
from scuttle_ref.names import ANSWERED, NEVER, Key, NodeId, Value, Version
from scuttle_ref.state import NodeState

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
