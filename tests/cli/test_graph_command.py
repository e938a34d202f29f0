"""``scuttle graph``: the graph of all worlds, as other tools read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

MODELS = [
    ["--topology", "line:2"],
    ["--topology", "line:2", "--profile", "as-shipped"],
    ["--topology", "line:2", "--network", "lossy", "--writers", "A", "--profile", "paper"],
    ["--topology", "line:3", "--writers", "A", "--exchanges", 0],
]
SWAP = ["--profile", "as-shipped", "--exchanges", 0]


@pytest.mark.parametrize("flags", MODELS, ids=str)
def test_graphml_is_the_whole_graph(
    scuttle: Callable[..., Any], tmp_path: Path, flags: list[object]
) -> None:
    """Read back by networkx it has the worlds, transitions and ends of a search.

    Spec: GRAPH-1, GRAPH-2.
    """
    path = tmp_path / "worlds.graphml"
    ran = scuttle("graph", *flags, "--format", "graphml", "--out", path)
    counts = scuttle("check", *flags, "--json").document
    graph = nx.read_graphml(path, force_multigraph=True)
    assert (ran.code, ran.out) == (0, "")
    assert graph.number_of_nodes() == counts["states"]
    assert graph.number_of_edges() == counts["transitions"]
    ends = {node for node, marks in graph.nodes(data=True) if marks["terminal"]}
    assert ends == {node for node in graph if graph.out_degree(node) == 0}
    assert len(ends) == counts["terminal"]
    starts = [node for node, marks in graph.nodes(data=True) if marks["initial"]]
    assert set(nx.descendants(graph, starts[0])) | set(starts) == set(graph)


@pytest.mark.parametrize("flags", MODELS, ids=str)
def test_what_is_refuted_is_marked_and_nothing_else(
    scuttle: Callable[..., Any], tmp_path: Path, flags: list[object]
) -> None:
    """The nearest marked world is as far away as the shortest counterexample. Spec: GRAPH-2."""
    path = tmp_path / "worlds.graphml"
    scuttle("graph", *flags, "--format", "graphml", "--out", path)
    graph = nx.read_graphml(path, force_multigraph=True)
    far = nx.single_source_shortest_path_length(graph, "w0")
    nearest: dict[str, int] = {}
    for node, text in graph.nodes(data="refutes"):
        for name in filter(None, (text or "").split(", ")):
            nearest[name] = min(nearest.get(name, far[node]), far[node])
    for before, _, text in graph.edges(data="refutes_step"):
        for name in filter(None, (text or "").split(", ")):
            nearest[name] = min(nearest.get(name, far[before] + 1), far[before] + 1)
    properties = scuttle("check", *flags, "--json").document["properties"]
    assert nearest == {p["name"]: p["steps"] for p in properties if p["verdict"] == "refuted"}


def test_dot_has_a_line_for_each_world_and_step(scuttle: Callable[..., Any]) -> None:
    """The text itself, read by its grammar. Spec: GRAPH-1, GRAPH-2."""
    ran = scuttle("graph", *SWAP)
    counts = scuttle("check", *SWAP, "--json").document
    nodes = re.findall(r'^  w(\d+) \[label="((?:[^"\\]|\\.)*)"(.*)\];$', ran.out, re.MULTILINE)
    edges = re.findall(r'^  w\d+ -> w\d+ \[label="perform [AB]\\l"\];$', ran.out, re.MULTILINE)
    assert [int(number) for number, _, _ in nodes] == list(range(counts["states"]))
    assert len(edges) == counts["transitions"]
    assert len(ran.out.splitlines()) == 3 + len(nodes) + len(edges)
    ends = [(text, marks) for _, text, marks in nodes if "peripheries=2" in marks]
    assert len(ends) == counts["terminal"] == 1
    assert "refutes agreement" in ends[0][0]
    assert "fillcolor" in ends[0][1]
    assert "A  holds k1=a1@A1" in ends[0][0]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed here")
def test_graphviz_draws_it(scuttle: Callable[..., Any]) -> None:
    """The program that DOT is written for must take it."""
    ran = subprocess.run(
        ["dot", "-Tsvg"], input=scuttle("graph", *SWAP).out, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.count('class="node"') == 4


@pytest.mark.parametrize("shape", ["dot", "graphml"])
def test_hostile_values_break_no_format(
    scuttle: Callable[..., Any], tmp_path: Path, shape: str
) -> None:
    """Quotes, brackets and control characters are data."""
    script = tmp_path / "script.txt"
    script.write_text('A set k="\\u0001 <a> & \\"b\\" \\\\"\n', encoding="utf-8")
    path = tmp_path / "worlds"
    flags = ["--script", script, "--exchanges", 0, "--format", shape, "--out", path]
    assert scuttle("graph", *flags).code == 0
    if shape == "graphml":
        assert nx.read_graphml(path).number_of_nodes() == 2
    else:
        text = path.read_text("utf-8")
        worlds = re.findall(r'^  w\d+ \[label="((?:[^"\\]|\\.)*)"', text, re.MULTILINE)
        assert len(worlds) == 2


def test_the_bytes_are_always_the_same(scuttle: Callable[..., Any]) -> None:
    """So that a drawing in a repository changes only when the model does."""
    for shape in ("dot", "graphml"):
        one, two = (scuttle("graph", *SWAP, "--format", shape).out for _ in range(2))
        assert one == two


def test_too_many_worlds_are_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    """Half a graph would show what is not so. Spec: GRAPH-1."""
    path = tmp_path / "worlds.dot"
    told = refused("graph", "--topology", "line:2", "--max-states", 136, "--out", path)
    assert "more than 136 worlds" in told
    assert not path.exists()


def test_no_file_is_overwritten(refused: Callable[..., str], tmp_path: Path) -> None:
    """What stands there may be somebody's."""
    path = tmp_path / "worlds.dot"
    path.write_text("mine", encoding="utf-8")
    assert "nothing was overwritten" in refused("graph", *SWAP, "--out", path)
