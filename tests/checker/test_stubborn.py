"""Stubborn sets reach every outcome of the unreduced search, and each of their rules is needed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.claims import Asks, Brings
from scuttle_check.engine.properties import Always, Good
from scuttle_check.engine.system import Scope
from scuttle_check.engine.topology import from_links, topology
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip import experiment as experiments
from scuttle_check.gossip.experiment import Experiment, Misfortune, Setup
from scuttle_check.gossip.reductions.claims import GossipCommutation, GossipFacets
from scuttle_check.gossip.reductions.reduce import judged_under, refusal_of, search_reduced
from scuttle_check.gossip.script import generated_script, parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.reductions import pieces, stubborn
from scuttle_check.search.reductions.certificate import FalseClaims
from scuttle_check.search.reductions.dependence import Dependence
from scuttle_check.search.reductions.promises import Undeclared
from scuttle_check.search.reductions.stubborn import StubbornSets
from scuttle_ref.messages import Digest, DigestDone
from scuttle_ref.names import NEVER
from scuttle_ref.resolvers import RESOLVERS
from scuttle_ref.state import NodeState

Outcomes = set[Hashable]

SETTLING = ("agreement", "data-moved")


def settling(setup: Setup) -> Setup:
    """With the properties that speak of quiescent worlds alone."""
    return attrs.evolve(setup, properties=tuple(p for p in setup.properties if p.name in SETTLING))


def collector(scope: Scope) -> tuple[Always, Outcomes]:
    """A property that holds, and collects the vectors it is shown, without what was named."""
    vectors: Outcomes = set()

    def check(nodes: tuple[NodeState, ...]) -> Good:
        vectors.add(tuple((node.clock, node.history, node.store) for node in nodes))
        return Good.KEPT

    return Always(scope.name, "RED-9", "collects", lambda _world: (), check, scope), vectors


def claims_of(setup: Setup, kind: type[GossipCommutation] = GossipCommutation) -> GossipCommutation:
    """The declared claims, which must be admissible."""
    claims = kind(GossipFacets(setup.gossip, setup.system))
    assert claims.refusal() is None
    return claims


def full(experiment: Experiment) -> Outcomes:
    """What the unreduced search shows in terminal worlds."""
    shown, vectors = collector(Scope.TERMINAL_NODES)
    compiled(experiment.build().system, [shown])
    return vectors


def reduced(
    experiment: Experiment,
    claims: type[GossipCommutation] = GossipCommutation,
    *,
    quotient: bool = False,
    certify: bool = False,
) -> tuple[Outcomes, Report]:
    """What stubborn sets show in terminal worlds, and their report."""
    setup = settling(experiment.build())
    shown, vectors = collector(Scope.TERMINAL_NODES)
    report = compiled(
        setup.system,
        [*judged_under(setup, "stubborn"), shown],
        facets=GossipFacets(setup.gossip, setup.system) if quotient else None,
        commutation=claims_of(setup, claims),
        certify=certify,
    )
    return vectors, report


def assert_schedules_run(setup: Setup, report: Report) -> None:
    """Every counterexample of a report runs on the plain model and refutes there. Spec: RED-7."""
    for verdict in report.verdicts:
        if verdict.kind is Kind.REFUTED and verdict.schedule is not None:
            run = Trace.of(setup.system, verdict.schedule, setup.properties)
            assert run.misfit is None
            assert verdict.property.name in run.decided


# --- mutants: each rule left out is noticed ------------------------------------------------------


class ForgetsTheShape(GossipCommutation):
    """RED-13: the lines of a digest do not depend on what is known."""

    def shaping(self, local: NodeState) -> Iterable[Any]:
        del local
        return ()


class TakesInAnyOrder(GossipCommutation):
    """RED-11: two updates of one source commute."""

    def apart(self, one: Any, other: Any) -> bool:
        del one, other
        return True


class AsksNothingAtTheEnd(GossipCommutation):
    """RED-11: done is answered with nothing."""

    def arriving(self, local: Any, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
        found = super().arriving(local, sender, messages)
        pairs = zip(messages, found, strict=True)
        return [Asks(frozenset()) if isinstance(m, DigestDone) else does for m, does in pairs]


class AsksNothingByLine(GossipCommutation):
    """RED-11: a line of a digest is answered with nothing."""

    def arriving(self, local: Any, sender: str, messages: Sequence[Any]) -> Sequence[Any]:
        found = super().arriving(local, sender, messages)
        pairs = zip(messages, found, strict=True)
        return [Asks(frozenset()) if isinstance(m, Digest) else does for m, does in pairs]


class WritesNothing(GossipCommutation):
    """RED-11: no answer depends on a command of the owner."""

    def commanded(self, local: Any, commands: Sequence[Any]) -> Sequence[Any]:
        found = super().commanded(local, commands)
        return [Brings(frozenset()) if isinstance(does, Brings) else does for does in found]


class NeverForgets(GossipCommutation):
    """RED-11: a history with a limit keeps everything."""

    def forgets(self) -> bool:
        return False

    def apart(self, one: Any, other: Any) -> bool:
        return bool(one == other or one[0] != other[0])


class KnowsTooMuch(GossipCommutation):
    """RED-11: the update after the last one seen does nothing either."""

    def known(self, local: NodeState) -> Iterable[Any]:
        return [s for s in self._versions() if s[1] <= max(0, local.clock.get(s[0])) + 1]


class VersionsDoNotMatter(GossipCommutation):
    """RED-13: only a new line changes a digest, also where RED-3 does not hold."""

    def shaping(self, local: NodeState) -> Iterable[Any]:
        return [s for s in self.items() if local.clock.get(s[0]) == NEVER and not self._is_last(s)]


class KnowsOneOfTwo(GossipCommutation):
    """RED-11: who holds one of two equal writes of a source needs the other no more."""

    def known(self, local: NodeState) -> Iterable[Any]:
        return {(u.source_id, u.key, u.value) for u in local.history.updates}


class StampsTheSame(GossipCommutation):
    """RED-17: a Lamport stamp does not depend on what was seen."""

    def stamping(self, local: NodeState) -> Iterable[Any]:
        del local
        return ()


class AsksNoResolver(GossipCommutation):
    """RED-18: any two updates come to the same in either order."""

    def apart(self, one: Any, other: Any) -> bool:
        del one, other
        return True


class AsksAboutKeysAlone(GossipCommutation):
    """RED-18: a resolver that looks at the clock may be asked about two keys in either order."""

    def apart(self, one: Any, other: Any) -> bool:
        return bool(one == other or one[1] != other[1])


class HearsNoQuestions(Dependence):
    """RED-12: nobody will ask anything any more."""

    def _promise(self, at: int, nodes: Any) -> None:
        asking = [node.will_ask for node in nodes]
        for node in nodes:
            node.will_ask = np.zeros_like(node.will_ask)
        super()._promise(at, nodes)
        for node, asks in zip(nodes, asking, strict=True):
            node.will_ask = asks


class HearsNoAnswers(Dependence):
    """RED-12: what is asked on the way back is not answered."""

    def _promise(self, at: int, nodes: Any) -> None:
        kept = [node.in_flight for node in nodes]
        for number, node in enumerate(nodes):
            if number != at:
                asked = {link: (b, np.zeros_like(a)) for link, (b, a) in node.in_flight.items()}
                node.in_flight = asked
        super()._promise(at, nodes)
        for node, in_flight in zip(nodes, kept, strict=True):
            node.in_flight = in_flight


class SendsInAnyOrder(Dependence):
    """RED-11: an answer and a digest on one link commute."""

    def _promise(self, at: int, nodes: Any) -> None:
        super()._promise(at, nodes)
        nodes[at].answerable = np.zeros_like(nodes[at].answerable)


class WaitsForNothing(Dependence):
    """RED-10: an action that is disabled brings nothing along."""

    def _needs_of_silence(self, needs: Any, link: int, nodes: Any, enabled: Any) -> None:
        del needs, link, nodes, enabled


class TakesOne(StubbornSets):
    """RED-10: one enabled action is enough."""

    def _closed(self, regions: Any, enabled: Any) -> Any:
        del regions
        return enabled & (~enabled + np.uint64(1))


def model(  # noqa: PLR0913, PLR0917 - as many as an experiment has
    lines: str,
    links: str,
    exchanges: int = 0,
    network: str = "fifo",
    limit: int | None = None,
    profile: str = "textbook",
    resolver: str = "lww_total",
) -> Experiment:
    """A model of these commands; a link like AB leads both ways."""
    nodes = sorted(set(links) - {" "})
    ends = [(pair[0], pair[1]) for pair in links.split()]
    pairs = tuple(pair for one, two in ends for pair in ((one, two), (two, one)))
    graph = from_links(nodes, pairs, links)
    script = parse_script(lines.split("; "), graph, "script")
    return Experiment(graph, script, profile, network, exchanges, limit, resolver=resolver)


LINE_OF_THREE = model("A set k=1; B set k=2; C set k=3", "AB BC", exchanges=1)
LINE_OF_TWO = model("A set k=1; A set k=2", "AB", exchanges=2)
TWO_WAYS = model(
    "D set x=1; A gossip D; A set k=1; A set j=2; A set j=3; B gossip A; C gossip B; C gossip A",
    "AD AB BC AC",
    limit=2,
)
"""B passes on A's first update and what D wrote; A, by then, only its later ones. C asks both."""
FORGETFUL_HUB = model(
    "A set k=1; B set j=1; C gossip A; C gossip B; D gossip B; D gossip C", "AC BC CD BD", limit=1
)
"""D knows what B wrote and asks C for the rest, which C forgets when it hears from B."""

DOCUMENTED = attrs.evolve(LINE_OF_THREE, profile="documented")
EQUAL_WRITES = model("A set k=1; A set k=1; B set j=1", "AB", exchanges=1, profile="documented")
LAST_ARRIVAL_WINS = attrs.evolve(DOCUMENTED, resolver="lww_vs_clock")
LOST_ON_TWO_WAYS = model(
    "A set k=1; A set j=2; B gossip A; C gossip A; C gossip B",
    "AB AC BC",
    network="lossy",
    profile="documented",
    resolver="lww_vs_clock",
)
"""C may get the later update from A and the earlier one, lost on that way, from B."""
LOSSY = model("A set k=1; A set k=2", "AB", exchanges=1, network="lossy", profile="documented")

LOST, CAUGHT = "loses an outcome", "fails its certificate"
MUTANTS: list[tuple[type[Any], Experiment, set[str]]] = [
    (ForgetsTheShape, LINE_OF_TWO, {CAUGHT}),
    (TakesInAnyOrder, TWO_WAYS, {LOST}),
    (AsksNothingAtTheEnd, LINE_OF_THREE, {LOST, CAUGHT}),
    (AsksNothingByLine, LINE_OF_TWO, {CAUGHT}),
    (WritesNothing, LINE_OF_THREE, {LOST}),
    (NeverForgets, FORGETFUL_HUB, {LOST, CAUGHT}),
    (KnowsTooMuch, LINE_OF_THREE, {LOST, CAUGHT}),
    (HearsNoQuestions, LINE_OF_THREE, {LOST, CAUGHT}),
    (HearsNoAnswers, FORGETFUL_HUB, {LOST, CAUGHT}),
    (SendsInAnyOrder, LINE_OF_THREE, {LOST, CAUGHT}),
    (VersionsDoNotMatter, LOSSY, {CAUGHT}),
    (KnowsOneOfTwo, EQUAL_WRITES, {LOST, CAUGHT}),
    (StampsTheSame, DOCUMENTED, {LOST, CAUGHT}),
    (AsksNoResolver, LAST_ARRIVAL_WINS, {LOST, CAUGHT}),
    (AsksAboutKeysAlone, LOST_ON_TWO_WAYS, {LOST}),
    (WaitsForNothing, LINE_OF_THREE, {LOST}),
    (TakesOne, LINE_OF_THREE, {LOST, CAUGHT}),
]
"""Each rule that is broken, the model that witnesses it, and how it is noticed there."""


@pytest.mark.parametrize(("mutant", "witness", "noticed"), MUTANTS)
def test_each_rule_of_stubborn_sets_is_needed(
    monkeypatch: pytest.MonkeyPatch, mutant: type[Any], witness: Experiment, noticed: set[str]
) -> None:
    """A broken rule loses an outcome of its witness, fails the certificate there, or both.

    Spec: RED-10, RED-11, RED-12, RED-13, RED-16, RED-17, RED-18.
    """
    outcomes = full(witness)
    claims = GossipCommutation
    if issubclass(mutant, GossipCommutation):
        claims = mutant
    elif issubclass(mutant, Dependence):
        monkeypatch.setattr(stubborn, "Dependence", mutant)
    else:
        monkeypatch.setattr(pieces, "StubbornSets", mutant)
    found = set()
    if reduced(witness, claims)[0] != outcomes:
        found.add(LOST)
    try:
        reduced(witness, claims, certify=True)
    except FalseClaims:
        found.add(CAUGHT)

    assert found == noticed


@pytest.mark.parametrize("witness", {id(each): each for _, each, _ in MUTANTS}.values())
@pytest.mark.parametrize("quotient", [False, True])
def test_the_rules_as_they_are_pass_where_mutants_fail(witness: Experiment, quotient: bool) -> None:
    """Else the test above would prove nothing. Spec: RED-16."""
    outcomes = full(witness)

    assert reduced(witness, quotient=quotient, certify=True)[0] == outcomes


@pytest.mark.parametrize(
    ("profile", "name", "writers", "writes", "states"),
    [
        ("textbook", "line:3", "ABC", 1, 725),
        ("textbook", "line:3", "ABC", 2, 11_591),
        ("textbook", "ring:4", "AC", 1, 18_132),
        ("documented", "line:3", "ABC", 1, 1_434),
        ("documented", "ring:4", "AC", 1, 25_702),
    ],
)
def test_the_sets_are_small(
    profile: str, name: str, writers: str, writes: int, states: int
) -> None:
    """The counts are recorded: a change of the sets shows. Spec: RED-10."""
    graph = topology(name)
    experiment = Experiment(graph, generated_script(graph, writers, writes, 1), profile)

    assert reduced(experiment, quotient=True)[1].stats.states == states


@pytest.mark.parametrize(
    "profile", ["as-shipped", "paper", "scuttlebutt", "plasmid", "gossiper", "txgossip"]
)
def test_stubborn_sets_are_refused_for_other_profiles(profile: str) -> None:
    """The claims are about rules of textbook and documented. Spec: RED-9."""
    graph = topology("line:2")
    setup = settling(Experiment(graph, generated_script(graph, "AB", 1, 1), profile).build())

    assert GossipCommutation(GossipFacets(setup.gossip, setup.system)).refusal()
    assert refusal_of(setup, "stubborn")


def own(gossip: Any, update: Any) -> bool:
    """A resolver that nobody knows."""
    return bool(update.version > gossip.get(update.key).version)


@pytest.mark.parametrize(
    ("why", "differs"),
    [
        ("max_history", {"max_history": 1}),
        ("mtu", {"mtu": 1}),
        ("losses", {"faults": Misfortune(losses=1)}),
        ("resolver of your own", {"resolver": f"{__name__}:own"}),
    ],
)
def test_stubborn_sets_are_refused_where_documented_nodes_depend_on_more(
    why: str, differs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is forgotten is taken again; what is cut, or of unknown resolvers, depends on all.

    Spec: RED-9, RED-18.
    """
    monkeypatch.setattr(experiments, "resolver_called", lambda name: RESOLVERS.get(name, own))
    graph = topology("line:2")
    script = generated_script(graph, "AB", 1, 1)
    setup = settling(Experiment(graph, script, **differs).build())

    assert why in (refusal_of(setup, "stubborn") or "")


@pytest.mark.parametrize("network", ["unordered", "duplicating"])
def test_stubborn_sets_are_refused_on_networks_they_are_not_about(network: str) -> None:
    """An order that links do not keep would be a choice of its own. Spec: RED-9."""
    graph = topology("line:2")
    script = generated_script(graph, "AB", 1, 1)
    setup = settling(Experiment(graph, script, "textbook", network=network).build())

    assert refusal_of(setup, "quotient") is None
    assert refusal_of(setup, "quotient+stubborn")


def test_stubborn_sets_are_refused_where_an_early_exchange_does_something() -> None:
    """A shipped node ticks its clock when it exchanges. Spec: RED-15."""
    graph = topology("line:2")
    setup = settling(Experiment(graph, generated_script(graph, "AB", 1, 1), "as-shipped").build())

    assert "before anybody has written" in (refusal_of(setup, "stubborn") or "")


def test_a_property_that_reads_more_is_refused() -> None:
    """What lies between is left out, so invariants of node states say nothing. Spec: RED-14."""
    graph = topology("line:2")
    setup = Experiment(graph, generated_script(graph, "AB", 1, 1), "textbook").build()

    assert "unique-versions" in (refusal_of(setup, "quotient+stubborn") or "")
    assert refusal_of(settling(setup), "quotient+stubborn") is None
    with pytest.raises(Undeclared, match="a property that reads more than terminal worlds"):
        compiled(setup.system, setup.properties, commutation=claims_of(setup))


def test_auto_takes_the_strongest_that_is_sound() -> None:
    """Outcomes alone allow more than node states. Spec: RED-1, RED-14."""
    graph = topology("line:2")
    setup = Experiment(graph, generated_script(graph, "AB", 1, 1), "textbook").build()

    assert search_reduced(setup, Budget(), "auto").stats.reduction == "quotient"
    assert search_reduced(settling(setup), Budget(), "auto").stats.reduction == "quotient+stubborn"


def test_a_model_with_too_many_classes_of_actions_is_refused_and_auto_goes_on() -> None:
    """A word has 64 bits; five linked nodes have 65 classes. Spec: RED-9."""
    graph = topology("complete:5")
    script = parse_script(["A set k=1", "B gossip A"], graph, "script")
    setup = settling(Experiment(graph, script, "textbook", exchanges=0).build())

    with pytest.raises(UsageFault, match="65 classes"):
        search_reduced(setup, Budget(), "quotient+stubborn")
    assert search_reduced(setup, Budget(), "auto").stats.reduction == "quotient+symmetry"


def test_a_counterexample_of_stubborn_sets_runs_on_the_plain_model() -> None:
    """On a network that loses messages agreement is refuted, concretely. Spec: RED-7."""
    experiment = model("A set k=1; A set j=2", "AB", exchanges=1, network="lossy")
    for reduction in ("stubborn", "quotient+stubborn"):
        setup = settling(experiment.build())
        report = search_reduced(setup, Budget(), reduction)

        assert report.verdict("agreement").kind is Kind.REFUTED
        assert_schedules_run(setup, report)


def test_what_the_protocol_does_not_declare_is_refused() -> None:
    """The engine takes nothing as independent on its own. Spec: RED-9."""

    class Silent(GossipCommutation):
        def arriving(self, local: Any, sender: str, messages: Sequence[Any]) -> Sequence[None]:
            return [None for _ in super().arriving(local, sender, messages)]

    with pytest.raises(Undeclared, match="message"):
        reduced(LINE_OF_THREE, Silent)
