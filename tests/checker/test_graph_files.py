"""Topologies from graph files, good and bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import READERS, topology

SQUARE = nx.Graph([("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")])
ONE_WAY = nx.DiGraph([("A", "B"), ("B", "C")])

WRITERS: dict[str, Callable[[nx.Graph, str], None]] = {
    ".graphml": nx.write_graphml,
    ".edgelist": nx.write_edgelist,
    ".edges": nx.write_edgelist,
    ".adjlist": nx.write_adjlist,
    ".gml": nx.write_gml,
}


def test_every_format_that_can_be_read_is_tested() -> None:
    """A reader without a test is a promise without a proof."""
    assert WRITERS.keys() == READERS.keys()


@pytest.mark.parametrize("ending", WRITERS)
def test_a_square_comes_back_from_its_file(tmp_path: Path, ending: str) -> None:
    """What networkx writes, the checker reads: the same nodes and links in both directions."""
    path = tmp_path / f"square{ending}"
    WRITERS[ending](SQUARE, str(path))
    graph = topology(str(path))
    assert sorted(graph.nodes) == ["A", "B", "C", "D"]
    assert len(graph.links) == 8
    assert {frozenset(link) for link in graph.links} == {frozenset(edge) for edge in SQUARE.edges}
    assert graph.name == path.name


@pytest.mark.parametrize("ending", [".graphml", ".gml"])
def test_a_file_can_say_that_links_are_one_way(tmp_path: Path, ending: str) -> None:
    """GraphML and GML know directed graphs; the others are always undirected."""
    path = tmp_path / f"chain{ending}"
    WRITERS[ending](ONE_WAY, str(path))
    assert topology(str(path)).links == (("A", "B"), ("B", "C"))


def test_an_ending_in_capitals_is_the_same_format(tmp_path: Path) -> None:
    """Files from other systems shout."""
    path = tmp_path / "SQUARE.GraphML"
    nx.write_graphml(SQUARE, str(path))
    assert len(topology(str(path)).nodes) == 4


def test_numbered_nodes_become_names(tmp_path: Path) -> None:
    """Most generated graphs number their nodes; scripts then say ``0 set k=1``."""
    path = tmp_path / "numbers.graphml"
    nx.write_graphml(nx.path_graph(3), str(path))
    assert topology(str(path)).nodes == ("0", "1", "2")


def test_parallel_edges_are_one_link(tmp_path: Path) -> None:
    """A multigraph has no more channels than a graph: one per direction."""
    path = tmp_path / "multi.graphml"
    nx.write_graphml(nx.MultiGraph([("A", "B"), ("A", "B")]), str(path))
    assert topology(str(path)).links == (("A", "B"), ("B", "A"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.graphml", b""),
        ("empty.edgelist", b""),
        ("empty.adjlist", b""),
        ("empty.gml", b""),
        ("comment.edgelist", b"# nothing here\n"),
        ("text.graphml", b"this is no graph"),
        ("other.graphml", b"<html><body>no graph</body></html>"),
        ("half.graphml", b"<graphml><graph><node id='A'/>"),
        ("none.graphml", b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns"></graphml>'),
        ("text.gml", b"this is no graph"),
        ("short.gml", b"graph [ node [ id 0"),
        ("weights.edgelist", b"A B 1.5 2.5\n"),
        ("binary.edgelist", b"\xff\xfe\x00\x01"),
        ("binary.adjlist", b"\xff\xfe\x00\x01"),
        ("loop.edgelist", b"A A\n"),
        ("arrow.edgelist", b"A>B C\n"),
        ("square.png", b"\x89PNG"),
        ("noending", b"A B\n"),
    ],
)
def test_a_file_that_holds_no_graph_is_a_usage_fault(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """Whatever a parser raises, the user reads which file and what was expected."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageFault) as caught:
        topology(str(path))
    assert name in caught.value.where
    assert len(str(caught.value)) < 600


def test_a_missing_file_is_a_usage_fault(tmp_path: Path) -> None:
    """A file name is told from a family by its ending, also when the file is not there."""
    with pytest.raises(UsageFault, match="No such file"):
        topology(str(tmp_path / "gone.graphml"))


def test_a_folder_is_no_graph(tmp_path: Path) -> None:
    """A path that exists is never taken for a family."""
    with pytest.raises(UsageFault, match="not a graph file"):
        topology(str(tmp_path))
    (tmp_path / "folder.gml").mkdir()
    with pytest.raises(UsageFault, match="directory"):
        topology(str(tmp_path / "folder.gml"))


def test_a_family_wins_over_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that happens to be called like a family is the file: it exists."""
    monkeypatch.chdir(tmp_path)
    assert len(topology("ring:3").nodes) == 3
    (tmp_path / "ring:3").write_text("A B\n", encoding="utf-8")
    with pytest.raises(UsageFault, match="not a graph file"):
        topology("ring:3")
