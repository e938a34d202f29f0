"""The semantic quotient: regions without the messages that can never matter.

Each rule is a claim of the protocol (:mod:`checker.facets`). A world of the quotient stands for all
worlds that differ from it in pointless messages; both reach the same vectors of node states, up to
what nodes remember of pointless questions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from attrs import define, field

from checker.actions import Action, Deliver, Drop, Duplicate, actor_of
from checker.facets import Facets
from checker.network import Channel
from checker.search.compiled.regions import Layout, Outcome, Region
from checker.worlds import World, replaced


@define
class Sending:
    """What a step does to a neighbour: frames to append, and news of what the sender knows."""

    frames: Channel
    knowledge: Hashable | None

    def __hash__(self) -> int:
        return hash((self.frames, self.knowledge))


@define
class QuotientLayout(Layout):
    """As :class:`Layout`, but every region is canonical.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6.
    """

    facets: Facets
    seen: dict[int, dict[Hashable, None]] = field(factory=dict, init=False)
    """Every message that was sent on each link, before it was made canonical."""

    def regions(self, world: World) -> list[Region]:
        """The canonical regions of a world."""
        return [self._canonical(at, region) for at, region in enumerate(super().regions(world))]

    def touched(self, node: int, action: Action) -> None:
        """Everything: what can never matter depends on all that is in flight."""
        del node, action

    def received(self, node: int, link: int) -> None:
        """Everything: news of a neighbour changes what can matter."""
        del node, link

    def outcome(self, node: int, region: Region, action: Action) -> Outcome | None:
        """As without the quotient; what is sent in vain is not sent."""
        plain = super().outcome(node, region, action)
        if plain is None:
            return None
        before = self.facets.knowledge(region.local)
        after = self.facets.knowledge(plain.region.local)
        news = None if after == before else after
        frames: dict[int, Channel] = dict(plain.sent)
        sent = []
        for link in self.out_links[node]:
            self.seen.setdefault(link, {}).update((m, None) for (m,) in frames.get(link, ()))
            kept = self._worth_asking(after, frames.get(link, ()))
            if kept or news is not None:
                sent.append((link, Sending(kept, news)))
        return Outcome(self._canonical(node, plain.region), tuple(sent))

    def appended(self, region: Region, node: int, port: int, post: Any) -> Region:
        """The region of `node` after what a neighbour sent, and after what it has learned."""
        sending: Sending = post
        at = self.in_links[node].index(port)
        local, channel = region.local, region.channels[at]
        if sending.knowledge is not None:
            sender = self.system.topology.links[port][0]
            channel = self._worth_asking(sending.knowledge, channel)
            local = self.facets.forgetting(local, sender, sending.knowledge)
        joined = self.system.network.joined(channel, sending.frames)
        channels = replaced(region.channels, at, joined)
        return self._canonical(node, region._replace(local=local, channels=channels))

    def _worth_asking(self, knowledge: Hashable, channel: Channel) -> Channel:
        return tuple(frame for frame in channel if not self.facets.pointless(knowledge, frame[0]))

    def _canonical(self, node: int, region: Region) -> Region:
        exchanged = region.exchanged
        if self.facets.saturated(self.facets.knowledge(region.local)):
            exchanged = (self.system.exchanges,) * len(exchanged)
        kept = tuple(
            self._canonical_channel(region.local, self.system.topology.links[link][0], channel)
            for link, channel in zip(self.in_links[node], region.channels, strict=True)
        )
        return region._replace(exchanged=exchanged, channels=kept)

    def _canonical_channel(self, local: Hashable, sender: str, channel: Channel) -> Channel:
        network = self.system.network
        in_turn = network.ordered and not network.losses
        kept: list[Hashable] = []
        for (message,) in channel:
            simplest = self.facets.canonical(local, sender, message)
            late = in_turn and any(self.facets.outdated(ahead, simplest) for ahead in kept)
            if simplest is not None and not late:
                kept.append(simplest)
        frames = tuple((message,) for message in kept)
        return frames if network.ordered else network.joined((), frames)


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
        if isinstance(action, Deliver | Drop | Duplicate):
            wanted = self._frame(action)
            while (index := self._index(action, wanted)) is None:
                self._take(Deliver(action.source, action.target, self._idle_index(action)))
            self._take(type(action)(action.source, action.target, index))
        else:
            self._take(action)
        self._step(action)

    def finish(self) -> None:
        """Deliver everything that is left and does nothing."""
        while idle := [each for each in self._arrivals() if self._idle(each)]:
            self._take(idle[0])

    def _take(self, action: Action) -> None:
        self.world = self.layout.system.next(self.world, action)
        self.actions.append(action)

    def _step(self, action: Action) -> None:
        nodes = self.layout.system.topology.node_index
        node = nodes[actor_of(action)]
        outcome = self.layout.outcome(node, self.regions[node], action)
        if outcome is None:
            raise AssertionError(f"{action} is not enabled in the quotient")
        self.regions[node] = outcome.region
        for link, sending in outcome.sent:
            target = nodes[self.layout.system.topology.links[link][1]]
            self.regions[target] = self.layout.appended(self.regions[target], target, link, sending)

    def _frame(self, action: Deliver | Drop | Duplicate) -> Hashable:
        """The message that the quotient moves."""
        topology = self.layout.system.topology
        node = topology.node_index[action.target]
        link = topology.link_index[action.source, action.target]
        channels = self.regions[node].channels
        return channels[self.layout.in_links[node].index(link)][action.index][0]

    def _index(self, action: Deliver | Drop | Duplicate, wanted: Hashable) -> int | None:
        """Where on the plain link a message stands that amounts to `wanted` and can arrive."""
        for each in self._arrivals():
            same_link = (each.source, each.target) == (action.source, action.target)
            if same_link and not self._idle(each) and self._canonical(each) == wanted:
                return each.index
        return None

    def _idle_index(self, action: Deliver | Drop | Duplicate) -> int:
        for each in self._arrivals():
            same_link = (each.source, each.target) == (action.source, action.target)
            if same_link and self._idle(each):
                return each.index
        raise AssertionError(f"{action} has nothing ahead of it, and cannot happen")

    def _arrivals(self) -> list[Deliver]:
        actions = self.layout.system.actions(self.world)
        return [action for action in actions if isinstance(action, Deliver)]

    def _canonical(self, arrival: Deliver) -> Hashable | None:
        system = self.layout.system
        (message,) = system.frame(self.world, arrival)
        target = self.world.nodes[system.topology.node_index[arrival.target]]
        return self.layout.facets.canonical(target, arrival.source, message)

    def _idle(self, arrival: Deliver) -> bool:
        """Whether a frame that can arrive does nothing that matters."""
        system, facets = self.layout.system, self.layout.facets
        (message,) = system.frame(self.world, arrival)
        sender = self.world.nodes[system.topology.node_index[arrival.source]]
        return facets.pointless(facets.knowledge(sender), message) or (
            self._canonical(arrival) is None
        )


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
