"""History: sorted, bounded, and nothing lost without being handed back."""

from __future__ import annotations

from collections import Counter
from functools import reduce

from generated import marks, nodes, small_updates
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_ref import NEVER, UNBOUNDED, History, Update
from scuttle_ref.history import GROUPED_FROM
from scuttle_ref.order import (
    by_arrival,
    by_version_and_source,
    replay_key,
    scuttle_breadth,
    scuttle_depth,
)

arrivals = st.lists(small_updates, max_size=12)
histories = arrivals.map(
    lambda updates: reduce(
        lambda history, update: history.with_update(update, by_version_and_source),
        updates,
        History(),
    )
)


def by_key(one: Update, other: Update) -> float:
    return (one.key > other.key) - (one.key < other.key)


@given(histories, small_updates)
def test_an_update_goes_to_its_place_after_its_equals(history: History, update: Update) -> None:
    """Everything else keeps its place.

    Spec: HIST-2.
    """
    longer = history.with_update(update, by_version_and_source).updates
    at = max(index for index, kept in enumerate(longer) if kept is update)

    assert (*longer[:at], *longer[at + 1 :]) == history.updates
    assert all(replay_key(kept) <= replay_key(update) for kept in longer[:at])
    assert all(replay_key(kept) > replay_key(update) for kept in longer[at + 1 :])


@given(arrivals)
def test_inserting_one_by_one_is_a_stable_sort(updates: list[Update]) -> None:
    """For any sort, also one that calls many updates equal.

    Spec: HIST-2.
    """
    inserted: list[History] = [History(), History(), History()]
    for update in updates:
        for index, sort in enumerate((by_version_and_source, by_key, by_arrival)):
            inserted[index] = inserted[index].with_update(update, sort)

    assert list(inserted[0].updates) == sorted(updates, key=replay_key)
    assert list(inserted[1].updates) == sorted(updates, key=lambda update: update.key)
    assert list(inserted[2].updates) == updates


@given(histories)
def test_a_place_of_a_history_is_a_place_of_its_row(history: History) -> None:
    """From 0, the lowest in replay order.

    Spec: HIST-2.
    """
    assert tuple(history.at(place) for place in range(len(history))) == history.updates


@given(histories, st.integers(0, 14) | st.just(UNBOUNDED))
def test_newest_and_forgotten_are_the_two_parts_of_a_history(
    history: History, count: float
) -> None:
    """The last in replay order stay; what goes is handed back, in order.

    Spec: HIST-3, HIST-5.
    """
    kept, forgotten = history.newest(count)

    assert (*forgotten, *kept.updates) == history.updates
    assert len(kept) == min(len(history), count)


@given(histories, nodes, marks)
def test_news_is_a_filter(history: History, source: str, above: float) -> None:
    """It invents nothing, drops nothing it should send, and keeps the order.

    Spec: HIST-4.
    """
    expected = [u for u in history.updates if u.source_id == source and u.version > above]

    assert list(history.news(source, above)) == expected


@given(histories, small_updates)
def test_a_history_knows_exactly_what_it_holds(history: History, update: Update) -> None:
    """By source and version alone.

    Spec: HIST-6, MOD-6.
    """
    identities = {(kept.source_id, kept.version) for kept in history.updates}

    assert history.knows(update) == ((update.source_id, update.version) in identities)


long_histories = st.lists(small_updates, min_size=GROUPED_FROM, max_size=GROUPED_FROM + 8).map(
    lambda updates: History(tuple(sorted(updates, key=replay_key)))
)


@settings(max_examples=20)
@given(long_histories, small_updates, st.booleans(), st.data())
def test_a_long_history_groups_and_says_the_same(
    history: History, update: Update, asked: bool, data: st.DataObject
) -> None:
    """Whether its groups were made or not, what is taken away or comes is there and not there.

    Spec: HIST-2, HIST-4.
    """
    gone = data.draw(st.lists(st.sampled_from(history.updates), max_size=2, unique_by=id))
    if asked:
        assert history.of("A") == tuple(u for u in history.updates if u.source_id == "A")
    for sort in (by_version_and_source, by_arrival):
        left = list(history.updates)
        for old in gone:
            left.remove(old)
        changed = history.with_update(update, sort, instead_of=tuple(gone))
        expected = [*left, update]
        if sort is by_version_and_source:
            expected.sort(key=replay_key)
            assert list(changed.updates) == expected
            assert changed == History(tuple(expected))
        for source in {each.source_id for each in changed.updates}:
            assert changed.of(source) == tuple(
                each for each in changed.updates if each.source_id == source
            )
            assert changed.of(source) == changed.news(source, NEVER)
        assert changed.of("nobody") == ()
        assert changed.to(update.source_id, update.key) == tuple(
            u for u in changed.of(update.source_id) if u.key == update.key
        )
        assert changed.knows(update)
        assert len(changed) == len(changed.updates) == len(history) - len(gone) + 1


@settings(max_examples=60)
@given(long_histories, small_updates, st.integers(0, GROUPED_FROM + 9), st.data())
def test_a_long_history_forgets_and_answers_as_a_short_one(
    history: History, update: Update, count: int, data: st.DataObject
) -> None:
    """How it is kept cannot be told, before its row was asked for or after.

    Spec: HIST-3, HIST-4, EXCH-5.
    """
    seen = data.draw(st.dictionaries(nodes, marks))
    changed = history.with_update(update, by_version_and_source)
    row = sorted([*history.updates, update], key=replay_key)
    above = tuple(u for u in row if u.version > seen.get(u.source_id, NEVER))
    assert changed.above(seen) == above
    assert len(changed) == len(row)

    kept, forgotten = changed.newest(count)
    assert [*forgotten, *kept.updates] == row
    assert len(kept) == min(count, len(row))
    assert kept.of("A") == tuple(u for u in kept.updates if u.source_id == "A")
    assert kept.above(seen) == tuple(
        u for u in kept.updates if u.version > seen.get(u.source_id, NEVER)
    )
    assert (changed == History(tuple(row)), hash(changed)) == (True, hash(History(tuple(row))))
    assert history.above(seen) == tuple(
        u for u in history.updates if u.version > seen.get(u.source_id, NEVER)
    )


def test_a_long_history_in_another_order_is_not_grouped() -> None:
    """By arrival a later update may have a lower version. Spec: HIST-2, HIST-4."""
    row = tuple(Update("A", "k", None, 1 + at * 7 % 101) for at in range(GROUPED_FROM + 1))
    history = History(row)

    assert history.of("A") == row
    assert history.above({"A": 50}) == tuple(u for u in row if u.version > 50)
    assert history.news("A", 50) == history.above({"A": 50})
    assert history.newest(3) == (History(row[-3:]), row[:-3])
    assert history != row


@given(arrivals)
def test_the_orders_of_the_paper_permute_and_ascend_within_each_source(
    updates: list[Update],
) -> None:
    """So a cut of either leaves of each source its lowest versions.

    Spec: PAPER-5, PAPER-6.
    """
    for order in (scuttle_depth, scuttle_breadth):
        ordered = order(tuple(updates))
        assert Counter(ordered) == Counter(updates)
        for source in {update.source_id for update in updates}:
            versions = [update.version for update in ordered if update.source_id == source]
            assert versions == sorted(versions)


@given(arrivals)
def test_depth_goes_by_number_and_breadth_by_rank(updates: list[Update]) -> None:
    """Depth never returns to a source; breadth never gives one a turn more than another has left.

    Spec: PAPER-5, PAPER-6.
    """
    sizes = Counter(update.source_id for update in updates)
    depth = [update.source_id for update in scuttle_depth(tuple(updates))]
    expected = sorted(sizes, key=lambda source: (-sizes[source], source))
    assert depth == [source for source in expected for _ in range(sizes[source])]

    breadth = [update.source_id for update in scuttle_breadth(tuple(updates))]
    rounds = [[s for s in sorted(sizes) if sizes[s] > turn] for turn in range(len(updates))]
    assert breadth == [source for turn in rounds for source in turn]
