"""What the protocol declares about the order of steps (see :mod:`checker.commutation`).

An item is an update that some source will stamp. Where versions are dense it is known by source and
version, and a node takes it iff its version is above the clock of the source. Where Lamport stamps
leave holes, nobody can tell the version beforehand: it is known by source, key and value, and done
with at a node whose history holds every write of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeAlias

from attrs import define, field

from checker.actions import BUDGETED, Drop
from checker.actors import System
from checker.commutation import Asks, Brings, Exchanges
from checker.network import UNLIMITED
from checker.scuttlebutt.admissible import (
    FINISHED,
    JOINS,
    SATURATED,
    STALE,
    VERSION,
    history_keeps_all,
)
from checker.scuttlebutt.facets import GossipFacets
from checker.wiring import ADDRESSED
from scuttle_ref import resolvers, rules
from scuttle_ref.messages import Digest, DigestDone, Exchange, Put, Update
from scuttle_ref.names import ANSWERED, NEVER, Key, NodeId, Value, Version
from scuttle_ref.order import by_version_and_source
from scuttle_ref.profile import rule_of
from scuttle_ref.state import NodeState

Dense: TypeAlias = tuple[NodeId, Version]
Sparse: TypeAlias = tuple[NodeId, Key, Value]
Stamp: TypeAlias = Dense | Sparse

RULES: dict[str, tuple[Callable[..., object], ...]] = {
    "stamp": (rules.stamp_next,),
    "witness": (rules.witness_join, rules.witness_lamport),
    "admit": (rules.admit_above_clock, rules.admit_unremembered),
    "place": (rules.place_shared,),
    "prefer": (rules.prefer_newest, rules.prefer_resolver),
    "retain": (rules.retain_newest,),
    "enlist": (rules.enlist_sorted,),
    "relay": (rules.relay_nothing,),
    "advertise": (rules.advertise_written, rules.advertise_clock),
    "session": (rules.session_per_peer,),
    "mention": (rules.mention_source,),
    "answer": (rules.answer_news,),
    "fill": (rules.fill_in_sort_order,),
    "pace": (rules.pace_everything, rules.pace_prefix),
    "close": (rules.close_silent,),
}
"""The rules that the claims are about; under any other they are refused."""

READS_ENTRY = (resolvers.strictly_order_values, resolvers.lww_vs_current_vers)
"""Resolvers that look at the stored entry of the key, and at nothing else that changes."""


KNOWN_RESOLVERS = (*JOINS, *READS_ENTRY, resolvers.lww_vs_clock)
"""The last looks at the clock of the update's source."""


def _wiring_refusal(system: System) -> str | None:
    """What a system may do that the claims say nothing about."""
    network = system.network
    if not network.ordered:
        return "a network that does not keep the order, in which every arrival is a choice"
    if network.whole_answers:
        return "frames of several messages"
    if system.wiring != ADDRESSED:
        return "a wiring, or processes, of which the claims say nothing"
    for kind, budget in zip(BUDGETED, system.budgets, strict=True):
        if budget and kind is not Drop:
            return f"the fault {kind.verb}, of which the claims say nothing"
    if network.losses not in {0, UNLIMITED}:
        return "a limited number of losses, which any two losses compete for"
    return None


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
        limit = self.facets.gossip.config.max_history or rules.HISTORY_DEFAULT
        self._forgets = limit < self._writes.total()

    def _versions(self) -> tuple[Dense, ...]:
        """Every source and version, where no version is left out."""
        finals = self.facets.finals
        return tuple((s, v) for s, final in finals.items() for v in range(1, final + 1))

    def refusal(self) -> str | None:
        """Why the claims do not hold here. Spec: RED-9."""
        gossip, system = self.facets.gossip, self.facets.system
        for point, known in RULES.items():
            rule = rule_of(gossip.profile, point)
            if rule not in known:
                return f"the rule {rule.__name__} of {gossip.profile.name}"
        for needed in (STALE, FINISHED, SATURATED):
            reason = needed.refusal(gossip, system)
            if reason is not None:
                return reason
        if not self._dense and (reason := history_keeps_all(gossip, system)) is not None:
            return reason
        resolve = gossip.config.resolve
        if gossip.profile.prefer is rules.prefer_resolver and resolve not in KNOWN_RESOLVERS:
            return "a resolver of your own, of which the claims say nothing"
        if gossip.config.sort is not by_version_and_source:
            return "a replay order of your own, of which the claims say nothing"
        return _wiring_refusal(system)

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
