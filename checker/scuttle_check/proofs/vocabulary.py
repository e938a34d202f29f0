"""The words in which the protocol is told to a solver: what there is, and what changes.

There are any number of nodes, updates, keys, places and channels. What a step may change is a
:class:`Moment`: one stands for the world before the step, another for the world after it.

A *channel* is what a receiver reads in the order in which it was written: a link of messages that
arrive in order is one channel, and where a whole answer travels as one frame, each frame is.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from scuttle_check.proofs.terms import (
    BOOL,
    INT,
    Function,
    Meant,
    Sort,
    Term,
    conj,
    constant,
    forall,
    implies,
    term,
    variable,
)

NODE: Final = Sort("Node")
UPDATE: Final = Sort("Update")
KEY: Final = Sort("Key")
PLACE: Final = Sort("Place")
CHANNEL: Final = Sort("Channel")

SORTS: Final = (NODE, UPDATE, KEY, PLACE, CHANNEL)

NEVER: Final = -1
"""Stands for the mark ``-Infinity``: below 0 and every version."""

TOP: Final = constant("TOP", INT)
"""Stands for the mark ANSWERED: above every version."""

NOTHING, UPDATES, LINE, DONE, RETURNED = -1, 0, 1, 2, 3
"""What stands at a position of a channel: nothing yet, an update, a digest line, a done."""

# --- what never changes ---------------------------------------------------------------------------

source = Function("source", (UPDATE,), NODE)
version = Function("version", (UPDATE,), INT)
key = Function("key", (UPDATE,), KEY)
place = Function("place", (UPDATE,), PLACE)
sender = Function("sender", (CHANNEL,), NODE)
receiver = Function("receiver", (CHANNEL,), NODE)
yields = Function("yields", (UPDATE, UPDATE), BOOL)
"""Of two updates of one place, the first is what the second replaces, or they are the same."""
rank = Function("rank", (NODE,), INT)
"""The order of the names of nodes, by which ties are broken."""

# --- bound variables ------------------------------------------------------------------------------

n, m, a, b = (variable(name, NODE) for name in ("n", "m", "a", "b"))
u, v, w = (variable(name, UPDATE) for name in ("u", "v", "w"))
k = variable("k", KEY)
p = variable("p", PLACE)
c = variable("c", CHANNEL)
i, j = variable("i", INT), variable("j", INT)

# --- the things that one action is about ----------------------------------------------------------

N: Final = constant("N", NODE)
"""The node that acts."""
P: Final = constant("P", NODE)
"""The peer that it hears, or speaks to."""
C: Final = constant("C", CHANNEL)
"""The channel that is read."""
I: Final = constant("I", INT)  # noqa: E741 - a position, as i is
"""The position that is read."""
D: Final = constant("D", CHANNEL)
"""The channel that is written."""
X: Final = constant("X", UPDATE)
"""The update that is written by its owner."""
OPEN: Final = constant("OPEN", BOOL)
"""Whether the connection stands; what is said over a broken one is lost whole."""
POPS: Final = constant("POPS", BOOL)
"""Whether what is read is gone afterwards; where it is not, it arrives a second time."""
TAKEN: Final = constant("TAKEN", BOOL)
"""Whether the update that arrived was news. (Evaluation looks it up; a rule says what it is.)"""
MIDDLE: Final = constant("MIDDLE", INT)
"""Where, in what is written, the updates end and the digest lines begin."""
UNLIMITED: Final = constant("UNLIMITED", BOOL)
"""Whether the mtu is unlimited."""
FIRST: Final = constant("FIRST", UPDATE)
"""An update of the answer, if it has any."""
cut = Function("cut", (NODE,), INT)
"""The version up to which an answer has what it could have, for each source: the mtu's doing."""
line_at = Function("line_at", (NODE,), INT)
"""The position of the digest line of a source, in what is written."""
common = Function("common", (NODE,), INT)
"""What the session of a process has gathered, from whomever; nothing is known of it."""
hears = Function("hears", (NODE,), BOOL)
"""Which nodes are told that a connection is lost, or opens."""

POSITIONED: Final = ("head", "tail")
CELLS: Final = ("kind", "carried", "line_source", "line_mark")


@frozen
class Moment:
    """Everything that a step may change, at one moment: functions whose names end in `mark`.

    Nodes: `has(n, u)` n remembers u; `clock(n, a)` the entry of a in n's clock, NEVER where a is
    unknown; `filled(n, p)` and `held(n, p)` what n stores; `gathered(m, n, a)` the mark of a in
    what m has heard of n's digest. Channels: `head`, `tail`, and at a position `kind`, `carried`
    (an update), `line_source` and `line_mark`.

    Said for the proof, and stored nowhere: `issued(u)` u was written; `written(a, k)` and
    `latest(a, k)` the newest update of a to k; `top(n, a)` the update behind a clock entry;
    `reach(c, i, a)` what the receiver's entry of a will be at least when it comes to position i.
    """

    suffix: str

    def _named(self, name: str, domain: tuple[Sort, ...], result: Sort) -> Function:
        return Function(name + self.suffix, domain, result)

    def function(self, name: str) -> Function:
        """The function of that name at this moment."""
        return self._named(name, *STATE[name])

    def has(self, n: Term, u: Term) -> Term:
        """Node n remembers u."""
        return self.function("has")(n, u)

    def clock(self, n: Term, a: Term) -> Term:
        """The entry of source a in the clock of n."""
        return self.function("clock")(n, a)

    def filled(self, n: Term, p: Term) -> Term:
        """Node n holds something at p."""
        return self.function("filled")(n, p)

    def held(self, n: Term, p: Term) -> Term:
        """The update whose value n holds at p."""
        return self.function("held")(n, p)

    def gathered(self, m: Term, n: Term, a: Term) -> Term:
        """The mark of a in what m has heard of the digest of n."""
        return self.function("gathered")(m, n, a)

    def head(self, c: Term) -> Term:
        """The first position that has not been read for good."""
        return self.function("head")(c)

    def tail(self, c: Term) -> Term:
        """The first position at which nothing stands."""
        return self.function("tail")(c)

    def kind(self, c: Term, i: Meant) -> Term:
        """What stands at a position."""
        return self.function("kind")(c, i)

    def carried(self, c: Term, i: Meant) -> Term:
        """The update at a position."""
        return self.function("carried")(c, i)

    def line_source(self, c: Term, i: Meant) -> Term:
        """Whom the digest line at a position names."""
        return self.function("line_source")(c, i)

    def line_mark(self, c: Term, i: Meant) -> Term:
        """The mark of the digest line at a position."""
        return self.function("line_mark")(c, i)

    def issued(self, u: Term) -> Term:
        """The owner of u's source has written u."""
        return self.function("issued")(u)

    def written(self, a: Term, k: Term) -> Term:
        """Source a has written k."""
        return self.function("written")(a, k)

    def latest(self, a: Term, k: Term) -> Term:
        """The newest update of a to k."""
        return self.function("latest")(a, k)

    def top(self, n: Term, a: Term) -> Term:
        """The update that raised the entry of a in n's clock to where it is."""
        return self.function("top")(n, a)

    def reach(self, c: Term, i: Meant, a: Term) -> Term:
        """The entry of a in the receiver's clock, at least, when it comes to position i of c."""
        return self.function("reach")(c, i, a)

    # --- phrases ----------------------------------------------------------------------------------

    def in_flight(self, c: Term, i: Meant) -> Term:
        """Something stands at a position that is still to be read."""
        return conj(self.head(c) <= i, term(i) < self.tail(c))

    def flies(self, c: Term, i: Meant, what: int) -> Term:
        """A message of this kind is to be read at a position."""
        return conj(self.in_flight(c, i), self.kind(c, i) == what)

    def knows(self, n: Term, a: Term) -> Term:
        """Source a has an entry in the clock of n."""
        return self.clock(n, a) >= 0

    def covers(self, n: Term, u: Term) -> Term:
        """The clock of n says that it has seen u."""
        return version(u) <= self.clock(n, source(u))


STATE: Final[dict[str, tuple[tuple[Sort, ...], Sort]]] = {
    "has": ((NODE, UPDATE), BOOL),
    "clock": ((NODE, NODE), INT),
    "filled": ((NODE, PLACE), BOOL),
    "held": ((NODE, PLACE), UPDATE),
    "gathered": ((NODE, NODE, NODE), INT),
    "head": ((CHANNEL,), INT),
    "tail": ((CHANNEL,), INT),
    "kind": ((CHANNEL, INT), INT),
    "carried": ((CHANNEL, INT), UPDATE),
    "line_source": ((CHANNEL, INT), NODE),
    "line_mark": ((CHANNEL, INT), INT),
    "issued": ((UPDATE,), BOOL),
    "written": ((NODE, KEY), BOOL),
    "latest": ((NODE, KEY), UPDATE),
    "top": ((NODE, NODE), UPDATE),
    "reach": ((CHANNEL, INT, NODE), INT),
}
"""The functions that a step may change: their arguments and what they give."""

BEFORE: Final = Moment("")
AFTER: Final = Moment("'")

_VARIABLES: Final = {NODE: (n, m, a), UPDATE: (u, v), KEY: (k,), PLACE: (p,), CHANNEL: (c,)}


def arguments(name: str) -> tuple[Term, ...]:
    """Bound variables for the arguments of a function of the state."""
    free = {sort: list(known) for sort, known in _VARIABLES.items()} | {INT: [i]}
    return tuple(free[sort].pop(0) for sort in STATE[name][0])


def unchanged(*names: str) -> tuple[Term, ...]:
    """These functions are after the step what they were before."""
    return tuple(
        forall(bound, AFTER.function(name)(*bound) == BEFORE.function(name)(*bound))
        for name in names
        for bound in (arguments(name),)
    )


AXIOMS: Final = (
    forall((u, v), implies(conj(source(u) == source(v), version(u) == version(v)), u == v)),
    forall(u, conj(version(u) > 0, version(u) < TOP)),
)
"""What an update is: source and version identify it, and versions begin at 1."""
