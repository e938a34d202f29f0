"""What one message carries: the missing updates, in one of four orders, cut at the mtu.

The tables are those of :mod:`scuttle_check.evidence.simulation.population`; a row and a column name
a mapping. The Scuttlebutt orders are PAPER-5 and PAPER-6 with ties broken by chance, as the paper
asks, and the tests run them beside the reducers. The precise orders are the paper's baselines: they
compare mapping by mapping and need a synchronized clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Sort: TypeAlias = Callable[[Ints, Ints, Ints], Ints]
"""Rows, versions and a chance order of participants; gives the order of sending."""

PRECISE = {"newest": -1.0, "oldest": 1.0}
"""The orders of precise reconciliation: the sign of the time of writing."""


def breadth(rows: Ints, versions: Ints, chance: Ints) -> Ints:
    """The first missing update of every participant, then the second. Spec: PAPER-6."""
    by_row = np.lexsort((versions, rows))
    sorted_rows = rows[by_row]
    starts = np.searchsorted(sorted_rows, sorted_rows, side="left")
    rank = np.arange(len(rows)) - starts
    return by_row[np.lexsort((chance[sorted_rows], rank))]


def depth(rows: Ints, versions: Ints, chance: Ints) -> Ints:
    """The participant with most missing updates first, and whole. Spec: PAPER-5."""
    available = np.bincount(rows, minlength=len(chance))
    return np.lexsort((versions, chance[rows], -available[rows]))


SCUTTLE: dict[str, Sort] = {"breadth": breadth, "depth": depth}
"""The orders of Scuttlebutt reconciliation."""

ORDERS = ("newest", "depth", "breadth", "oldest")
