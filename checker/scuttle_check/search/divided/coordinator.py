"""The coordinator: level by level, shards expand their parts, and successors find their owners."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import define, field

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.base.workers import TRIES
from scuttle_check.engine.actions import Action
from scuttle_check.engine.claims import Facets
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import System
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.engine.worlds import Scope
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.compiled.search import layout_of
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.visited import Worlds, distinct
from scuttle_check.search.compiled.words import TooWide
from scuttle_check.search.divided import shard as shards
from scuttle_check.search.divided.crew import Crew
from scuttle_check.search.divided.judging import DividedJudge
from scuttle_check.search.divided.messages import Answer, Needs, Order, Seed, owners, sizes
from scuttle_check.search.divided.mirror import PIECE, Expansion, Mirror
from scuttle_check.search.divided.provider import Provider
from scuttle_check.search.divided.shard import joined
from scuttle_check.search.growth import growth_of_components

if TYPE_CHECKING:
    from scuttle_check.search.reductions.pieces import Pieces

ROUND = 1 << 21
"""Worlds that all shards together expand between two exchanges. It must not depend on the crew,
or regions would be numbered differently. Unit: worlds."""


def divided(  # noqa: PLR0913 - each keyword is a choice of its own
    system: System,
    properties: Sequence[Property],
    budget: Budget | None = None,
    *,
    crew: Crew,
    until_decided: bool = False,
    facets: Facets | None = None,
) -> Report:
    """As :func:`~scuttle_check.search.compiled.search.compiled`, by a crew.

    Every property must have a scope. Verdicts, counts and schedules do not depend on the crew, nor
    on workers that end on the way. With `facets` it explores the quotient, whose worlds are words
    as well: what is left out is decided where tables are filled.

    Raises TooWide when a world does not fit in 64 bits, and UnrunnableFault when workers end again
    and again.

    Spec: SCALE-5, SCALE-6.
    """
    return completed(
        DividedSearch(system, Judge(properties), budget or Budget(), crew, until_decided, facets)
    )


def completed(search: DividedSearch) -> Report:
    """Let a search run to its end, or to Ctrl-C; what came of it."""
    try:
        search.run()
    except KeyboardInterrupt:
        search.stop = search.budget.interrupted()
    finally:
        search.dismiss()
    return search.report()


@define
class Traffic:
    """What was exchanged. Units: bytes, and worlds for `travelled`, which changed their shard."""

    out: int = 0
    back: int = 0
    travelled: int = 0
    orders: int = 0
    lost: int = 0


@define
class DividedSearch:
    """The search in progress. `levels` holds the worlds first seen after 0, 1, 2, ... steps."""

    system: System
    judge: Judge
    budget: Budget
    crew: Crew
    until_decided: bool = False
    facets: Facets | None = None
    pieces: Pieces | None = field(init=False, default=None)
    tables: Tables = field(init=False)
    judging: DividedJudge = field(init=False)
    provider: Provider = field(init=False)
    mirror: Mirror = field(init=False)
    levels: list[Worlds] = field(factory=list)
    found: list[list[Worlds]] = field(init=False)
    transitions: int = 0
    terminal: int = 0
    stop: str | None = None
    traffic: Traffic = field(factory=Traffic)
    name: str = field(factory=lambda: os.urandom(8).hex())
    _steps: list[int] = field(init=False)
    _told: list[int] = field(init=False)
    _seeded: list[bool] = field(init=False)
    _mirrored: int = 0
    _unjudged: list[tuple[Scope, Worlds, Worlds]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.tables = Tables(layout_of(self.system, self.facets), self._hear)
        if self.facets is not None:
            from scuttle_check.search.reductions.pieces import pieces_of  # noqa: PLC0415 - slow to load

            self.pieces = pieces_of(self.tables, self.judge.properties, None, None)
        self.judging = DividedJudge(self.judge, self.tables, self._decide)
        self.provider = Provider(self.tables, self.judging)
        self.found = [[] for _ in range(self.crew.size)]
        self._steps = [0] * self.crew.size
        self._begin_anew()

    def _hear(self, node: int, before: int, action: Action, after: int) -> None:
        self.judging.hear(node, before, action, after)

    # --- levels -----------------------------------------------------------------------------------

    def run(self) -> None:
        """Explore until no world is new, or something says stop. Goes on from levels it has."""
        frontier = self.first() if not self.levels else self._level_after(self.levels[-1])
        while len(frontier) and self.stop is None:
            self.levels.append(frontier)
            self.provider.entered()
            self.entered()
            frontier = self._level_after(frontier)

    def entered(self) -> None:
        """A new level is there and nothing of it was looked at: the moment to save."""

    def first(self) -> Worlds:
        """The world in which nobody has done anything."""
        world = next(iter(self.system.initial()))
        regions = enumerate(self.tables.layout.regions(world))
        ids = [self.tables.region_id(node, region) for node, region in regions]
        return np.array([self.tables.fields.packed(ids)], np.uint64)

    def _level_after(self, frontier: Worlds) -> Worlds:
        """The next level; when a field is too narrow for a new region, with wider fields."""
        while True:
            counted = self.transitions, self.terminal
            try:
                following = self._next_level(frontier)
                self.judging.see_steps(frontier)
            except TooWide:
                self.transitions, self.terminal = counted
                self.widen()
                frontier = self.levels[-1]
            else:
                return following

    def widen(self) -> None:
        """Give worlds wider fields, and let every shard begin again with the new words."""
        repacked = self.tables.widen()
        self.levels = [np.sort(repacked(level)) for level in self.levels]
        self.judging.repack(repacked)
        self.provider.words_changed()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.mirror = Mirror(self.tables.fields, len(self.tables.interned))
        self._mirrored = 0
        self._unjudged = []
        self.found = [[] for _ in range(self.crew.size)]
        self._seeded = [False] * self.crew.size
        self._told = [0] * self.crew.size

    def _next_level(self, frontier: Worlds) -> Worlds:
        """The worlds one step from `frontier` that were never seen."""
        self.provider.level()
        self._learn()
        self.judging.see_broken(frontier, self.mirror)
        turn, self.found = True, [[] for _ in range(self.crew.size)]
        received: list[list[Worlds]] = [[] for _ in range(self.crew.size)]
        for start in range(0, len(frontier), ROUND):
            worlds = frontier[start : start + ROUND]
            received = self._round(worlds, turn, received)
            turn = False
            self._tell(len(frontier))
            self.stop = self._limit()
            if self.stop is not None:
                break
        self._ask([Order([], received=each) for each in received])
        self.stop = self.stop or self._limit()
        return joined([each for mine in self.found for each in mine])

    def _round(
        self, worlds: Worlds, turn: bool, received: list[list[Worlds]]
    ) -> list[list[Worlds]]:
        """Expand `worlds`, of one level; what each shard shall receive of it."""
        between = int(worlds[0]), int(worlds[-1])
        scopes = self.judging.scopes
        orders = [Order([], turn, each, between, scopes=scopes) for each in received]
        answers = self._ask(orders)
        for scope in scopes:
            told = [answer.vectors[scope] for answer in answers if scope in answer.vectors]
            if told:
                self._unjudged.append((scope, distinct(np.concatenate(told)), worlds))
        done: list[Answer] = [answer for answer in answers if not answer.needs]
        waiting = [at for at, answer in enumerate(answers) if answer.needs]
        while waiting:
            needs = Needs()
            for at in waiting:
                needs.add(answers[at].needs)
            self.provider.provide(needs)
            again = self._ask(
                [
                    Order([], between=between, go_on=True) if at in waiting else None
                    for at in range(self.crew.size)
                ]
            )
            for at, answer in zip(waiting, again, strict=True):
                answers[at] = answer
            done.extend(answers[at] for at in waiting if not answers[at].needs)
            waiting = [at for at in waiting if answers[at].needs]
        return self._sent(done)

    def _sent(self, answers: list[Answer]) -> list[list[Worlds]]:
        """Count what was expanded; the successors by the shard that shall receive them."""
        received: list[list[Worlds]] = [[] for _ in range(self.crew.size)]
        for answer in answers:
            self.transitions += answer.transitions
            self.terminal += answer.terminal
            for owner, worlds in answer.sent.items():
                received[owner].append(worlds)
                self.traffic.travelled += len(worlds)
        return received

    # --- orders and answers -----------------------------------------------------------------------

    def _ask(self, orders: Sequence[Order | None]) -> list[Answer]:
        """Give each shard its order; the answers of those that have one, in the order of shards."""
        futures = [
            None if order is None else self._submit(at, order) for at, order in enumerate(orders)
        ]
        self._judge()
        answers: list[Answer] = []
        for at, (future, order) in enumerate(zip(futures, orders, strict=True)):
            if future is None or order is None:
                continue
            answer = self._answer(at, future, order)
            self.found[at].extend(each for each in answer.found if len(each))
            self.traffic.back += sizes(answer)
            answers.append(answer)
        return answers

    def _judge(self) -> None:
        """Judge the vectors that were told of before, while workers carry out their orders."""
        unjudged, self._unjudged = self._unjudged, []
        for scope, codes, worlds in unjudged:
            self.judging.see_vectors(scope, codes, worlds, self.mirror)

    def _submit(self, at: int, order: Order) -> Future[Any]:
        """Send an order with all the news, to a new shard with all there is to know."""
        step, self._steps[at] = self._steps[at], self._steps[at] + 1
        seed = None if self._seeded[at] else self._seed(at)
        if seed is not None:
            again = [] if order.go_on else order.received
            order = Order([], False, again, order.between, False, order.scopes)
        order.news.extend(self.provider.history[self._told[at] :])
        self._told[at], self._seeded[at] = len(self.provider.history), True
        self.traffic.orders += 1
        self.traffic.out += sizes(order) + (0 if seed is None else sizes(seed))
        try:
            if seed is None:
                return self.crew.submit(at, shards.work, self.name, at, step, order)
            return self.crew.submit(at, shards.revive, self.name, seed, step, order)
        except BrokenExecutor as ended:
            lost: Future[Any] = Future()
            lost.set_exception(ended)
            return lost

    def _seed(self, at: int) -> Seed:
        """All that is known of a shard."""
        self._told[at] = 0
        count = self.crew.size
        mine = [level[owners(level, count) == np.uint64(at)] for level in self.levels]
        fields, nodes = self.tables.fields, len(self.tables.interned)
        return Seed(at, count, fields, nodes, mine, mine[-1], list(self.found[at]))

    def _answer(self, at: int, future: Future[Any], order: Order) -> Answer:
        """The answer of a shard; one that was lost with its worker is made again. Spec: SCALE-6."""
        for _ in range(TRIES):
            try:
                answer: Answer | None = future.result()
            except BrokenExecutor:
                answer = None
            if answer is not None:
                return answer
            self.crew.replace(at)
            self.traffic.lost += 1
            self._seeded[at] = False
            future = self._submit(at, order)
        raise UnrunnableFault(
            f"a worker ended {TRIES} times before it had a result",
            where="--workers",
            expected="memory for its share of the worlds",
            clause="SCALE-6",
            hint="workers on other machines, or a smaller model",
        )

    def dismiss(self) -> None:
        """Let workers that go on without this search forget it."""
        for at in range(self.crew.size):
            with suppress(Exception):  # cleaning up is no reason to fail
                self.crew.submit(at, shards.forget, self.name, at)

    # --- schedules --------------------------------------------------------------------------------

    def _decide(
        self, name: str, because: str, world: int, action: Action | None, element: int
    ) -> None:
        """Give a property a shortest schedule to `world`, and the step from there."""
        del element
        steps: list[Action] = [] if action is None else [action]
        for level in reversed(self.levels[:-1]):
            world, taken = self._predecessor(level, world)
            steps.append(taken)
        schedule = tuple(reversed(steps))
        if self.pieces is not None:
            schedule = self.pieces.concrete(schedule, to_the_end=action is None)
        self.judge.decide(name, because, schedule)

    def _predecessor(self, level: Worlds, world: int) -> tuple[int, Action]:
        """A world of `level` from which one action leads to `world`, and that action."""
        hits: list[tuple[int, Action]] = []

        def emit(number: int, at: Any, after: Worlds) -> None:
            for hit in np.flatnonzero(after == np.uint64(world))[:1]:
                action = self.provider.listed[number].action
                hits.append((int(piece[at[hit]]), action))

        for start in range(0, len(level), PIECE):
            piece = level[start : start + PIECE]
            expansion = Expansion(self.mirror, piece, emit)
            expansion.begin()
            while expansion.needs:
                self.provider.provide(expansion.needs)
                self._learn()
                expansion.go_on()
            if hits:
                return hits[0]
        raise AssertionError(f"no way to world {world}")

    def _learn(self) -> None:
        """Keep the tables of this process's own expansions up to date."""
        self.mirror.learn(self.provider.history[self._mirrored :])
        self._mirrored = len(self.provider.history)

    # --- limits and the end -----------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return self.budget.seconds

    @property
    def states(self) -> int:
        """How many worlds were seen."""
        found = sum(len(worlds) for mine in self.found for worlds in mine)
        return sum(map(len, self.levels)) + found

    def _limit(self) -> str | None:
        if self.until_decided and not self.judge.undecided:
            return "every property is decided"
        return self.budget.stop(self.states)

    def _tell(self, frontier: int) -> None:
        if self.budget.tell:
            depth, seconds, decided = len(self.levels) - 1, self.budget.seconds, self.judge.decided
            told = Progress(self.states, self.transitions, frontier, depth, seconds, decided)
            self.budget.tell(told)

    def report(self) -> Report:
        """What came of it."""
        met = [interned.values for interned in self.tables.interned]
        stopped = self.stop and self.judge.undecided
        stats = Stats(
            self.states,
            self.transitions,
            self.terminal,
            max(0, len(self.levels) - 1),
            self.seconds,
            self.stop,
            reduction="none" if self.pieces is None else self.pieces.names,
            growth=growth_of_components(self.tables.layout, met) if stopped else None,
        )
        return Report(self.judge.verdicts(stats), stats)
