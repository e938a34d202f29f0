"""From exchanges to agreement: edges, paths, stores, and the measure that shrinks.

What no solver holds stands on paper, and :data:`ON_PAPER` names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from scuttle_check.proofs.exchanges import ASKED, ASKER, could_give, said_mark
from scuttle_check.proofs.obligations import Obligation, Theory, step
from scuttle_check.proofs.terms import (
    BOOL,
    Function,
    Term,
    conj,
    constant,
    exists,
    forall,
    implies,
    neg,
)
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    FIRST,
    MIDDLE,
    NODE,
    OPEN,
    UNLIMITED,
    UPDATES,
    C,
    D,
    I,
    Moment,
    N,
    P,
    a,
    b,
    m,
    n,
    p,
    receiver,
    source,
    u,
    version,
)

ON_PAPER = (
    "nodes and, once writers stop, updates are finitely many: what is missing stops shrinking",
    "where a node lacks something of a neighbour, an exchange with it completes: fairness",
    "what holds along every edge holds along every path: induction over its length",
    "a channel is read to its end message by message: induction over its length",
)
"""The steps of the argument that are told in words and not by a solver."""

AGREEMENT = "agreement"
ONE, TWO, THREE = (constant(name, NODE) for name in ("ONE", "TWO", "THREE"))
edge = Function("edge", (NODE, NODE), BOOL)
alike = Function("alike", (NODE, NODE), BOOL)
live = Function("live", (NODE,), BOOL)
"""Who has not stopped for ever."""
joined = Function("joined", (NODE, NODE), BOOL)


def lacks_nothing(at: Moment, one: Term, other: Term) -> Term:
    """The clock of `one` covers all that `other` remembers: an exchange would bring nothing."""
    return forall(u, implies(at.has(other, u), at.covers(one, u)))


def knows_alike(of: Theory, at: Moment, one: Term, other: Term) -> Term:
    """Two nodes cover the same of what is owed."""
    return forall(u, implies(of.rules.retain.owed(at, u), at.covers(one, u) == at.covers(other, u)))


def _follows(of: Theory, name: str, words: str, given: tuple[Term, ...], goal: Term) -> Obligation:
    return Obligation(name, AGREEMENT, words, (*of.axioms, *of.invariant, *given), goal)


def consequences(of: Theory) -> Iterator[Obligation]:
    """What follows once no exchange brings anything."""
    at = BEFORE
    same = [knows_alike(of, at, ONE, other) for other in (ONE, TWO, THREE)]
    settled = (lacks_nothing(at, TWO, THREE), lacks_nothing(at, THREE, TWO))
    yield _follows(
        of,
        "edge",
        "two nodes of which neither lacks what the other remembers know alike",
        (lacks_nothing(at, ONE, TWO), lacks_nothing(at, TWO, ONE)),
        same[1],
    )
    yield _follows(of, "path/begin", "a node knows like itself", (), same[0])
    yield _follows(
        of,
        "path/step",
        "who knows like one end of such a link knows like the other",
        (same[1], *settled),
        same[2],
    )
    yield _follows(
        of,
        "connected",
        "in a connected network in which no link brings anything, all nodes know alike",
        _connected(of),
        forall((a, b), implies(conj(live(a), live(b)), alike(a, b))),
    )
    settled_down = _everybody_alike(of)
    both = conj(live(n), live(m))
    owed = conj(live(n), live(source(u)), of.rules.retain.owed(at, u))
    yield _follows(
        of,
        "everything",
        "where all know alike, each remembers all that is owed by those who are there",
        settled_down,
        forall((n, u), implies(owed, at.has(n, u))),
    )
    yield _follows(
        of,
        "memories",
        "where all know alike, all remember the same",
        settled_down,
        forall((n, m, u), implies(conj(both, at.has(n, u)), at.has(m, u))),
    )
    yield _follows(
        of,
        "stores/filled",
        "where all know alike, the same keys are filled",
        settled_down,
        forall((n, m, p), implies(conj(both, at.filled(n, p)), at.filled(m, p))),
    )
    if of.rules.prefer.orders:
        yield _follows(
            of,
            "stores/equal",
            "where all know alike, all store the same: replicas agree",
            settled_down,
            forall((n, m, p), implies(conj(both, at.filled(n, p)), at.held(n, p) == at.held(m, p))),
        )


def _everybody_alike(of: Theory) -> tuple[Term, ...]:
    """All live nodes know alike; and whether somebody may be gone, with what he wrote last.

    Where only the latest of each key is remembered nobody may. An older update of his may have been
    replaced on the way to one node and not on the way to another, and the latest never come: with
    an mtu these two differ for ever.
    """
    alike = knows_alike(of, BEFORE, n, m)
    if of.rules.retain.one_per_key:
        return (forall((n, m), alike), forall(n, live(n)))
    return (forall((n, m), implies(conj(live(n), live(m)), alike)),)


def _connected(of: Theory) -> tuple[Term, ...]:
    """Every two live nodes are joined; joined is the least that edges make, within alike.

    That an edge makes its ends alike is what the obligation "edge" proves.
    """
    c = Term("variable", ("c",), NODE)
    means = forall((a, b), alike(a, b) == knows_alike(of, BEFORE, a, b))
    closed = conj(
        forall(n, alike(n, n)),
        forall((a, b, c), implies(conj(alike(a, b), edge(b, c)), alike(a, c))),
    )
    least = implies(closed, forall((a, b), implies(joined(a, b), alike(a, b))))
    still = forall((a, b), implies(edge(a, b), alike(a, b)))
    everybody = forall((a, b), implies(conj(live(a), live(b)), joined(a, b)))
    return (means, least, still, everybody)


# --- the measure that shrinks ---------------------------------------------------------------------


def missing(at: Moment, n: Term, u: Term) -> Term:
    """The update u was issued, and n has not seen it."""
    return conj(at.issued(u), neg(at.covers(n, u)))


def measure(of: Theory) -> Iterator[Obligation]:
    """What is missing grows only where an owner writes; an exchange that brings shrinks it."""
    for action in of.actions:
        name = action.name.replace(" ", "-")
        yield Obligation(
            f"grows/{name}",
            AGREEMENT,
            f"{action.words}: no clock entry falls",
            *step(of, action, forall((n, a), BEFORE.clock(n, a) <= AFTER.clock(n, a))),
        )
        if action.name != "write":
            less = forall((n, u), implies(missing(AFTER, n, u), missing(BEFORE, n, u)))
            yield Obligation(
                f"shrinks/{name}",
                AGREEMENT,
                f"{action.words}: nothing comes to be missing",
                *step(of, action, less),
            )
    gained = exists((n, u), conj(missing(BEFORE, n, u), AFTER.issued(u), neg(missing(AFTER, n, u))))
    brought = (
        AFTER.has(ASKER, FIRST),
        AFTER.issued(FIRST),
        AFTER.covers(ASKER, FIRST),
        forall(a, said_mark(a) == BEFORE.clock(ASKER, a)),
        version(FIRST) > said_mark(source(FIRST)),
        forall(u, AFTER.issued(u) == BEFORE.issued(u)),
    )
    yield _follows(
        of,
        "shrinks/exchange-that-brings",
        "where an exchange has brought an update above the asker's mark, less is missing",
        brought,
        gained,
    )


# --- exchanges of frames --------------------------------------------------------------------------


def frames(of: Theory) -> Iterator[Obligation]:
    """What an exchange of frames brings, if its two or three frames arrive: paper, NET-5."""
    if of.medium.streams or not of.rules.session.apart:
        return
    line, done, update = (of.action(name) for name in ("line", "done", "update"))
    named, mark = BEFORE.line_source(C, I), BEFORE.line_mark(C, I)
    yield Obligation(
        "frame/heard",
        AGREEMENT,
        "a digest line that has been heard is remembered, until done",
        *step(
            of,
            line,
            conj(
                AFTER.gathered(N, P, named) >= mark,
                forall(a, AFTER.gathered(N, P, a) >= BEFORE.gathered(N, P, a)),
            ),
        ),
    )
    heard = (
        N == ASKED,
        P == ASKER,
        OPEN,
        forall(a, BEFORE.gathered(ASKED, ASKER, a) >= said_mark(a)),
        forall(a, could_give(a) <= BEFORE.clock(ASKED, a)),
    )
    whole = forall(
        u,
        implies(
            conj(of.rules.retain.owed(BEFORE, u), version(u) <= could_give(source(u))),
            version(u) <= AFTER.reach(D, MIDDLE, source(u)),
        ),
    )
    yield Obligation(
        "frame/answered",
        AGREEMENT,
        "an answer that nothing was cut from takes its reader to all that was owed as it was asked",
        *step(of, done, whole, *heard, UNLIMITED, every=True),
    )
    some = conj(BEFORE.has(ASKED, u), version(u) > BEFORE.gathered(ASKED, ASKER, source(u)))
    further = AFTER.reach(D, MIDDLE, source(FIRST)) > said_mark(source(FIRST))
    yield Obligation(
        "frame/one-more",
        AGREEMENT,
        "an answer to who lacks something takes its reader above a mark that it named, however "
        "small the mtu",
        *step(of, done, further, *heard, exists(u, some), one=True),
    )
    yield Obligation(
        "frame/read",
        AGREEMENT,
        "who has read a frame as far as a message can read on behind it",
        *step(of, update, forall(a, AFTER.reach(C, I + 1, a) <= AFTER.clock(N, a))),
    )
    here = Term("variable", ("i",), I.sort)
    other = conj(BEFORE.in_flight(C, here), BEFORE.kind(C, here) != UPDATES)
    read = forall(a, BEFORE.reach(C, here, a) <= BEFORE.clock(receiver(C), a))
    beyond = forall(a, BEFORE.reach(C, here + 1, a) <= BEFORE.clock(receiver(C), a))
    yield _follows(
        of,
        "frame/read-on",
        "lines and done do not keep a reader from reading on",
        (),
        forall(here, implies(conj(other, read), beyond)),
    )
