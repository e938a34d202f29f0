"""Judging what workers report: vectors of node states by their numbers, regions as they come up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import define, field

from scuttle_check.engine.worlds import Scope
from scuttle_check.search.compiled.judging import LevelJudge
from scuttle_check.search.compiled.visited import Visited, Worlds
from scuttle_check.search.divided.mirror import PIECE, Mirror

JUDGED_BY_VECTOR = (Scope.ALL_NODES, Scope.QUIESCENT_NODES)


@define
class DividedJudge(LevelJudge):
    """A judge of levels that it never sees as a whole: workers tell it of new vectors.

    `known` holds the vectors that were judged; several workers may report the same one.
    """

    known: dict[Scope, Visited] = field(factory=dict)

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What workers shall report: the scopes of which anything is undecided."""
        return tuple(
            scope
            for scope in JUDGED_BY_VECTOR
            if any(each.name not in self.judge.decided for each in self.by_scope[scope])
        )

    def repack(self, repacked: Callable[[Worlds], Worlds]) -> None:
        """Know the same vectors in the fields of other words."""
        for known in self.known.values():
            known.repack(repacked)

    def see_regions(self) -> None:
        """Judge the node states of regions that are new."""
        for node in range(len(self.tables.interned)):
            self._see_regions(node)

    def see_broken(self, level: Worlds, mirror: Mirror) -> None:
        """Decide what a node state broke that :meth:`see_regions` came upon."""
        if not any(name not in self.judge.decided for name in self.broken):
            return
        for start in range(0, len(level), PIECE):
            worlds = level[start : start + PIECE]
            regions = mirror.ids(worlds)
            for name, bad in self.broken.items():
                if name not in self.judge.decided:
                    self._decide_first(name, bad, worlds, regions, 0)

    def see_vectors(self, scope: Scope, codes: Worlds, worlds: Worlds, mirror: Mirror) -> None:
        """Judge the vectors that are new; `worlds` of the newest level show them."""
        values = [interned.values[0] for interned in self.tables.interned]
        new = self.known.setdefault(scope, Visited()).new(codes)
        rows = zip(*(ids.tolist() for ids in mirror.ids(new)), strict=True)
        for code, row in zip(new, rows, strict=True):
            nodes = tuple(values[node][number] for node, number in enumerate(row))
            for each in self.by_scope[scope]:
                if each.name not in self.judge.decided:
                    because = self.judge.first(each, nodes)
                    if because is not None:
                        shown = self._showing(scope, code, worlds, mirror)
                        self.decide(each.name, because, shown, None, 0)

    def _showing(self, scope: Scope, code: np.uint64, worlds: Worlds, mirror: Mirror) -> int:
        """The first of `worlds` whose node states are those of a vector."""
        for start in range(0, len(worlds), PIECE):
            piece = worlds[start : start + PIECE]
            regions = mirror.ids(piece)
            if scope is Scope.QUIESCENT_NODES:
                piece = piece[mirror.quiescent(regions)]
            hits = np.flatnonzero(mirror.vectors(scope, regions) == code)
            if len(hits):
                return int(piece[hits[0]])
        raise AssertionError(f"no world shows the vector {code}")
