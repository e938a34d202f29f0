"""Gathering: questions that a search will ask, asked together where that is quicker.

A search runs on what is known. Where it comes upon a question that was not asked, that way of it
ends, the question is noted, and the search runs again when all that were noted have answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import attrs
from attrs import define, field

from scuttle_check.laws.asking import Asking, GaveUp, NoAnswer
from scuttle_check.laws.calling import Answer, Failing, Failure, Question
from scuttle_check.laws.cases import Case, Runs
from scuttle_ref.messages import Update
from scuttle_ref.state import NodeState

T = TypeVar("T")
Seek = Callable[[Asking, Case], Runs | None]

FIRST, TOGETHER = 64, 512
"""So many cases are sought in at once: few at first, since most faults show soon."""


class NotYet(NoAnswer):
    """A question that was not asked yet."""

    def __init__(self) -> None:
        super().__init__(Failure(Failing.RAISED, "was not asked yet"), ())


@define
class Gathering(Asking):
    """Answers what is known, and notes what is not."""

    missing: dict[Question, None] = field(factory=dict)

    def ask(self, state: NodeState, update: Update) -> Answer:
        """What is known. Raises NotYet."""
        if self.knows(state, update):
            return Asking.ask(self, state, update)
        self.missing[state, update] = None
        raise NotYet


def gathering(asking: Asking) -> Gathering:
    """One that knows what `asking` knows, also what that learns later."""
    fields: dict[str, Any] = {
        str(each.alias): getattr(asking, each.name) for each in attrs.fields(Asking) if each.init
    }
    return Gathering(**fields)


def gathered(asking: Asking, work: Callable[[Asking], T]) -> T:
    """What `work` gives, with its questions asked together where many can be. Raises GaveUp."""
    if asking.remote is None:
        return work(asking)
    while True:
        notes = gathering(asking)
        found = work(notes)
        if not notes.missing:
            return found
        asking.ask_all(list(notes.missing))


def sought(asking: Asking, seek: Seek, cases: Sequence[Case]) -> Iterator[Runs | None]:
    """What is found in each case, in order. Raises GaveUp. Spec: LAW-25, LAW-27."""
    if asking.remote is None:
        yield from (_in_case(asking, seek, case) for case in cases)
        return
    rest, size = iter(cases), FIRST
    while part := list(islice(rest, size)):
        try:
            yield from _together(asking, seek, part)
        except GaveUp:  # what is known by now may be enough
            yield from (_in_case(asking, seek, case) for case in part)
        size = TOGETHER


def _in_case(asking: Asking, seek: Seek, case: Case) -> Runs | None:
    """What is found in one case. Where nothing else decides, one replica stands for all."""
    if not asking.looks_beyond:
        found = seek(asking, case.narrowed())
        if not asking.looks_beyond:
            return found
    return seek(asking, case)


def _together(asking: Asking, seek: Seek, part: list[Case]) -> list[Runs | None]:
    if not asking.looks_beyond:
        found = _sought(asking, seek, [case.narrowed() for case in part])
        if not asking.looks_beyond:
            return found
    return _sought(asking, seek, part)


def _sought(asking: Asking, seek: Seek, part: list[Case]) -> list[Runs | None]:
    found: list[Runs | None] = [None] * len(part)
    waiting = list(range(len(part)))
    while waiting:
        missing: dict[Question, None] = {}
        notes, still = gathering(asking), []
        for at in waiting:
            notes.missing = {}
            found[at] = seek(notes, part[at])
            if notes.missing:
                missing |= notes.missing
                still.append(at)
        asking.ask_all(list(missing))
        waiting = still
    return found
