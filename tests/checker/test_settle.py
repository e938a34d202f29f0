"""Fair rounds: what they come to, and that they end."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType

import pytest

from scuttle_check.engine.network import Network
from scuttle_check.engine.rounds import ROUNDS_MAX, FairRounds, Settled
from scuttle_check.engine.system import Deliver, Drop, Local, Perform, Start
from scuttle_check.engine.topology import Topology, family
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.agreement import fair_rounds, settled
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.plain import breadth_first

FIFO = Network("fifo")


def settle(actor: object, graph: Topology, nodes: tuple[object, ...]) -> Settled:
    """Fair rounds of a toy actor over ordered links."""
    return FairRounds(actor, graph, FIFO, news).settle(nodes)  # type: ignore[arg-type]


def news(message: object) -> bool:
    """Whether a message transfers something: all do, but what a counter tells."""
    return not (isinstance(message, tuple) and message[0] == "tell")


@pytest.mark.parametrize("text", ["line:2", "line:6", "ring:5", "star:7", "complete:4", "grid:3x3"])
def test_rounds_end_when_a_full_round_moves_nothing(actors: ModuleType, text: str) -> None:
    """The quiet round is counted too: it is the proof that no later one moves. Spec: CONV-13."""
    graph = family(text)
    nodes = tuple((at,) for at in range(len(graph.nodes), 0, -1))
    outcome = settle(actors.Counter(), graph, nodes)
    assert outcome.nodes == ((len(graph.nodes),),) * len(graph.nodes)
    assert outcome.quiet
    assert 2 <= outcome.rounds <= len(graph.nodes) + 1
    again = settle(actors.Counter(), graph, outcome.nodes)
    assert (again.nodes, again.moved, again.quiet) == (outcome.nodes, 0, True)


def test_parts_without_a_path_stay_different(actors: ModuleType) -> None:
    """Settled does not mean equal: the property compares, the rounds only run."""
    graph = Topology("two", ("A", "B"), ())
    outcome = settle(actors.Counter(), graph, ((1,), (2,)))
    assert (outcome.nodes, outcome.quiet, outcome.moved) == (((1,), (2,)), True, 0)


def test_an_actor_that_always_moves_is_not_quiet(actors: ModuleType) -> None:
    """The outcome is then open, and says so after a bounded number of rounds. Spec: CONV-13."""
    graph = family("line:2")
    outcome = settle(actors.Restless(), graph, (("A",), ("B",)))
    assert (outcome.quiet, outcome.rounds) == (False, ROUNDS_MAX)
    assert outcome.moved == 2 * ROUNDS_MAX


def test_an_exchange_without_end_is_cut(actors: ModuleType) -> None:
    """Two nodes that answer each answer must not hang the checker. Spec: CONV-13."""
    graph = family("line:2")
    outcome = settle(actors.PingPong(), graph, (("A",), ("B",)))
    assert not outcome.quiet


def test_one_exchange_is_delivered_to_its_end(actors: ModuleType) -> None:
    """B is told A's number, answers with its own, and A takes it: one call, both messages."""
    graph = family("line:2")
    rounds = FairRounds(actors.Counter(), graph, FIFO, news)
    nodes, moved = rounds.exchange(((1,), (2,)), "A", "B")
    assert (nodes, moved) == (((2,), (2,)), 1)


def test_the_healed_network_loses_nothing(experiment: Callable[..., Experiment]) -> None:
    """Faults end with the schedule: settling from any quiescent world takes clean links."""
    setup = experiment("line:2", ["A set k=1"], network="lossy").build()
    report = breadth_first(setup.system, setup.properties)
    assert report.verdict("agreement").kind.value == "holds"


def test_a_digest_cut_short_silences_a_node_for_one_round_only(
    experiment: Callable[..., Experiment],
) -> None:
    """The first quiet round is no proof: it may only have ended an exchange left open.

    C's done is lost, so the shipped hub B takes C for named by whoever asks next, and tells A
    nothing of C in the first fair round. The second round moves it. Spec: CONV-13.
    """
    setup = experiment("line:3", ["C set c=1"], profile="as-shipped", network="lossy").build()
    schedule = (
        *(Perform("C"), Start("B", "C"), Deliver("B", "C"), Deliver("B", "C"), Deliver("C", "B")),
        *(Start("C", "B"), Deliver("C", "B"), Drop("C", "B")),
    )
    run = Trace.of(setup.system, schedule, setup.properties)
    assert run.misfit is None
    assert setup.system.quiescent(run.states[-1])
    assert run.states[-1].nodes[1].named
    assert "agreement" not in run.decided
    outcome = settled(setup.system, run.states[-1].nodes)
    assert (outcome.quiet, outcome.moved) == (True, 1)


@pytest.mark.parametrize("profile", ["documented", "as-shipped", "textbook", "paper"])
@pytest.mark.parametrize("family_name", ["line:4", "ring:4", "star:4"])
def test_replicas_settle_within_the_diameter(
    experiment: Callable[..., Experiment], profile: str, family_name: str
) -> None:
    """Every value crosses at least one link per round, so few rounds are enough."""
    lines = [f"{node} set {node.lower()}=1" for node in "ABCD"]
    setup = experiment(family_name, lines, profile=profile).build()
    nodes = []
    for node, script in zip("ABCD", setup.system.script, strict=True):
        local = setup.system.actor.start(node)
        for command in script:
            local = setup.system.actor.command(local, command).local
        nodes.append(local)
    outcome = settled(setup.system, tuple(nodes))  # type: ignore[arg-type]
    assert outcome.quiet
    assert outcome.rounds <= 4
    assert {len(node.store) for node in outcome.nodes} == {4}  # type: ignore[attr-defined]


@pytest.mark.parametrize("wiring", ["addressed", "broadcast"])
@pytest.mark.parametrize("profile", ["documented", "as-shipped", "paper"])
def test_remembered_exchanges_come_to_what_new_ones_do(
    experiment: Callable[..., Experiment], profile: str, wiring: str
) -> None:
    """What two nodes tell each other does not depend on the others, so it is computed once.

    Spec: CONV-13.
    """
    setup = experiment("ring:3", ["A set k=1", "B set k=2"], profile=profile, wiring=wiring).build()
    vectors: set[tuple[Local, ...]] = set()
    world = next(iter(setup.system.initial()))
    choose = random.Random(1)  # noqa: S311 - seeded on purpose
    for _ in range(40):
        vectors.add(world.nodes)
        actions = setup.system.actions(world) or [None]
        action = choose.choice(list(actions))
        world = (
            next(iter(setup.system.initial()))
            if action is None
            else setup.system.next(world, action)
        )
    remembering = fair_rounds(setup.system)
    for nodes in sorted(vectors, key=repr) * 2:
        assert remembering.settle(nodes) == fair_rounds(setup.system).settle(nodes)
        for link in setup.system.topology.links:
            told = fair_rounds(setup.system).exchange(nodes, *link, [])
            assert remembering.exchange(nodes, *link) == told
