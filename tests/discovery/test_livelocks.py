"""Runs without end on which shipped nodes never agree, although everybody keeps exchanging."""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
import pytest
from attrs import frozen

from scuttle_check.engine.network import Network
from scuttle_check.engine.properties import Broken, Eventually, Finding, Good
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import Effects, System
from scuttle_check.engine.topology import from_links, topology
from scuttle_check.engine.verdict import Kind
from scuttle_check.gossip.agreement import disagreement
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.liveness import Endless, Forgetful, by_vectors, eventually_agreed
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import session_fairness
from scuttle_check.search.liveness.lasso import run_lasso
from scuttle_check.search.walks.random_walk import random_walk
from scuttle_ref.config import Config
from scuttle_ref.messages import Event, Exchange, Put, Received, Update
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.outputs import Send
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState

LIMITLESS = Config(max_history=UNBOUNDED, mtu=UNBOUNDED)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [("as-shipped", Kind.REFUTED), ("documented", Kind.HOLDS), ("paper", Kind.HOLDS)],
)
def test_a_shipped_hub_starves_a_leaf_for_ever(profile: str, kind: Kind) -> None:
    """Two peers whose sessions cross at a hub share its one list of named sources (DEV-9).

    A names itself to the hub, so the hub keeps A's write from C, whose done comes in between. No
    round of single exchanges shows it: it takes the crossing, every time.
    """
    graph = topology("line:3")
    experiment = Experiment(graph, parse_script(["A set k=1"], graph, "hub"), profile)
    live = Endless(experiment, early=0 if profile == "as-shipped" else None).build()
    report = eventually(live.model, eventually_agreed(), live.fairness)
    (verdict,) = report.verdicts
    assert verdict.kind is kind
    assert report.stats.states < 3_000
    if kind is Kind.REFUTED:
        assert verdict.because == "A has 1@1 and C has nothing for k"
        assert len(verdict.schedule or ()) <= 5
        assert len(verdict.cycle or ()) <= 16


def test_a_small_mtu_starves_a_peer_for_ever() -> None:
    """H34: a hub that knows four sources never says done, and D, cut from its digest, is not asked.

    The graph is large; the criterion on node vectors is refuted by a random walk. Spec: LIVE-6.
    """
    graph = topology("star:4")
    lines = ["B set b=1", "C set c=1", "D set d=1", "D set e=2"]
    script = parse_script(lines, graph, "mtu")
    live = Endless(Experiment(graph, script, "as-shipped", mtu=1), early=0).build()
    report = by_vectors(live, partial(random_walk, walks=30, seed=0))
    (verdict,) = report.verdicts
    assert verdict.kind is Kind.REFUTED
    assert "nothing" in verdict.because
    assert len(verdict.schedule or ()) <= 60
    wanted = eventually_agreed()
    run = run_lasso(live.model, wanted, live.fairness, verdict.schedule or (), verdict.cycle or ())
    assert run.because is not None
    hub, *leaves = run.states[-1].nodes
    assert any(len(leaf.store) > len(hub.store) for leaf in leaves)


# --- two nodes in one process ---------------------------------------------------------------------


@frozen(cache_hash=True)
class Process:
    """What a process knows: its nodes, which share one list of named sources if shipped."""

    nodes: tuple[NodeState, ...]


HOSTED = {"X": ("X",), "H": ("P", "Q"), "Y": ("Y",)}
PARTNER = {"X": "P", "P": "X", "Y": "Q", "Q": "Y"}
HOST = {name: process for process, names in HOSTED.items() for name in names}
WRITTEN = Update("Q", "s", 1, 1)


@frozen
class Processes:
    """An actor per process; messages carry the names of the two nodes they pass between.

    Q has written something and X knows it, as if the two had met before.
    """

    gossip: Gossip
    shares: bool

    def start(self, node: str) -> Process:
        known = {"Q": Put(WRITTEN.key, WRITTEN.value), "X": Received("Q", WRITTEN)}
        nodes = []
        for name in HOSTED[node]:
            state = self.gossip.start(name)
            nodes.append(self.gossip.step(state, known[name]).state if name in known else state)
        return Process(tuple(nodes))

    def exchange(self, target: str) -> Exchange:
        return Exchange(target)

    def command(self, local: Process, command: Exchange) -> Effects:
        here = [node.id for node in local.nodes if HOST[PARTNER[node.id]] == command.peer]
        return self._taken(local, here[0], Exchange(PARTNER[here[0]]))

    def receive(self, local: Process, _sender: str, message: Any) -> Effects:
        sender, name, inside = message
        return self._taken(local, name, Received(sender, inside))

    def _taken(self, local: Process, name: str, event: Event) -> Effects:
        """A step of one node, after which the others know what it has heard named."""
        (before,) = (node for node in local.nodes if node.id == name)
        step = self.gossip.step(before, event)
        named = step.state.named
        nodes = tuple(
            step.state
            if node.id == name
            else (attrs.evolve(node, named=named) if self.shares else node)
            for node in local.nodes
        )
        sent = [output for output in step.outputs if isinstance(output, Send)]
        sends = tuple((HOST[each.to], (name, each.to, each.message)) for each in sent)
        return Effects(Process(nodes), sends, step.outputs)


def partners_agreed() -> Eventually:
    """X and P agree and Y and Q do, from some point on: they are two networks."""

    def check(processes: tuple[Process, ...]) -> Finding:
        nodes = {node.id: node for process in processes for node in process.nodes}
        differ = disagreement((nodes["X"], nodes["P"])) or disagreement((nodes["Y"], nodes["Q"]))
        return Good.KEPT if differ is None else Broken(differ)

    return Eventually("partners-agreed", "LIVE-1", "", check, lambda world: (world.nodes,))


@pytest.mark.parametrize(
    ("profile", "shares", "kind"),
    [
        (AS_SHIPPED, True, Kind.REFUTED),
        (AS_SHIPPED, False, Kind.HOLDS),
        (DOCUMENTED, False, Kind.HOLDS),
    ],
)
def test_two_shipped_nodes_in_one_process_starve_a_stranger(
    profile: Profile, shares: bool, kind: Kind
) -> None:
    """X gossips with P and Y with Q; P and Q have nothing in common but their process (DEV-9).

    What X names to P is taken for named by Y, so Y never hears of Q's write. The same shipped
    nodes in two processes agree.
    """
    gossip = Gossip(profile, LIMITLESS)
    links = [("X", "H"), ("H", "X"), ("H", "Y"), ("Y", "H")]
    graph = from_links(list(HOSTED), links, "one process")
    system = System(Processes(gossip, shares), graph, Network("fifo"), ((), (), ()))
    forget = Forgetful(gossip)

    def normal(local: Any) -> Process:
        return Process(tuple(map(forget, local.nodes)))

    model = Sessions(system, 0, normal) if profile is AS_SHIPPED else Sessions(system)
    fairness = session_fairness(system, "strong")
    report = eventually(model, partners_agreed(), fairness)
    (verdict,) = report.verdicts
    assert verdict.kind is kind
    assert report.stats.states < 5_000
    if kind is Kind.REFUTED:
        prefix, cycle = verdict.schedule or (), verdict.cycle or ()
        run = run_lasso(model, partners_agreed(), fairness, prefix, cycle)
        assert run.because == verdict.because == "Y has nothing and Q has 1@1 for s"
        assert len(cycle) <= 20
