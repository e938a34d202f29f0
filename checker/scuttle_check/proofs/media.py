"""How messages travel, as formulas: what may be read, what is then gone, and what is written.

Two media. On a *stream* the messages of a link arrive one by one in the order sent, and each once.
Where answers are *frames*, all that one step says to one peer arrives together or not at all,
whenever and as often as the network likes: nothing that was sent is ever gone.
"""

from __future__ import annotations

from attrs import frozen

from scuttle_check.proofs.formulas import Eligible, Pace
from scuttle_check.proofs.terms import (
    BOOL,
    FALSE,
    Function,
    Term,
    conj,
    constant,
    disj,
    forall,
    implies,
    ite,
    larger,
    neg,
)
from scuttle_check.proofs.vocabulary import (
    AFTER,
    BEFORE,
    CELLS,
    DONE,
    LINE,
    MIDDLE,
    OPEN,
    POPS,
    UPDATES,
    C,
    D,
    I,
    N,
    P,
    a,
    c,
    i,
    j,
    line_at,
    receiver,
    sender,
    source,
    u,
    version,
)

WHOLE = constant("WHOLE", BOOL)
"""Whether no digest line was left out for want of room."""


@frozen
class Medium:
    """One way in which messages travel. `streams`: in order, each once; else as frames."""

    name: str
    words: str
    streams: bool

    @property
    def still(self) -> tuple[str, ...]:
        """What reading leaves as it is: of frames, everything."""
        return () if self.streams else ("head",)

    def axioms(self) -> tuple[Term, ...]:
        """What the channels are: of a stream there is one for each ordered pair of nodes."""
        if not self.streams:
            return ()
        d = Term("variable", ("d",), c.sort)
        same = conj(sender(c) == sender(d), receiver(c) == receiver(d))
        return (forall((c, d), implies(same, c == d)),)

    def read(self, kind: int) -> tuple[Term, ...]:
        """A message of this kind arrives at N, from P over C, where it stands at I."""
        whence = (receiver(C) == N, sender(C) == P, N != P, BEFORE.flies(C, I, kind))
        if self.streams:
            popped = forall(
                c,
                AFTER.head(c) == ite(conj(c == C, POPS), BEFORE.head(c) + 1, BEFORE.head(c)),
            )
            return (*whence, BEFORE.head(C) == I, popped)
        # A frame is read from its beginning: what stands before I in it has been taken.
        begun = forall(a, BEFORE.reach(C, I, a) <= BEFORE.clock(N, a))
        return (*whence, *((begun,) if kind == UPDATES else ()))

    def blank(self) -> tuple[Term, ...]:
        """N speaks to P over D: the link between them, or a frame that nobody has written."""
        whither = (sender(D) == N, receiver(D) == P, N != P)
        if self.streams:
            return whither
        return (*whither, BEFORE.tail(D) == 0)


STREAM = Medium(
    "stream",
    "links deliver in the order sent and lose nothing while they stand; they may deliver it twice",
    streams=True,
)
FRAMES = Medium(
    "frames",
    "all that a step says to a peer is one frame; frames are lost, duplicated and overtaken",
    streams=False,
)


@frozen
class Said:
    """What a step says: of the updates that `holds` names, what `pace` sends, and digest lines.

    `names(a)`: there is a line for a; None where there are no lines. `done` ends them, unless
    `cuts` and there was no room.
    """

    pace: Pace | None = None
    holds: Eligible | None = None
    names: Eligible | None = None
    done: int = DONE
    cuts: bool = False

    def sent(self, u: Term) -> Term:
        """The update u is among what is said."""
        if self.pace is None or self.holds is None:
            return FALSE
        return self.pace.sent(self.holds, u)


def spoken(said: Said) -> tuple[Term, ...]:
    """What D holds once N has said it; other channels are as they were. Spec: FLOW-2, NET-1."""
    begin, end = BEFORE.tail(D), AFTER.tail(D)
    content = (begin <= MIDDLE, end >= MIDDLE, *_updates(said), *_lines(said))
    return (
        *(implies(OPEN, each) for each in content),
        implies(neg(OPEN), end == begin),
        forall(c, implies(c != D, AFTER.tail(c) == BEFORE.tail(c))),
        *_cells_kept(),
        *reach_written(),
    )


def all_said(said: Said) -> tuple[Term, ...]:
    """What no invariant needs and convergence does: that what could be said is said.

    Without an mtu an answer leaves nothing out, and a digest names every source that it should.
    """
    facts: tuple[Term, ...] = ()
    if said.pace is not None and said.holds is not None:
        facts = (said.pace.all_sent(said.holds),)
    if said.names is not None:
        end, names = AFTER.tail(D), said.names
        named = conj(
            line_at(a) >= MIDDLE,
            line_at(a) < end - 1,
            AFTER.line_source(D, line_at(a)) == a,
        )
        all_named = forall(a, implies(names(a), named))
        facts = (*facts, implies(WHOLE, all_named) if said.cuts else all_named)
    return tuple(implies(OPEN, fact) for fact in facts)


def one_said(said: Said) -> tuple[Term, ...]:
    """The same with any mtu: an answer that could hold something does."""
    if said.pace is None or said.holds is None:
        return ()
    return (implies(OPEN, said.pace.one_sent(said.holds)),)


place_of = Function("place_of", (u.sort,), i.sort)
"""Where an update of an answer stands in what is written."""


def _updates(said: Said) -> tuple[Term, ...]:
    """Between the old end and MIDDLE stand the updates, each source in ascending versions."""
    begin = BEFORE.tail(D)
    within = conj(begin <= i, i < MIDDLE)
    lower = conj(
        source(AFTER.carried(D, i)) == source(AFTER.carried(D, j)),
        version(AFTER.carried(D, i)) < version(AFTER.carried(D, j)),
    )
    ascending = implies(
        conj(begin <= i, i < MIDDLE, begin <= j, j < MIDDLE, lower),
        i < j,
    )
    if said.holds is None:
        return (begin == MIDDLE,)
    return (
        forall(
            i,
            implies(
                within,
                conj(AFTER.kind(D, i) == UPDATES, said.sent(AFTER.carried(D, i))),
            ),
        ),
        forall(
            u,
            implies(
                said.sent(u),
                conj(
                    begin <= place_of(u),
                    place_of(u) < MIDDLE,
                    AFTER.carried(D, place_of(u)) == u,
                ),
            ),
        ),
        forall((i, j), ascending),
    )


def _lines(said: Said) -> tuple[Term, ...]:
    """Between MIDDLE and the new end stand the digest lines, and done behind them."""
    end = AFTER.tail(D)
    if said.names is None:
        return (end == MIDDLE,)
    names = said.names
    last = ite(WHOLE, end - 1, end) if said.cuts else end - 1
    lines = forall(
        i,
        implies(
            conj(i >= MIDDLE, i < last),
            conj(
                AFTER.kind(D, i) == LINE,
                names(AFTER.line_source(D, i)),
                AFTER.line_mark(D, i) == AFTER.clock(N, AFTER.line_source(D, i)),
            ),
        ),
    )
    whole = conj(end - 1 >= MIDDLE, AFTER.kind(D, end - 1) == said.done)
    behind = forall(i, implies(conj(i >= MIDDLE, i < end), AFTER.kind(D, i) != UPDATES))
    return (lines, behind, implies(WHOLE, whole) if said.cuts else whole)


def _cells_kept() -> tuple[Term, ...]:
    """What has been written stays as it is."""
    old = disj(c != D, i < BEFORE.tail(D))
    return tuple(
        forall(
            (c, i),
            implies(old, AFTER.function(name)(c, i) == BEFORE.function(name)(c, i)),
        )
        for name in CELLS
    )


def reach_written() -> tuple[Term, ...]:
    """How far the receiver will be: as before, or further; over what is written, a running maximum.

    Said for the proof only, and true of any function that is defined so.
    """
    begin, end = BEFORE.tail(D), AFTER.tail(D)
    written = conj(c == D, begin < i)
    within = conj(begin <= i, i < end)
    return (
        forall((c, i, a), implies(neg(written), AFTER.reach(c, i, a) == followed(c, i, a))),
        forall((i, a), implies(within, AFTER.reach(D, i + 1, a) == after_cell(AFTER, D, i, a))),
        # What a running maximum is: no earlier value and no earlier update is above it.
        forall(
            (j, a),
            implies(
                conj(begin <= j, j <= end),
                conj(
                    BEFORE.reach(D, begin, a) <= AFTER.reach(D, j, a),
                    AFTER.clock(receiver(D), a) <= AFTER.reach(D, j, a),
                ),
            ),
        ),
        forall(
            (i, j, a),
            implies(
                conj(begin < i, i <= j, j <= end),
                AFTER.reach(D, i, a) <= AFTER.reach(D, j, a),
            ),
        ),
        forall(
            (i, j),
            implies(
                conj(begin <= i, i < j, j <= end, AFTER.kind(D, i) == UPDATES),
                version(AFTER.carried(D, i)) <= AFTER.reach(D, j, source(AFTER.carried(D, i))),
            ),
        ),
    )


def after_cell(moment: object, channel: Term, i: Term, a: Term) -> Term:
    """Where the receiver's entry of a will be once the message at position i has been taken."""
    at = AFTER if moment is AFTER else BEFORE
    update = at.carried(channel, i)
    here = at.reach(channel, i, a)
    counts = conj(at.kind(channel, i) == UPDATES, source(update) == a)
    return ite(counts, larger(here, version(update)), here)


def followed(c: Term, i: Term, a: Term) -> Term:
    """How far the receiver will be at i: as before, or as far as its clock now is."""
    return larger(BEFORE.reach(c, i, a), AFTER.clock(receiver(c), a))


QUIET = ("tail", *CELLS)
"""What stays as it is where nothing is written."""


def reach_silent() -> Term:
    """Nothing is written; how far receivers will be follows their clocks."""
    return forall((c, i, a), AFTER.reach(c, i, a) == followed(c, i, a))


def emptied(gone: Eligible) -> tuple[Term, ...]:
    """The channels that `gone` names lose all that is in flight; the others stay as they are."""
    return (
        forall(c, AFTER.head(c) == ite(gone(c), BEFORE.tail(c), BEFORE.head(c))),
        forall(
            (c, i, a),
            AFTER.reach(c, i, a)
            == ite(gone(c), AFTER.clock(receiver(c), a), BEFORE.reach(c, i, a)),
        ),
    )
