"""Dependence: for each class of actions the classes that a stubborn set with it must hold too.

An enabled action needs whatever may happen at its node, now or later, and does not commute with
it; a disabled one needs the actions without which it stays disabled. Computed for whole arrays of
worlds, one bit per class of actions and per item (:mod:`scuttle_check.search.reductions.promises`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import define, field

from scuttle_check.engine.claims import Commutation
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.reductions.promises import WORD, Classes, Promises, Undeclared, Words

NONE = np.uint64(0)


def bit(number: int) -> np.uint64:
    """The word with this bit alone."""
    return np.uint64(1 << number)


def _where(condition: Words, word: np.uint64) -> Words:
    """`word` where the condition is not zero."""
    found: Words = (condition != 0) * word
    return found


@define
class _Node:
    """The words of one node over a chunk of worlds."""

    known: Words
    shaping: Words
    stamping: Words
    next: Words
    written: Words
    next_asks: Words
    script_asks: Words
    will_ask: Words
    first: dict[int, tuple[Words, Words, Words]]
    """Per in-link, of its first message: what it brings, the rivals of that, what it asks."""
    in_flight: dict[int, tuple[Words, Words]]
    """Per in-link, what is brought and asked on it now."""
    to_come: dict[int, tuple[Words, Words, Words]] = field(factory=dict)
    """Per in-link, what it may ever bring, the rivals of that, what it may ever ask."""
    answerable: Words = field(factory=lambda: np.zeros(0, np.uint64))
    """What the node has or may get: an answer is empty if it asks for none of these."""


@define
class Dependence:
    """What depends on what, in worlds given by the regions of their nodes.

    Spec: RED-9, RED-11.
    """

    tables: Tables
    claims: Commutation
    classes: Classes = field(init=False)
    promises: list[Promises] = field(init=False)
    _everything: np.uint64 = field(init=False)
    _rivals: list[int] = field(init=False)
    _forgets: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        layout, items = self.tables.layout, list(self.claims.items())
        if len(items) > WORD:
            raise Undeclared(f"{len(items)} items, more than a word holds")
        self.classes = Classes(layout)
        bits = {item: at for at, item in enumerate(items)}
        self._rivals = [
            sum(1 << at for at, other in enumerate(items) if not self.claims.apart(item, other))
            for item in items
        ]
        self.promises = [
            Promises(layout, self.classes, self.claims, node, interned, bits, self._rivals)
            for node, interned in enumerate(self.tables.interned)
        ]
        self._everything = np.uint64((1 << len(items)) - 1)
        self._forgets = self.claims.forgets()

    def enabled(self, regions: Sequence[Ids]) -> Words:
        """The classes that are enabled in each world."""
        found = np.zeros(len(regions[0]), np.uint64)
        for promises, ids in zip(self.promises, regions, strict=True):
            promises.refresh()
            found |= promises.columns["enabled"][ids]
        return found

    def to_come(self, regions: Sequence[Ids]) -> dict[tuple[int, str], Words]:
        """Per link what may still be brought and asked on it. Spec: RED-12."""
        found = {}
        for node in self._nodes(regions):
            for link, (brought, _, asked) in node.to_come.items():
                found[link, "brought"], found[link, "asked"] = brought, asked
        return found

    def needs(self, regions: Sequence[Ids], enabled: Words) -> Words:
        """Per class and world: the classes without which a set that has it is not stubborn."""
        nodes = self._nodes(regions)
        needs = np.zeros((self.classes.count, len(enabled)), np.uint64)
        for at, node in enumerate(nodes):
            self._needs_of_node(needs, at, node, nodes, enabled)
        for link in range(len(self.classes.back)):
            self._needs_of_silence(needs, link, nodes, enabled)
        return needs

    def _nodes(self, regions: Sequence[Ids]) -> list[_Node]:
        nodes = []
        for promises, ids in zip(self.promises, regions, strict=True):
            promises.refresh()
            words = {name: column[ids] for name, column in promises.columns.items()}
            links = self.tables.layout.in_links[promises.node]
            nodes.append(
                _Node(
                    words["known"],
                    words["shaping"],
                    words["stamping"],
                    words["next"],
                    words["written"],
                    words["next_asks"],
                    words["script_asks"],
                    words["will_ask"],
                    {
                        at: (
                            words[f"brought_first{at}"],
                            words[f"rivals_first{at}"],
                            words[f"asked_first{at}"],
                        )
                        for at in links
                    },
                    {at: (words[f"brought{at}"], words[f"asked{at}"]) for at in links},
                )
            )
        for at in range(len(nodes)):
            self._promise(at, nodes)
        return nodes

    def _promise(self, at: int, nodes: list[_Node]) -> None:
        """What may ever arrive at a node. Spec: RED-12."""
        node = nodes[at]
        node.answerable = node.known | node.written
        for link in self.tables.layout.in_links[at]:
            peer = nodes[self._source(link)]
            brought, asked = node.in_flight[link]
            back = self.classes.back[link]
            if back is not None:
                own = peer.in_flight[back][1]
                brought = brought | own | _where(node.will_ask & bit(back), self._everything)
            asked = asked | _where(peer.will_ask & bit(link), self._everything)
            brought = brought & ~node.known & ~node.written
            asked = self._asking(asked & ~peer.known)
            node.to_come[link] = (brought, self._rivals_of(brought), asked)
            node.answerable = node.answerable | brought

    def _source(self, link: int) -> int:
        topology = self.tables.layout.system.topology
        return topology.node_index[topology.links[link][0]]

    def _asking(self, asked: Words) -> Words:
        """What an answer depends on. Where nodes forget, everything. Spec: RED-11."""
        return _where(asked, self._everything) if self._forgets else asked

    def _rivals_of(self, items: Words) -> Words:
        found = np.zeros_like(items)
        for at, rivals in enumerate(self._rivals):
            if rivals:
                found |= _where(items & bit(at), np.uint64(rivals))
        return found

    def _needs_of_node(
        self, needs: Words, at: int, node: _Node, nodes: list[_Node], enabled: Words
    ) -> None:
        """Conflicts of each enabled class of a node with the others of that node."""
        layout, classes = self.tables.layout, self.classes
        performs = classes.performs[at]
        left = enabled & bit(performs)
        scripted_rivals = self._rivals_of(node.written)
        for link in layout.in_links[at]:
            peer = nodes[self._source(link)]
            back = classes.back[link]
            brought, rivals, asked = node.first[link]
            brought = brought & ~node.known
            rivals = np.where(brought != 0, rivals, NONE)
            need = needs[classes.brings[link]]
            for other in layout.in_links[at]:
                if other != link:
                    may_bring, their_rivals, may_ask = node.to_come[other]
                    clash = (brought & their_rivals) | (rivals & may_bring)
                    need |= _where(clash, bit(classes.brings[other]))
                    need |= _where(brought & may_ask, bit(classes.asks[other]))
            reshapes = brought & node.shaping
            for out in layout.out_links[at]:
                need |= np.where(reshapes != 0, enabled & bit(classes.starts[out]), NONE)
            asks_later = np.where(node.script_asks != 0, reshapes, NONE)
            clash = asks_later | (brought & scripted_rivals) | (rivals & node.written)
            clash = clash | np.where(node.written != 0, brought & node.stamping, NONE)
            need |= np.where(clash != 0, left, NONE)

            need = needs[classes.asks[link]]
            asked = asked & ~peer.known
            answered = asked & node.answerable
            asked = self._asking(asked)
            for other in layout.in_links[at]:
                if other != link:
                    need |= _where(asked & node.to_come[other][0], bit(classes.brings[other]))
            clash = asked & node.written
            if back is not None:
                need |= np.where(answered != 0, enabled & bit(classes.starts[back]), NONE)
                clash = clash | np.where(node.script_asks & bit(back) != 0, answered, NONE)
            need |= np.where(clash != 0, left, NONE)
        self._needs_of_commands(needs, at, node, enabled)

    def _needs_of_commands(self, needs: Words, at: int, node: _Node, enabled: Words) -> None:
        """Conflicts of a command and of the start of an exchange with what else a node does."""
        layout, classes = self.tables.layout, self.classes
        performs = classes.performs[at]
        here = (enabled & bit(performs)) != 0
        need = needs[performs]
        rivals = self._rivals_of(node.next) | _where(node.next, self._everything) & node.stamping
        asking = node.next_asks != 0
        for link in layout.in_links[at]:
            may_bring, _, may_ask = node.to_come[link]
            clash = (rivals & may_bring) | np.where(asking, node.shaping & may_bring, NONE)
            need |= _where(clash, bit(classes.brings[link]))
            back = classes.back[link]
            clash = node.next & may_ask
            if back is not None:
                answered = may_ask & node.answerable
                clash = clash | np.where(node.next_asks & bit(back) != 0, answered, NONE)
            need |= _where(clash, bit(classes.asks[link]))
        for out in layout.out_links[at]:
            clash = (node.next & node.shaping) | (node.next_asks & bit(out))
            need |= np.where(clash != 0, enabled & bit(classes.starts[out]), NONE)
        need[~here] = 0
        for out in layout.out_links[at]:
            need = needs[classes.starts[out]]
            back = classes.back[out]
            for link in layout.in_links[at]:
                may_bring, _, may_ask = node.to_come[link]
                need |= _where(node.shaping & may_bring, bit(classes.brings[link]))
                if link == back:
                    need |= _where(may_ask & node.answerable, bit(classes.asks[link]))
            clash = (node.shaping & node.written) | (node.script_asks & bit(out))
            need |= np.where(clash != 0, enabled & bit(performs), NONE)
            need[(enabled & bit(classes.starts[out])) == 0] = 0

    def _needs_of_silence(
        self, needs: Words, link: int, nodes: list[_Node], enabled: Words
    ) -> None:
        """What must happen before a class of arrivals that is disabled. Spec: RED-10."""
        classes = self.classes
        topology = self.tables.layout.system.topology
        source, target = (topology.node_index[name] for name in topology.links[link])
        brings, asks = classes.brings[link], classes.asks[link]
        first_brings, first_asks = enabled & bit(brings), enabled & bit(asks)
        silent = (first_brings | first_asks) == 0
        back = classes.back[link]

        need = first_asks.copy()
        if back is not None:
            asked = nodes[source].in_flight[back][1] | (nodes[target].will_ask & bit(back))
            need |= np.where(silent, _where(asked, bit(classes.asks[back])), NONE)
        needs[brings] = np.where(first_brings != 0, needs[brings], need)

        asker = nodes[source]
        starts = enabled & bit(classes.starts[link])
        commanded = np.where(
            asker.script_asks & bit(link) != 0, enabled & bit(classes.performs[source]), NONE
        )
        need = np.where(silent, starts | commanded, first_brings)
        needs[asks] = np.where(first_asks != 0, needs[asks], need)
