"""Regions: the part of a world that belongs to one node, and what of it an action touches.

The region of a node is its local state, how far it is in its script, the exchanges it has started
on its links, what is in flight *to* it, whether it is up, and which of its in-links are broken. A
world is one region per node.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from attrs import define, field

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Deliver,
    Drop,
    Duplicate,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
)
from scuttle_check.engine.network import DOWN, UP, Channel
from scuttle_check.engine.system import System
from scuttle_check.engine.worlds import Local, World, replaced

SCRIPTED, EXCHANGED, STATUS, LINKS = 1, 2, 3, 4
"""Places in :meth:`Layout.components`: after the node state; the in-links come last."""

CUT, SENDER_DOWN = 1, 2
"""Why nothing can come over an in-link: bits of :attr:`Region.broken`."""


class Region(NamedTuple):
    """What a world says of one node.

    `exchanged` has an item for each out-link, `channels` and `broken` one for each in-link.
    """

    local: Local
    scripted: int
    exchanged: tuple[int, ...]
    channels: tuple[Channel, ...]
    status: int
    broken: tuple[int, ...]


@define
class Parts:
    """Which links belong to which node's region, by index.

    A *port* is a pair of nodes of which one acts upon the other: first the links, then pairs
    in one process that no link joins.
    """

    system: System
    out_links: list[list[int]] = field(init=False)
    in_links: list[list[int]] = field(init=False)
    ports: dict[tuple[str, str], int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        links = list(enumerate(self.system.topology.links))
        nodes = self.system.topology.nodes
        self.out_links = [[at for at, link in links if link[0] == node] for node in nodes]
        self.in_links = [[at for at, link in links if link[1] == node] for node in nodes]
        self.ports = dict(self.system.topology.link_index)
        for node in nodes:
            for mate in self.system.wiring.mates(node):
                self.ports.setdefault((node, mate), len(self.ports))

    @property
    def tells(self) -> bool:
        """Whether nodes are told of connections that open or are lost. Spec: FAULT-8."""
        system = self.system
        return system.reactions.listens and bool(system.network.cuts or system.outages.crashes)

    @property
    def knows_down(self) -> bool:
        """Whether a region says which of its neighbours are down: what is told depends on it.

        Where one node may crash and no connection break, the others are up whenever it matters.
        """
        crashes = self.system.outages.crashes
        return self.tells and bool(crashes and (self.system.network.cuts or crashes != 1))

    def _broken(self, world: World, link: int) -> int:
        sender = self.system.topology.node_index[self.system.topology.links[link][0]]
        down = self.knows_down and world.status[sender] == DOWN
        return CUT * world.cut[link] | SENDER_DOWN * down

    def regions(self, world: World) -> list[Region]:
        """The regions of a world."""
        return [
            Region(
                local,
                world.scripted[at],
                tuple(world.exchanged[link] for link in self.out_links[at]),
                tuple(world.channels[link] for link in self.in_links[at]),
                world.status[at],
                tuple(self._broken(world, link) for link in self.in_links[at]),
            )
            for at, local in enumerate(world.nodes)
        ]

    # --- components: what actions touch -----------------------------------------------------------

    def components(self, region: Region) -> tuple[Hashable, ...]:
        """A region in pieces, of which an action touches few. The node state is the first."""
        local, scripted, exchanged, channels, status, broken = region
        return (local, scripted, exchanged, status, *zip(channels, broken, strict=True))

    def region(self, components: Sequence[Any]) -> Region:
        """The region of these components."""
        local, scripted, exchanged, status, *links = components
        channels, broken = tuple(zip(*links, strict=True)) if links else ((), ())
        return Region(local, scripted, exchanged, channels, status, broken)

    def component(self, region: Region, column: int) -> Any:
        """One of :meth:`components`, of those that actions take from."""
        if column < LINKS:
            return region[column]
        return region.channels[column - LINKS], region.broken[column - LINKS]

    def with_component(self, region: Region, column: int, component: Any) -> Region:
        """The region with such a component replaced."""
        if column == SCRIPTED:
            return region._replace(scripted=component)
        if column == EXCHANGED:
            return region._replace(exchanged=component)
        at = column - LINKS
        channel, broken = component
        channels = replaced(region.channels, at, channel)
        return region._replace(channels=channels, broken=replaced(region.broken, at, broken))

    def touched(self, node: int, action: Action) -> list[int] | None:
        """The components of its node that an action reads or changes; None for all.

        What it does must depend on these alone, and change no other.
        """
        match action:
            case Perform():
                return [0, SCRIPTED, STATUS]
            case Start():
                return [0, EXCHANGED, STATUS]
            case Crash():
                return [STATUS, *range(LINKS, LINKS + len(self.in_links[node]))]
            case Restart() if self.tells:
                return [0, STATUS, *range(LINKS, LINKS + len(self.in_links[node]))]
            case Restart() | Pause() | Resume():
                return [0, STATUS]
            case _:
                link = self.system.topology.link_index[action.source, action.target]
                return [0, STATUS, LINKS + self.in_links[node].index(link)]

    def received(self, node: int, link: int) -> list[int] | None:
        """The components of `node` that what is posted to it reads or changes; None for all.

        Housemates may change the node state too, and need not be linked.
        """
        if self.system.wiring.mates(self.system.topology.nodes[node]):
            return None
        heard = [0] if self.tells else []
        return [*heard, STATUS, LINKS + self.in_links[node].index(link)]

    def taking(self, node: int, action: Action) -> int | None:
        """The component that `action` takes something from, if it is such an action.

        Of that component nothing matters to it but what :meth:`taken` takes.
        """
        match action:
            case Perform():
                return SCRIPTED
            case Start():
                return EXCHANGED
            case Deliver() | Drop() | Duplicate() | Overtake():
                link = self.system.topology.link_index[action.source, action.target]
                return LINKS + self.in_links[node].index(link)
            case _:
                return None

    def taken(self, node: int, action: Action, component: Any) -> tuple[Hashable, Any] | None:
        """What a command, an exchange or an arrival takes from a component, and what it leaves.

        None where there is nothing to take.
        """
        match action:
            case Perform():
                script = self.system.script[node]
                return (script[component], component + 1) if component < len(script) else None
            case Start():
                link = self.system.topology.link_index[action.source, action.target]
                at = self.out_links[node].index(link)
                if component[at] >= self.system.exchanges:
                    return None
                command = self.system.actor.exchange(action.target)
                return command, replaced(component, at, component[at] + 1)
            case Deliver(index=index) | Drop(index=index) | Duplicate(index=index):
                channel, broken = component
                if index not in self.system.network.deliverable(channel):
                    return None
            case Overtake(index=index):
                channel, broken = component
                if index not in self.system.network.overtaking(channel):
                    return None
            case _:
                raise AssertionError(f"{action} takes nothing")
        left = channel if isinstance(action, Duplicate) else channel[:index] + channel[index + 1 :]
        return channel[index], (left, broken)

    def places(self, component: Any) -> int:
        """At how many places of an in-link something may arrive."""
        if self.system.network.ordered and not self.system.network.overtakings:
            return 1
        return len(component[0])

    def rests(self, node: int, column: int, component: Any) -> bool:
        """Whether a component is as it must be in a quiescent world.

        The owner is done, nothing is in flight to `node`, and all is up.
        """
        if column == SCRIPTED:
            return bool(component == len(self.system.script[node]))
        if column == STATUS:
            return bool(component == UP)
        return column < LINKS or component == ((), 0)
