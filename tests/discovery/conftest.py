"""What the tests of discovery share: how a hazard is looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import networkx as nx
import pytest

from scuttle_check.engine.network import Network
from scuttle_check.engine.properties import Always
from scuttle_check.engine.topology import from_graph, topology
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.properties import properties_of
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.plain import breadth_first
from scuttle_ref.reducer import Gossip

GRAPHS = {"square": nx.Graph([("X", "B"), ("X", "C"), ("B", "A"), ("C", "A")])}
"""Graphs that are no family."""


@pytest.fixture(scope="session")
def build() -> Callable[..., Setup]:
    """Make a model of a topology, script lines and the settings of an experiment.

    `gossip` or `links` put a protocol or a network of the test's own in its place.
    """

    def setup_of(
        name: str,
        lines: str | list[str],
        *,
        gossip: Gossip | None = None,
        links: Network | None = None,
        **settings: Any,
    ) -> Setup:
        graph = from_graph(GRAPHS[name], name) if name in GRAPHS else topology(name)
        if isinstance(lines, str):
            lines = [line.strip() for line in lines.split(";")]
        setup = Experiment(graph, parse_script(lines, graph, "test"), **settings).build()
        protocol = gossip or setup.gossip
        actor = GossipActor(protocol, sum(settings.get("processes", ()), ()))
        system = attrs.evolve(setup.system, actor=actor, network=links or setup.system.network)
        return Setup(system, protocol, properties_of(system))

    return setup_of


@pytest.fixture(scope="session")
def explore() -> Callable[[Setup], Report]:
    """Explore everything, by the plain and by the compiled search, which must agree."""

    def explored(setup: Setup) -> Report:
        report = breadth_first(setup.system, setup.properties)
        assert report.stats.complete
        assert told(exhaustive(setup.system, setup.properties)) == told(report)
        return report

    return explored


def told(report: Report) -> list[object]:
    """What two exhaustive searches must agree in."""
    stats = report.stats
    verdicts = [
        (verdict.property.name, verdict.kind, len(verdict.schedule or ()))
        for verdict in report.verdicts
    ]
    return [verdicts, stats.states, stats.transitions, stats.terminal, stats.depth]


@pytest.fixture(scope="session")
def hunt() -> Callable[[Setup, str], tuple[Verdict, int]]:
    """Look for one counterexample; the verdict and how many worlds it took."""

    def hunted(setup: Setup, name: str) -> tuple[Verdict, int]:
        wanted = [each for each in setup.properties if each.name == name]
        assert wanted, name
        report = breadth_first(setup.system, wanted, until_decided=True)
        return report.verdict(name), report.stats.states

    return hunted


@pytest.fixture(scope="session")
def refuted() -> Callable[[Report], set[str]]:
    """The names of the properties that a report refutes."""

    def names(report: Report) -> set[str]:
        return {v.property.name for v in report.verdicts if v.kind is Kind.REFUTED}

    return names


@pytest.fixture(scope="session")
def narrowed() -> Callable[..., Always]:
    """A property that judges only the parts that `counts` lets through."""

    def narrow(setup: Setup, name: str, counts: Callable[[Any], bool]) -> Always:
        whole = next(each for each in setup.properties if each.name == name)
        assert isinstance(whole, Always)
        inner = whole.parts
        return attrs.evolve(whole, parts=lambda world: filter(counts, inner(world)))

    return narrow
