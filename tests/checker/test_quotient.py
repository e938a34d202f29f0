"""The quotient gives the answers of the unreduced search, and false claims are found out."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest

from scuttle_check.engine.properties import Always, Good
from scuttle_check.engine.system import Scope, System
from scuttle_check.engine.topology import topology
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions.admissible import refusals
from scuttle_check.gossip.reductions.claims import GossipFacets
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.reductions.certificate import FalseClaims
from scuttle_check.search.reductions.quotient import QuotientLayout
from scuttle_ref.messages import Digest, DigestDone, Update
from scuttle_ref.reducer import Gossip
from scuttle_ref.state import NodeState


def facets_of(setup: Setup) -> GossipFacets:
    """The declared claims, which must be admissible."""
    facets = GossipFacets(setup.gossip, setup.system)
    assert facets.refusal() is None
    return facets


def collector(scope: Scope) -> tuple[Always, set[Hashable]]:
    """A property that holds, and collects the vectors it is shown, without what was named."""
    vectors: set[Hashable] = set()

    def check(nodes: tuple[NodeState, ...]) -> Good:
        vectors.add(tuple((node.clock, node.history, node.store) for node in nodes))
        return Good.KEPT

    return Always(scope.name, "RED-2", "collects", lambda _world: (), check, scope), vectors


@pytest.mark.parametrize(
    ("name", "writers", "writes", "states", "transitions"),
    [
        ("line:2", "AB", 1, 68, 130),
        ("line:3", "ABC", 1, 3_051, 9_487),
        ("line:3", "ABC", 2, 69_938, 253_491),
        ("complete:3", "ABC", 1, 72_410, 290_793),
        ("ring:4", "AC", 1, 156_605, 799_460),
    ],
)
def test_the_quotient_has_the_size_that_was_measured_elsewhere(
    name: str, writers: str, writes: int, states: int, transitions: int
) -> None:
    """An independent implementation of the same rules counted these. Spec: RED-2."""
    graph = topology(name)
    setup = Experiment(graph, generated_script(graph, writers, writes, 1), "textbook").build()

    stats = compiled(setup.system, setup.properties, facets=facets_of(setup)).stats

    assert (stats.states, stats.transitions) == (states, transitions)


class DropsTooMuch(GossipFacets):
    def canonical(self, local: NodeState, sender: str, message: Any) -> Any:
        if isinstance(message, Update):
            return None if message.version <= local.clock.get(message.source_id) + 1 else message
        return super().canonical(local, sender, message)


class DropsDigests(GossipFacets):
    def canonical(self, local: NodeState, sender: str, message: Any) -> Any:
        return None if isinstance(message, Digest) else super().canonical(local, sender, message)


class DropsDone(GossipFacets):
    def canonical(self, local: NodeState, sender: str, message: Any) -> Any:
        return (
            None if isinstance(message, DigestDone) else super().canonical(local, sender, message)
        )


class AsksForTooLittle(GossipFacets):
    def canonical(self, local: NodeState, sender: str, message: Any) -> Any:
        if isinstance(message, Digest):
            return Digest(message.source_id, 2**53)
        return super().canonical(local, sender, message)


class MixesSources(GossipFacets):
    def outdated(self, earlier: Any, later: Any) -> bool:
        both = isinstance(earlier, Update) and isinstance(later, Update)
        return both and later.version <= earlier.version


class DropsTheNewer(GossipFacets):
    def outdated(self, earlier: Any, later: Any) -> bool:
        both = isinstance(earlier, Update) and isinstance(later, Update)
        return both and earlier.source_id == later.source_id


class KnowsTooEarly(GossipFacets):
    def knowledge(self, local: NodeState) -> frozenset[str]:
        return frozenset(s for s, n in self.finals.items() if max(0, local.clock.get(s)) >= n - 1)


class NeverAsks(GossipFacets):
    def pointless(self, knowledge: frozenset[str], message: Any) -> bool:
        return isinstance(message, Digest) or super().pointless(knowledge, message)


class ContentWithLittle(GossipFacets):
    def saturated(self, knowledge: frozenset[str]) -> bool:
        return len(knowledge) >= len(self.finals) - 1


class EndsTooEarly(GossipFacets):
    def pointless(self, knowledge: Any, message: Any) -> bool:
        return bool(knowledge) and isinstance(message, DigestDone | Digest)


class ForgetsAll(GossipFacets):
    def forgetting(self, local: NodeState, sender: str, knowledge: Any) -> NodeState:
        return super().forgetting(local, sender, knowledge | frozenset(self.finals))


class RepeatsAnything(GossipFacets):
    def idempotent(self, message: Any) -> bool:
        return isinstance(message, Update | Digest | DigestDone)


ASKING_TWICE = ("line:2", ("A set k=1", "A set k=2", "B set k=3", "B set k=4"), 2)
TWO_WRITERS = ("line:3", ("A set k=1", "A set k=2", "B set j=1"), 1)
MUTANTS = [
    (DropsTooMuch, TWO_WRITERS, "canonical"),
    (DropsDigests, TWO_WRITERS, "canonical"),
    (DropsDone, TWO_WRITERS, "canonical"),
    (AsksForTooLittle, ASKING_TWICE, "canonical"),
    (MixesSources, TWO_WRITERS, "outdated"),
    (DropsTheNewer, TWO_WRITERS, "outdated"),
    (KnowsTooEarly, TWO_WRITERS, "saturated"),
    (NeverAsks, ASKING_TWICE, "canonical"),
    (ContentWithLittle, TWO_WRITERS, "saturated"),
    (EndsTooEarly, ASKING_TWICE, "canonical"),
    (ForgetsAll, ASKING_TWICE, "forgetting"),
    (RepeatsAnything, ASKING_TWICE, "outdated"),
]
"""Each mutant with the model that witnesses it, and the claim that is false there."""


Witness = tuple[str, tuple[str, ...], int]
"""Topology, script, exchanges per link."""


def witnessing(witness: Witness) -> Setup:
    """A small textbook model."""
    name, lines, exchanges = witness
    return scripted(name, *lines, profile="textbook", exchanges=exchanges).build()


@pytest.mark.parametrize(("mutant", "witness", "claim"), MUTANTS)
def test_a_false_claim_fails_its_certificate(
    mutant: type[GossipFacets], witness: Witness, claim: str
) -> None:
    """A wrong rule of reduction must not go unnoticed. Spec: RED-8."""
    setup = witnessing(witness)

    with pytest.raises(FalseClaims) as found:
        compiled(
            setup.system, setup.properties, facets=mutant(setup.gossip, setup.system), certify=True
        )

    assert found.value.claims[0].claim == claim


@pytest.mark.parametrize("witness", [ASKING_TWICE, TWO_WRITERS])
def test_true_claims_pass_the_certificate_that_mutants_fail(witness: Witness) -> None:
    """Else the test above would prove nothing. Spec: RED-8."""
    setup = witnessing(witness)

    report = compiled(setup.system, setup.properties, facets=facets_of(setup), certify=True)

    assert report.stats.complete


def test_an_answer_in_one_frame_may_be_ordered_by_what_was_asked() -> None:
    """Scuttle-depth puts first who has most to tell, and a version that is forgotten adds to that.

    The certificate used to take this for a false claim; found on 5,000 models. Spec: RED-8.
    """
    lines = ("A gossip B", "A set k=3", "B set j=3", "B set k=2")
    setup = scripted("line:2", *lines, profile="paper", exchanges=0).build()

    report = compiled(setup.system, setup.properties, facets=facets_of(setup), certify=True)

    assert report.stats.complete


@pytest.mark.parametrize("mutant", [AsksForTooLittle, DropsTooMuch])
def test_a_false_claim_about_frames_fails_its_certificate(mutant: type[GossipFacets]) -> None:
    """That orders are forgiven forgives nothing else. Spec: RED-8."""
    lines = ("A gossip B", "A set k=3", "B set j=3", "B set k=2")
    setup = scripted("line:2", *lines, profile="paper", exchanges=1).build()
    facets = mutant(setup.gossip, setup.system)

    with pytest.raises(FalseClaims) as found:
        compiled(setup.system, setup.properties, facets=facets, certify=True)

    assert {claim.claim for claim in found.value.claims} == {"canonical"}


def test_no_claim_is_admitted_for_nodes_that_ignore_nothing() -> None:
    """An unsound combination is refused with its reason. Spec: RED-1."""
    graph = topology("line:2")
    setup = Experiment(graph, generated_script(graph, "AB", 1, 1), "as-shipped").build()

    refusal = GossipFacets(setup.gossip, setup.system).refusal()

    assert refusal == "the rule admit_all of profile as-shipped"


def scripted(name: str, *lines: str, **more: Any) -> Experiment:
    """A model of a script."""
    graph = topology(name)
    return Experiment(graph, parse_script(lines, graph, "script"), **more)


ECHO = ("A set k=1", "B gossip A", "A gossip B")
TWICE = ("A set k=1", "A set j=2")
UNSOUND = {
    "stale restart": scripted("line:2", "A set k=1", "B restart", profile="textbook", exchanges=2),
    "stale resolver": scripted(
        *("line:2", "A set k=1", "B set k=2"),
        max_history=1,
        resolver="lww_vs_clock",
        exchanges=2,
    ),
    "version cut": scripted("line:2", *TWICE, mtu=1, exchanges=2),
    "version gaps": scripted("line:2", *TWICE, network="lossy", exchanges=2),
    "version heard": scripted("line:3", *ECHO, profile="textbook", exchanges=0, wiring="broadcast"),
    "version forgotten": scripted(
        *("ring:3", *TWICE, "C gossip A", "B gossip A", "B gossip C"), exchanges=0, max_history=1
    ),
    "overtaken late": scripted(
        *("line:3", *TWICE, "B gossip A", "C gossip B", "C gossip B"),
        exchanges=0,
        faults=Misfortune(overtakings=1),
    ),
    "finished heard": scripted(
        "line:3", *ECHO, profile="textbook", exchanges=0, wiring="broadcast"
    ),
    "finished forgotten": scripted("line:2", "A set k=1", "B set j=2", max_history=1),
    "finished cut": scripted("line:2", "A set k=1", "B set j=2", mtu=1),
    "finished amnesia": scripted(
        *("line:2", "A set k=1"),
        profile="textbook",
        faults=Misfortune(crashes=1, restart="amnesia"),
    ),
    "saturated asked back": scripted("line:2", "A set k=1", profile="paper"),
    "copy taken again": scripted("line:2", "A set k=1", profile="as-shipped", exchanges=2),
}
"""For each need of a rule a model that does not meet it, and where the rule goes wrong."""


@pytest.mark.parametrize("name", UNSOUND)
def test_a_rule_that_is_refused_would_be_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A need that no model misses would be a need in vain. Spec: RED-1, RED-8."""
    experiment, rule = UNSOUND[name], name.split(maxsplit=1)[0]
    assert rule in refusals(*facts(experiment))
    if rule == "overtaken":
        monkeypatch.setattr(QuotientLayout, "in_turn", True)

    assert not as_without(experiment, rule)


def test_newer_updates_say_nothing_about_older_ones_that_may_still_arrive_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the engine asks of the network itself has its witness too. Spec: RED-4."""
    lines = ("A set z=1", "A set a=2", "B gossip A")
    experiment = scripted("line:2", *lines, profile="textbook", exchanges=0, network="unordered")
    assert as_without(experiment)
    monkeypatch.setattr(QuotientLayout, "in_turn", True)

    assert not as_without(experiment, "overtaken")


@pytest.mark.parametrize(("losses", "left"), [(0, 1), (1, 2)])
def test_one_loss_must_not_lose_two_copies(losses: int, left: int) -> None:
    """Where frames are lost, the second copy may be the one that arrives. Spec: RED-4."""
    faults = Misfortune(losses=losses)
    setup = scripted("line:2", "A set k=1", profile="textbook", faults=faults).build()
    facets = facets_of(setup)
    facets.rules |= {"copy"}
    layout = QuotientLayout(setup.system, facets)
    frame = (Update("A", "k", 1, 1),)

    kept = layout.kept(setup.gossip.start("B"), "A", (frame, frame))

    assert len(kept) == left


def facts(experiment: Experiment) -> tuple[Gossip, System]:
    """What needs are asked about."""
    setup = experiment.build()
    return setup.gossip, setup.system


def as_without(experiment: Experiment, *forced: str) -> bool:
    """Whether the quotient, with some rules forced, is certified and keeps every vector."""
    full, small = experiment.build(), experiment.build()
    facets = GossipFacets(small.gossip, small.system)
    facets.rules |= {*forced}
    met = []
    for setup, claims in ((full, None), (small, facets)):
        collectors = [collector(scope) for scope in (Scope.ALL_NODES, Scope.QUIESCENT_NODES)]
        properties = [each for each, _ in collectors]
        try:
            compiled(setup.system, properties, facets=claims, certify=claims is not None)
        except FalseClaims:
            return False
        met.append([vectors for _, vectors in collectors])
    return met[0] == met[1]


def test_the_claims_are_refused_where_a_clock_can_move_back() -> None:
    """A restart with amnesia breaks what everything else rests on. Spec: RED-1."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "A restart"], graph, "script")
    setup = Experiment(graph, script, "textbook").build()

    assert "restart" in (GossipFacets(setup.gossip, setup.system).refusal() or "")


def test_the_system_is_left_as_it_was() -> None:
    """Facets are the caller's; a search without them is not reduced. Spec: RED-2."""
    graph = topology("line:2")
    setup = Experiment(graph, generated_script(graph, "AB", 1, 1), "textbook").build()
    assert isinstance(setup.system, System)

    reduced = compiled(setup.system, setup.properties, facets=facets_of(setup))
    plain = compiled(setup.system, setup.properties)

    assert (reduced.stats.states, plain.stats.states) == (68, 108)
