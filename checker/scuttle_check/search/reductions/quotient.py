"""The semantic quotient: regions without the messages that can never matter.

Each rule is a claim of the protocol (:mod:`scuttle_check.engine.claims`). A world of the quotient
stands for all worlds that differ from it in pointless messages; both reach the same vectors of node
states, up to what nodes remember of pointless questions.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Any

from attrs import define, field, frozen

from scuttle_check.engine.cells import Cell, Does, Done, Link, Values
from scuttle_check.engine.claims import Facets
from scuttle_check.engine.network import Channel, Frame
from scuttle_check.engine.steps import Steps
from scuttle_check.engine.worlds import Effects, Local, World
from scuttle_check.search.compiled.layout import Layout, Region


@frozen
class Use:
    """That `message` was dropped from a link to a node in state `local`, because of what is ahead.

    `ahead` arrives before it; a copy of something in flight has that alone ahead.
    """

    sender: str
    local: Local
    ahead: Frame
    message: Hashable


@define(eq=False, slots=False)
class QuotientSteps(Steps):
    """What can happen in the quotient: a neighbour hears what a node knows as soon as it knows it.

    What is sent in vain is not sent. `seen` has every frame that was sent on each link, before.

    Spec: RED-2, RED-3.
    """

    facets: Facets
    seen: dict[int, dict[Frame, None]] = field(factory=dict, init=False)

    @cached_property
    def news(self) -> dict[tuple[str, str], Cell]:
        """News of what the sender of a link knows reach the node that it leads to."""

        def hears(sender: str) -> Does:
            def does(knowledge: Hashable, local: Local, link: Link) -> Done:
                kept = worth_asking(self.facets, knowledge, link.queue)
                forgotten = self.facets.forgetting(local, sender, knowledge)
                return Done((forgotten, Link(link.broken, kept)))

            return does

        return {
            link: self._cell("news", link, hears(link[0]), ("local", link[1]), ("link", link))
            for link in self.system.topology.links
        }

    def _sent(self, node: str, before: Local, effects: Effects) -> tuple[tuple[Cell, Any], ...]:
        """What is worth sending, and what all neighbours are to know."""
        knows = self.facets.knowledge(effects.local)
        news = knows != self.facets.knowledge(before)
        index = self.system.topology.link_index
        posts: list[tuple[Cell, Any]] = []
        if news:
            posts += [(self.news[link], knows) for link in index if link[0] == node]
        for cell, what in super()._sent(node, before, effects):
            if cell.kind != "send":
                posts.append((cell, what))
                continue
            self.seen.setdefault(index[cell.of], {}).update(dict.fromkeys(what))
            kept = worth_asking(self.facets, knows, what)
            if kept:
                posts.append((cell, kept))
        return tuple(posts)


def worth_asking(facets: Facets, knowledge: Hashable, channel: Channel) -> Channel:
    """The frames of `channel` without what a sender that knows this would ask in vain."""
    kept = (
        tuple(message for message in frame if not facets.pointless(knowledge, message))
        for frame in channel
    )
    return tuple(frame for frame in kept if frame)


@define
class QuotientLayout(Layout):
    """As :class:`Layout`, but every region is canonical. What it used is kept for a certificate.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6.
    """

    facets: Facets
    normalizes: bool = field(init=False, default=True)
    uses: dict[Use, None] = field(factory=dict, init=False)
    _senders: list[list[str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        links = self.system.topology.links
        self._senders = [[links[at][0] for at in of_node] for of_node in self.in_links]

    def described(self) -> Steps:
        """What can happen in the quotient."""
        return QuotientSteps(self.system, self.facets)

    @property
    def seen(self) -> dict[int, dict[Frame, None]]:
        """Every frame that was sent on each link, before it was made canonical."""
        assert isinstance(self.steps, QuotientSteps)  # noqa: S101 - it is what `described` made
        return self.steps.seen

    def regions(self, world: World) -> list[Region]:
        """The canonical regions of a world."""
        return [
            self.region(node, self.normal(node, self.parts(region)))
            for node, region in enumerate(super().regions(world))
        ]

    @property
    def lossless(self) -> bool:
        """Whether of two frames on one link either both arrive or neither. Spec: RED-4."""
        return not self.system.network.losses

    @property
    def in_turn(self) -> bool:
        """Whether, besides, they arrive in the order sent. Spec: RED-4."""
        network = self.system.network
        return self.lossless and network.ordered and not network.overtakings

    def normal(self, node: int, parts: Values) -> Values:
        """The values of a region without what can never matter."""
        local, first = parts[0], self.link_columns(node).start
        exchanged = parts[3:first]
        if self.facets.saturated(self.facets.knowledge(local)):
            exchanged = (self.system.exchanges,) * len(exchanged)
        links = [
            Link(link.broken, self._canonical_channel(local, sender, link.queue))
            for link, sender in zip(parts[first:], self._senders[node], strict=True)
        ]
        return (*parts[:3], *exchanged, *links)

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
