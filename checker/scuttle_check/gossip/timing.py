"""The timing of a node that runs, as a model: who waits for whom before it asks.

Each node keeps what the shell keeps for each of its connections, and the shell's own rules decide
(``scuttle_ref.node.asking``). That a turn has come is an exchange that the run may start; whether
the node asks then is the rule's. So a rule under which a node falls silent is refuted by a lasso.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable
from pathlib import Path

import attrs
from attrs import frozen

from scuttle_check.base.resources import spec_folder
from scuttle_check.engine.network import Comeback, Network
from scuttle_check.engine.properties import Broken, Eventually, Finding, Good
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import Effects, Scope, System, World
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.gossip.agreement import disagreement
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.fairness import session_fairness
from scuttle_ref.messages import DigestDone, Exchange, Put, Update
from scuttle_ref.node.asking import (
    NEW,
    TIMINGS,
    Answered,
    Asking,
    Timing,
    answered,
    asked,
    heard,
    turned,
)
from scuttle_ref.pairs import Pairs, get, put
from scuttle_ref.profiles import PROFILES
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


@frozen(cache_hash=True)
class Timed:
    """A node that runs: what it knows, and what it remembers of its questions to each peer."""

    node: NodeState
    asking: Pairs[str, Asking] = ()

    def to(self, peer: str) -> Asking:
        """What is remembered of the questions to a peer. Numbers do not matter here."""
        return get(self.asking, peer, NEW)

    def with_asking(self, peer: str, asking: Asking) -> Timed:
        """This node with something else remembered; a number or count would have no end."""
        bounded = attrs.evolve(asking, turn=1, waited=0)
        return attrs.evolve(self, asking=put(self.asking, peer, bounded))


@frozen
class TimedActor:
    """A Scuttlebutt node whose exchanges are turns, passed over or taken by a rule of timing."""

    gossip: Gossip
    timing: Timing

    @property
    def below(self) -> GossipActor:
        """The protocol."""
        return GossipActor(self.gossip)

    def start(self, node: str) -> Timed:
        """A node that knows nothing and has asked nothing."""
        return Timed(self.below.start(node))

    def exchange(self, target: str) -> Exchange:
        """The turn to ask `target` has come."""
        return Exchange(target)

    def command(self, local: Timed, command: Put | Exchange) -> Effects:
        """A local write, or a turn. Spec: NODE-16."""
        if isinstance(command, Exchange):
            peer = command.peer
            asking, now = turned(local.to(peer), self.timing, most=float("inf"))
            if not now:
                return Effects(local.with_asking(peer, asking))
            local = local.with_asking(peer, asked(asking))
        return _over(local, self.below.command(local.node, command))

    def receive(self, local: Timed, sender: str, message: Hashable) -> Effects:
        """A message of a peer, or the end of its answer. Spec: NODE-16."""
        if isinstance(message, Answered):
            asking, again = answered(local.to(sender), message)
            after = local.with_asking(sender, asking)
            return self.command(after, Exchange(sender)) if again else Effects(after)
        asking = heard(local.to(sender), update=isinstance(message, Update))
        done = _over(
            local.with_asking(sender, asking), self.below.receive(local.node, sender, message)
        )
        if not isinstance(message, DigestDone):
            return done
        return attrs.evolve(done, sends=(*done.sends, (sender, Answered(1))))

    def restarted(self, local: Timed, how: Comeback) -> Timed:
        """Nobody is answered any more."""
        return Timed(self.below.restarted(local.node, how))

    def shared(self, local: Timed) -> Hashable:
        """What the nodes of a process share."""
        return self.below.shared(local.node)

    def with_shared(self, local: Timed, component: Hashable) -> Timed:
        """The node with what its process shares."""
        node = self.below.with_shared(local.node, component)  # type: ignore[arg-type]
        return attrs.evolve(local, node=node)


def _over(local: Timed, effects: Effects) -> Effects:
    node = effects.local
    assert isinstance(node, NodeState)  # noqa: S101 - what the protocol below gave
    return attrs.evolve(effects, local=attrs.evolve(local, node=node))


def eventually_told() -> Eventually:
    """From some point on all replicas are equal, whoever waited for whom. Spec: LIVE-1, NODE-16."""

    def check(nodes: tuple[Timed, ...]) -> Finding:
        differ = disagreement(tuple(each.node for each in nodes))
        if differ is not None:
            return Broken(differ)
        return Good.KEPT if any(each.node.store for each in nodes) else Good.VACUOUS

    def parts(world: World) -> tuple[tuple[Hashable, ...], ...]:
        return (world.nodes,)

    says = "nodes that ask by turns agree from some point on, for ever"
    return Eventually("eventually-told", "LIVE-1", says, check, parts, Scope.ALL_NODES)


@frozen
class TimedCase:
    """A model of the catalogue under one rule of timing, and what is expected. Spec: NODE-16."""

    id: str
    says: str
    model: Sessions
    verdict: str
    states: int
    cycle: int | None = None


def load_timed(path: Path | None = None) -> tuple[TimedCase, ...]:
    """The models of timing in the catalogue. Spec: NODE-16."""
    document = tomllib.loads((path or spec_folder() / "models.toml").read_text(encoding="utf-8"))
    return tuple(
        TimedCase(f"{entry['id']}:{name}", entry["says"], _model(entry, name), **expected)
        for entry in document.get("timed", [])
        for name, expected in entry["expect"].items()
    )


def _model(entry: dict[str, object], timing: str) -> Sessions:
    nodes = topology(str(entry["topology"]))
    script = parse_script(entry["script"], nodes, str(entry["id"]))  # type: ignore[arg-type]
    actor = TimedActor(Gossip(PROFILES[str(entry["profile"])]), TIMINGS[timing])
    return Sessions(System(actor, nodes, Network("fifo"), script))


def judged(case: TimedCase, budget: Budget | None = None) -> Report:
    """Whether all fair runs of a model agree in the end, a turn being owed again and again."""
    fairness = session_fairness(case.model.system, "strong")
    return eventually(case.model, eventually_told(), fairness, budget)
