"""The semantic quotient: regions without the messages that can never matter.

Each rule is a claim of the protocol (:mod:`checker.facets`). A world of the quotient stands for all
worlds that differ from it in pointless messages; both reach the same vectors of node states, up to
what nodes remember of pointless questions.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from attrs import define, field

from checker.actors import Action, Deliver, System, World
from checker.facets import Facets
from checker.network import Channel
from checker.search.compiled.regions import Layout, Outcome, Region


@define
class Sending:
    """What a step does to a neighbour: frames to append, and news of what the sender knows."""

    frames: Channel
    knowledge: Hashable | None

    def __hash__(self) -> int:
        return hash((self.frames, self.knowledge))


@define
class QuotientLayout(Layout):
    """As :class:`Layout`, but every region is canonical. Spec: RED-2, RED-3, RED-4, RED-5, RED-6."""

    facets: Facets
    seen: dict[int, set[Hashable]] = field(factory=dict, init=False)
    """Every message that was sent on each link, before it was made canonical."""

    def regions(self, world: World) -> list[Region]:
        """The canonical regions of a world."""
        return [self._canonical(at, region) for at, region in enumerate(super().regions(world))]

    def outcome(self, node: int, region: Region, action: Action) -> Outcome | None:
        """As without the quotient; what is sent in vain is not sent."""
        plain = super().outcome(node, region, action)
        if plain is None:
            return None
        before = self.facets.knowledge(region[0])
        after = self.facets.knowledge(plain.region[0])
        news = None if after == before else after
        frames = dict(plain.sent)
        sent = []
        for link in self.out_links[node]:
            self.seen.setdefault(link, set()).update(m for (m,) in frames.get(link, ()))
            kept = self._worth_asking(after, frames.get(link, ()))
            if kept or news is not None:
                sent.append((link, Sending(kept, news)))
        return Outcome(self._canonical(node, plain.region), tuple(sent))

    def appended(self, region: Region, node: int, link: int, sending: Sending) -> Region:
        """The region of `node` after what a neighbour sent, and after what it has learned."""
        at = self.in_links[node].index(link)
        local, scripted, exchanged, channels = region
        channel = channels[at]
        if sending.knowledge is not None:
            sender = self.system.topology.links[link][0]
            channel = self._worth_asking(sending.knowledge, channel)
            local = self.facets.forgetting(local, sender, sending.knowledge)
        joined = self.system.network.joined(channel, sending.frames)
        changed = (*channels[:at], joined, *channels[at + 1 :])
        return self._canonical(node, (local, scripted, exchanged, changed))

    def _worth_asking(self, knowledge: Hashable, channel: Channel) -> Channel:
        return tuple(
            frame for frame in channel if not self.facets.pointless(knowledge, frame[0])
        )

    def _canonical(self, node: int, region: Region) -> Region:
        local, scripted, exchanged, channels = region
        if self.facets.saturated(self.facets.knowledge(local)):
            exchanged = (self.system.exchanges,) * len(exchanged)
        kept = tuple(
            self._canonical_channel(local, self.system.topology.links[link][0], channel)
            for link, channel in zip(self.in_links[node], channels, strict=True)
        )
        return local, scripted, exchanged, kept

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


def concrete(
    system: System, facets: Facets, schedule: Sequence[Action]
) -> tuple[Action, ...]:
    """A schedule of the plain model for one of the quotient.

    Where the quotient delivers a message, everything ahead of it on that link that does nothing
    is delivered first; at the end everything that is left is delivered.
    """
    world = next(iter(system.initial()))
    actions: list[Action] = []

    def take(action: Action) -> None:
        nonlocal world
        world = system.next(world, action)
        actions.append(action)

    for action in schedule:
        if isinstance(action, Deliver):
            while _idle(system, facets, world, action):
                take(action)
        take(action)
    return tuple(actions)


def _idle(system: System, facets: Facets, world: World, action: Deliver) -> bool:
    """Whether the frame that would arrive does nothing that matters."""
    (message,) = system.frame(world, action)
    index = system.topology.node_index
    sender, target = world.nodes[index[action.source]], world.nodes[index[action.target]]
    if facets.pointless(facets.knowledge(sender), message):
        return True
    return facets.canonical(target, action.source, message) is None
