"""No search ignores what a subclass of System says, nor what its parts say.

The protocol is two-phase commit with presumed abort, as an outsider wrote it for the engine in a
trial of 2026-11-30: the coordinator A may crash and forget, each participant may refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from attrs import evolve, frozen

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.actions import Crash, Deliver
from scuttle_check.engine.network import Channel, Comeback, Network, Outages
from scuttle_check.engine.properties import Always, Broken, Eventually, Finding, Good
from scuttle_check.engine.sessions import Sessions
from scuttle_check.engine.system import Effects, Scope, System, overridden
from scuttle_check.engine.topology import topology
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.reductions.reduce import refusal_of, search_reduced
from scuttle_check.gossip.script import generated_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.divided.coordinator import divided
from scuttle_check.search.divided.crew import Alone
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.liveness.eventually import eventually
from scuttle_check.search.liveness.numbered import unnumbered
from scuttle_check.search.plain import breadth_first
from scuttle_check.search.walks.swarm import random_search, swarm_applies

PARTS = ("B", "C")


@frozen(cache_hash=True)
class Peer:
    id: str
    phase: str = "working"
    votes: frozenset[str] = frozenset()


class TwoPhase:
    def start(self, node: str) -> Peer:
        return Peer(node)

    def command(self, local: Peer, command: Any) -> Effects:
        if command[0] == "ask":
            if local.id == "A":
                said = {"committed": "commit", "aborted": "abort"}.get(local.phase, "prepare")
                return Effects(local, ((command[1], said),))
            return Effects(local, (("A", "what"),)) if local.phase == "prepared" else Effects(local)
        if local.phase == "working":
            return Effects(evolve(local, phase="aborted"), (("A", "no"),))
        return Effects(local)

    def receive(self, local: Peer, sender: str, message: Any) -> Effects:
        if local.id == "A":
            return self.coordinate(local, sender, message)
        if message == "prepare":
            if local.phase == "aborted":
                return Effects(local, (("A", "no"),))
            after = evolve(local, phase="prepared") if local.phase == "working" else local
            return Effects(after, (("A", "yes"),))
        if message == "commit" and local.phase == "prepared":
            return Effects(evolve(local, phase="committed"))
        if message == "abort" and local.phase != "committed":
            return Effects(evolve(local, phase="aborted"))
        return Effects(local)

    def coordinate(self, local: Peer, sender: str, message: Any) -> Effects:
        if message == "what":
            said = {"committed": "commit", "aborted": "abort"}.get(local.phase)
            return Effects(local, ((sender, said),) if said else ())
        if local.phase != "working":
            return Effects(local)
        if message == "no":
            return Effects(evolve(local, phase="aborted"), tuple((p, "abort") for p in PARTS))
        votes = local.votes | {sender}
        if votes == set(PARTS):
            after = evolve(local, phase="committed", votes=votes)
            return Effects(after, tuple((p, "commit") for p in PARTS))
        return Effects(evolve(local, votes=votes))

    def exchange(self, target: str) -> tuple[str, str]:
        return ("ask", target)

    def restarted(self, local: Peer, how: Comeback) -> Peer:
        if how is Comeback.PERSISTED:
            return local
        return Peer(local.id, "aborted" if local.id == "A" else "working")

    def shared(self, local: Peer) -> None:
        """Nothing."""

    def with_shared(self, local: Peer, component: None) -> Peer:
        del component
        return local


def _check(nodes: tuple[Peer, ...]) -> Finding:
    done = {node.phase for node in nodes} & {"committed", "aborted"}
    return Broken("both") if len(done) > 1 else Good.KEPT if done else Good.VACUOUS


ATOMIC = Always("atomic", "TPC-1", "", lambda w: (w.nodes,), _check, Scope.ALL_NODES)


class OnlyTheCoordinatorCrashes(System):
    def actions(self, world: Any) -> Any:
        found = super().actions(world)
        return [each for each in found if not (isinstance(each, Crash) and each.node != "A")]


class NothingIsSaidToC(System):
    def framed(self, node: str, effects: Effects) -> list[tuple[str, Channel]]:
        return [each for each in super().framed(node, effects) if each[0] != "C"]


class LastInFirstOut(Network):
    def deliverable(self, channel: Channel) -> tuple[int, ...]:
        return (len(channel) - 1,) if channel else ()


def two_phase(**more: Any) -> System:
    """A star of three in which one node may crash and forget."""
    given: dict[str, Any] = {
        "network": Network("fifo"),
        "outages": Outages(crashes=1, comeback=Comeback.AMNESIA),
        **more,
    }
    script = ((), (("refuse",),), (("refuse",),))
    return System(TwoPhase(), topology("star:3"), script=script, **given)


def as_a(kind: type[System]) -> System:
    """The same system, of a subclass."""
    system = two_phase()
    fields = (each.name for each in attrs.fields(System) if each.init)
    return kind(**{name: getattr(system, name) for name in fields})


def patched() -> System:
    """An object of a subclass that says nothing, with one method of its own."""

    class Mine(System):
        pass

    system = as_a(Mine)
    system.quiescent = lambda _world: False  # type: ignore[method-assign]
    return system


OWN: dict[str, tuple[Callable[[], System], str]] = {
    "actions": (
        lambda: as_a(OnlyTheCoordinatorCrashes),
        "OnlyTheCoordinatorCrashes.actions",
    ),
    "framed": (lambda: as_a(NothingIsSaidToC), "NothingIsSaidToC.framed"),
    "a network": (
        lambda: two_phase(network=LastInFirstOut("lifo")),
        "LastInFirstOut.deliverable",
    ),
    "an object": (patched, "Mine.quiescent"),
}


def summary(report: Report) -> object:
    """What two searches must agree in."""
    stats, verdict = report.stats, report.verdicts[0]
    counts = (stats.states, stats.transitions, stats.terminal, stats.depth, stats.complete)
    return counts, verdict.kind, len(verdict.schedule or ()), verdict.exercised


@pytest.mark.parametrize("name", OWN)
def test_the_default_search_explores_what_a_subclass_says(name: str) -> None:
    """It reported worlds, and crashes, that the model forbids. Spec: CHK-4."""
    make, method = OWN[name]

    found, plain = exhaustive(make(), (ATOMIC,)), breadth_first(make(), (ATOMIC,))

    assert summary(found) == summary(plain)
    assert found.stats.notes == (f"searched plainly: {method} says otherwise what may happen",)
    assert summary(found) != summary(exhaustive(two_phase(), (ATOMIC,)))


def test_only_the_coordinator_crashes_where_the_model_says_so() -> None:
    """The numbers of the trial: 4,352 worlds by the plain search, and 12,332. Spec: CHK-4."""
    report = exhaustive(as_a(OnlyTheCoordinatorCrashes), (ATOMIC,))

    assert report.stats.states == 4_352
    crashed = [a for a in report.verdicts[0].schedule or () if isinstance(a, Crash)]
    assert {crash.node for crash in crashed} <= {"A"}


def test_a_subclass_that_says_nothing_is_searched_as_any_system() -> None:
    """More methods, and other values of fields, change no step. Spec: CHK-4."""

    class Named(System):
        exchanges: int = 1

        def title(self) -> str:
            return "two-phase commit"

    assert overridden(as_a(Named)) is None
    assert exhaustive(as_a(Named), (ATOMIC,)).stats.notes == ()


@pytest.mark.parametrize("name", OWN)
def test_every_search_that_knows_steps_by_itself_refuses_a_subclass(name: str) -> None:
    """Whoever calls one directly is told, and who asks for walks gets plain ones. Spec: CHK-4."""
    make, method = OWN[name]
    with pytest.raises(UsageFault, match=method) as refused:
        compiled(make(), (ATOMIC,))
    assert refused.value.clause == "CHK-4"
    with pytest.raises(UsageFault, match=method):
        divided(make(), (ATOMIC,), crew=Alone())

    assert not swarm_applies(make(), (ATOMIC,))
    walked = random_search(make(), (ATOMIC,), walks=3)
    assert "one by one" in walked.stats.notes[0]
    assert unnumbered(Sessions(make())) == f"{method}, which says otherwise what may happen"


def test_endless_runs_are_those_that_a_subclass_allows() -> None:
    """The verdict follows the override, and a note says how it was found. Spec: CHK-4, LIVE-2."""
    from scuttle_check.search.liveness.fairness import session_fairness  # noqa: PLC0415

    done = Eventually(
        "C decides",
        "TPC-3",
        "",
        lambda nodes: Good.KEPT if nodes[2].phase != "working" else Broken("working"),
        lambda world: (world.nodes,),
        Scope.ALL_NODES,
    )
    kinds = {}
    for kind in (System, NothingIsSaidToC):
        whole = two_phase(outages=Outages())
        quiet = {each.name: getattr(whole, each.name) for each in attrs.fields(System) if each.init}
        system = kind(**{**quiet, "script": ((), (), ())})
        report = eventually(Sessions(system), done, session_fairness(system, "strong"))
        kinds[kind] = report.verdicts[0].kind, bool(report.stats.notes)

    assert kinds == {System: (Kind.HOLDS, False), NothingIsSaidToC: (Kind.REFUTED, True)}


def test_a_reduction_is_refused_for_a_subclass_and_auto_says_so() -> None:
    """Its claims are about the steps of System. Spec: RED-1, RED-19."""

    class Late(System):
        def actions(self, world: Any) -> Any:
            found = super().actions(world)
            return [a for a in found if not isinstance(a, Deliver)] or found

    graph = topology("line:2")
    setup = Experiment(graph, generated_script(graph, "AB", 1, 1), "textbook").build()
    fields = (each.name for each in attrs.fields(System) if each.init)
    own = Late(**{name: getattr(setup.system, name) for name in fields})
    setup = attrs.evolve(setup, system=own)
    plain = breadth_first(own, setup.properties)

    report = search_reduced(setup, Budget(), "auto")

    assert refusal_of(setup, "quotient") == "Late.actions, which says otherwise what may happen"
    assert report.stats.states == plain.stats.states
    assert any("Late.actions" in note for note in report.stats.notes)
    with pytest.raises(UsageFault, match=r"Late\.actions"):
        search_reduced(setup, Budget(), "quotient")
