"""While a long search goes on, random walks say early what is wrong, and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget, Progress
from scuttle_check.search.compiled.search import compiled
from scuttle_check.search.plain import breadth_first
from scuttle_check.search.walks.scout import Scout
from scuttle_check.search.walks.swarm import swarm

LONG = Progress(1, 1, 1, 1, seconds=5.0)


def scout_of(setup: object, said: list[str], **settings: float) -> Scout:
    """A scout that does not wait."""
    model, properties = setup.system, setup.properties  # type: ignore[attr-defined]
    return Scout(model, properties, said.append, seconds=0.5, **settings)  # type: ignore[arg-type]


def test_a_scout_tells_of_a_bug_once(experiment: Callable[..., Experiment]) -> None:
    """The search is still far from it when the walks are there."""
    said: list[str] = []
    setup = experiment("ring:3", profile="as-shipped").build()
    scout = scout_of(setup, said)
    scout(Progress(1, 1, 1, 1, seconds=0.9))
    assert said == []
    scout(LONG)
    told = list(said)
    scout(LONG)
    assert said == told
    assert "refuted by a random walk in " in said[0]
    assert said[0].endswith(" steps; looking for a shortest schedule")


def test_a_scout_that_finds_nothing_says_so(experiment: Callable[..., Experiment]) -> None:
    """Silence would look like a walk that never was."""
    said: list[str] = []
    scout_of(experiment("line:2").build(), said)(LONG)
    assert len(said) == 1
    assert "random walks of" in said[0]
    assert said[0].endswith("steps depth-first refuted nothing")


def test_a_scout_looks_depth_first_where_walks_found_nothing(
    experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a corner that walks seldom enter is found by going to the end of one way. CHK-7."""
    setup = experiment("line:3", profile="as-shipped").build()
    none = breadth_first(setup.system, (), Budget(states_max=1))
    monkeypatch.setattr("scuttle_check.search.walks.scout.swarm", lambda *_, **__: none)
    said: list[str] = []
    scout_of(setup, said)(LONG)
    assert "refuted by a depth-first search in " in said[0]


def test_what_is_decided_is_not_looked_for(experiment: Callable[..., Experiment]) -> None:
    """The search has its shortest schedule already."""
    said: list[str] = []
    setup = experiment("line:2", profile="as-shipped").build()
    every = [each.name for each in setup.properties]
    scout_of(setup, said)(Progress(1, 1, 1, 1, 5.0, decided=every))
    assert said == []


@pytest.mark.parametrize("search", [breadth_first, compiled])
def test_a_scout_changes_no_report(
    experiment: Callable[..., Experiment], search: Callable[..., Report]
) -> None:
    """Counts, verdicts and schedules are the same with and without it. Spec: CHK-7."""
    said: list[str] = []
    reports = []
    for scouted in (False, True):
        setup = experiment("line:3", profile="as-shipped").build()
        scout = scout_of(setup, said, patience=0.0)
        budget = Budget(states_max=9_000, tell=scout if scouted else None, every=100)
        reports.append(search(setup.system, setup.properties, budget))
    told = [
        (report.stats.states, report.stats.transitions, report.stats.depth, report.stats.stop,
         report.stats.growth,
         [(v.kind, v.schedule, v.because, v.exercised) for v in report.verdicts])
        for report in reports
    ]  # fmt: skip
    assert said
    assert told[0] == told[1]


def test_an_interrupt_of_the_walks_is_one_of_the_search(
    experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C means the whole command, wherever it is at work."""
    setup = experiment("line:2").build()

    def interrupted(*args: object, **settings: object) -> Report:
        def press(_: Progress) -> None:
            raise KeyboardInterrupt

        del args, settings
        return swarm(setup.system, setup.properties, Budget(tell=press))

    monkeypatch.setattr("scuttle_check.search.walks.scout.swarm", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scout_of(setup, [])(LONG)


def test_a_fault_of_the_model_is_left_to_the_search(
    experiment: Callable[..., Experiment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that raises ends the search in its own words, not in those of a walk."""

    def faulty(*args: object, **settings: object) -> Report:
        del args, settings
        raise UnrunnableFault("the resolver raised")

    monkeypatch.setattr("scuttle_check.search.walks.scout.swarm", faulty)
    scout_of(experiment("line:2").build(), [])(LONG)


def test_models_without_nodes_are_not_scouted_and_that_is_said(toys: ModuleType) -> None:
    """The walks need regions; who waits for a scout must not wait for ever. Spec: CHK-7."""
    said: list[str] = []
    Scout(toys.DieHard(), [toys.never((4, 0))], said.append)(LONG)
    assert said == ["no scout was sent: random walks do not know this model"]
