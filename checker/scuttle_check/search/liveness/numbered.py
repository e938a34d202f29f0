"""Where a search stands and goes: any model as it is, or worlds of sessions as numbers.

The world of a system of sessions is a tuple of numbers, one for the region of each node; what an
action does to a region is computed once. Exact: the numbers are the world, never a hash.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Protocol, TypeAlias

from attrs import define, field, frozen

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Eventually
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import Action, Scope, Start, World, overridden
from scuttle_check.search.compiled.layout import Layout, Region

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
    if unnumbered(model) is None and wanted.scope is Scope.ALL_NODES:
        return Numbered(model, wanted)  # type: ignore[arg-type]
    return Plain(model, wanted)


def unnumbered(model: Model[Any, Any]) -> str | None:
    """Why worlds of `model` cannot be numbers, or None.

    They can for sessions without counted faults, each node at home.
    """
    if type(model) is not Sessions:
        return "a model that is not of sessions"
    own = overridden(model.system)
    if own is not None:
        return f"{own}, which says otherwise what may happen"
    losses, *others = model.system.budgets
    if losses > 0 or any(others):
        return "a limited number of faults"
    if model.system.wiring.processes:
        return "nodes that share a process"
    return None if model.system.network.ordered else "a network that does not keep the order"


Move: TypeAlias = tuple[Action, int, "tuple[tuple[int, _Appended], ...]", int, int]
"""What an action does from a region of the node that acts: a record made for speed.

The action, the region after it, pairs of a target and the regions it may come to, the links (bits)
of which none may be busy, and the how-many-th exchange on its link it is since the count began.
"""


@define
class _Appended(dict[int, int]):
    """Where frames on a link take the region of the target: filled on the first miss."""

    numbered: Numbered
    target: int
    link: int
    frames: Any
    stage: int

    def __missing__(self, before: int) -> int:
        """The region after `before` with the frames sent into it."""
        region = self.numbered.regions[self.target][before]
        appended = self.numbered.layout.appended(region, self.target, self.frames)
        number = self.numbered.number(self.target, appended)
        found = self[before] = self.numbered.formed(self.target, number, self.stage)
        return found


COUNTING, ENDLESS, DONE = 0, 1, 2
"""Stages of a run: exchanges are counted; they are not; all owners are done."""


@define
class Numbered:
    """The worlds of sessions over ordered links without counted faults, as numbers.

    Spec: CHK-4.
    """

    sessions: Sessions
    wanted: Eventually | None = None
    layout: Layout = field(init=False)
    regions: list[list[Region]] = field(init=False)
    _ids: list[dict[Region, int]] = field(init=False)
    _busy: list[list[int]] = field(init=False)
    _done: list[list[bool]] = field(init=False)
    _moves: list[list[dict[int, list[Move]]]] = field(init=False)
    _forms: list[list[dict[int, int]]] = field(init=False)
    _appended: dict[tuple[int, Hashable, int], _Appended] = field(factory=dict)
    _early_stage: int = field(init=False)
    _links: int = field(init=False)
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
        self._moves = [[{} for _ in range(count)] for _ in (COUNTING, ENDLESS, DONE)]
        self._forms = [[{} for _ in range(count)] for _ in (COUNTING, ENDLESS, DONE)]
        self._early_stage = ENDLESS if self.sessions.early is None else COUNTING
        self._links = len(self.sessions.system.topology.links)
        self._listed = [[] for _ in range(count)]
        for node, move in self.layout.moves(1):
            self._listed[node].append(move.action)

    def number(self, node: int, region: Region) -> int:
        """The number of a region of `node`, a new one if it is new."""
        known = self._ids[node].setdefault(region, len(self.regions[node]))
        if known == len(self.regions[node]):
            self.regions[node].append(region)
            links = zip(self.layout.in_links[node], region.channels, strict=True)
            done = region.scripted == len(self.sessions.system.script[node])
            busy = sum(1 << link for link, channel in links if channel)
            self._busy[node].append(busy | (0 if done else 1 << self._links))
            self._done[node].append(done)
            self._local_of[node].append(self._locals.setdefault(region[0], len(self._locals)))
        return known

    def initial(self) -> Iterator[Numbers]:
        """The one world in which nobody has done anything."""
        for world in self.sessions.initial():
            regions = enumerate(self.layout.regions(world))
            yield tuple(self.number(node, region) for node, region in regions)

    def steps(self, state: Numbers) -> Iterator[tuple[Action, Numbers]]:
        """The actions possible in `state`, each with where it leads: the hot loop."""
        busy = 0
        for bits, region in zip(self._busy, state, strict=True):
            busy |= bits[region]
        stage = self._early_stage if busy >> self._links else DONE
        most = self.sessions.early if stage == COUNTING else None
        tables, dones = self._moves[stage], self._done
        for node, region in enumerate(state):
            moves = tables[node].get(region)
            if moves is None:
                moves = self._listed_moves(node, region, stage)
            for action, reached, sends, waits, started in moves:
                if waits & busy or (waits and most is not None and started > most):
                    continue
                after = list(state)
                after[node] = reached
                for target, appended in sends:
                    after[target] = appended[after[target]]
                if stage != DONE and dones[node][reached] and self._all_done(after):
                    for at, each in enumerate(after):
                        after[at] = self.formed(at, each, DONE)
                yield action, tuple(after)

    def read(self, state: Numbers) -> Hashable:
        """The node states, by number."""
        return tuple(known[region] for known, region in zip(self._local_of, state, strict=True))

    def parts(self, state: Numbers) -> Iterable[Hashable]:
        """The parts of the node states that the property judges."""
        assert self.wanted is not None  # noqa: S101 - asked by who judges it
        return self.wanted.parts(World(self.nodes(state), (), (), ()))

    def nodes(self, state: Numbers) -> tuple[Hashable, ...]:
        """The node states."""
        return tuple(self.regions[node][region][0] for node, region in enumerate(state))

    def quiescent(self, state: Numbers) -> bool:
        """Whether owners are done and nothing is in flight. Spec: CONV-12."""
        return not any(busy[region] for busy, region in zip(self._busy, state, strict=True))

    def _all_done(self, state: Iterable[int]) -> bool:
        return all(done[region] for done, region in zip(self._done, state, strict=True))

    def formed(self, node: int, number: int, stage: int) -> int:
        """The region without counts and what can no longer matter, as in the model of sessions."""
        if stage == COUNTING:
            return number
        forms = self._forms[stage][node]
        form = forms.get(number)
        if form is None:
            region = self.regions[node][number]
            local = self.sessions.normal(region.local) if stage == DONE else region.local
            none = (0,) * len(region.exchanged)
            form = self.number(node, region._replace(local=local, exchanged=none))
            forms[number] = form
        return form

    def _listed_moves(self, node: int, number: int, stage: int) -> list[Move]:
        region = self.regions[node][number]
        found: list[Move] = []
        for action in self._listed[node]:
            outcome = self.layout.outcome(node, region, action)
            if outcome is None:
                continue
            sends = tuple(
                (target, self._appending(link, target, frames, stage))
                for link, frames in outcome.sent
                for target in (self._target(link),)
            )
            after = self.formed(node, self.number(node, outcome.region), stage)
            found.append((action, after, sends, *self._waiting(node, action, outcome.region)))
        self._moves[stage][node][number] = found
        return found

    def _appending(self, link: int, target: int, frames: Hashable, stage: int) -> _Appended:
        known = self._appended.get((link, frames, stage))
        if known is None:
            known = _Appended(self, target, link, frames, stage)
            self._appended[link, frames, stage] = known
        return known

    def _target(self, link: int) -> int:
        topology = self.sessions.system.topology
        return topology.node_index[topology.links[link][1]]

    def _waiting(self, node: int, action: Action, after: Region) -> tuple[int, int]:
        """The links that an exchange waits for, and its number; other actions wait for none."""
        if not isinstance(action, Start):
            return 0, 0
        link = self.sessions.system.topology.link_index[action.source, action.target]
        started = after.exchanged[self.layout.out_links[node].index(link)]
        return 1 << link | 1 << self.sessions.opposite(link), started
