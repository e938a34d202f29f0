"""The paper's experiments: a load and an mtu that change over time, sampled once a second."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from attrs import define, frozen

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.evidence.simulation.population import Population
from scuttle_check.evidence.simulation.reducing import Reducers

WARM = 15
"""Until then the mtu does not bind. Unit: seconds."""


@frozen
class Setup:
    """One run. Times are seconds, rates updates per second and participant, mtu in updates."""

    name: str
    order: str
    nodes: int = 128
    keys: int = 64
    seconds: int = 140
    mtu: int = 100
    rates: tuple[tuple[float, float], ...] = ((0, 1.0), (25, 2.0), (75, 1.0), (120, 0.0))
    """From when on which rate; under flow control until it begins, at WARM."""
    halved: float = math.inf
    """When the mtu is halved."""
    flow: bool = False
    light: float = 0.0
    """The rate of the second half of the participants, when it is not 0."""
    engine: str = "tables"
    """What takes the steps, one of ENGINES."""

    def rate(self, now: int, node: int) -> float:
        """What `node` wants to write at `now`."""
        if self.light and node >= self.nodes // 2:
            return self.light
        return [rate for since, rate in self.rates if since <= now][-1]

    def limit(self, now: int) -> float:
        """The mtu at `now`."""
        if now < WARM:
            return math.inf
        return self.mtu // 2 if now >= self.halved else self.mtu


@frozen
class Sample:
    """What holds at one second.

    `stale` is the mean number of outdated mappings of a participant; `staleness` how long ago the
    oldest update was written that the probe, participant 0, still misses, `staleness_light` the
    same of light writers only; `rate` the mean allowed rate; `holes` broken mappings (equation 2).
    """

    second: int
    stale: float
    staleness: float
    staleness_light: float
    rate: float
    holes: int


@frozen
class Run:
    """One experiment under one order and seed, sampled at the end of every second."""

    setup: Setup
    seed: int
    samples: tuple[Sample, ...]

    def at(self, second: int) -> Sample:
        """The sample of `second`, which counts from 1."""
        return self.samples[second - 1]


@define
class _Play:
    setup: Setup
    population: Population | Reducers
    random: np.random.Generator
    due: list[float]
    phases: list[float]

    def second(self, now: int) -> None:
        """All writes and exchanges of one second, in the order of their times."""
        setup, random = self.setup, self.random
        happenings: list[tuple[float, int, bool]] = []
        for node in range(setup.nodes):
            rate = self._rate(now, node)
            self.due[node] = self.due[node] + rate if rate else 0.0
            count = int(self.due[node] + 1e-9)
            self.due[node] -= count
            happenings += [(time, node, True) for time in random.random(count).tolist()]
            happenings.append((self.phases[node], node, False))
        for time, node, writes in sorted(happenings):
            if writes:
                self.population.write(node, int(random.integers(setup.keys)), now + time)
            else:
                self._exchange(now, node)

    def _rate(self, now: int, node: int) -> float:
        controlled = self.setup.flow and now >= WARM
        flows = self.population.flows
        return flows[node].rate if controlled else self.setup.rate(now, node)

    def _exchange(self, now: int, node: int) -> None:
        setup, population = self.setup, self.population
        peer = int(self.random.integers(setup.nodes - 1))
        peer += peer >= node
        mtu = setup.limit(now)
        chance = self.random.permutation(setup.nodes)
        paced = setup.flow and now >= WARM
        exchange = population.paced_exchange if paced else population.exchange
        exchange(node, peer, setup.order, mtu, chance)

    def sample(self, second: int) -> Sample:
        """What holds now."""
        light = slice(self.setup.nodes // 2, None)
        return Sample(
            second=second,
            stale=float(self.population.stale().mean()),
            staleness=self.population.staleness(0, second),
            staleness_light=self.population.staleness(0, second, light),
            rate=sum(flow.allowed for flow in self.population.flows) / self.setup.nodes,
            holes=self.population.holes(),
        )


ENGINES: dict[str, type[Population | Reducers]] = {
    "tables": Population,
    "reducers": Reducers,
}
"""What can take the steps of a run: arrays in seconds, or the reducers in a minute."""


def simulate(setup: Setup, seed: int, tell: Callable[[int], None] | None = None) -> Run:
    """Run one experiment. The same seed gives the same run; `tell` hears each second.

    An exchange is atomic and no message is lost; each participant starts one a second, at a phase
    of its own, with a peer drawn uniformly.
    """
    with _uncollected():
        return _simulated(setup, seed, tell)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Node states hold no cycles, and looking for some in millions of entries costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _simulated(setup: Setup, seed: int, tell: Callable[[int], None] | None) -> Run:
    random = np.random.default_rng([seed, 2008])
    phases = random.random(setup.nodes).tolist()
    play = _Play(
        setup,
        ENGINES[setup.engine].of(setup.nodes, setup.keys),
        random,
        random.random(setup.nodes).tolist(),
        phases,
    )
    samples: list[Sample] = []
    for now in range(setup.seconds):
        play.second(now)
        samples.append(play.sample(now + 1))
        if tell is not None:
            tell(now + 1)
    if not play.population.agree():
        raise UnrunnableFault(
            "what was measured is not what the participants hold",
            where=f"{setup.engine}, seed {seed}",
            clause="SIM-2",
        )
    return Run(setup, seed, tuple(samples))
