"""What the textbook protocol declares about its messages (see :mod:`checker.facets`).

Every claim rests on this: clocks never move back, an update is taken iff its version is above the
clock of its source, and the writes still to come are known from the scripts.
"""

from __future__ import annotations

from collections.abc import Hashable

import attrs
from attrs import define, field

from checker.actions import BUDGETED, Drop, Duplicate
from checker.actors import System
from checker.scuttlebutt.actor import Restart
from checker.wiring import ADDRESSED
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Put, Update
from scuttle_ref.names import NEVER, NodeId
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


@define
class GossipFacets:
    """The claims for one system. `finals` is the last version that each source will stamp."""

    gossip: Gossip
    system: System
    finals: dict[NodeId, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        pairs = zip(self.system.topology.nodes, self.system.script, strict=True)
        self.finals = {
            node: sum(isinstance(command, Put) for command in script) for node, script in pairs
        }

    def refusal(self) -> str | None:
        """Why the claims do not hold here. Spec: RED-1."""
        profile = self.gossip.profile
        needed = {
            "admit": rules.admit_above_clock,
            "witness": rules.witness_join,
            "mention": rules.mention_source,
            "answer": rules.answer_news,
            "fill": rules.fill_in_sort_order,
            "pace": rules.pace_everything,
            "session": rules.session_per_peer,
            "stamp": rules.stamp_next,
        }
        for point, rule in needed.items():
            if getattr(profile, point) is not rule:
                return f"the rule {getattr(profile, point).__name__} of profile {profile.name}"
        if any(isinstance(command, Restart) for script in self.system.script for command in script):
            return "a restart with amnesia, which moves a clock back"
        if self.system.network.whole_answers:
            return "frames of several messages"
        system = self.system
        for kind, budget in zip(BUDGETED, system.budgets, strict=True):
            if budget and kind not in {Drop, Duplicate}:
                return f"the fault {kind.verb}, of which the claims say nothing"
        if system.wiring != ADDRESSED:
            return "a wiring, or processes, of which the claims say nothing"
        return None

    def canonical(self, local: NodeState, sender: NodeId, message: Hashable) -> Hashable | None:
        """Drop an update that is ignored; forget the version of a digest line. Spec: RED-2, RED-3.

        A digest line is answered with updates above its version. Those at or below the clock of
        the asker are ignored when they arrive, so asking from the bottom comes to the same.
        """
        del sender
        if isinstance(message, Update):
            return None if message.version <= local.clock.get(message.source_id) else message
        if isinstance(message, Digest) and message.version != NEVER:
            return Digest(message.source_id, NEVER)
        return message

    def refreshed(self, local: NodeState, message: Hashable) -> Hashable:
        """A digest line with what the sender has seen by now. Spec: RED-3."""
        if isinstance(message, Digest):
            return Digest(message.source_id, local.clock.get(message.source_id))
        return message

    def outdated(self, earlier: Hashable, later: Hashable) -> bool:
        """An update at or below one ahead of it of the same source is ignored. Spec: RED-4."""
        return (
            isinstance(earlier, Update)
            and isinstance(later, Update)
            and earlier.source_id == later.source_id
            and later.version <= earlier.version
        )

    def knowledge(self, local: NodeState) -> frozenset[NodeId]:
        """The sources of which a node has seen the last version they will stamp. Spec: RED-5."""
        return frozenset(
            source
            for source, final in self.finals.items()
            if max(0, local.clock.get(source)) >= final
        )

    def pointless(self, knowledge: frozenset[NodeId], message: Hashable) -> bool:
        """A digest line of a finished source; done when all are finished. Spec: RED-5, RED-6."""
        if isinstance(message, Digest):
            return message.source_id in knowledge
        return isinstance(message, DigestDone) and self.saturated(knowledge)

    def saturated(self, knowledge: frozenset[NodeId]) -> bool:
        """All sources are finished. Spec: RED-6."""
        return len(knowledge) == len(self.finals)

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
