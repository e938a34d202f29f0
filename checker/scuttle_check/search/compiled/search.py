"""Breadth-first search over whole arrays of worlds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from attrs import define, field

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import Action
from scuttle_check.engine.claims import Commutation, Facets, Naming
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System, overridden
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.judging import LevelJudge
from scuttle_check.search.compiled.layout import Layout
from scuttle_check.search.compiled.tables import (
    GATES,
    ActionTable,
    Tables,
)
from scuttle_check.search.compiled.visited import Visited, Worlds, distinct, merged
from scuttle_check.search.compiled.words import WORD, TooWide
from scuttle_check.search.growth import growth_of_components

if TYPE_CHECKING:
    from scuttle_check.search.reductions.pieces import Pieces
    from scuttle_check.search.reductions.stubborn import StubbornSets
    from scuttle_check.search.reductions.symmetry import Step, Symmetry

CHUNK = 1 << 18
"""Worlds expanded at once, so that the arrays in use stay small. Unit: worlds."""


def compiled(  # noqa: PLR0913 - each keyword is a choice of its own
    system: System,
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    until_decided: bool = False,
    facets: Facets | None = None,
    commutation: Commutation | None = None,
    naming: Naming | None = None,
    certify: bool = False,
) -> Report:
    """As :func:`~scuttle_check.search.plain.breadth_first`, for a system, and much faster.

    Every property must have a scope. With `facets` it explores the quotient; schedules are made
    concrete, so that they run on the system itself. With `commutation` it explores stubborn sets,
    which keep the terminal worlds only, and with `naming` one of all worlds that differ only in
    which nodes are which. With `certify` every claim that was used is executed again afterwards,
    and a sample of the worlds with all steps from them.

    Raises TooWide when a world does not fit in 64 bits, Undeclared, FalseClaims, and UsageFault
    for a system that says otherwise what may happen.

    Spec: RED-7, RED-8, RED-16, RED-20, SYM-4.
    """
    layout = layout_of(system, facets)
    search = _Search(layout, Judge(properties), budget or Budget(), until_decided, certify)
    if facets is not None or commutation is not None or naming is not None:
        search.reduce(commutation, naming)
    try:
        search.run()
    except KeyboardInterrupt:
        search.stop = search.budget.interrupted()
    if certify:
        search.certify()
    return search.report()


def layout_of(system: System, facets: Facets | None) -> Layout:
    """What actions do to regions; with `facets`, to those of the quotient.

    Raises UsageFault for a system that says otherwise what may happen: here that is known, not
    asked.
    """
    own = overridden(system)
    if own is not None:
        raise UsageFault(
            f"{own} says otherwise what may happen, which no compiled search asks",
            where="a subclass of System",
            expected="a System as it is",
            clause="CHK-4",
            hint="exhaustive and breadth_first explore what the model does",
        )
    if facets is None:
        return Layout(system)
    from scuttle_check.search.reductions.quotient import QuotientLayout  # noqa: PLC0415 - slow to load

    return QuotientLayout(system, facets)


@define
class _Search:
    """The search in progress. `levels` holds the worlds first seen after 0, 1, 2, ... steps."""

    layout: Layout
    judge: Judge
    budget: Budget
    until_decided: bool
    certified: bool
    tables: Tables = field(init=False)
    judging: LevelJudge = field(init=False)
    pieces: Pieces | None = field(init=False, default=None)
    stubborn: StubbornSets | None = field(init=False, default=None)
    symmetry: Symmetry | None = field(init=False, default=None)
    visited: Visited = field(factory=Visited)
    levels: list[Worlds] = field(factory=list)
    transitions: int = 0
    terminal: int = 0
    stop: str | None = None
    notes: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        self.tables = Tables(self.layout, self._hear)
        self.judging = LevelJudge(self.judge, self.tables, self._decide, self.certified)

    def reduce(self, commutation: Commutation | None, naming: Naming | None) -> None:
        """Explore less: what the layout leaves out, and what these pieces make needless."""
        from scuttle_check.search.reductions.pieces import pieces_of  # noqa: PLC0415 - slow to load

        self.pieces = pieces_of(self.tables, self.judge.properties, commutation, naming)
        self.stubborn = self.pieces.stubborn
        self.symmetry = self.judging.symmetry = self.pieces.symmetry

    def _hear(self, node: int, before: int, action: Action, after: int) -> None:
        self.judging.hear(node, before, action, after)

    def run(self) -> None:
        world = next(iter(self.layout.system.initial()))
        ids = [
            self.tables.region_id(node, region)
            for node, region in enumerate(self.tables.layout.regions(world))
        ]
        start = np.array([self.tables.fields.packed(ids)], np.uint64)
        if self.symmetry is not None:
            self.symmetry.insist_on(start)
        frontier = self.visited.new(start)
        while len(frontier) and self.stop is None:
            self.levels.append(frontier)
            self.judging.see(frontier, CHUNK)
            frontier = self._next_level_in_room()
            self.judging.see_steps(self.levels[-1])

    def _regions(self, worlds: Worlds) -> list[Ids]:
        nodes = range(len(self.tables.interned))
        return [self.tables.fields.ids(worlds, node) for node in nodes]

    def _next_level_in_room(self) -> Worlds:
        """The next level; when a field is too narrow for a new region, with wider fields."""
        while True:
            counted = self.transitions, self.terminal
            try:
                return self._next_level(self.levels[-1])
            except TooWide:
                self.transitions, self.terminal = counted
                repacked = self.tables.widen()
                self.levels = [repacked(level) for level in self.levels]
                self.visited.repack(repacked)

    def _next_level(self, frontier: Worlds) -> Worlds:
        """The worlds one step from `frontier` that were never seen."""
        self.tables.list_actions()
        found: list[Worlds] = []
        for start in range(0, len(frontier), CHUNK):
            successors = self._successors(frontier[start : start + CHUNK])
            self.transitions += len(successors)
            if len(successors):
                found.append(self._representatives(distinct(successors)))
            self._tell(len(frontier))
            self.stop = self._limit(sum(map(len, found)))
            if self.stop is not None:
                break
        if not found:
            return np.zeros(0, np.uint64)
        return self.visited.new(merged(found))

    def _representatives(self, worlds: Worlds) -> Worlds:
        """The distinct worlds that stand for `worlds`. Spec: SYM-3."""
        if self.symmetry is None:
            return worlds
        return distinct(self.symmetry.representatives(worlds))

    def _successors(self, worlds: Worlds) -> Worlds:
        """The worlds after each action, with repeats; counts terminal worlds."""
        regions = self._regions(worlds)
        moved = np.zeros(len(worlds), np.bool_)
        found: list[Worlds] = []
        for table, acting in self._acting(worlds, regions):
            moved[acting] = True
            found.append(self._after(table, worlds.take(acting), regions, acting))
        still = np.flatnonzero(~moved)
        self.terminal += len(still)
        self.judging.see_terminal(worlds[still], [ids[still] for ids in regions])
        return np.concatenate([np.zeros(0, np.uint64), *found])

    def _acting(self, worlds: Worlds, regions: list[Ids]) -> Iterator[tuple[ActionTable, Ids]]:
        """Each action to explore, and in which of `worlds`."""
        if self.stubborn is None:
            gates = self.tables.opened(regions)
            for table in self.tables.actions:
                word, bit = divmod(table.gate, GATES)
                at = np.flatnonzero((gates[table.node][word] & np.uint8(1 << bit)) != 0)
                if table.counter is not None:
                    at = at[self.tables.affordable(table.counter, worlds[at])]
                acting = self.tables.enabled(table, at, regions[table.node])
                if len(acting):
                    yield table, acting
            return
        enabled = self.stubborn.dependence.enabled(regions)
        chosen = self.stubborn.closed(regions, enabled) & enabled
        for table in self.tables.actions:
            acting = np.flatnonzero(chosen & self.stubborn.bits_of(table.action))
            if len(acting):
                yield table, self.tables.enabled(table, acting, regions[table.node])

    def _after(self, table: ActionTable, worlds: Worlds, regions: list[Ids], at: Ids) -> Worlds:
        """The worlds after the action of `table`, which is enabled in all of them."""
        own = regions[table.node].take(at)
        after = worlds + table.change.take(own)
        for link, sends in table.sends.items():
            frames = sends.take(own)
            sending = np.flatnonzero(frames)
            if len(sending) == len(frames):
                target = regions[self.tables.appends[link].target].take(at)
                after += self.tables.append(link, target, frames)
            elif len(sending):
                target = regions[self.tables.appends[link].target][at[sending]]
                after[sending] += self.tables.append(link, target, frames[sending])
        return after

    def _decide(
        self, name: str, because: str, world: int, action: Action | None, element: int
    ) -> None:
        """Give a property a shortest schedule to the image of `world`, and the step from there."""
        steps = self._way(world)
        if self.symmetry is None:
            schedule = tuple(action for _, action, _ in steps)
            schedule += () if action is None else (action,)
        else:
            schedule = self.symmetry.unfolded(steps, (world, action), element)
        if self.pieces is not None:
            schedule = self.pieces.concrete(schedule, to_the_end=action is None)
        self.judge.decide(name, because, schedule)

    def _way(self, world: int) -> list[Step]:
        """A shortest way to a world of the newest level: levels are expanded again."""
        steps: list[Step] = []
        for level in reversed(self.levels[:-1]):
            steps.append(self._predecessor(level, world))
            world = steps[-1][0]
        return steps[::-1]

    def _predecessor(self, level: Worlds, world: int) -> Step:
        """A step from a world of `level` that leads to one that `world` stands for."""
        for start in range(0, len(level), CHUNK):
            worlds = level[start : start + CHUNK]
            regions = self._regions(worlds)
            for table, acting in self._acting(worlds, regions):
                after = self._after(table, worlds[acting], regions, acting)
                stand = after if self.symmetry is None else self.symmetry.representatives(after)
                hit = np.flatnonzero(stand == np.uint64(world))
                if len(hit):
                    at = hit[0]
                    return int(worlds[acting[at]]), table.action, int(after[at])
        raise AssertionError(f"no way to world {world}")

    def certify(self) -> None:
        """Execute again what a reduction rests on, and a sample of what was explored.

        Raises FalseClaims.
        """
        from scuttle_check.search.reductions.recomputed import (  # noqa: PLC0415 - slow to load
            Recomputation,
            certified,
        )

        if self.pieces is not None:
            self.pieces.certify(self.judging, self.levels, self._steps, CHUNK)
        whole = self.levels if self.stop is None else self.levels[:-1]
        self.notes = certified(
            Recomputation(
                self.tables,
                self.judge,
                whole,
                self.visited,
                self._steps,
                self.symmetry,
                partly=self.stubborn is not None,
            ),
            CHUNK,
        )

    def _steps(self, worlds: Worlds, regions: list[Ids]) -> Iterator[tuple[Action, Ids, Worlds]]:
        """What was explored from `worlds`."""
        for table, acting in self._acting(worlds, regions):
            yield table.action, acting, self._after(table, worlds[acting], regions, acting)

    def _limit(self, found: int) -> str | None:
        """Why to stop; `found` worlds will be merged with each other and with those seen."""
        if self.until_decided and not self.judge.undecided:
            return "every property is decided"
        seen = len(self.visited)
        return self.budget.stop(seen, WORD // 8 * (seen + 2 * found))

    def _tell(self, frontier: int) -> None:
        if self.budget.tell:
            seen, depth = len(self.visited), len(self.levels) - 1
            seconds, decided = self.budget.seconds, self.judge.decided
            self.budget.tell(Progress(seen, self.transitions, frontier, depth, seconds, decided))

    def report(self) -> Report:
        seen, depth = len(self.visited), max(0, len(self.levels) - 1)
        met = [interned.values for interned in self.tables.interned]
        stats = Stats(
            seen,
            self.transitions,
            self.terminal,
            depth,
            self.budget.seconds,
            self.stop,
            reduction="none" if self.pieces is None else self.pieces.names,
            growth=growth_of_components(self.layout, met)
            if self.stop and self.judge.undecided
            else None,
            notes=self.notes,
        )
        return Report(self.judge.verdicts(stats), stats)
