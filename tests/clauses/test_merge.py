"""MERGE: how an update meets the stored value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nodes import Node, upd

from scuttle_ref import (
    Applied,
    Config,
    Declined,
    Entry,
    GossipView,
    Put,
    Recorded,
    Rejected,
    Update,
    strictly_order_values,
)
from scuttle_ref.order import by_value
from scuttle_ref.resolvers import View


def yes(_gossip: GossipView, _update: Update) -> bool:
    return True


def no(_gossip: GossipView, _update: Update) -> bool:
    return False


def test_the_value_is_replaced_exactly_when_the_resolver_says_yes() -> None:
    """Yes lets even an older version in, no keeps even a newer one out.

    Spec: MERGE-1.
    """
    willing = Node("A", config=Config(resolve=yes)).hear(upd("B", 2), upd("C", 1))
    assert willing.state.at(("k",)) == Entry("C1", 1, "C")
    assert Applied(upd("C", 1)) in willing.outputs

    unwilling = Node("A", config=Config(resolve=no)).hear(upd("B", 2))
    assert not unwilling.state.store


def test_the_resolver_is_asked_for_local_writes_too() -> None:
    """With the larger value winning, an owner cannot lower what is stored.

    Spec: MERGE-1.
    """
    node = Node("A", config=Config(resolve=strictly_order_values))
    node.put("k", 5).put("k", 3)
    declined = Update("A", "k", 3, 2)

    assert node.state.at(("k",)) == Entry(5, 1, "A")
    assert node.outputs == (Recorded(declined), Declined(declined))


def test_the_resolver_sees_the_node_as_it_was_before_the_update() -> None:
    """The clock before it moves, what is stored under any key, the id and the value order.

    Spec: MERGE-2.
    """
    seen: list[tuple[object, ...]] = []

    def resolve(gossip: GossipView, update: Update) -> bool:
        stored = gossip.get(update.key).value, gossip.get("other").value
        seen.append((gossip.id, gossip.clock.pairs, gossip.sort, *stored))
        return True

    node = Node("A", config=Config(resolve=resolve))
    node.put("other", 0).put("k", 1).hear(upd("B", 4))

    assert seen == [
        ("A", (("A", 0),), by_value, None, None),
        ("A", (("A", 1),), by_value, None, 0),
        ("A", (("A", 2),), by_value, 1, 0),
    ]


def test_a_view_can_be_taken_of_any_state() -> None:
    """What a resolver is given can be built by hand, to try a resolver out.

    Spec: MERGE-2.
    """
    view = View(Node("A").put("k", 1).state)

    assert (view.id, view.get("k").value, view.get("x").value) == ("A", 1, None)
    assert view.clock.get("A") == 1
    assert view.sort is by_value


def test_a_declined_update_moves_clock_and_history_all_the_same() -> None:
    """Otherwise the node would ask for it again and again, and would not pass it on.

    Spec: MERGE-3.
    """
    node = Node("A", config=Config(resolve=no)).hear(upd("B", 4))

    assert node.outputs == (Recorded(upd("B", 4)), Declined(upd("B", 4)))
    assert node.clock() == {"A": 5, "B": 4}
    assert node.remembers() == [("B", 4)]
    assert node.state.version == 4
    assert not node.state.store


class Unspeakable(Exception):
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError


def raising(fault: Exception) -> Callable[..., bool]:
    def function(*_arguments: object) -> bool:
        raise fault

    return function


@pytest.mark.parametrize(
    "resolve",
    [raising(KeyError("k")), raising(Unspeakable()), raising(RecursionError())],
    ids=["KeyError", "Unspeakable", "RecursionError"],
)
def test_a_resolver_that_raises_is_reported_and_changes_nothing(
    resolve: Callable[..., bool],
) -> None:
    """For a local write and for a received update.

    Spec: MERGE-4.
    """
    node = Node("A", config=Config(resolve=resolve))
    before = node.state

    for event in (node.put("k", 1), node.hear(upd("B", 1))):
        (output,) = event.outputs
        assert isinstance(output, Rejected)
        assert output.refusal.clause == "MERGE-4"
        assert "raised" in output.refusal.problem
        assert node.state is before


@pytest.mark.parametrize("verdict", [1, 0, None, "yes", 1.0, (), NotImplemented], ids=repr)
def test_a_resolver_that_answers_with_anything_but_a_bool_is_reported(verdict: object) -> None:
    """A value that merely counts as true usually is a forgotten comparison.

    Spec: MERGE-4.
    """
    node = Node("A", config=Config(resolve=lambda _gossip, _update: verdict))  # type: ignore[arg-type,return-value]
    before = node.state

    refusal = node.put("k", 1).refusals()[0]

    assert (refusal.clause, refusal.expected) == ("MERGE-4", "a bool")
    assert node.state is before


def test_a_sort_that_raises_or_returns_no_number_is_reported() -> None:
    """The first update has nothing to be compared with; the second meets the fault.

    Spec: MERGE-4.
    """
    sorts: list[Any] = [raising(ZeroDivisionError()), lambda _one, _other: None]
    for sort in sorts:
        node = Node("A", config=Config(sort=sort)).put("k", 1)
        before = node.state

        assert node.put("k", 2).refusals()[0].path == "resolve or config.sort"
        assert node.state is before


def test_a_node_goes_on_after_its_resolver_has_failed() -> None:
    """One poisonous update does not silence a node.

    Spec: MERGE-4.
    """

    def resolve(_gossip: GossipView, update: Update) -> bool:
        if update.value == "poison":
            raise ValueError(update.value)
        return True

    node = Node("A", config=Config(resolve=resolve)).put("k", "poison").do(Put("k", "cure"))

    assert node.value("k") == "cure"
    assert node.clock() == {"A": 1}
