"""History that forgets: a node may forget what every node has taken, and nothing else.

The rules that forget by number have their theorem for unlimited history. Here is the condition that
suffices in its place. What is owed is then less: what was written and some clock does not cover.
"""

from __future__ import annotations

from typing import Final

import attrs

from scuttle_check.proofs.actions import OF_NODES, Action, actions
from scuttle_check.proofs.media import QUIET
from scuttle_check.proofs.obligations import Theory
from scuttle_check.proofs.terms import (
    BOOL,
    Function,
    Term,
    conj,
    constant,
    disj,
    exists,
    forall,
    implies,
    neg,
)
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    NODE,
    UPDATE,
    Moment,
    N,
    b,
    n,
    u,
)

WITHOUT: Final = "clock-witnessed"
"""The clause that is not claimed: the update behind a clock entry may be forgotten, too."""

forgotten = Function("forgotten", (UPDATE,), BOOL)
SPARED = constant("SPARED", NODE)
"""The one node that is not waited for, where the condition is weakened by one."""


def _still_wanted(at: Moment, u: Term) -> Term:
    return conj(at.issued(u), exists(b, neg(at.covers(b, u))))


def forgets(*, sparing: bool = False) -> Action:
    """A node forgets updates that every node covers; with `sparing`, every node but one."""
    taken = disj(BEFORE.covers(b, u), *((b == SPARED,) if sparing else ()))
    gone = conj(n == N, forgotten(u))
    return Action(
        "forget",
        "a node forgets what every node has taken" + (" but one" if sparing else ""),
        (
            forall((u, b), implies(forgotten(u), taken)),
            forall((n, u), AFTER.has(n, u) == conj(BEFORE.has(n, u), neg(gone))),
        ),
        (*(name for name in OF_NODES if name != "has"), "gathered", "head", "reach", *QUIET),
        faulty=True,
    )


def forgetful(of: Theory) -> Theory:
    """The theory of a profile whose nodes forget what every node has taken, whenever they like."""
    retain = attrs.evolve(of.rules.retain, owed=_still_wanted, assumes=())
    rules = attrs.evolve(of.rules, retain=retain)
    clauses = tuple(clause for clause in of.clauses if clause.name != WITHOUT)
    can = (*actions(rules, of.medium), forgets())
    return attrs.evolve(of, rules=rules, clauses=clauses, actions=can)
