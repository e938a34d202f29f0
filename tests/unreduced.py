"""What the unreduced search sees of a model, and the comparison of each reduction with it."""

from __future__ import annotations

from collections.abc import Hashable

import attrs

from scuttle_check.engine.properties import Always, Good
from scuttle_check.engine.system import Scope
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.reductions.reduce import refusal_of, search_reduced
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled.search import compiled
from scuttle_ref.messages import Update
from scuttle_ref.resolvers import GossipView
from scuttle_ref.state import NodeState

STATES_MAX = 300
SETTLING = ("agreement", "data-moved")
PIECES = (
    *("quotient", "stubborn", "quotient+stubborn", "symmetry"),
    *("quotient+symmetry", "stubborn+symmetry", "quotient+stubborn+symmetry"),
)

Vectors = set[Hashable]


def collector(scope: Scope) -> tuple[Always, Vectors]:
    """A property that holds, and collects the vectors it is shown, without what was named."""
    vectors: Vectors = set()

    def check(nodes: tuple[NodeState, ...]) -> Good:
        vectors.add(tuple((node.id, node.clock, node.history, node.store) for node in nodes))
        return Good.KEPT

    return Always(scope.name, "RED-2", "collects", lambda _world: (), check, scope), vectors


ALL, QUIESCENT, TERMINAL = Scope.ALL_NODES, Scope.QUIESCENT_NODES, Scope.TERMINAL_NODES


def judged(setup: Setup, *, settling: bool) -> Setup:
    """Without the properties that stubborn sets do not keep, if they are to be used."""
    kept = tuple(p for p in setup.properties if not settling or p.name in SETTLING)
    return attrs.evolve(setup, properties=kept)


def kinds(report: Report) -> dict[str, Kind]:
    """The verdicts on the properties of the protocol."""
    return {v.property.name: v.kind for v in report.verdicts if v.property.name.islower()}


class Unreduced:
    """What the unreduced search sees of a model, if the model is small enough."""

    def __init__(self, experiment: Experiment) -> None:
        setup = experiment.build()
        shown = {scope: collector(scope) for scope in (ALL, QUIESCENT, TERMINAL)}
        properties = (*setup.properties, *(each for each, _ in shown.values()))
        report = compiled(setup.system, properties, Budget(states_max=STATES_MAX))
        self.experiment, self.stats, self.kinds = experiment, report.stats, kinds(report)
        self.vectors = {scope: vectors for scope, (_, vectors) in shown.items()}

    def compare(self, reduction: str, *, certify: bool) -> None:
        """The same vectors and verdicts, from no more worlds."""
        settling = "stubborn" in reduction
        setup = judged(self.experiment.build(), settling=settling)
        scopes = (QUIESCENT,) if settling else (ALL, QUIESCENT)
        shown = {scope: collector(scope) for scope in scopes}
        properties = (*setup.properties, *(each for each, _ in shown.values()))
        watched = attrs.evolve(setup, properties=properties)
        report = search_reduced(watched, Budget(), reduction, certify=certify)
        assert report.stats.reduction == reduction
        assert {scope: vectors for scope, (_, vectors) in shown.items()} == {
            scope: self.vectors[scope] for scope in scopes
        }
        found = kinds(report)
        assert found == {name: self.kinds[name] for name in found}
        assert report.stats.states <= self.stats.states
        self.assert_schedules_run(report)

    def assert_schedules_run(self, report: Report) -> None:
        """Every counterexample runs on the plain model and refutes there. Spec: RED-7, SYM-4."""
        for verdict in report.verdicts:
            if verdict.kind is Kind.REFUTED and verdict.schedule is not None:
                setup = self.experiment.build()
                run = Trace.of(setup.system, verdict.schedule, setup.properties)
                assert run.misfit is None
                assert verdict.property.name in run.decided


def sound_for(experiment: Experiment) -> list[str]:
    """The reductions that are admitted."""
    setup = experiment.build()
    return [
        pieces
        for pieces in PIECES
        if refusal_of(judged(setup, settling="stubborn" in pieces), pieces) is None
    ]


def by_parity(view: GossipView, update: Update) -> bool:
    """Take one's own, and what comes while the clock is even: the order of all updates decides."""
    return update.source_id == view.id or sum(max(0, v) for _, v in view.clock.pairs) % 2 == 0
