"""What Scuttlebutt declares about its messages (see :mod:`checker.facets`).

Each claim is made where its rule is sound (:mod:`checker.scuttlebutt.admissible`); elsewhere the
answer is that nothing can be left out.
"""

from __future__ import annotations

from collections.abc import Hashable

import attrs
from attrs import define, field

from checker.actors import System
from checker.scuttlebutt.admissible import (
    COPY,
    FINISHED,
    OVERTAKEN,
    SATURATED,
    STALE,
    VERSION,
    sound_rules,
)
from scuttle_ref import rules
from scuttle_ref.messages import Digest, DigestDone, Put, Update
from scuttle_ref.names import NEVER, NodeId
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

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
