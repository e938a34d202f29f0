"""What the textbook protocol declares about the order of steps (see :mod:`checker.commutation`).

An item is an update that some source will stamp: its source and version. A node takes it iff its
version is above the clock of the source, so below the clock nothing does anything any more.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeAlias

from attrs import define, field

from checker.actions import BUDGETED, Drop
from checker.actors import System
from checker.commutation import Asks, Brings, Exchanges
from checker.network import UNLIMITED
from checker.scuttlebutt.admissible import FINISHED, SATURATED, STALE, VERSION
from checker.scuttlebutt.facets import GossipFacets
from checker.wiring import ADDRESSED
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Exchange, Put, Update
from scuttle_ref.names import ANSWERED, NodeId, Version
from scuttle_ref.order import by_version_and_source
from scuttle_ref.profile import rule_of
from scuttle_ref.state import NodeState

Stamp: TypeAlias = tuple[NodeId, Version]

RULES = {
    "stamp": rules.stamp_next,
    "witness": rules.witness_join,
    "admit": rules.admit_above_clock,
    "place": rules.place_shared,
    "prefer": rules.prefer_newest,
    "retain": rules.retain_newest,
    "enlist": rules.enlist_sorted,
    "advertise": rules.advertise_written,
    "session": rules.session_per_peer,
    "mention": rules.mention_source,
    "answer": rules.answer_news,
    "fill": rules.fill_in_sort_order,
    "pace": rules.pace_everything,
    "close": rules.close_silent,
}
"""The rules that the claims are about; under any other they are refused."""


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
    _forgets: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        finals = self.facets.finals
        self._stamps = tuple((s, v) for s, final in finals.items() for v in range(1, final + 1))
        limit = self.facets.gossip.config.max_history or rules.HISTORY_DEFAULT
        self._forgets = limit < len(self._stamps)

    def refusal(self) -> str | None:
        """Why the claims do not hold here. Spec: RED-9."""
        gossip, system = self.facets.gossip, self.facets.system
        for point, rule in RULES.items():
            if rule_of(gossip.profile, point) is not rule:
                return (
                    f"the rule {rule_of(gossip.profile, point).__name__} of {gossip.profile.name}"
                )
        for needed in (STALE, VERSION, FINISHED, SATURATED):
            reason = needed.refusal(gossip, system)
            if reason is not None:
                return reason
        if gossip.config.sort is not by_version_and_source:
            return "a replay order of your own, of which the claims say nothing"
        return _wiring_refusal(system)

    def items(self) -> Sequence[Stamp]:
        """Every update that will ever be stamped. Spec: RED-11."""
        return self._stamps

    def known(self, local: NodeState) -> Iterable[Stamp]:
        """What the clock covers is ignored. Spec: RED-11."""
        return [stamp for stamp in self._stamps if stamp[1] <= local.clock.get(stamp[0])]

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
                case Update(source_id=source, version=version):
                    found.append(Brings(frozenset({(source, int(version))})))
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
        """A write brings the next version of its own source. Spec: RED-11."""
        version = max(0, int(local.clock.get(local.id)))
        found: list[Brings | Exchanges | None] = []
        for command in commands:
            match command:
                case Put():
                    version += 1
                    found.append(Brings(frozenset({(local.id, version)})))
                case Exchange(peer=peer):
                    found.append(Exchanges(peer))
                case _:
                    found.append(None)
        return found

    def shaping(self, local: NodeState) -> Iterable[Stamp]:
        """The first update of a source adds a line, unless it is the last. Spec: RED-13.

        The version in a line does not matter (RED-3), nor does a line of a finished source
        (RED-5).
        """
        finals = self.facets.finals
        return [s for s in self._stamps if local.clock.get(s[0]) <= 0 and s[1] < finals[s[0]]]

    def apart(self, one: Stamp, other: Stamp) -> bool:
        """Updates of two sources commute while nothing is forgotten. Spec: RED-11."""
        return one == other or (one[0] != other[0] and not self._forgets)

    def forgets(self) -> bool:
        """Whether history may become longer than its limit. Spec: RED-11."""
        return self._forgets
