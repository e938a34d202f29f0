"""Rows: tuples that are long, and cannot be told from tuples."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scuttle_ref.rows import (
    PART_MAX,
    Row,
    among,
    appended,
    changed,
    differing,
    find,
    insort,
    removed,
    row_of,
    without_first,
)
from scuttle_ref.rules import enlist_sorted

lengths = st.sampled_from([0, 1, PART_MAX, PART_MAX + 1, 2 * PART_MAX, 5000]) | st.integers(0, 9000)


@given(lengths)
def test_a_row_is_the_tuple_of_its_items(length: int) -> None:
    """In whatever pieces it is kept. Spec: MOD-1."""
    items = tuple(range(length))
    row = row_of(items)

    assert isinstance(row, tuple) is (length <= PART_MAX)
    assert (row, hash(row), len(row), repr(row)) == (items, hash(items), length, repr(items))
    assert tuple(row) == items
    assert items == row
    assert row == row_of(items)
    assert row != row_of((*items, 0))
    assert row != list(items)


@settings(max_examples=40)
@given(lengths, st.integers(0, 10**6), st.integers(0, 10**6))
def test_pieces_of_a_row_are_pieces_of_its_tuple(length: int, one: int, two: int) -> None:
    """Also from the end. Spec: MOD-1."""
    items = tuple(range(length))
    row = row_of(items)
    first, end = one % (length + 1), two % (length + 1)

    assert row[first:end] == items[first:end]
    assert row[-end:] == items[-end:]
    assert row[::-3] == items[::-3]
    if length:
        assert (row[first - 1], row[-1]) == (items[first - 1], items[-1])
        assert row[first - length] == items[first - length]
    for outside in (length, -length - 1):
        with pytest.raises(IndexError):
            row[outside]


def itself(item: int) -> int:
    return item


@settings(max_examples=60)
@given(lengths, st.lists(st.tuples(st.sampled_from("iardc"), st.integers(0, 10**6)), max_size=8))
def test_what_is_done_to_a_row_is_done_to_its_tuple(
    length: int, done: list[tuple[str, int]]
) -> None:
    """And the row that it was done to is as before. Spec: MOD-1."""
    items = tuple(range(length))
    row = row_of(items)
    for what, number in done:
        before = tuple(row)
        at = number % max(1, len(items))
        match what if items else "a":
            case "i":
                new = number % (length + 2)
                after, items = insort(row, new, itself), tuple(sorted((*items, new)))
            case "a":
                after, items = appended(row, 10**7), (*items, 10**7)
            case "r":
                gone = items[at]
                after = changed(row, gone, itself, lambda few, gone=gone: without(few, gone))  # type: ignore[misc]
                items = tuple(item for item in items if item != gone)
            case "d":
                after, items = removed(row, at), (*items[:at], *items[at + 1 :])
            case _:
                after, items = without_first(row, at + 1), items[at + 1 :]
        assert tuple(row) == before
        assert after == items
        assert len(after) == len(items)
        assert isinstance(after, tuple) or len(after.parts) > 1  # type: ignore[attr-defined]
        row = after


def without(few: tuple[int, ...], gone: int) -> tuple[int, ...]:
    return tuple(item for item in few if item != gone)


@given(st.lists(st.integers(0, 300), max_size=400), st.integers(-1, 301))
def test_a_place_is_found_in_a_row_as_in_a_tuple(items: list[int], probe: int) -> None:
    """By the items, or by something of them. Spec: MOD-1."""
    row = row_of(sorted(items))

    assert find(row, probe, itself) == sum(item < probe for item in items)
    assert find(row, probe, lambda item: item // 2) == sum(item // 2 < probe for item in items)
    few = among(row, probe, itself)
    assert few == tuple(row)[(at := tuple(row).index(few[0]) if few else 0) : at + len(few)]
    assert (probe in few) is (probe in items)


@pytest.mark.parametrize("order", ["falling", "rising", "mixed"])
def test_a_row_that_grew_item_by_item_is_flat(order: str) -> None:
    """At either end, or everywhere: no path is longer than the logarithm of the length.

    Spec: MOD-1.
    """
    keys = {
        "falling": lambda at: -at,
        "rising": lambda at: at,
        "mixed": lambda at: at * 7919 % 20011,
    }
    row = row_of(())
    for number in range(20_000):
        row = insort(row, keys[order](number), itself)
    part, depth = row, 0
    while isinstance(part, Row):
        part, depth = part.parts[0], depth + 1
    assert depth <= 3
    while len(row) > 1:
        row = without_first(row, 3) if len(row) > 10 else removed(row, len(row) // 2)
    assert isinstance(row, tuple)


@settings(max_examples=40)
@given(lengths, st.lists(st.integers(0, 10**6), max_size=4))
def test_what_is_new_in_a_row_is_found_without_looking_at_the_rest(
    length: int, new: list[int]
) -> None:
    """Whatever depth it has now. Spec: MOD-1."""
    before = row = row_of(range(length))
    for number in new:
        row = insort(row, -1 - number, itself)

    assert sorted(differing(row, before)) == sorted(-1 - number for number in new)
    assert differing(row, row) == differing(before, row) == []
    assert differing(row, ()) == list(row)


def test_a_row_of_which_whole_branches_go_stays_a_row() -> None:
    """From the front, item by item; what is left is what was behind. Spec: MOD-1."""
    row = row_of(range(2 * PART_MAX**2 + 5))
    for _ in range(PART_MAX**2 + 1):
        row = removed(row, 0)
    assert row == tuple(range(PART_MAX**2 + 1, 2 * PART_MAX**2 + 5))
    assert row_of(row) == row
    other = row_of(row)
    assert (other == row, other is row) == (True, False)
    assert row == row  # noqa: PLR0124 - asked of itself, it need not look


@given(st.lists(st.text("abc", max_size=3), max_size=30))
def test_who_is_enlisted_by_id_is_enlisted_once(names: list[str]) -> None:
    """Whoever asks, however often. Spec: EXCH-1."""
    sources: Sequence[str] = ()
    for name in names:
        sources = enlist_sorted(sources, name)
    assert sources == tuple(sorted(set(names)))
