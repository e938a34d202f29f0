"""What each region promises about the order of steps, as bits of words, one word per region.

A *class* of actions is all that may happen next of one sort at one place: the commands of a node,
the exchanges started on a link, the arrivals on a link of messages that bring items, and of
messages that ask for items. Classes and items are bits.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from scuttle_check.engine.actions import Action, Deliver, Drop, Perform, Start
from scuttle_check.engine.claims import Asks, Brings, Commutation, Exchanges, Item
from scuttle_check.engine.network import Channel
from scuttle_check.search.compiled.interned import Interned, grown
from scuttle_check.search.compiled.layout import Layout, Region

Words = NDArray[np.uint64]

WORD = 64


class Undeclared(Exception):
    """The protocol does not say what a message or a command does, or there is too much of it."""


@define
class Classes:
    """The bit of each class of actions: arrivals first, which are the cheapest to explore."""

    layout: Layout
    brings: list[int] = field(init=False)
    asks: list[int] = field(init=False)
    performs: list[int] = field(init=False)
    starts: list[int] = field(init=False)
    back: list[int | None] = field(init=False)
    count: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        topology = self.layout.system.topology
        links, nodes = len(topology.links), len(topology.nodes)
        self.brings = list(range(links))
        self.asks = list(range(links, 2 * links))
        self.performs = list(range(2 * links, 2 * links + nodes))
        self.starts = list(range(2 * links + nodes, 3 * links + nodes))
        self.back = [topology.link_index.get((two, one)) for one, two in topology.links]
        self.count = 3 * links + nodes
        if self.count > WORD:
            raise Undeclared(f"{self.count} classes of actions, more than a word holds")

    def of(self, action: Action) -> int:
        """The classes that an action may be of, as bits."""
        topology = self.layout.system.topology
        match action:
            case Perform(node=node):
                return 1 << self.performs[topology.node_index[node]]
            case Start(source=source, target=target):
                return 1 << self.starts[topology.link_index[source, target]]
            case Deliver() | Drop():
                link = topology.link_index[action.source, action.target]
                return 1 << self.brings[link] | 1 << self.asks[link]
            case _:
                raise Undeclared(f"the action {action}")

    def of_node(self, node: int) -> int:
        """The classes of actions of a node, as bits."""
        found = 1 << self.performs[node]
        for link in self.layout.in_links[node]:
            found |= 1 << self.brings[link] | 1 << self.asks[link]
        for link in self.layout.out_links[node]:
            found |= 1 << self.starts[link]
        return found


COLUMNS = (
    *("known", "enabled", "shaping", "stamping", "next", "written"),
    *("next_asks", "script_asks", "will_ask"),
)
"""Words of a region; those of :data:`PER_LINK` come once for each in-link.

`next` and `written` are the items of the next command and of all that are left. The last three
are links: on which the next command asks, any command that is left, and anything at all.
"""

PER_LINK = ("brought_first", "rivals_first", "brought", "asked_first", "asked")


@define
class Promises:
    """The words of the regions of one node, in the order of their numbers."""

    layout: Layout
    classes: Classes
    claims: Commutation
    node: int
    interned: Interned
    item_bits: dict[Item, int]
    rivals: list[int]
    columns: dict[str, Words] = field(init=False)
    filled: int = 0

    def __attrs_post_init__(self) -> None:
        names = [f"{name}{link}" for name in PER_LINK for link in self.layout.in_links[self.node]]
        self.columns = {name: np.zeros(64, np.uint64) for name in (*COLUMNS, *names)}

    def refresh(self) -> None:
        """Take in the regions that are new."""
        count = len(self.interned)
        if self.filled == count:
            return
        words = [self._words(self.interned.region(at)) for at in range(self.filled, count)]
        for name in self.columns:
            self.columns[name] = column = grown(self.columns[name], count)
            column[self.filled : count] = [each.get(name, 0) for each in words]
        self.filled = count

    def bits(self, items: Iterable[Item]) -> int:
        """Items as bits."""
        return sum(1 << self.item_bits[item] for item in items)

    def rivals_of(self, bits: int) -> int:
        """The items that do not commute with one of `bits`."""
        found = 0
        for at, rivals in enumerate(self.rivals):
            if bits >> at & 1:
                found |= rivals
        return found

    def kinds(self, region: Region, link: int, channel: Channel) -> list[int]:
        """The class of each arrival on a link."""
        sender = self.layout.system.topology.links[link][0]
        messages = [message for frame in channel for message in frame]
        return [
            self.classes.brings[link] if isinstance(does, Brings) else self.classes.asks[link]
            for does in self.claims.arriving(region.local, sender, messages)
        ]

    def _words(self, region: Region) -> dict[str, int]:
        known = self.bits(self.claims.known(region.local))
        words = {
            "known": known,
            "shaping": self.bits(self.claims.shaping(region.local)),
            "stamping": self.bits(self.claims.stamping(region.local)),
        }
        words["enabled"] = self._commands(region, words) | self._starts(region, words)
        links = self.layout.in_links[self.node]
        for link, channel in zip(links, region.channels, strict=True):
            words["enabled"] |= self._arrivals(region, link, channel, words)
        return words

    def _commands(self, region: Region, words: dict[str, int]) -> int:
        """The words of the commands that are left; the class of commands if there are any."""
        left = self.layout.system.script[self.node][region.scripted :]
        words["next"] = words["written"] = words["next_asks"] = words["script_asks"] = 0
        declared = self.claims.commanded(region.local, left)
        for at, (command, does) in enumerate(zip(left, declared, strict=True)):
            match does:
                case Brings(items=items):
                    words["written"] |= self.bits(items)
                    words["next"] |= self.bits(items) if at == 0 else 0
                case Exchanges(target=target):
                    link = 1 << self._link_to(target)
                    words["script_asks"] |= link
                    words["next_asks"] |= link if at == 0 else 0
                case None:
                    raise Undeclared(f"the command {command}")
        words["will_ask"] = words["script_asks"]
        return 1 << self.classes.performs[self.node] if left else 0

    def _link_to(self, target: str) -> int:
        topology = self.layout.system.topology
        link = topology.link_index.get((topology.nodes[self.node], target))
        if link is None:
            raise Undeclared(f"an exchange with {target}, to which no link leads")
        return link

    def _starts(self, region: Region, words: dict[str, int]) -> int:
        found = 0
        for link, started in zip(self.layout.out_links[self.node], region.exchanged, strict=True):
            if started < self.layout.system.exchanges:
                found |= 1 << self.classes.starts[link]
                words["will_ask"] |= 1 << link
        return found

    def _arrivals(self, region: Region, link: int, channel: Channel, words: dict[str, int]) -> int:
        """The words of what is in flight on a link; the class of its first message."""
        sender = self.layout.system.topology.links[link][0]
        messages = tuple(message for frame in channel for message in frame)
        brought = asked = enabled = 0
        declared = self.claims.arriving(region.local, sender, messages)
        for at, (message, does) in enumerate(zip(messages, declared, strict=True)):
            if isinstance(does, Brings):
                bits = self.bits(does.items)
                brought |= bits
                if at == 0:
                    enabled = 1 << self.classes.brings[link]
                    words[f"brought_first{link}"] = bits
                    words[f"rivals_first{link}"] = self.rivals_of(bits)
            elif isinstance(does, Asks):
                bits = self.bits(does.items)
                asked |= bits
                if at == 0:
                    enabled = 1 << self.classes.asks[link]
                    words[f"asked_first{link}"] = bits
            else:
                raise Undeclared(f"the message {message}")
        words[f"brought{link}"] = brought
        words[f"asked{link}"] = asked
        return enabled
