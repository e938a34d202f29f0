"""The symmetry gives the answers of the unreduced search, and refuses where a name decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Finding, Good, Sometimes
from scuttle_check.engine.system import Scope
from scuttle_check.engine.topology import ELEMENTS_MAX, automorphisms, topology
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions.claims import GossipFacets, GossipNaming
from scuttle_check.gossip.reductions.reduce import search_reduced
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.reductions.certificate import FalseClaims
from scuttle_ref.messages import Digest
from scuttle_ref.state import NodeState


def claims(setup: Setup, *, quotient: bool) -> dict[str, Any]:
    """What a search under the symmetry rests on."""
    facets = GossipFacets(setup.gossip, setup.system) if quotient else None
    left_out = frozenset() if facets is None else facets.rules
    return {"facets": facets, "naming": GossipNaming(setup.gossip, setup.system, left_out)}


def ring(profile: str = "textbook", **more: Any) -> Setup:
    """A ring of four, in which A and C write and B and D could change places."""
    graph = topology("ring:4")
    return Experiment(graph, generated_script(graph, "AC", 1, 1), profile, **more).build()


def test_two_relays_of_a_ring_halve_the_worlds() -> None:
    """1,069,206 worlds and those that both relays leave as they are, by two. Spec: SYM-1."""
    setup = ring()

    stats = compiled(setup.system, setup.properties, **claims(setup, quotient=False)).stats

    assert (stats.states, stats.transitions) == (535_343, 2_613_280)


def test_the_symmetry_goes_with_the_quotient() -> None:
    """The two reductions leave out different things. Spec: SYM-1, RED-2."""
    setup = ring()

    stats = compiled(setup.system, setup.properties, **claims(setup, quotient=True)).stats

    assert (stats.states, stats.transitions) == (78_671, 401_710)
    assert stats.reduction == "quotient+symmetry"


def test_the_symmetry_goes_with_stubborn_sets() -> None:
    """Terminal worlds are kept up to names, and judged under every name. Spec: SYM-3, RED-10."""
    setup = ring()
    setup = attrs.evolve(setup, properties=setup.properties[:2])

    half = search_reduced(setup, Budget(), "quotient+stubborn+symmetry")
    whole = search_reduced(setup, Budget(), "quotient+stubborn")

    assert half.stats.states < 0.6 * whole.stats.states
    assert [v.kind for v in half.verdicts] == [v.kind for v in whole.verdicts]
    assert [v.exercised for v in half.verdicts] == [v.exercised for v in whole.verdicts]


@pytest.mark.parametrize("node", ["B", "C"])
def test_a_property_of_one_node_is_judged_though_its_twin_was_explored(node: str) -> None:
    """Properties need not treat nodes alike; schedules name the node. Spec: SYM-3, SYM-4."""
    graph = topology("star:4")
    setup = Experiment(graph, generated_script(graph, "A", 1, 1), "textbook", exchanges=1).build()
    at = graph.node_index[node]

    def empty(nodes: tuple[NodeState, ...]) -> Finding:
        return Broken(f"{node} has it") if nodes[at].store else Good.KEPT

    def gained(step: tuple[NodeState, NodeState]) -> Finding:
        return Broken(f"{node} took it") if step[1].id == node and step[1].store else Good.KEPT

    vector = Always("vector", "SYM-3", "", lambda w: (w.nodes,), empty, Scope.ALL_NODES)
    step = AlwaysStep("step", "SYM-3", "", lambda *_: (), gained, Scope.NODE_STEP)

    report = compiled(setup.system, (vector, step), **claims(setup, quotient=True))

    for name in ("vector", "step"):
        world = Trace.of(setup.system, report.verdict(name).schedule or ()).states[-1]
        assert [bool(each.store) for each in world.nodes] == [
            each in {"A", node} for each in graph.nodes
        ]


def test_only_nodes_without_a_script_that_no_script_names_change_places() -> None:
    """Others are told apart by more than their place. Spec: SYM-1."""
    graph = topology("star:4")
    script = parse_script(["A set k=1", "A gossip B"], graph, "script")
    setup = Experiment(graph, script, "textbook").build()

    fixed = GossipNaming(setup.gossip, setup.system).distinguished()

    assert set(fixed) == {"A", "B"}
    assert automorphisms(graph, fixed) == ((0, 1, 2, 3), (0, 1, 3, 2))


def test_a_large_group_is_replaced_by_a_subgroup() -> None:
    """All 5,040 permutations of seven leaves would cost more than they leave out. Spec: SYM-1."""
    group = automorphisms(topology("star:8"), "A")

    assert 1 < len(group) <= ELEMENTS_MAX
    assert {tuple(one[at] for at in two) for one in group for two in group} == set(group)


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("resolver", {"profile": "documented", "resolver": "lww_vs_clock"}),
        ("digest lines", {"profile": "documented"}),
        ("digest lines", {"profile": "paper"}),
        ("process", {"processes": (("B", "D"),)}),
        ("new ids", {"faults": Misfortune(crashes=1, restart="new-id")}),
    ],
)
def test_the_symmetry_is_refused_where_a_name_decides(why: str, more: dict[str, Any]) -> None:
    """An unsound combination is refused with its reason. Spec: SYM-2."""
    setup = ring(**more)

    assert why in (GossipNaming(setup.gossip, setup.system).refusal() or "")


def test_a_name_that_sorts_as_a_number_is_refused_for_shipped_nodes() -> None:
    """JavaScript enumerates such names first. Spec: SYM-2."""
    graph = topology("ring:4")
    setup = Experiment(graph, generated_script(graph, "A", 1, 1), "as-shipped").build()
    assert GossipNaming(setup.gossip, setup.system).refusal() is None
    setup.system.topology = renamed_topology()

    assert "number" in (GossipNaming(setup.gossip, setup.system).refusal() or "")


def renamed_topology() -> Any:
    """A line whose ends are called by numbers."""
    from scuttle_check.engine.topology import from_links  # noqa: PLC0415

    return from_links(["9", "A", "10"], [("9", "A"), ("A", "9"), ("A", "10"), ("10", "A")], "t")


class ForgetsIds(GossipNaming):
    def renamed(self, part: Any, names: Mapping[str, str]) -> Any:
        return part if isinstance(part, NodeState) else super().renamed(part, names)


class ForgetsDigests(GossipNaming):
    def renamed(self, part: Any, names: Mapping[str, str]) -> Any:
        return part if isinstance(part, Digest) else super().renamed(part, names)


class MovesWriters(GossipNaming):
    def distinguished(self) -> tuple[str, ...]:
        return ()


@pytest.mark.parametrize(
    ("mutant", "profile", "exchanges", "says"),
    [
        (ForgetsIds, "textbook", 2, "the start differs under"),
        (ForgetsDigests, "as-shipped", 1, "exchange C>B is not exchange A>B under other names"),
        (MovesWriters, "textbook", 2, "perform C is not perform A under other names"),
        (GossipNaming, "documented", 2, "exchange C>B is not exchange A>B under other names"),
    ],
)
def test_a_false_symmetry_fails_its_certificate(
    mutant: type[GossipNaming], profile: str, exchanges: int, says: str
) -> None:
    """A wrong claim about names must not go unnoticed; the last one is refused. Spec: SYM-5."""
    graph = topology("line:3")
    script = parse_script(["B set k=1"], graph, "script")
    setup = Experiment(graph, script, profile, exchanges=exchanges).build()
    if mutant is MovesWriters:
        setup = Experiment(graph, parse_script(["A set k=1"], graph, "s"), profile).build()
    naming = mutant(setup.gossip, setup.system)

    with pytest.raises(FalseClaims) as found:
        compiled(setup.system, setup.properties, naming=naming, certify=True)

    assert found.value.claims[0].claim == "symmetry"
    assert found.value.claims[0].says.startswith(says)


def test_a_true_symmetry_passes_the_certificate_that_mutants_fail() -> None:
    """Else the test above would prove nothing. Spec: SYM-5."""
    for profile in ("textbook", "as-shipped"):
        graph = topology("line:3")
        setup = Experiment(graph, parse_script(["B set k=1"], graph, "script"), profile).build()
        naming = GossipNaming(setup.gossip, setup.system)
        assert naming.refusal() is None

        report = compiled(
            setup.system, setup.properties, Budget(states_max=50_000), naming=naming, certify=True
        )

        assert report.stats.complete


def test_whatever_three_twins_come_to_is_reached_by_a_schedule_that_leads_there() -> None:
    """Three nodes change places in circles, which no exchange of two tells from its inverse.

    Of each vector of node states that the whole search meets, the symmetry finds a schedule that
    leads to that vector, as long as the shortest. Spec: SYM-3, SYM-4.
    """
    graph = topology("star:4")
    experiment = Experiment(graph, parse_script(["A set k=1"], graph, "s"), "textbook")
    whole = experiment.build()
    met: dict[tuple[NodeState, ...], None] = {}

    def keep(nodes: tuple[NodeState, ...]) -> Finding:
        met[nodes] = None
        return Good.KEPT

    watching = Always("watching", "", "", lambda w: (w.nodes,), keep, Scope.ALL_NODES)
    compiled(whole.system, (watching,))
    wanted = [nodes for nodes in met if len({bool(node.store) for node in nodes[1:]}) > 1]
    assert len(wanted) > 5

    def reached(number: int, nodes: tuple[NodeState, ...]) -> Sometimes:
        return Sometimes(
            str(number), "", "", lambda found: found == nodes, lambda w: (w.nodes,), Scope.ALL_NODES
        )

    properties = tuple(reached(number, nodes) for number, nodes in enumerate(wanted))
    shortest = compiled(experiment.build().system, properties)
    for quotient in (False, True):
        setup = experiment.build()
        report = compiled(setup.system, properties, **claims(setup, quotient=quotient))
        for nodes, verdict, plain in zip(wanted, report.verdicts, shortest.verdicts, strict=True):
            if quotient and verdict.schedule is None:
                continue  # a quotient may forget what was named of a digest
            assert verdict.schedule is not None
            assert plain.schedule is not None
            run = Trace.of(setup.system, verdict.schedule)
            assert run.misfit is None
            assert run.states[-1].nodes == nodes
            assert quotient or len(verdict.schedule) == len(plain.schedule)
