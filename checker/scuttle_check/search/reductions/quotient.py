"""The semantic quotient: regions without the messages that can never matter.

Each rule is a claim of the protocol (:mod:`scuttle_check.engine.claims`). A world of the quotient
stands for all worlds that differ from it in pointless messages; both reach the same vectors of node
states, up to what nodes remember of pointless questions.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import attrs
from attrs import define, field, frozen

from scuttle_check.engine.actions import Action
from scuttle_check.engine.claims import Facets
from scuttle_check.engine.network import Channel, Frame
from scuttle_check.engine.worlds import Local, World, replaced
from scuttle_check.search.compiled.parts import Region
from scuttle_check.search.compiled.regions import Layout, Outcome, Posted


@frozen(cache_hash=True)
class Sending:
    """What a step does to a neighbour: what it posts, and news of what the sender knows.

    No news is None.
    """

    post: Channel | Posted
    news: Hashable | None = None


@frozen
class Use:
    """That `message` was dropped from a link to a node in state `local`, because of what is ahead.

    `ahead` arrives before it; a copy of something in flight has that alone ahead.
    """

    sender: str
    local: Local
    ahead: Frame
    message: Hashable


@define
class QuotientLayout(Layout):
    """As :class:`Layout`, but every region is canonical. What it used is kept for a certificate.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6.
    """

    facets: Facets
    seen: dict[int, dict[Frame, None]] = field(factory=dict, init=False)
    """Every frame that was sent on each link, before it was made canonical."""
    uses: dict[Use, None] = field(factory=dict, init=False)

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
        posts: dict[int, Channel | Posted] = dict(plain.sent)
        for link in self.out_links[node]:
            posts.setdefault(link, ())
        sent = []
        for port, post in posts.items():
            frames = post.frames if isinstance(post, Posted) else post
            self.seen.setdefault(port, {}).update(dict.fromkeys(frames))
            kept = self.worth_asking(after, frames)
            if isinstance(post, Posted):
                sent.append((port, Sending(attrs.evolve(post, frames=kept), news)))
            elif kept or news is not None:
                sent.append((port, Sending(kept, news)))
        return Outcome(self._canonical(node, plain.region), tuple(sent))

    def appended(self, region: Region, node: int, port: int, post: Any) -> Region:
        """The region of `node` after what a neighbour sent, and after what it has learned."""
        sending: Sending = post
        if sending.news is not None and port in self.in_links[node]:
            at = self.in_links[node].index(port)
            channel = self.worth_asking(sending.news, region.channels[at])
            sender = self.system.topology.links[port][0]
            local = self.facets.forgetting(region.local, sender, sending.news)
            channels = replaced(region.channels, at, channel)
            region = region._replace(local=local, channels=channels)
        return self._canonical(node, super().appended(region, node, port, sending.post))

    @property
    def lossless(self) -> bool:
        """Whether of two frames on one link either both arrive or neither. Spec: RED-4."""
        return not self.system.network.losses

    @property
    def in_turn(self) -> bool:
        """Whether, besides, they arrive in the order sent. Spec: RED-4."""
        network = self.system.network
        return self.lossless and network.ordered and not network.overtakings

    def worth_asking(self, knowledge: Hashable, channel: Channel) -> Channel:
        """The frames of `channel` without what a sender that knows this would ask in vain."""
        kept = (
            tuple(message for message in frame if not self.facets.pointless(knowledge, message))
            for frame in channel
        )
        return tuple(frame for frame in kept if frame)

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
        frames = tuple(frame for frame, _ in self.kept(local, sender, channel))
        return frames if self.system.network.ordered else self.system.network.joined((), frames)

    def kept(self, local: Hashable, sender: str, channel: Channel) -> list[tuple[Frame, int]]:
        """The frames of a channel made canonical, each with its place, without those that vanish.

        Messages of one frame arrive one after the other whatever the link does.
        """
        found: list[tuple[Frame, int]] = []
        ahead: Frame = ()
        for at, frame in enumerate(channel):
            simplest: Frame = ()
            for message in frame:
                canonical = self.facets.canonical(local, sender, message)
                if canonical is None:
                    continue
                before = (*ahead, *simplest) if self.in_turn else simplest
                if any(self.facets.outdated(earlier, canonical) for earlier in before):
                    self.uses[Use(sender, local, before, canonical)] = None
                    continue
                simplest = (*simplest, canonical)
            if simplest and not self._copied(local, sender, simplest, found):
                found.append((simplest, at))
                ahead += simplest
        return found

    def _copied(
        self, local: Hashable, sender: str, frame: Frame, others: list[tuple[Frame, int]]
    ) -> bool:
        """Whether a frame is a copy of one in flight, which arrives too. Spec: RED-4."""
        if not (self.lossless and all(map(self.facets.idempotent, frame))):
            return False
        if all(other != frame for other, _ in others):
            return False
        for message in frame:
            self.uses[Use(sender, local, frame, message)] = None
        return True
