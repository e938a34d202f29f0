"""Topologies by family name, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import (
    FAMILIES,
    NODES_MAX,
    Topology,
    family,
    from_graph,
    from_links,
    node_name,
    topology,
)


def undirected(graph: Topology) -> set[tuple[str, str]]:
    """The edges of a topology whose links all go both ways."""
    assert {(two, one) for one, two in graph.links} == set(graph.links)
    return {(one, two) for one, two in graph.links if one < two}


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("line:1", ""),
        ("line:3", "AB BC"),
        ("path:3", "AB BC"),
        ("ring:4", "AB BC CD AD"),
        ("star:4", "AB AC AD"),
        ("complete:3", "AB AC BC"),
        ("complete:4", "AB AC AD BC BD CD"),
        ("grid:2x3", "AB BC DE EF AD BE CF"),
        ("tree:5", "AB AC BD BE"),
        ("wheel:4", "AB AC AD BC CD BD"),
    ],
)
def test_a_family_has_the_edges_of_its_picture(text: str, edges: str) -> None:
    """A user draws the picture in the head; the checker must explore that one."""
    graph = family(text)
    assert undirected(graph) == {tuple(edge) for edge in edges.split()}
    assert graph.nodes == tuple(sorted(graph.nodes))
    assert graph.name == text


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_of_eight_is_connected(name: str) -> None:
    """A family that falls apart could never agree, whatever the protocol."""
    graph = family(f"{name}:2x4" if name == "grid" else f"{name}:8")
    assert len(graph.nodes) == 8
    assert nx.is_connected(nx.Graph(graph.links))


NETWORKX = {
    "line": nx.path_graph,
    "ring": nx.cycle_graph,
    "star": lambda count: nx.star_graph(count - 1),
    "complete": nx.complete_graph,
    "tree": lambda count: nx.full_rary_tree(2, count),
    "wheel": nx.wheel_graph,
}


@pytest.mark.parametrize("name", NETWORKX)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 30])
def test_a_family_is_the_graph_that_networkx_builds(name: str, count: int) -> None:
    """The families are built without networkx, which is slow to load, and mean the same."""
    if (name, count) == ("ring", 1):
        pytest.skip("networkx makes a loop of it, which is refused")
    theirs = nx.relabel_nodes(NETWORKX[name](count), node_name)
    ours = family(f"{name}:{count}")
    assert set(ours.nodes) == set(theirs.nodes)
    assert set(ours.links) == set(theirs.to_directed().edges)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 1), (2, 3), (5, 4)])
def test_a_grid_is_the_graph_that_networkx_builds(rows: int, columns: int) -> None:
    """Its nodes are named row by row."""
    theirs = nx.grid_2d_graph(rows, columns)
    named = {(row, column): node_name(row * columns + column) for row, column in theirs.nodes}
    ours = family(f"grid:{rows}x{columns}")
    assert set(ours.links) == set(nx.relabel_nodes(theirs, named).to_directed().edges)


@pytest.mark.parametrize(
    ("links", "connected"),
    [
        ("AB BC CA", True),
        ("AB BC", False),
        ("AB BA", False),
        ("AB BA BC CB", True),
        ("BA CA AB", False),
    ],
)
def test_connected_means_that_every_node_can_hear_of_every_other(
    links: str, connected: bool
) -> None:
    """What is one-way only can never agree; networkx calls it strongly connected."""
    graph = from_links("ABC", [(link[0], link[1]) for link in links.split()], "drawn")
    assert graph.connected is connected
    directed = nx.DiGraph(graph.links)
    directed.add_nodes_from(graph.nodes)
    assert nx.is_strongly_connected(directed) is connected


def test_a_family_does_not_load_networkx() -> None:
    """Every command would start a tenth of a second later."""
    lines = "import sys; from scuttle_check.engine.topology import family; family('ring:4')"
    ran = subprocess.run(
        [sys.executable, "-c", f"{lines}; sys.exit('networkx' in sys.modules)"], check=False
    )
    assert ran.returncode == 0


def test_the_random_regular_graph_is_always_the_same() -> None:
    """A verdict names its topology; the name must mean one graph."""
    one, two = family("random-regular:8"), family("random-regular:8")
    assert one == two
    assert all(degree == 3 for _, degree in nx.Graph(one.links).degree)


@pytest.mark.parametrize(
    ("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_nodes_are_named_like_columns(index: int, name: str) -> None:
    """A, B, ..., Z, AA: short names, and as many as there may be nodes."""
    assert node_name(index) == name
    assert len({node_name(at) for at in range(NODES_MAX)}) == NODES_MAX


def test_links_follow_the_order_of_the_nodes() -> None:
    """The order of links is the order in which searches try them: it must not hash."""
    graph = family("ring:30")
    order = graph.node_index
    assert list(graph.links) == sorted(graph.links, key=lambda link: [order[end] for end in link])
    assert graph.nodes[26:28] == ("AA", "AB")
    assert [graph.link_index[link] for link in graph.links] == list(range(len(graph.links)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "ring",
        "ring:",
        ":3",
        "circle:4",
        "Ring:4",
        "ring:0",
        "ring:-1",
        "ring:x",
        "ring:3.5",
        "ring:3:4",
        "ring:1e2",
        "line:703",
        "grid:3",
        "grid:x",
        "grid:0x2",
        "grid:-2x-2",
        "grid:2x2x2",
        "grid:27x27",
        "tree:0",
        "star:0",
        "wheel:0",
        "complete:0",
        "random-regular:3",
        "random-regular:5",
        "ring:1",
        "line:１２",  # noqa: RUF001 - digits that int() would take
        "line:1_0",
        "line: 3",
        "ring:\0",
        "x" * 5_000,
        "line:" + "9" * 5_000,
    ],
)
def test_what_names_no_topology_is_a_usage_fault(text: str) -> None:
    """A typing mistake gets one sentence that says where and what would be right."""
    with pytest.raises(UsageFault) as caught:
        topology(text)
    assert caught.value.where
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "text", ["line:999999999", "complete:99999999", "grid:99999x99999", "star:12345678901"]
)
def test_a_huge_size_is_refused_before_it_is_built(text: str) -> None:
    """A zero too many must not fill the memory first and complain afterwards."""
    with pytest.raises(UsageFault) as caught:
        topology(text)
    assert str(NODES_MAX) in str(caught.value)


def test_an_unknown_family_is_answered_with_the_known_ones() -> None:
    """Who mistypes a name needs the list."""
    with pytest.raises(UsageFault) as caught:
        topology("circle:4")
    assert all(usage in caught.value.expected for usage, _ in FAMILIES.values())


@pytest.mark.parametrize(
    ("graph", "problem"),
    [
        (nx.Graph(), "no nodes"),
        (nx.Graph([("A", "A")]), "link to itself"),
        (nx.Graph([("A B", "C")]), "'A B'"),
        (nx.Graph([("A>B", "C")]), "'A>B'"),
        (nx.Graph([("", "C")]), "''"),
        (nx.Graph([("#A", "C")]), "'#A'"),
        (nx.Graph([("A,B", "C")]), "'A,B'"),
        (nx.Graph([("A\n", "C")]), r"'A\\n'"),
        (nx.Graph([(1, "1")]), "same name"),
    ],
)
def test_a_graph_that_cannot_be_used_is_refused(graph: nx.Graph, problem: str) -> None:
    """Names stand in scripts, schedules and flags, so they must read back."""
    with pytest.raises(UsageFault, match=problem):
        from_graph(graph, "mine")


def test_a_directed_graph_keeps_its_directions() -> None:
    """Pull gossip over a one-way link is a world of its own; no link may be added."""
    graph = from_graph(nx.DiGraph([("A", "B"), ("C", "B")]), "mine")
    assert graph.links == (("A", "B"), ("C", "B"))
    assert graph.nodes == ("A", "B", "C")


def test_the_order_of_nodes_is_that_of_the_graph() -> None:
    """A user's file says which node comes first."""
    graph = from_graph(nx.Graph([("zoe", "abe"), ("abe", "moe")]), "mine")
    assert graph.nodes == ("zoe", "abe", "moe")
    assert graph.links[0] == ("zoe", "abe")


@pytest.mark.parametrize(
    ("links", "connected"),
    [([], True), (["AB", "BA"], True), (["AB"], False), (["AB", "BC", "CA"], True)],
)
def test_connected_means_a_path_from_every_node_to_every_other(
    links: list[str], connected: bool
) -> None:
    """Without such paths no protocol can make replicas agree."""
    nodes = tuple(sorted({node for link in links for node in link} or {"A"}))
    graph = Topology("mine", nodes, tuple((one, two) for one, two in links))
    assert graph.connected == connected
    alone = Topology("alone", (*nodes, "Z"), graph.links)
    assert not alone.connected
