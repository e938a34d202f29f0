"""Who hears what a node sends, and which nodes live in one process."""

from __future__ import annotations

from collections.abc import Hashable

from attrs import frozen

from checker.faults import UsageFault
from checker.network import Channel, Network
from checker.topology import Topology


@frozen
class Wiring:
    """`broadcast`: whatever a node sends goes out on all its links, to whomever it is addressed.

    `processes` are groups of nodes that share a component of their state, which the actor
    tells (:meth:`~checker.worlds.Actor.shared`).

    Spec: NET-1, FAULT-6.
    """

    broadcast: bool = False
    processes: tuple[tuple[str, ...], ...] = ()

    def mates(self, node: str) -> tuple[str, ...]:
        """The other nodes in the process of `node`."""
        for process in self.processes:
            if node in process:
                return tuple(other for other in process if other != node)
        return ()

    def frames(
        self,
        topology: Topology,
        network: Network,
        node: str,
        sends: tuple[tuple[str, Hashable], ...],
    ) -> list[tuple[str, Channel]]:
        """What `node` sends in one step, as frames per target that a link leads to.

        Spec: NET-1, NET-5.
        """
        if not sends:
            return []
        if self.broadcast:
            frames = network.framed(tuple(message for _, message in sends))
            return [(target, frames) for source, target in topology.links if source == node]
        targets = dict.fromkeys(target for target, _ in sends)
        return [
            (target, network.framed(tuple(message for to, message in sends if to == target)))
            for target in targets
            if (node, target) in topology.link_index
        ]


ADDRESSED = Wiring()
"""Every message goes to its addressee alone, and every node is a process of its own."""

WIRINGS = ("addressed", "broadcast")
"""Whom a message reaches: its addressee, or all neighbours of the sender."""


def wiring(
    topology: Topology, name: str = "addressed", processes: tuple[tuple[str, ...], ...] = ()
) -> Wiring:
    """The wiring called `name`, with these processes. Raises UsageFault."""
    if name not in WIRINGS:
        raise UsageFault(f"no wiring {name!r}", where="--wiring", expected=" or ".join(WIRINGS))
    housed = [node for process in processes for node in process]
    for node in housed:
        if node not in topology.node_index or housed.count(node) > 1:
            problem = (
                f"no node {node!r}"
                if node not in topology.node_index
                else f"node {node} lives in two processes, or twice in one"
            )
            known = "each at most once of " + ", ".join(topology.nodes)
            raise UsageFault(problem, where="--process", expected=known)
    return Wiring(name == "broadcast", processes)
