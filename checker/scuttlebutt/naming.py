"""What Scuttlebutt declares about the names of nodes (see :class:`checker.facets.Naming`).

Only who writes becomes a source that others hear of. A node that never writes is named in its own
state, and in what its neighbours remember of its digest; wherever else a name decides, the
symmetry is refused.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import attrs
from attrs import frozen

from checker.actors import System
from checker.scuttlebutt.admissible import FINISHED, UNNAMED, silent_nodes_unnamed
from scuttle_ref import rules
from scuttle_ref.messages import Digest, Exchange
from scuttle_ref.names import NodeId
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import Marks, NodeState
from scuttle_ref.version_vector import VersionVector


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
