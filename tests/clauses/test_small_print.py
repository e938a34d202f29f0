"""Decisions that no other test held: mutation testing found them (spec/mutation.md)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import attrs
import pytest
from nodes import Node, upd

from scuttle_ref import DEFAULT_CONFIG, Config, DigestDone, Gossip, Put, lww_total, rules, wire
from scuttle_ref.config import Config as Configuration
from scuttle_ref.errors import InvalidMessage
from scuttle_ref.flow import DEFAULT_FLOW, Flow, FlowRules, adapted
from scuttle_ref.history import GROUPED_FROM, History
from scuttle_ref.names import NESTING_MAX, VERSION_MAX, Record
from scuttle_ref.order import by_arrival, by_value
from scuttle_ref.profiles import PAPER, PROFILES, SCUTTLEBUTT
from scuttle_ref.resolvers import View


def test_the_largest_version_is_the_largest_integer_a_double_counts_to() -> None:
    """A literal: a test that takes it from the code holds nothing. Spec: VERS-1, MOD-3."""
    assert (VERSION_MAX, NESTING_MAX) == (9_007_199_254_740_992, 32)


def test_done_was_not_sent_back_unless_it_says_so() -> None:
    """The short way to write the done of a digest. Spec: EXCH-2."""
    assert DigestDone() == DigestDone(returned=False) != DigestDone(returned=True)


def test_the_order_of_arrival_prefers_nothing() -> None:
    """A comparator that finds all equal answers 0."""
    assert by_arrival(upd("A", 1), upd("B", 2)) == by_arrival(upd("B", 2), upd("A", 1)) == 0


def test_values_of_different_kinds_are_ordered_by_kind() -> None:
    """Null, booleans, numbers whole and broken together, strings, lists, the rest. Spec: RES-1."""
    ascending: list[Any] = [
        *(None, False, True, -1, -0.5, 0, 0.5, 1, 1.5),
        *("", "a", (), (None,), (0,), ("a",), Record((("a", 1),))),
    ]
    for one, other in pairwise(ascending):
        assert by_value(one, other) < 0 < by_value(other, one)


@pytest.mark.parametrize("kind", ["lists", "objects"])
def test_no_kind_of_nesting_is_deeper_than_the_other(kind: str) -> None:
    """Of lists alone, and of objects alone. Spec: MOD-3."""

    def nested(depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = (value,) if kind == "lists" else Record((("in", value),))
        return value

    node = Node("A").put("k", nested(32))
    assert node.value("k") == nested(32)
    assert node.put("k", nested(33)).refusals()[0].clause == "MOD-3"


@pytest.mark.parametrize("field", ["max_history", "mtu"])
def test_limits_that_are_not_given_are_those_of_the_readme(field: str) -> None:
    """Ten updates each. Spec: CONF-2."""
    assert getattr(Configuration(), field) == 10


def test_an_answer_is_one_frame_in_these_profiles_alone() -> None:
    """What streams carry is one message at a time."""
    whole = {profile.name for profile in PROFILES.values() if profile.whole_answers}
    assert whole == {"paper", "gossiper", "txgossip"}


def test_a_resolver_of_owned_keys_is_shown_the_place_of_the_update() -> None:
    """An older update arrives late: what it would replace is the entry of its owner.

    Spec: MERGE-2, PAPER-1.
    """
    late = attrs.evolve(PAPER, prefer=rules.prefer_resolver, admit=rules.admit_all)
    node = Node("B", late, Config(resolve=lww_total)).hear(upd("A", 2), upd("A", 1))
    assert [entry.version for _, entry in node.state.store] == [2]


def test_the_text_of_a_foreign_fault_is_cut() -> None:
    """At 200 characters in a refusal, at 80 for JSON. Spec: MERGE-4."""

    def talkative(_gossip: Any, _update: Any) -> bool:
        raise ValueError("x" * 300)

    node = Node("A", config=Config(resolve=talkative)).put("k", 1)
    assert node.refusals()[0].problem.count("x") == 200


def test_the_fault_of_a_parser_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some name their whole input. Spec: ERR-2."""

    def wordy(*_: object, **__: object) -> object:
        raise ValueError("x" * 300)

    monkeypatch.setattr(wire.json, "loads", wordy)
    with pytest.raises(InvalidMessage) as caught:
        wire.message_from_line("{")
    assert caught.value.refusal.problem.count("x") == 80


@pytest.mark.parametrize(
    ("number", "shown"),
    [(-(2**53), "-9007199254740992"), (-(2**53) - 1, "an integer beyond 2**53")],
)
def test_integers_are_shown_as_far_as_versions_go(number: int, shown: str) -> None:
    """A longer one would fill the refusal. Spec: ERR-1, VERS-1."""
    node = Node("A").hear(upd("B", number))
    assert shown in node.refusals()[0].problem


def test_what_has_the_same_version_and_source_does_not_replace_itself() -> None:
    """Larger means larger. Spec: TEXT-3, NPM-3."""
    node = Node("A", PROFILES["textbook"]).hear(upd("B", 1))
    view = View(node.state)
    assert not rules.prefer_newest(view, upd("B", 1), DEFAULT_CONFIG)
    assert rules.prefer_newest(view, upd("C", 1), DEFAULT_CONFIG)


def test_a_known_update_is_no_news_to_a_gossiper() -> None:
    """Neither is one below the clock. Spec: GOSS-1, PAPER-3."""
    node = Node("A", PROFILES["gossiper"])
    known = attrs.evolve(node.state, clock=node.state.clock.raised("B", 2))
    admit = PROFILES["gossiper"].admit
    assert admit(known, upd("B", 3)) is None
    assert admit(known, upd("B", 2)) == admit(known, upd("B", 1)) is not None


def test_the_first_reading_of_a_clock_is_named_in_the_hello() -> None:
    """Above 0 is from 1 on. Spec: NPM-1, NPM-7."""
    gossip = Gossip(SCUTTLEBUTT)
    state = gossip.step(gossip.start("A"), Put("k", 1, reading=1)).state
    _, said = SCUTTLEBUTT.advertise(state, "B", state.sources, DEFAULT_CONFIG)
    assert str(said[0]) == "digest A:1"


def test_the_constants_of_flow_control_are_given() -> None:
    """Nothing is counted at the start. Spec: FLOW-4, FLOW-5."""
    assert FlowRules(decrease=0.75, increase=0.2, overflows=3, fits=10) == DEFAULT_FLOW
    assert Flow(1, 1) == Flow(1, 1, overflowed=0, fitted=0)


def test_a_trend_is_counted_from_nothing_and_ends_with_its_consequence() -> None:
    """Each exchange ends the other trend; a rate that changed begins a new one. Spec: FLOW-5."""
    flow = Flow(desired=9, allowed=8, overflowed=0, fitted=3)
    seen = []
    rules = FlowRules(overflows=4, fits=5)
    for overflow in (True, True, True, True, False, False, False, False, False):
        flow = adapted(flow, overflow=overflow, mtu=100, rules=rules)
        seen.append((flow.allowed, flow.overflowed, flow.fitted))
    overflowing = [(8, 1, 0), (8, 2, 0), (8, 3, 0), (6, 0, 0)]
    assert seen == [*overflowing, (6, 0, 1), (6, 0, 2), (6, 0, 3), (6, 0, 4), (6.2, 0, 0)]


def test_what_a_history_keeps_to_answer_fast_is_not_shown() -> None:
    """Two that are equal must look equal in a report, whoever was asked before. Spec: HIST-2."""
    history = History(tuple(upd("A", version) for version in range(1, GROUPED_FROM + 1)))
    shown = repr(history)
    assert history.of("A") == history.updates
    assert repr(history) == shown == repr(History(history.updates))
    assert "groups" not in shown
