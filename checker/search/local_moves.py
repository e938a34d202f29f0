"""What each node can do, by the number of its region: tables that are filled on the miss.

A walk holds one number per node. A :class:`Move` says where an action takes the node that acts and
what it puts into the regions of others; both are computed once.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeAlias

from attrs import define, field, frozen

from checker.actors import Action, Deliver, Drop, Duplicate, Perform, System
from checker.search.compiled.regions import Layout, Outcome, Region

FIELD = 24
"""Bits of a world for the region of one node, and of a vector for its node state."""


class TooMany(Exception):
    """More regions of one node than a field counts; pure Python would not get so far."""


class Appended(dict[int, tuple[int, int]]):
    """What frames on a link do: by the target's region, the region after and the world's change."""

    def __init__(self, moves: LocalMoves, link: int, frames: Hashable) -> None:
        super().__init__()
        self.moves = moves
        self.link = link
        self.frames = frames
        self.target = moves.targets[link]

    def __missing__(self, before: int) -> tuple[int, int]:
        """Compute and keep one entry."""
        region = self.moves.regions[self.target][before]
        joined = self.moves.layout.appended(region, self.target, self.link, self.frames)
        after = self.moves.number(self.target, joined)
        entry = self[before] = (after, (after - before) << (FIELD * self.target))
        return entry


FIRST, QUIET, COSTS = 1, 2, 4
"""Why a walk looks twice at a move: never taken, may leave the world quiescent, uses a budget."""


@frozen
class About:
    """What a move is, for the walks that look twice.

    `heard` is the local transition: the node state, by number, with what happens to it. `budget`
    is the bit of the budget of a run that the move takes from, or 0.
    """

    node: int
    before: int
    action: Action
    heard: Hashable
    budget: int


Move: TypeAlias = list[Any]
"""``[after, change, turned, sends, twice, about]``: a record without a class, made for speed.

`after` is the region of the node that acts, `change` what to add to the world, `turned` what to
add to the vector of node states, `sends` pairs of target and :class:`Appended`, `twice` the reasons
to look twice, `about` an :class:`About`.
"""

AFTER, TWICE, ABOUT = 0, 4, 5


@define
class LocalMoves:
    """The regions of each node by number, and the moves from each.

    `options[spent][node][region]` lists the moves, None where it is not computed yet; `spent` is
    a bit set of the budgets of a whole run (1 losses, 2 duplicates) that are used up.
    `fresh[node][region]` lists those whose local transition was new when they were listed.
    """

    system: System
    layout: Layout = field(init=False)
    regions: list[list[Region]] = field(init=False)
    locals: list[list[Hashable]] = field(init=False)
    local_ids: list[list[int]] = field(init=False)
    quiet: list[list[bool]] = field(init=False)
    options: list[list[list[list[Move] | None]]] = field(init=False)
    fresh: list[list[list[Move]]] = field(init=False)
    heard: set[Hashable] = field(factory=set)
    targets: list[int] = field(init=False)
    places: int = 1
    _ids: list[dict[Region, int]] = field(init=False)
    _local_ids: list[dict[Hashable, int]] = field(init=False)
    _actions: list[list[Action]] = field(init=False)
    _appended: dict[tuple[int, Hashable], Appended] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        topology = self.system.topology
        count = len(topology.nodes)
        self.layout = Layout(self.system)
        self.regions = [[] for _ in range(count)]
        self.locals = [[] for _ in range(count)]
        self.local_ids = [[] for _ in range(count)]
        self.quiet = [[] for _ in range(count)]
        self.options = [[[] for _ in range(count)] for _ in range(4)]
        self.fresh = [[] for _ in range(count)]
        self.targets = [topology.node_index[target] for _, target in topology.links]
        self._ids = [{} for _ in range(count)]
        self._local_ids = [{} for _ in range(count)]
        self._list_actions()

    def start(self) -> list[int]:
        """The regions of the initial world."""
        world = next(iter(self.system.initial()))
        return [self.number(node, each) for node, each in enumerate(self.layout.regions(world))]

    def number(self, node: int, region: Region) -> int:
        """The number of a region of `node`."""
        known = self._ids[node].setdefault(region, len(self.regions[node]))
        if known == len(self.regions[node]):
            if known >> FIELD:
                raise TooMany
            local_ids = self._local_ids[node]
            local = local_ids.setdefault(region[0], len(local_ids))
            if local == len(self.locals[node]):
                self.locals[node].append(region[0])
            self.regions[node].append(region)
            self.local_ids[node].append(local)
            self.quiet[node].append(self.layout.quiescent(node, region))
            self.fresh[node].append([])
            for options in self.options:
                options[node].append(None)
            if self.layout.places(region) > self.places:
                self.places = self.layout.places(region)
                self._list_actions()
        return known

    def fill(self, node: int, before: int) -> None:
        """List the moves of a node from a region."""
        region = self.regions[node][before]
        found: list[Move] = []
        for action in self._actions[node]:
            outcome = self.layout.outcome(node, region, action)
            if outcome is not None:
                found.append(self._move(node, before, action, outcome))
        for spent, options in enumerate(self.options):
            options[node][before] = [move for move in found if not move[ABOUT].budget & spent]
        self.fresh[node][before] = [
            move for move in found if move[ABOUT].heard not in self.heard and not move[ABOUT].budget
        ]

    def _move(self, node: int, before: int, action: Action, outcome: Outcome) -> Move:
        after = self.number(node, outcome.region)
        was, now = self.local_ids[node][before], self.local_ids[node][after]
        sends = [
            (self.targets[link], self._appending(link, frames)) for link, frames in outcome.sent
        ]
        budget, counted = self._counted(action)
        twice = FIRST | (COSTS if budget else 0)
        if self.quiet[node][after] and not sends:
            twice |= QUIET
        about = About(node, before, action, self._heard(node, before, action), budget)
        change = ((after - before) << (FIELD * node)) + counted
        return [after, change, (now - was) << (FIELD * node), sends, twice, about]

    def spent(self, world: int) -> int:
        """The budgets that are used up in a world, as bits."""
        counts = world >> (FIELD * len(self.regions))
        found = 0
        for which, most in enumerate(self.layout.counted):
            used = (counts >> (FIELD * which)) & ((1 << FIELD) - 1)
            found |= (1 << which) if most and used >= most else 0
        return found

    def _counted(self, action: Action) -> tuple[int, int]:
        """The budget that an action takes from, as a bit, and what it adds to the world."""
        for kind, which in ((Drop, 0), (Duplicate, 1)):
            if isinstance(action, kind) and self.layout.counted[which]:
                return 1 << which, 1 << (FIELD * (len(self.regions) + which))
        return 0, 0

    def _appending(self, link: int, frames: Hashable) -> Appended:
        known = self._appended.get((link, frames))
        if known is None:
            known = self._appended[link, frames] = Appended(self, link, frames)
        return known

    def _heard(self, node: int, before: int, action: Action) -> Hashable:
        """The node state by number, and what happens to it."""
        region, local = self.regions[node][before], self.local_ids[node][before]
        match action:
            case Perform():
                return node, local, self.system.script[node][region[1]]
            case Deliver(source=source, target=target) | Duplicate(source=source, target=target):
                link = self.system.topology.link_index[source, target]
                channel = region[3][self.layout.in_links[node].index(link)]
                return node, local, source, channel[action.index]
            case _:
                return node, local, action

    def _list_actions(self) -> None:
        """List the actions of each node, for channels that deliver at `places` places."""
        self._actions = [[] for _ in self.regions]
        for node, action in self.layout.actions(self.places):
            self._actions[node].append(action)
