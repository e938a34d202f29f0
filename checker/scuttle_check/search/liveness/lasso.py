"""Lassos: a path to a cycle and a walk round it, as short as is cheap to find.

A lasso judged by running it: nothing of the search that found it is trusted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from scuttle_check.engine.model import Model
from scuttle_check.engine.properties import Broken, Eventually
from scuttle_check.engine.trace import Misfit, Trace
from scuttle_check.search.liveness.exploration import StateGraph
from scuttle_check.search.liveness.fairness import Fairness
from scuttle_check.search.shrink import shrunk

STARTS_MAX = 8
"""More starting points for a walk than this rarely give a shorter one."""

Walk: TypeAlias = list[tuple[int, int]]
"""Edges that follow each other, each with the state it leaves."""


@frozen
class Lasso:
    """A run without end: `prefix` once, then `cycle` for ever. An empty cycle: the run stops."""

    prefix: tuple[Any, ...]
    cycle: tuple[Any, ...]
    entry: int

    def __len__(self) -> int:
        return len(self.prefix) + len(self.cycle)


def shortest(graph: StateGraph, components: Iterable[set[int]]) -> Lasso | None:
    """A short lasso through one of the fair `components`, or None if there is none."""
    nearest = sorted(components, key=min)[:STARTS_MAX]
    found = [lasso_in(graph, component) for component in nearest]
    return min(found, key=len, default=None)


def lasso_in(graph: StateGraph, component: set[int]) -> Lasso:
    """A short lasso whose cycle stays in the fair `component`.

    Spec: LIVE-4.
    """
    starts = sorted(state for state in component if graph.bad[state])[:STARTS_MAX]
    return min((_from(graph, component, start) for start in starts), key=len)


def _from(graph: StateGraph, component: set[int], start: int) -> Lasso:
    walk = _fair_walk(graph, component, start)
    if not walk:
        return Lasso(graph.path_to(start), (), start)
    walk = _without_detours(graph, walk)
    entry = min(range(len(walk)), key=lambda at: walk[at][0])
    walk = walk[entry:] + walk[:entry]
    first = walk[0][0]

    def fails(labels: Sequence[int]) -> bool:
        shorter = _walk_along(graph, first, labels)
        return bool(shorter) and fair(graph, shorter)

    labels = shrunk([graph.labels[edge] for _, edge in walk], fails)
    cycle = tuple(graph.actions[label] for label in labels)
    return Lasso(graph.path_to(first), cycle, first)


def fair(graph: StateGraph, walk: Walk) -> bool:
    """Whether going round a closed walk for ever is fair and never good for ever."""
    return not any(owed(graph, walk)) and any(graph.bad[state] for state, _ in walk)


def owed(graph: StateGraph, walk: Walk) -> tuple[int, int]:
    """The weak and the strong classes that a walk passes over, as bits."""
    taken = some = 0
    every = -1
    for state, edge in walk:
        some |= graph.enabled[state]
        every &= graph.enabled[state]
        taken |= graph.bits[graph.labels[edge]]
    return every & graph.weak & ~taken, some & graph.strong & ~taken


def _fair_walk(graph: StateGraph, component: set[int], start: int) -> Walk:
    """A closed walk from `start` that is fair: what is owed is fetched, the nearest first."""
    walk: Walk = []
    at = start
    while True:
        back = _way(graph, component, at, lambda _, edge: graph.targets[edge] == start)
        if not walk and not back:
            return []
        closed = walk + (back if at != start or not walk else [])
        weak, strong = owed(graph, closed)
        if not weak | strong:
            return closed

        def pays(state: int, edge: int, weak: int = weak, strong: int = strong) -> bool:
            taken = graph.bits[graph.labels[edge]] & (weak | strong)
            return bool(taken or weak & ~graph.enabled[state])

        walk += _way(graph, component, at, pays)
        at = graph.targets[walk[-1][1]]


def _way(
    graph: StateGraph, component: set[int], start: int, wanted: Callable[[int, int], bool]
) -> Walk:
    """A shortest walk within `component` from `start` whose last edge is `wanted`."""
    came: dict[int, tuple[int, int] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        for edge in graph.edges(state):
            target = graph.targets[edge]
            if target not in component:
                continue
            if wanted(state, edge):
                way = [(state, edge)]
                while (step := came[way[-1][0]]) is not None:
                    way.append(step)
                return way[::-1]
            if target not in came:
                came[target] = (state, edge)
                queue.append(target)
    return []


def _without_detours(graph: StateGraph, walk: Walk) -> Walk:
    """The walk without those parts between two visits of a state that fairness does not need."""
    at = 0
    while at < len(walk):
        for to in range(len(walk) - 1, at, -1):
            shorter = walk[:at] + walk[to:]
            if walk[to][0] == walk[at][0] and fair(graph, shorter):
                walk = shorter
                break
            inner = walk[at:to]
            if walk[to][0] == walk[at][0] and fair(graph, inner):
                walk, at = inner, -1
                break
        at += 1
    return walk


def _walk_along(graph: StateGraph, start: int, labels: Sequence[int]) -> Walk:
    """The walk that takes these actions from `start` and ends there, or nothing."""
    walk: Walk = []
    state = start
    for label in labels:
        edge = next((e for e in graph.edges(state) if graph.labels[e] == label), None)
        if edge is None:
            return []
        walk.append((state, edge))
        state = graph.targets[edge]
    return walk if state == start else []


@frozen
class LassoRun:
    """The states of a lasso, prefix and one turn of the cycle, and what came of it.

    `because` says why the run is not good, or is None, and then `mended` says what the lasso
    lacks. With a `misfit` neither says anything.
    """

    states: tuple[Any, ...]
    because: str | None = None
    mended: str = ""
    misfit: Misfit | None = None


def run_lasso(
    model: Model[Any, Any],
    wanted: Eventually,
    fairness: Fairness,
    prefix: Sequence[Hashable],
    cycle: Sequence[Hashable],
) -> LassoRun:
    """Run a lasso: does it close, is it fair, is it never good for ever?

    Spec: LIVE-8.
    """
    run = Trace.of(model, (*prefix, *cycle))
    if run.misfit is not None:
        return LassoRun(run.states, misfit=run.misfit)
    states = run.states
    turn = states[len(prefix) :]
    if turn[0] != turn[-1]:
        return LassoRun(states, mended="the cycle does not lead back to where it starts")
    owed = _owed(model, fairness, turn[: max(1, len(cycle))], cycle)
    if owed is not None:
        return LassoRun(states, mended=f"the cycle is not fair: it passes over {owed}")
    because = next(filter(None, (_bad(wanted, state) for state in turn)), None)
    if because is None or not (wanted.lasting or all(_bad(wanted, state) for state in states)):
        return LassoRun(states, mended="the run is good")
    return LassoRun(states, because=because)


def _owed(
    model: Model[Any, Any],
    fairness: Fairness,
    states: Sequence[Any],
    cycle: Sequence[Hashable],
) -> Hashable | None:
    """A class of actions that a turn of the cycle may not pass over and does, or None."""
    possible = [{fairness.class_of(action) for action in model.actions(state)} for state in states]
    taken = {fairness.class_of(action) for action in cycle}
    strong = (fairness.strong & set.union(*possible)) - taken
    weak = (fairness.weak & set.intersection(*possible)) - taken
    return min(strong | weak, key=repr, default=None)


def _bad(wanted: Eventually, state: Any) -> str | None:
    for part in wanted.parts(state):
        finding = wanted.check(part)
        if isinstance(finding, Broken):
            return finding.because
    return None
