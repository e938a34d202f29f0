"""Vectors of node states that were seen, so that each is judged once.

Several small numbers in one word: a field for each, and counters above them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import define, field

from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.visited import Visited, Worlds, distinct

WORD = 64


class TooWide(Exception):
    """What is to be told apart does not fit in one word."""


@define
class Fields:
    """Where in a word the number of each node lies, and the counters above them.

    `counters` are the most that each counts to; one that counts to 0 has no place.
    """

    widths: list[int]
    counters: tuple[int, ...] = ()
    shifts: list[int] = field(init=False)
    masks: list[int] = field(init=False)
    counter_shifts: list[int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.shifts = [sum(self.widths[:at]) for at in range(len(self.widths))]
        self.masks = [(1 << width) - 1 for width in self.widths]
        bits = [counter.bit_length() for counter in self.counters]
        first = sum(self.widths)
        self.counter_shifts = [first + sum(bits[:at]) for at in range(len(bits))]
        if first + sum(bits) > WORD:
            raise TooWide

    @classmethod
    def even(cls, count: int, counters: tuple[int, ...] = ()) -> Fields:
        """Fields of one width for `count` nodes. Raises TooWide when there is no room for them."""
        room = WORD - sum(counter.bit_length() for counter in counters)
        return cls([max(1, room // count)] * count, counters)

    def ids(self, words: Worlds, node: int) -> Ids:
        """The number of `node` in each word."""
        found = words >> np.uint64(self.shifts[node])
        found &= np.uint64(self.masks[node])
        return found.view(np.int64).astype(np.intp, copy=False)

    def counter(self, words: Worlds, which: int) -> Worlds:
        """A counter in each word."""
        mask = (1 << self.counters[which].bit_length()) - 1
        return (words >> np.uint64(self.counter_shifts[which])) & np.uint64(mask)

    def packed(self, ids: Sequence[int]) -> int:
        """The word of these numbers, with counters at 0."""
        return sum(number << shift for number, shift in zip(ids, self.shifts, strict=True))

    def words(self, columns: Sequence[Ids]) -> Worlds:
        """The words of these numbers, with counters at 0."""
        found = np.zeros(len(columns[0]), np.uint64)
        for ids, shift in zip(columns, self.shifts, strict=True):
            found |= ids.astype(np.uint64) << np.uint64(shift)
        return found

    def wider(self, counts: Sequence[int]) -> tuple[Fields, Callable[[Worlds], Worlds]]:
        """Fields with room for `counts` numbers each, and how to repack words into them.

        Bits that are left over go to the fields that are fullest. Raises TooWide when a word has
        no room.
        """
        widths = [count.bit_length() for count in counts]
        room = WORD - sum(counter.bit_length() for counter in self.counters)
        for _ in range(room - sum(widths)):
            fullest = max(range(len(counts)), key=lambda node: counts[node] / (1 << widths[node]))
            widths[fullest] += 1
        new = Fields(widths, self.counters)

        def repacked(words: Worlds) -> Worlds:
            packed = new.words([self.ids(words, node) for node in range(len(counts))])
            for which, shift in enumerate(new.counter_shifts):
                if self.counters[which]:
                    packed |= self.counter(words, which) << np.uint64(shift)
            return packed

        return new, repacked


@define
class Vectors:
    """An exact set of vectors of numbers: of words while they fit in a word, of tuples after."""

    fields: Fields
    words: Visited = field(factory=Visited)
    tuples: set[tuple[int, ...]] | None = None

    def new(
        self, numbers: Sequence[Ids], regions: Sequence[Ids], counts: Sequence[int]
    ) -> list[tuple[int, ...]]:
        """The vectors of worlds that were never seen; they are seen from now on.

        A world is given by the region of each node, and `numbers` say which number a region of a
        node stands for. Of these there are `counts`.
        """
        if self.tuples is None:
            self._make_room(counts)
        pairs = zip(numbers, regions, strict=True)
        if self.tuples is not None:
            columns = (of_region[ids].tolist() for of_region, ids in pairs)
            rows = set(zip(*columns, strict=True)) - self.tuples
            self.tuples |= rows
            return sorted(rows)
        words = np.zeros(len(regions[0]), np.uint64)
        for (of_region, ids), shift in zip(pairs, self.fields.shifts, strict=True):
            words |= (of_region.astype(np.uint64) << np.uint64(shift)).take(ids)
        repeats = words[1:] == words[:-1]
        return self._tuples(self.words.new(distinct(words[np.append(True, ~repeats)])))

    def _make_room(self, counts: Sequence[int]) -> None:
        pairs = zip(counts, self.fields.masks, strict=True)
        if all(count <= mask + 1 for count, mask in pairs):
            return
        try:
            self.fields, repacked = self.fields.wider(counts)
        except TooWide:
            seen = np.concatenate([np.zeros(0, np.uint64), *self.words.runs])
            self.tuples = set(self._tuples(seen))
        else:
            self.words.repack(repacked)

    def _tuples(self, words: Worlds) -> list[tuple[int, ...]]:
        nodes = range(len(self.fields.widths))
        columns = [self.fields.ids(words, node).tolist() for node in nodes]
        return list(zip(*columns, strict=True))
