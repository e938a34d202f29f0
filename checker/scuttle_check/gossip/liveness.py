"""Liveness of Scuttlebutt: nodes that never stop exchanging agree in the end, and stay so.

Two ways to decide it: fair cycles of the whole graph (``scuttle_check.search.liveness``), which is
general, and the criterion on node vectors below, which is a safety property and needs no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.properties import Always, Broken, Eventually, Finding, Good, Property
from scuttle_check.engine.rounds import EndlessExchange, FairRounds
from scuttle_check.engine.sessions import Sessions, as_it_is
from scuttle_check.engine.system import Action, Deliver, Local, Scope, Start, World
from scuttle_check.engine.trace import Trace, fitting
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.actor import Restart, moves_update
from scuttle_check.gossip.agreement import disagreement
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.properties import all_nodes
from scuttle_check.search.liveness.fairness import Fairness, session_fairness
from scuttle_check.search.shrink import shrunk
from scuttle_ref.history import History
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile
from scuttle_ref.reducer import Gossip
from scuttle_ref.rules import admit_all, advertise_ticking
from scuttle_ref.state import NodeState
from scuttle_ref.version_vector import VersionVector

Search: TypeAlias = Callable[[Any, Sequence[Property]], Report]


@frozen
class Endless:
    """An experiment whose nodes never stop exchanging, and what is owed to it.

    `early` bounds the exchanges of each link until all owners are done; None is no bound.
    """

    experiment: Experiment
    fairness: str = "strong"
    early: int | None = None

    def build(self) -> LiveSetup:
        """The model, and the assumption. Raises a Fault for what is no good. Spec: LIVE-2."""
        setup = self.experiment.build()
        gossip = setup.gossip
        ticking = any(map(ticks, self.experiment.profiles()))
        if ticking and setup.mixed:
            raise UsageFault(
                "nodes have settings of their own, and a shipped clock ticks",
                where="nodes",
                expected="the same for all nodes",
                clause="LIVE-5",
            )
        if ticking and self.early is None:
            raise UsageFault(
                f"under {gossip.profile.name} every exchange ticks a clock that stamps versions",
                where="--exchanges",
                expected="a bound on the exchanges of each link until all owners are done",
                clause="LIVE-5",
            )
        if ticking and any(isinstance(c, Restart) for cs in self.experiment.script for c in cs):
            raise UsageFault(
                "after a restart the ticks of the shipped clock may matter, and have no bound",
                where="the script",
                expected="no restart",
                clause="LIVE-5",
            )
        if ticking and self.experiment.faults.crashes:
            raise UsageFault(
                "after a crash the ticks of the shipped clock may matter, and have no bound",
                where="--crashes",
                expected="no crashes",
                clause="LIVE-5",
            )
        if setup.system.outages.stops:
            raise UsageFault(
                "who waits for a node that is gone for good waits for ever",
                where="--stops",
                expected="0",
                clause="LIVE-2",
            )
        if setup.system.wiring.broadcast:
            raise UsageFault(
                "neighbours that all hear all may fill a link without end",
                where="--wiring",
                expected="addressed",
                clause="LIVE-2",
            )
        forgetful = Forgetful(gossip) if ticking else as_it_is
        model = Sessions(setup.system, self.early, forgetful)
        return LiveSetup(setup, model, session_fairness(setup.system, self.fairness))


def ticks(profile: Profile) -> bool:
    """Whether an exchange changes the clock of the node that starts it. Spec: LIVE-5."""
    return profile.advertise is advertise_ticking


@frozen
class LiveSetup:
    """A model of sessions that is ready to be searched."""

    setup: Setup
    model: Sessions
    fairness: Fairness


def eventually_agreed() -> Eventually:
    """From some point on all replicas are equal, for ever. Spec: LIVE-1."""

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        differ = disagreement(nodes)
        if differ is not None:
            return Broken(differ)
        return Good.KEPT if any(node.store for node in nodes) else Good.VACUOUS

    says = "nodes that never stop exchanging agree from some point on, for ever"
    return Eventually("eventually-agreed", "LIVE-1", says, check, all_nodes, Scope.ALL_NODES)


# --- as shipped: what can no longer matter ------------------------------------------------------


@frozen
class Forgetful:
    """The normal form of a shipped node state once all owners are done.

    Forgotten are the ticks of the own clock above the highest version taken, how often a source
    was named and in which order, and, where neither history nor answers have a limit, that an
    update was recorded more than once.

    Spec: LIVE-5.
    """

    gossip: Gossip

    def __call__(self, local: Local) -> NodeState:
        """The normal form of `local`."""
        assert isinstance(local, NodeState)  # noqa: S101 - this is the bridge
        pairs = tuple(
            (s, local.version if s == local.id else mark) for s, mark in local.clock.pairs
        )
        named = tuple((session, tuple(sorted(set(marks)))) for session, marks in local.named)
        config = self.gossip.config
        unlimited = config.max_history == config.mtu == UNBOUNDED
        history = _each_once(local.history) if unlimited else local.history
        return attrs.evolve(local, clock=VersionVector(pairs), named=named, history=history)


def _each_once(history: History) -> History:
    """The history without repetitions."""
    return History(tuple(dict.fromkeys(history.updates)))


# --- the criterion on node vectors ----------------------------------------------------------------


def productive(live: LiveSetup) -> Always:
    """While replicas differ, some single exchange changes what the nodes know.

    Read in worlds in which owners are done and nothing is in flight. Where it is broken, every
    exchange leads back: a fair run that goes on so for ever never agrees, whatever is presumed.
    That it decides agreement where it holds presumes what :func:`decides` asks for.

    Spec: LIVE-6.
    """
    system = live.setup.system
    rounds = FairRounds(system.actor, system.topology, system.network, moves_update, system.wiring)
    model = live.model

    def parts(world: World) -> tuple[tuple[NodeState, ...], ...]:
        return (world.nodes,) if system.quiescent(world) else ()  # type: ignore[return-value]

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        differ = disagreement(nodes)
        if differ is None:
            return Good.KEPT if any(node.store for node in nodes) else Good.VACUOUS
        for link in system.topology.links:
            try:
                after, _ = rounds.exchange(nodes, *link)
            except EndlessExchange:
                return Good.KEPT
            if tuple(map(model.normal, after)) != nodes:
                return Good.KEPT
        return Broken(f"{differ}, and no exchange changes what any node knows")

    says = "while replicas differ, some exchange changes what a node knows"
    scope = Scope.QUIESCENT_NODES
    return Always("productive", "LIVE-6", says, parts, check, scope)


def undecided_by_vectors(live: LiveSetup) -> str | None:
    """Why *productive* does not prove agreement for this model, or None where it does.

    Presumed are strong fairness of exchanges, links that lose, copy and reorder nothing, nodes
    that keep the digests of their peers apart, and that no node takes an update twice: then
    what nodes know only ever grows, and an exchange that would change it once can at any time.

    Spec: LIVE-7.
    """
    profile, network = live.setup.gossip.profile, live.setup.system.network
    if not live.fairness.strong:
        return "exchanges are not strongly fair"
    if not network.ordered or network.losses or network.duplicates:
        return f"links are {network.name}"
    if any(live.setup.system.budgets):
        return "nodes or connections may fail"
    if profile.session("P") == profile.session("Q"):
        return "a node does not keep the digests of its peers apart"
    if profile.admit is admit_all:
        return "nodes take updates again that they have taken before"
    return None


def by_vectors(live: LiveSetup, search: Search) -> Report:
    """The verdict on *eventually agreed* that the criterion gives, with a lasso if refuted.

    `search` explores the model and judges *productive*. Where the criterion holds and does not
    decide, the verdict is unknown.

    Spec: LIVE-6, LIVE-7.
    """
    wanted, criterion = eventually_agreed(), productive(live)
    report = search(live.model, (criterion,))
    found = report.verdicts[0]
    if found.kind is Kind.REFUTED and found.schedule is not None:
        prefix = _shortened(live.model, criterion, found.schedule)
        world = Trace.of(live.model, prefix).states[-1]
        cycle = every_exchange(live, world)
        verdict = Verdict(wanted, found.kind, prefix, found.because, found.exercised, cycle)
        return Report((verdict,), report.stats)
    verdict = attrs.evolve(found, property=wanted)
    open_because = undecided_by_vectors(live)
    if found.kind is Kind.HOLDS and open_because is not None:
        because = f"the criterion holds, but {open_because}"
        verdict = attrs.evolve(verdict, kind=Kind.UNKNOWN, because=because)
    return Report((verdict,), report.stats)


def _shortened(
    model: Sessions, criterion: Always, schedule: tuple[Hashable, ...]
) -> tuple[Hashable, ...]:
    """The part of a schedule that is needed to get stuck, up to where it is stuck first."""

    def stuck_at(actions: Sequence[Hashable]) -> tuple[Hashable, ...] | None:
        fitted = fitting(model, actions)
        for at, world in enumerate(Trace.of(model, fitted).states):
            if any(isinstance(criterion.check(part), Broken) for part in criterion.parts(world)):
                return fitted[:at]
        return None

    kept = shrunk(schedule, lambda actions: stuck_at(actions) is not None)
    return stuck_at(kept) or schedule


def every_exchange(live: LiveSetup, world: World) -> tuple[Action, ...]:
    """One exchange over every link, each delivered to its end: the cycle of a stuck vector."""
    model = live.model
    taken: list[Action] = []
    for link in live.setup.system.topology.links:
        pending: Action | None = Start(*link)
        while pending is not None:
            world = model.next(world, pending)
            taken.append(pending)
            pending = next((a for a in model.actions(world) if isinstance(a, Deliver)), None)
    return tuple(taken)
