"""What the searches may say, and what they must not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest

from scuttle_check.engine.properties import Always, AlwaysStep, Good, Sometimes
from scuttle_check.engine.verdict import Kind, Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.search.budget import Budget, Progress, memory_used
from scuttle_check.search.plain import breadth_first, depth_first
from scuttle_check.search.walks.random_walk import random_walk

SEARCHES = [breadth_first, depth_first, random_walk]
EXHAUSTIVE = [breadth_first, depth_first]
RING = tuple(((at + 1) % 50,) for at in range(50))
"""Fifty states in a circle."""


class Interrupted:
    """A model in which the user presses Ctrl-C at the third call of a method."""

    def __init__(self, model: Any, method: str) -> None:
        self.model = model
        self.method = method
        self.calls = 0

    def _count(self, method: str) -> None:
        self.calls += method == self.method
        if self.calls == 3:
            raise KeyboardInterrupt

    def initial(self) -> Any:
        self._count("initial")
        return self.model.initial()

    def actions(self, state: Any) -> Sequence[Any]:
        self._count("actions")
        actions: Sequence[Any] = self.model.actions(state)
        return actions

    def next(self, state: Any, action: Any) -> Any:
        self._count("next")
        return self.model.next(state, action)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_budget_stop_is_unknown_and_never_holds(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """The worst a checker can do is to say *holds* of what it did not see. Spec: CONV-14."""
    properties = [toys.never(49), toys.reached(49), toys.never_step(48, 49)]
    report = search(toys.Graph(RING), properties, Budget(states_max=10))
    assert {verdict.kind for verdict in report.verdicts} <= {Kind.UNKNOWN, *_found(search)}
    assert not report.stats.complete


def _found(search: Callable[..., Report]) -> set[Kind]:
    """One walk may pass through everything before its budget is asked."""
    return {Kind.REFUTED, Kind.WITNESSED} if search is random_walk else set()


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_the_reason_of_a_stop_is_told(toys: ModuleType, search: Callable[..., Report]) -> None:
    """Who reads *unknown* must learn which limit to raise. Spec: CONV-14."""
    report = search(toys.Graph(RING), [toys.never(49)], Budget(states_max=10))
    assert report.stats.stop == "more than 10 states, the limit given"
    assert report.verdicts[0].because == f"stopped: {report.stats.stop}"
    assert report.verdicts[0].schedule is None
    report = search(toys.Graph(RING), [toys.never(49)], Budget(seconds_max=0))
    assert report.stats.stop == "0 seconds used, the limit given"


@pytest.mark.skipif(memory_used() is None, reason="this system does not tell what is used")
@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_stops_before_memory_runs_out(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A process that the system kills for its memory has no verdict at all. Spec: CHK-11."""
    report = search(toys.Graph(RING), [toys.never(-1)], Budget(bytes_max=1 << 20))
    assert report.verdicts[0].kind is Kind.UNKNOWN
    assert report.stats.stop == "more than 1 MB of memory needed, the limit"
    report = search(toys.Graph(RING), [toys.never(-1)], Budget(bytes_max=1 << 50))
    assert report.stats.complete or search is random_walk


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_a_limit_that_is_just_enough_does_not_stop(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """Fifty states under a limit of fifty are all of them."""
    report = search(toys.Graph(RING), [toys.never(-1)], Budget(states_max=50))
    assert report.stats.complete
    assert report.verdicts[0].kind is Kind.HOLDS


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_what_was_refuted_before_a_stop_stays_refuted(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A counterexample is one whatever the budget; only the rest is open. Spec: CONV-14."""
    properties = [toys.never(5, "early"), toys.never(40, "late"), toys.reached(3)]
    report = search(toys.Graph(RING), properties, Budget(states_max=10))
    kinds = [verdict.kind for verdict in report.verdicts]
    assert kinds == [Kind.REFUTED, Kind.UNKNOWN, Kind.WITNESSED]


@pytest.mark.parametrize("search", SEARCHES)
def test_a_property_that_was_never_exercised_is_unknown(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """Vacuous success is no success. Spec: CONV-14."""
    idle = [
        Always("no part", "CONV-14", "", lambda _: (), lambda _: Good.KEPT),
        Always("silent", "CONV-14", "", lambda state: (state,), lambda _: Good.VACUOUS),
        AlwaysStep("idle", "CONV-14", "", lambda *_: ((),), lambda _: Good.VACUOUS),
    ]
    report = search(toys.Graph(((1,), ())), idle)
    assert [verdict.kind for verdict in report.verdicts] == [Kind.UNKNOWN] * 3
    assert [verdict.exercised for verdict in report.verdicts] == [0] * 3
    if search is not random_walk:
        assert {verdict.because for verdict in report.verdicts} == {"never exercised"}


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_a_witness_that_does_not_exist_refutes(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """*Sometimes* is refuted by a complete search only, and then without a schedule."""
    report = search(toys.Graph(RING), [toys.reached(-1, "missing"), toys.reached(0)])
    missing, start = report.verdicts
    assert (missing.kind, missing.schedule) == (Kind.REFUTED, None)
    assert (start.kind, start.schedule) == (Kind.WITNESSED, ())


@pytest.mark.parametrize("search", SEARCHES)
def test_a_step_back_into_a_known_state_is_judged(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A step property speaks of edges: both states may be old news, the step is not."""
    report = search(toys.Graph(((1,), (2, 2, 0), ())), [toys.never_step(1, 0)])
    verdict = report.verdicts[0]
    assert (verdict.kind, verdict.because) == (Kind.REFUTED, "1 to 0")
    assert verdict.schedule is not None
    assert verdict.schedule[-1] == 2


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_a_part_shared_by_many_states_is_judged_once(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """This is what makes local invariants cheap: a part costs one evaluation."""
    judged: list[object] = []

    def check(part: object) -> Good:
        judged.append(part)
        return Good.KEPT

    parity = Always("parity", "CONV-14", "", lambda state: (state % 2,), check)
    verdict = search(toys.Graph(RING), [parity]).verdict("parity")
    assert sorted(judged) == [0, 1]  # type: ignore[type-var]
    assert (verdict.kind, verdict.exercised) == (Kind.HOLDS, 2)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("method", ["actions", "next"])
def test_an_interrupt_ends_with_what_is_known(
    toys: ModuleType, search: Callable[..., Report], method: str
) -> None:
    """Ctrl-C after an hour must not lose the hour, where it is asked for. Spec: CONV-14, CHK-14."""
    model = Interrupted(toys.Graph(RING), method)
    report = search(model, [toys.never(1), toys.never(49, "far")], Budget(partial=True))
    assert report.stats.stop == "interrupted"
    assert [verdict.kind for verdict in report.verdicts] == [Kind.REFUTED, Kind.UNKNOWN]
    assert 2 <= report.stats.states <= 3


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("method", ["actions", "next"])
def test_an_interrupt_is_one_of_whoever_did_not_ask_for_a_part(
    toys: ModuleType, search: Callable[..., Report], method: str
) -> None:
    """A site was published with 7 of 57 models. Spec: CHK-14."""
    model = Interrupted(toys.Graph(RING), method)
    with pytest.raises(KeyboardInterrupt):
        search(model, [toys.never(1), toys.never(49, "far")])


@pytest.mark.parametrize("search", SEARCHES)
def test_an_interrupt_while_the_start_is_judged_is_a_report_too(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """The first state may be the costly one: it is judged like any other."""

    def check(_part: object) -> Good:
        raise KeyboardInterrupt

    slow = Always("slow", "CONV-14", "", lambda state: (state,), check)
    report = search(toys.Graph(RING), [slow], Budget(partial=True))
    assert (report.stats.stop, report.verdicts[0].kind) == ("interrupted", Kind.UNKNOWN)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_model_without_a_start_is_no_success(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A forgotten start state is a likely mistake; it must not pass as *holds*. Spec: CONV-14."""
    report = search(toys.Graph(RING, ()), [toys.never(1)])
    assert (report.stats.states, report.verdicts[0].kind) == (0, Kind.UNKNOWN)


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_a_search_may_end_when_everything_is_decided(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """Looking for one counterexample should not cost the whole state space."""
    report = search(toys.Graph(RING), [toys.never(7), toys.reached(3)], until_decided=True)
    assert report.stats.stop == "every property is decided"
    assert [verdict.kind for verdict in report.verdicts] == [Kind.REFUTED, Kind.WITNESSED]
    assert report.stats.states == 8


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_progress_is_told_as_the_search_goes(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """A user cannot tell a long search from a hung one without it."""
    told: list[Progress] = []
    search(toys.Hanoi(5), [], Budget(tell=told.append, every=50))
    counts = [progress.states for progress in told]
    assert counts == sorted(counts)
    assert len(counts) >= 3


def test_a_verdict_is_found_by_the_name_of_its_property(
    experiment: Callable[..., Experiment],
) -> None:
    """The report is a table to look things up in; a wrong name is an error, not a verdict."""
    setup = experiment("line:2").build()
    report = breadth_first(setup.system, setup.properties)
    assert report.verdict("agreement").kind is Kind.HOLDS
    with pytest.raises(KeyError, match="agrement"):
        report.verdict("agrement")


def test_sometimes_is_judged_until_it_is_seen(toys: ModuleType) -> None:
    """A witness is kept: the check is not asked again."""
    asked: list[object] = []

    def check(state: object) -> bool:
        asked.append(state)
        return state == 2

    breadth_first(toys.Graph(RING), [Sometimes("two", "CONV-14", "", check)])
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("search", SEARCHES)
def test_two_properties_of_one_name_are_refused(
    toys: ModuleType, search: Callable[..., Report]
) -> None:
    """They would share their memory of judged parts, and the second would hold unjudged."""
    with pytest.raises(ValueError, match="same name: never, never"):
        search(toys.Graph(RING), [toys.never(-1), toys.never(3)])


@pytest.mark.parametrize("search", EXHAUSTIVE)
def test_nothing_is_explored_after_a_stop(toys: ModuleType, search: Callable[..., Report]) -> None:
    """A limit counts for all starts together, not for each."""
    report = search(toys.Graph(RING, tuple(range(50))), [toys.never(-1)], Budget(states_max=1))
    assert report.stats.stop is not None
    assert report.stats.transitions <= 1
