"""The searches against networkx, on transition systems that hypothesis makes up."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_check.engine.trace import Trace, fitting
from scuttle_check.engine.verdict import Kind
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.random_walk import random_walk


@st.composite
def edge_lists(draw: st.DrawFn) -> tuple[tuple[int, ...], ...]:
    """Where the actions of each of up to 12 states lead."""
    count = draw(st.integers(1, 12))
    leads = st.lists(st.integers(0, count - 1), max_size=3).map(tuple)
    return tuple(draw(leads) for _ in range(count))


def reachable(edges: tuple[tuple[int, ...], ...], starts: tuple[int, ...]) -> dict[int, int]:
    """The distance of every reachable state from the nearest start, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(edges)))
    graph.add_edges_from((one, two) for one, leads in enumerate(edges) for two in leads)
    distances = nx.multi_source_dijkstra_path_length(graph, set(starts), weight=None)
    return {int(state): int(steps) for state, steps in distances.items()}


@settings(deadline=None)
@given(edges=edge_lists(), data=st.data())
def test_counts_are_those_of_an_independent_reachability(
    toys: ModuleType, edges: tuple[tuple[int, ...], ...], data: st.DataObject
) -> None:
    """Every reachable state once, every pair of state and action once, with any starts."""
    states = st.integers(0, len(edges) - 1)
    starts = tuple(data.draw(st.lists(states, min_size=1, max_size=3)))
    model = toys.Graph(edges, starts)
    distances = reachable(edges, starts)
    for search in (breadth_first, depth_first):
        stats = search(model, []).stats
        assert stats.states == len(distances)
        assert stats.transitions == sum(len(edges[state]) for state in distances)
        assert stats.terminal == sum(not edges[state] for state in distances)
    assert breadth_first(model, []).stats.depth == max(distances.values())


@settings(deadline=None)
@given(edges=edge_lists(), data=st.data())
def test_a_counterexample_is_as_short_as_the_shortest_path(
    toys: ModuleType, edges: tuple[tuple[int, ...], ...], data: st.DataObject
) -> None:
    """Breadth-first promises a shortest counterexample; an unreachable state holds."""
    goal = data.draw(st.integers(0, len(edges) - 1))
    model: Any = toys.Graph(edges)
    distances = reachable(edges, (0,))
    properties = [toys.never(goal), toys.reached(goal)]
    broad, deep = breadth_first(model, properties), depth_first(model, properties)
    kinds = [verdict.kind for verdict in broad.verdicts]
    assert kinds == [verdict.kind for verdict in deep.verdicts]
    if goal not in distances:
        assert kinds == [Kind.HOLDS, Kind.REFUTED]
        return
    assert kinds == [Kind.REFUTED, Kind.WITNESSED]
    for verdict in (*broad.verdicts, *deep.verdicts):
        assert verdict.schedule is not None
        run = Trace.of(model, verdict.schedule)
        assert run.misfit is None
        assert run.states[-1] == goal
    for verdict in broad.verdicts:
        assert len(verdict.schedule or ()) == distances[goal]


@settings(deadline=None)
@given(edges=edge_lists(), data=st.data())
def test_a_step_is_found_one_step_after_its_state(
    toys: ModuleType, edges: tuple[tuple[int, ...], ...], data: st.DataObject
) -> None:
    """A step property is judged on every edge, also on one into a state seen before."""
    states = st.integers(0, len(edges) - 1)
    before, after = data.draw(states), data.draw(states)
    distances = reachable(edges, (0,))
    model: Any = toys.Graph(edges)
    taken = before in distances and after in edges[before]
    for search in (breadth_first, depth_first):
        verdict = search(model, [toys.never_step(before, after)]).verdicts[0]
        assert (verdict.kind is Kind.REFUTED) == taken
        if taken and search is breadth_first:
            assert len(verdict.schedule or ()) == distances[before] + 1


@settings(deadline=None)
@given(edges=edge_lists(), limit=st.integers(1, 12), seed=st.integers(0, 3))
def test_random_walks_see_reachable_states_only(
    toys: ModuleType, edges: tuple[tuple[int, ...], ...], limit: int, seed: int
) -> None:
    """A walk claims nothing it has not seen: its counts are within those of the whole search."""
    cut = tuple(leads if at < limit else () for at, leads in enumerate(edges))
    acyclic = tuple(tuple(to for to in leads if to > at) for at, leads in enumerate(cut))
    model: Any = toys.Graph(acyclic)
    whole = breadth_first(model, []).stats
    properties = [toys.never(None)]
    report = random_walk(model, properties, walks=5, seed=seed)
    assert report.stats.states <= whole.states
    assert report.stats.transitions <= whole.transitions
    assert report.stats.terminal <= whole.terminal
    assert report.verdicts[0].kind is Kind.UNKNOWN


@settings(deadline=None)
@given(edges=edge_lists(), schedule=st.lists(st.integers(0, 3), max_size=20))
def test_a_fitted_schedule_always_fits(
    toys: ModuleType, edges: tuple[tuple[int, ...], ...], schedule: list[int]
) -> None:
    """Shrinking relies on it: what is not enabled is left out, the rest runs to its end."""
    model: Any = toys.Graph(edges)
    fitted = fitting(model, schedule)
    run = Trace.of(model, fitted)
    assert run.misfit is None
    assert len(run.states) == len(fitted) + 1
    assert fitting(model, fitted) == fitted
