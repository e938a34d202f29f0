"""Vectors of node states that were seen, so that each is judged once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import define, field

from checker.search.compiled.fields import Fields, TooWide
from checker.search.compiled.interned import Ids
from checker.search.compiled.visited import Visited, Worlds, distinct


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
