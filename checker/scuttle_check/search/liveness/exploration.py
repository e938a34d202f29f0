"""Exploring every state of a model into a graph.

The graph of all states of a model, in compact arrays, with what fairness asks of each.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from typing import Any

from attrs import define, field

from scuttle_check.engine.properties import Broken, Eventually, Good
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.liveness.fairness import Fairness
from scuttle_check.search.liveness.numbered import Steps

NO_PARENT = -1


@define
class StateGraph:
    """States are numbered in breadth-first order, so a lower number is never deeper.

    The edges of state `s` are ``first[s]`` to ``first[s + 1]``, excluded; an edge has a target
    and a label, the number of its action. `enabled` holds for each state the bits of the fair
    classes that can happen there, `bits` those of each action. `bad` marks the states in which
    the property is not satisfied.
    """

    fairness: Fairness
    first: array[int] = field(factory=lambda: array("q", [0]))
    targets: array[int] = field(factory=lambda: array("q"))
    labels: array[int] = field(factory=lambda: array("q"))
    parents: array[int] = field(factory=lambda: array("q"))
    arrivals: array[int] = field(factory=lambda: array("q"))
    depths: array[int] = field(factory=lambda: array("q"))
    enabled: list[int] = field(factory=list)
    bad: bytearray = field(factory=bytearray)
    actions: list[Any] = field(factory=list)
    bits: list[int] = field(factory=list)
    weak: int = 0
    strong: int = 0
    _classes: dict[Hashable, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        ordered = sorted(self.fairness.weak | self.fairness.strong, key=repr)
        self._classes = {each: 1 << at for at, each in enumerate(ordered)}
        self.weak = sum(self._classes[each] for each in self.fairness.weak)
        self.strong = sum(self._classes[each] for each in self.fairness.strong)

    def __len__(self) -> int:
        return len(self.enabled)

    def edges(self, state: int) -> range:
        """The numbers of the edges that leave `state`."""
        return range(self.first[state], self.first[state + 1])

    def label(self, action: Any) -> int:
        """The number of a new action."""
        self.actions.append(action)
        self.bits.append(self._classes.get(self.fairness.class_of(action), 0))
        return len(self.actions) - 1

    def path_to(self, state: int) -> tuple[Any, ...]:
        """The actions of a shortest path from a start to `state`."""
        path = []
        while self.parents[state] != NO_PARENT:
            path.append(self.actions[self.arrivals[state]])
            state = self.parents[state]
        return tuple(reversed(path))


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
