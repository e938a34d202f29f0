"""Every reduction gives the answers of the unreduced search, on generated models of every profile.

Each model is explored once without a reduction, and what was seen there is compared with what two
of the reductions see that are sound for it. Each rule has a witness and a mutant of its own
elsewhere (test_quotient, test_stubborn, test_symmetry); random models alone would miss some.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable
from types import ModuleType

import attrs
import pytest

from checker.actors import Scope
from checker.properties import Always, Good
from checker.scuttlebutt.experiment import Experiment, Setup
from checker.scuttlebutt.reduce import refusal_of, search_reduced
from checker.search.budget import Budget
from checker.search.compiled.search import compiled
from checker.search.replay import replay
from checker.verdict import Kind, Report
from scuttle_ref.state import NodeState

TIMES = int(os.environ.get("SCUTTLE_EXAMPLES", "1"))
"""How many times as many models are compared: more in a run of its own (decision 0042)."""

STATES_MAX = 300
SETTLING = ("agreement", "data-moved")
PIECES = (
    *("quotient", "stubborn", "quotient+stubborn", "symmetry"),
    *("quotient+symmetry", "stubborn+symmetry", "quotient+stubborn+symmetry"),
)
COMPARED = [
    *(("textbook", part, 100) for part in range(2)),
    *(("documented", part, 90) for part in range(2)),
    *(("paper", 0, 60), ("as-shipped", 0, 20), ("scuttlebutt", 0, 20), ("plasmid", 0, 20)),
]
"""Profiles, parts of their models, and how many are compared: 500 in all."""

USED = {
    "textbook": set(PIECES),
    "documented": set(PIECES) - {"symmetry", "stubborn+symmetry"},
    "paper": {"quotient", "quotient+symmetry"},
    "as-shipped": {"symmetry"},
    "scuttlebutt": {"quotient"},
    "plasmid": {"quotient"},
}
"""The reductions that are sound for some model of a profile, and so are compared."""

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
                run = replay(setup.system, verdict.schedule, setup.properties)
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


@pytest.mark.parametrize(("profile", "part", "wanted"), COMPARED)
def test_reductions_keep_vectors_and_verdicts(
    drawn: ModuleType, profile: str, part: int, wanted: int
) -> None:
    """Vectors of node states, all and quiescent, and every verdict, are those of the full search.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6, RED-9, RED-10, RED-11, RED-12, RED-13, RED-15, SYM-3.
    """
    shapes: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for number, experiment in drawn.models(profile, part, 2):
        if shapes.total() == wanted * TIMES:
            break
        sound = sound_for(experiment)
        plain = Unreduced(experiment) if sound else None
        if plain is None or not plain.stats.complete:
            continue
        shapes[experiment.topology.name] += 1
        for reduction in {sound[number % len(sound)], sound[(number // 7 + 1) % len(sound)]}:
            plain.compare(reduction, certify=number % (8 if "stubborn" in reduction else 3) == 0)
            used[reduction] += 1
        if any("stubborn" in reduction for reduction in sound):
            assert plain.vectors[TERMINAL] == plain.vectors[QUIESCENT]  # RED-15
    assert set(shapes) == {shape.name for shape in drawn.SHAPES}
    assert set(used) == USED[profile]


@pytest.mark.parametrize("profile", ["gossiper", "txgossip"])
def test_no_reduction_is_sound_for_who_answers_acquaintances_alone(
    drawn: ModuleType, profile: str
) -> None:
    """Whom they know decides what they take; no claim says anything about that. Spec: RED-1."""
    assert not any(sound_for(drawn.model(profile, number)) for number in range(30))
