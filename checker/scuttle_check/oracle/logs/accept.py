"""The acceptor of logs: whether some run of a profile takes every event, and where none does.

Laws of this file: a run that was found is a run; *rejected* is said only where every run was tried,
by the one that is followed and undone, or by the search of all where it gave up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import attrs
from attrs import frozen

from scuttle_check.oracle.logs.course import Supplied
from scuttle_check.oracle.logs.eager import eager
from scuttle_check.oracle.logs.exhaust import STATES_MAX, exhaust
from scuttle_check.oracle.logs.impossible import impossible
from scuttle_check.oracle.logs.judged import Judged
from scuttle_check.oracle.logs.judging import Followed, Follower, Limits, feeds_of, run_told
from scuttle_check.oracle.logs.log import Event, Log
from scuttle_check.oracle.logs.telling import Miss

EXHAUSTED_MAX: Final = 60
"""So long a log is searched for every run, where the one that was followed proved nothing."""

EXACT_MAX: Final = 8
"""So short a log is searched for every run first, so that `max_silent` bounds what is taken."""

EAGER_SECONDS: Final = 20.0
"""How long a run with early arrivals is looked for, where no other limit is given."""

SAYS_RECV: Final = (
    'tell the receipt of every message, and promise it: "complete": ["recv"]; the receipt of done '
    "alone narrows most"
)
SAYS_SEND: Final = 'tell the sending of every message too, and promise it: "complete": ["send"]'
SAYS_GOSSIP: Final = "tell each exchange that a node starts (gossip)"
SAYS_NOW: Final = "tell what the clock showed at each write (now)"


@frozen
class Given:
    """What bounds the judging of a log, and who hears how far it is."""

    states_max: int = STATES_MAX
    seconds_max: float | None = None
    tell: Callable[[int], None] | None = None
    keeps: bool = True


def accept(log: Log, states_max: int = STATES_MAX, given: Given | None = None) -> Judged:
    """Whether the profile allows a run that consumes every event of the log.

    Spec: OBS-2, OBS-3, OBS-5, OBS-6.
    """
    return judge(log, None, given or Given(states_max))


def judge(log: Log, events: Iterable[Event] | None, given: Given) -> Judged:
    """The same of a log whose events may still be read: `events`, if it is in total order.

    Spec: OBS-2, OBS-3, OBS-5, OBS-6, OBS-7.
    """
    told = "deliver" not in log.silent
    followed = None
    if (
        told
        or events is not None
        or any(e.kind == "recv" for thread in log.threads for e in thread)
    ):
        limits = Limits(given.seconds_max, tell=given.tell)
        follower = Follower(log, feeds_of(log, events), "send" in log.complete, limits, given.keeps)
        followed = follower.follow()
        if followed.events == 0:
            return Judged("inconclusive", 0, 0, 1, (), because="the log has no event")
        if followed.accepted or followed.interrupted or (told and followed.proved):
            return of_followed(followed, log)
    if log.events == 0 and events is None:
        return Judged("inconclusive", 0, 0, 1, (), because="the log has no event")
    short = log.events <= EXACT_MAX
    if events is None and not told and not short:
        found = eager(
            log, Limits(given.seconds_max if given.seconds_max is not None else EAGER_SECONDS)
        )
        if found is not None:
            steps = (("arrival or exchange", found.now.supplied),)
            return Judged("accepted", log.events, log.events, 1, (), supplied=steps)
    judged = None if followed is None else of_followed(followed, log)
    never = impossible(log) if events is None and not told else None
    if events is None and log.events <= EXHAUSTED_MAX:
        number = 0 if never is None else never.event.number
        searched = exhaust(log, given.states_max, Limits(given.seconds_max), number)
        if searched.verdict != "inconclusive" or (judged is None and never is None):
            return attrs.evolve(searched, advice=advice(log, searched))
    if never is not None:
        miss = Miss(never.mismatch)
        return Judged("rejected", 0, log.events, 1, (), never.event, miss)
    assert judged is not None  # noqa: S101 - one of both was done
    return judged


def of_followed(followed: Followed, log: Log) -> Judged:
    """The verdict that follows from one run that was followed, and its choices undone."""
    verdict = "accepted" if followed.accepted else "inconclusive"
    told = "deliver" not in log.silent
    if followed.proved and told:
        verdict = "rejected"
    because = followed.because
    if followed.proved and not told:
        because = "messages may have arrived whose receipt is not told"
    stuck = followed.stuck
    run = tuple(run_told(followed.order, followed.supplied))
    found = Judged(
        verdict,
        followed.matched,
        followed.events,
        1 + followed.undone,
        run if stuck is None or followed.accepted else stuck.run,
        because=because,
        supplied=followed.kinds,
        interrupted=followed.interrupted,
    )
    if stuck is not None and not followed.accepted:
        found = attrs.evolve(
            found, event=stuck.event, miss=Miss(stuck.why.mismatch), matched=stuck.matched
        )
    return attrs.evolve(found, advice=advice(log, found))


def advice(log: Log, judged: Judged) -> str:
    """Which line to log, where the answer is inconclusive. Spec: OBS-8."""
    if judged.verdict != "inconclusive" or judged.interrupted:
        return ""
    if "deliver" in log.silent:
        return SAYS_RECV
    if "now" in judged.because:
        return SAYS_NOW
    if "send" not in log.complete:
        return SAYS_SEND
    return SAYS_GOSSIP if "gossip" in log.silent else ""


__all__ = ["STATES_MAX", "Given", "Judged", "Supplied", "accept", "judge"]
