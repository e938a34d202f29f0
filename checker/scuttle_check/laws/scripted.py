"""A caller of a function of Node: what its driver answers, as the laws ask for it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from scuttle_check.base.errors import UnrunnableFault, UsageFault
from scuttle_check.gossip.javascript.driver import (
    LOADING,
    MODULE,
    Channel,
    Driver,
    Lost,
    Moment,
    Told,
)
from scuttle_check.gossip.javascript.naming import Script
from scuttle_check.gossip.javascript.reading import Source
from scuttle_check.gossip.script import value_text
from scuttle_check.laws.book import LAWS
from scuttle_check.laws.calling import SECONDS_PER_CALL, Answer, Failing, Failure, Question
from scuttle_check.laws.elsewhere import PLACES, in_words
from scuttle_ref.messages import Update
from scuttle_ref.names import Key, one_line
from scuttle_ref.resolvers import View


@define(eq=False)
class Scripted:
    """Asks a function of a file that Node loads, or of whoever started this process.

    Spec: LAW-25.
    """

    name: str
    script: Script | None = None
    limit: float = SECONDS_PER_CALL
    through: Channel | None = None
    code: Script | Source | None = field(init=False)
    here: bool = field(default=False, init=False)
    driver: Driver = field(init=False)
    _changed: dict[Question, str] = field(factory=dict, init=False)
    _printed: str = field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self.driver = Driver(self.script, self.limit, through=self.through)
        self.code = self.script
        if self.through is not None:
            self.code = Source(str(_first(self.through)["source"]))

    @property
    def looked(self) -> set[Key]:
        """The keys that the function looked at."""
        return self.driver.looked

    @property
    def beyond(self) -> bool:
        """Whether it looked at more than the entry of the key of the update."""
        return self.driver.beyond

    @property
    def worked(self) -> float:
        """The processor time that Node took. Unit: seconds."""
        return self.driver.worked

    def ask(self, view: View, update: Update) -> Answer:
        """The answer to one question."""
        return self.ask_all([(view.state, update)])[0]

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers to many, in one request, up to one that is lost. Spec: LAW-1, LAW-15."""
        told = self.driver.ask(questions)
        for question, each in zip(questions, told, strict=False):
            self._changed[question] = each.changed
            if each.printed and not self._printed:
                _, update = question
                at = f"{one_line(update.key)}={value_text(update.value)}"
                self._printed = f"it prints, at {at} {one_line(each.printed)}; that decides nothing"
        return list(map(_answer, told))

    def meddled(self, view: View, update: Update) -> str | None:
        """What the function sets in its arguments, which are the real thing in the library.

        Spec: LAW-3.
        """
        question = view.state, update
        if question not in self._changed:
            self.ask_all([question])
        return f"it sets {self._changed[question]}" if self._changed[question] else None

    @contextmanager
    def at(self, when: float | None, seed: int) -> Iterator[None]:
        """Let the driver ask at another time, with other random numbers. Spec: LAW-2."""
        with self.driver.at(Moment(when, seed)):
            yield

    def elsewhere(self, questions: Sequence[Question]) -> list[tuple[str, list[Answer]]]:
        """What processes of other places and languages answer. Spec: LAW-2."""
        if self.through is not None:
            return []
        found = []
        for each in PLACES:
            place = {name: value for name, value in each.items() if name != "PYTHONHASHSEED"}
            driver = Driver(self.script, self.limit, place)
            try:
                answers = list(map(_answer, driver.ask(questions)))
            finally:
                driver.close()
            found.append((in_words(place), answers))
        return found

    def notes(self) -> list[str]:
        """What the function printed first."""
        return [self._printed] if self._printed else []


def _first(through: Channel) -> dict[str, Any]:
    """What whoever answers says first. Raises UnrunnableFault."""
    try:
        said = through.receive(LOADING)
    except Lost:
        raise UnrunnableFault("nobody answers", where="--through") from None
    return said if isinstance(said, dict) and "source" in said else {"source": ""}


def channel(descriptor: int) -> Channel:
    """To and from whoever started this process: questions on a descriptor, answers on stdin.

    Raises UsageFault where the descriptor is not open.
    """
    try:
        os.fstat(descriptor)
    except OSError:
        raise UsageFault(
            f"{descriptor} is not open",
            where="--through",
            expected="a file descriptor of whoever answers; scuttle-laws.mjs starts this so",
        ) from None
    return Channel(descriptor, 0)


def module_for_tests() -> str:
    """The module for tests in JavaScript, with the laws as they are now. Spec: LAW-26."""
    names = ",\n".join(f"  '{law.name}'" for law in LAWS)
    return MODULE.read_text(encoding="utf-8").replace("LAWS = []", f"LAWS = [\n{names}\n]")


def _answer(told: Told) -> Answer:
    if told.answer is not None:
        return told.answer
    return Failure(Failing(told.kind), told.says, told.lost)
