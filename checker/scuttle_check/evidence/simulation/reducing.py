"""A population of participants as node states: every step is a reducer's.

The twin of :mod:`scuttle_check.evidence.simulation.population`, with the same choices of chance.
What the participants hold is measured by an observer, who is told of every update that a step
applies, and who is compared with the states themselves once a run is over. Spec: SIM-7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, zip_longest

import attrs
import numpy as np
from attrs import define

from scuttle_check.evidence.simulation.linear import linear
from scuttle_check.evidence.simulation.orders import Ints
from scuttle_check.evidence.simulation.population import Population
from scuttle_ref.config import Config
from scuttle_ref.flow import Flow, Rates
from scuttle_ref.messages import Delta, Exchange, Message, Put, Update
from scuttle_ref.names import UNBOUNDED, Key, NodeId
from scuttle_ref.outputs import Applied, Send, Step
from scuttle_ref.pacing import Paced, PacedStep, Pacing, Tell
from scuttle_ref.profiles import PAPER
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

Chance = Callable[[str], int]
"""The place of a source among those that tie."""


def _grouped(delta: Delta) -> Iterable[list[Update]]:
    """The updates of each source. `delta` is by version, and so is each group."""
    groups: dict[NodeId, list[Update]] = {}
    for update in delta:
        groups.setdefault(update.source_id, []).append(update)
    return groups.values()


def depth(chance: Chance, delta: Delta) -> Delta:
    """Scuttle-depth with ties broken by chance, as the paper asks. Spec: PAPER-5."""
    groups = sorted(_grouped(delta), key=lambda group: (-len(group), chance(group[0].source_id)))
    return tuple(chain.from_iterable(groups))


def breadth(chance: Chance, delta: Delta) -> Delta:
    """Scuttle-breadth with ties broken by chance, as the paper asks. Spec: PAPER-6."""
    groups = sorted(_grouped(delta), key=lambda group: chance(group[0].source_id))
    ranks = zip_longest(*groups)
    return tuple(update for rank in ranks for update in rank if update is not None)


ORDERS: dict[str, Callable[[Chance, Delta], Delta]] = {"breadth": breadth, "depth": depth}
"""The orders that reducers have; precise reconciliation is not Scuttlebutt and has no profile."""


@define
class Reducers:
    """`states` and `flows` are the participants, by number.

    `observer` is what was applied, as tables.
    """

    protocol: Gossip
    states: list[NodeState]
    flows: list[Flow]
    index: dict[NodeId, int]
    places: dict[tuple[NodeId, Key], int]
    keys: Sequence[str]
    observer: Population

    @classmethod
    def of(cls, nodes: int, keys: int) -> Reducers:
        """Every participant has written each of its keys once, and knows of no other."""
        gossip = Gossip(PAPER, Config(mtu=UNBOUNDED))
        names = [f"p{node:03}" for node in range(nodes)]
        states = [linear(gossip.start(name)) for name in names]
        index = {name: node for node, name in enumerate(names)}
        named = [f"{key:03}" for key in range(keys)]
        tables = Population.of(nodes, keys)
        pairs = enumerate((name, key) for name in names for key in named)
        places = {place: at for at, place in pairs}
        self = cls(gossip, states, list(tables.flows), index, places, named, tables)
        for node in range(nodes):
            for key in named:
                self.states[node] = gossip.step(self.states[node], Put(key, None)).state
        return self

    def write(self, node: int, key: int, now: float) -> None:
        """A local write. Spec: VERS-2."""
        self.states[node] = self.protocol.step(self.states[node], Put(self.keys[key], None)).state
        self.observer.write(node, key, now)

    def exchange(self, one: int, other: int, order: str, mtu: float, chance: Ints) -> None:
        """Push-pull between two; `one` starts. Spec: PAPER-8, PAPER-10."""
        gossip = self._gossip(order, mtu, chance)
        said = self._took(one, gossip.step(self.states[one], Exchange(self.states[other].id)))
        while said:
            step = gossip.hear(self.states[other], self.states[one].id, said)
            said = self._took(other, step)
            one, other = other, one

    def paced_exchange(self, one: int, other: int, order: str, mtu: float, chance: Ints) -> None:
        """An exchange under flow control. Spec: FLOW-7, FLOW-8, FLOW-9."""
        pacing = Pacing(self._gossip(order, mtu, chance))
        event = Exchange(self.states[other].id)
        said = self._paced(one, pacing.step(self._both(one), event))
        while said:
            step = pacing.hear(self._both(other), self.states[one].id, said)
            said = self._paced(other, step)
            one, other = other, one

    def _gossip(self, order: str, mtu: float, chance: Ints) -> Gossip:
        """The paper's profile with ties between sources broken by this exchange's chance."""
        places = dict(zip(self.index, chance.tolist(), strict=True))
        sort = partial(ORDERS[order], places.__getitem__)

        def cut(delta: Delta) -> Delta:
            return sort(delta) if len(delta) > mtu else delta

        config = attrs.evolve(self.protocol.config, mtu=mtu, delta_order=cut)
        return Gossip(self.protocol.profile, config)

    def _both(self, node: int) -> Paced:
        return Paced(self.states[node], self.flows[node])

    def _paced(self, node: int, step: PacedStep) -> list[Message | Rates]:
        self.flows[node] = step.state.flow
        kept = tuple(each for each in step.outputs if not isinstance(each, Tell))
        gossiped = iter(self._took(node, Step(step.state.node, kept)))
        return [
            each.rates if isinstance(each, Tell) else next(gossiped)
            for each in step.outputs
            if isinstance(each, Tell | Send)
        ]

    def _took(self, node: int, step: Step) -> list[Message]:
        """Move a participant and its observer; what is said in return."""
        self.states[node] = step.state
        applied = [output.update for output in step.outputs if type(output) is Applied]
        if applied:
            places = np.array([self.places[each.source_id, each.key] for each in applied])
            versions = np.array([each.version for each in applied])
            self.observer.held[node].reshape(-1)[places] = versions
            np.maximum.at(self.observer.clock[node], places // len(self.keys), versions)
        return [output.message for output in step.outputs if type(output) is Send]

    def stale(self) -> Ints:
        """As :meth:`Population.stale`."""
        return self.observer.stale()

    def staleness(self, probe: int, now: float, sources: slice = slice(None)) -> float:
        """As :meth:`Population.staleness`."""
        return self.observer.staleness(probe, now, sources)

    def holes(self) -> int:
        """As :meth:`Population.holes`."""
        return self.observer.holes()

    def agree(self) -> bool:
        """Whether the observer has every entry and every clock of the states."""
        held, clock = self.observer.held, self.observer.clock
        for node, state in enumerate(self.states):
            for place, entry in state.store:
                if held[node, self.index[place[0]], int(place[1])] != entry.version:
                    return False
            if [clock[node, self.index[source]] for source, _ in state.clock.pairs] != [
                mark for _, mark in state.clock.pairs
            ]:
                return False
            if int((held[node] > 0).sum()) != len(state.store):
                return False
        return True
