"""Small experiments of every kind, for tests that compare searches."""

from __future__ import annotations

from hypothesis import strategies as st

from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import RESTARTS, Experiment, Misfortune
from scuttle_check.gossip.script import parse_script
from scuttle_ref.names import UNBOUNDED

PROFILES = ("documented", "as-shipped", "textbook", "paper")
FAULTS = ("losses", "duplicates", "overtakings", "cuts", "crashes", "pauses")
NETWORKS = ("fifo", "unordered", "lossy", "duplicating")


@st.composite
def misfortunes(draw: st.DrawFn, network: str) -> Misfortune:
    """Nothing, or some of the faults, with small budgets."""
    budgets = {
        name: draw(st.integers(1, 2))
        for name in draw(st.sets(st.sampled_from(FAULTS), max_size=3))
        if name != "overtakings" or network != "unordered"
    }
    return Misfortune(restart=draw(st.sampled_from(RESTARTS)), **budgets)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Small experiments of every kind."""
    graph = topology(draw(st.sampled_from(["line:2", "line:3", "ring:3", "star:4"])))
    writes = st.builds(
        lambda node, key, value: f"{node} set {key}={value}",
        st.sampled_from(graph.nodes),
        st.sampled_from("kj"),
        st.integers(0, 9),
    )
    restarts = st.builds(lambda node: f"{node} restart", st.sampled_from(graph.nodes))
    gossips = st.builds(lambda link: f"{link[0]} gossip {link[1]}", st.sampled_from(graph.links))
    lines = draw(st.lists(st.one_of(writes, writes, gossips, restarts), min_size=1, max_size=4))
    network = draw(st.sampled_from(NETWORKS))
    pairs = st.sampled_from(graph.links)
    return Experiment(
        topology=graph,
        script=parse_script(lines, graph, "script"),
        profile=draw(st.sampled_from(PROFILES)),
        network=network,
        faults=draw(misfortunes(network)),
        wiring=draw(st.sampled_from(["addressed", "addressed", "broadcast"])),
        processes=draw(st.one_of(st.just(()), pairs.map(lambda pair: (pair,)))),
        exchanges=draw(st.integers(0, 1)) if len(graph.nodes) == 2 else 0,
        max_history=draw(st.sampled_from([UNBOUNDED, None, 0, 1, 2])),
        mtu=draw(st.sampled_from([UNBOUNDED, None, 1, 2])),
        resolver=draw(st.sampled_from(["lww_total", "lww_vs_clock", "max_value"])),
    )
