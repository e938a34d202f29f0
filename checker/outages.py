"""What may happen to nodes, whatever they say: crashes, restarts and pauses."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

UP, DOWN, PAUSED = 0, 1, 2
"""The condition of a node."""


class Comeback(Enum):
    """What a node that crashed comes back with. Spec: FAULT-4."""

    PERSISTED = "persisted"
    AMNESIA = "amnesia"
    NEW_ID = "new-id"


@frozen
class Outages:
    """How often, in a whole run, nodes may crash and pause, and how they come back.

    A node that crashed can always come back, and a paused one always go on.

    Spec: FAULT-3, FAULT-4, FAULT-5.
    """

    crashes: int = 0
    pauses: int = 0
    comeback: Comeback = Comeback.PERSISTED


NO_OUTAGES = Outages()
