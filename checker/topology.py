"""Topologies: which nodes there are and which ordered pairs may talk.

Any networkx graph will do, by the name of a family (``ring:5``) or from a file. Nodes of a
family are named A, B, C, ... in order.
"""

from __future__ import annotations

from collections.abc import Callable
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


def node_name(index: int) -> str:
    """The name of the `index`-th node of a family: A ... Z, AA, AB, ..."""
    first, second = divmod(index, 26)
    letter = chr(ord("A") + second)
    return letter if first == 0 else chr(ord("A") + first - 1) + letter


def from_graph(graph: nx.Graph, name: str) -> Topology:
    """The topology of a networkx graph; node labels become strings.

    Raises UsageFault for an empty graph, a self-loop or two nodes with one name.
    """
    names = [str(node) for node in graph.nodes]
    if not names:
        raise UsageFault("the graph has no nodes", where=name, expected="at least one node")
    if len(set(names)) < len(names):
        raise UsageFault("two nodes have the same name", where=name)
    for node in names:
        if not node or ">" in node or any(letter.isspace() for letter in node):
            expected = "names without spaces and without '>'"
            raise UsageFault(f"cannot use {node!r} as a node name", where=name, expected=expected)
    links: set[tuple[str, str]] = set()
    for one, other in graph.edges():
        if one == other:
            raise UsageFault(f"node {one} has a link to itself", where=name)
        links.add((str(one), str(other)))
        if not graph.is_directed():
            links.add((str(other), str(one)))
    order = {node: at for at, node in enumerate(names)}
    ordered = sorted(links, key=lambda link: (order[link[0]], order[link[1]]))
    return Topology(name, tuple(names), tuple(ordered))


def _grid(size: str) -> nx.Graph:
    rows, _, columns = size.partition("x")
    return nx.grid_2d_graph(int(rows), int(columns))


FAMILIES: dict[str, tuple[str, Callable[[str], nx.Graph]]] = {
    "line": ("line:N", lambda size: nx.path_graph(int(size))),
    "path": ("path:N", lambda size: nx.path_graph(int(size))),
    "ring": ("ring:N", lambda size: nx.cycle_graph(int(size))),
    "star": ("star:N (A is the hub)", lambda size: nx.star_graph(int(size) - 1)),
    "complete": ("complete:N", lambda size: nx.complete_graph(int(size))),
    "grid": ("grid:RxC", _grid),
    "tree": ("tree:N (binary)", lambda size: nx.full_rary_tree(2, int(size))),
    "wheel": ("wheel:N", lambda size: nx.wheel_graph(int(size))),
    "random-regular": (
        "random-regular:N (degree 3, fixed seed)",
        lambda size: nx.random_regular_graph(3, int(size), seed=1),
    ),
}
"""Families by name, with how to write them."""


def family(text: str) -> Topology:
    """The topology called ``FAMILY:N``. Raises UsageFault."""
    name, colon, size = text.partition(":")
    known = ", ".join(usage for usage, _ in FAMILIES.values())
    if name not in FAMILIES or not colon:
        raise UsageFault(
            f"no topology family {name!r}" if name not in FAMILIES else "the size is missing",
            where=f"--topology {text}",
            expected=known,
            hint="a file name ending in .graphml, .edgelist or .adjlist works too",
        )
    try:
        graph = FAMILIES[name][1](size)
        count = graph.number_of_nodes()
    except (ValueError, nx.NetworkXException) as fault:
        raise UsageFault(
            f"cannot be built: {fault}", where=f"--topology {text}", expected=FAMILIES[name][0]
        ) from None
    if not 1 <= count <= NODES_MAX:
        raise UsageFault(
            f"has {count:,} nodes", where=f"--topology {text}", expected=f"1 to {NODES_MAX} nodes"
        )
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
    if path.suffix.lower() in READERS or path.exists():
        return from_file(path)
    return family(text)
