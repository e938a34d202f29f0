"""Topologies: which nodes there are and which ordered pairs may talk.

Any networkx graph will do, by the name of a family (``ring:5``) or from a file. Nodes of a
family are named A, B, C, ... in order. The families that are a line of code are built without
networkx, which is slow to load.

Automorphisms: the ways to exchange nodes of a topology that leave every link a link.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from scuttle_check.base.errors import UsageFault

if TYPE_CHECKING:
    import networkx as nx

Edges: TypeAlias = Iterable[tuple[int, int]]
"""Undirected edges between nodes that are numbered from 0."""

NODES_MAX = 702
"""As many nodes as there are names of one or two letters."""


@frozen
class Topology:
    """Nodes in order, and directed links: (source, target) pairs, sorted.

    An undirected edge is two links.
    """

    name: str
    nodes: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    node_index: dict[str, int] = field(init=False, eq=False, repr=False)
    link_index: dict[tuple[str, str], int] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "node_index", {name: at for at, name in enumerate(self.nodes)})
        object.__setattr__(self, "link_index", {link: at for at, link in enumerate(self.links)})

    @property
    def connections(self) -> tuple[tuple[str, str], ...]:
        """One link of each pair of nodes that any link joins: the first one."""
        return tuple(
            (one, other)
            for at, (one, other) in enumerate(self.links)
            if self.link_index.get((other, one), at) >= at
        )

    def links_between(self, one: str, other: str) -> tuple[int, ...]:
        """The links between two nodes, in either direction, by index."""
        pairs = ((one, other), (other, one))
        return tuple(self.link_index[pair] for pair in pairs if pair in self.link_index)

    @property
    def connected(self) -> bool:
        """Whether every node can be reached from every other."""
        forth: dict[str, list[str]] = {node: [] for node in self.nodes}
        back: dict[str, list[str]] = {node: [] for node in self.nodes}
        for source, target in self.links:
            forth[source].append(target)
            back[target].append(source)
        return all(len(_reached(self.nodes[0], ways)) == len(self.nodes) for ways in (forth, back))


def _reached(start: str, ways: dict[str, list[str]]) -> set[str]:
    """The nodes to which `ways` lead from `start`, and `start`."""
    reached, waiting = {start}, [start]
    while waiting:
        new = set(ways[waiting.pop()]) - reached
        reached |= new
        waiting.extend(new)
    return reached


def node_name(index: int) -> str:
    """The name of the `index`-th node of a family: A ... Z, AA, AB, ..."""
    first, second = divmod(index, 26)
    letter = chr(ord("A") + second)
    return letter if first == 0 else chr(ord("A") + first - 1) + letter


def from_graph(graph: nx.Graph, name: str) -> Topology:
    """The topology of a networkx graph; node labels become strings.

    Raises UsageFault for an empty graph, a self-loop or two nodes with one name.
    """
    links = {(str(one), str(other)) for one, other in graph.edges()}
    if not graph.is_directed():
        links |= {(other, one) for one, other in links}
    return from_links([str(node) for node in graph.nodes], sorted(links), name)


def from_links(nodes: Sequence[str], links: Iterable[tuple[str, str]], name: str) -> Topology:
    """The topology of these nodes, in this order, and links. Raises UsageFault."""
    if not nodes:
        raise UsageFault("the graph has no nodes", where=name, expected="at least one node")
    order = {node: at for at, node in enumerate(nodes)}
    if len(order) < len(nodes):
        raise UsageFault("two nodes have the same name", where=name)
    for node in nodes:
        if not node or node[0] == "#" or any(c in ">," or c.isspace() for c in node):
            expected = "names without spaces, commas and '>', and without '#' in front"
            raise UsageFault(f"cannot use {node!r} as a node name", where=name, expected=expected)
    ordered: dict[tuple[str, str], None] = {}
    for one, other in links:
        if one == other:
            raise UsageFault(f"node {one} has a link to itself", where=name)
        if (one, other) in ordered or not {one, other} <= order.keys():
            problem = f"the link {one}>{other} is there twice, or leads to no node"
            raise UsageFault(problem, where=name)
        ordered[one, other] = None
    in_order = sorted(ordered, key=lambda link: (order[link[0]], order[link[1]]))
    return Topology(name, tuple(nodes), tuple(in_order))


def _line(count: int) -> Edges:
    return pairwise(range(count))


def _ring(count: int) -> Edges:
    return ((node, (node + 1) % count) for node in range(count))


def _star(count: int) -> Edges:
    return ((0, leaf) for leaf in range(1, count))


def _complete(count: int) -> Edges:
    return combinations(range(count), 2)


def _grid(rows: int, columns: int) -> Edges:
    for row in range(rows):
        for at in range(row * columns, (row + 1) * columns):
            if at % columns:
                yield at - 1, at
            if row:
                yield at - columns, at


def _tree(count: int) -> Edges:
    return (((node - 1) // 2, node) for node in range(1, count))


def _wheel(count: int) -> Edges:
    yield from _star(count)
    if count > 2:  # noqa: PLR2004 - a rim
        yield from ((node, node % (count - 1) + 1) for node in range(1, count))


def _random_regular(count: int) -> Edges:
    import networkx as nx  # noqa: PLC0415 - slow to load

    try:
        return list(nx.random_regular_graph(3, count, seed=1).edges())
    except nx.NetworkXException as fault:
        raise ValueError(str(fault)) from None


FAMILIES: dict[str, tuple[str, Callable[..., Edges]]] = {
    "line": ("line:N", _line),
    "path": ("path:N", _line),
    "ring": ("ring:N", _ring),
    "star": ("star:N (A is the hub)", _star),
    "complete": ("complete:N", _complete),
    "grid": ("grid:RxC", _grid),
    "tree": ("tree:N (binary)", _tree),
    "wheel": ("wheel:N", _wheel),
    "random-regular": ("random-regular:N (degree 3, fixed seed)", _random_regular),
}
"""Families by name, with how to write them and what builds them from their sizes."""


def _sizes(text: str, count: int, most: int) -> list[int]:
    """The numbers of a size, `count` of them. Raises ValueError before anything huge is built."""
    if re.fullmatch("x".join(["[0-9]{1,99}"] * count), text) is None:
        raise ValueError(f"{text[:40]!r} is no size")
    sizes = [int(number) for number in text.split("x")]
    if not 1 <= math.prod(sizes) <= most:
        raise ValueError(f"it would have {math.prod(sizes)} nodes, {most} is the most")
    return sizes


def edges_of(text: str, most: int = NODES_MAX) -> tuple[int, Edges]:
    """How many nodes ``FAMILY:N`` has, and its edges by number. Raises UsageFault.

    Edges are not built before they are asked for, where the family is a line of code.
    """
    name, colon, size = text.partition(":")
    known = ", ".join(usage for usage, _ in FAMILIES.values())
    where = f"--topology {text[:80]}"
    if name not in FAMILIES or not colon:
        raise UsageFault(
            f"no topology family {name[:40]!r}" if name not in FAMILIES else "the size is missing",
            where=where,
            expected=known,
            hint="a file name ending in .graphml, .edgelist or .adjlist works too",
        )
    usage, build = FAMILIES[name]
    try:
        sizes = _sizes(size, 2 if usage.endswith("RxC") else 1, most)
        return math.prod(sizes), build(*sizes)
    except ValueError as fault:
        raise UsageFault(f"cannot be built: {fault}", where=where, expected=usage) from None


def family(text: str) -> Topology:
    """The topology called ``FAMILY:N``. Raises UsageFault."""
    count, numbered = edges_of(text)
    edges = {(node_name(one), node_name(other)) for one, other in numbered}
    nodes = [node_name(at) for at in range(count)]
    return from_links(nodes, sorted(edges | {(other, one) for one, other in edges}), text)


EDGES = "edges:"
"""How a topology begins that is told edge by edge."""


def from_edges(text: str) -> Topology:
    """The topology told edge by edge, as in ``edges:A-B,B-C``. Raises UsageFault."""
    pairs = [tuple(edge.split("-")) for edge in text.removeprefix(EDGES).split(",")]
    if any(len(pair) != 2 or not all(pair) or pair[0] == pair[1] for pair in pairs):  # noqa: PLR2004
        raise UsageFault(
            "is no list of edges between two nodes each",
            where=f"--topology {text[:80]}",
            expected="edges:A-B,B-C",
        )
    links = {(one, other) for one, other in pairs} | {(other, one) for one, other in pairs}
    return from_links(sorted({node for link in links for node in link}), sorted(links), text)


READERS = {
    ".graphml": "read_graphml",
    ".edgelist": "read_edgelist",
    ".edges": "read_edgelist",
    ".adjlist": "read_adjlist",
    ".gml": "read_gml",
}
"""What networkx reads a graph file with, by the ending of its name."""


def from_file(path: Path) -> Topology:
    """The topology stored in a graph file; the ending says the format. Raises UsageFault."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise UsageFault("not a graph file that is known", where=str(path), expected=known)
    import networkx as nx  # noqa: PLC0415 - slow to load

    try:
        graph = getattr(nx, reader)(str(path))
    except OSError as fault:
        raise UsageFault(str(fault.strerror or fault), where=str(path)) from None
    except Exception as fault:  # noqa: BLE001 - readers raise whatever their parser raises
        raise UsageFault(
            f"is no graph that networkx can read ({type(fault).__name__}: {str(fault)[:120]})",
            where=str(path),
            expected=f"a graph in {path.suffix} format",
        ) from None
    return from_graph(nx.Graph(graph) if not graph.is_directed() else nx.DiGraph(graph), path.name)


def topology(text: str) -> Topology:
    """The topology that `text` names: a graph file if it looks like one, else a family."""
    if text.startswith(EDGES):
        return from_edges(text)
    path = Path(text)
    if path.suffix.lower() in READERS or _exists(path):
        return from_file(path)
    return family(text)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file's
        return False


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
