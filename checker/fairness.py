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

FRAMES_MAX = 10_000
"""More frames than any exchange here takes; one that goes on is taken to have no end."""


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


class EndlessExchange(Exception):
    """An exchange took more than FRAMES_MAX frames."""


@frozen
class FairRounds:
    """Every link exchanges in turn, each exchange delivered to its end.

    Nothing is lost, and messages arrive in the order sent; of `network` only the framing
    counts. `moves` says which messages transfer something.

    Spec: CONV-13.
    """

    actor: Actor
    topology: Topology
    network: Network
    moves: Callable[[Hashable], bool]

    def settle(self, nodes: tuple[Local, ...]) -> Settled:
        """Rounds from `nodes` on, until one moves nothing or ROUNDS_MAX are done.

        The first round proves nothing: it also ends the exchanges that faults left open, and
        what a node remembers of them may silence its answers once.
        """
        total = 0
        for number in range(1, ROUNDS_MAX + 1):
            moved = 0
            for source, target in self.topology.links:
                try:
                    nodes, count = self.exchange(nodes, source, target)
                except EndlessExchange:
                    return Settled(nodes, number, total + moved, quiet=False)
                moved += count
            total += moved
            if moved == 0 and number > 1:
                return Settled(nodes, number, total, quiet=True)
        return Settled(nodes, ROUNDS_MAX, total, quiet=False)

    def exchange(
        self, nodes: tuple[Local, ...], source: str, target: str
    ) -> tuple[tuple[Local, ...], int]:
        """One exchange, everything delivered; the nodes after it and what it moved.

        Raises EndlessExchange.
        """
        changed = list(nodes)
        index = self.topology.node_index
        queue: deque[tuple[str, str, Frame]] = deque()

        def apply(node: str, effects: Effects) -> None:
            changed[index[node]] = effects.local
            queue.extend(self._frames(node, effects))

        apply(source, self.actor.command(changed[index[source]], self.actor.exchange(target)))
        moved = 0
        for _ in range(FRAMES_MAX):
            if not queue:
                return tuple(changed), moved
            sender, receiver, frame = queue.popleft()
            moved += sum(map(self.moves, frame))
            apply(receiver, received(self.actor, changed[index[receiver]], sender, frame))
        raise EndlessExchange

    def _frames(self, node: str, effects: Effects) -> list[tuple[str, str, Frame]]:
        """What `node` sends, as frames; what has no link goes nowhere."""
        return [
            (node, to, frame)
            for to in dict.fromkeys(to for to, _ in effects.sends)
            if (node, to) in self.topology.link_index
            for frame in self.network.framed(
                tuple(message for target, message in effects.sends if target == to)
            )
        ]
