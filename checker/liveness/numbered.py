"""Where a search stands and goes: any model as it is, or worlds of sessions as numbers.

The world of a system of sessions is a tuple of numbers, one for the region of each node; what an
action does to a region is computed once. Exact: the numbers are the world, never a hash.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Protocol, TypeAlias

import attrs
from attrs import define, field, frozen

from checker.actors import Action, Scope, Start, World
from checker.model import Model
from checker.properties import Eventually
from checker.search.compiled.regions import Layout, Region
from checker.sessions import Sessions

Numbers: TypeAlias = tuple[int, ...]


class Steps(Protocol):
    """What an exploration needs of a model."""

    def initial(self) -> Iterable[Hashable]:
        """The states a run may start in."""
        ...

    def steps(self, state: Any) -> Iterable[tuple[Hashable, Hashable]]:
        """The actions possible in `state`, each with where it leads."""
        ...

    def read(self, state: Any) -> Hashable:
        """As much of `state` as the property reads: judged once for each."""
        ...

    def parts(self, state: Any) -> Iterable[Hashable]:
        """The parts of `state` that the property judges."""
        ...


@frozen
class Plain:
    """Any model, as it is."""

    model: Model[Any, Any]
    wanted: Eventually

    def initial(self) -> Iterable[Hashable]:
        """The states a run may start in."""
        return self.model.initial()

    def steps(self, state: Any) -> Iterable[tuple[Hashable, Hashable]]:
        """The actions possible in `state`, each with where it leads."""
        for action in self.model.actions(state):
            yield action, self.model.next(state, action)

    def read(self, state: Any) -> Hashable:
        """The whole of it."""
        whole: Hashable = state
        return whole

    def parts(self, state: Any) -> Iterable[Hashable]:
        """The parts of `state` that the property judges."""
        return self.wanted.parts(state)


def steps_of(model: Model[Any, Any], wanted: Eventually) -> Steps:
    """Worlds as numbers where that is possible, else the model as it is. Spec: CHK-4."""
    if isinstance(model, Sessions) and wanted.scope is Scope.ALL_NODES:
        system = model.system
        losses, *others = system.budgets
        faultless = losses <= 0 and not any(others) and not system.wiring.processes
        if system.network.ordered and faultless:
            return Numbered(model, wanted)
    return Plain(model, wanted)


@frozen
class Move:
    """What an action does from a region of the node that acts.

    `sends` are pairs of a target and the regions it may come to. An exchange waits while any link
    of `waits` (bits) is busy; it is the `started`-th one since the count began.
    """

    action: Action
    after: int
    sends: tuple[tuple[int, _Appended], ...]
    waits: int = 0
    started: int = 0


@define
class _Appended:
    """Where frames on a link take the region of the target: filled on the first miss."""

    numbered: Numbered
    target: int
    link: int
    frames: Any
    known: dict[int, int] = field(factory=dict)

    def after(self, before: int) -> int:
        """The region after `before` with the frames sent into it."""
        found = self.known.get(before)
        if found is None:
            region = self.numbered.regions[self.target][before]
            appended = self.numbered.layout.appended(region, self.target, self.link, self.frames)
            found = self.known[before] = self.numbered.number(self.target, appended)
        return found


@define
class Numbered:
    """The worlds of sessions over ordered links without counted faults, as numbers.

    Spec: CHK-4.
    """

    sessions: Sessions
    wanted: Eventually
    layout: Layout = field(init=False)
    regions: list[list[Region]] = field(init=False)
    _ids: list[dict[Region, int]] = field(init=False)
    _busy: list[list[int]] = field(init=False)
    _done: list[list[bool]] = field(init=False)
    _moves: list[dict[int, list[Move]]] = field(init=False)
    _early: list[dict[int, int]] = field(init=False)
    _late: list[dict[int, int]] = field(init=False)
    _locals: dict[Hashable, int] = field(factory=dict)
    _local_of: list[list[int]] = field(init=False)
    _listed: list[list[Action]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.layout = Layout(self.sessions.unlimited)
        count = len(self.sessions.system.topology.nodes)
        self.regions = [[] for _ in range(count)]
        self._busy = [[] for _ in range(count)]
        self._done = [[] for _ in range(count)]
        self._local_of = [[] for _ in range(count)]
        self._ids = [{} for _ in range(count)]
        self._moves = [{} for _ in range(count)]
        self._early = [{} for _ in range(count)]
        self._late = [{} for _ in range(count)]
        self._listed = [[] for _ in range(count)]
        for node, action in self.layout.actions(1):
            self._listed[node].append(action)

    def number(self, node: int, region: Region) -> int:
        """The number of a region of `node`, a new one if it is new."""
        known = self._ids[node].setdefault(region, len(self.regions[node]))
        if known == len(self.regions[node]):
            self.regions[node].append(region)
            links = zip(self.layout.in_links[node], region[3], strict=True)
            self._busy[node].append(sum(1 << link for link, channel in links if channel))
            self._done[node].append(region[1] == len(self.sessions.system.script[node]))
            self._local_of[node].append(self._locals.setdefault(region[0], len(self._locals)))
        return known

    def initial(self) -> Iterator[Numbers]:
        """The one world in which nobody has done anything."""
        for world in self.sessions.initial():
            regions = enumerate(self.layout.regions(world))
            yield tuple(self.number(node, region) for node, region in regions)

    def steps(self, state: Numbers) -> Iterator[tuple[Action, Numbers]]:
        """The actions possible in `state`, each with where it leads."""
        busy = 0
        for bits, region in zip(self._busy, state, strict=True):
            busy |= bits[region]
        done = self._all_done(state)
        most = None if done else self.sessions.early
        for node, region in enumerate(state):
            moves = self._moves[node].get(region)
            for move in moves if moves is not None else self._listed_moves(node, region):
                if move.waits & busy or (move.waits and most is not None and move.started > most):
                    continue
                after = list(state)
                after[node] = move.after
                for target, appended in move.sends:
                    after[target] = appended.after(after[target])
                yield move.action, self._canonical(after)

    def read(self, state: Numbers) -> Hashable:
        """The node states, by number."""
        return tuple(known[region] for known, region in zip(self._local_of, state, strict=True))

    def parts(self, state: Numbers) -> Iterable[Hashable]:
        """The parts of the node states that the property judges."""
        nodes = tuple(self.regions[node][region][0] for node, region in enumerate(state))
        return self.wanted.parts(World(nodes, (), (), ()))

    def _all_done(self, state: Iterable[int]) -> bool:
        return all(done[region] for done, region in zip(self._done, state, strict=True))

    def _canonical(self, state: list[int]) -> Numbers:
        """As in the model of sessions: counts and what can no longer matter are dropped."""
        if self._all_done(state):
            forms = self._late
        elif self.sessions.early is None:
            forms = self._early
        else:
            return tuple(state)
        for node, region in enumerate(state):
            form = forms[node].get(region)
            if form is None:
                form = forms[node][region] = self._form(node, region, late=forms is self._late)
            state[node] = form
        return tuple(state)

    def _form(self, node: int, number: int, *, late: bool) -> int:
        region = self.regions[node][number]
        form = self.sessions.normal(region.local) if late else region.local
        none = (0,) * len(region.exchanged)
        return self.number(node, region._replace(local=form, exchanged=none))

    def _listed_moves(self, node: int, number: int) -> list[Move]:
        region = self.regions[node][number]
        found = []
        for action in self._listed[node]:
            outcome = self.layout.outcome(node, region, action)
            if outcome is None:
                continue
            sends = tuple(
                (target, _Appended(self, target, link, frames))
                for link, frames in outcome.sent
                for target in (self._target(link),)
            )
            move = Move(action, self.number(node, outcome.region), sends)
            found.append(self._waiting(move, node, outcome.region))
        self._moves[node][number] = found
        return found

    def _target(self, link: int) -> int:
        topology = self.sessions.system.topology
        return topology.node_index[topology.links[link][1]]

    def _waiting(self, move: Move, node: int, after: Region) -> Move:
        """The move of an exchange with what it waits for; other moves wait for nothing."""
        if not isinstance(move.action, Start):
            return move
        link = self.sessions.system.topology.link_index[move.action.source, move.action.target]
        started = after[2][self.layout.out_links[node].index(link)]
        waits = 1 << link | 1 << self.sessions.opposite(link)
        return attrs.evolve(move, waits=waits, started=started)
