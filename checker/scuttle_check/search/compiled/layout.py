"""Regions: the part of a world that belongs to one node, and what steps do to it.

The region of a node is its local state, how far it is in its script, whether it is up, the
exchanges it has started on its links, and what is in flight *to* it. A world is one region per
node, and counters. What a step does is known from :mod:`scuttle_check.engine.steps` alone: it
changes the region of the node that acts, and posts to the regions of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from attrs import define, field, frozen

from scuttle_check.engine.actions import (
    BUDGETED,
    Action,
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
    Stop,
    actor_of,
)
from scuttle_check.engine.cells import Cell, Link, Move, Refused, Values
from scuttle_check.engine.network import UNLIMITED, Channel
from scuttle_check.engine.steps import Steps
from scuttle_check.engine.system import System
from scuttle_check.engine.worlds import Local, World

Post: TypeAlias = tuple[tuple[Cell, Any], ...]
"""What a step does to another region: cells of it, each with its operand, in turn."""


class Region(NamedTuple):
    """What a world says of one node.

    `exchanged` has an item for each out-link, `links` one for each in-link.
    """

    local: Local
    scripted: int
    status: int
    exchanged: tuple[int, ...]
    links: tuple[Link, ...]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What is in flight on each in-link."""
        return tuple([link.queue for link in self.links])


@frozen
class Outcome:
    """What an action does from a region: the region after it, and what it posts, per port."""

    region: Region
    sent: tuple[tuple[int, Post], ...] = ()


KINDS: tuple[type[Action], ...] = (
    *(Perform, Start, Deliver, Drop, Duplicate, Overtake),
    *(Cut, Heal, Crash, Restart, Pause, Resume, Stop),
)
"""The order in which actions are explored."""


@define
class Layout:
    """Which slots belong to which node's region, and what actions do to regions.

    `columns` are the slots of each node, in the order of a region's parts: its local state comes
    first. A *port* is a pair of nodes of which one acts upon the other: first the links, then pairs
    in one process that no link joins.
    """

    system: System
    steps: Steps = field(init=False)
    columns: list[list[int]] = field(init=False)
    owner: list[int] = field(init=False)
    out_links: list[list[int]] = field(init=False)
    in_links: list[list[int]] = field(init=False)
    ports: dict[tuple[str, str], int] = field(init=False)
    normalizes: bool = field(init=False, default=False)
    """Whether regions have normal forms, which this tells."""

    def __attrs_post_init__(self) -> None:
        self.steps = self.described()
        links, nodes = list(enumerate(self.system.topology.links)), self.system.topology.nodes
        self.out_links = [[at for at, link in links if link[0] == node] for node in nodes]
        self.in_links = [[at for at, link in links if link[1] == node] for node in nodes]
        slots = self.steps.slots
        self.columns = [[at for at, slot in enumerate(slots) if slot.owner == n] for n in nodes]
        index = self.system.topology.node_index
        self.owner = [-1 if slot.owner is None else index[slot.owner] for slot in slots]
        self.ports = dict(self.system.topology.link_index)
        for node in nodes:
            for mate in self.system.wiring.mates(node):
                self.ports.setdefault((node, mate), len(self.ports))

    def described(self) -> Steps:
        """What can happen, as slots, cells and moves."""
        return Steps(self.system)

    # --- worlds and regions -----------------------------------------------------------------------

    def region(self, node: int, parts: Sequence[Any]) -> Region:
        """The region of `node` whose slots have these values."""
        out = 3 + len(self.out_links[node])
        return Region(parts[0], parts[1], parts[2], tuple(parts[3:out]), tuple(parts[out:]))

    def parts(self, region: Region) -> Values:
        """The values of the slots of a region."""
        local, scripted, status, exchanged, links = region
        return (local, scripted, status, *exchanged, *links)

    def regions(self, world: World) -> list[Region]:
        """The regions of a world."""
        values = self.steps.values(world)
        return [
            self.region(node, [values[slot] for slot in columns])
            for node, columns in enumerate(self.columns)
        ]

    def world(self, regions: Sequence[Region], spent: tuple[int, ...]) -> World:
        """The world of these regions, and of what budgets were used for."""
        values: list[Any] = [None] * len(self.steps.slots)
        for columns, region in zip(self.columns, regions, strict=True):
            for slot, value in zip(columns, self.parts(region), strict=True):
                values[slot] = value
        for kind, count in zip(BUDGETED, spent, strict=True):
            if ("spent", kind) in self.steps.at:
                values[self.steps.at["spent", kind]] = count
        return self.steps.world(tuple(values))

    def link_columns(self, node: int) -> range:
        """Where in the parts of a region its in-links are."""
        return range(3 + len(self.out_links[node]), len(self.columns[node]))

    def normal(self, node: int, parts: Values) -> Values:
        """The values of a region in normal form: here as they are."""
        del node
        return parts

    # --- actions ----------------------------------------------------------------------------------

    def moves(self, places: int) -> list[tuple[int, Move]]:
        """Every move while links hold so many frames, with the node that acts, in a fixed order."""
        index = self.system.topology.node_index
        listed = sorted(self.steps.listed(places), key=lambda move: KINDS.index(type(move.action)))
        return [(index[actor_of(move.action)], move) for move in listed]

    @property
    def counted(self) -> tuple[int, ...]:
        """The budgets that need a counter in the world, in the order of BUDGETED; 0 is none."""
        return tuple(0 if budget == UNLIMITED else budget for budget in self.system.budgets)

    def counter_of(self, action: Action) -> int | None:
        """The counter that `action` adds to, or None."""
        if type(action) not in BUDGETED:
            return None
        which = BUDGETED.index(type(action))
        return which if self.counted[which] else None

    def outcome(self, node: int, region: Region, action: Action) -> Outcome | None:
        """What `action` does to the region of `node`, or None where it is not enabled.

        The budgets of a whole run are not looked at here.
        """
        move = self.steps.move(action)
        if isinstance(move, Refused):
            return None
        row = dict(zip(self.columns[node], self.parts(region), strict=True))
        for gate in move.gates:
            if gate.slot in row and gate.asks(row[gate.slot]) is not None:
                return None
        sent: dict[int, list[tuple[Cell, Any]]] = {}
        for cell, operand in self.own(move):
            self._run(node, row, cell, operand, sent)
        posts = tuple((port, tuple(post)) for port, post in sent.items())
        return Outcome(self._normal_region(node, row), posts)

    def own(self, move: Move) -> list[tuple[Cell, Any]]:
        """The cells with which a move begins, save those that count it."""
        return [each for each in move.roots if self.owner[each[0].slots[0]] >= 0]

    def appended(self, region: Region, node: int, post: Post) -> Region:
        """The region of `node` after what was posted to it."""
        row = dict(zip(self.columns[node], self.parts(region), strict=True))
        for cell, operand in post:
            self._run(node, row, cell, operand, {})
        return self._normal_region(node, row)

    def _normal_region(self, node: int, row: dict[int, Any]) -> Region:
        values = tuple(row.values())
        return self.region(node, self.normal(node, values) if self.normalizes else values)

    def _run(
        self,
        node: int,
        row: dict[int, Any],
        cell: Cell,
        operand: Any,
        sent: dict[int, list[tuple[Cell, Any]]],
    ) -> None:
        """Do a cell, and what it posts in the region; what it posts to others is `sent`."""
        done = cell.does(operand, *[row[slot] for slot in cell.slots])
        row.update(zip(cell.slots, done.values, strict=True))
        for target, what in done.posts:
            if self.owner[target.slots[0]] == node:
                self._run(node, row, target, what, sent)
            else:
                sent.setdefault(self.port(node, target), []).append((target, what))

    def port(self, node: int, cell: Cell) -> int:
        """The port through which `node` posts to a cell of another."""
        nodes = self.system.topology.nodes
        return self.ports[nodes[node], nodes[self.owner[cell.slots[0]]]]

    def rests(self, node: int, column: int, value: Any) -> bool:
        """Whether a part of a region is as it must be in a quiescent world. Spec: CONV-12."""
        return self.steps.rests(self.columns[node][column], value)
