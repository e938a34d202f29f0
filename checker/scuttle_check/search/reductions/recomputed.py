"""The certificate of the engine: a sample of the worlds it explored, computed again without it.

Each world of the sample is put together from its word, and all that may happen in it is asked of
the system itself, with an actor that remembers nothing. What the compiled search has for the same
world must be the same, under the reduction in use: no table, field, counter, or image of a symmetry
is believed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import attrs
import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import Action
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Sometimes
from scuttle_check.engine.system import System
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.worlds import Scope, World, replaced
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.layout import Layout
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.visited import Visited, Worlds
from scuttle_check.search.reductions.certificate import FalseClaim, FalseClaims
from scuttle_check.search.reductions.quotient import QuotientLayout, worth_asking
from scuttle_check.search.reductions.symmetry import Symmetry

SAMPLE = 256
"""Worlds that are computed again, besides those at the ends of chunks. Unit: worlds."""

ENDS = 64
"""As many worlds at the ends of chunks: where a loop is wrong, it is wrong there."""

Steps: TypeAlias = Callable[[Worlds, list[Ids]], Iterable[tuple[Action, Ids, Worlds]]]
"""The actions explored from worlds: which, from which of them, and the worlds after."""


@define
class Recomputation:
    """Compares what a search has with what its system does.

    `levels` are those whose worlds were all expanded. With `partly` only some of the actions of a
    world were explored, as under stubborn sets.

    Spec: RED-20.
    """

    tables: Tables
    judge: Judge
    levels: Sequence[Worlds]
    visited: Visited
    steps: Steps
    symmetry: Symmetry | None = None
    partly: bool = False
    worlds: int = 0
    moves: int = 0
    system: System = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.system = attrs.evolve(self.tables.layout.system)  # which remembers no answer

    def false_claims(self, chunk: int) -> Iterator[FalseClaim]:
        """Every difference that the sample shows, and every schedule that does not replay."""
        start = self._normal(next(iter(self.system.initial())))
        for depth, at in self._sample(chunk):
            word = int(self.levels[depth][at])
            world = self.world(word)
            self.worlds += 1
            if depth == 0 and world != start:
                yield FalseClaim("start", f"a search begins at {world}")
            yield from self._moves(word, world)
            yield from self._judged(world, depth)
        yield from self._schedules()

    def _sample(self, chunk: int) -> list[tuple[int, int]]:
        """Worlds by level and place: some anywhere, and some at the ends of chunks."""
        sizes = [len(level) for level in self.levels]
        ends = [
            (depth, at)
            for depth, size in enumerate(sizes)
            for at in {*range(chunk - 1, size, chunk), *range(0, size, chunk), size - 1}
        ]
        draw = random.Random(sum(sizes))  # noqa: S311 - any sample will do, if it is always that
        starts = np.cumsum([0, *sizes])
        anywhere = sorted(draw.sample(range(int(starts[-1])), min(SAMPLE, int(starts[-1]))))
        depths = np.searchsorted(starts, anywhere, side="right") - 1
        found = [
            (int(depth), place - int(starts[depth]))
            for depth, place in zip(depths, anywhere, strict=True)
        ]
        return sorted({*found, *draw.sample(ends, min(ENDS, len(ends))), (0, 0)})

    # --- worlds of words ------------------------------------------------------------------------

    def world(self, word: int) -> World:
        """The world that a word is."""
        fields = self.tables.fields
        places = zip(fields.shifts, fields.masks, strict=True)
        numbers = [word >> shift & mask for shift, mask in places]
        regions = [
            interned.region(number)
            for interned, number in zip(self.tables.interned, numbers, strict=True)
        ]
        words = np.array([word], np.uint64)
        spent = tuple(
            int(fields.counter(words, which)[0]) if limit else 0
            for which, limit in enumerate(fields.counters)
        )
        return self.tables.layout.world(regions, spent)

    def _normal(self, world: World) -> World:
        """The world that a quotient has for this one; without a quotient, the world itself."""
        layout = self.tables.layout
        if not isinstance(layout, QuotientLayout):
            return world
        facets, index = layout.facets, layout.system.topology.node_index
        known = [facets.knowledge(local) for local in world.nodes]
        nodes, channels = world.nodes, list(world.channels)
        for link, (source, target) in enumerate(layout.system.topology.links):
            at, knowledge = index[target], known[index[source]]
            channels[link] = worth_asking(facets, knowledge, channels[link])
            nodes = replaced(nodes, at, facets.forgetting(nodes[at], source, knowledge))
        pruned = attrs.evolve(world, nodes=nodes, channels=tuple(channels))
        return layout.world(layout.regions(pruned), world.spent)

    # --- steps ----------------------------------------------------------------------------------

    def _moves(self, word: int, world: World) -> Iterator[FalseClaim]:
        """All that may happen in a world, by the system and as it was explored."""
        words = np.array([word], np.uint64)
        nodes = range(len(self.tables.interned))
        regions = [self.tables.fields.ids(words, node) for node in nodes]
        explored = {action: after[0] for action, _, after in self.steps(words, regions)}
        possible = self.system.actions(world)
        missing = [action for action in possible if action not in explored]
        if missing and not (self.partly and explored):
            yield FalseClaim("step", f"{missing[0]} was not explored, in {world}")
        for action, after in explored.items():
            self.moves += 1
            if action not in possible:
                yield FalseClaim("step", f"{action} was explored, though not possible, in {world}")
                continue
            wanted, found = self._normal(self.system.next(world, action)), self.world(int(after))
            if found != wanted:
                yield FalseClaim("step", f"{action} leads to {found}, expected {wanted}")
            yield from self._kept(action, int(after), wanted)
            yield from self._judged_step(world, action, wanted)

    def _kept(self, action: Action, after: int, world: World) -> Iterator[FalseClaim]:
        """What stands for the world after a step must be an image of it, and have been seen."""
        stands = np.array([after], np.uint64)
        if self.symmetry is not None:
            stands = self.symmetry.representatives(stands)
            if self.world(int(stands[0])) not in list(self._images(self.symmetry, world)):
                yield FalseClaim("image", f"another world stands for {world} after {action}")
        if stands[0] not in self.visited:
            yield FalseClaim("step", f"{action} leads to a world never looked at: {world}")

    def _images(self, symmetry: Symmetry, world: World) -> Iterator[World]:
        """A world under each element of the symmetry; budgets are nobody's, and stay."""
        regions = Layout.regions(self.tables.layout, world)
        for places in symmetry.group:
            moved = list(regions)
            for node, region in enumerate(regions):
                moved[places[node]] = symmetry.region(places, node, region)
            yield self.tables.layout.world(moved, world.spent)

    # --- verdicts -------------------------------------------------------------------------------

    def _judged(self, world: World, depth: int) -> Iterator[FalseClaim]:
        """A world that breaks a property, or that is looked for, has been noticed in time."""
        for each in self.judge.properties:
            if each.scope is Scope.TERMINAL_NODES or not isinstance(each, Always | Sometimes):
                continue
            for part in each.parts(world):
                found = each.check(part)
                decides = bool(found) if isinstance(each, Sometimes) else isinstance(found, Broken)
                if decides:
                    yield from self._noticed(each.name, depth)

    def _judged_step(self, before: World, action: Action, after: World) -> Iterator[FalseClaim]:
        for each in self.judge.properties:
            if isinstance(each, AlwaysStep):
                for part in each.parts(before, action, after):
                    if isinstance(each.check(part), Broken):
                        yield from self._noticed(each.name, None)

    def _noticed(self, name: str, depth: int | None) -> Iterator[FalseClaim]:
        _, decided = self.judge.memory()
        if name not in decided:
            yield FalseClaim("verdict", f"{name} is decided by a world, and was not")
        elif depth is not None and self._exact and len(decided[name][1]) > depth:
            yield FalseClaim("verdict", f"{name} is decided in {depth} steps, not only later")

    @property
    def _exact(self) -> bool:
        """Whether depths are those of the system itself."""
        return not self.partly and not isinstance(self.tables.layout, QuotientLayout)

    def _schedules(self) -> Iterator[FalseClaim]:
        """Every schedule that decided a property does so when the system takes it."""
        _, decided = self.judge.memory()
        for name, (_, schedule) in decided.items():
            wanted = [each for each in self.judge.properties if each.name == name]
            run = Trace.of(self.system, schedule, wanted)
            if run.misfit is not None or (
                wanted[0].scope is not Scope.TERMINAL_NODES and name not in run.decided
            ):
                yield FalseClaim("schedule", f"that of {name} does not replay")


SHOWN = 5
"""Of more differences nothing is told: one is enough to distrust a verdict."""


def certified(again: Recomputation, chunk: int) -> tuple[str, ...]:
    """What was computed again, as notes of a report. Raises FalseClaims. Spec: RED-20."""
    claims = list(islice(again.false_claims(chunk), SHOWN))
    if claims:
        raise FalseClaims(claims)
    sample = f"{again.worlds:,} worlds and {again.moves:,} steps from them"
    return (f"certified: {sample}, computed again by the plain search, are as they were explored",)
