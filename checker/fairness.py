"""Fair rounds: what nodes that keep exchanging come to, once their owners have stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable

from attrs import frozen

from checker.actors import Actor, Effects, Local, received
from checker.network import Frame, Network
from checker.topology import Topology

ROUNDS_MAX = 64
"""More rounds than any exchange pattern here needs; beyond it the outcome is open."""


@frozen
class Settled:
    """The outcome of fair rounds.

    `moved` counts the messages that transferred something, over `rounds` full rounds. With
    `quiet`, the last full round transferred nothing, so no later round can: `nodes` is final.

    Spec: CONV-13.
    """

    nodes: tuple[Local, ...]
    rounds: int
    moved: int
    quiet: bool


def settle(
    actor: Actor,
    topology: Topology,
    network: Network,
    nodes: tuple[Local, ...],
    moves: Callable[[Hashable], bool],
) -> Settled:
    """Let every link exchange in turn, each exchange delivered to its end, until nothing moves.

    The network is healed: first in, first out, nothing lost. `moves` says which messages
    transfer something.

    Spec: CONV-13.
    """
    total = 0
    for round_number in range(1, ROUNDS_MAX + 1):
        moved = 0
        for source, target in topology.links:
            nodes, count = exchange(actor, topology, network, nodes, (source, target), moves)
            moved += count
        total += moved
        if moved == 0:
            return Settled(nodes, round_number, total, quiet=True)
    return Settled(nodes, ROUNDS_MAX, total, quiet=False)


def exchange(
    actor: Actor,
    topology: Topology,
    network: Network,
    nodes: tuple[Local, ...],
    link: tuple[str, str],
    moves: Callable[[Hashable], bool],
) -> tuple[tuple[Local, ...], int]:
    """One exchange over `link`, everything delivered; the nodes after it and what it moved."""
    changed = list(nodes)
    queue: deque[tuple[str, str, Frame]] = deque()

    def apply(node: str, effects: Effects) -> None:
        changed[topology.node_index[node]] = effects.local
        for to in dict.fromkeys(to for to, _ in effects.sends):
            sent = tuple(message for target, message in effects.sends if target == to)
            if (node, to) in topology.link_index:
                queue.extend((node, to, frame) for frame in network.framed(sent))

    source, target = link
    apply(source, actor.command(changed[topology.node_index[source]], actor.exchange(target)))
    moved = 0
    while queue:
        sender, receiver, frame = queue.popleft()
        moved += sum(map(moves, frame))
        local = changed[topology.node_index[receiver]]
        apply(receiver, received(actor, local, sender, frame))
    return tuple(changed), moved
