"""The pieces of a reduction that a search works with, put together.

Loaded by searches that reduce, and by no other: a search of all worlds starts without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from attrs import define

from scuttle_check.engine.actions import Action
from scuttle_check.engine.claims import Commutation, Naming
from scuttle_check.engine.properties import Property
from scuttle_check.engine.system import Scope
from scuttle_check.search.compiled.judging import LevelJudge
from scuttle_check.search.compiled.tables import Tables
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.reductions.certificate import Certifier, FalseClaim, FalseClaims
from scuttle_check.search.reductions.concretion import concrete
from scuttle_check.search.reductions.orders import OrderCertifier, Steps
from scuttle_check.search.reductions.promises import Undeclared
from scuttle_check.search.reductions.quotient import QuotientLayout
from scuttle_check.search.reductions.stubborn import StubbornSets
from scuttle_check.search.reductions.symmetry import Symmetry, false_images

SHOWN = 5
"""Of more false claims nothing is told: one is enough to distrust a verdict."""


@define
class Pieces:
    """What of a reduction a search uses: any of a quotient, stubborn sets and a symmetry."""

    quotient: QuotientLayout | None = None
    stubborn: StubbornSets | None = None
    symmetry: Symmetry | None = None

    @property
    def names(self) -> str:
        """What the report calls them."""
        used = (self.quotient, self.stubborn, self.symmetry)
        names = zip(("quotient", "stubborn", "symmetry"), used, strict=True)
        return "+".join(name for name, piece in names if piece is not None)

    def concrete(self, schedule: tuple[Action, ...], *, to_the_end: bool) -> tuple[Action, ...]:
        """A schedule of the reduced system as one of the system itself. Spec: RED-7."""
        if self.quotient is None:
            return schedule
        return concrete(self.quotient, schedule, to_the_end=to_the_end)

    def certify(self, judging: LevelJudge, levels: list[Worlds], steps: Steps, chunk: int) -> None:
        """Execute every claim again that was used in `levels`. Raises FalseClaims.

        `steps` is what the search explored.
        """
        claims = list(islice(self._false_claims(judging, levels, steps, chunk), SHOWN))
        if claims:
            raise FalseClaims(claims)

    def _false_claims(
        self, judging: LevelJudge, levels: list[Worlds], steps: Steps, chunk: int
    ) -> Iterator[FalseClaim]:
        if self.quotient is not None:
            met, later, returned = judging.met, judging.later, judging.returned
            yield from Certifier(self.quotient, met, later, returned).false_claims()
        if self.stubborn is not None:
            yield from OrderCertifier(self.stubborn, steps).false_claims(levels, chunk)
        if self.symmetry is not None:
            yield from false_images(self.symmetry)


def pieces_of(
    tables: Tables,
    properties: tuple[Property, ...],
    commutation: Commutation | None,
    naming: Naming | None,
) -> Pieces:
    """The pieces of a search with these tables, if any. Raises Undeclared."""
    pieces = Pieces()
    if isinstance(tables.layout, QuotientLayout):
        pieces.quotient = tables.layout
    if commutation is not None:
        if any(each.scope is not Scope.TERMINAL_NODES for each in properties):
            raise Undeclared("a property that reads more than terminal worlds")
        pieces.stubborn = StubbornSets(tables, commutation)
    if naming is not None:
        pieces.symmetry = Symmetry(tables, naming)
    return pieces
