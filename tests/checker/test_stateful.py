"""State machines of whole worlds: what is right passes, and what is wrong is found and shrunk."""

from __future__ import annotations

from typing import Any

import pytest
from bad_resolvers import latest_arrival
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from scuttle_check.base.errors import UsageFault
from scuttle_check.laws.api import Misfortune, Replica, gossip_machine
from scuttle_ref import lww_total, lww_vs_current_vers

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


def own_versions_only(replicas: tuple[Replica, ...]) -> None:
    """What an exchange breaks, and only an exchange."""
    for replica in replicas:
        for _, entry in replica.state.store:
            assert entry.source_id == replica.id, "foreign!"


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

    def nobody_holds_three(replicas: tuple[Replica, ...]) -> None:
        for replica in replicas:
            assert all(entry.version < 3 for _, entry in replica.state.store), "three!"

    with pytest.raises(AssertionError, match="three!"):
        run(invariants=[nobody_holds_three])


def test_a_property_that_is_none_is_refused() -> None:
    """With those there are."""
    with pytest.raises(UsageFault, match="no property 'kindness'"):
        gossip_machine(properties=["kindness"])


def user(_replica: Replica) -> Any:
    return st.fixed_dictionaries({"user": st.sampled_from(["ann", "bob"])})


def order(replica: Replica) -> Any:
    return {"order": [replica.get("user"), 1]} if "user" in replica else None


def no_order_without_user(replicas: tuple[Replica, ...]) -> object:
    for replica in replicas:
        if "order" in replica and "user" not in replica:
            return f"{replica.id} shows an order of nobody"
    return None


def test_commands_of_the_application_depend_on_what_a_replica_holds() -> None:
    """An order comes only after its user, and in order it arrives only after it. Spec: LAW-20."""
    run(commands=[user, order], invariants=[no_order_without_user], values="text")


def test_an_invariant_of_commands_is_found_broken() -> None:
    """An application that does not look whether the user is there. Spec: LAW-20."""

    def careless(_replica: Replica) -> dict[str, Any]:
        return {"order": [None, 1]}

    with pytest.raises(AssertionError, match=r"no_order_without_user: \w shows an order of nobody"):
        run(commands={"user": user, "order": careless}, invariants=[no_order_without_user])


def test_what_must_be_so_at_the_end_is_checked_when_all_has_arrived() -> None:
    """And at no time before. Spec: LAW-20."""

    def everybody_has_a_user(replicas: tuple[Replica, ...]) -> bool:
        return all("user" in replica for replica in replicas)

    run(commands=[user], at_end=[everybody_has_a_user])
    with pytest.raises(AssertionError, match="everybody_has_a_user: is not so of"):
        run(commands=[user], invariants=[everybody_has_a_user])
    with pytest.raises(AssertionError, match="everybody_has_a_user: is not so of"):
        run(at_end=[everybody_has_a_user])
