"""One search, divided: the same words on any number of workers, whatever happens to them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest
from attrs import define
from drawn_experiments import experiments
from hypothesis import given, settings

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.judge import Judge
from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.catalogue import find_case, load_catalogue
from scuttle_check.gossip.coverage import tallied
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.reductions.reduce import quotient_of, refusal_of, search_reduced
from scuttle_check.search.budget import Budget
from scuttle_check.search.compiled import words as fields
from scuttle_check.search.divided import coordinator as search
from scuttle_check.search.divided.coordinator import DividedSearch, divided
from scuttle_check.search.divided.crew import Alone, local_crew
from scuttle_check.search.divided.messages import Order
from scuttle_check.search.divided.shard import forget
from scuttle_check.search.exhaustive import exhaustive


def summary(report: Report) -> object:
    """What a divided search and one process must agree in."""
    stats = report.stats
    counts = (stats.states, stats.transitions, stats.terminal, stats.depth, stats.stop)
    return counts, [
        (
            v.property.name,
            v.kind,
            v.exercised if v.schedule is None else len(v.schedule),
        )
        for v in report.verdicts
    ]


def told(report: Report) -> object:
    """What divided searches must agree in: every word."""
    return summary(report), [(v.schedule, v.because, v.exercised) for v in report.verdicts]


def alone(setup: Setup) -> Report:
    return exhaustive(setup.system, setup.properties)


def shared(setup: Setup, shards: int) -> Report:
    """Divided among shards that are all in this process."""
    return divided(setup.system, setup.properties, crew=Alone(shards))


@pytest.mark.parametrize(
    "case",
    [
        "writers:as-shipped",
        "order:as-shipped",
        "loss:textbook",
        "exchanges:documented",
        "broadcast:textbook",
        "amnesia:paper",
        "process:documented",
    ],
)
def test_any_number_of_shards_says_the_same(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts that depended on the workers would be counts of nothing. Spec: SCALE-5."""
    experiment = find_case(load_catalogue(), case).experiment
    monkeypatch.setattr(search, "ROUND", 200)
    reports = [shared(experiment.build(), shards) for shards in (1, 2, 5)]
    assert summary(reports[0]) == summary(alone(experiment.build()))
    assert told(reports[1]) == told(reports[0])
    assert told(reports[2]) == told(reports[0])


@given(experiments())
@settings(max_examples=20)
def test_a_divided_search_agrees_on_generated_models(experiment: Experiment) -> None:
    """Nobody chose these models so that they agree. Spec: SCALE-5."""
    setup = experiment.build()
    one = exhaustive(setup.system, setup.properties, Budget(states_max=5_000))
    if one.stats.complete:
        assert summary(shared(experiment.build(), 3)) == summary(one)


def divided_quotient(setup: Setup, shards: int) -> Report:
    """The quotient, divided among shards in this process."""
    crew, facets = Alone(shards), quotient_of(setup)
    return divided(setup.system, setup.properties, crew=crew, facets=facets)


def unmeasured(report: Report) -> object:
    """Counts and verdicts; a schedule made concrete has no length of its own."""
    stats = report.stats
    counts = (stats.states, stats.transitions, stats.terminal, stats.depth, stats.reduction)
    return counts, [(v.property.name, v.kind, v.schedule is None) for v in report.verdicts]


@pytest.mark.parametrize(
    "case", ["loss:documented", "exchanges:documented", "crash:paper", "relatives-loss:scuttlebutt"]
)
def test_the_quotient_is_the_same_on_any_number_of_shards(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is decided where tables are filled, by nobody else. Spec: SCALE-8."""
    experiment = find_case(load_catalogue(), case).experiment
    monkeypatch.setattr(search, "ROUND", 100)
    setup = experiment.build()
    one = search_reduced(setup, Budget(), "quotient")
    many = [divided_quotient(experiment.build(), shards) for shards in (1, 4)]
    assert one.stats.reduction == "quotient"
    assert unmeasured(many[0]) == unmeasured(one)
    assert told(many[1]) == told(many[0])
    for verdict in many[0].verdicts:
        if verdict.kind is Kind.REFUTED:
            broken = schedule_breaks(setup, verdict)
            assert broken


def schedule_breaks(setup: Setup, verdict: Verdict) -> bool:
    """Whether a schedule runs on the plain model and shows that the property is broken."""
    system, schedule = setup.system, verdict.schedule or ()
    worlds = [next(iter(system.initial()))]
    for action in schedule:
        assert action in system.actions(worlds[-1])
        worlds.append(system.next(worlds[-1], action))
    judge = Judge([verdict.property])
    found = [judge.see(world) for world in worlds]
    found += [
        judge.see_step(before, action, after)
        for before, action, after in zip(worlds, schedule, worlds[1:], strict=False)
    ]
    return any(found)


@given(experiments())
@settings(max_examples=20)
def test_quotient_and_coverage_agree_on_generated_models(experiment: Experiment) -> None:
    """Nobody chose these models so that they agree. Spec: SCALE-8."""
    setup = experiment.build()
    one = exhaustive(setup.system, setup.properties, Budget(states_max=5_000))
    if not one.stats.complete:
        return
    if refusal_of(setup, "quotient") is None:
        here = search_reduced(experiment.build(), Budget(), "quotient")
        assert unmeasured(divided_quotient(experiment.build(), 3)) == unmeasured(here)
    tallies = []
    for explore in (alone, lambda counting: shared(counting, 3)):
        counting, tally = tallied(experiment.build())
        explore(counting)
        tallies.append((tally.asked, tally.outputs, len(tally.steps)))
    assert tallies[0] == tallies[1]


@pytest.mark.parametrize("bits", [19, 21])
def test_wider_fields_move_every_world_to_its_new_owner(
    bits: int, experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A world that is packed anew is another word, and has another owner. Spec: SCALE-5."""
    model = experiment("line:3", [f"A set k={n}" for n in (1, 2, 3)], profile="textbook")
    expected = summary(alone(model.build()))
    monkeypatch.setattr(fields, "WORD", bits)
    widened: list[object] = []
    widen = DividedSearch.widen
    monkeypatch.setattr(DividedSearch, "widen", lambda it: widened.append(it) or widen(it))
    assert summary(shared(model.build(), 3)) == expected
    assert len(widened) > 1


def test_a_search_for_one_property_stops_where_one_process_does(
    experiment: Callable[..., Experiment],
) -> None:
    """Who looks for one counterexample does not pay for the levels behind it. Spec: SCALE-5."""
    model = experiment("line:3", profile="as-shipped").build()
    wanted = [each for each in model.properties if each.name == "agreement"]
    one = exhaustive(model.system, wanted, until_decided=True)
    many = divided(model.system, wanted, crew=Alone(3), until_decided=True)
    assert one.stats.stop == many.stats.stop == "every property is decided"
    assert one.stats.depth == many.stats.depth
    assert len(one.verdicts[0].schedule or ()) == len(many.verdicts[0].schedule or ()) > 0


@define
class Forgetful(Alone):
    """A crew whose workers lose everything at some orders, as if they had been killed."""

    at: Callable[[int], bool] = lambda order: order % 3 == 1
    orders: int = 0
    replaced: int = 0

    def submit(self, shard: int, task: Callable[..., Any], *given: Any) -> Future[Any]:
        self.orders += 1
        if isinstance(given[-1], Order) and self.at(self.orders):
            forget(given[0], shard)
            broken: Future[Any] = Future()
            broken.set_exception(BrokenProcessPool())
            return broken
        return super().submit(shard, task, *given)

    def replace(self, shard: int) -> None:
        del shard
        self.replaced += 1


@pytest.mark.parametrize("case", ["exchanges:documented", "loss:textbook"])
@pytest.mark.parametrize("every", [2, 5])
def test_workers_that_are_lost_again_and_again_change_nothing(
    case: str, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a worker was doing when it ended, no count may show it. Spec: SCALE-6."""
    model = find_case(load_catalogue(), case).experiment
    monkeypatch.setattr(search, "ROUND", 200)
    crew = Forgetful(3, lambda order: order % every == 0)
    setup = model.build()
    report = divided(setup.system, setup.properties, crew=crew)
    assert crew.replaced > 3
    assert told(report) == told(shared(model.build(), 3))


def test_a_worker_that_never_answers_is_told_of(experiment: Callable[..., Experiment]) -> None:
    """A share that does not fit into memory must end with a message. Spec: SCALE-6."""
    setup = experiment("line:2").build()
    with pytest.raises(UnrunnableFault, match="a worker ended 3 times"):
        divided(setup.system, setup.properties, crew=Forgetful(2, lambda _: True))


def test_a_worker_that_is_killed_in_the_middle_is_replaced(
    experiment: Callable[..., Experiment],
) -> None:
    """The system kills who uses most memory; the count must not show it. Spec: SCALE-6."""
    setup = experiment("line:3", profile="textbook").build()
    killed: list[int] = []
    with local_crew(2) as crew:

        def kill(progress: object) -> None:
            del progress
            if len(killed) < 2:
                pid = crew.submit(len(killed), os.getpid).result()
                killed.append(pid)
                threading.Timer(0.001, os.kill, (pid, signal.SIGKILL)).start()

        report = divided(setup.system, setup.properties, Budget(tell=kill), crew=crew)
    assert len(set(killed)) == 2
    assert summary(report) == summary(alone(experiment("line:3", profile="textbook").build()))
