"""Judging the quiescent worlds of sessions, by numbers: what the criterion on node vectors needs.

Breadth-first like the plain search, with the same counts, verdicts and lengths; no graph is kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Sequence
from typing import Any

from attrs import define, field

from scuttle_check.engine.judge import Judge
from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import Scope
from scuttle_check.engine.verdict import Report, Stats
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.liveness.exploration import NO_PARENT
from scuttle_check.search.liveness.numbered import Numbered, Numbers, unnumbered
from scuttle_check.search.plain import breadth_first


def quiescent_search(
    model: Model[Any, Any], properties: Sequence[Property], budget: Budget | None = None
) -> Report:
    """Judge what reads quiescent worlds until all is decided, by numbers where they apply.

    Spec: CHK-4.
    """
    budget = budget or Budget()
    quiescent = all(each.scope is Scope.QUIESCENT_NODES for each in properties)
    if not quiescent or unnumbered(model) is not None:
        return breadth_first(model, properties, budget, until_decided=True)
    search = _Search(Numbered(model), Judge(properties), budget)  # type: ignore[arg-type]
    try:
        search.run()
    except KeyboardInterrupt:
        search.stop = budget.interrupted()
    return search.report()


@define
class _Search:
    """The search in progress. `parents` and `arrivals` tell the way to each world."""

    worlds: Numbered
    judge: Judge
    budget: Budget
    transitions: int = 0
    terminal: int = 0
    stop: str | None = None
    _states: list[Numbers] = field(factory=list)
    _numbers: dict[Numbers, int] = field(factory=dict)
    _parents: array[int] = field(factory=lambda: array("q"))
    _depths: array[int] = field(factory=lambda: array("q"))
    _arrivals: list[Hashable] = field(factory=list)
    _seen: set[Hashable] = field(factory=set)

    def run(self) -> None:
        """Explore every reachable world, or as many as are needed."""
        for start in self.worlds.initial():
            self._add(start, NO_PARENT, None)
        state = 0
        while state < len(self._states) and self.stop is None:
            found = 0
            for action, after in self.worlds.steps(self._states[state]):
                found += 1
                if after not in self._numbers:
                    self._add(after, state, action)
            self.transitions += found
            self.terminal += not found
            state += 1
            if state % self.budget.every == 0:
                self._tell(state)
            self.stop = self.budget.stop(len(self._states))
            if not self.judge.undecided:
                self.stop = "every property is decided"

    def _add(self, state: Numbers, parent: int, action: Hashable) -> None:
        number = self._numbers[state] = len(self._states)
        self._states.append(state)
        self._parents.append(parent)
        self._arrivals.append(action)
        self._depths.append(0 if parent == NO_PARENT else self._depths[parent] + 1)
        if self.worlds.quiescent(state):
            vector = self.worlds.read(state)
            if vector not in self._seen:
                self._seen.add(vector)
                self._judge(number)

    def _judge(self, number: int) -> None:
        nodes = self.worlds.nodes(self._states[number])
        for each in self.judge.properties:
            if each.name not in self.judge.decided:
                because = self.judge.first(each, nodes)
                if because is not None:
                    self.judge.decide(each.name, because, self._path(number))

    def _path(self, number: int) -> tuple[Hashable, ...]:
        path = []
        while self._parents[number] != NO_PARENT:
            path.append(self._arrivals[number])
            number = self._parents[number]
        return tuple(reversed(path))

    def _tell(self, expanded: int) -> None:
        if self.budget.tell:
            met, depth = len(self._states), self._depths[-1]
            seconds, decided = self.budget.seconds, self.judge.decided
            self.budget.tell(
                Progress(met, self.transitions, met - expanded, depth, seconds, decided)
            )

    def report(self) -> Report:
        """The verdicts, and how far the search came."""
        depth = self._depths[-1] if self._depths else 0
        met, seconds = len(self._states), self.budget.seconds
        stats = Stats(met, self.transitions, self.terminal, depth, seconds, self.stop)
        return Report(self.judge.verdicts(stats), stats)
