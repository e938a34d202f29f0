"""What can happen, as relations between the world before and after: put together from the rules.

The skeleton follows the reducer: a write and an arriving update are *taken* alike, a line and a
done are answered, and what is said goes to a channel. Each decision is a formula of the profile.
"""

from __future__ import annotations

from attrs import frozen

from scuttle_check.proofs.formulas import Chosen, Eligible, Marks
from scuttle_check.proofs.media import (
    QUIET,
    Medium,
    Said,
    all_said,
    emptied,
    one_said,
    reach_silent,
    spoken,
)
from scuttle_check.proofs.terms import FALSE, TRUE, Term, conj, disj, forall, ite, neg
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    DONE,
    LINE,
    NEVER,
    RETURNED,
    UPDATES,
    C,
    I,
    N,
    P,
    X,
    a,
    common,
    hears,
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
    version,
)


@frozen
class Action:
    """Something that can happen. `words` is a sentence without its full stop.

    `relation` holds between the moments before and after; the functions `same` do not change.
    `all_said` and `one_said` hold besides, and only convergence needs them. `faulty` if it is no
    doing of a node.
    """

    name: str
    words: str
    relation: tuple[Term, ...]
    same: tuple[str, ...]
    all_said: tuple[Term, ...] = ()
    one_said: tuple[Term, ...] = ()
    faulty: bool = False


def actions(rules: Chosen, medium: Medium) -> tuple[Action, ...]:
    """Everything that the owners, the nodes and a faulty network may do under these rules."""
    return (
        _write(rules),
        _exchange(rules, medium),
        _update(rules, medium),
        _line(rules, medium),
        *_dones(rules, medium),
        *_faults(rules, medium),
    )


# --- taking an update -----------------------------------------------------------------------------


def taken(rules: Chosen, x: Term, news: Term) -> tuple[Term, ...]:
    """Node N takes x if it is news: memory, clock and store. Spec: MERGE-1, MERGE-3, HIST-1."""
    here = conj(n == N, news)
    lands = conj(here, p == place(x), rules.prefer.replaces(BEFORE, N, x))
    raises = conj(here, a == source(x), version(x) > BEFORE.clock(N, a))
    return (
        forall(
            (n, u),
            AFTER.has(n, u) == ite(here, rules.retain.keeps(BEFORE, N, x, u), BEFORE.has(n, u)),
        ),
        forall(
            (n, a),
            AFTER.clock(n, a)
            == ite(here, rules.witness.entry(BEFORE, N, x, a), BEFORE.clock(n, a)),
        ),
        forall((n, p), AFTER.filled(n, p) == disj(BEFORE.filled(n, p), lands)),
        forall((n, p), AFTER.held(n, p) == ite(lands, x, BEFORE.held(n, p))),
        forall((n, a), AFTER.top(n, a) == ite(raises, x, BEFORE.top(n, a))),
    )


def _write(rules: Chosen) -> Action:
    mine = conj(a == N, k == key(X))
    return Action(
        "write",
        "the owner of a node writes",
        (
            source(X) == N,
            rules.stamp.says(BEFORE, N, X),
            neg(BEFORE.issued(X)),
            forall(u, AFTER.issued(u) == disj(BEFORE.issued(u), u == X)),
            forall((a, k), AFTER.written(a, k) == disj(BEFORE.written(a, k), mine)),
            forall((a, k), AFTER.latest(a, k) == ite(mine, X, BEFORE.latest(a, k))),
            *taken(rules, X, TRUE),
            reach_silent(),
        ),
        ("gathered", "head", *QUIET),
    )


def _update(rules: Chosen, medium: Medium) -> Action:
    x = BEFORE.carried(C, I)
    return Action(
        "update",
        "an update arrives, and is taken if it is news",
        (
            *medium.read(UPDATES),
            *taken(rules, x, rules.admit.news(BEFORE, N, x)),
            reach_silent(),
        ),
        ("issued", "written", "latest", "gathered", *medium.still, *QUIET),
    )


# --- exchanges ------------------------------------------------------------------------------------

MEMORY = ("has", "filled", "held", "top", "issued", "written", "latest")


def _exchange(rules: Chosen, medium: Medium) -> Action:
    tick = conj(n == N, a == N)
    moved = ite(tick, BEFORE.clock(n, a) + 1, BEFORE.clock(n, a))
    said = Said(names=lambda a: rules.advertise.names(AFTER, N, a), cuts=rules.advertise.cuts)
    return Action(
        "exchange",
        "a node starts an exchange and says its digest",
        (
            *medium.blank(),
            *((forall((n, a), AFTER.clock(n, a) == moved),) if rules.advertise.ticks else ()),
            *spoken(said),
        ),
        (*MEMORY, "gathered", "head", *(() if rules.advertise.ticks else ("clock",))),
        all_said(said),
        one_said(said),
    )


def _marks(rules: Chosen) -> Marks:
    """The marks that N has gathered of P, as its session has them."""
    if rules.session.apart:
        return lambda a: BEFORE.gathered(N, P, a)
    return common


def _line(rules: Chosen, medium: Medium) -> Action:
    named, mark = BEFORE.line_source(C, I), BEFORE.line_mark(C, I)
    here = conj(m == N, n == P, a == named)
    gathered = forall(
        (m, n, a),
        AFTER.gathered(m, n, a)
        == ite(here, rules.mention.mark(BEFORE.gathered(m, n, a), mark), BEFORE.gathered(m, n, a)),
    )
    return Action(
        "line",
        "a digest line arrives, and is answered or remembered",
        (
            *medium.read(LINE),
            *medium.blank(),
            *((gathered,) if rules.session.apart else ()),
            *spoken(answer_to_line(rules)),
        ),
        (*MEMORY, "clock", *medium.still, *(() if rules.session.apart else ("gathered",))),
        all_said(answer_to_line(rules)),
        one_said(answer_to_line(rules)),
    )


def answer_to_line(rules: Chosen) -> Said:
    """What N says to the digest line at I. Spec: EXCH-3."""
    holds = rules.answer.holds
    if holds is None:
        return Said()
    named, mark = BEFORE.line_source(C, I), BEFORE.line_mark(C, I)
    return Said(pace=rules.pace, holds=lambda u: holds(BEFORE, N, named, mark, u))


def answer_to_done(rules: Chosen, *, lines: bool) -> Said:
    """What N says to the done at I. Spec: EXCH-5, PAPER-10."""
    marks = _marks(rules)
    return Said(
        pace=rules.pace,
        holds=lambda u: rules.fill.holds(BEFORE, N, marks, u),
        names=(lambda a: BEFORE.knows(N, a)) if lines else None,
        done=RETURNED,
    )


def _dones(rules: Chosen, medium: Medium) -> tuple[Action, ...]:
    ended = forall(
        (m, n, a),
        AFTER.gathered(m, n, a) == ite(conj(m == N, n == P), NEVER, BEFORE.gathered(m, n, a)),
    )

    def done(kind: int, name: str, words: str, *, lines: bool) -> Action:
        return Action(
            name,
            words,
            (
                *medium.read(kind),
                *medium.blank(),
                *((ended,) if rules.session.apart else ()),
                *spoken(answer_to_done(rules, lines=lines)),
            ),
            (*MEMORY, "clock", *medium.still, *(() if rules.session.apart else ("gathered",))),
            all_said(answer_to_done(rules, lines=lines)),
            one_said(answer_to_done(rules, lines=lines)),
        )

    first = done(
        DONE, "done", "a digest has been heard to its end, and is answered", lines=rules.close.lines
    )
    if not rules.close.lines:
        return (first,)
    words = "a digest that was sent back has been heard to its end, and is answered"
    return (first, done(RETURNED, "done returned", words, lines=False))


# --- faults that the theorems allow ---------------------------------------------------------------

OF_NODES = ("has", "clock", "filled", "held", "top", "issued", "written", "latest")


def _faults(rules: Chosen, medium: Medium) -> tuple[Action, ...]:
    """Cuts and crashes; that messages arrive twice is said by POPS, and a pause changes nothing.

    A node that comes back under a new id is one that stopped for ever and another that begins.
    """

    def between(c: Term) -> Term:
        one = conj(sender(c) == N, receiver(c) == P)
        return disj(one, conj(sender(c) == P, receiver(c) == N))

    def touching(c: Term) -> Term:
        return disj(sender(c) == N, receiver(c) == N)

    def links(gone: Eligible) -> tuple[Term, ...]:
        return emptied(gone) if medium.streams else ()

    lost = (*OF_NODES, *QUIET, *(() if medium.streams else ("head", "reach")))
    still = (*OF_NODES, *QUIET, "head", "reach")
    pair = disj(conj(m == N, n == P), conj(m == P, n == N))
    about = conj(n == N, m != N)
    forgets, begins = rules.disconnect.forgets, rules.connect.forgets
    return (
        _fault(
            "cut",
            "a connection breaks, and what is in flight on it is lost",
            (N != P, *links(between), *_told(forgets, pair)),
            lost,
        ),
        _fault(
            "heal",
            "a connection that was broken is whole again",
            (N != P, *_told(begins, pair)),
            still,
        ),
        _fault(
            "crash",
            "a node stops, and what is in flight from it and to it is lost",
            (*links(touching), *_told(forgets, about)),
            lost,
        ),
        _fault(
            "restart",
            "a node comes back with its state, and without what it had half heard",
            _told(begins, about, itself=True),
            still,
        ),
    )


def _fault(name: str, words: str, relation: tuple[Term, ...], same: tuple[str, ...]) -> Action:
    return Action(name, words, relation, same, faulty=True)


def _told(forgets: bool, pairs: Term, *, itself: bool = False) -> tuple[Term, ...]:
    """What becomes of what m gathered of n, for the `pairs` whose connection changes.

    Not every node hears of it: one that is down does not. With `itself`, N has forgotten all.
    """
    gone = conj(pairs, hears(m)) if forgets else FALSE
    lost = disj(gone, m == N) if itself else gone
    return (
        forall(
            (m, n, a),
            AFTER.gathered(m, n, a) == ite(lost, NEVER, BEFORE.gathered(m, n, a)),
        ),
    )
