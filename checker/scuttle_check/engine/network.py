"""What a link may do to messages: order, loss, duplication, and what travels as one piece.

What may happen to nodes, whatever they say: crashes, restarts and pauses.

Who hears what a node sends, and which nodes live in one process.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import TypeAlias

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import Topology

Frame: TypeAlias = tuple[Hashable, ...]
"""The messages that travel as one piece."""

Channel: TypeAlias = tuple[Frame, ...]
"""The frames in flight on one link. On an ordered link the oldest is first."""

UNLIMITED = -1


@frozen
class Network:
    """The semantics of every link of a system.

    `ordered`: frames arrive in the order sent. `whole_answers`: all that one step sends to one
    target is one frame (datagrams), otherwise each message is (streams). The others are budgets
    for a whole run: frames lost, frames that arrive twice, frames that overtake all that are
    ahead of them on an ordered link, and connections cut. An UNLIMITED budget needs no counter,
    so it does not multiply states.

    Spec: NET-2, NET-3, NET-4, NET-5, FAULT-2.
    """

    name: str
    ordered: bool = True
    whole_answers: bool = False
    losses: int = 0
    duplicates: int = 0
    overtakings: int = 0
    cuts: int = 0

    def framed(self, messages: tuple[Hashable, ...]) -> Channel:
        """The frames in which `messages`, sent in one step to one target, travel."""
        if self.whole_answers:
            return (messages,) if messages else ()
        return tuple((message,) for message in messages)

    def joined(self, channel: Channel, frames: Channel) -> Channel:
        """The channel with `frames` sent into it; unordered channels are kept sorted."""
        if self.ordered:
            return channel + frames
        return tuple(sorted(channel + frames, key=_frame_key))

    def deliverable(self, channel: Channel) -> range | tuple[int, ...]:
        """Which frames may arrive next: the oldest, or any (equal ones once)."""
        if self.ordered:
            return range(min(1, len(channel)))
        return tuple(at for at, frame in enumerate(channel) if at == 0 or channel[at - 1] != frame)

    def overtaking(self, channel: Channel) -> tuple[int, ...]:
        """Which frames could arrive before those ahead of them; of equal ones in a row, one."""
        if not self.ordered:
            return ()
        return tuple(at for at in range(1, len(channel)) if channel[at - 1] != channel[at])


def _frame_key(frame: Frame) -> str:
    return "|".join(map(repr, frame))


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("fifo"),
        Network("unordered", ordered=False),
        Network("lossy", losses=UNLIMITED),
        Network("duplicating", duplicates=1),
    )
}
"""The networks by name: first in first out unless said otherwise."""


def network(name: str, *, whole_answers: bool = False) -> Network:
    """The network called `name`. Raises UsageFault."""
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise UsageFault(f"no network {name!r}", where="--network", expected=known)
    return attrs.evolve(NETWORKS[name], whole_answers=whole_answers)


UP, DOWN, PAUSED, GONE = 0, 1, 2, 3
"""The condition of a node; GONE is down for good."""

OFF = (DOWN, GONE)
"""Nothing reaches a node in one of these conditions."""


class Comeback(Enum):
    """What a node that crashed comes back with. Spec: FAULT-4."""

    PERSISTED = "persisted"
    AMNESIA = "amnesia"
    NEW_ID = "new-id"


@frozen
class Outages:
    """How often, in a whole run, nodes may crash, pause and stop for good, and how they come back.

    A node that crashed can always come back, and a paused one always go on; one that stopped
    cannot. `may_crash` are the nodes that may crash or stop; none are all.

    Spec: FAULT-3, FAULT-4, FAULT-5, FAULT-9.
    """

    crashes: int = 0
    pauses: int = 0
    comeback: Comeback = Comeback.PERSISTED
    stops: int = 0
    may_crash: tuple[str, ...] = ()

    def may(self, node: str) -> bool:
        """Whether a node may crash or stop."""
        return not self.may_crash or node in self.may_crash


NO_OUTAGES = Outages()


@frozen
class Wiring:
    """`broadcast`: whatever a node sends goes out on all its links, to whomever it is addressed.

    `processes` are groups of nodes that share a component of their state, which the actor
    tells (:meth:`~scuttle_check.engine.worlds.Actor.shared`).

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
