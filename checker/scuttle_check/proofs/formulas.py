"""What each rule of the core says, as a formula: one for one, decision point by decision point.

A formula is found by the function that a profile's record holds, and never by the profile's name.
A rule that stands nowhere here has no formula, and nothing is claimed of a profile that uses it.

Laws of this file: a formula says what the rule does and no more. What it leaves open on purpose is
named in `leaves`; what must be so for it to be true, beyond the rule, is named in `assumes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from scuttle_check.proofs.terms import TRUE, Term, conj, disj, forall, implies, ite, larger, neg
from scuttle_check.proofs.vocabulary import (
    FIRST,
    NEVER,
    TOP,
    UNLIMITED,
    Moment,
    cut,
    key,
    place,
    rank,
    source,
    u,
    v,
    version,
    w,
    yields,
)
from scuttle_ref import relatives, rules
from scuttle_ref.profile import Profile, decision_points, rule_of

Marks: TypeAlias = Callable[[Term], Term]
"""From a source to the mark that a session has gathered of it."""

Eligible: TypeAlias = Callable[[Term], Term]
"""Of an update, whether an answer could hold it, before the mtu."""

VERSIONS_FIT: Final = "no version reaches 2**53"
HISTORY_UNLIMITED: Final = "history is unlimited"
RESOLVER_ORDERS: Final = "the resolver is a total order on the updates of each key"
SORT_BY_VERSION: Final = "config.sort puts lower versions first"


@frozen
class Formula:
    """What every formula of a rule has: its assumptions, and what it leaves open on purpose."""

    assumes: tuple[str, ...] = ()
    leaves: str = ""


@frozen
class Stamp(Formula):
    """`says(before, a, x)`: the version of x is one that source a stamps."""

    says: Callable[[Moment, Term, Term], Term] = lambda before, a, x: (
        version(x) == before.clock(a, a) + 1
    )


@frozen
class Witness(Formula):
    """`entry(before, n, x, a)`: the entry of a in the clock of n once n has taken x.

    `climbs`: the own entry is then above every update of another source.
    """

    entry: Callable[[Moment, Term, Term, Term], Term] = lambda before, n, _x, a: before.clock(n, a)
    climbs: bool = False


@frozen
class Admit(Formula):
    """`news(before, n, x)`: n takes x when it arrives."""

    news: Callable[[Moment, Term, Term], Term] = lambda _before, _n, _x: conj()


@frozen
class Places(Formula):
    """`axiom`: which updates live at one place."""

    axiom: Term = TRUE


@frozen
class Prefer(Formula):
    """`replaces(before, n, x)`: x replaces what n holds at its place.

    `orders` are the laws of :data:`~.vocabulary.yields`, where the rule follows an order; empty
    where it follows none, and then nothing is claimed of which value is stored.
    """

    replaces: Callable[[Moment, Term, Term], Term] = lambda _before, _n, _x: conj()
    orders: tuple[Term, ...] = ()


@frozen
class Retain(Formula):
    """`keeps(before, n, x, u)`: n remembers u once it has taken x.

    `owed(moment, u)`: a clock that covers u promises that u is remembered. `one_per_key`: of each
    source and key a node remembers the newest alone.
    """

    keeps: Callable[[Moment, Term, Term, Term], Term] = lambda before, n, x, u: disj(
        before.has(n, u), u == x
    )
    owed: Callable[[Moment, Term], Term] = lambda moment, u: moment.issued(u)
    one_per_key: bool = False


@frozen
class Advertise(Formula):
    """`names(moment, n, a)`: a digest of n has a line for a. `ticks`: the own entry moves by one.

    `cuts`: there may be too many lines, and then some are left out, and done with them.
    """

    names: Callable[[Moment, Term, Term], Term] = lambda moment, n, a: moment.knows(n, a)
    ticks: bool = False
    cuts: bool = False


@frozen
class Session(Formula):
    """`apart`: what is gathered of one peer's digest is gathered of nobody else's."""

    apart: bool = True


@frozen
class Mention(Formula):
    """`mark(before, line)`: the mark of a source after a line of it, from the one before.

    `answered`: the line itself is answered, so that the mark is above every version.
    """

    mark: Callable[[Term, Term], Term] = lambda _before, _line: TOP
    answered: bool = True


@frozen
class Answer(Formula):
    """`holds(before, n, s, mark, u)`: u can be in the answer of n to the line "s: mark".

    None: a line is not answered by itself.
    """

    holds: Callable[[Moment, Term, Term, Term, Term], Term] | None = None


@frozen
class Fill(Formula):
    """`holds(before, n, marks, u)`: u can be in the answer of n to a done."""

    holds: Callable[[Moment, Term, Marks, Term], Term] = lambda before, n, marks, u: conj(
        before.has(n, u), version(u) > marks(source(u))
    )


@frozen
class Pace(Formula):
    """`sent(holds, u)`: u is sent, of what could be. `unlimited`: no mtu is read.

    `all_sent(holds)`: without an mtu, all is. `one_sent(holds)`: if something could be sent, FIRST
    is.
    """

    sent: Callable[[Eligible, Term], Term] = lambda holds, u: holds(u)
    all_sent: Callable[[Eligible], Term] = lambda _holds: TRUE
    one_sent: Callable[[Eligible], Term] = lambda holds: forall(u, implies(holds(u), holds(FIRST)))
    unlimited: bool = True


@frozen
class Close(Formula):
    """`lines`: the own digest follows the answer, unless the one answered was such a one."""

    lines: bool = False


@frozen
class Connection(Formula):
    """`forgets`: what was gathered of the peer's digest is forgotten."""

    forgets: bool = True


# --- stamp, witness, admit ------------------------------------------------------------------------


def _raised(before: Moment, n: Term, x: Term, a: Term) -> Term:
    """The entry after a join with x."""
    return ite(a == source(x), larger(before.clock(n, a), version(x)), before.clock(n, a))


def _lamport(before: Moment, n: Term, x: Term, a: Term) -> Term:
    own = conj(a == n, source(x) != n)
    return ite(own, larger(before.clock(n, n), version(x) + 1), _raised(before, n, x, a))


def _counting(before: Moment, n: Term, x: Term, a: Term) -> Term:
    echo = conj(a == n, source(x) == n)
    return ite(echo, before.clock(n, n) + 1, _lamport(before, n, x, a))


NEXT = Stamp(assumes=(VERSIONS_FIT,))
LAMPORT = Witness(assumes=(VERSIONS_FIT,), entry=_lamport, climbs=True)
ABOVE_CLOCK = Admit(news=lambda before, n, x: version(x) > before.clock(n, source(x)))

# --- place, prefer --------------------------------------------------------------------------------


def _same_place(one_source: bool) -> Term:
    alike = conj(key(u) == key(v), *([source(u) == source(v)] if one_source else []))
    return forall((u, v), (place(u) == place(v)) == alike)


def _lacks_or_yields(before: Moment, n: Term, x: Term) -> Term:
    return disj(neg(before.filled(n, place(x))), yields(before.held(n, place(x)), x))


def _one_place(*updates: Term) -> Term:
    first, *others = updates
    return conj(*(place(first) == place(other) for other in others))


TOTAL_ORDER: Final = (
    forall(u, yields(u, u)),
    forall(
        (u, v, w),
        implies(conj(_one_place(u, v, w), yields(u, v), yields(v, w)), yields(u, w)),
    ),
    forall((u, v), implies(_one_place(u, v), disj(yields(u, v), yields(v, u)))),
    forall((u, v), implies(conj(_one_place(u, v), yields(u, v), yields(v, u)), u == v)),
)
"""What the theorem asks of a resolver: that "is replaced by" is a total order, place by place."""


def later(one: Term, other: Term) -> Term:
    """Of two updates, the second is later: by version, ties by the name of the source."""
    by_source = conj(version(one) == version(other), rank(source(one)) < rank(source(other)))
    return disj(version(one) < version(other), by_source)


NEWEST_ORDER: Final = (
    forall((u, v), implies(rank(source(u)) == rank(source(v)), source(u) == source(v))),
    forall((u, v), yields(u, v) == disj(u == v, later(u, v))),
)

# --- retain ---------------------------------------------------------------------------------------


def _instead_of_older(before: Moment, n: Term, x: Term, u: Term) -> Term:
    outdated = conj(source(u) == source(x), key(u) == key(x))
    return disj(u == x, conj(before.has(n, u), neg(outdated)))


def _owed_latest(moment: Moment, u: Term) -> Term:
    return conj(moment.issued(u), u == moment.latest(source(u), key(u)))


KEEPS_ALL = Retain(assumes=(HISTORY_UNLIMITED,))

# --- pace -----------------------------------------------------------------------------------------


def _within_mtu(holds: Eligible, u: Term) -> Term:
    return conj(holds(u), version(u) <= cut(source(u)))


def _all_within(holds: Eligible) -> Term:
    return implies(UNLIMITED, forall(u, implies(holds(u), _within_mtu(holds, u))))


def _one_within(holds: Eligible) -> Term:
    return forall(u, implies(holds(u), _within_mtu(holds, FIRST)))


PREFIX = Pace(
    leaves="how many updates the mtu lets through, and the order among sources",
    sent=_within_mtu,
    all_sent=_all_within,
    one_sent=_one_within,
    unlimited=False,
)
EVERYTHING = Pace(leaves="the order among sources")

FORMULAS: Final[Mapping[str, Mapping[Callable[..., Any], Formula]]] = {
    "stamp": {
        rules.stamp_next: NEXT,
        rules.stamp_saturating: NEXT,
        relatives.stamp_wall_clock: Stamp(
            assumes=(VERSIONS_FIT,),
            leaves="how far the wall clock has moved on",
            says=lambda before, a, x: version(x) > before.clock(a, a),
        ),
    },
    "witness": {
        rules.witness_lamport: LAMPORT,
        rules.witness_counting: Witness(assumes=(VERSIONS_FIT,), entry=_counting, climbs=True),
        rules.witness_join: Witness(entry=_raised),
    },
    "admit": {
        rules.admit_unremembered: Admit(news=lambda before, n, x: neg(before.has(n, x))),
        rules.admit_all: Admit(),
        rules.admit_above_clock: ABOVE_CLOCK,
        relatives.admit_known_above_clock: Admit(
            news=lambda before, n, x: conj(
                before.knows(n, source(x)), version(x) > before.clock(n, source(x))
            )
        ),
    },
    "place": {
        rules.place_shared: Places(axiom=_same_place(one_source=False)),
        rules.place_owned: Places(axiom=_same_place(one_source=True)),
    },
    "prefer": {
        rules.prefer_resolver: Prefer(
            assumes=(RESOLVER_ORDERS,), replaces=_lacks_or_yields, orders=TOTAL_ORDER
        ),
        rules.prefer_newest: Prefer(replaces=_lacks_or_yields, orders=NEWEST_ORDER),
        rules.prefer_latest_arrival: Prefer(),
    },
    "retain": {
        rules.retain_newest: KEEPS_ALL,
        rules.retain_as_shipped: KEEPS_ALL,
        rules.retain_current: Retain(keeps=_instead_of_older, owed=_owed_latest, one_per_key=True),
        relatives.retain_everything: Retain(),
    },
    "enlist": {
        rules.enlist_sorted: Formula(leaves="the order in which sources are named"),
        rules.enlist_as_object_keys: Formula(leaves="the order in which sources are named"),
    },
    "relay": {
        rules.relay_nothing: Formula(),
        relatives.relay_applied: Formula(assumes=("no rule of the profile opens a session",)),
    },
    "advertise": {
        rules.advertise_clock: Advertise(),
        rules.advertise_written: Advertise(names=lambda moment, n, a: moment.clock(n, a) > 0),
        rules.advertise_ticking: Advertise(
            assumes=(VERSIONS_FIT,),
            leaves="how many lines there is room for",
            ticks=True,
            cuts=True,
        ),
    },
    "session": {
        rules.session_per_peer: Session(),
        rules.session_per_process: Session(
            leaves="what the session of a process has gathered from others", apart=False
        ),
    },
    "mention": {
        rules.mention_source: Mention(),
        rules.mention_again: Mention(),
        rules.mention_mark: Mention(mark=larger, answered=False),
    },
    "answer": {
        rules.answer_news: Answer(
            holds=lambda before, n, s, mark, u: conj(
                before.has(n, u), source(u) == s, version(u) > mark
            )
        ),
        rules.answer_later: Answer(),
    },
    "fill": {
        rules.fill_in_sort_order: Fill(),
        rules.fill_in_delta_order: Fill(assumes=("config.delta_order leaves nothing out",)),
        rules.fill_by_source: Fill(
            holds=lambda before, n, marks, u: conj(before.has(n, u), marks(source(u)) == NEVER)
        ),
        relatives.fill_named: Fill(
            assumes=("config.delta_order leaves nothing out",),
            holds=lambda before, n, marks, u: conj(
                before.has(n, u), marks(source(u)) != NEVER, version(u) > marks(source(u))
            ),
        ),
    },
    "pace": {
        rules.pace_prefix: PREFIX,
        rules.pace_first: PREFIX,
        rules.pace_everything: EVERYTHING,
        rules.pace_high_water_mark: Pace(
            assumes=(SORT_BY_VERSION,),
            leaves=PREFIX.leaves,
            sent=_within_mtu,
            all_sent=_all_within,
            one_sent=_one_within,
            unlimited=False,
        ),
    },
    "close": {
        rules.close_silent: Close(),
        rules.close_with_digest: Close(lines=True),
    },
    "connect": {
        rules.connect_afresh: Connection(),
        rules.connect_unmoved: Connection(forgets=False),
    },
    "disconnect": {
        rules.disconnect_forgetting: Connection(),
        rules.disconnect_unmoved: Connection(forgets=False),
    },
}
"""The formula of each rule, by decision point and function."""


@frozen
class Chosen:
    """The formulas of the rules that a profile has chosen."""

    stamp: Stamp
    witness: Witness
    admit: Admit
    place: Places
    prefer: Prefer
    retain: Retain
    enlist: Formula
    relay: Formula
    advertise: Advertise
    session: Session
    mention: Mention
    answer: Answer
    fill: Fill
    pace: Pace
    close: Close
    connect: Connection
    disconnect: Connection

    def named_by(self, moment: Moment, n: Term, a: Term) -> Term:
        """A digest of n, sent first or sent back, may have a line for a."""
        named = self.advertise.names(moment, n, a)
        return disj(named, moment.knows(n, a)) if self.close.lines else named

    def every(self) -> tuple[Formula, ...]:
        """All of them, in the order of the decision points."""
        return tuple(getattr(self, point) for point in decision_points())


def without_formula(profile: Profile) -> tuple[tuple[str, str], ...]:
    """The decision points at which a profile has a rule without a formula, and its name.

    Spec: PROVE-2.
    """
    rules_of = ((point, rule_of(profile, point)) for point in decision_points())
    return tuple(
        (point, getattr(rule, "__name__", repr(rule)))
        for point, rule in rules_of
        if rule not in FORMULAS[point]
    )


def chosen(profile: Profile) -> Chosen:
    """The formulas of a profile, each rule of which has one. Raises KeyError where one has none."""
    found: dict[str, Any] = {
        point: FORMULAS[point][rule_of(profile, point)] for point in decision_points()
    }
    return Chosen(**found)
