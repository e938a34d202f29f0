"""A divided search that keeps a journal, and goes on from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from attrs import define, field

from scuttle_check.base.errors import UnrunnableFault
from scuttle_check.engine.actions import Action
from scuttle_check.engine.trace import Trace
from scuttle_check.search.compiled.visited import Visited, Worlds
from scuttle_check.search.compiled.words import Fields, TooWide
from scuttle_check.search.divided.coordinator import DividedSearch
from scuttle_check.search.divided.journal import Event, Journal, Mark, Turn
from scuttle_check.search.divided.mirror import PIECE


@define(kw_only=True)
class SavedSearch(DividedSearch):
    """A search whose levels are on the disk as soon as they are whole.

    `parse` reads an action that was written as text.

    Spec: RUN-1, RUN-2.
    """

    journal: Journal
    parse: Callable[[str], Action]
    restored: int = field(init=False, default=0)
    earlier: float = field(init=False, default=0.0)

    @property
    def seconds(self) -> float:
        """Seconds of this process and of those before it."""
        return self.earlier + self.budget.seconds

    def entered(self) -> None:
        """Write the new level down; from now on its worlds are read from the disk."""
        exercised, decided = self.judge.memory()
        told = {name: (because, tuple(map(str, way))) for name, (because, way) in decided.items()}
        state = {
            "answers": self.provider.checksum(),
            "widths": tuple(self.tables.fields.widths),
            "transitions": self.transitions,
            "terminal": self.terminal,
            "seconds": round(self.seconds, 3),
            "exercised": exercised,
            "decided": told,
        }
        self.journal.add(self.levels[-1], self.provider.drained(), state)
        self.levels[-1] = self.journal.level(len(self.levels) - 1)

    def restore(self) -> None:
        """Become the search that entered the last level of the journal.

        Raises UnrunnableFault where the tables do not get the answers they got, and where a
        schedule that is remembered does not show what it decided.

        Spec: RUN-1, RUN-9.
        """
        marks = self.journal.marks
        if not marks:
            return
        self.first()
        for level, mark in enumerate(marks):
            if level:
                self.provider.entered()
            self._ask_again(self.journal.events(level))
            if self.provider.checksum() != mark.answers:
                raise _otherwise(level)
        self.levels = [self._level(at, mark) for at, mark in enumerate(marks)]
        self.restored, self.earlier = len(marks), marks[-1].seconds
        self.transitions, self.terminal = marks[-1].transitions, marks[-1].terminal
        decided = {
            name: (because, tuple(map(self.parse, way)))
            for name, (because, way) in marks[-1].decided.items()
        }
        self._insist_on_schedules(decided)
        self.judge.remember(marks[-1].exercised, decided)
        self.provider.drained()
        self.provider.entered()
        self._learn()
        self._know_vectors()

    def _insist_on_schedules(self, decided: Mapping[str, tuple[str, tuple[Action, ...]]]) -> None:
        """Run each schedule that is remembered again, on the system itself. Spec: RUN-9."""
        known = {each.name: each for each in self.judge.properties}
        for name, (because, schedule) in decided.items():
            if name not in known:
                raise _not_shown(name, "is none of the properties asked for")
            ran = Trace.of(self.system, schedule, [known[name]])
            if ran.misfit is not None:
                raise _not_shown(name, f"has no step {ran.misfit.step}, {ran.misfit.action}")
            told = ran.decided.get(name)
            if told is None or (self.facets is None and told != because):
                raise _not_shown(name, f"is remembered with {because!r}, and the run says {told!r}")

    def _ask_again(self, events: list[Event]) -> None:
        """Ask the tables what they were asked; where they were full, the next event widens them."""
        for event in events:
            try:
                if event is Turn.WIDENED:
                    self.widen()
                elif event is Turn.LEVEL:
                    self.provider.level()
                elif not isinstance(event, Turn):
                    self.provider.provide(event)
            except TooWide:
                continue
        self.judging.broken_steps.clear()

    def _level(self, number: int, mark: Mark) -> Worlds:
        """The worlds of a level in the words of today."""
        worlds = self.journal.level(number)
        fields = self.tables.fields
        if list(mark.widths) == fields.widths:
            return worlds
        return np.sort(moved(worlds, Fields(list(mark.widths), fields.counters), fields))

    def _know_vectors(self) -> None:
        """Know the vectors of node states that were judged: those of all levels but the last."""
        for scope in self.judging.scopes:
            known = self.judging.known.setdefault(scope, Visited())
            for level in self.levels[:-1]:
                for start in range(0, len(level), PIECE):
                    regions = self.mirror.ids(level[start : start + PIECE])
                    known.new(self.mirror.told_vectors(scope, regions))


def moved(worlds: Worlds, old: Fields, new: Fields) -> Worlds:
    """The same worlds in words with other fields."""
    packed = new.words([old.ids(worlds, node) for node in range(len(new.widths))])
    for which, shift in enumerate(new.counter_shifts):
        if old.counters[which]:
            packed |= old.counter(worlds, which) << np.uint64(shift)
    return packed


def _not_shown(name: str, why: str) -> UnrunnableFault:
    return UnrunnableFault(
        f"the decision about {name} {why}",
        where="levels.jsonl",
        clause="RUN-9",
        expected="a schedule that shows it, as the search wrote it",
        hint="begin a new run",
    )


def _otherwise(level: int) -> UnrunnableFault:
    return UnrunnableFault(
        f"in step {level} the model does something else than when the run was begun",
        clause="RUN-3",
        expected="the same protocol, and a resolver that was not changed",
        hint="begin a new run",
    )
