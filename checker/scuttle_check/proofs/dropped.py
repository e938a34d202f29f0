"""Assumptions dropped: steps that no theorem allows, each with what it breaks.

A row of the table drops one assumption. Where the theorems allow what the row brings, the row is
proved; where they do not, the step stands here, and the clause that it breaks can be shown in a
small world.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scuttle_check.proofs.actions import OF_NODES, Action, taken
from scuttle_check.proofs.media import QUIET, after_cell, followed
from scuttle_check.proofs.obligations import Theory
from scuttle_check.proofs.terms import Term, conj, disj, forall, implies, ite, neg
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    NEVER,
    UPDATES,
    C,
    I,
    N,
    P,
    X,
    a,
    c,
    i,
    m,
    n,
    p,
    receiver,
    sender,
    u,
)


def _reach_again() -> tuple[Term, ...]:
    """How far receivers will be, measured anew on channels that have changed."""
    return (
        forall((c, a), AFTER.reach(c, AFTER.head(c), a) == AFTER.clock(receiver(c), a)),
        forall(
            (c, i, a),
            implies(AFTER.in_flight(c, i), AFTER.reach(c, i + 1, a) == after_cell(AFTER, c, i, a)),
        ),
    )


def _overtake(of: Theory) -> Action:
    """An update arrives before one that is ahead of it, which waits."""
    x = BEFORE.carried(C, I)
    here = conj(c == C, i == I)
    gone = forall((c, i), AFTER.kind(c, i) == ite(here, NEVER, BEFORE.kind(c, i)))
    return Action(
        "overtake",
        "an update arrives before another that is ahead of it",
        (
            receiver(C) == N,
            sender(C) == P,
            N != P,
            BEFORE.flies(C, I, UPDATES),
            BEFORE.head(C) < I,
            gone,
            *taken(of.rules, x, of.rules.admit.news(BEFORE, N, x)),
            *_reach_again(),
        ),
        (
            "issued",
            "written",
            "latest",
            "gathered",
            "head",
            "tail",
            "carried",
            "line_source",
            "line_mark",
        ),
        faulty=True,
    )


def _lose(_of: Theory) -> Action:
    """The message at the head of a link is lost, and those behind it are not."""
    popped = ite(c == C, BEFORE.head(c) + 1, BEFORE.head(c))
    return Action(
        "lose",
        "a message is lost, and those behind it arrive",
        (
            BEFORE.in_flight(C, BEFORE.head(C)),
            forall(c, AFTER.head(c) == popped),
            *_reach_again(),
        ),
        (*OF_NODES, "gathered", *QUIET),
        faulty=True,
    )


def _overhear(of: Theory) -> Action:
    """A node takes an update that was sent to another."""
    x = BEFORE.carried(C, I)
    return Action(
        "overhear",
        "a node takes an update that was sent to another",
        (
            receiver(C) != N,
            BEFORE.flies(C, I, UPDATES),
            *taken(of.rules, x, of.rules.admit.news(BEFORE, N, x)),
            *_reach_again(),
        ),
        ("issued", "written", "latest", "gathered", "head", *QUIET),
        faulty=True,
    )


def overhear_below(of: Theory) -> Action:
    """The mend of broadcast: what was sent to another is taken only at or below the own clock."""
    x = BEFORE.carried(C, I)
    return Action(
        "overhear below",
        "a node takes an update that was sent to another, if its clock covers it",
        (
            receiver(C) != N,
            BEFORE.flies(C, I, UPDATES),
            BEFORE.covers(N, x),
            *taken(of.rules, x, of.rules.admit.news(BEFORE, N, x)),
            forall((c, i, a), AFTER.reach(c, i, a) == followed(c, i, a)),
        ),
        ("issued", "written", "latest", "gathered", "head", *QUIET),
        faulty=True,
    )


def _forget(_of: Theory) -> Action:
    """History is too short: a node forgets an update that another may still need."""
    gone = conj(n == N, u == X)
    return Action(
        "forget",
        "a node forgets an update",
        (forall((n, u), AFTER.has(n, u) == conj(BEFORE.has(n, u), neg(gone))),),
        (
            "clock",
            "filled",
            "held",
            "top",
            "issued",
            "written",
            "latest",
            "gathered",
            "head",
            "reach",
            *QUIET,
        ),
        faulty=True,
    )


def _amnesia(_of: Theory) -> Action:
    """A node comes back with nothing, under the id that it had."""
    here = n == N
    fresh = ite(a == N, 0, NEVER)
    own = disj(m == N)
    about = disj(own, n == N)
    return Action(
        "amnesia",
        "a node comes back with nothing, under the id that it had",
        (
            forall((n, u), AFTER.has(n, u) == conj(BEFORE.has(n, u), neg(here))),
            forall((n, a), AFTER.clock(n, a) == ite(here, fresh, BEFORE.clock(n, a))),
            forall((n, p), AFTER.filled(n, p) == conj(BEFORE.filled(n, p), neg(here))),
            forall(
                (m, n, a), AFTER.gathered(m, n, a) == ite(about, NEVER, BEFORE.gathered(m, n, a))
            ),
            *_reach_again(),
        ),
        ("held", "top", "issued", "written", "latest", "head", *QUIET),
        faulty=True,
    )


DROPPED: Final[dict[str, Callable[[Theory], Action]]] = {
    "overtake": _overtake,
    "lose": _lose,
    "overhear": _overhear,
    "forget": _forget,
    "amnesia": _amnesia,
}
"""The steps that no theorem allows, by name."""
