"""Regions: the part of a world that belongs to one node, and what an action does to regions.

The region of a node is its local state, how far it is in its script, the exchanges it has started
on its links, and what is in flight *to* it. A world is one region per node. An action changes the
region of the node that acts, and appends frames to the regions of the nodes it sends to.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

from attrs import define, field, frozen

from checker.actors import (
    Action,
    Deliver,
    Drop,
    Duplicate,
    Effects,
    Local,
    Perform,
    Start,
    System,
    World,
)
from checker.network import UNLIMITED, Channel

Region: TypeAlias = tuple[Local, int, tuple[int, ...], tuple[Channel, ...]]
"""Local state, commands performed, exchanges started per out-link, channel per in-link."""


@frozen
class Outcome:
    """What an action does from a region: the region after it, and frames per link index."""

    region: Region
    sent: tuple[tuple[int, Any], ...] = ()


@define
class Layout:
    """Which links belong to which node's region, by index."""

    system: System
    out_links: list[list[int]] = field(init=False)
    in_links: list[list[int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        links = list(enumerate(self.system.topology.links))
        nodes = self.system.topology.nodes
        self.out_links = [[at for at, link in links if link[0] == node] for node in nodes]
        self.in_links = [[at for at, link in links if link[1] == node] for node in nodes]

    def regions(self, world: World) -> list[Region]:
        """The regions of a world."""
        return [
            (
                local,
                world.scripted[at],
                tuple(world.exchanged[link] for link in self.out_links[at]),
                tuple(world.channels[link] for link in self.in_links[at]),
            )
            for at, local in enumerate(world.nodes)
        ]

    def world(self, regions: list[Region], lost: int, duplicated: int) -> World:
        """The world of these regions."""
        count = len(self.system.topology.links)
        exchanged = [0] * count
        channels: list[Channel] = [()] * count
        for at, (_, _, started, arriving) in enumerate(regions):
            for link, value in zip(self.out_links[at], started, strict=True):
                exchanged[link] = value
            for link, channel in zip(self.in_links[at], arriving, strict=True):
                channels[link] = channel
        return World(
            tuple(region[0] for region in regions),
            tuple(channels),
            tuple(region[1] for region in regions),
            tuple(exchanged),
            lost,
            duplicated,
        )

    # --- components: what actions touch -----------------------------------------------------------

    def components(self, region: Region) -> tuple[Hashable, ...]:
        """A region in pieces, of which an action touches few. The node state is the first."""
        local, scripted, exchanged, channels = region
        return (local, scripted, exchanged, *channels)

    def region(self, components: Sequence[Any]) -> Region:
        """The region of these components."""
        local, scripted, exchanged, *channels = components
        return local, scripted, exchanged, tuple(channels)

    def touched(self, node: int, action: Action) -> list[int] | None:
        """The components of its node that :meth:`outcome` reads or changes; None for all.

        What it does must depend on these alone, and change no other.
        """
        match action:
            case Perform():
                return [0, 1]
            case Start():
                return [0, 2]
            case Deliver(source=source, target=target) | Drop(source=source, target=target):
                pass
            case Duplicate(source=source, target=target):
                pass
        link = self.system.topology.link_index[source, target]
        return [0, 3 + self.in_links[node].index(link)]

    def received(self, node: int, link: int) -> list[int] | None:
        """The components of `node` that :meth:`appended` reads or changes; None for all."""
        return [3 + self.in_links[node].index(link)]

    def appended(self, region: Region, node: int, link: int, frames: Any) -> Region:
        """The region of `node` with `frames` sent into its in-link `link`."""
        at = self.in_links[node].index(link)
        local, scripted, exchanged, channels = region
        joined = self.system.network.joined(channels[at], frames)
        return local, scripted, exchanged, _with(channels, at, joined)

    def actions(self, most_deliverable: int) -> list[tuple[int, Action]]:
        """Every action there can be, with the index of the node that acts, in a fixed order."""
        topology, network = self.system.topology, self.system.network
        index = topology.node_index
        found: list[tuple[int, Action]] = [(index[node], Perform(node)) for node in topology.nodes]
        found.extend((index[source], Start(source, target)) for source, target in topology.links)
        arrivals = [(*link, k) for link in topology.links for k in range(most_deliverable)]
        found.extend((index[target], Deliver(s, target, k)) for s, target, k in arrivals)
        if network.losses:
            found.extend((index[target], Drop(s, target, k)) for s, target, k in arrivals)
        if network.duplicates:
            found.extend((index[target], Duplicate(s, target, k)) for s, target, k in arrivals)
        return found

    def outcome(self, node: int, region: Region, action: Action) -> Outcome | None:
        """What `action` does to the region of `node`, or None where it is not enabled.

        The budgets of a whole run (losses, duplicates) are not looked at here.
        """
        local, scripted, exchanged, channels = region
        match action:
            case Perform():
                script = self.system.script[node]
                if scripted >= len(script):
                    return None
                effects = self.system.commanded(local, script[scripted])
                return self._outcome(node, effects, (scripted + 1, exchanged, channels))
            case Start(source=source, target=target):
                at = self.out_links[node].index(self.system.topology.link_index[source, target])
                if exchanged[at] >= self.system.exchanges:
                    return None
                effects = self.system.commanded(local, self.system.actor.exchange(target))
                started = _with(exchanged, at, exchanged[at] + 1)
                return self._outcome(node, effects, (scripted, started, channels))
            case Deliver(source=source, target=target) | Drop(source=source, target=target):
                pass
            case Duplicate(source=source, target=target):
                pass
        at = self.in_links[node].index(self.system.topology.link_index[source, target])
        if action.index not in self.system.network.deliverable(channels[at]):
            return None
        frame = channels[at][action.index]
        rest = channels[at][: action.index] + channels[at][action.index + 1 :]
        left = channels if isinstance(action, Duplicate) else _with(channels, at, rest)
        if isinstance(action, Drop):
            return Outcome((local, scripted, exchanged, left))
        effects = self.system.arrived(local, source, frame)
        return self._outcome(node, effects, (scripted, exchanged, left))

    def _outcome(
        self,
        node: int,
        effects: Effects,
        rest: tuple[int, tuple[int, ...], tuple[Channel, ...]],
    ) -> Outcome:
        links = self.system.topology.link_index
        name = self.system.topology.nodes[node]
        sent = tuple(
            (links[name, to], frames)
            for to, frames in self.system.framed(effects)
            if (name, to) in links
        )
        return Outcome((effects.local, *rest), sent)

    def places(self, region: Region) -> int:
        """At how many places the fullest channel to a region can deliver."""
        if self.system.network.ordered:
            return 1
        return max((len(channel) for channel in region[3]), default=1)

    def quiescent(self, node: int, region: Region) -> bool:
        """Whether the owner of `node` is done and nothing is in flight to it."""
        return region[1] == len(self.system.script[node]) and not any(region[3])

    @property
    def counted(self) -> tuple[int, int]:
        """The budgets that need a counter in the world: losses and duplicates."""
        losses = self.system.network.losses
        return (0 if losses == UNLIMITED else losses, self.system.network.duplicates)


def _with(items: tuple, at: int, item: object) -> tuple:  # type: ignore[type-arg]
    return (*items[:at], item, *items[at + 1 :])
