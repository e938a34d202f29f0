"""Stubborn sets: of the actions that a world enables, a part that is enough.

A set is stubborn where no step outside it, now or later, can matter to the order: each enabled
action in it commutes with all that may happen outside, and each disabled one brings along the
actions without which it stays disabled. What the rest would do can then be done later, so the
worlds in which nothing can happen any more are all reached.

Everything is computed for whole arrays of worlds, one bit per class of actions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import define, field

from checker.actions import Action
from checker.commutation import Commutation
from checker.search.compiled.interned import Ids
from checker.search.compiled.promises import WORD, Classes, Promises, Undeclared, Words
from checker.search.compiled.tables import Tables

NONE = np.uint64(0)
CHUNK = 1 << 13
"""Worlds looked at together, so that their words stay near the processor."""


def _bit(number: int) -> np.uint64:
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
class StubbornSets:
    """Chooses the actions to explore, so that every terminal world is reached.

    Spec: RED-9, RED-10.
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

    def bits_of(self, action: Action) -> np.uint64:
        """The classes that an action may be of."""
        return np.uint64(self.classes.of(action))

    def enabled(self, regions: Sequence[Ids]) -> Words:
        """The classes that are enabled in each world."""
        found = np.zeros(len(regions[0]), np.uint64)
        for promises, ids in zip(self.promises, regions, strict=True):
            promises.refresh()
            found |= promises.columns["enabled"][ids]
        return found

    def closed(self, regions: Sequence[Ids], enabled: Words) -> Words:
        """The classes of a stubborn set of each world: few enabled ones, and always the same."""
        found = np.empty_like(enabled)
        for start in range(0, len(enabled), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._closed([ids[part] for ids in regions], enabled[part])
        return found

    def _closed(self, regions: Sequence[Ids], enabled: Words) -> Words:
        needs = self.needs(regions, enabled)
        alone = np.zeros_like(enabled)
        for number, need in enumerate(needs):
            alone |= np.where(need == 0, enabled & _bit(number), NONE)
        closed = alone & (~alone + np.uint64(1))
        rest = np.flatnonzero((alone == 0) & (enabled != 0))
        if len(rest):
            closed[rest] = self._smallest(needs[:, rest], enabled[rest])
        return closed

    def _smallest(self, needs: Words, enabled: Words) -> Words:
        """Of all closures with an enabled action the one that enables least, else the first."""
        for number in range(len(needs)):
            needs |= ((needs >> np.uint64(number)) & np.uint64(1)) * needs[number]
        best = np.zeros_like(enabled)
        size = np.bitwise_count(enabled) + 1
        for number, need in enumerate(needs):
            closure = need | _bit(number)
            count = np.bitwise_count(closure & enabled)
            better = ((enabled & _bit(number)) != 0) & (count < size)
            best = np.where(better, closure, best)
            size = np.where(better, count, size)
        return best

    def to_come(self, regions: Sequence[Ids]) -> dict[tuple[int, str], Words]:
        """Per link what may still be brought and asked on it. Spec: RED-12."""
        found = {}
        for node in self._nodes(regions):
            for link, (brought, _, asked) in node.to_come.items():
                found[link, "brought"], found[link, "asked"] = brought, asked
        return found

    # --- what an action in the set brings along --------------------------------------------------

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
                brought = brought | own | _where(node.will_ask & _bit(back), self._everything)
            asked = asked | _where(peer.will_ask & _bit(link), self._everything)
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
                found |= _where(items & _bit(at), np.uint64(rivals))
        return found

    def _needs_of_node(
        self, needs: Words, at: int, node: _Node, nodes: list[_Node], enabled: Words
    ) -> None:
        """Conflicts of each enabled class of a node with the others of that node."""
        layout, classes = self.tables.layout, self.classes
        performs = classes.performs[at]
        left = enabled & _bit(performs)
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
                    need |= _where(clash, _bit(classes.brings[other]))
                    need |= _where(brought & may_ask, _bit(classes.asks[other]))
            reshapes = brought & node.shaping
            for out in layout.out_links[at]:
                need |= np.where(reshapes != 0, enabled & _bit(classes.starts[out]), NONE)
            asks_later = np.where(node.script_asks != 0, reshapes, NONE)
            clash = asks_later | (brought & scripted_rivals) | (rivals & node.written)
            need |= np.where(clash != 0, left, NONE)

            need = needs[classes.asks[link]]
            asked = asked & ~peer.known
            answered = asked & node.answerable
            asked = self._asking(asked)
            for other in layout.in_links[at]:
                if other != link:
                    need |= _where(asked & node.to_come[other][0], _bit(classes.brings[other]))
            clash = asked & node.written
            if back is not None:
                need |= np.where(answered != 0, enabled & _bit(classes.starts[back]), NONE)
                clash = clash | np.where(node.script_asks & _bit(back) != 0, answered, NONE)
            need |= np.where(clash != 0, left, NONE)
        self._needs_of_commands(needs, at, node, enabled)

    def _needs_of_commands(self, needs: Words, at: int, node: _Node, enabled: Words) -> None:
        """Conflicts of a command and of the start of an exchange with what else a node does."""
        layout, classes = self.tables.layout, self.classes
        performs = classes.performs[at]
        here = (enabled & _bit(performs)) != 0
        need = needs[performs]
        rivals = self._rivals_of(node.next)
        asking = node.next_asks != 0
        for link in layout.in_links[at]:
            may_bring, _, may_ask = node.to_come[link]
            clash = (rivals & may_bring) | np.where(asking, node.shaping & may_bring, NONE)
            need |= _where(clash, _bit(classes.brings[link]))
            back = classes.back[link]
            clash = node.next & may_ask
            if back is not None:
                answered = may_ask & node.answerable
                clash = clash | np.where(node.next_asks & _bit(back) != 0, answered, NONE)
            need |= _where(clash, _bit(classes.asks[link]))
        for out in layout.out_links[at]:
            clash = (node.next & node.shaping) | (node.next_asks & _bit(out))
            need |= np.where(clash != 0, enabled & _bit(classes.starts[out]), NONE)
        need[~here] = 0
        for out in layout.out_links[at]:
            need = needs[classes.starts[out]]
            back = classes.back[out]
            for link in layout.in_links[at]:
                may_bring, _, may_ask = node.to_come[link]
                need |= _where(node.shaping & may_bring, _bit(classes.brings[link]))
                if link == back:
                    need |= _where(may_ask & node.answerable, _bit(classes.asks[link]))
            clash = (node.shaping & node.written) | (node.script_asks & _bit(out))
            need |= np.where(clash != 0, enabled & _bit(performs), NONE)
            need[(enabled & _bit(classes.starts[out])) == 0] = 0

    def _needs_of_silence(
        self, needs: Words, link: int, nodes: list[_Node], enabled: Words
    ) -> None:
        """What must happen before a class of arrivals that is disabled. Spec: RED-10."""
        classes = self.classes
        topology = self.tables.layout.system.topology
        source, target = (topology.node_index[name] for name in topology.links[link])
        brings, asks = classes.brings[link], classes.asks[link]
        first_brings, first_asks = enabled & _bit(brings), enabled & _bit(asks)
        silent = (first_brings | first_asks) == 0
        back = classes.back[link]

        need = first_asks.copy()
        if back is not None:
            asked = nodes[source].in_flight[back][1] | (nodes[target].will_ask & _bit(back))
            need |= np.where(silent, _where(asked, _bit(classes.asks[back])), NONE)
        needs[brings] = np.where(first_brings != 0, needs[brings], need)

        asker = nodes[source]
        starts = enabled & _bit(classes.starts[link])
        commanded = np.where(
            asker.script_asks & _bit(link) != 0, enabled & _bit(classes.performs[source]), NONE
        )
        need = np.where(silent, starts | commanded, first_brings)
        needs[asks] = np.where(first_asks != 0, needs[asks], need)
