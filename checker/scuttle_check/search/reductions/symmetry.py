"""Symmetry: of worlds that differ only in which nodes are which, one is explored.

A permutation of the nodes carries a region over to another node. The representative of a world is
the smallest word among its images. Properties are shown every image, so they need not treat nodes
alike.

The certificate of a symmetry: what a search computed, computed again under other names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import (
    Action,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Start,
)
from scuttle_check.engine.cells import Cell, Link
from scuttle_check.engine.claims import Naming
from scuttle_check.engine.network import Channel
from scuttle_check.engine.topology import Permutation, automorphisms
from scuttle_check.engine.worlds import Local
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.interned import Interned, grown
from scuttle_check.search.compiled.layout import Outcome, Post, Region
from scuttle_check.search.compiled.tables import UNKNOWN, ActionTable, Tables
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.reductions.certificate import FalseClaim, FalseClaims

Step = tuple[int, Action, int]
"""A representative, an action from there, and the world after it, before it is represented."""


@define
class Symmetry:
    """The group of a system, and what its elements make of regions. Element 0 changes nothing.

    Spec: SYM-1, SYM-3.
    """

    tables: Tables
    naming: Naming
    group: tuple[Permutation, ...] = field(init=False)
    maps: list[list[Ids]] = field(init=False)
    locals: dict[tuple[int, Local], Local] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        topology = self.tables.layout.system.topology
        self.group = automorphisms(topology, self.naming.distinguished())
        self.maps = [[np.zeros(0, np.intp) for _ in topology.nodes] for _ in self.group]

    # --- images of worlds -----------------------------------------------------------------------

    def images(self, regions: list[Ids]) -> Iterator[tuple[int, list[Ids]]]:
        """Worlds under each element, as regions. The first are the worlds themselves."""
        yield 0, regions
        for element, places in enumerate(self.group[1:], start=1):
            moved = list(regions)
            for node, ids in enumerate(regions):
                moved[places[node]] = self._mapped(element, node, ids)
            yield element, moved

    def insist_on(self, start: Worlds) -> None:
        """Raises FalseClaims unless every element leaves the start as it is."""
        for element, moved in self.images(self._regions(start)):
            if self._words(start, moved) != start:
                names = self.names(self.group[element])
                raise FalseClaims([FalseClaim("symmetry", f"the start differs under {names}")])

    def representatives(self, worlds: Worlds) -> Worlds:
        """The smallest image of each world. Raises TooWide."""
        return self._smallest(worlds)[0]

    def _smallest(self, worlds: Worlds) -> tuple[Worlds, Ids]:
        """The smallest image of each world, and the first element that leads there."""
        best, by = worlds.copy(), np.zeros(len(worlds), np.intp)
        for element, moved in self.images(self._regions(worlds)):
            image = self._words(worlds, moved)
            by[image < best] = element
            np.minimum(best, image, out=best)
        return best, by

    def _regions(self, worlds: Worlds) -> list[Ids]:
        fields = self.tables.fields
        return [fields.ids(worlds, node) for node in range(len(fields.shifts))]

    def _words(self, worlds: Worlds, regions: list[Ids]) -> Worlds:
        """Worlds of these regions, with the counters of `worlds`."""
        fields = self.tables.fields
        counted: Worlds = worlds & ~np.uint64((1 << sum(fields.widths)) - 1)
        return fields.words(regions) | counted

    def _mapped(self, element: int, node: int, ids: Ids) -> Ids:
        interned = self.tables.interned[node]
        known = self.maps[element][node] = grown(self.maps[element][node], len(interned), -1)
        place = self.group[element][node]
        for number in np.unique(ids[known[ids] < 0]).tolist():
            region = self.region(self.group[element], node, interned.region(number))
            known[number] = self.tables.region_id(place, region)
        return known[ids]

    # --- what a permutation makes of parts ------------------------------------------------------

    def names(self, places: Permutation) -> Mapping[str, str]:
        """What each node is called afterwards."""
        nodes = self.tables.layout.system.topology.nodes
        return {node: nodes[place] for node, place in zip(nodes, places, strict=True)}

    def local(self, element: int, local: Local) -> Local:
        """A node state under an element."""
        if element == 0:
            return local
        known = self.locals.get((element, local))
        if known is None:
            known = self._local(local, self.names(self.group[element]))
            self.locals[element, local] = known
        return known

    def _local(self, local: Local, names: Mapping[str, str]) -> Local:
        return self.tables.layout.system.reactions.one(self.naming.renamed(local, names))

    def region(self, places: Permutation, node: int, region: Region) -> Region:
        """The region of `node` carried over to the node that takes its place."""
        layout, names = self.tables.layout, self.names(places)
        links, index = layout.system.topology.links, layout.system.topology.link_index
        moved = {index[names[one], names[other]]: at for at, (one, other) in enumerate(links)}
        sent = [layout.out_links[node].index(moved[at]) for at in layout.out_links[places[node]]]
        heard = [layout.in_links[node].index(moved[at]) for at in layout.in_links[places[node]]]
        local, scripted, status, exchanged, links_in = region
        return Region(
            self._local(local, names),
            scripted,
            status,
            tuple(exchanged[at] for at in sent),
            tuple(
                Link(links_in[at].broken, self.channel(names, links_in[at].queue)) for at in heard
            ),
        )

    def channel(self, names: Mapping[str, str], channel: Channel) -> Channel:
        """What is in flight, under other names."""
        network = self.tables.layout.system.network
        frames = tuple(
            tuple(self.naming.renamed(message, names) for message in frame) for frame in channel
        )
        return frames if network.ordered else network.joined((), frames)

    def action(self, places: Permutation, action: Action, region: Region) -> Action:
        """An action of the node with this region, under a permutation."""
        names = self.names(places)
        if isinstance(action, Cut | Heal):
            pair = (names[action.source], names[action.target])
            known = self.tables.layout.system.topology.connections
            return type(action)(*(pair if pair in known else pair[::-1]))
        if isinstance(action, Start):
            return Start(names[action.source], names[action.target])
        if isinstance(action, Deliver | Drop | Duplicate | Overtake):
            at = self._index(names, action, region)
            return type(action)(names[action.source], names[action.target], at)
        return attrs.evolve(action, node=names[action.node])

    def _index(
        self,
        names: Mapping[str, str],
        action: Deliver | Drop | Duplicate | Overtake,
        region: Region,
    ) -> int:
        """Where the frame of an action is under other names: unordered links are kept sorted."""
        layout = self.tables.layout
        if layout.system.network.ordered:
            return action.index
        topology = layout.system.topology
        node = topology.node_index[action.target]
        link = topology.link_index[action.source, action.target]
        channel = region.channels[layout.in_links[node].index(link)]
        (frame,) = self.channel(names, (channel[action.index],))
        return self.channel(names, channel).index(frame)

    def outcome(self, places: Permutation, node: int, outcome: Outcome) -> Outcome:
        """What an action of `node` comes to, under a permutation."""
        layout, names = self.tables.layout, self.names(places)
        pairs = {port: pair for pair, port in layout.ports.items()}
        sent = [
            (layout.ports[names[pairs[port][0]], names[pairs[port][1]]], self._post(names, post))
            for port, post in outcome.sent
        ]
        return Outcome(self.region(places, node, outcome.region), tuple(sorted(sent, key=_port)))

    def _post(self, names: Mapping[str, str], post: Post) -> Post:
        """What is posted, to the cell and with the operand that are its image."""
        return tuple(
            (self._cell(names, cell), self._operand(names, cell, what)) for cell, what in post
        )

    def _cell(self, names: Mapping[str, str], cell: Cell) -> Cell:
        alike: dict[Any, Cell] = getattr(self.tables.layout.steps, cell.kind)
        if isinstance(cell.of, str):
            return alike[names[cell.of]]
        return alike[names[cell.of[0]], names[cell.of[1]]]

    def _operand(self, names: Mapping[str, str], cell: Cell, what: Any) -> Any:
        if cell.kind == "send":
            return self.channel(names, what)
        return what if cell.kind == "turn" else self.naming.renamed(what, names)

    # --- schedules ------------------------------------------------------------------------------

    def unfolded(
        self, steps: Sequence[Step], last: tuple[int, Action | None], element: int
    ) -> tuple[Action, ...]:
        """A schedule of the system to the image, under `element`, of a representative.

        `steps` lead from representative to representative; `last` is the one reached, and perhaps
        an action from there.

        Spec: SYM-4.
        """
        carried = [self.group[0]]
        for _, _, after in steps:
            _, by = self._smallest(np.array([after], np.uint64))
            carried.append(_after(self.group[int(by[0])], carried[-1]))
        whole = _after(self.group[element], carried[-1])
        moves = [(word, action) for word, action, _ in steps]
        if last[1] is not None:
            moves.append((last[0], last[1]))
        return tuple(
            self.action(_after(whole, _inverse(places)), action, self._acting(word, action))
            for (word, action), places in zip(moves, carried, strict=False)
        )

    def _acting(self, word: int, action: Action) -> Region:
        """The region, in a world, of the node that acts."""
        node = next(table.node for table in self.tables.actions if table.action == action)
        number = (word >> self.tables.fields.shifts[node]) & self.tables.fields.masks[node]
        return self.tables.interned[node].region(number)


def _port(sent: tuple[int, Any]) -> int:
    return sent[0]


def _after(one: Permutation, other: Permutation) -> Permutation:
    """First `other`, then `one`."""
    return tuple(one[place] for place in other)


def _inverse(places: Permutation) -> Permutation:
    return tuple(places.index(node) for node in range(len(places)))


def false_images(symmetry: Symmetry) -> Iterator[FalseClaim]:
    """Every action that does something else to the image of a region than to the region.

    Spec: SYM-5.
    """
    tables = symmetry.tables
    for places in symmetry.group[1:]:
        for table in tables.actions:
            for region in _computed(table, tables.interned[table.node]):
                yield from _compared(symmetry, places, table, region)


def _computed(table: ActionTable, interned: Interned) -> list[Region]:
    """One region for each distinct part of a region that an action depends on."""
    met = interned.cells.met(table.move)
    columns = sorted(interned.where[slot] for slot in met if slot in interned.where)
    rows = interned.rows(np.arange(len(interned)))[:, columns]
    known = np.flatnonzero(table.status[: len(interned)] != UNKNOWN)
    _, first = np.unique(rows[known], axis=0, return_index=True)
    return [interned.region(int(at)) for at in known[np.sort(first)]]


def _compared(
    symmetry: Symmetry, places: Permutation, table: ActionTable, region: Region
) -> Iterator[FalseClaim]:
    """Whether an action and a permutation may change places. A cut is nobody's and everybody's."""
    if isinstance(table.action, Cut | Heal):
        return
    layout = symmetry.tables.layout
    plain = layout.outcome(table.node, region, table.action)
    if plain is None and not layout.system.network.ordered:
        return  # there may be no such frame, and the place of one depends on names
    action = symmetry.action(places, table.action, region)
    image = symmetry.region(places, table.node, region)
    found = layout.outcome(places[table.node], image, action)
    wanted = None if plain is None else symmetry.outcome(places, table.node, plain)
    if found is not None:
        found = attrs.evolve(found, sent=tuple(sorted(found.sent, key=lambda each: each[0])))
    if found != wanted:
        yield FalseClaim("symmetry", f"{action} is not {table.action} under other names")
