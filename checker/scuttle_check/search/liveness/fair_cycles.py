"""Fair cycles: strongly connected parts in which a fair run can stay for ever without the good.

The search for a cycle that satisfies Streett conditions: split into strongly connected components,
take out the states that promise a strongly fair action nobody takes, and split again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scuttle_check.search.liveness.exploration import StateGraph

WORTHWHILE = 30_000
"""Smaller graphs are searched before scipy is loaded. Unit: states."""


def fair_components(graph: StateGraph) -> Iterator[set[int]]:
    """The maximal sets of states that a fair run can visit for ever and that hold a bad state.

    A single state without an edge to itself stands for a run that stops there, which it may when
    nothing that is possible is owed. With scipy (the extra ``fast``) large graphs take a tenth of
    the time.

    Spec: LIVE-4.
    """
    by_arrays = _by_arrays(graph)
    if by_arrays is not None:
        yield from by_arrays
        return
    owed = graph.weak | graph.strong
    for state, bad in enumerate(graph.bad):
        if bad and not graph.enabled[state] & owed and state not in _targets(graph, state):
            yield {state}
    pending = [_on_cycles(graph)]
    while pending:
        for component in _components(graph, pending.pop()):
            if not any(graph.bad[state] for state in component):
                continue
            starved = starving(graph, component)
            if starved is None:
                continue
            if starved == 0:
                yield component
            else:
                pending.append({s for s in component if not graph.enabled[s] & starved})


def _by_arrays(graph: StateGraph) -> Iterator[set[int]] | None:
    """The same by scipy, where it is installed, and worth loading."""
    if len(graph) < WORTHWHILE:
        return None
    try:
        from scuttle_check.search.liveness.streett import fair_parts, fits  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return fair_parts(graph) if fits(graph) else None


def starving(graph: StateGraph, component: set[int]) -> int | None:
    """The strong classes possible somewhere in `component` and never taken in it, as bits.

    None when a weak class is possible everywhere in it and never taken: then no part of it can
    be fair.
    """
    taken = some = 0
    every = -1
    for state in component:
        some |= graph.enabled[state]
        every &= graph.enabled[state]
        for edge in graph.edges(state):
            if graph.targets[edge] in component:
                taken |= graph.bits[graph.labels[edge]]
    if every & graph.weak & ~taken:
        return None
    return some & graph.strong & ~taken


def _targets(graph: StateGraph, state: int) -> Iterable[int]:
    return (graph.targets[edge] for edge in graph.edges(state))


def _on_cycles(graph: StateGraph) -> set[int]:
    """The states that are left after taking out, again and again, those without a way in."""
    ways_in = [0] * len(graph)
    for target in graph.targets:
        ways_in[target] += 1
    outside = [state for state, count in enumerate(ways_in) if count == 0]
    gone = bytearray(len(graph))
    while outside:
        state = outside.pop()
        gone[state] = True
        for target in _targets(graph, state):
            ways_in[target] -= 1
            if ways_in[target] == 0:
                outside.append(target)
    return {state for state in range(len(graph)) if not gone[state]}


def _components(graph: StateGraph, states: set[int]) -> Iterator[set[int]]:
    """The strongly connected components within `states` that have an edge inside."""
    import networkx as nx  # noqa: PLC0415 - loads slowly, and most commands need it not

    part = nx.DiGraph()
    part.add_nodes_from(states)
    part.add_edges_from(
        (state, target) for state in states for target in _targets(graph, state) if target in states
    )
    for component in nx.strongly_connected_components(part):
        only = next(iter(component))
        if len(component) > 1 or only in _targets(graph, only):
            yield component
