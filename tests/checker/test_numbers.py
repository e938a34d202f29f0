"""The arrays of the compiled search: sets of words that stay exact whatever their widths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle_check.search.compiled import words as fields
from scuttle_check.search.compiled.cell_tables import Entries
from scuttle_check.search.compiled.visited import Visited, Worlds, distinct, merged
from scuttle_check.search.compiled.words import Fields, Vectors

LEVELS = st.lists(st.lists(st.integers(0, 300), max_size=60), max_size=8)


def words(numbers: list[int]) -> Worlds:
    """Numbers as worlds, sorted and once each."""
    return distinct(np.array(numbers, np.uint64))


@given(LEVELS)
def test_what_was_seen_is_not_new_again(levels: list[list[int]]) -> None:
    """A world seen twice is counted twice; one that is lost hides a bug. Spec: CHK-4."""
    visited, seen = Visited(), set[int]()
    for level in levels:
        assert set(visited.new(words(level)).tolist()) == set(level) - seen
        seen |= set(level)
    assert len(visited) == len(seen)


@given(LEVELS.filter(bool))
def test_runs_are_merged_without_repeats(levels: list[list[int]]) -> None:
    """The pieces of one level may hold the same world."""
    runs = [words(level) for level in levels]
    assert merged(runs).tolist() == sorted({number for level in levels for number in level})


@pytest.mark.parametrize("bits", [4, 9, 64])
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), max_size=60))
def test_vectors_are_told_apart_at_every_width(bits: int, rows: list[tuple[int, ...]]) -> None:
    """Fields widen on the way, and where a word is too narrow tuples take over. Spec: CHK-4."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fields, "WORD", bits)
        vectors, seen = Vectors(Fields.even(3)), set[tuple[int, ...]]()
        for at in range(0, len(rows), 4):
            some = rows[at : at + 4]
            counts = [1 + max(row[node] for row in rows[: at + 4]) for node in range(3)]
            numbers = [np.arange(count) for count in counts]
            found = vectors.new(numbers, list(np.array(some, np.intp).T), counts)
            assert set(found) == set(some) - seen
            assert len(found) == len(set(found))
            seen |= set(some)


@given(
    st.integers(0, 3).flatmap(
        lambda high: st.lists(st.tuples(*[st.integers(0, 10**high)] * 3), min_size=1, max_size=80)
    ),
    st.integers(1, 9),
)
def test_every_column_keeps_its_entry(rows: list[tuple[int, ...]], piece: int) -> None:
    """From a cell for each combination to a hash, nothing is computed twice or mixed up."""
    entries, asked = Entries(3), list[tuple[int, ...]]()
    for at in range(0, len(rows), piece):
        some = rows[at : at + piece]

        def computed(place: int, some: list[tuple[int, ...]] = some) -> int:
            asked.append(some[place])
            return len(asked) - 1

        found = entries.find(np.array(some, np.int32).T, computed)
        assert [asked[entry] for entry in found.tolist()] == some
    assert asked == list(dict.fromkeys(rows))
