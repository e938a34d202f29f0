"""A swarm of seeded walks over numbers: a bug shows within a second, or it hides well.

As in the compiled search, the region of each node is interned to a number, and what an action
does to a region is computed once. A step of a walk is then a few look-ups. Every second walk is
*curious*: where it can it takes a local transition, a pair of node state and input, that no walk
has taken before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from attrs import define, field

from checker.actions import BUDGETED, Drop, Duplicate, Perform
from checker.actors import Scope, System
from checker.model import Model
from checker.properties import Property, Sometimes
from checker.search.budget import Budget, Progress
from checker.search.growth import growth_of_regions
from checker.search.judge import Judge
from checker.search.local_moves import (
    ABOUT,
    AFTER,
    COSTS,
    FIRST,
    QUIET,
    TWICE,
    About,
    LocalMoves,
    Move,
)
from checker.search.random_walk import STEPS_MAX, random_walk
from checker.verdict import Report, Stats

TELL_EVERY = 256
"""Walks between two calls of `tell`."""

SCOPES = (
    Scope.EACH_NODE,
    Scope.ALL_NODES,
    Scope.QUIESCENT_NODES,
    Scope.NODE_STEP,
    Scope.OWNER_STEP,
)
"""What the swarm knows how to judge."""


def swarm(  # noqa: PLR0913 - all but the first three by name
    system: System,
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    walks: int | None = 1_000,
    seed: int = 0,
    until_refuted: bool = False,
) -> Report:
    """Walk `walks` times (None: until the budget ends) from the start to a terminal world.

    The same seed gives the same walks. Every property must have a scope. Worlds are counted once
    however often walks pass them; `transitions` counts the steps, with repeats. The search is never
    complete, so nothing is said to hold. With `until_refuted` the first refutation ends it.

    Spec: CHK-5.
    """
    search = _Swarm(system, Judge(properties), budget or Budget(), until_refuted)
    try:
        search.run(walks, seed)
    except KeyboardInterrupt:
        search.stop = "interrupted"
    return search.report()


def swarm_applies(model: Model[Any, Any], properties: Sequence[Property]) -> bool:
    """Whether :func:`swarm` can walk `model`: a system whose properties all have a scope.

    Of the faults it knows losses and duplications; and every node must be a process of its own.
    """
    known = {Drop, Duplicate}
    return (
        isinstance(model, System)
        and not model.wiring.processes
        and all(
            kind in known or not most for kind, most in zip(BUDGETED, model.budgets, strict=True)
        )
        and all(each.scope in SCOPES for each in properties)
    )


def random_search(
    model: Model[Any, Any],
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    walks: int = 1_000,
    seed: int = 0,
) -> Report:
    """Random walks by the fastest means that fits the model. Spec: CHK-5."""
    if swarm_applies(model, properties):
        return swarm(model, properties, budget, walks=walks, seed=seed)  # type: ignore[arg-type]
    return random_walk(model, properties, budget, walks=walks, seed=seed)


@define
class _Swarm:
    """The walks in progress, and what all of them have seen."""

    system: System
    judge: Judge
    budget: Budget
    until_refuted: bool = False
    refuted: bool = False
    moves: LocalMoves = field(init=False)
    by_scope: dict[Hashable, list[Property]] = field(init=False)
    worlds: set[int] = field(factory=set)
    ends: set[int] = field(factory=set)
    vectors: set[int] = field(factory=set)
    quiet_vectors: set[int] = field(factory=set)
    walks: int = 0
    steps: int = 0
    depth: int = 0
    stop: str | None = None

    def __attrs_post_init__(self) -> None:
        self.moves = LocalMoves(self.system)
        self.by_scope = {
            scope: [each for each in self.judge.properties if each.scope is scope]
            for scope in Scope
        }

    def run(self, walks: int | None, seed: int) -> None:
        """Walk until `walks` are done, everything is decided or the budget ends."""
        choose = random.Random(seed)  # noqa: S311 - reproducibility is the point
        start = self.moves.start()
        for node, region in enumerate(start):
            self._show(Scope.EACH_NODE, self.moves.regions[node][region][0], [])
        self.worlds.add(0)
        self._see_vector(start, 0, [])
        self._see_quiet(start, 0, [])
        while self.stop is None:
            if self.walks == walks:
                self.stop = f"{walks:,} random walks, seed {seed}"
                return
            path = self.walk(list(start), choose.random, curious=self.walks % 2 == 1)
            self.steps += len(path)
            self.depth = max(self.depth, len(path))
            self.walks += 1
            if self.walks % TELL_EVERY == 1:
                self._tell()
            self._limit()

    def walk(self, regions: list[int], choose: Callable[[], float], *, curious: bool) -> list[Move]:
        """One walk from the start to its end: the hot loop, look-ups and sums."""
        options_of, fresh_of = self.moves.options[0], self.moves.fresh
        worlds, vectors, count = self.worlds, self.vectors, len(regions)
        world = vector = 0
        path: list[Move] = []
        while len(path) < STEPS_MAX:
            node = int(choose() * count)
            options = options_of[node][regions[node]]
            if not options:
                node, options = self._options(options_of, regions, node)
                if not options:
                    self.ends.add(world)
                    break
            if curious and (fresh := fresh_of[node][regions[node]]):
                move = fresh.pop()
            else:
                move = options[int(choose() * len(options))]
            after, change, turned, sends, twice, _ = move
            regions[node] = after
            world += change
            for target, appended in sends:
                regions[target], change = appended[regions[target]]
                world += change
            worlds.add(world)
            path.append(move)
            if turned:
                vector += turned
                if vector not in vectors:
                    self._see_vector(regions, vector, path)
            if twice:
                self._look_twice(regions, vector, path)
                if twice & COSTS:
                    options_of = self.moves.options[self.moves.spent(world)]
        return path

    def _options(
        self, options_of: list[list[list[Move] | None]], regions: list[int], first: int
    ) -> tuple[int, list[Move]]:
        """The next node from `first` on that can act, and its moves; none at a terminal world."""
        for node in (*range(first, len(regions)), *range(first)):
            if options_of[node][regions[node]] is None:
                self.moves.fill(node, regions[node])
            options = options_of[node][regions[node]]
            if options:
                return node, options
        return first, []

    # --- judging: each distinct part once ---------------------------------------------------------

    def _look_twice(self, regions: list[int], vector: int, path: list[Move]) -> None:
        move = path[-1]
        if move[TWICE] & FIRST:
            move[TWICE] ^= FIRST
            self._see_step(move, path)
        if move[TWICE] & QUIET:
            self._see_quiet(regions, vector, path)

    def _see_step(self, move: Move, path: list[Move]) -> None:
        """Judge a local step that no walk has taken, and the node state after it."""
        about: About = move[ABOUT]
        self.moves.heard.add(about.heard)
        region = self.moves.regions[about.node][about.before]
        one, two = region[0], self.moves.regions[about.node][move[AFTER]][0]
        if one is two:
            return
        self._show(Scope.NODE_STEP, (one, two), path)
        if isinstance(about.action, Perform):
            command = self.system.script[about.node][region[1]]
            self._show(Scope.OWNER_STEP, (one, two, command), path)
        self._show(Scope.EACH_NODE, two, path)

    def _see_vector(self, regions: list[int], vector: int, path: list[Move]) -> None:
        self.vectors.add(vector)
        if self.by_scope[Scope.ALL_NODES]:
            self._show(Scope.ALL_NODES, self._nodes(regions), path)

    def _see_quiet(self, regions: list[int], vector: int, path: list[Move]) -> None:
        quiet = self.moves.quiet
        if vector not in self.quiet_vectors and all(
            quiet[node][region] for node, region in enumerate(regions)
        ):
            self.quiet_vectors.add(vector)
            self._show(Scope.QUIESCENT_NODES, self._nodes(regions), path)

    def _nodes(self, regions: list[int]) -> tuple[Hashable, ...]:
        return tuple(self.moves.regions[node][region][0] for node, region in enumerate(regions))

    def _show(self, scope: Scope, part: Hashable, path: list[Move]) -> None:
        for each in self.by_scope[scope]:
            if each.name not in self.judge.decided:
                because = self.judge.part(each, part)
                if because is not None:
                    schedule = tuple(move[ABOUT].action for move in path)
                    self.judge.decide(each.name, because, schedule)
                    self.refuted |= not isinstance(each, Sometimes)

    # --- limits -----------------------------------------------------------------------------------

    def _limit(self) -> None:
        self.stop = self.budget.stop(len(self.worlds))
        if not self.judge.undecided:
            self.stop = "every property is decided"
        elif self.until_refuted and self.refuted:
            self.stop = "a property is refuted"

    def _tell(self) -> None:
        if self.budget.tell:
            seconds = self.budget.seconds
            self.budget.tell(
                Progress(len(self.worlds), self.steps, self.walks, self.depth, seconds)
            )

    def report(self) -> Report:
        """What the walks found."""
        stats = Stats(
            len(self.worlds),
            self.steps,
            len(self.ends),
            self.depth,
            self.budget.seconds,
            self.stop,
            self.walks,
            growth=growth_of_regions(self.moves.layout, self.moves.regions),
        )
        return Report(self.judge.verdicts(stats), stats)
