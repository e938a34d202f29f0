"""Topologies: which nodes there are and which ordered pairs may talk.

Any networkx graph will do, by the name of a family (``ring:5``) or from a file. Nodes of a
family are named A, B, C, ... in order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import networkx as nx
from attrs import field, frozen

from checker.faults import UsageFault

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
    def connected(self) -> bool:
        """Whether every node can be reached from every other."""
        graph = nx.DiGraph(self.links)
        graph.add_nodes_from(self.nodes)
        return bool(nx.is_strongly_connected(graph))


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


def _star(count: int) -> nx.Graph:
    return nx.star_graph(count - 1)


def _tree(count: int) -> nx.Graph:
    return nx.full_rary_tree(2, count)


def _random_regular(count: int) -> nx.Graph:
    return nx.random_regular_graph(3, count, seed=1)


FAMILIES: dict[str, tuple[str, Callable[..., nx.Graph]]] = {
    "line": ("line:N", nx.path_graph),
    "path": ("path:N", nx.path_graph),
    "ring": ("ring:N", nx.cycle_graph),
    "star": ("star:N (A is the hub)", _star),
    "complete": ("complete:N", nx.complete_graph),
    "grid": ("grid:RxC", nx.grid_2d_graph),
    "tree": ("tree:N (binary)", _tree),
    "wheel": ("wheel:N", nx.wheel_graph),
    "random-regular": ("random-regular:N (degree 3, fixed seed)", _random_regular),
}
"""Families by name, with how to write them and what builds them from their sizes."""


def _sizes(text: str, count: int) -> list[int]:
    """The numbers of a size, `count` of them. Raises ValueError before anything huge is built."""
    if re.fullmatch("x".join(["[0-9]{1,99}"] * count), text) is None:
        raise ValueError(f"{text[:40]!r} is no size")
    sizes = [int(number) for number in text.split("x")]
    if not 1 <= math.prod(sizes) <= NODES_MAX:
        raise ValueError(f"it would have {math.prod(sizes)} nodes, {NODES_MAX} is the most")
    return sizes


def family(text: str) -> Topology:
    """The topology called ``FAMILY:N``. Raises UsageFault."""
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
        graph = build(*_sizes(size, 2 if usage.endswith("RxC") else 1))
    except (ValueError, nx.NetworkXException) as fault:
        raise UsageFault(f"cannot be built: {fault}", where=where, expected=usage) from None
    labels = {node: node_name(at) for at, node in enumerate(sorted(graph.nodes))}
    named = nx.Graph()
    named.add_nodes_from(labels[node] for node in sorted(graph.nodes))
    named.add_edges_from((labels[one], labels[other]) for one, other in graph.edges())
    return from_graph(named, text)


READERS: dict[str, Callable[[str], nx.Graph]] = {
    ".graphml": nx.read_graphml,
    ".edgelist": nx.read_edgelist,
    ".edges": nx.read_edgelist,
    ".adjlist": nx.read_adjlist,
    ".gml": nx.read_gml,
}


def from_file(path: Path) -> Topology:
    """The topology stored in a graph file; the ending says the format. Raises UsageFault."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise UsageFault("not a graph file that is known", where=str(path), expected=known)
    try:
        graph = reader(str(path))
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
    path = Path(text)
    if path.suffix.lower() in READERS or _exists(path):
        return from_file(path)
    return family(text)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file's
        return False
