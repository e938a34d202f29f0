"""Systems: a pure actor on every node of a topology, joined by a network, make a model.

The engine knows nothing of what actors say. A world is what all nodes know, what is in flight,
and how much of the script and of the budgets is used.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from enum import Enum
from typing import Any, Protocol, TypeAlias

import attrs
from attrs import define, field, frozen

from checker.network import UNLIMITED, Channel, Frame, Network
from checker.topology import Topology

Local: TypeAlias = Hashable
"""The state of one node."""


class Scope(Enum):
    """What a property of systems reads, so that a search can judge each distinct part once."""

    EACH_NODE = "each node state"
    ALL_NODES = "the node states together"
    QUIESCENT_NODES = "the node states together, in quiescent worlds"
    NODE_STEP = "a node state before and after any action"
    OWNER_STEP = "a node state before and after a command of its owner, and the command"


@frozen
class Effects:
    """What one input does to a node: its next state, what it sends, and notes for people."""

    local: Local
    sends: tuple[tuple[str, Hashable], ...] = ()
    notes: tuple[object, ...] = ()


class Actor(Protocol):
    """The behaviour of every node, as pure functions."""

    def start(self, node: str) -> Local:
        """The state in which `node` starts."""
        ...

    def command(self, local: Any, command: Any) -> Effects:
        """The owner of the node asks for something."""
        ...

    def receive(self, local: Any, sender: str, message: Any) -> Effects:
        """A message arrives."""
        ...

    def exchange(self, target: str) -> Hashable:
        """The command that starts an exchange with `target`."""
        ...


@frozen(cache_hash=True)
class World:
    """The state of a system. Tuples follow the nodes and links of the topology.

    `scripted` counts the commands performed by each node, `exchanged` the exchanges started on
    each link, `lost` and `duplicated` what a limited budget has been used for.
    """

    nodes: tuple[Local, ...]
    channels: tuple[Channel, ...]
    scripted: tuple[int, ...]
    exchanged: tuple[int, ...]
    lost: int = 0
    duplicated: int = 0


@frozen(cache_hash=True)
class Perform:
    """The owner of `node` performs the next command of its script."""

    node: str

    def __str__(self) -> str:
        return f"perform {self.node}"


@frozen(cache_hash=True)
class Start:
    """`source` starts an exchange with `target`."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"exchange {self.source}>{self.target}"


@frozen(cache_hash=True)
class Deliver:
    """The frame at `index` of a link arrives; on an ordered link the index is 0."""

    source: str
    target: str
    index: int = 0

    def __str__(self) -> str:
        return f"deliver {self.source}>{self.target}" + (f" #{self.index}" if self.index else "")


@frozen(cache_hash=True)
class Drop:
    """The frame at `index` of a link is lost."""

    source: str
    target: str
    index: int = 0

    def __str__(self) -> str:
        return f"drop {self.source}>{self.target}" + (f" #{self.index}" if self.index else "")


@frozen(cache_hash=True)
class Duplicate:
    """The frame at `index` of a link arrives, and a copy stays in flight."""

    source: str
    target: str
    index: int = 0

    def __str__(self) -> str:
        return f"duplicate {self.source}>{self.target}" + (f" #{self.index}" if self.index else "")


Action: TypeAlias = Perform | Start | Deliver | Drop | Duplicate


@define
class System:
    """A model of worlds. `script` holds the commands of each node, in topology order.

    `exchanges` is the number of exchanges each directed link may start.
    """

    actor: Actor
    topology: Topology
    network: Network
    script: tuple[tuple[Hashable, ...], ...]
    exchanges: int = 1
    _memo: dict[tuple[Hashable, ...], Effects] = field(factory=dict, init=False, repr=False)
    _locals: dict[Local, Local] = field(factory=dict, init=False, repr=False)

    def initial(self) -> Iterable[World]:
        """The one world in which nobody has done anything."""
        nodes = tuple(self.actor.start(node) for node in self.topology.nodes)
        links = len(self.topology.links)
        yield World(nodes, ((),) * links, (0,) * len(nodes), (0,) * links)

    def actions(self, world: World) -> Sequence[Action]:
        """Commands, exchanges and arrivals, in this order; then losses and duplications."""
        found: list[Action] = [
            Perform(node)
            for node, done, script in zip(
                self.topology.nodes, world.scripted, self.script, strict=True
            )
            if done < len(script)
        ]
        found.extend(
            Start(*link)
            for link, started in zip(self.topology.links, world.exchanged, strict=True)
            if started < self.exchanges
        )
        arrivals = [
            (*link, index)
            for link, channel in zip(self.topology.links, world.channels, strict=True)
            if channel
            for index in self.network.deliverable(channel)
        ]
        found.extend(Deliver(*arrival) for arrival in arrivals)
        if self.network.losses == UNLIMITED or world.lost < self.network.losses:
            found.extend(Drop(*arrival) for arrival in arrivals)
        if world.duplicated < self.network.duplicates:
            found.extend(Duplicate(*arrival) for arrival in arrivals)
        return found

    def next(self, world: World, action: Action) -> World:
        """The world after `action`."""
        match action:
            case Perform(node=node):
                effects = self.effects(world, action)
                at = self.topology.node_index[node]
                scripted = _with(world.scripted, at, world.scripted[at] + 1)
                return self._after(world, node, effects, scripted=scripted)
            case Start(source=source, target=target):
                link = self.topology.link_index[source, target]
                exchanged = _with(world.exchanged, link, world.exchanged[link] + 1)
                return self._after(world, source, self.effects(world, action), exchanged=exchanged)
            case Drop():
                lost = world.lost + (self.network.losses != UNLIMITED)
                return attrs.evolve(world, channels=self._without(world, action), lost=lost)
            case Deliver(target=target):
                channels = self._without(world, action)
                return self._after(world, target, self.effects(world, action), channels=channels)
            case Duplicate(target=target):
                twice = world.duplicated + 1
                return self._after(world, target, self.effects(world, action), duplicated=twice)

    def effects(self, world: World, action: Action) -> Effects:
        """What `action` does to the node it concerns; a loss concerns none."""
        match action:
            case Perform(node=node):
                at = self.topology.node_index[node]
                command = self.script[at][world.scripted[at]]
                return self.commanded(world.nodes[at], command)
            case Start(source=source, target=target):
                at = self.topology.node_index[source]
                return self.commanded(world.nodes[at], self.actor.exchange(target))
            case Deliver(source=source, target=target) | Duplicate(source=source, target=target):
                local = world.nodes[self.topology.node_index[target]]
                return self.arrived(local, source, self.frame(world, action))
            case Drop():
                return Effects(None)

    def frame(self, world: World, action: Deliver | Drop | Duplicate) -> Frame:
        """The frame that arrives or is lost."""
        link = self.topology.link_index[action.source, action.target]
        return world.channels[link][action.index]

    def quiescent(self, world: World) -> bool:
        """Whether all owners are done and nothing is in flight. Spec: CONV-12."""
        return not any(world.channels) and all(
            done == len(script) for done, script in zip(world.scripted, self.script, strict=True)
        )

    def commanded(self, local: Local, command: Hashable) -> Effects:
        """What a command does to a node state. Computed once for each pair."""
        known = self._memo.get((local, command))
        if known is None:
            known = self._memo[local, command] = self._one(self.actor.command(local, command))
        return known

    def arrived(self, local: Local, source: str, frame: Frame) -> Effects:
        """What a frame does to a node state. Computed once for each triple."""
        known = self._memo.get((local, source, frame))
        if known is None:
            effects = received(self.actor, local, source, frame)
            known = self._memo[local, source, frame] = self._one(effects)
        return known

    def _one(self, effects: Effects) -> Effects:
        """The effects with the one object that stands for all equal node states."""
        local = self._locals.setdefault(effects.local, effects.local)
        return effects if local is effects.local else Effects(local, effects.sends, effects.notes)

    def _without(self, world: World, action: Deliver | Drop) -> tuple[Channel, ...]:
        link = self.topology.link_index[action.source, action.target]
        channel = world.channels[link]
        rest = channel[: action.index] + channel[action.index + 1 :]
        return _with(world.channels, link, rest)

    def _after(self, world: World, node: str, effects: Effects, **changes: Any) -> World:
        """The world with the effects on `node`, and the changes of the action itself."""
        channels: tuple[Channel, ...] = changes.pop("channels", world.channels)
        if effects.sends:
            channels = self._sent(channels, node, effects)
        nodes = world.nodes
        at = self.topology.node_index[node]
        if nodes[at] is not effects.local:
            nodes = _with(nodes, at, effects.local)
        return World(
            nodes,
            channels,
            changes.get("scripted", world.scripted),
            changes.get("exchanged", world.exchanged),
            world.lost,
            changes.get("duplicated", world.duplicated),
        )

    def _sent(
        self, channels: tuple[Channel, ...], node: str, effects: Effects
    ) -> tuple[Channel, ...]:
        """The channels with what `node` sends; what has no link goes nowhere. Spec: NET-1."""
        for target, frames in self.framed(effects):
            link = self.topology.link_index.get((node, target))
            if link is not None:
                channels = _with(channels, link, self.network.joined(channels[link], frames))
        return channels

    def framed(self, effects: Effects) -> list[tuple[str, Channel]]:
        """What `effects` sends, as frames per target."""
        targets = dict.fromkeys(target for target, _ in effects.sends)
        return [
            (target, self.network.framed(tuple(m for to, m in effects.sends if to == target)))
            for target in targets
        ]


def received(actor: Actor, local: Local, source: str, frame: Frame) -> Effects:
    """The effects of a whole frame: its messages, one after the other."""
    sends: list[tuple[str, Hashable]] = []
    notes: list[object] = []
    for message in frame:
        effects = actor.receive(local, source, message)
        local = effects.local
        sends.extend(effects.sends)
        notes.extend(effects.notes)
    return Effects(local, tuple(sends), tuple(notes))


def _with(items: tuple[Any, ...], at: int, item: Any) -> tuple[Any, ...]:
    """`items` with the one at `at` replaced."""
    return (*items[:at], item, *items[at + 1 :])
