"""An explorer of Scuttlebutt worlds that shares nothing with the engine but the reducer.

A few dozen lines on `Gossip.step` alone: no module of the engine, no tables, no memory of answers.
What a fault does is said here once more, from spec/protocol/faults.md and network.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import attrs
from attrs import define, field

from scuttle_check.engine.worlds import Gone
from scuttle_check.gossip.experiment import Experiment
from scuttle_ref.messages import Exchange, Lost, Opened, Received
from scuttle_ref.outputs import Send
from scuttle_ref.reducer import Gossip

UP, DOWN, PAUSED, GONE = "up", "down", "paused", "gone"
OFF = (DOWN, GONE)
NETWORKS: dict[str, dict[str, int | None]] = {
    "fifo": {},
    "unordered": {},
    "lossy": {"losses": None},
    "duplicating": {"duplicates": 1},
}
"""The limits that a network has by itself; None is no limit."""


class World(NamedTuple):
    """Node states, frames in flight per link, and what is used up."""

    nodes: tuple[Any, ...]
    flying: tuple[tuple[Any, ...], ...]
    done: tuple[int, ...]
    asked: tuple[int, ...]
    used: tuple[tuple[str, int], ...]
    health: tuple[str, ...]
    broken: frozenset[int]


Move: TypeAlias = tuple[World, int, Any]
"""A world one step on, the number of the node that acted, and the command that its owner gave."""


@define
class Seen:
    """What an exploration came to: counts, and the depth at which each thing was first met.

    `steps` are pairs of the states of one node, `commands` triples with what its owner asked for.
    """

    worlds: dict[World, int]
    transitions: int = 0
    ends: dict[World, int] = field(factory=dict)
    steps: dict[Any, int] = field(factory=dict)
    commands: dict[Any, int] = field(factory=dict)


class Naive:
    """One experiment, explored."""

    def __init__(self, experiment: Experiment, gossip: Gossip) -> None:
        self.e, self.gossip = experiment, gossip
        self.names, self.links = experiment.topology.nodes, experiment.topology.links
        faults = experiment.faults
        limits = {"losses": faults.losses, "duplicates": faults.duplicates}
        network = {"losses": 0, "duplicates": 0, **NETWORKS[experiment.network]}
        self.budgets = {k: network[k] if v is None else v for k, v in limits.items()}
        for name in ("overtakings", "cuts", "crashes", "pauses", "stops"):
            self.budgets[name] = getattr(faults, name)
        self.ordered = experiment.network != "unordered"

    def start(self) -> World:
        nodes = tuple(self.gossip.start(name) for name in self.names)
        flying = tuple(() for _ in self.links)
        none, asked = (0,) * len(nodes), (0,) * len(self.links)
        return World(nodes, flying, none, asked, (), (UP,) * len(nodes), frozenset())

    def steps(self, w: World) -> Iterator[Move]:
        """Every world one step on, the node that acted, and the command of its owner."""
        for n, name in enumerate(self.names):
            if w.health[n] == UP and w.done[n] < len(self.e.script[n]):
                command = self.e.script[n][w.done[n]]

                performed = w._replace(done=put(w.done, n, w.done[n] + 1))
                yield self.act(performed, n, command), n, command
            for k, (source, target) in enumerate(self.links):
                if source == name and w.health[n] == UP and w.asked[k] < self.e.exchanges:
                    asking = w._replace(asked=put(w.asked, k, w.asked[k] + 1))
                    yield self.act(asking, n, Exchange(target)), n, None
        for k, frames in enumerate(w.flying):
            for at in range(len(frames)):
                yield from self.frame(w, k, at)
        yield from self.connections(w)
        yield from self.nodes(w)

    def frame(self, w: World, k: int, at: int) -> Iterator[Move]:
        """What may happen to one frame in flight."""
        frames, hearer = w.flying[k], self.names.index(self.links[k][1])
        left = w._replace(flying=put(w.flying, k, frames[:at] + frames[at + 1 :]))
        twin = at > 0 and frames[at] == frames[at - 1]
        awake = w.health[hearer] == UP
        if (at == 0) if self.ordered else not twin:
            if awake:
                yield self.hear(left, k, frames[at]), hearer, None
            for after in self.paid(left, "losses"):
                yield after, hearer, None
            for after in self.paid(w, "duplicates") if awake else ():
                yield self.hear(after, k, frames[at]), hearer, None
        elif self.ordered and not twin:
            for after in self.paid(left, "overtakings") if awake else ():
                yield self.hear(after, k, frames[at]), hearer, None

    def connections(self, w: World) -> Iterator[Move]:
        """Connections that break, and that heal."""
        for pair in dict.fromkeys(frozenset(link) for link in self.links):
            both = {k for k, link in enumerate(self.links) if frozenset(link) == pair}
            n = self.names.index(self.links[min(both)][1])
            if both & w.broken:
                yield self.told(w, w._replace(broken=w.broken - both)), n, None
            else:
                for after in self.paid(w, "cuts"):
                    cut = self.lost(after, both)._replace(broken=w.broken | both)
                    yield self.told(w, cut), n, None

    def nodes(self, w: World) -> Iterator[Move]:
        """Nodes that stop, pause and go on."""
        for n, name in enumerate(self.names):
            if w.health[n] == DOWN:
                back = w._replace(health=put(w.health, n, UP))
                yield self.told(w, self.became(back, n, self.restarted(w.nodes[n]))), n, None
            elif w.health[n] == GONE:
                continue
            elif w.health[n] == PAUSED:
                yield w._replace(health=put(w.health, n, UP)), n, None
            else:
                own = {k for k, link in enumerate(self.links) if name in link}
                if name not in (self.e.faults.may_crash or self.names):
                    own = set()
                for after in self.paid(w, "stops") if own else ():
                    yield self.told(w, self.stopped(self.lost(after, own), n)), n, None
                for after in self.paid(w, "crashes") if own else ():
                    crashed = self.lost(after, own)._replace(health=put(w.health, n, DOWN))
                    yield self.told(w, crashed), n, None
                for after in self.paid(w, "pauses"):
                    yield after._replace(health=put(w.health, n, PAUSED)), n, None

    def stopped(self, w: World, n: int) -> World:
        """The world without a node, of which nothing is left and to which nothing is left."""
        gone = w._replace(health=put(w.health, n, GONE), nodes=put(w.nodes, n, Gone(self.names[n])))
        return gone._replace(done=put(w.done, n, len(self.e.script[n])))

    def paid(self, w: World, kind: str) -> Iterator[World]:
        """The world with one more fault counted, where there may be one."""
        used, budget = dict(w.used), self.budgets[kind]
        if budget is None:
            yield w
        elif used.get(kind, 0) < budget:
            yield w._replace(used=tuple(sorted({**used, kind: used.get(kind, 0) + 1}.items())))

    def lost(self, w: World, links: set[int]) -> World:
        """The world without what was in flight on some links."""
        return w._replace(flying=tuple(() if k in links else f for k, f in enumerate(w.flying)))

    def told(self, before: World, after: World) -> World:
        """The world in which every node that is up knows which peers it has lost, or got back."""

        def stands(w: World, k: int) -> bool:
            ends = (w.health[self.names.index(name)] for name in self.links[k])
            return k not in w.broken and not {*OFF}.intersection(ends)

        for k, (peer, hearer) in enumerate(self.links):
            n = self.names.index(hearer)
            if stands(before, k) != stands(after, k) and after.health[n] not in OFF:
                event = Opened(peer) if stands(after, k) else Lost(peer)
                state = self.gossip.step(after.nodes[n], event).state
                after = after._replace(nodes=put(after.nodes, n, state))
        return after

    def restarted(self, state: Any) -> Any:
        after = attrs.evolve(state, named=(), open_sessions=())
        if self.e.faults.restart != "persisted":
            new = "'" if self.e.faults.restart == "new-id" else ""
            after = self.gossip.start(state.id + new)
        housed = {name for process in self.e.processes for name in process}
        return self.sharing(after, state) if state.id.rstrip("'") in housed else after

    def sharing(self, state: Any, other: Any) -> Any:
        """A node with what its process has heard half of a digest; a process is called ''."""
        return attrs.evolve(state, named=state.with_marks("", other.marks("")))

    def act(self, w: World, n: int, command: Any) -> World:
        """A command of an owner, or the start of an exchange."""
        if type(command).__name__ == "Restart":  # in a script, with amnesia
            fresh = self.gossip.start(w.nodes[n].id)
            housed = {name for process in self.e.processes for name in process}
            return self.became(
                w, n, self.sharing(fresh, w.nodes[n]) if self.names[n] in housed else fresh
            )
        return self.said(w, n, *self.stepped(w.nodes[n], [command]))

    def hear(self, w: World, k: int, frame: tuple[Any, ...]) -> World:
        source, target = self.links[k]
        n = self.names.index(target)
        return self.said(w, n, *self.stepped(w.nodes[n], [Received(source, m) for m in frame]))

    def stepped(self, state: Any, events: list[Any]) -> tuple[Any, list[Any]]:
        sends: list[Any] = []
        for event in events:
            step = self.gossip.step(state, event)
            state = step.state
            sends += [output for output in step.outputs if isinstance(output, Send)]
        return state, sends

    def became(self, w: World, n: int, state: Any) -> World:
        """Node `n` is in a state, and whoever lives in its process shares what it heard."""
        nodes = put(w.nodes, n, state)
        for process in self.e.processes:
            for mate in process if self.names[n] in process else ():
                at = self.names.index(mate)
                if at != n and state is not w.nodes[n] and w.health[at] != GONE:
                    nodes = put(nodes, at, self.sharing(nodes[at], state))
        return w._replace(nodes=nodes)

    def said(self, w: World, n: int, state: Any, sends: list[Any]) -> World:
        """Node `n` is in a state after a step, and what it says is in flight."""
        w = self.became(w, n, state)
        for k, (source, target) in enumerate(self.links):
            mine = [
                send.message for send in sends if self.e.wiring == "broadcast" or send.to == target
            ]
            lost = k in w.broken or w.health[self.names.index(target)] in OFF
            if source == self.names[n] and mine and not lost:
                whole = self.gossip.profile.whole_answers
                frames = w.flying[k] + ((tuple(mine),) if whole else tuple((m,) for m in mine))
                if not self.ordered:
                    frames = tuple(sorted(frames, key=repr))
                w = w._replace(flying=put(w.flying, k, frames))
        return w

    def quiescent(self, w: World) -> bool:
        well = all(health in {UP, GONE} for health in w.health) and not w.broken
        return well and not any(w.flying) and w.done == tuple(map(len, self.e.script))

    def explore(self, most: int) -> Seen | None:
        """Every world, breadth first; None if there are more than `most`."""
        seen = Seen({self.start(): 0})
        queue = deque(seen.worlds)
        while queue and len(seen.worlds) <= most:
            w = queue.popleft()
            depth, moved = seen.worlds[w] + 1, False
            for after, n, command in self.steps(w):
                seen.transitions, moved = seen.transitions + 1, True
                pair = (w.nodes[n], after.nodes[n])
                if pair[0] != pair[1] and after.health[n] != GONE:
                    seen.steps.setdefault(pair, depth)
                if command is not None:
                    seen.commands.setdefault((*pair, command), depth)
                if after not in seen.worlds:
                    seen.worlds[after] = depth
                    queue.append(after)
            if not moved:
                seen.ends[w] = depth - 1
        return None if queue else seen


def put(items: tuple[Any, ...], at: int, item: Any) -> tuple[Any, ...]:
    """`items` with another one at `at`."""
    return (*items[:at], item, *items[at + 1 :])
