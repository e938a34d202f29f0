"""The certificate of a symmetry: what a search computed, computed again under other names."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from checker.actions import Cut, Heal
from checker.automorphisms import Permutation
from checker.search.compiled.certificate import FalseClaim
from checker.search.compiled.interned import Interned
from checker.search.compiled.parts import Region
from checker.search.compiled.symmetry import Symmetry
from checker.search.compiled.tables import ActionTable


def false_images(symmetry: Symmetry) -> Iterator[FalseClaim]:
    """Every action that does something else to the image of a region than to the region.

    Spec: SYM-5.
    """
    tables = symmetry.tables
    for places in symmetry.group[1:]:
        for table in tables.actions:
            for region in _computed(table, tables.interned[table.node]):
                yield from _compared(symmetry, places, table, region)


def _computed(table: ActionTable, interned: Interned) -> list[Region]:
    """One region for each entry of an action's table."""
    keys = table.memo.keys(interned.rows(np.arange(len(interned))))
    shown = {key: at for at, key in enumerate(keys)}
    return [interned.region(at) for key, at in shown.items() if key in table.memo.entries]


def _compared(
    symmetry: Symmetry, places: Permutation, table: ActionTable, region: Region
) -> Iterator[FalseClaim]:
    """Whether an action and a permutation may change places. A cut is nobody's and everybody's."""
    if isinstance(table.action, Cut | Heal):
        return
    layout = symmetry.tables.layout
    plain = layout.outcome(table.node, region, table.action)
    if plain is None and not layout.system.network.ordered:
        return  # there may be no such frame, and the place of one depends on names
    action = symmetry.action(places, table.action, region)
    image = symmetry.region(places, table.node, region)
    found = layout.outcome(places[table.node], image, action)
    wanted = None if plain is None else symmetry.outcome(places, table.node, plain)
    if found is not None:
        found = attrs.evolve(found, sent=tuple(sorted(found.sent, key=lambda each: each[0])))
    if found != wanted:
        yield FalseClaim("symmetry", f"{action} is not {table.action} under other names")
