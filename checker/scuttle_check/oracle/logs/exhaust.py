"""The search of every run that a short log leaves possible.

Laws of this file: what is left out of the search is proved to be like something that is in it; what
was not tried makes the answer inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import attrs
from attrs import define, field

from scuttle_check.oracle.logs.judged import Judged
from scuttle_check.oracle.logs.judging import Limits
from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.logs.run import Loose, Run, settled
from scuttle_check.oracle.logs.telling import Miss, Runner
from scuttle_check.oracle.vectors.matching import Mismatch

STATES_MAX = 200_000
"""How many runs are followed before the answer is inconclusive."""

Place: TypeAlias = tuple[tuple[int, ...], Run, Loose]
"""How far each thread of the log is, a run that fits so far, and its loose ends."""


@define
class _Search:
    log: Log
    runner: Runner
    states_max: int
    limits: Limits
    plain: bool = False
    came: dict[Place, tuple[Place, str] | None] = field(factory=dict)
    cut: bool = False

    def add(
        self, layer: dict[Place, int], place: Place, came: tuple[Place, str], used: int
    ) -> bool:
        """Note a place that is new to the layer, or cheaper than known. False if it is neither."""
        if layer.get(place, used + 1) <= used:
            return False
        if len(self.came) >= self.states_max or (len(self.came) % 256 == 0 and self.limits.over):
            self.cut = True
            return False
        layer[place] = used
        self.came.setdefault(place, came)
        return True

    def closed(self, layer: dict[Place, int]) -> Iterator[Place]:
        """The places of a layer and those that silent steps lead to, the fewest steps first."""
        waiting: list[list[Place]] = [list(layer), *([] for _ in range(self.log.silent_max))]
        for used, places in enumerate(waiting):
            for place in places:
                if layer[place] < used:
                    continue
                yield place
                for step in self.runner.silent(place[1], place[2]):
                    price = used + step.cost
                    reached = (place[0], step.run, step.loose)
                    if self.plain:
                        reached = (place[0], settled(step.run), frozenset())
                    affordable = price <= self.log.silent_max
                    if affordable and self.add(layer, reached, (place, step.text), price):
                        waiting[price].append(reached)

    def path(self, place: Place) -> tuple[str, ...]:
        """How a place was reached."""
        told: list[str] = []
        step = self.came[place]
        while step is not None:
            told.append(step[1])
            step = self.came[step[0]]
        return tuple(reversed(told))


def exhaust(
    log: Log, states_max: int = STATES_MAX, limits: Limits | None = None, no_run: int = 0
) -> Judged:
    """Whether the profile allows a run that consumes every event of the log.

    Runs with few unlogged steps before each event are tried first: one run is enough to accept,
    while to reject a log all must be tried, unless it is known that no run has the event `no_run`.

    Spec: OBS-2, OBS-3, OBS-5, OBS-6.
    """
    if log.events == 0:
        return Judged("inconclusive", 0, 0, 1, (), because="the log has no event")
    judged: Judged | None = None
    for budget in sorted({*range(0, log.silent_max, 2), log.silent_max}):
        found = _accept(attrs.evolve(log, silent_max=budget), states_max, limits or Limits())
        if found.verdict == "accepted":
            return found
        if found.event is not None and found.event.number == no_run:
            return attrs.evolve(found, verdict="rejected", because="")
        judged = found if judged is None or found.matched >= judged.matched else judged
        if found.verdict == "inconclusive":
            return attrs.evolve(judged, verdict=found.verdict, because=found.because)
    assert judged is not None  # noqa: S101 - there is at least one budget
    return _proved(log, judged, states_max, limits or Limits())


def _proved(log: Log, judged: Judged, states_max: int, limits: Limits) -> Judged:
    """The same with nothing left out: a run may be within the bounds only with steps done early."""
    if not {"gossip", "deliver"} & set(log.silent) or log.silent_max == 0:
        return judged
    found = _accept(log, states_max, limits, plain=True)
    if found.verdict == "rejected":
        return judged
    return (
        found
        if found.verdict == "accepted"
        else attrs.evolve(judged, verdict="inconclusive", because=found.because)
    )


def _accept(log: Log, states_max: int, limits: Limits, *, plain: bool = False) -> Judged:
    """The same with the budget of silent steps as it is."""
    search = _Search(log, Runner(log), states_max, limits, plain)
    start: Place = ((0,) * len(log.threads), search.runner.start(), frozenset())
    search.came[start] = None
    layer: dict[Place, int] = {start: 0}
    for matched in range(log.events):
        following: dict[Place, int] = {}
        misses: list[tuple[Event, Miss]] = []
        last = next(iter(layer))
        for place in search.closed(layer):
            _advance(search, layer, place, following, misses)
            if matched == log.events - 1 and following:
                break
        if not following:
            return _stuck(search, matched, len(layer), last, misses)
        layer = following
    done = next(iter(layer))
    return Judged("accepted", log.events, log.events, len(layer), search.path(done))


def _advance(
    search: _Search,
    layer: dict[Place, int],
    place: Place,
    following: dict[Place, int],
    misses: list[tuple[Event, Miss]],
) -> None:
    """Let each thread's next event happen in the run of a place."""
    positions, run, loose = place
    for at, thread in enumerate(search.log.threads):
        if positions[at] == len(thread):
            continue
        event = thread[positions[at]]
        outcome = search.runner.told(run, event)
        further = (*positions[:at], positions[at] + 1, *positions[at + 1 :])
        for told in outcome.runs:
            price = layer[place] + told.cost
            if price > search.log.silent_max:
                misses.append((event, too_silent(price, search.log.silent_max)))
            elif loose <= told.ties:
                after = (further, settled(told.run), frozenset[tuple[str, int, int]]())
                search.add(following, after, (place, f"{event.number}. {event}"), 0)
        if not outcome.runs:
            misses.extend((event, miss) for miss in outcome.misses)


def too_silent(steps: int, most: int) -> Miss:
    """That an event would fit, if more had happened before it than a log may leave out."""
    allowed = f"at most {most} unlogged steps before it (max_silent)"
    return Miss(Mismatch("$", allowed, f"a run that needs {steps}"))


def _stuck(
    search: _Search, matched: int, candidates: int, last: Place, misses: list[tuple[Event, Miss]]
) -> Judged:
    """No run has the next event: rejected, or unknown where runs were left out."""
    event, miss = min(misses, key=lambda pair: pair[1].distance, default=(None, None))
    verdict = "inconclusive" if search.cut else "rejected"
    because = f"more than {search.states_max:,} runs were possible" if search.cut else ""
    told = search.path(last)
    return Judged(verdict, matched, search.log.events, candidates, told, event, miss, because)
