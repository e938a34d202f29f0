"""When a node asks: the timing of its exchanges on one connection, as rules without a clock.

Laws of this file: pure and total, so that the checker tries the very rules that run
(``scuttle_check.gossip.timing``). The clock is the caller's: it says that a turn has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
from attrs import frozen

from scuttle_ref.errors import InvalidMessage, Refusal
from scuttle_ref.names import VERSION_MAX

TURNS_MAX = 20
"""How many turns a node waits at most, whatever its rule says. Unit: turns."""


@frozen
class Answered:
    """The end of an answer: to which question, and whether there was more than the mtu let through.

    With `gap` the state came instead of updates that were forgotten. Said to those alone who number
    their questions.

    Spec: NODE-16.
    """

    turn: int
    more: bool = False
    gap: bool = False


@frozen
class Asking:
    """What a node remembers of its questions to one peer.

    `turn` is the number of the latest, `open` says that its answer has not ended. `ends` says that
    the peer tells when an answer ends. `updates` and `heard`: whether an update, or anything, came
    since the latest turn; `news`: whether an update came since the question; `waited`: turns passed
    over since; `wanted`: the owner asked for an exchange meanwhile.
    """

    turn: int = 0
    open: bool = False
    ends: bool = False
    updates: bool = False
    heard: bool = False
    news: bool = False
    wanted: bool = False
    waited: int = 0


NEW = Asking()
"""Nothing has been asked."""


@frozen
class Timing:
    """Who waits for whom: whether a node passes over its turn to ask. Spec: NODE-16."""

    name: str
    says: str
    waits: Callable[[Asking], bool]


def waits_for_its_answer(asking: Asking) -> bool:
    """Until its own question is answered. Of a peer that does not say so, while updates come."""
    return asking.open if asking.ends else asking.updates


def waits_for_silence(asking: Asking) -> bool:
    """While anything is heard, also the peer's own questions."""
    return asking.heard


OWN_ANSWER = Timing("own-answer", "a node waits for its own answer", waits_for_its_answer)
SILENCE = Timing("silence", "a node waits while its peer talks", waits_for_silence)
"""What nodes did before: one that was asked often did not ask."""

TIMINGS = {timing.name: timing for timing in (OWN_ANSWER, SILENCE)}


def turned(asking: Asking, timing: Timing, most: float = TURNS_MAX) -> tuple[Asking, bool]:
    """A turn has come: what is remembered, and whether to ask now. Spec: NODE-16."""
    waits = timing.waits(asking) and asking.waited + 1 < most
    again = attrs.evolve(asking, updates=False, heard=False)
    return (attrs.evolve(again, waited=asking.waited + 1), False) if waits else (again, True)


def asked(asking: Asking) -> Asking:
    """A question was put. Spec: NODE-16."""
    number = asking.turn % VERSION_MAX + 1
    return Asking(number, open=True, ends=asking.ends, updates=asking.updates, heard=asking.heard)


def heard(asking: Asking, *, update: bool) -> Asking:
    """Something came, an update or a part of the peer's own question."""
    known = asking.updates and asking.news
    if asking.heard and (known or not update):
        return asking
    news, updates = asking.news or update, asking.updates or update
    return attrs.evolve(asking, heard=True, updates=updates, news=news)


def answered(asking: Asking, end: Answered) -> tuple[Asking, bool]:
    """An answer has ended: what is remembered, and whether to ask again at once.

    Only after an answer that was cut and brought something, so that two nodes of which one does not
    take what the other sends do not ask without end.

    Spec: NODE-16.
    """
    if end.turn != asking.turn:
        return attrs.evolve(asking, ends=True), False
    again = asking.open and (asking.wanted or (end.more and asking.news))
    return attrs.evolve(asking, open=False, ends=True, wanted=False, waited=0), again


def end_from_json(document: Mapping[str, object]) -> Answered | None:
    """The end of an answer that a JSON object stands for, or None if it is something else.

    Raises InvalidMessage. Spec: NODE-16.
    """
    if "answered" not in document:
        return None
    more, gap = document.get("more", False), document.get("gap", False)
    number = number_of(document["answered"])
    if number is None or type(more) is not bool or type(gap) is not bool:
        expected = "its number, and bools for more and gap"
        raise InvalidMessage(Refusal("$.answered", "ends no question", expected, "NODE-16"))
    return Answered(number, more, gap)


def number_of(said: object) -> int | None:
    """The number of a question, or None where there is none."""
    return said if type(said) is int and 0 < said <= VERSION_MAX else None


def end_to_json(end: Answered) -> dict[str, object]:
    """The JSON object of the end of an answer. Spec: NODE-16."""
    told = {"more": end.more, "gap": end.gap}
    return {"answered": end.turn, **{name: True for name, so in told.items() if so}}
