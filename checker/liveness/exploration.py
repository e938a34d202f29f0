"""Exploring every state of a model into a graph."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from attrs import define, field

from checker.liveness.assumption import Fairness
from checker.liveness.graph import NO_PARENT, StateGraph
from checker.liveness.numbered import Steps
from checker.properties import Broken, Eventually, Good
from checker.search.budget import Budget, Progress


@define
class Exploration:
    """Builds the graph. `reasons` tell why the first bad parts are bad, `kept` counts good ones.

    With a property that is not `lasting`, good states are not left: a run that reaches one has
    what it wants.
    """

    steps: Steps
    property: Eventually
    fairness: Fairness
    budget: Budget
    graph: StateGraph = field(init=False)
    terminal: int = 0
    stop: str | None = None
    _states: list[Any] = field(factory=list)
    _numbers: dict[Any, int] = field(factory=dict)
    _labels: dict[Any, int] = field(factory=dict)
    _judged: dict[Hashable, str | None] = field(factory=dict)
    _read: dict[Hashable, bool] = field(factory=dict)
    exercised: int = 0

    def __attrs_post_init__(self) -> None:
        self.graph = StateGraph(self.fairness)

    def run(self) -> StateGraph:
        """Explore every reachable state, or as many as the budget allows (see `stop`)."""
        graph = self.graph
        try:
            for start in self.steps.initial():
                if start not in self._numbers:
                    self._add(start, NO_PARENT, 0)
            state = 0
            while state < len(self._states) and self.stop is None:
                self._expand(state)
                graph.first.append(len(graph.targets))
                state += 1
                if state % self.budget.every == 0:
                    self._tell(state)
                self.stop = self.budget.stop(len(self._states))
        except KeyboardInterrupt:
            self.stop = self.budget.interrupted()
        return graph

    def because(self, number: int) -> str:
        """Why a bad state is bad."""
        parts = self.steps.parts(self._states[number])
        return next(filter(None, map(self._part, parts)), "")

    def _expand(self, number: int) -> None:
        graph, state = self.graph, self._states[number]
        if not self.property.lasting and not graph.bad[number]:
            graph.enabled.append(0)
            return
        enabled, numbers, labels, bits = 0, self._numbers, self._labels, graph.bits
        to, by = graph.targets.append, graph.labels.append
        for action, after in self.steps.steps(state):
            label = labels.get(action)
            if label is None:
                label = labels[action] = graph.label(action)
            enabled |= bits[label]
            target = numbers.get(after)
            if target is None:
                target = self._add(after, number, label)
            to(target)
            by(label)
        self.terminal += len(graph.targets) == graph.first[number]
        graph.enabled.append(enabled)

    def _add(self, state: Any, parent: int, label: int) -> int:
        graph, number = self.graph, len(self._states)
        self._numbers[state] = number
        self._states.append(state)
        graph.parents.append(parent)
        graph.arrivals.append(label)
        graph.depths.append(0 if parent == NO_PARENT else graph.depths[parent] + 1)
        read = self.steps.read(state)
        bad = self._read.get(read)
        if bad is None:
            parts = self.steps.parts(state)
            bad = self._read[read] = any(self._part(part) is not None for part in parts)
        graph.bad.append(bad)
        return number

    def _part(self, part: Hashable) -> str | None:
        """Why a part is bad, or None; each distinct part is judged once."""
        if part not in self._judged:
            finding = self.property.check(part)
            self.exercised += finding is Good.KEPT
            self._judged[part] = finding.because if isinstance(finding, Broken) else None
        return self._judged[part]

    def _tell(self, expanded: int) -> None:
        if self.budget.tell:
            seen, edges = len(self._states), len(self.graph.targets)
            depth = self.graph.depths[-1]
            at = Progress(seen, edges, seen - expanded, depth, self.budget.seconds)
            self.budget.tell(at)
