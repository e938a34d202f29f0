"""A cause is what is left of a reason when the names are taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scuttle_check.engine.verdict import Report
from scuttle_check.gossip.experiment import Experiment
from scuttle_check.gossip.explain import cause_in
from scuttle_check.search.budget import Budget
from scuttle_check.search.causes import all_causes
from scuttle_check.search.exhaustive import exhaustive

SAME = [
    ("A has v@1 and B has w@2 for k", "C has w@3 and A has v@10 for j"),
    (
        "B lacks k=v@A2 and will not ask for it again",
        "C lacks j=w@B1 and will not ask for it again",
    ),
    ("the clock of A fell from A:2 B:1 to A:1", "the clock of C fell from C:2 to A:1 B:2 C:1"),
]
OTHER = [
    ("A has v@1 and B has w@2 for k", "A has nothing and B has w@2 for k"),
    ("A remembers k=v@A2 twice", "A remembers both k=v@A2 and k=w@A2"),
]


@pytest.fixture
def cause(experiment: Callable[..., Experiment]) -> Callable[[str], str]:
    """The causes of an experiment with keys k and j, values v and w."""
    return cause_in(experiment("line:3", ["A set k=v", "B set j=w"]))


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_make_no_other_cause(cause: Callable[[str], str], one: str, other: str) -> None:
    """Which node and which key is an accident of the model. Spec: CHK-8."""
    assert cause(one) == cause(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_happened_makes_the_cause(cause: Callable[[str], str], one: str, other: str) -> None:
    """Two ways to fail stay two. Spec: CHK-8."""
    assert cause(one) != cause(other)


def test_a_word_that_is_part_of_another_stays(cause: Callable[[str], str]) -> None:
    """The key k is not the k of 'knows', nor the node A the a of 'has'. Spec: CHK-8."""
    assert cause("A knows and has k, not awkward") == "N knows and has K, not awkward"


@pytest.mark.parametrize("whole", [False, True])
def test_every_search_keeps_the_limits_of_the_first(
    experiment: Callable[..., Experiment], whole: bool
) -> None:
    """A search that takes all memory is killed, the third as well as the first. Spec: CHK-11.

    With `whole` a search that was stopped is the last: what the next is blind to is not known.
    """
    setup = experiment("line:2", ["A set k=v", "B set k=w"], profile="as-shipped").build()
    budgets: list[Budget] = []

    def search(model: Any, properties: Any, budget: Budget | None = None, **_more: Any) -> Report:
        assert budget is not None
        budgets.append(budget)
        return exhaustive(model, properties, budget)

    budget = Budget(states_max=100, bytes_max=1 << 40)
    report, found = all_causes(
        setup.system, setup.properties, lambda because: because, search, budget, whole=whole
    )

    assert not report.stats.complete
    assert found
    assert (len(budgets) == 1) is whole
    assert {(each.states_max, each.bytes_max) for each in budgets} == {(100, 1 << 40)}
