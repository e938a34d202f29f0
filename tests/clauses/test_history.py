"""HIST: what a node remembers so that it can pass it on."""

from __future__ import annotations

import pytest
from nodes import Node, upd

from scuttle_ref import (
    NEVER,
    UNBOUNDED,
    Applied,
    Compacted,
    Config,
    Declined,
    GossipView,
    History,
    Ignored,
    Reason,
    Recorded,
    Update,
    first_writer,
)
from scuttle_ref.order import by_arrival, by_version_and_source


def test_every_update_taken_is_recorded_whether_or_not_it_wins() -> None:
    """A resolver decides for its own node only, not for what is passed on.

    Spec: HIST-1.
    """
    node = Node("A", config=Config(resolve=first_writer))
    won, lost = upd("B", 1), upd("B", 2)

    node.hear(won, lost)

    assert node.outputs == (Recorded(won), Applied(won), Recorded(lost), Declined(lost))
    assert node.state.history.updates == (won, lost)


def test_history_is_sorted_by_version_and_then_by_source() -> None:
    """Whatever the order of arrival.

    Spec: HIST-2.
    """
    node = Node("A").hear(upd("C", 3), upd("B", 1), upd("D", 3), upd("B", 3), upd("C", 2))

    assert node.remembers() == [("B", 1), ("C", 2), ("B", 3), ("C", 3), ("D", 3)]


def test_a_configured_sort_decides_and_a_newcomer_goes_after_its_equals() -> None:
    """Updates that the sort does not tell apart stay in the order of arrival.

    Spec: HIST-2.
    """

    def by_key(one: Update, other: Update) -> float:
        return (one.key > other.key) - (one.key < other.key)

    node = Node("A", config=Config(sort=by_key))

    node.hear(upd("B", 5, "b"), upd("B", 4, "a"), upd("B", 1, "b"), upd("B", 2, "a"))

    assert node.remembers() == [("B", 4), ("B", 2), ("B", 5), ("B", 1)]
    arrived = Node("A", config=Config(sort=by_arrival)).hear(upd("B", 5), upd("B", 1))
    assert arrived.remembers() == [("B", 5), ("B", 1)]


def test_the_default_sort_never_says_equal() -> None:
    """It returns -1 or 1, as the library does.

    Spec: HIST-2.
    """
    low, high = upd("B", 1), upd("C", 1)

    assert by_version_and_source(low, high) == -1
    assert by_version_and_source(high, low) == 1
    assert by_version_and_source(low, low) == 1


@pytest.mark.parametrize(
    ("max_history", "kept"), [(None, 10), (0, 10), (1, 1), (3, 3), (10, 10), (UNBOUNDED, 12)]
)
def test_history_keeps_the_last_updates_and_ten_when_not_told(
    max_history: float | None, kept: int
) -> None:
    """None and 0 mean "not given", as in the README.

    Spec: HIST-3.
    """
    node = Node("A", config=Config(max_history=max_history))
    for number in range(12):
        node.put("k", number)

    assert node.remembers() == [("A", version) for version in range(13 - kept, 13)]
    assert len(node.state.history) == kept


def test_a_late_low_update_is_forgotten_by_its_own_arrival() -> None:
    """Last means last in replay order, not last to arrive.

    Spec: HIST-3.
    """
    node = Node("A", config=Config(max_history=2)).hear(upd("B", 5), upd("B", 6))
    late = upd("C", 1)

    node.hear(late)

    assert node.remembers() == [("B", 5), ("B", 6)]
    assert node.outputs == (Recorded(late), Compacted((late,)), Declined(late))
    assert node.clock()["C"] == 1


def test_news_are_the_updates_of_one_source_above_a_mark_in_replay_order() -> None:
    """Exactly those: above is not "from".

    Spec: HIST-4.
    """
    history = Node("A").hear(upd("B", 2), upd("C", 3), upd("B", 1), upd("B", 4)).state.history

    assert history.news("B", 1) == (upd("B", 2), upd("B", 4))
    assert history.news("B", NEVER) == (upd("B", 1), upd("B", 2), upd("B", 4))
    assert history.news("C", 3) == history.news("D", NEVER) == ()


def test_what_is_forgotten_is_reported() -> None:
    """The event `compaction`: nothing disappears silently, and nothing is reported otherwise.

    Spec: HIST-5.
    """
    node = Node("A", config=Config(max_history=1)).hear(upd("B", 1))
    assert not any(isinstance(output, Compacted) for output in node.outputs)

    node.hear(upd("B", 2))

    assert Compacted((upd("B", 1),)) in node.outputs


def test_several_updates_can_be_forgotten_at_once() -> None:
    """A history that starts longer than its bound loses all it has too much.

    Spec: HIST-5.
    """
    history = History((upd("B", 1), upd("B", 2), upd("B", 3)))

    assert history.newest(1) == (History((upd("B", 3),)), (upd("B", 1), upd("B", 2)))
    assert history.newest(0) == (History(), history.updates)
    assert history.newest(3) == history.newest(UNBOUNDED) == (history, ())


def test_a_duplicate_changes_nothing_and_does_not_reach_the_resolver() -> None:
    """Neither clock nor history nor store.

    Spec: HIST-6.
    """
    asked: list[Update] = []

    def resolve(_gossip: GossipView, update: Update) -> bool:
        asked.append(update)
        return True

    node = Node("A", config=Config(resolve=resolve)).hear(upd("B", 1), upd("B", 2))
    before = node.state

    node.hear(upd("B", 1))

    assert node.outputs == (Ignored(upd("B", 1), Reason.DUPLICATE),)
    assert node.state is before
    assert asked == [upd("B", 1), upd("B", 2)]


def test_an_old_update_that_is_not_remembered_is_taken() -> None:
    """It may fill a hole, so being below the clock is no reason to ignore it.

    Spec: HIST-6.
    """
    node = Node("A").hear(upd("B", 3), upd("B", 1, key="hole"))

    assert node.value("hole") == "B1"
    assert node.remembers() == [("B", 1), ("B", 3)]
