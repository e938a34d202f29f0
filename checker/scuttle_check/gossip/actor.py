"""A Scuttlebutt node as an actor of the engine."""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

import attrs
from attrs import frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.network import Comeback
from scuttle_check.engine.system import Effects, System
from scuttle_check.gossip.foreign_rules import raise_strayed
from scuttle_ref.messages import Exchange, Lost, Opened, Put, Received, Update
from scuttle_ref.names import NodeId, one_line, place_name
from scuttle_ref.outputs import Rejected, Send, Step
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import Marks, NodeState


@frozen(cache_hash=True)
class Restart:
    """The owner restarts a node whose memory is gone, under the same id."""

    def __str__(self) -> str:
        return "restart with amnesia"


RESTART = Restart()

GENERATION = "'"
"""What is added to the id of a node each time it comes back under a new one."""


def first_id(node: NodeId, nodes: tuple[NodeId, ...]) -> NodeId:
    """The one of `nodes` that a node was when the run began."""
    return node if node in nodes else node.rstrip(GENERATION)


@frozen
class GossipActor:
    """Every node runs `gossip`, but for `others`; the outputs of a step become its notes.

    `housed` are the nodes that do not have a process of their own. `written` is what owners wrote
    before the run begins.

    Spec: CHK-17.
    """

    gossip: Gossip
    housed: tuple[NodeId, ...] = ()
    others: tuple[tuple[NodeId, Gossip], ...] = ()
    written: tuple[tuple[NodeId, tuple[Put, ...]], ...] = ()

    def of(self, node: NodeId) -> Gossip:
        """What a node runs, by any id that it has had."""
        if not self.others:
            return self.gossip
        known = dict(self.others)
        return known.get(node) or known.get(node.rstrip(GENERATION)) or self.gossip

    def start(self, node: str) -> NodeState:
        """A node that knows what its owner has written, if anything, and nothing else."""
        state = self.of(node).start(node)
        for put in dict(self.written).get(node, ()):
            state = self.of(node).step(state, put).state
        return state

    def command(self, local: NodeState, command: Put | Exchange | Restart) -> Effects:
        """A local write, the start of an exchange, or a restart with amnesia."""
        if isinstance(command, Restart):
            return Effects(self.restarted(local, Comeback.AMNESIA))
        return _effects(self.of(local.id).step(local, command))

    def receive(self, local: NodeState, sender: str, message: Hashable) -> Effects:
        """A message of a peer."""
        return _effects(self.of(local.id).step(local, Received(sender, message)))

    def exchange(self, target: str) -> Exchange:
        """The command that starts an exchange, in the node's own order of sources."""
        return Exchange(target)

    def restarted(self, local: NodeState, how: Comeback) -> NodeState:
        """A node that comes back: as it was, or fresh under an old or new id.

        What it had half heard of a digest is lost, and its sessions are closed.

        A process that hosts other nodes lives on, and with it what it remembers (DEV-9).

        Spec: FAULT-4.
        """
        match how:
            case Comeback.PERSISTED:
                state = attrs.evolve(local, named=(), open_sessions=())
            case Comeback.AMNESIA:
                state = self.of(local.id).start(local.id)
            case Comeback.NEW_ID:
                state = self.of(local.id).start(local.id + GENERATION)
        if first_id(local.id, self.housed) in self.housed:
            return self.with_shared(state, self.shared(local))
        return state

    def opened(self, local: NodeState, peer: str) -> NodeState:
        """What the rule `connect` makes of it. Spec: FAULT-8."""
        return self.of(local.id).step(local, Opened(peer)).state

    def lost(self, local: NodeState, peer: str) -> NodeState:
        """What the rule `disconnect` makes of it. Spec: FAULT-8."""
        return self.of(local.id).step(local, Lost(peer)).state

    def shared(self, local: NodeState) -> Marks:
        """The named sources of the process. Spec: FAULT-6."""
        return local.marks(PROCESS)

    def with_shared(self, local: NodeState, component: Marks) -> NodeState:
        """The node with these named sources of its process. Spec: FAULT-6."""
        return attrs.evolve(local, named=local.with_marks(PROCESS, component))


def actor_in(system: System) -> GossipActor:
    """The actor of a system of Scuttlebutt nodes."""
    return cast("GossipActor", system.actor)


def _effects(step: Step) -> Effects:
    """The effects of a step. A resolver that fails ends the run at once. Spec: CONV-11, PROF-9."""
    for output in step.outputs:
        if isinstance(output, Rejected) and output.refusal.clause == "MERGE-4":
            raise_strayed()
            raise UnrunnableFault(
                f"the resolver {output.refusal.problem}",
                where=f"node {step.state.id}, store {_shown(step.state)}",
                expected=f"{output.refusal.expected} for every update",
                clause="MERGE-4",
                hint="mend the resolver; `gossip` offers .id .get(key) .clock .sort",
            )
    sends = tuple((o.to, o.message) for o in step.outputs if isinstance(o, Send))
    return Effects(step.state, sends, step.outputs)


def _shown(state: NodeState) -> str:
    entries = (
        f"{one_line(place_name(place))}={one_line(entry.value)}" for place, entry in state.store
    )
    return "{" + ", ".join(entries) + "}"


def moves_update(message: Hashable) -> bool:
    """Whether a message transfers something: updates do, digests do not."""
    return isinstance(message, Update)
