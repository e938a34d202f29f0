"""RES: the three samples of the README, with their flaws, and three that are joins."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from nodes import Node, converse, upd

from scuttle_ref import (
    RESOLVERS,
    UNBOUNDED,
    Config,
    Entry,
    Resolver,
    Update,
    first_writer,
    lww_total,
    lww_vs_clock,
    lww_vs_current_vers,
    max_value,
    strictly_order_values,
)
from scuttle_ref.names import frozen_value
from scuttle_ref.order import by_value
from scuttle_ref.resolvers import GossipView, View


def node(name: str, resolve: Resolver) -> Node:
    return Node(name, config=Config(resolve=resolve, max_history=UNBOUNDED))


def test_every_resolver_has_a_name() -> None:
    """On the command line and in counterexample files a resolver is called by its name."""
    assert list(RESOLVERS) == [
        "strictly_order_values",
        "lww_vs_current_vers",
        "lww_vs_clock",
        "lww_total",
        "max_value",
        "first_writer",
    ]
    assert all(RESOLVERS[name].__name__ == name for name in RESOLVERS)


def test_strictly_order_values_lets_the_larger_value_win_and_anything_replace_null() -> None:
    """Equal values do not replace each other; null replaces null.

    Spec: RES-1.
    """
    view = View(Node("A").put("five", 5).put("null", None).state)

    def wins(key: str, value: object) -> bool:
        return strictly_order_values(view, Update("B", key, value, 9))

    assert wins("five", 6)
    assert not wins("five", 5)
    assert not wins("five", 4)
    assert wins("null", 0)
    assert wins("null", None)
    assert wins("absent", None)


def test_of_null_written_twice_the_version_that_came_last_stays() -> None:
    """Of any other value the one that came first.

    Spec: RES-1.
    """
    both = [Update("B", "k", None, 1), Update("C", "k", None, 1)]
    kept = [
        node("A", strictly_order_values).hear(*order).state.at(("k",)).source_id
        for order in (both, both[::-1])
    ]
    fives = [upd("B", 1, value=5), upd("C", 1, value=5)]

    assert kept == ["C", "B"]
    assert node("A", strictly_order_values).hear(*fives).state.at(("k",)).source_id == "B"


def test_strictly_order_values_uses_the_value_order_of_the_configuration() -> None:
    """The library calls ``gossip.sort``, which it does not have; here it is `value_order`.

    Spec: RES-1.
    """

    def shorter_is_larger(one: str, other: str) -> float:
        return len(other) - len(one)

    config = Config(resolve=strictly_order_values, value_order=shorter_is_larger)

    short = Node("A", config=config).put("k", "long text").put("k", "text").put("k", "texts")

    assert short.value("k") == "text"


def test_an_owner_cannot_take_back_a_larger_value() -> None:
    """The flaw of ordering by value: the newer, smaller write loses everywhere.

    Spec: RES-1.
    """
    one, other = node("A", strictly_order_values), node("B", strictly_order_values)
    one.put("k", 5).put("k", 3)
    converse(other, one)

    assert (one.value("k"), other.value("k")) == (5, 5)


ASCENDING = [
    None,
    False,
    True,
    -(10**400),
    -1.5,
    0.5,
    1,
    2,
    float("inf"),
    "",
    "a",
    "b",
    (),
    (None,),
    (1, 2),
    (1, "a"),
    (2,),
    frozen_value({"a": 1}),
    b"bytes",
]


def test_a_resolver_gets_what_json_has_and_may_change_it() -> None:
    """Dicts and lists, which are its own. Spec: MERGE-5."""
    given: list[Any] = []

    def grasping(gossip: GossipView, update: Update) -> bool:
        stored = gossip.get(update.key).value
        given.extend((stored, update.value))
        if isinstance(update.value, dict):
            update.value["tags"].append("mine")
        if isinstance(stored, dict):
            stored.clear()
        return lww_total(gossip, update)

    value = frozen_value({"tags": [1, {"deep": True}]})
    node = Node("A", config=Config(resolve=grasping)).put("k", value).put("k", "later")

    assert given[:2] == [None, {"tags": [1, {"deep": True}, "mine"]}]
    assert given[2:] == [{}, "later"]
    assert node.state.history.updates[0].value == value


def test_values_of_every_type_have_an_order() -> None:
    """Null, booleans, numbers, strings, lists, then the rest.

    Spec: RES-1.
    """
    for at, one in enumerate(ASCENDING):
        assert [by_value(one, other) for other in ASCENDING] == [
            (at > index) - (at < index) for index in range(len(ASCENDING))
        ]


def test_lww_vs_current_vers_compares_versions_and_breaks_ties_with_its_own_id() -> None:
    """The flaw: the tie goes by the id of the node that decides, not of the stored writer.

    Spec: RES-2.
    """
    tie = upd("B", 4)
    for name, verdict in (("A", True), ("B", True), ("C", False)):
        view = View(Node(name).hear(upd("X", 4)).state)
        assert lww_vs_current_vers(view, tie) is verdict
        assert lww_vs_current_vers(view, upd("B", 5))
        assert not lww_vs_current_vers(view, upd("Z", 3))
        assert lww_vs_current_vers(view, upd("B", 1, key="absent"))


def test_under_lww_vs_current_vers_one_tie_is_decided_differently_for_ever() -> None:
    """C keeps the first of two concurrent writes that arrives, 0 takes the last.

    Spec: RES-2.
    """
    first, last = upd("A", 1), upd("B", 1)
    low, high = node("0", lww_vs_current_vers), node("C", lww_vs_current_vers)

    values = [each.hear(first, last).value("k") for each in (low, high)]

    assert values == ["B1", "A1"]


def test_lww_vs_clock_asks_only_whether_the_update_is_news() -> None:
    """Versions are compared with the clock entry of the source; ties go by the own id.

    Spec: RES-3.
    """
    view = View(Node("C").hear(upd("B", 4), upd("D", 4), upd("X", 90)).state)

    assert lww_vs_clock(view, upd("B", 5))
    assert not lww_vs_clock(view, upd("B", 3))
    assert not lww_vs_clock(view, upd("B", 4))
    assert lww_vs_clock(view, upd("D", 4))
    assert lww_vs_clock(view, upd("C", 91))
    assert lww_vs_clock(view, upd("new", 1))


def test_under_lww_vs_clock_two_concurrent_writes_end_swapped() -> None:
    """It is asked before the clock moves, so whatever arrives last wins.

    Spec: RES-3.
    """
    one, other = node("A", lww_vs_clock).put("k", "a"), node("B", lww_vs_clock).put("k", "b")

    converse(one, other)
    converse(other, one)

    assert (one.value("k"), other.value("k")) == ("b", "a")


def test_lww_total_compares_with_the_writer_of_the_stored_value() -> None:
    """The pair of version and source, so nothing ties and the deciding node plays no part.

    Spec: RES-4.
    """
    for name in ("A", "M", "Z"):
        view = View(Node(name).hear(upd("C", 4)).state)
        assert lww_total(view, upd("D", 4))
        assert not lww_total(view, upd("B", 4))
        assert not lww_total(view, upd("C", 4))
        assert lww_total(view, upd("A", 5))
        assert not lww_total(view, upd("Z", 3))
        assert lww_total(view, upd("A", 1, key="absent"))


def test_max_value_lets_the_larger_value_win_and_equal_values_go_by_version_and_source() -> None:
    """A null that somebody wrote is a value; a place nobody wrote is none.

    Spec: RES-5.
    """
    view = View(Node("A").hear(upd("C", 4, value=5)).state)

    assert max_value(view, upd("B", 1, value=6))
    assert not max_value(view, upd("B", 9, value=4))
    assert max_value(view, upd("D", 4, value=5))
    assert not max_value(view, upd("B", 4, value=5))
    assert max_value(view, Update("B", "absent", None, 1))
    written = View(Node("A").put("k", None).state)
    assert not max_value(written, Update("0", "k", None, 1))
    assert max_value(written, upd("B", 1, value=False))


def test_first_writer_keeps_the_smallest_version_and_source() -> None:
    """However late it arrives.

    Spec: RES-6.
    """
    view = View(Node("A").hear(upd("C", 4)).state)

    assert first_writer(view, upd("D", 3))
    assert first_writer(view, upd("B", 4))
    assert not first_writer(view, upd("C", 4))
    assert not first_writer(view, upd("B", 5))
    assert first_writer(view, upd("B", 5, key="absent"))


CONCURRENT = [upd("B", 1, value=7), upd("C", 1, value=9), upd("B", 3, value=9), upd("D", 2)]


@pytest.mark.parametrize(
    ("resolve", "winner"),
    [
        (lww_total, Entry(9, 3, "B")),
        (max_value, Entry("D2", 2, "D")),
        (first_writer, Entry(7, 1, "B")),
    ],
)
def test_joins_pick_the_same_winner_in_every_order(resolve: Resolver, winner: Entry) -> None:
    """What the samples of the README do not do.

    Spec: RES-4, RES-5, RES-6.
    """
    for updates in permutations(CONCURRENT):
        assert node("A", resolve).hear(*updates).state.at(("k",)) == winner
