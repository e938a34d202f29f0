"""LAW: what the laws say of single resolvers, callers of another kind, and comparisons."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from bad_resolvers import latest_arrival, newest, version_or_equal

from scuttle_check.laws.api import Caller, assert_same_outcome, judge_resolver, resolver_diff
from scuttle_check.laws.asking import Asking, Run
from scuttle_check.laws.calling import Answer, InProcess
from scuttle_check.laws.domain import domain_of
from scuttle_check.laws.planning import planned
from scuttle_check.laws.selection import judge_forgotten
from scuttle_ref import (
    DOCUMENTED,
    Config,
    Gossip,
    Received,
    Update,
    first_writer,
    lww_total,
    lww_vs_clock,
    lww_vs_current_vers,
    max_value,
)
from scuttle_ref.names import thawed_value
from scuttle_ref.resolvers import View
from scuttle_ref.wire import message_from_json, message_to_json


class Elsewhere:
    """A resolver of another language: all it gets is JSON, all it gives is an answer."""

    name = "javascript:newest"
    here = False

    def ask(self, view: View, update: Update) -> Answer:
        document = message_to_json(update)
        held = {place[0]: entry for place, entry in view.state.store}
        stored = held.get(str(document["key"]))
        if stored is None:
            return True
        return (document["version"], document["source_id"]) > (stored.version, stored.source_id)

    def meddled(self, _view: View, _update: Update) -> str | None:
        raise AssertionError("nobody can know")


def test_a_resolver_elsewhere_is_judged_by_its_answers() -> None:
    """What cannot be asked there is said, and not counted as kept. Spec: LAW-14."""
    caller: Caller = Elsewhere()
    kinds = {each.law.name: each.kind for each in judge_resolver(caller, values="text", examples=5)}

    assert kinds.pop("pure") == "not asked"
    assert set(kinds.values()) == {"holds"}


def test_the_smallest_history_that_tells_two_resolvers_apart_is_shown() -> None:
    """One update if that is enough, two otherwise; None where they are the same. Spec: LAW-19."""
    found = resolver_diff(newest, max_value, values="numbers", examples=0)
    assert found is not None
    assert len(found.run.delivered) == 2
    assert str(found).startswith("after k=")

    always, never = resolver_diff(newest, lambda _g, _u: False, examples=0), None
    assert always is not None
    assert len(always.run.delivered) == 1
    assert resolver_diff(newest, lww_total, values="text", examples=20) is never


def test_a_difference_that_only_drawn_values_show_is_made_small() -> None:
    """Two updates of the five that were drawn. Spec: LAW-19."""

    def long_text_wins(gossip: Any, update: Any) -> bool:
        long = isinstance(update.value, str) and len(update.value) > 2
        return long or newest(gossip, update)

    found = resolver_diff(newest, long_text_wins, values="text", examples=200)
    assert found is not None
    assert len(found.run.delivered) == 2


def test_a_refactoring_that_changes_nothing_passes_and_another_fails() -> None:
    """The message is the history. Spec: LAW-19."""
    few: dict[str, Any] = {"values": "booleans", "examples": 5}
    assert_same_outcome(newest, lww_total, **few)
    with pytest.raises(AssertionError, match="first_writer leaves"):
        assert_same_outcome(lww_total, first_writer, **few)


@pytest.mark.parametrize(
    "resolver", [lww_total, max_value, lww_vs_clock, lww_vs_current_vers, latest_arrival]
)
def test_the_judge_folds_updates_as_a_node_does(resolver: Any) -> None:
    """A law that was judged on another machine than the protocol's would say nothing.

    Spec: MERGE-1, MERGE-3.
    """
    plan = planned(resolver, values="booleans")
    gossip = Gossip(DOCUMENTED, Config(resolve=resolver))
    asking = Asking(InProcess(resolver, "it"), plan.observe)
    for case in plan.domain.cases(3)[::17]:
        for order in permutations(case.updates):
            for replica in ("Z", "0"):
                node = gossip.start(replica)
                for update in order:
                    node = gossip.step(node, Received("peer", update)).state
                judged = asking.ended(replica, order)
                assert (judged.store, judged.clock) == (node.store, node.clock)


@pytest.mark.parametrize("resolver", [lww_total, version_or_equal, lww_vs_current_vers])
def test_a_node_that_forgot_decides_as_the_judge_says(resolver: Any) -> None:
    """The law of compaction rests on this: a copy of what was forgotten is asked about again.

    Spec: LAW-12, HIST-6.
    """
    short = Gossip(DOCUMENTED, Config(resolve=resolver, max_history=1))
    asking = Asking(InProcess(resolver, "it"))
    one, two = Update("A", "k", 1, 1), Update("B", "k", 2, 1)
    node = short.start("0")
    for update in (one, two, one):
        node = short.step(node, Received("peer", update)).state
    assert asking.ended("0", (one, two, one)).store == node.store
    runs = (Run("0", (one, two)), Run("0", (one, two, one)))
    assert (judge_forgotten(asking, runs) is None) is (resolver is lww_total)


def test_every_value_that_is_tried_can_be_sent() -> None:
    """A law must not be refuted by an update that no peer can send. Spec: WIRE-1."""
    for value in domain_of("json").values:
        update = Update("A", "k", value, 1)
        assert message_from_json(message_to_json(update)) == update
        assert thawed_value(value) is not NotImplemented
