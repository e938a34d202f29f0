"""What can happen in a system, said as one method for each kind of question: an oracle for tests.

This is how :class:`~scuttle_check.engine.system.System` said it before there were slots, cells and
moves. It shares nothing with them but the reactions of actors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from scuttle_check.engine.actions import (
    BUDGETED,
    Action,
    Arrival,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
)
from scuttle_check.engine.network import DOWN, PAUSED, UNLIMITED, UP, Channel
from scuttle_check.engine.system import System
from scuttle_check.engine.worlds import Effects, World, hosted, replaced


class Reference(System):
    """A system that says by itself what may happen, and where it leads."""

    # --- what can happen ------------------------------------------------------------------------

    def actions(self, world: World) -> Sequence[Action]:
        """Commands, exchanges and arrivals, in this order; then what may go wrong."""
        awake = {
            node
            for node, status in zip(self.topology.nodes, world.status, strict=True)
            if status == UP
        }
        found: list[Action] = [
            Perform(node)
            for node, done, script in zip(
                self.topology.nodes, world.scripted, self.script, strict=True
            )
            if done < len(script) and node in awake
        ]
        found.extend(
            Start(*link)
            for link, started in zip(self.topology.links, world.exchanged, strict=True)
            if started < self.exchanges and link[0] in awake
        )
        in_flight = self._in_flight(world)
        found.extend(
            Deliver(*link, index)
            for link, channel in in_flight
            if link[1] in awake
            for index in self.network.deliverable(channel)
        )
        if any(self.budgets):
            found.extend(self._mishaps(world, in_flight, awake))
            found.extend(self._failures(world, awake))
        return found

    def _in_flight(self, world: World) -> list[tuple[tuple[str, str], Channel]]:
        pairs = zip(self.topology.links, world.channels, strict=True)
        return [(link, channel) for link, channel in pairs if channel]

    def within_budget(self, world: World, kind: type[Action]) -> bool:
        """Whether one more action of a budgeted `kind` may happen. Spec: FAULT-1."""
        which = BUDGETED.index(kind)
        return self.budgets[which] == UNLIMITED or world.spent[which] < self.budgets[which]

    def _mishaps(
        self, world: World, in_flight: list[tuple[tuple[str, str], Channel]], awake: set[str]
    ) -> Iterator[Action]:
        """What may happen to frames in flight: losses, duplications, overtakings."""
        if self.within_budget(world, Drop):
            for link, channel in in_flight:
                yield from (Drop(*link, index) for index in self.network.deliverable(channel))
        arriving = [(link, channel) for link, channel in in_flight if link[1] in awake]
        if self.within_budget(world, Duplicate):
            for link, channel in arriving:
                yield from (Duplicate(*link, index) for index in self.network.deliverable(channel))
        if self.within_budget(world, Overtake):
            for link, channel in arriving:
                yield from (Overtake(*link, index) for index in self.network.overtaking(channel))

    def _failures(self, world: World, awake: set[str]) -> Iterator[Action]:
        """What may happen to connections and nodes, and how it ends."""
        cutting = self.within_budget(world, Cut)
        for pair in self.topology.connections:
            if world.cut[self.topology.link_index[pair]]:
                yield Heal(*pair)
            elif cutting:
                yield Cut(*pair)
        if self.within_budget(world, Crash):
            yield from (Crash(node) for node in self.topology.nodes if node in awake)
        if self.within_budget(world, Pause):
            yield from (Pause(node) for node in self.topology.nodes if node in awake)
        for node, status in zip(self.topology.nodes, world.status, strict=True):
            if status == DOWN:
                yield Restart(node, self.outages.comeback)
            elif status == PAUSED:
                yield Resume(node)

    # --- where it leads -------------------------------------------------------------------------

    def next(self, world: World, action: Action) -> World:
        """The world after `action`."""
        match action:
            case Perform(node=node):
                at = self.topology.node_index[node]
                scripted = replaced(world.scripted, at, world.scripted[at] + 1)
                return self._after(world, node, action, scripted=scripted)
            case Start(source=source, target=target):
                link = self.topology.link_index[source, target]
                exchanged = replaced(world.exchanged, link, world.exchanged[link] + 1)
                return self._after(world, source, action, exchanged=exchanged)
            case Deliver(target=target) | Overtake(target=target):
                channels = self._without(world, action)
                return self._after(world, target, action, channels=channels)
            case Duplicate(target=target):
                return self._after(world, target, action)
            case Drop():
                channels = self._without(world, action)
                return attrs.evolve(world, channels=channels, spent=self._spent(world, action))
            case Restart(node=node):
                up = replaced(world.status, self.topology.node_index[node], UP)
                return self._telling(world, self._after(world, node, action, status=up))
            case Cut(source=source, target=target) | Heal(source=source, target=target):
                links = self.topology.links_between(source, target)
                cut = isinstance(action, Cut)
                flags = tuple(cut if at in links else was for at, was in enumerate(world.cut))
                return self._broken(world, action, links if cut else (), cut=flags)
            case Crash(node=node) | Pause(node=node) | Resume(node=node):
                at = self.topology.node_index[node]
                status = {Crash: DOWN, Pause: PAUSED, Resume: UP}[type(action)]
                ends = enumerate(self.topology.links) if status == DOWN else ()
                links = tuple(number for number, link in ends if node in link)
                statuses = replaced(world.status, at, status)
                return self._broken(world, action, links, status=statuses)

    def effects(self, world: World, action: Action) -> Effects:
        """What `action` does to the node it concerns; most faults concern none."""
        match action:
            case Perform(node=node):
                at = self.topology.node_index[node]
                command = self.script[at][world.scripted[at]]
                return self.reactions.commanded(world.nodes[at], command)
            case Start(source=source, target=target):
                at = self.topology.node_index[source]
                return self.reactions.commanded(world.nodes[at], self.actor.exchange(target))
            case Deliver() | Duplicate() | Overtake():
                local = world.nodes[self.topology.node_index[action.target]]
                frame = self.frame(world, action)
                return self.reactions.arrived(local, action.source, frame)
            case Restart(node=node, how=how):
                local = world.nodes[self.topology.node_index[node]]
                return self.reactions.restarted(local, how)
            case _:
                return Effects(None)

    def _without(self, world: World, action: Arrival | Drop) -> tuple[Channel, ...]:
        link = self.topology.link_index[action.source, action.target]
        channel = world.channels[link]
        rest = channel[: action.index] + channel[action.index + 1 :]
        return replaced(world.channels, link, rest)

    def _spent(self, world: World, action: Action) -> tuple[int, ...]:
        """The counters after `action`; an unlimited budget needs none."""
        if type(action) not in BUDGETED:
            return world.spent
        which = BUDGETED.index(type(action))
        if self.budgets[which] == UNLIMITED:
            return world.spent
        return replaced(world.spent, which, world.spent[which] + 1)

    def _broken(
        self, world: World, action: Action, links: tuple[int, ...], **changes: Any
    ) -> World:
        """The world after `action`, with everything lost that was in flight on `links`.

        Spec: FAULT-2, FAULT-3.
        """
        left = tuple(() if at in links else channel for at, channel in enumerate(world.channels))
        spent = self._spent(world, action)
        return self._telling(world, attrs.evolve(world, channels=left, spent=spent, **changes))

    def _telling(self, before: World, after: World) -> World:
        """The world `after`, in which nodes have heard which connections opened and were lost.

        A node hears of a connection that it can hear on. One that is down hears nothing; once it is
        back, every connection that stands is a new one.

        Spec: FAULT-8.
        """
        if not self.reactions.listens:
            return after
        nodes = after.nodes
        for link, (peer, node) in enumerate(self.topology.links):
            stands = self._stands(after, link)
            at = self.topology.node_index[node]
            if stands == self._stands(before, link) or after.status[at] == DOWN:
                continue
            hosted = bool(self.wiring.mates(node))
            local = self.reactions.told(nodes[at], peer, opened=stands, hosted=hosted)
            nodes = replaced(nodes, at, local)
        return attrs.evolve(after, nodes=nodes)

    def _stands(self, world: World, link: int) -> bool:
        """Whether a connection is whole, and both its ends are up."""
        ends = (world.status[self.topology.node_index[end]] for end in self.topology.links[link])
        return not world.cut[link] and DOWN not in ends

    def _after(self, world: World, node: str, action: Action, **changes: Any) -> World:
        """The world with the effects on `node`, and the changes of the action itself."""
        effects = self.effects(world, action)
        channels: tuple[Channel, ...] = changes.get("channels", world.channels)
        if effects.sends:
            channels = self._sent(world, channels, node, effects)
        nodes = world.nodes
        at = self.topology.node_index[node]
        if nodes[at] is not effects.local:
            nodes = replaced(nodes, at, effects.local)
            if self.wiring.processes:
                sharing = hosted(self.actor, self.wiring, self.topology, nodes, node)
                nodes = tuple(map(self.reactions.one, sharing))
        return World(
            nodes,
            channels,
            changes.get("scripted", world.scripted),
            changes.get("exchanged", world.exchanged),
            self._spent(world, action),
            changes.get("status", world.status),
            world.cut,
        )

    def _sent(
        self, world: World, channels: tuple[Channel, ...], node: str, effects: Effects
    ) -> tuple[Channel, ...]:
        """The channels with what `node` sends.

        What has no link, or a broken one, or leads to a node that is down, goes nowhere.

        Spec: NET-1, FAULT-2, FAULT-3.
        """
        index = self.topology.node_index
        for target, frames in self.framed(node, effects):
            link = self.topology.link_index[node, target]
            if not world.cut[link] and world.status[index[target]] != DOWN:
                channels = replaced(channels, link, self.network.joined(channels[link], frames))
        return channels


def reference(system: System) -> Reference:
    """The same system, as it was said before."""
    names = [each.name for each in attrs.fields(System) if each.init]
    return Reference(**{name: getattr(system, name) for name in names})
