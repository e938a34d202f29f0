"""A swarm of seeded walks over numbers: a bug shows within a second, or it hides well.

Thousands of walks take their steps together (:mod:`scuttle_check.search.walks`). Every second walk
is *curious*: where what it chose has been taken before, the local transition, a pair of node state
and input, it chooses once more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field

from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property, Sometimes
from scuttle_check.engine.system import Scope, System, overridden
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.growth import growth_of_components
from scuttle_check.search.walks.random_walk import random_walk

if TYPE_CHECKING:
    from scuttle_check.search.walks.shoal import Shoal, Taken

TELL_EVERY = 16
"""Steps of all walks between two calls of `tell`."""

Judging: TypeAlias = Callable[[Property, Hashable], str | None]
"""How a part is judged: for new ones only, or one that is known to be new."""

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
    from scuttle_check.search.walks.shoal import Shoal  # noqa: PLC0415 - loads numpy

    choose = random.Random(seed)  # noqa: S311 - reproducibility is the point
    shoal = Shoal(system, choose, walks)
    search = _Swarm(system, shoal, Judge(properties), budget or Budget(), until_refuted)
    try:
        search.run(f"{walks:,} random walks, seed {seed}" if walks else "")
    except KeyboardInterrupt:
        search.stop = search.budget.interrupted()
    return search.report()


def swarm_applies(model: Model[Any, Any], properties: Sequence[Property]) -> bool:
    """Whether :func:`swarm` can walk `model`: a system whose properties all have a scope."""
    if not isinstance(model, System) or overridden(model) is not None:
        return False
    return all(each.scope in SCOPES for each in properties)


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
    report = random_walk(model, properties, budget, walks=walks, seed=seed)
    return report.noting("walked one by one: the walks in step do not know this model")


@define
class _Swarm:
    """The judging of a shoal: each distinct part once."""

    system: System
    shoal: Shoal
    judge: Judge
    budget: Budget
    until_refuted: bool = False
    refuted: bool = False
    by_scope: dict[Hashable, list[Property]] = field(init=False)
    vectors: set[bytes] = field(factory=set)
    quiet_vectors: set[bytes] = field(factory=set)
    stop: str | None = None

    def __attrs_post_init__(self) -> None:
        self.by_scope = {
            scope: [each for each in self.judge.properties if each.scope is scope]
            for scope in Scope
        }

    def run(self, done: str) -> None:
        """Walk until all walks are `done`, everything is decided or the budget ends."""
        for node in () if self.shoal.over else self.shoal.nodes(0):
            self._show(Scope.EACH_NODE, node, 0)
        self._see_quiet()
        while self.stop is None:
            step = self.shoal.step()
            if self.shoal.over:
                self.stop = done
                return
            for taken in step.taken:
                self._see_step(taken)
            self._see_vectors(step.turned.tolist(), self.shoal.vectors(step.turned))
            self._see_quiet()
            if self.shoal.now % TELL_EVERY == 1:
                self._tell()
            self._limit()

    def _see_step(self, taken: Taken) -> None:
        """Judge a local step that no walk has taken, and the node state after it."""
        one, two = taken.before, taken.after
        if taken.command is not None:
            self._show(Scope.OWNER_STEP, (one, two, taken.command), taken.walk)
        if one is two:
            return
        self._show(Scope.NODE_STEP, (one, two), taken.walk)
        self._show(Scope.EACH_NODE, two, taken.walk)

    def _see_vectors(self, walks: list[int], vectors: list[bytes]) -> None:
        """Judge vectors of node states that are new. What a process shares may turn any node."""
        known, pairs = self.vectors, zip(walks, vectors, strict=True)
        for walk, vector in [pair for pair in pairs if pair[1] not in known]:
            if vector not in known:
                known.add(vector)
                nodes = self.shoal.nodes(walk)
                self._show(Scope.ALL_NODES, nodes, walk, self.judge.first)
                for node in nodes if self.system.wiring.processes else ():
                    self._show(Scope.EACH_NODE, node, walk)

    def _see_quiet(self) -> None:
        """Judge the vectors of quiescent worlds."""
        at = self.shoal.quiescent()
        for walk, vector in zip(at.tolist(), self.shoal.vectors(at), strict=True):
            if vector not in self.quiet_vectors:
                self.quiet_vectors.add(vector)
                nodes = self.shoal.nodes(walk)
                self._show(Scope.QUIESCENT_NODES, nodes, walk, self.judge.first)

    def _show(self, scope: Scope, part: Hashable, walk: int, judged: Judging | None = None) -> None:
        judged = judged or self.judge.part
        for each in self.by_scope[scope]:
            if each.name not in self.judge.decided:
                because = judged(each, part)
                if because is not None:
                    self.judge.decide(each.name, because, self.shoal.schedule(walk))
                    self.refuted |= not isinstance(each, Sometimes)

    # --- limits -----------------------------------------------------------------------------------

    def _limit(self) -> None:
        self.stop = self.budget.stop(len(self.shoal.seen))
        if not self.judge.undecided:
            self.stop = "every property is decided"
        elif self.until_refuted and self.refuted:
            self.stop = "a property is refuted"

    def _tell(self) -> None:
        if self.budget.tell:
            shoal, seconds = self.shoal, self.budget.seconds
            met = len(shoal.seen)
            self.budget.tell(Progress(met, shoal.steps, shoal.walks, shoal.depth, seconds))

    def report(self) -> Report:
        """What the walks found."""
        shoal = self.shoal
        stats = Stats(
            len(shoal.seen),
            shoal.steps,
            len(shoal.ends),
            shoal.depth,
            self.budget.seconds,
            self.stop,
            shoal.walks,
            growth=growth_of_components(shoal.of.layout, shoal.of.met),
        )
        return Report(self.judge.verdicts(stats), stats)
