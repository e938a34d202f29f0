"""Automorphisms: the ways to exchange nodes of a topology that leave every link a link."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

from checker.topology import Topology

Permutation: TypeAlias = tuple[int, ...]
"""For each node, by index, the node that takes its place."""

ELEMENTS_MAX = 24
"""A group with more elements costs more than it leaves out; a subgroup does as well."""


def automorphisms(topology: Topology, fixed: Iterable[str]) -> tuple[Permutation, ...]:
    """The automorphisms that leave `fixed` nodes where they are, the identity first.

    Where there are more than ELEMENTS_MAX, further nodes are fixed until there are not. They are
    a group in any case.

    Spec: SYM-1.
    """
    staying = {topology.node_index[node] for node in fixed}
    places = range(len(topology.nodes))
    if len(places) - len(staying) < 2:  # noqa: PLR2004 - it takes two to change places
        return (tuple(places),)
    import networkx as nx  # noqa: PLC0415 - slow to load

    graph = nx.DiGraph()
    while True:
        graph.add_nodes_from((at, {"place": at if at in staying else None}) for at in places)
        graph.add_edges_from(
            (topology.node_index[one], topology.node_index[other]) for one, other in topology.links
        )
        matcher = nx.algorithms.isomorphism.DiGraphMatcher(
            graph, graph, node_match=lambda one, other: one["place"] == other["place"]
        )
        found = list(islice(matcher.isomorphisms_iter(), ELEMENTS_MAX + 1))
        if len(found) <= ELEMENTS_MAX:
            return tuple(sorted(tuple(each[at] for at in places) for each in found))
        staying.add(next(at for at in places if at not in staying))
