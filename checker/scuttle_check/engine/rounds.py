"""Fair rounds: what nodes that keep exchanging come to, once their owners have stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

from attrs import field, frozen

from scuttle_check.engine.actions import Deliver, Start
from scuttle_check.engine.network import ADDRESSED, Frame, Network, Wiring
from scuttle_check.engine.properties import Always, Broken, Finding, Good
from scuttle_check.engine.topology import Topology
from scuttle_check.engine.worlds import (
    Actor,
    Effects,
    Gone,
    Local,
    Scope,
    World,
    hosted,
    living,
    received,
    replaced,
)

if TYPE_CHECKING:
    from scuttle_check.engine.system import System

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

    All links and nodes are up, nothing is lost, and messages arrive in the order sent; of
    `network` only the framing counts. Messages are wired and processes shared as `wiring` says.
    `moves` says which messages transfer something.

    Spec: CONV-13.
    """

    actor: Actor
    topology: Topology
    network: Network
    moves: Callable[[Hashable], bool]
    wiring: Wiring = ADDRESSED
    _known: dict[tuple[str, str, Local, Local], tuple[Local, Local, int]] = field(
        factory=dict, init=False, eq=False, repr=False
    )

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

    def idle(self, nodes: tuple[Local, ...]) -> bool:
        """Whether an exchange on any link would leave all nodes as they are and move nothing."""
        try:
            exchanges = [self.exchange(nodes, *link) for link in self.topology.links]
        except EndlessExchange:
            return False
        return all(after == nodes and not moved for after, moved in exchanges)

    def exchange(
        self,
        nodes: tuple[Local, ...],
        source: str,
        target: str,
        log: list[Start | Deliver] | None = None,
    ) -> tuple[tuple[Local, ...], int]:
        """One exchange, everything delivered; the nodes after it and what it moved.

        The actions are added to `log`. Raises EndlessExchange. Without a log, an exchange that
        concerned its two nodes alone is remembered: it comes to the same whatever the others know.
        """
        one, two = self.topology.node_index[source], self.topology.node_index[target]
        if Gone in {type(nodes[one]), type(nodes[two])}:
            return nodes, 0
        key = (source, target, nodes[one], nodes[two])
        known = self._known.get(key) if log is None else None
        if known is not None:
            return replaced(replaced(nodes, one, known[0]), two, known[1]), known[2]
        steps: list[Start | Deliver] = [] if log is None else log
        began = len(steps)
        after, moved = self._exchanged(nodes, source, target, steps)
        between = {source, target}
        if not self.wiring.processes and all(
            step.source in between and step.target in between for step in steps[began:]
        ):
            self._known[key] = (after[one], after[two], moved)
        return after, moved

    def _exchanged(
        self, nodes: tuple[Local, ...], source: str, target: str, log: list[Start | Deliver]
    ) -> tuple[tuple[Local, ...], int]:
        """The exchange, step by step."""
        index = self.topology.node_index
        queue: deque[tuple[str, str, Frame]] = deque()
        moved = 0
        effects = self.actor.command(nodes[index[source]], self.actor.exchange(target))
        nodes = self._after(nodes, source, effects, queue)
        log.append(Start(source, target))
        for _ in range(FRAMES_MAX):
            if not queue:
                return nodes, moved
            sender, receiver, frame = queue.popleft()
            if type(nodes[index[receiver]]) is Gone:
                continue
            moved += sum(map(self.moves, frame))
            effects = received(self.actor, nodes[index[receiver]], sender, frame)
            nodes = self._after(nodes, receiver, effects, queue)
            log.append(Deliver(sender, receiver))
        raise EndlessExchange

    def _after(
        self,
        nodes: tuple[Local, ...],
        node: str,
        effects: Effects,
        queue: deque[tuple[str, str, Frame]],
    ) -> tuple[Local, ...]:
        """The nodes after the effects on `node`; what it sends is added to `queue`."""
        for target, frames in self.wiring.frames(self.topology, self.network, node, effects.sends):
            queue.extend((node, target, frame) for frame in frames)
        changed = replaced(nodes, self.topology.node_index[node], effects.local)
        return hosted(self.actor, self.wiring, self.topology, changed, node)


def agreement(system: System, observe: Callable[[Local], Hashable] = lambda local: local) -> Always:
    """All replicas of an own protocol end equal in what `observe` makes of a node state.

    Judged in every quiescent world: from there every link exchanges in turn, undisturbed, until a
    round changes nothing, or for ROUNDS_MAX rounds.

    Spec: CONV-1, CONV-13.
    """
    rounds = FairRounds(
        system.actor, system.topology, system.network, lambda _message: True, system.wiring
    )
    start = next(iter(system.initial())).nodes

    def parts(world: World) -> Iterable[Hashable]:
        return (world.nodes,) if system.quiescent(world) else ()

    def check(nodes: tuple[Local, ...]) -> Finding:
        ended, still = nodes, True
        for _ in range(ROUNDS_MAX):
            before = ended
            for link in system.topology.links:
                try:
                    ended, _moved = rounds.exchange(ended, *link)
                except EndlessExchange:
                    return Broken(f"an exchange over {'>'.join(link)} has no end")
            still = ended != before
            if not still:
                break
        pairs = zip(system.topology.nodes, ended, strict=True)
        left = [node for node, local in pairs if type(local) is not Gone]
        seen = [observe(node) for node in living(ended)]
        if all(each == seen[0] for each in seen):
            return Good.KEPT if nodes != start else Good.VACUOUS
        ends = zip(left, seen, strict=True)
        told = ", ".join(f"{node} ends with {what}" for node, what in ends)
        return Broken(f"{told}, {'and it goes on' if still else 'and no exchange changes that'}")

    says = "once all owners are done and all arrived, undisturbed exchanges make all replicas equal"
    return Always("agreement", "CONV-1", says, parts, check, Scope.QUIESCENT_NODES)
