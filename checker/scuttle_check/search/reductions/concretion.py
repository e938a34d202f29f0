"""Schedules of the quotient made concrete: what amounts to them in the plain model."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from scuttle_check.engine.actions import (
    Action,
    Deliver,
    Drop,
    Duplicate,
    FrameAction,
    Overtake,
    actor_of,
)
from scuttle_check.engine.network import Channel, Frame
from scuttle_check.engine.worlds import World
from scuttle_check.search.compiled.layout import Region
from scuttle_check.search.reductions.quotient import QuotientLayout, worth_asking


@define
class Concretion:
    """Walks the quotient and the plain model side by side, to make a schedule concrete."""

    layout: QuotientLayout
    world: World
    regions: list[Region]
    actions: list[Action] = field(factory=list)

    @classmethod
    def start(cls, layout: QuotientLayout) -> Concretion:
        """Both at the start."""
        world = next(iter(layout.system.initial()))
        return cls(layout, world, layout.regions(world))

    def follow(self, action: Action) -> None:
        """Take an action of the quotient, and in the plain model what amounts to it.

        Where the quotient moves a message, everything ahead of it on that link that does
        nothing is delivered first.
        """
        if isinstance(action, Deliver | Drop | Duplicate | Overtake):
            wanted = self._frame(action)
            passes = isinstance(action, Overtake) or not self.layout.system.network.ordered
            while (index := self._index(action, wanted)) and not passes:
                self._take(Deliver(action.source, action.target))
            self._take(type(action)(action.source, action.target, index))
        else:
            self._take(action)
        self._step(action)

    def finish(self) -> None:
        """Deliver everything that is left and does nothing."""
        while idle := [each for each in self._arrivals() if self._idle(each)]:
            self._take(idle[0])

    def _take(self, action: Action) -> None:
        if action not in self.layout.system.actions(self.world):
            raise AssertionError(f"{action} is not enabled in the plain model")
        self.world = self.layout.system.next(self.world, action)
        self.actions.append(action)

    def _step(self, action: Action) -> None:
        nodes = self.layout.system.topology.node_index
        node = nodes[actor_of(action)]
        outcome = self.layout.outcome(node, self.regions[node], action)
        if outcome is None:
            raise AssertionError(f"{action} is not enabled in the quotient")
        self.regions[node] = outcome.region
        targets = {port: pair[1] for pair, port in self.layout.ports.items()}
        for port, sending in outcome.sent:
            target = nodes[targets[port]]
            self.regions[target] = self.layout.appended(self.regions[target], target, sending)

    def _frame(self, action: FrameAction) -> Frame:
        """The frame that the quotient moves."""
        topology = self.layout.system.topology
        node = topology.node_index[action.target]
        link = topology.link_index[action.source, action.target]
        channels = self.regions[node].channels
        return channels[self.layout.in_links[node].index(link)][action.index]

    def _index(self, action: FrameAction, wanted: Frame) -> int:
        """Where on the plain link the first frame stands that amounts to `wanted`.

        Of several in the quotient that are equal, an action moves the first that it can.
        """
        channel, frames = self._link(action.source, action.target)
        places = [at for frame, at in frames if frame == wanted]
        if isinstance(action, Overtake):
            places = [at for frame, at in frames[action.index :]]
        if not places:
            raise AssertionError(f"{action} moves nothing in the plain model")
        at = places[0]
        return at if self.layout.system.network.ordered else channel.index(channel[at])

    def _link(self, source: str, target: str) -> tuple[Channel, list[tuple[Frame, int]]]:
        """What is in flight on a plain link, and what that is in the quotient, with places."""
        topology = self.layout.system.topology
        channel = self.world.channels[topology.link_index[source, target]]
        return channel, self._canonical(source, target, channel)

    def _canonical(self, source: str, target: str, channel: Channel) -> list[tuple[Frame, int]]:
        nodes, layout = self.layout.system.topology.node_index, self.layout
        knowledge = layout.facets.knowledge(self.world.nodes[nodes[source]])
        asked = [
            (frame, at)
            for at, plain in enumerate(channel)
            for frame in worth_asking(layout.facets, knowledge, (plain,))
        ]
        frames = tuple(frame for frame, _ in asked)
        found = layout.kept(self.world.nodes[nodes[target]], source, frames)
        return [(frame, asked[at][1]) for frame, at in found]

    def _arrivals(self) -> list[Deliver]:
        actions = self.layout.system.actions(self.world)
        return [action for action in actions if isinstance(action, Deliver)]

    def _idle(self, arrival: Deliver) -> bool:
        """Whether a frame that can arrive does nothing that matters."""
        frame = self.layout.system.frame(self.world, arrival)
        return not self._canonical(arrival.source, arrival.target, (frame,))


def concrete(
    layout: QuotientLayout, schedule: Sequence[Action], *, to_the_end: bool
) -> tuple[Action, ...]:
    """A schedule of the plain model for one of the quotient.

    With `to_the_end` everything that does nothing is delivered after the last step.

    Spec: RED-7.
    """
    walk = Concretion.start(layout)
    for action in schedule:
        walk.follow(action)
    if to_the_end:
        walk.finish()
    return tuple(walk.actions)
