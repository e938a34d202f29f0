"""Whether a run takes every event of a log: one run is followed, and its choices are undone.

Laws of this file: a node is a function of what it is told, and links keep their order, so that an
event that can happen may happen at once; what was chosen is kept, and undone, the last first,
before a log is rejected; a log is rejected only when nothing is left to choose.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from scuttle_check.oracle.logs.course import Course, Mark, Supplied
from scuttle_check.oracle.logs.events import Telling, Way, Why
from scuttle_check.oracle.logs.feeds import Feed
from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.vectors.matching import Mismatch

CHOICES_MAX: Final = 20_000
"""How many choices can be undone. Older ones stand."""

UNDONE_MAX: Final = 50_000
"""After so many choices undone the answer is inconclusive."""

LAST: Final = 40
"""How many of the last steps are kept, to be shown where a run ends."""

TELL_EVERY: Final = 5_000
"""Between two tellings of how far it is. Unit: events."""


@frozen
class Stuck:
    """Where a run ended that takes no more events: the event to name, and why it fits nowhere."""

    matched: int
    event: Event
    why: Why
    waiting: tuple[int, ...] = ()
    run: tuple[str, ...] = ()


@frozen
class Followed:
    """What became of following a log.

    `proved` tells of a log that was not accepted that every run was tried. `unsaid` counts the
    messages whose sending the log promises to tell, and did not.
    """

    accepted: bool
    events: int
    matched: int
    proved: bool = False
    stuck: Stuck | None = None
    because: str = ""
    supplied: tuple[Supplied, ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    order: tuple[tuple[int, Event], ...] = ()
    undone: int = 0
    interrupted: bool = False


@frozen
class _Choice:
    """A moment at which there were several ways to take an event, and those not taken yet."""

    mark: Mark
    places: tuple[int, ...]
    thread: int
    ways: Iterator[Way]


@define
class Limits:
    """When to stop: after so many seconds, or choices undone. `tell` hears how far it is."""

    seconds_max: float | None = None
    undone_max: int = UNDONE_MAX
    tell: Callable[[int], None] | None = None
    started: float = field(factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        spent = time.monotonic() - self.started
        return self.seconds_max is not None and spent > self.seconds_max


@define
class Follower:
    """Follows one run through the threads of a log, and undoes what it chose."""

    log: Log
    feeds: list[Feed]
    strict: bool
    limits: Limits
    keeps: bool = False
    course: Course = field(init=False)
    telling: Telling = field(init=False)
    places: list[int] = field(init=False)
    choices: list[_Choice] = field(factory=list)
    failed: dict[tuple[int, ...], list[Any]] = field(factory=dict)
    order: list[tuple[int, Event]] = field(factory=list)
    best: Stuck | None = None
    forgot: bool = False
    undone: int = 0
    dropped: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        self.course = Course(self.log)
        self.telling = Telling(self.course, self.strict)
        if not self.log.total:
            told = (event for thread in self.log.threads for event in thread)
            mids = (event.members.get("mid") for event in told if event.kind == "send")
            self.telling.mids.update(mid for mid in mids if mid is not None)
        self.places = [0] * len(self.feeds)

    def follow(self) -> Followed:
        """Take every event, or find out that it cannot be done. Spec: OBS-5, OBS-6."""
        try:
            while True:
                stuck = self._forward()
                if stuck is None:
                    return self._ended(accepted=True)
                if self.best is None or stuck.matched > self.best.matched:
                    told = run_told(self.order[-LAST:], self.course.supplied[-LAST:])
                    self.best = attrs.evolve(stuck, run=tuple(told[-LAST:]))
                because = self._undo()
                if because is not None:
                    return self._ended(accepted=False, because=because)
        except KeyboardInterrupt:
            return attrs.evolve(
                self._ended(accepted=False, because="it was interrupted"), interrupted=True
            )
        except _Over:
            return self._ended(accepted=False, because="the time was up")

    def _ended(self, *, accepted: bool, because: str = "") -> Followed:
        matched = self.course.index if accepted or self.best is None else self.best.matched
        matched = max(matched, self.course.index)
        return Followed(
            accepted,
            sum(feed.base + len(feed.events) for feed in self.feeds),
            matched,
            not accepted and not because,
            self.best,
            because,
            tuple(self.course.supplied),
            tuple(sorted((self.dropped + Counter(s.kind for s in self.course.supplied)).items())),
            tuple(self.order),
            self.undone,
        )

    # --- forward ----------------------------------------------------------------------------------

    def _forward(self) -> Stuck | None:
        """Take events until none can be taken. None if none is left."""
        blocked: list[tuple[Event, Why]] = []
        moved = True
        self.telling.final = self.log.total
        while moved or not self.telling.final:
            self.telling.final = self.telling.final or not moved
            moved = False
            blocked = []
            for thread, feed in enumerate(self.feeds):
                while (event := feed.at(self.places[thread])) is not None:
                    if not self._take(thread, feed, event):
                        why = self.telling.why
                        assert why is not None  # noqa: S101 - there is a reason where no way is
                        blocked.append((event, why))
                        break
                    moved = True
        if not blocked:
            return None
        event, why = min(blocked, key=lambda pair: (pair[1].waits, pair[0].number))
        others = tuple(sorted(each.number for each, _ in blocked))
        return Stuck(self.course.index, event, why, others)

    def _take(self, thread: int, feed: Feed, event: Event) -> bool:
        """Take an event in the likeliest way, and keep the others. False if there is none."""
        place = self.places[thread]
        if self.course.guesses and not self.strict:
            self.telling.due(event, thread, self.feeds, self.places)
        ways = self.telling.ways(event, feed, place)
        first = next(ways, None)
        if first is None:
            return False
        second = next(ways, None)
        if second is None:
            if not first():
                self.telling.why = self.telling.why or _spoilt(event)
                return False
        else:
            mark = self.course.mark()
            if self._has_failed(mark):
                self.telling.why = self.telling.why or _spoilt(event)
                return False
            self._keep(_Choice(mark, tuple(self.places), thread, _chained(second, ways)))
            if not first():
                self.telling.why = self.telling.why or _spoilt(event)
                return False
        self._took(thread, feed, event)
        return True

    def _took(self, thread: int, feed: Feed, event: Event) -> None:
        course = self.course
        self.order.append((course.index, event))
        course.index += 1
        self.places[thread] += 1
        if course.index % TELL_EVERY == 0:
            if self.limits.over:
                raise _Over
            if self.limits.tell is not None:
                self.limits.tell(course.index)
            if not self.keeps and not self.choices:
                self.dropped.update(each.kind for each in course.supplied[:-LAST])
                del course.supplied[:-LAST]
                del self.order[:-LAST]
            if not self.keeps:
                feed.forget(self._oldest(thread))

    def _oldest(self, thread: int) -> int:
        """The first place of a thread to which it may still go back."""
        if self.choices:
            return self.choices[0].places[thread]
        return self.places[thread]

    def _keep(self, choice: _Choice) -> None:
        self.choices.append(choice)
        if len(self.choices) > CHOICES_MAX:
            del self.choices[: CHOICES_MAX // 2]
            self.forgot = True

    # --- back -------------------------------------------------------------------------------------

    def _has_failed(self, mark: Mark) -> bool:
        """Whether it has been here before, in the same state, and nothing came of it."""
        known = self.failed.get(tuple(self.places))
        return known is not None and mark.all_that_matters() in known

    def _undo(self) -> str | None:
        """Go back to the last choice that has a way left, and take that. Why not, if it cannot.

        An empty reason: everything was tried. Spec: OBS-6.
        """
        while self.choices:
            if self.undone >= self.limits.undone_max:
                return f"more than {self.undone:,} choices were undone"
            if self.undone % 64 == 0 and self.limits.over:
                raise _Over
            choice = self.choices[-1]
            self.course.go_back(choice.mark)
            self.places = list(choice.places)
            while self.order and self.order[-1][0] >= choice.mark.index:
                self.order.pop()
            way = next(choice.ways, None)
            if way is None:
                self.choices.pop()
                known = self.failed.setdefault(choice.places, [])
                known.append(choice.mark.all_that_matters())
                continue
            self.undone += 1
            feed = self.feeds[choice.thread]
            event = feed.at(self.places[choice.thread])
            assert event is not None  # noqa: S101 - it was there when the choice was made
            if way():
                self._took(choice.thread, feed, event)
                return None
        return self._untried()

    def _untried(self) -> str:
        """Why what was not tried could still be a run; empty if nothing is left."""
        if self.forgot or self.course.forgot:
            return "there were too many choices to keep all of them"
        if self.course.guesses and not self.strict:
            return "an exchange changes its node here, and the log tells neither it nor its sending"
        if self.course.cut:
            return "what followed an untold exchange, a cut digest or a crash was not tried anew"
        if self.telling.unread:
            return "the log does not tell what the clock showed at each write (now)"
        return ""


class _Over(Exception):
    """The time is up."""


def _chained(first: Way, rest: Iterator[Way]) -> Iterator[Way]:
    yield first
    yield from rest


def _spoilt(event: Event) -> Why:
    return Why(Mismatch("$", "what its node has shown and sent before", str(event)))


def run_told(order: Sequence[tuple[int, Event]], supplied: Sequence[Supplied]) -> list[str]:
    """A run as people read it: events with their numbers, untold steps in parentheses."""
    told = [((index, 1, 0), f"{event.number}. {event}") for index, event in order]
    first = order[0][0] if order else 0
    told += [
        ((each.index, 0, at), str(each)) for at, each in enumerate(supplied) if each.index >= first
    ]
    return [text for _, text in sorted(told)]


def feeds_of(log: Log, events: Iterable[Event] | None = None) -> list[Feed]:
    """The threads of a log, or one thread of events that are still being read."""
    if events is not None:
        return [Feed.of(events)]
    return [Feed.of(thread) for thread in log.threads]
