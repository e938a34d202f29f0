"""A run as a picture sees it: what happened at which node, and which message went where.

Generic: texts and times come from the caller. A time is the number of a step, from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from attrs import frozen


class Fate(Enum):
    """What became of a message."""

    ARRIVED = "arrived"
    LOST = "lost"
    IN_FLIGHT = "in flight"


@frozen
class Moment:
    """Something that happened at `node` at the time `at`."""

    at: int
    node: str
    text: str


@frozen
class Passage:
    """A message: sent by `source` at the time `sent`, and ended at `target` at the time `ended`.

    One that is in flight has ended at the time after the last. Copies of one message share its
    `number`.
    """

    number: int
    source: str
    target: str
    sent: int
    ended: int
    text: str
    fate: Fate = Fate.ARRIVED


@frozen
class Timeline:
    """All moments and passages of a run, each in the order of its time."""

    nodes: tuple[str, ...]
    moments: tuple[Moment, ...]
    passages: tuple[Passage, ...]
    steps: int

    def arrivals(self, at: int) -> Sequence[Passage]:
        """The messages that arrive at a time."""
        return [each for each in self.passages if each.ended == at and each.fate is Fate.ARRIVED]

    def sendings(self, at: int) -> Sequence[Passage]:
        """The messages that are sent at a time; of one that arrives twice, the first."""
        first: dict[int, Passage] = {}
        for each in self.passages:
            if each.sent == at:
                first.setdefault(each.number, each)
        return list(first.values())
