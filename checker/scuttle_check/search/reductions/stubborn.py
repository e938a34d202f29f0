"""Stubborn sets: of the actions that a world enables, a part that is enough.

A set is stubborn where no step outside it, now or later, can matter to the order: each enabled
action in it commutes with all that may happen outside, and each disabled one brings along the
actions without which it stays disabled. What the rest would do can then be done later, so the
worlds in which nothing can happen any more are all reached.

Everything is computed for whole arrays of worlds, one bit per class of actions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import Action
from scuttle_check.engine.claims import Commutation
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.reductions.dependence import NONE, Dependence, bit
from scuttle_check.search.reductions.promises import Words

CHUNK = 1 << 13
"""Worlds looked at together, so that their words stay near the processor."""


@define
class StubbornSets:
    """Chooses the actions to explore, so that every terminal world is reached.

    Spec: RED-10.
    """

    tables: Tables
    claims: Commutation
    dependence: Dependence = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dependence = Dependence(self.tables, self.claims)

    def bits_of(self, action: Action) -> np.uint64:
        """The classes that an action may be of."""
        return np.uint64(self.dependence.classes.of(action))

    def closed(self, regions: Sequence[Ids], enabled: Words) -> Words:
        """The classes of a stubborn set of each world: few enabled ones, and always the same."""
        found = np.empty_like(enabled)
        for start in range(0, len(enabled), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._closed([ids[part] for ids in regions], enabled[part])
        return found

    def _closed(self, regions: Sequence[Ids], enabled: Words) -> Words:
        needs = self.dependence.needs(regions, enabled)
        alone = np.zeros_like(enabled)
        for number, need in enumerate(needs):
            alone |= np.where(need == 0, enabled & bit(number), NONE)
        closed = alone & (~alone + np.uint64(1))
        rest = np.flatnonzero((alone == 0) & (enabled != 0))
        if len(rest):
            closed[rest] = self._smallest(needs[:, rest], enabled[rest])
        return closed

    def _smallest(self, needs: Words, enabled: Words) -> Words:
        """Of all closures with an enabled action the one that enables least, else the first."""
        for number in range(len(needs)):
            needs |= ((needs >> np.uint64(number)) & np.uint64(1)) * needs[number]
        best = np.zeros_like(enabled)
        size = np.bitwise_count(enabled) + 1
        for number, need in enumerate(needs):
            closure = need | bit(number)
            count = np.bitwise_count(closure & enabled)
            better = ((enabled & bit(number)) != 0) & (count < size)
            best = np.where(better, closure, best)
            size = np.where(better, count, size)
        return best
