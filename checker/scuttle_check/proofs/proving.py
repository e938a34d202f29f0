"""Proving: the obligations of a profile given to solvers, and what they say.

A verdict is *proved*, where every solver asked has proved it; *refuted*, where there is a small
world in which the step breaks it; and *unknown* in all other cases, time running out among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum

from attrs import frozen

from scuttle_check.proofs import agreement, exchanges
from scuttle_check.proofs.exchanges import journeys
from scuttle_check.proofs.obligations import Obligation, Theory, safety
from scuttle_check.proofs.small import Values, small_world
from scuttle_check.proofs.smtlib import script
from scuttle_check.proofs.solvers import UNSAT, Solver

SECONDS = 20.0
"""How long a solver may think about one obligation, unless said otherwise."""


class Status(Enum):
    """What is known of an obligation."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@frozen(eq=False)
class Result:
    """What came of an obligation. `seconds` is wall time, of all solvers together.

    `why` says why it is unknown; `world` is the small world that refutes it.
    """

    obligation: Obligation
    status: Status
    seconds: float
    why: str = ""
    world: Values | None = None


@frozen(eq=False)
class Proof:
    """What came of a theory. `stopped` if not every obligation was looked at."""

    theory: Theory
    results: tuple[Result, ...]
    solvers: tuple[str, ...]
    seconds: float
    stopped: bool = False

    def of(self, status: Status) -> tuple[Result, ...]:
        """The results of that status."""
        return tuple(each for each in self.results if each.status is status)

    @property
    def complete(self) -> bool:
        """Whether everything was looked at and proved."""
        return not self.stopped and len(self.of(Status.PROVED)) == len(self.results)


# --- what is claimed ------------------------------------------------------------------------------

PROPERTIES = {
    "no-gap": "what lies at or below a clock is remembered: nothing is skipped, in any world",
    "agreement": "replicas end equal: no-gap, what exchanges bring, and that stores then agree",
}
"""What can be asked for: properties of the checker that a proof for every size answers."""


def obligations_of(theory: Theory, asked: str = "agreement") -> Iterator[Obligation]:
    """The obligations of a property; those of agreement are all there are."""
    yield from safety(theory)
    if asked == "no-gap":
        return
    for journey in journeys(theory):
        yield from exchanges.obligations(theory, journey)
    yield from agreement.frames(theory)
    yield from agreement.measure(theory)
    yield from agreement.consequences(theory)


def not_claimed(theory: Theory) -> tuple[str, ...]:
    """Why agreement does not follow from the obligations of a theory, even if all are proved."""
    rules = theory.rules
    reasons = []
    if not rules.prefer.orders:
        reasons.append("what is stored follows no order: whatever arrives last replaces it")
    if not rules.session.apart:
        reasons.append("the digests of several peers run together, and sources fall out")
    if rules.advertise.cuts:
        reasons.append("digest lines are left out where there is no room, and done with them")
    if theory.medium.streams and not journeys(theory):
        reasons.append("no induction is known for answers that wait for done on a stream")
    return tuple(reasons)


# --- asking ---------------------------------------------------------------------------------------

Tell = Callable[[str], None]


def decided(
    obligation: Obligation, using: Sequence[Solver], seconds: float, *, streams: bool
) -> Result:
    """Ask each solver; where one cannot prove it, look for a small world. Spec: PROVE-1."""
    began = time.perf_counter()
    text = script(obligation.hypotheses, obligation.goal, obligation.name)
    why = ""
    for solver in using:
        answer = solver.ask(text, seconds)
        if answer.said != UNSAT:
            why = f"{solver.name}: {answer.reason or answer.said}"
            break
    else:
        return Result(obligation, Status.PROVED, time.perf_counter() - began)
    world = small_world(obligation.hypotheses, obligation.goal, using[0], seconds, streams=streams)
    status = Status.UNKNOWN if world is None else Status.REFUTED
    spent = time.perf_counter() - began
    return Result(obligation, status, spent, "" if world else f"{why}, {seconds:g} s", world)


def prove(
    theory: Theory,
    obligations: Iterable[Obligation],
    using: Sequence[Solver],
    seconds: float = SECONDS,
    tell: Tell = lambda _text: None,
) -> Proof:
    """Ask for every obligation. Ctrl-C keeps what has been proved until then."""
    began = time.perf_counter()
    results: list[Result] = []
    stopped = False
    streams = theory.medium.streams
    waiting = list(obligations)
    try:
        for at, obligation in enumerate(waiting):
            results.append(decided(obligation, using, seconds, streams=streams))
            last = at + 1 == len(waiting) or waiting[at + 1].group != obligation.group
            if last:
                count = sum(each.obligation.group == obligation.group for each in results)
                tell(f"{theory.profile.name}: {obligation.group}: {count} obligations")
    except KeyboardInterrupt:
        stopped = True
    names = tuple(solver.name for solver in using)
    return Proof(theory, tuple(results), names, time.perf_counter() - began, stopped)


def groups(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results by group, in order."""
    found: dict[str, list[Result]] = {}
    for each in results:
        found.setdefault(each.obligation.group, []).append(each)
    return found
