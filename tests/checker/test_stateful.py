"""State machines of whole worlds: what is right passes, and what is wrong is found and shrunk."""

from __future__ import annotations

from typing import Any

import pytest
from bad_resolvers import latest_arrival
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from scuttle_check.base.errors import UsageFault
from scuttle_check.laws.api import Misfortune, gossip_machine
from scuttle_ref import lww_total, lww_vs_current_vers
from scuttle_ref.state import NodeState

QUICK = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def run(**choices: Any) -> None:
    run_state_machine_as_test(gossip_machine(**choices), settings=QUICK)


def own_versions_only(nodes: tuple[NodeState, ...]) -> None:
    """What an exchange breaks, and only an exchange."""
    for node in nodes:
        for _, entry in node.store:
            assert entry.source_id == node.id, "foreign!"


@pytest.mark.parametrize(
    "choices",
    [
        {"resolver": lww_total},
        {"resolver": lww_total, "profile": "textbook", "on": "ring:3"},
        {"faults": Misfortune(cuts=1, crashes=1, pauses=1), "on": "line:3"},
        {"network": "lossy", "on": "star:4", "agrees": False},
    ],
)
def test_what_is_right_passes(choices: dict[str, Any]) -> None:
    """With writes, exchanges, deliveries and faults in any order. Spec: LAW-20."""
    run(**choices)


@pytest.mark.parametrize("resolver", [latest_arrival, lww_vs_current_vers])
def test_a_bad_resolver_is_found(resolver: Any) -> None:
    """By the replicas that differ in the end. Spec: LAW-20."""
    with pytest.raises(AssertionError, match=r"agreement \[CONV-1\]"):
        run(resolver=resolver)


def test_a_broken_property_is_found() -> None:
    """Who loses its memory in a crash and keeps its id, forgets what it had seen.

    Spec: LAW-20.
    """
    with pytest.raises(AssertionError, match=r"clocks-monotone \[CONV-7\]"):
        run(faults=Misfortune(crashes=1, restart="amnesia"), agrees=False, on="line:2")


def test_data_moves_between_nodes() -> None:
    """A machine in which nothing arrives would find everything right. Spec: LAW-20."""
    with pytest.raises(AssertionError, match="foreign!"):
        run(invariants=[own_versions_only], on="line:2")


def test_an_invariant_of_the_user_is_checked_after_each_step() -> None:
    """Anything that can be said of the nodes. Spec: LAW-20."""

    def nobody_holds_three(nodes: tuple[NodeState, ...]) -> None:
        for node in nodes:
            assert all(entry.version < 3 for _, entry in node.store), "three!"

    with pytest.raises(AssertionError, match="three!"):
        run(invariants=[nobody_holds_three])


def test_a_property_that_is_none_is_refused() -> None:
    """With those there are."""
    with pytest.raises(UsageFault, match="no property 'kindness'"):
        gossip_machine(properties=["kindness"])
