"""The compiled search agrees with the plain one in everything that is reported."""

from __future__ import annotations

import itertools

import pytest
from drawn_experiments import NETWORKS, PROFILES, experiments
from hypothesis import given, settings

from scuttle_check.engine.topology import topology
from scuttle_check.engine.trace import Trace
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.script import parse_script
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import tables
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.exhaustive import exhaustive
from scuttle_check.search.plain import breadth_first
from scuttle_ref.names import UNBOUNDED


def summary(report: Report) -> object:
    """What two searches must agree in."""
    stats = report.stats
    counts = (stats.states, stats.transitions, stats.terminal, stats.depth, stats.complete)
    return counts, [
        (v.property.name, v.kind, None if v.schedule is None else len(v.schedule))
        for v in report.verdicts
    ]


def both(experiment: Experiment) -> tuple[Report, Report]:
    """The reports of the plain and of the compiled search."""
    plain, fast = experiment.build(), experiment.build()
    return (
        breadth_first(plain.system, plain.properties),
        compiled(fast.system, fast.properties),
    )


@pytest.mark.parametrize(
    ("profile", "network", "max_history"),
    list(itertools.product(PROFILES, NETWORKS, (UNBOUNDED, 1))),
)
def test_both_searches_report_the_same(profile: str, network: str, max_history: float) -> None:
    """Every profile on every network, with and without room in history. Spec: CHK-4."""
    graph = topology("line:2")
    script = parse_script(["A set k=1", "A set j=2", "B set k=3"], graph, "script")
    if (profile, network, max_history) == ("as-shipped", "unordered", UNBOUNDED):
        script = parse_script(["A set k=1", "B set k=3"], graph, "script")

    plain, fast = both(Experiment(graph, script, profile, network, max_history=max_history))

    assert summary(fast) == summary(plain)


def test_one_node_alone_has_the_whole_word() -> None:
    """A field of 64 bits is the edge that models of several nodes never meet. Spec: CHK-4."""
    graph = topology("line:1")
    script = parse_script(["A set k=1", "A set k=2"], graph, "script")

    plain, fast = both(Experiment(graph, script, "textbook"))

    assert summary(fast) == summary(plain)


@given(experiments())
@settings(max_examples=300)
def test_both_searches_agree_on_generated_models(experiment: Experiment) -> None:
    """Nobody chose these models so that they agree. Spec: CHK-4."""
    setup = experiment.build()
    plain = breadth_first(setup.system, setup.properties, Budget(states_max=3_000))
    if not plain.stats.complete:
        return
    fast = compiled(setup.system, setup.properties)

    assert summary(fast) == summary(plain)


@given(experiments())
@settings(max_examples=60)
def test_a_schedule_of_the_compiled_search_replays(experiment: Experiment) -> None:
    """Schedules are rebuilt from levels; each must run on the plain model. Spec: CHK-3."""
    setup = experiment.build()
    report = compiled(setup.system, setup.properties, Budget(states_max=3_000))

    for verdict in report.verdicts:
        if verdict.kind is Kind.REFUTED and verdict.schedule is not None:
            run = Trace.of(setup.system, verdict.schedule, setup.properties)
            assert run.misfit is None
            assert verdict.property.name in run.decided


@pytest.mark.parametrize("bits", [19, 21])
def test_fields_widen_when_regions_outgrow_them(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a narrow word the fields overflow early, and the worlds are packed anew. Spec: CHK-4."""
    graph = topology("line:3")
    script = parse_script(["A set k=1", "A set k=2", "A set k=3"], graph, "script")
    experiment = Experiment(graph, script, "textbook")
    plain = experiment.build()
    expected = summary(breadth_first(plain.system, plain.properties))
    monkeypatch.setattr(fields, "WORD", bits)
    widened: list[object] = []
    widen = tables.Tables.widen
    monkeypatch.setattr(tables.Tables, "widen", lambda it: widened.append(it) or widen(it))

    fast = experiment.build()

    assert summary(compiled(fast.system, fast.properties)) == expected
    assert len(widened) > 1


def test_a_model_too_wide_for_a_word_is_searched_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict rests on a hash: what does not fit is not squeezed. Spec: CHK-4."""
    monkeypatch.setattr(fields, "WORD", 4)
    experiment = Experiment(
        topology("line:2"), parse_script(["A set k=1"], topology("line:2"), "script")
    )
    setup = experiment.build()

    with pytest.raises(fields.TooWide):
        compiled(setup.system, setup.properties)
    report = exhaustive(setup.system, setup.properties)

    assert summary(report) == summary(breadth_first(setup.system, setup.properties))


def test_the_compiled_search_counts_what_other_checkers_count() -> None:
    """The triangle is too large for the plain search in a test. Spec: CHK-4."""
    graph = topology("complete:3")
    script = parse_script(["A set k=1", "B set k=2", "C set k=3"], graph, "script")
    setup = Experiment(graph, script, "textbook").build()

    stats = compiled(setup.system, setup.properties).stats

    assert (stats.states, stats.transitions, stats.terminal) == (584_394, 2_260_966, 64)


def test_a_stopped_compiled_search_holds_nothing() -> None:
    """An unfinished search must not say holds. Spec: CONV-14."""
    graph = topology("line:3")
    script = parse_script(["A set k=1", "B set k=2", "C set k=3"], graph, "script")
    setup = Experiment(graph, script, "textbook").build()

    report = compiled(setup.system, setup.properties, Budget(states_max=100))

    assert not report.stats.complete
    assert all(verdict.kind is not Kind.HOLDS for verdict in report.verdicts)
