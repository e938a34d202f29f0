"""How updates spread through a population of any size: reducers, frames, a clock and a seed.

Every step of every node is the reducer's. What is simulated is the rest: when nodes start
exchanges, with whom, how long frames take, which are lost, which nodes are down.

A frame is all that one node says to one peer at one time. Unit of time: rounds.

Who may gossip with whom, for populations that a list of all links would not fit.

The families and files are those of :mod:`scuttle_check.engine.topology`. A complete graph is never
built: a peer is drawn from all others. Nodes are numbered from 0, in the order of the family or
file.

What a simulated network and its machines do to nodes: delays, losses, and nodes that go down.

Unit of time: rounds, the time between two exchanges that one node starts.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Protocol

import attrs
from attrs import define, field, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.network import Comeback
from scuttle_check.engine.topology import READERS, edges_of, from_file
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.bounds import LEAST, Limit, limit_json
from scuttle_check.gossip.own_profiles import Named, named_json, profile_called
from scuttle_ref.config import Config
from scuttle_ref.messages import DigestDone, Exchange, Lost, Message, Put, Received, Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.outputs import Output, Send
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

NODES_MAX = 100_000
"""More than this do not fit the memory of an ordinary machine as node states."""


class Neighbourhood(Protocol):
    """A population and its links."""

    @property
    def count(self) -> int:
        """How many nodes there are."""
        ...

    def peer(self, node: int, random: Random) -> int | None:
        """A neighbour of `node`, each as likely; None where it has none."""
        ...


@frozen
class Everyone:
    """All may gossip with all."""

    count: int

    def peer(self, node: int, random: Random) -> int | None:
        """Any other node."""
        if self.count == 1:
            return None
        other = random.randrange(self.count - 1)
        return other + (other >= node)


@frozen
class Linked:
    """Who may gossip with whom, as lists."""

    lists: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.lists)

    def peer(self, node: int, random: Random) -> int | None:
        """One of the list."""
        peers = self.lists[node]
        return random.choice(peers) if peers else None


@cache
def neighbourhood(text: str) -> Neighbourhood:
    """The population that `text` names, ``FAMILY:N`` or a graph file. Raises UsageFault.

    One that falls apart is refused: no update could reach all of it.
    """
    path = Path(text)
    if path.suffix.lower() in READERS:
        graph = from_file(path)
        at = graph.node_index
        return _linked(len(graph.nodes), [(at[one], at[other]) for one, other in graph.links], text)
    count, edges = edges_of(text, NODES_MAX)
    if text.startswith("complete:"):
        return Everyone(count)
    both = {pair for one, other in edges for pair in ((one, other), (other, one)) if one != other}
    return _linked(count, sorted(both), text)


def _linked(count: int, links: Sequence[tuple[int, int]], name: str) -> Linked:
    lists: list[list[int]] = [[] for _ in range(count)]
    either: list[list[int]] = [[] for _ in range(count)]
    for one, other in links:
        lists[one].append(other)
        either[one].append(other)
        either[other].append(one)
    reached, waiting = {0}, [0]
    while waiting:
        new = set(either[waiting.pop()]) - reached
        reached |= new
        waiting.extend(new)
    if len(reached) < count:
        problem = f"{count - len(reached):,} of {count:,} nodes cannot be reached from the first"
        raise UsageFault(problem, where=f"--topology {name[:80]}", expected="a connected graph")
    return Linked(tuple(map(tuple, lists)))


LATENCIES: dict[str, tuple[str, Callable[..., Callable[[Random], float]]]] = {
    "fixed": ("fixed:T", lambda time: lambda _random: time),
    "uniform": ("uniform:LEAST,MOST", lambda least, most: lambda r: r.uniform(least, most)),
    "exponential": ("exponential:MEAN", lambda mean: lambda r: r.expovariate(1) * mean),
}
"""Models of the time a frame is under way, with how to write them. Unit: rounds."""


def latency(text: str) -> Callable[[Random], float]:
    """The delay of each frame, drawn as `text` says; a number alone is fixed. Raises UsageFault."""
    name, _, numbers = text.partition(":") if ":" in text else ("fixed", ":", text)
    usage, model = LATENCIES.get(name, ("", None))
    try:
        times = [float(number) for number in numbers.split(",")]
    except ValueError:
        times = []
    fits = model is not None and len(times) == usage.count(",") + 1
    if model is None or not fits or not all(0 <= time < math.inf for time in times):
        expected = "rounds, from 0: T, " + ", ".join(usage for usage, _ in LATENCIES.values())
        raise UsageFault(f"{text[:40]!r} is no latency", where="--latency", expected=expected)
    return model(*times)


@frozen
class Weather:
    """What goes wrong, each with its chance.

    `loss` is the chance of a frame to be lost; `churn` how often a node goes down, per round;
    `down` how long it stays so on average, in rounds. Both times are exponential. A node that
    comes back does so as `comeback` says.

    Spec: SIM-5.
    """

    latency: str = "0"
    loss: float = 0.0
    churn: float = 0.0
    down: float = 5.0
    comeback: Comeback = Comeback.PERSISTED


FAIR = Weather()


MODES = ("push-pull", "pull", "push")

END_OF_DIGEST = DigestDone(returned=True)
"""The end of a digest that asks for updates and for no digest in return."""


@frozen
class Setup:
    """What spreads, where and how. Limits count updates and mean what a Config's do."""

    topology: str
    profile: Named = "documented"
    mode: str = "push-pull"
    updates: int = 1
    mtu: Limit = UNBOUNDED
    max_history: Limit = UNBOUNDED
    weather: Weather = FAIR
    rounds_max: int = 500

    def gossip(self) -> Gossip:
        """The protocol of every node."""
        return Gossip(
            profile_called(self.profile), Config(mtu=self.mtu, max_history=self.max_history)
        )

    def to_json(self) -> dict[str, Any]:
        """The setup as JSON."""
        document = attrs.asdict(self)
        document["profile"] = named_json(self.profile)
        document["weather"]["comeback"] = self.weather.comeback.value
        return document | {name: limit_json(getattr(self, name)) for name in LEAST}

    def checked(self) -> Neighbourhood:
        """The population. Raises UsageFault for what could not run."""
        population = neighbourhood(self.topology)
        latency(self.weather.latency)
        if self.updates > population.count:
            problem = f"{self.updates} updates need as many nodes to write them"
            raise UsageFault(
                problem, where="--updates", expected=f"at most {population.count}, one a node"
            )
        gossip = self.gossip()
        written = gossip.step(gossip.start("n0"), Put("u0", 0)).state
        if self.mode == "push" and not _sends(gossip.step(written, _asked("n1")).outputs):
            raise UsageFault(
                f"a node of the profile {self.profile} sends only what is asked for by name",
                where="--mode push",
                expected="pull or push-pull",
            )
        return population


@frozen
class Spread:
    """How one run went.

    `rounds` is when the last node that was up had every update, None if that never was; `lost`
    that no node was left to have one of them. The rest is what was said until then.

    Spec: SIM-2, SIM-3.
    """

    nodes: int
    seed: int
    rounds: float | None
    lost: bool
    exchanges: int
    frames: int
    lines: int
    updates: int


def _asked(peer: str) -> Received:
    """A digest of `peer` that names nothing."""
    return Received(peer, END_OF_DIGEST)


def _sends(outputs: Iterable[Output]) -> list[Send]:
    return [output for output in outputs if type(output) is Send]


@define
class _Play:
    """One run as it goes. `missing` counts the nodes that are up and lack an update."""

    setup: Setup
    population: Neighbourhood
    random: Random
    gossip: Gossip
    delay: Callable[[Random], float]
    states: list[NodeState]
    up: list[bool]
    index: dict[str, int]
    missing: int
    now: float = 0.0
    waiting: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(factory=list)
    planned: int = 0
    exchanges: int = 0
    frames: int = 0
    lines: int = 0
    updates: int = 0

    def plan(self, after: float, what: Callable[..., None], *arguments: Any) -> None:
        """Let something happen later; what is planned for one time happens in this order."""
        self.planned += 1
        heapq.heappush(self.waiting, (self.now + after, self.planned, what, arguments))

    def run(self) -> None:
        """Until every node that is up has every update, or the rounds are over."""
        while self.missing:
            self.now, _, what, arguments = heapq.heappop(self.waiting)
            if self.now > self.setup.rounds_max:
                return
            what(*arguments)

    def write(self, node: int, key: str) -> None:
        """One update, before the first round."""
        self._become(node, self.gossip.step(self.states[node], Put(key, node)).state)

    def _become(self, node: int, state: NodeState) -> None:
        before = len(self.states[node].store) == self.setup.updates
        self.missing += before - (len(state.store) == self.setup.updates)
        self.states[node] = state

    # --- exchanges ------------------------------------------------------------------------------

    def begin(self, node: int) -> None:
        """The node starts its exchange of this round, if it is up."""
        self.plan(1.0, self.begin, node)
        peer = self.population.peer(node, self.random) if self.up[node] else None
        if peer is None:
            return
        self.exchanges += 1
        event = _asked(self.states[peer].id) if self.setup.mode == "push" else self._asks(peer)
        step = self.gossip.step(self.states[node], event)
        self._become(node, step.state)
        self._say(node, step.outputs, pulls=self.setup.mode == "push-pull")

    def _asks(self, peer: int) -> Exchange:
        return Exchange(self.states[peer].id)

    def _say(self, node: int, outputs: Iterable[Output], *, pulls: bool) -> None:
        """Put what a step sends on its way. `pulls` lets the hearer ask in turn. Spec: SIM-4."""
        frames: dict[str, list[Message]] = {}
        for send in _sends(outputs):
            message = send.message
            if self.setup.mode == "pull" and type(message) is DigestDone:
                message = END_OF_DIGEST
            frames.setdefault(send.to, []).append(message)
        for name, messages in frames.items():
            self.frames += 1
            news = sum(type(message) is Update for message in messages)
            self.updates += news
            self.lines += len(messages) - news
            lost = self.setup.weather.loss and self.random.random() < self.setup.weather.loss
            if not lost:
                self.plan(
                    self.delay(self.random),
                    self._arrive,
                    self.states[node].id,
                    name,
                    messages,
                    pulls,
                )

    def _arrive(self, sender: str, name: str, messages: list[Message], pulls: bool) -> None:
        node = self.index.get(name)
        if node is None or not self.up[node]:
            return
        step = self.gossip.hear(self.states[node], sender, messages)
        state, outputs = step.state, list(step.outputs)
        if pulls and not any(type(send.message) is DigestDone for send in _sends(outputs)):
            step = self.gossip.step(state, Exchange(sender))
            state = step.state
            outputs += step.outputs
        self._become(node, state)
        self._say(node, outputs, pulls=False)

    # --- nodes that go and come -----------------------------------------------------------------

    def falls(self, node: int) -> None:
        """The node goes down, and is not waited for."""
        self.up[node] = False
        name = self.states[node].id
        for other, state in enumerate(self.states):
            if self.up[other] and (state.named or state.open_sessions):  # or nothing can be lost
                self.states[other] = self.gossip.step(state, Lost(name)).state
        self.missing -= len(self.states[node].store) < self.setup.updates
        self.plan(self.random.expovariate(1 / self.setup.weather.down), self.rises, node)

    def rises(self, node: int) -> None:
        """The node comes back with what it has kept. Spec: SIM-5."""
        actor = GossipActor(self.gossip)
        state = actor.restarted(self.states[node], self.setup.weather.comeback)
        self.index.pop(self.states[node].id)
        self.index[state.id] = node
        self.states[node], self.up[node] = state, True
        self.missing += len(state.store) < self.setup.updates
        self.plan(self.random.expovariate(self.setup.weather.churn), self.falls, node)

    def lost(self) -> bool:
        """Whether some update is nowhere any more."""
        places = {place for state in self.states for place, _ in state.store}
        return len(places) < self.setup.updates


def spread(setup: Setup, seed: int) -> Spread:
    """One run: nodes drawn by chance write one update each at time 0, and all nodes gossip.

    Each node starts one exchange a round, at a phase of its own. The same seed gives the same
    run. Raises UsageFault for what cannot run.

    Spec: SIM-1.
    """
    population = setup.checked()
    random = Random(f"spread/{population.count}/{seed}")  # noqa: S311 - a simulation, no secret
    gossip = setup.gossip()
    width = len(str(population.count - 1))
    states = [gossip.start(f"n{node:0{width}}") for node in range(population.count)]
    play = _Play(
        setup,
        population,
        random,
        gossip,
        latency(setup.weather.latency),
        states,
        up=[True] * population.count,
        index={state.id: node for node, state in enumerate(states)},
        missing=population.count,
    )
    for number, node in enumerate(random.sample(range(population.count), setup.updates)):
        play.write(node, f"u{number}")
    for node in range(population.count):
        play.plan(random.random(), play.begin, node)
        if setup.weather.churn:
            play.plan(random.expovariate(setup.weather.churn), play.falls, node)
    play.run()
    counts = {name: getattr(play, name) for name in ("exchanges", "frames", "lines", "updates")}
    rounds = None if play.missing else play.now
    return Spread(population.count, seed, rounds, lost=bool(play.missing) and play.lost(), **counts)


def resized(setup: Setup, nodes: int) -> Setup:
    """The same with another number of nodes of the same family."""
    family = setup.topology.partition(":")[0]
    return attrs.evolve(setup, topology=f"{family}:{nodes}")
