"""Verdicts: what a search found out, and how much it looked at."""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.engine.properties import Property


class Kind(Enum):
    """The four answers. A search that did not finish never says *holds*. Spec: CONV-14."""

    HOLDS = "holds"
    REFUTED = "refuted"
    WITNESSED = "witnessed"
    UNKNOWN = "unknown"


@frozen
class Growth:
    """How much of each part of the worlds a search met before it was stopped.

    `nodes` pairs a node with the number of its distinct states; `links` names a link with the
    number of its distinct channel contents and the most frames in one.
    """

    nodes: tuple[tuple[str, int], ...]
    links: tuple[tuple[str, int, int], ...]


@frozen
class Stats:
    """What a search looked at. `seconds` is wall time; `stop` says why it ended early.

    `states` are distinct states, `transitions` distinct (state, action) pairs, `terminal`
    states without any action, `depth` the most steps from a start to any state seen. Where
    `walks` is given, that many random walks were made and `transitions` counts their steps.
    Under a `reduction` all counts are those of the reduced graph.
    A search that was stopped gives the `growth` until then, if the states are worlds of a system.
    `notes` are sentences on what was asked for and done in another way.
    """

    states: int
    transitions: int
    terminal: int
    depth: int
    seconds: float
    stop: str | None = None
    walks: int | None = None
    reduction: str = "none"
    growth: Growth | None = None
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every reachable state was seen."""
        return self.stop is None


@frozen
class Verdict:
    """The answer for one property.

    `schedule` leads from the start to the refuting or witnessing state; `exercised` counts the
    distinct parts in which the property had something to say. A run without end that refutes
    goes on with `cycle` for ever; an empty cycle says that it stops there.
    """

    property: Property
    kind: Kind
    schedule: tuple[Hashable, ...] | None = None
    because: str = ""
    exercised: int = 0
    cycle: tuple[Hashable, ...] | None = None


@frozen
class Report:
    """The result of one search: one verdict per property, in the order given."""

    verdicts: tuple[Verdict, ...]
    stats: Stats

    def noting(self, *notes: str) -> Report:
        """The same report with more notes, in front of those it has."""
        stats = attrs.evolve(self.stats, notes=(*notes, *self.stats.notes))
        return attrs.evolve(self, stats=stats)

    def verdict(self, name: str) -> Verdict:
        """The verdict of the property called `name`. Raises KeyError."""
        for verdict in self.verdicts:
            if verdict.property.name == name:
                return verdict
        raise KeyError(name)


@frozen
class StateGraph:
    """States in breadth-first order, and steps as (from, action, to) by the numbers of states.

    `terminal` are the states without a step. `refuting` says by state which properties break
    there, `refuting_steps` the same by the number of a step.
    """

    states: tuple[Any, ...]
    steps: tuple[tuple[int, Hashable, int], ...]
    terminal: frozenset[int]
    refuting: dict[int, tuple[str, ...]]
    refuting_steps: dict[int, tuple[str, ...]]
