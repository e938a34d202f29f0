"""Circumstances that must not decide: the time of day, the random numbers, what was asked before.

A resolver that reads the clock may answer alike for years. So it is asked at other times, with
other random numbers, and in another order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise

from attrs import frozen

from scuttle_check.laws.asking import Asking, Run
from scuttle_check.laws.calling import Answer, Caller, Failure, InProcess, Remote
from scuttle_check.laws.cases import Runs, shown
from scuttle_check.laws.elsewhere import answers_elsewhere
from scuttle_ref.messages import Update
from scuttle_ref.state import NodeState

Question = tuple[NodeState, Update]

REPEATS = 20
"""How often a question is asked that evidence rests on."""


@frozen
class Circumstance:
    """When and with which random numbers to ask. `at` is in seconds since 1970; None is now."""

    says: str
    at: float | None
    seed: int


CIRCUMSTANCES = (
    Circumstance("asked again", None, 1),
    Circumstance("asked with other random numbers", None, 2),
    Circumstance("asked once more, with other random numbers", None, 3),
    Circumstance("asked in 1970", 0.0, 1),
    Circumstance("asked on 12 January 1970, at 13:46:41", 1_000_001.25, 1),
    Circumstance("asked on 14 November 2023, at 22:13:19", 1_699_999_999.000001, 1),
    Circumstance("asked on 15 November 2023, at 06:05:02", 1_700_028_302.75, 1),
    Circumstance("asked on 16 November 2023, at 15:30:35", 1_700_148_635.5, 1),
    Circumstance("asked in 2096", 4_000_000_000.1234, 1),
)
"""The first answer is compared with the answer under each of these."""

FEW = 16
"""So many questions are asked at each moment of a calendar."""

BEGIN, STRIDE, MOMENTS = 1_672_574_462.5, 5 * 86_400 + 81_473.25, 64
"""A calendar: 64 moments from 1 January 2023, 12:01:02 on, six days less 82 minutes apart.

Every month, day of the week and hour is among them. A resolver that rests on Sundays is asked on
some.
"""

SPECIAL = (1_709_208_000.0, 1_704_067_199.0, 951_825_600.0, 2_147_483_648.0, -86_400.0)
"""A leap day, the last second of a year, 29 February 2000, a second after 2**31, and 1969."""


def calendar() -> Iterator[Circumstance]:
    """Moments to ask a few questions at. Spec: LAW-2."""
    for at in (*(BEGIN + STRIDE * number for number in range(MOMENTS)), *SPECIAL):
        moment = datetime.fromtimestamp(at, tz=UTC)
        yield Circumstance(f"asked on {moment:%Y-%m-%d at %H:%M:%S}", at, 1)


def can_travel(caller: Caller) -> bool:
    """Whether a resolver can be asked at another time."""
    return caller.here or isinstance(caller, Remote)


@contextmanager
def under(circumstance: Circumstance, caller: Caller) -> Iterator[None]:
    """Let `circumstance` reign for a while, in the process of the resolver."""
    if isinstance(caller, Remote):
        with caller.at(circumstance.at, circumstance.seed):
            yield
        return
    import time_machine  # noqa: PLC0415 - only where the resolver runs in this process

    state = random.getstate()
    random.seed(circumstance.seed)
    try:
        if circumstance.at is None:
            yield
        else:
            with time_machine.travel(circumstance.at, tick=False):
                yield
    finally:
        random.setstate(state)


def seek_unsteady(asking: Asking, questions: Sequence[Question]) -> tuple[Runs, str] | None:
    """A question with two answers, and how they differ.

    Each question is asked again under every circumstance, in another order each time; the
    question reported is the first in the order given. Raises GaveUp. Spec: LAW-2.
    """
    first = asking.ask_all(questions)
    travels = can_travel(asking.caller)
    worst: tuple[int, str] | None = None
    for number, circumstance in enumerate(CIRCUMSTANCES):
        if circumstance.at is not None and not travels:
            continue
        order = list(range(len(questions)))
        if number % 2 == 0:
            order.reverse()
        worst = _earlier(worst, first, _asked(asking, questions, order, circumstance), circumstance)
    if worst is None and travels:
        sample = range(0, len(questions), max(1, len(questions) // FEW))
        for circumstance in calendar():
            answers = _asked(asking, questions, sample, circumstance)
            worst = _earlier(worst, first, answers, circumstance)
    worst = worst or _elsewhere(asking, questions, first)
    if worst is None:
        return None
    state, update = questions[worst[0]]
    return (Run(state.id, (*asking.origins[state], update)),), worst[1]


def _asked(
    asking: Asking, questions: Sequence[Question], order: Sequence[int], circumstance: Circumstance
) -> dict[int, Answer]:
    """The answers under a circumstance, by the place of their questions."""
    with under(circumstance, asking.caller):
        answers = asking.ask_all_again([questions[at] for at in order])
    return dict(zip(order, answers, strict=True))


def _earlier(
    worst: tuple[int, str] | None,
    first: Sequence[Answer],
    answers: Mapping[int, Answer],
    circumstance: Circumstance,
) -> tuple[int, str] | None:
    """The earlier of `worst` and the first question that has another answer now."""
    for at in sorted(answers):
        if worst is not None and at >= worst[0]:
            break
        if not same(answers[at], first[at]):
            return at, _told(first[at], answers[at], circumstance)
    return worst


def _elsewhere(
    asking: Asking, questions: Sequence[Question], first: Sequence[Answer]
) -> tuple[int, str] | None:
    """The first question that processes answer differently, and how."""
    if asking.hangs:
        return None
    here = [_kept(answer) for answer in first]
    if asking.remote is not None:
        found = [
            (place, [_kept(answer) for answer in answers])
            for place, answers in asking.remote.elsewhere(questions)
        ]
    elif isinstance(asking.caller, InProcess):
        found = answers_elsewhere(asking.caller, questions, here)
    else:
        return None
    for (place, one), (another, other) in pairwise([*found, ("", here)]):
        for at, (this, that) in enumerate(zip(one, other, strict=True)):
            if this != that:
                beside = f"another with {another}" if another else "this one"
                said = f"a process with {place} says {_said(this)}, and {beside} {_said(that)}"
                return at, said
    return None


def _kept(answer: Answer) -> object:
    return answer if isinstance(answer, bool) else answer.kind.value


def _said(answer: object) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return f"nothing ({answer})"


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are equal; failures are, if they are of one kind."""
    if isinstance(one, Failure) and isinstance(other, Failure):
        return one.kind is other.kind
    return one is other


def _told(first: Answer, then: Answer, circumstance: Circumstance) -> str:
    return f"it says {_word(first)}, and {circumstance.says} it says {_word(then)}"


def _word(answer: Answer) -> str:
    if isinstance(answer, Failure):
        return f"nothing ({answer.says})"
    return "yes" if answer else "no"


def judge_unsteady(asking: Asking, runs: Runs) -> str | None:
    """Whether the question about the last update has two answers. Spec: LAW-2."""
    (run,) = runs
    state = asking.ended(run.replica, run.delivered[:-1])
    question = (state, run.delivered[-1])
    first = asking.ask(*question)
    for circumstance in (*CIRCUMSTANCES, *calendar()):
        if circumstance.at is None or can_travel(asking.caller):
            with under(circumstance, asking.caller):
                answers = asking.ask_all_again([question] * REPEATS)
            for then in answers:
                if not same(first, then):
                    return f"{_told(first, then, circumstance)} to {shown(run.delivered[-1])}"
    apart = _elsewhere(asking, [question], [first])
    return None if apart is None else f"{apart[1]} to {shown(run.delivered[-1])}"
