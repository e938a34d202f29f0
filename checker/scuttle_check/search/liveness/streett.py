"""Fair cycles over arrays: all strongly connected components are pruned at once.

The same answer as :mod:`scuttle_check.search.liveness.fair_cycles` gives with networkx, by the
linear algorithm that scipy has in compiled code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from scuttle_check.search.liveness.exploration import StateGraph

WORD = 62
"""More fair classes than these do not fit a word."""


def fits(graph: StateGraph) -> bool:
    """Whether the fair classes of `graph` fit one word each."""
    return (graph.weak | graph.strong).bit_length() <= WORD


def fair_parts(graph: StateGraph) -> Iterator[set[int]]:
    """What :func:`~.fair_cycles.fair_components` yields, in another order."""
    count = len(graph)
    enabled = np.array(graph.enabled, np.int64)
    bad = np.frombuffer(bytes(graph.bad), np.bool_)
    firsts, targets = np.array(graph.first, np.int64), np.array(graph.targets, np.int64)
    sources = np.repeat(np.arange(count), np.diff(firsts[: count + 1]))
    taking = np.array([*graph.bits, 0], np.int64)[np.array(graph.labels, np.int64)]
    looped = np.zeros(count, np.bool_)
    looped[sources[sources == targets]] = True
    owed = graph.weak | graph.strong
    for state in np.flatnonzero(bad & (enabled & owed == 0) & ~looped).tolist():
        yield {state}
    alive = np.ones(count, np.bool_)
    while alive.any():
        inside = alive[sources] & alive[targets]
        sources, targets, taking = sources[inside], targets[inside], taking[inside]
        component = _components(count, sources, targets)
        within = component[sources] == component[targets]
        parts = int(component.max()) + 1
        cyclic, spoilt = np.zeros(parts, np.bool_), np.zeros(parts, np.bool_)
        taken, some = np.zeros(parts, np.int64), np.zeros(parts, np.int64)
        every = np.full(parts, -1, np.int64)
        cyclic[component[sources[within]]] = True
        spoilt[component[bad]] = True
        np.bitwise_or.at(taken, component[sources[within]], taking[within])
        np.bitwise_or.at(some, component, enabled)
        np.bitwise_and.at(every, component, enabled)
        open_ = cyclic & spoilt & (every & graph.weak & ~taken == 0)
        starved = some & graph.strong & ~taken
        yield from _members(component, open_ & (starved == 0))
        again = open_ & (starved != 0)
        alive = again[component] & (enabled & starved[component] == 0)


def _components(
    count: int, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The number of the strongly connected component of each state."""
    edges = csr_array((np.ones(len(sources), np.int8), (sources, targets)), shape=(count, count))
    numbers: NDArray[np.int32] = connected_components(edges, connection="strong")[1]
    return numbers


def _members(component: NDArray[np.int32], wanted: NDArray[np.bool_]) -> Iterator[set[int]]:
    """The states of the components that are wanted."""
    states = np.flatnonzero(wanted[component])
    states = states[np.argsort(component[states], kind="stable")]
    for part in np.split(states, np.flatnonzero(np.diff(component[states])) + 1):
        if len(part):
            yield set(part.tolist())
