"""The invariant, clause by clause: what is true of every world that a profile can come to.

A clause is a formula, the sentence that it says, and what goes wrong in a world without it. A
clause is in force where the rules of the profile give it something to say.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from scuttle_check.proofs.formulas import Chosen
from scuttle_check.proofs.media import after_cell
from scuttle_check.proofs.terms import Term, conj, disj, forall, implies, neg
from scuttle_check.proofs.vocabulary import (
    LINE,
    NEVER,
    TOP,
    UPDATES,
    Moment,
    a,
    c,
    i,
    j,
    k,
    key,
    m,
    n,
    p,
    place,
    receiver,
    sender,
    source,
    u,
    v,
    version,
    yields,
)


@frozen
class Clause:
    """One clause of the invariant.

    `says(moment, rules)` is the formula, `words` its sentence, `without` what happens in a world in
    which it is false, and `when(rules)` whether the rules give it something to say.
    """

    name: str
    words: str
    without: str
    says: Callable[[Moment, Chosen], Term]
    when: Callable[[Chosen], bool] = lambda _rules: True


def _follows_an_order(rules: Chosen) -> bool:
    return bool(rules.prefer.orders)


def _one_per_key(rules: Chosen) -> bool:
    return rules.retain.one_per_key


def _apart(rules: Chosen) -> bool:
    return rules.session.apart


CLAUSES: tuple[Clause, ...] = (
    Clause(
        "own-entry",
        "a node knows itself",
        "a node would leave itself out of its own digest, and be sent what it wrote",
        lambda at, _: forall((n, a), conj(at.clock(n, n) >= 0, at.clock(n, a) >= NEVER)),
    ),
    Clause(
        "positions",
        "what is to be read of a channel stands between its head and its tail",
        "a message would be read that nobody has sent",
        lambda at, _: forall(c, conj(at.head(c) >= 0, at.head(c) <= at.tail(c))),
    ),
    Clause(
        "own-covers",
        "a source covers everything that it has written",
        "a source would stamp a version a second time",
        lambda at, _: forall(u, implies(at.issued(u), at.covers(source(u), u))),
    ),
    Clause(
        "entry-below-owner",
        "nobody has seen more of a source than the source itself",
        "a clock would promise updates that are still to be written, and miss them",
        lambda at, _: forall((n, a), at.clock(n, a) <= at.clock(a, a)),
    ),
    Clause(
        "provenance",
        "what a node remembers was written, and its clock covers it",
        "a node would ask again and again for what it has",
        lambda at, _: forall((n, u), implies(at.has(n, u), conj(at.issued(u), at.covers(n, u)))),
    ),
    Clause(
        "no-gap",
        "what is owed and lies at or below a node's clock, the node remembers",
        "an update would be lost: the clock says seen, so nobody sends it again",
        lambda at, rules: forall(
            (n, u),
            implies(conj(rules.retain.owed(at, u), at.covers(n, u)), at.has(n, u)),
        ),
    ),
    Clause(
        "clock-witnessed",
        "behind a clock entry of another source stands an update that is remembered",
        "an entry would rise without an update, and an answer would start above what is missing",
        lambda at, _: forall(
            (n, a),
            implies(
                conj(a != n, at.clock(n, a) > 0),
                conj(
                    at.has(n, at.top(n, a)),
                    source(at.top(n, a)) == a,
                    version(at.top(n, a)) == at.clock(n, a),
                ),
            ),
        ),
    ),
    Clause(
        "own-above",
        "a node's own entry is above every update of another source that it remembers",
        "a write would get a version below what its writer had seen, and could lose against it",
        lambda at, _: forall(
            (n, u),
            implies(conj(at.has(n, u), source(u) != n), version(u) < at.clock(n, n)),
        ),
        when=lambda rules: rules.witness.climbs,
    ),
    Clause(
        "line-below",
        "a digest line in flight names a mark that its sender's entry has reached",
        "the answer would begin above what the asker lacks",
        lambda at, _: forall(
            (c, i),
            implies(
                at.flies(c, i, LINE),
                at.line_mark(c, i) <= at.clock(sender(c), at.line_source(c, i)),
            ),
        ),
    ),
    Clause(
        "mark-below",
        "a mark that was gathered of a peer's digest is one that the peer's entry has reached",
        "the answer to done would begin above what the asker lacks",
        lambda at, rules: forall(
            (m, n, a),
            disj(
                at.gathered(m, n, a) <= at.clock(n, a),
                *((at.gathered(m, n, a) == TOP,) if rules.mention.answered else ()),
            ),
        ),
        when=_apart,
    ),
    Clause(
        "line-known",
        "a digest line in flight names a source that its sender would name",
        "a node would be thought to have been sent what it never asked for",
        lambda at, rules: forall(
            (c, i),
            implies(at.flies(c, i, LINE), rules.named_by(at, sender(c), at.line_source(c, i))),
        ),
    ),
    Clause(
        "named-known",
        "whom a node has heard named by a peer, that peer would name",
        "done would leave out a source of which the peer knows nothing",
        lambda at, rules: forall(
            (m, n, a),
            implies(at.gathered(m, n, a) != NEVER, rules.named_by(at, n, a)),
        ),
        when=_apart,
    ),
    Clause(
        "update-sound",
        "an update in flight was written",
        "a node would take what no source has said",
        lambda at, _: forall((c, i), implies(at.flies(c, i, UPDATES), at.issued(at.carried(c, i)))),
    ),
    Clause(
        "reach-begins",
        "at the head of a channel, the receiver has reached what its clock says",
        "what is in flight would count as taken",
        lambda at, _: forall((c, a), at.reach(c, at.head(c), a) == at.clock(receiver(c), a)),
    ),
    Clause(
        "reach-follows",
        "behind a message in flight, the receiver has reached what the message adds",
        "the order in which messages arrive would not matter, and it does",
        lambda at, _: forall(
            (c, i, a),
            implies(at.in_flight(c, i), at.reach(c, i + 1, a) == after_cell(at, c, i, a)),
        ),
    ),
    Clause(
        "reach-grows",
        "further along a channel, the receiver has reached as much or more",
        "an update that was to come first could come after",
        lambda at, _: forall(
            (c, i, j, a),
            implies(
                conj(at.head(c) <= i, i <= j, j <= at.tail(c)),
                at.reach(c, i, a) <= at.reach(c, j, a),
            ),
        ),
    ),
    Clause(
        "next-in-turn",
        "when the turn of an update in flight comes, its receiver lacks nothing owed below it",
        "the receiver would take an update above one that is missing: overtaking does this",
        lambda at, rules: forall(
            (c, i, u),
            implies(
                conj(
                    at.flies(c, i, UPDATES),
                    rules.retain.owed(at, u),
                    source(u) == source(at.carried(c, i)),
                    version(u) < version(at.carried(c, i)),
                ),
                version(u) <= at.reach(c, i, source(u)),
            ),
        ),
    ),
    Clause(
        "latest-above",
        "nothing that a source has written to a key is above its latest there",
        "the latest would not be the latest",
        lambda at, _: forall(
            u,
            implies(
                at.issued(u),
                conj(
                    at.written(source(u), key(u)),
                    version(u) <= version(at.latest(source(u), key(u))),
                ),
            ),
        ),
        when=_one_per_key,
    ),
    Clause(
        "latest-sound",
        "the latest update of a source to a key was written by it, to that key",
        "a node would wait for an update that nobody has",
        lambda at, _: forall(
            (a, k),
            implies(
                at.written(a, k),
                conj(
                    at.issued(at.latest(a, k)),
                    source(at.latest(a, k)) == a,
                    key(at.latest(a, k)) == k,
                ),
            ),
        ),
        when=_one_per_key,
    ),
    Clause(
        "one-per-key",
        "of each source and key a node remembers one update",
        "two nodes that know the same could remember different updates",
        lambda at, _: forall(
            (n, u, v),
            implies(
                conj(at.has(n, u), at.has(n, v), source(u) == source(v), key(u) == key(v)),
                u == v,
            ),
        ),
        when=_one_per_key,
    ),
    Clause(
        "store-sound",
        "what a node stores at a place is an update to that place that it has seen",
        "a node would show a value that nobody wrote there",
        lambda at, _: forall(
            (n, p),
            implies(
                at.filled(n, p),
                conj(
                    at.issued(at.held(n, p)),
                    at.covers(n, at.held(n, p)),
                    place(at.held(n, p)) == p,
                ),
            ),
        ),
    ),
    Clause(
        "store-filled",
        "what a node remembers has been offered to its store",
        "a key would look as if nobody had written it",
        lambda at, _: forall((n, u), implies(at.has(n, u), at.filled(n, place(u)))),
    ),
    Clause(
        "store-joins",
        "what a node stores is the last, in the order of preference, of what it remembers",
        "two nodes that know the same would store different values: the swap of as-shipped",
        lambda at, _: forall((n, u), implies(at.has(n, u), yields(u, at.held(n, place(u))))),
        when=_follows_an_order,
    ),
)
"""The invariant."""


def clauses_for(rules: Chosen) -> tuple[Clause, ...]:
    """The clauses that the rules of a profile give something to say."""
    return tuple(clause for clause in CLAUSES if clause.when(rules))


def table() -> str:
    """The clauses as a Markdown table, in words."""
    rows = (f"| **{each.name}** | {each.words} | {each.without} |" for each in CLAUSES)
    return "\n".join(["| clause | in words | without it |", "|---|---|---|", *rows])


def initially(at: Moment) -> tuple[Term, ...]:
    """The world in which nobody has done anything. Spec: MOD-1."""
    return (
        forall((n, u), neg(at.has(n, u))),
        forall((n, a), implies(a == n, at.clock(n, a) == 0)),
        forall((n, a), implies(a != n, at.clock(n, a) == NEVER)),
        forall((n, p), neg(at.filled(n, p))),
        forall((m, n, a), at.gathered(m, n, a) == NEVER),
        forall(c, conj(at.head(c) == 0, at.tail(c) == 0)),
        forall(u, neg(at.issued(u))),
        forall((a, k), neg(at.written(a, k))),
        forall((c, i, a), at.reach(c, i, a) == at.clock(receiver(c), a)),
    )
