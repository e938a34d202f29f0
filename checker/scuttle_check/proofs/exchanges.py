"""What a completed exchange brings, whatever else goes on meanwhile: inductions along a run.

One exchange is looked at: ASKER asks ASKED. Owners write, other nodes exchange, connections break
and nodes crash elsewhere; only the link of the exchange stays, and its two ends. A journey has
clauses that are true when the exchange begins, that every step keeps, and that say enough when it
has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from scuttle_check.proofs.actions import Action, answer_to_done, answer_to_line
from scuttle_check.proofs.obligations import Obligation, Theory, step
from scuttle_check.proofs.terms import (
    BOOL,
    INT,
    TRUE,
    Function,
    Term,
    conj,
    constant,
    disj,
    exists,
    forall,
    implies,
    ite,
    larger,
    neg,
)
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    CHANNEL,
    DONE,
    FIRST,
    LINE,
    MIDDLE,
    NEVER,
    NODE,
    OPEN,
    TOP,
    UNLIMITED,
    UPDATE,
    C,
    D,
    I,
    Moment,
    N,
    P,
    a,
    i,
    line_at,
    receiver,
    sender,
    source,
    u,
    version,
)

ASKER, ASKED = constant("ASKER", NODE), constant("ASKED", NODE)
ASKS, ANSWERS = constant("ASKS", CHANNEL), constant("ANSWERS", CHANNEL)
"""The link from the asker to the asked, and the one back."""
BEGINS, ENDS = constant("BEGINS", INT), constant("ENDS", INT)
"""Where the first line of the digest stands on ASKS, and where its done does."""
ABOUT, AT = constant("ABOUT", NODE), constant("AT", INT)
"""One source, and where on ASKS its line stands."""
MISSED = constant("MISSED", UPDATE)
"""An update that the asked remembered and the asker lacked as the exchange began."""
own_line = Function("own_line", (NODE,), INT)
"""Where on ASKS the line of a source stands."""
said_mark = Function("said_mark", (NODE,), INT)
"""The asker's clock as the exchange began."""
was_named = Function("was_named", (NODE,), BOOL)
"""Which sources the digest names."""
could_give = Function("could_give", (NODE,), INT)
"""The clock of the asked as the exchange began."""
LAST, LAST_AFTER = constant("LAST", INT), constant("LAST'", INT)
"""Up to where on ANSWERS the answers to this exchange stand, so far."""


def due(at: Moment, last: Term, a: Term) -> Term:
    """The asker's entry of a, once all answers so far have been taken."""
    ahead = at.head(ANSWERS) <= last
    return ite(ahead, at.reach(ANSWERS, last, a), at.clock(ASKER, a))


@frozen
class Part:
    """A clause of a journey: `says(moment, last, theory)`."""

    name: str
    words: str
    says: Callable[[Moment, Term, Theory], Term]


@frozen
class Journey:
    """An induction along a run. `given` is true throughout, `begin` as the exchange begins.

    `goal(theory)` follows at the end, when the done has been read and the answers have arrived.
    """

    name: str
    words: str
    parts: tuple[Part, ...]
    given: tuple[Term, ...]
    begin: Callable[[Theory], tuple[Term, ...]]
    goal: Callable[[Theory], Term]
    ended: Term
    unlimited: bool


ENDS_OF_LINKS = (
    ASKER != ASKED,
    sender(ASKS) == ASKER,
    receiver(ASKS) == ASKED,
    sender(ANSWERS) == ASKED,
    receiver(ANSWERS) == ASKER,
)


def _wanted(at: Moment, of: Theory) -> Term:
    """What is owed and was there to be had, of any source."""
    return conj(of.rules.retain.owed(at, u), version(u) <= could_give(source(u)))


PROGRESS = Part(
    "comes",
    "what was to be had is here, or on its way, or will still be answered",
    lambda at, last, of: forall(
        u,
        implies(
            _wanted(at, of),
            disj(
                version(u) <= due(at, last, source(u)),
                conj(
                    was_named(source(u)),
                    version(u) > said_mark(source(u)),
                    at.head(ASKS) <= own_line(source(u)),
                ),
                conj(neg(was_named(source(u))), at.head(ASKS) <= ENDS),
            ),
        ),
    ),
)

ANSWERED_SO_FAR = Part(
    "sent", "the answers so far have been sent", lambda at, last, _: last <= at.tail(ANSWERS)
)

HAD = Part(
    "had",
    "clocks are where they were, or further",
    lambda at, _last, _of: forall(
        a, conj(said_mark(a) <= at.clock(ASKER, a), could_give(a) <= at.clock(ASKED, a))
    ),
)

DIGEST = (
    Part(
        "digest",
        "the digest stands on the link as it was sent",
        lambda at, _last, _of: conj(
            BEGINS >= 0,
            BEGINS <= ENDS,
            at.tail(ASKS) > ENDS,
            at.kind(ASKS, ENDS) == DONE,
            forall(
                a,
                implies(
                    was_named(a),
                    conj(
                        own_line(a) >= BEGINS,
                        own_line(a) < ENDS,
                        at.kind(ASKS, own_line(a)) == LINE,
                        at.line_source(ASKS, own_line(a)) == a,
                        at.line_mark(ASKS, own_line(a)) == said_mark(a),
                    ),
                ),
            ),
        ),
    ),
    Part(
        "before",
        "a line before its end names a source that the digest names",
        lambda at, _last, _of: forall(
            i,
            implies(
                conj(at.head(ASKS) <= i, i <= ENDS, at.kind(ASKS, i) == LINE),
                was_named(at.line_source(ASKS, i)),
            ),
        ),
    ),
    Part(
        "gathered",
        "until its end, no other source has been gathered of the asker",
        lambda at, _last, _of: implies(
            at.head(ASKS) <= ENDS,
            forall(a, implies(at.gathered(ASKED, ASKER, a) != NEVER, was_named(a))),
        ),
    ),
    ANSWERED_SO_FAR,
    HAD,
)


def _started(of: Theory) -> tuple[Term, ...]:
    """The exchange that begins is the one looked at."""
    return (
        N == ASKER,
        P == ASKED,
        D == ASKS,
        OPEN,
        BEGINS == MIDDLE,
        AFTER.tail(ASKS) - 1 == ENDS,
        AFTER.tail(ANSWERS) == LAST_AFTER,
        forall(a, own_line(a) == line_at(a)),
        forall(a, was_named(a) == of.rules.advertise.names(AFTER, ASKER, a)),
        forall(a, said_mark(a) == AFTER.clock(ASKER, a)),
        forall(a, could_give(a) == BEFORE.clock(ASKED, a)),
    )


ALL_HEARD = conj(BEFORE.head(ASKS) > ENDS, BEFORE.head(ANSWERS) >= LAST)

WHOLE_EXCHANGE = Journey(
    "whole",
    "a completed exchange brings all that the other remembered as it began",
    (*DIGEST, PROGRESS),
    ENDS_OF_LINKS,
    _started,
    lambda of: forall(u, implies(_wanted(BEFORE, of), BEFORE.has(ASKER, u))),
    ALL_HEARD,
    unlimited=True,
)


def gained(at: Moment, last: Term) -> Term:
    """The asker has, or will have, an update of somebody else that it lacked.

    The first update of an answer is where to look; it is named, so that no solver has to search.
    """

    def risen(a: Term) -> Term:
        return conj(a != ASKER, due(at, last, a) > larger(said_mark(a), 0))

    return disj(risen(source(FIRST)), exists(a, risen(a)))


ONE_MORE = Journey(
    "one-more",
    "a completed exchange brings an update that was missing, if the other had one, however "
    "small the mtu",
    (
        *DIGEST,
        Part(
            "lines",
            "a digest is lines, and then done",
            lambda at, _last, _of: forall(
                i, implies(conj(i >= BEGINS, i < ENDS), at.kind(ASKS, i) == LINE)
            ),
        ),
        Part(
            "answered",
            "whose line has been read, of that done says nothing more",
            lambda at, last, _of: disj(
                gained(at, last),
                forall(
                    a,
                    implies(
                        conj(was_named(a), own_line(a) < at.head(ASKS), at.head(ASKS) <= ENDS),
                        at.gathered(ASKED, ASKER, a) == TOP,
                    ),
                ),
            ),
        ),
        Part(
            "unnamed",
            "of a source that the digest does not name the asker knew no update, and it names its "
            "own",
            lambda _at, _last, _of: conj(
                was_named(ASKER), forall(a, implies(neg(was_named(a)), said_mark(a) <= 0))
            ),
        ),
        Part(
            "missed",
            "the asked remembers what the asker lacked, which the asker did not write",
            lambda at, _last, _of: conj(
                at.has(ASKED, MISSED),
                source(MISSED) != ASKER,
                version(MISSED) > said_mark(source(MISSED)),
            ),
        ),
        Part(
            "gains",
            "something that was missing is here, or on its way, or will still be answered",
            lambda at, last, _of: disj(
                gained(at, last),
                conj(was_named(source(MISSED)), at.head(ASKS) <= own_line(source(MISSED))),
                conj(neg(was_named(source(MISSED))), at.head(ASKS) <= ENDS),
            ),
        ),
    ),
    ENDS_OF_LINKS,
    lambda of: (
        *_started(of),
        BEFORE.has(ASKED, MISSED),
        neg(BEFORE.covers(ASKER, MISSED)),
    ),
    lambda _of: exists(
        u,
        conj(
            BEFORE.has(ASKER, u),
            source(u) != ASKER,
            version(u) > said_mark(source(u)),
        ),
    ),
    ALL_HEARD,
    unlimited=False,
)

ONE_LINE = Journey(
    "line",
    "a digest line that gets through brings all that the other remembered of its source",
    (
        Part(
            "line",
            "the line stands on the link as it was sent",
            lambda at, _last, _of: conj(
                AT >= 0,
                at.tail(ASKS) > AT,
                at.kind(ASKS, AT) == LINE,
                at.line_source(ASKS, AT) == ABOUT,
                at.line_mark(ASKS, AT) == said_mark(ABOUT),
            ),
        ),
        ANSWERED_SO_FAR,
        HAD,
        Part(
            "comes",
            "what was to be had of the source is here, or on its way, or will still be answered",
            lambda at, last, of: forall(
                u,
                implies(
                    conj(_wanted(at, of), source(u) == ABOUT),
                    disj(
                        version(u) <= due(at, last, ABOUT),
                        conj(version(u) > said_mark(ABOUT), at.head(ASKS) <= AT),
                    ),
                ),
            ),
        ),
    ),
    (*ENDS_OF_LINKS, ENDS == AT),
    lambda _of: (
        N == ASKER,
        P == ASKED,
        D == ASKS,
        OPEN,
        MIDDLE <= AT,
        AFTER.tail(ASKS) > AT,
        AFTER.kind(ASKS, AT) == LINE,
        AFTER.line_source(ASKS, AT) == ABOUT,
        AFTER.tail(ANSWERS) == LAST_AFTER,
        forall(a, said_mark(a) == AFTER.clock(ASKER, a)),
        forall(a, could_give(a) == BEFORE.clock(ASKED, a)),
    ),
    lambda of: forall(
        u,
        implies(conj(_wanted(BEFORE, of), source(u) == ABOUT), BEFORE.has(ASKER, u)),
    ),
    ALL_HEARD,
    unlimited=True,
)


def journeys(of: Theory) -> tuple[Journey, ...]:
    """The inductions that the rules of a profile allow, over links that keep their order."""
    rules = of.rules
    if not of.medium.streams or rules.answer.holds is None:
        return ()
    if not rules.session.apart or rules.advertise.cuts:
        return (ONE_LINE,)
    if rules.pace.unlimited:
        return (ONE_LINE, WHOLE_EXCHANGE)
    return (ONE_LINE, WHOLE_EXCHANGE, ONE_MORE)


def obligations(of: Theory, journey: Journey) -> Iterator[Obligation]:
    """That the journey begins, that every step keeps its parts, and what they say at its end."""
    before = tuple(part.says(BEFORE, LAST, of) for part in journey.parts)
    for part in journey.parts:
        goal = part.says(AFTER, LAST_AFTER, of)
        yield _named(
            journey,
            f"begin/{part.name}",
            f"as the exchange begins, {part.words}",
            step(
                of,
                of.action("exchange"),
                goal,
                *journey.given,
                *journey.begin(of),
                every=True,
            ),
        )
    for action in of.actions:
        besides = (*journey.given, *before, *_undisturbed(action, journey))
        risen = forall(a, due(AFTER, LAST_AFTER, a) >= due(BEFORE, LAST, a))
        yield _named(
            journey,
            f"{action.name.replace(' ', '-')}/due",
            f"{action.words}: what is due does not fall",
            step(of, action, risen, *besides),
        )
        besides = (*besides, risen)  # which has just been asked for by itself
        answered = _answered(of, action, journey)
        if answered is not None:
            yield _named(
                journey,
                f"{action.name}/answers",
                f"{action.words}: what is answered is due",
                step(of, action, answered, *besides, every=journey.unlimited, one=True),
            )
            besides = (*besides, answered)
        for part in journey.parts:
            goal = part.says(AFTER, LAST_AFTER, of)
            yield _named(
                journey,
                f"{action.name.replace(' ', '-')}/{part.name}",
                f"{action.words}: still {part.words}",
                step(
                    of, action, goal, *besides, every=journey.unlimited, one=not journey.unlimited
                ),
            )
    yield _named(
        journey,
        "end",
        journey.words,
        (
            (*of.axioms, *of.invariant, *journey.given, *before, journey.ended),
            journey.goal(of),
        ),
    )


def _named(
    journey: Journey, name: str, words: str, said: tuple[tuple[Term, ...], Term]
) -> Obligation:
    return Obligation(f"{journey.name}/{name}", f"exchange: {journey.name}", words, *said)


def _undisturbed(action: Action, journey: Journey) -> tuple[Term, ...]:
    """The link of the exchange stands and its ends stay up; where the answers now end."""
    ours = disj(conj(N == ASKER, P == ASKED), conj(N == ASKED, P == ASKER))
    apart = {
        "cut": neg(ours),
        "heal": neg(ours),
        "crash": conj(N != ASKER, N != ASKED),
        "restart": conj(N != ASKER, N != ASKED),
    }.get(action.name, TRUE)
    if action.name not in {"line", "done"}:
        return (apart, LAST_AFTER == LAST, *WHERE)
    answers = conj(C == ASKS, D == ANSWERS, I <= ENDS)
    return (
        implies(disj(D == ANSWERS, D == ASKS), OPEN),
        ite(answers, AFTER.tail(ANSWERS), LAST) == LAST_AFTER,
        *((UNLIMITED,) if journey.unlimited else ()),
        *WHERE,
    )


def _answered(of: Theory, action: Action, journey: Journey) -> Term | None:
    """What a line or the done of the exchange is answered with is due; with an mtu, some of it."""
    if action.name == "line":
        said = answer_to_line(of.rules)
    elif action.name == "done":
        said = answer_to_done(of.rules, lines=False)
    else:
        return None
    holds = said.holds
    if holds is None:
        return None

    def comes(u: Term) -> Term:
        return version(u) <= due(AFTER, LAST_AFTER, source(u))

    some = comes(u) if journey.unlimited else conj(holds(FIRST), comes(FIRST))
    ours = conj(C == ASKS, I <= ENDS)
    return implies(ours, forall(u, implies(holds(u), some)))


def _placed(one: Term, other: Term) -> Term:
    """One position is before another, or at it, or behind: true of any, and says where to look."""
    return disj(one < other, one == other, one > other)


WHERE = (
    _placed(LAST, BEFORE.head(ANSWERS)),
    _placed(LAST, BEFORE.head(ANSWERS) + 1),
    _placed(AT, I),
    _placed(ENDS, I),
    forall(a, _placed(own_line(a), I)),
)
"""Cases, for a solver that would not think of them."""
