"""What a solver is asked: obligations, each a goal and what it is to follow from.

A theory is all that is said of a profile: axioms, actions and clauses. Its obligations are that
every clause is true at the beginning, and that every action keeps every clause.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from scuttle_check.proofs.actions import Action, actions
from scuttle_check.proofs.clauses import Clause, clauses_for, initially
from scuttle_check.proofs.formulas import Chosen, chosen
from scuttle_check.proofs.media import FRAMES, STREAM, Medium
from scuttle_check.proofs.terms import Term, renamed
from scuttle_check.proofs.vocabulary import AFTER, AXIOMS, BEFORE
from scuttle_ref.profile import Profile

SAFETY = "invariant"
"""The group of obligations that make the clauses true of every world."""


@frozen(eq=False)
class Obligation:
    """One thing to be proved. `group` says of what proof it is a part, `words` what it claims.

    `clause` and `action` are named where it says that the action keeps the clause.
    """

    name: str
    group: str
    words: str
    hypotheses: tuple[Term, ...]
    goal: Term
    clause: str = ""
    action: str = ""


@frozen(eq=False)
class Theory:
    """What is said of a profile, put together from the formulas of its rules."""

    profile: Profile
    rules: Chosen
    medium: Medium
    clauses: tuple[Clause, ...]
    actions: tuple[Action, ...]
    axioms: tuple[Term, ...] = field(init=False)
    invariant: tuple[Term, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        rules = self.rules
        laws = (*AXIOMS, *self.medium.axioms(), rules.place.axiom, *rules.prefer.orders)
        object.__setattr__(self, "axioms", laws)
        known = tuple(clause.says(BEFORE, rules) for clause in self.clauses)
        object.__setattr__(self, "invariant", known)

    def action(self, name: str) -> Action:
        """The action of that name."""
        return next(each for each in self.actions if each.name == name)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What must be so beyond the rules: of the network first, then of each rule in turn."""
        told = (self.medium.words, *(text for each in self.rules.every() for text in each.assumes))
        return tuple(dict.fromkeys(told))

    @property
    def left_open(self) -> tuple[str, ...]:
        """What the formulas leave open on purpose: the proof holds whatever it is."""
        return tuple(dict.fromkeys(each.leaves for each in self.rules.every() if each.leaves))


def theory(profile: Profile, medium: Medium | None = None) -> Theory:
    """The theory of a profile, each rule of which has a formula.

    A profile that presumes whole answers is told with frames. Raises KeyError for a rule without a
    formula: ask :func:`~.formulas.without_formula` first.
    """
    rules = chosen(profile)
    how = medium or (FRAMES if profile.whole_answers else STREAM)
    return Theory(profile, rules, how, clauses_for(rules), actions(rules, how))


def safety(of: Theory) -> Iterator[Obligation]:
    """That the clauses are true at the beginning, and that every action keeps them."""
    beginning = (*of.axioms, *initially(AFTER))
    for clause in of.clauses:
        yield Obligation(
            f"begin/{clause.name}",
            SAFETY,
            f"at the beginning, {clause.words}",
            beginning,
            clause.says(AFTER, of.rules),
            clause.name,
            "begin",
        )
    for action in of.actions:
        for clause in of.clauses:
            yield kept(of, action, clause)


def kept(of: Theory, action: Action, clause: Clause) -> Obligation:
    """That an action keeps a clause."""
    return Obligation(
        f"{action.name.replace(' ', '-')}/{clause.name}",
        SAFETY,
        f"{action.words}: still {clause.words}",
        *step(of, action, clause.says(AFTER, of.rules)),
        clause.name,
        action.name,
    )


def step(
    of: Theory, action: Action, goal: Term, *besides: Term, every: bool = False, one: bool = False
) -> tuple[tuple[Term, ...], Term]:
    """The hypotheses and the goal of a step: the invariant, the action, and what is said besides.

    With `every`, that what could be said is said; with `one`, that something is, with any mtu. What
    the action leaves as it is has one name instead of two, so that nothing needs to be said of it.
    """
    names = {f"{name}'": name for name in action.same}
    known: dict[int, Term] = {}
    further = (*(action.all_said if every else ()), *(action.one_said if one else ()))
    said = (*action.relation, *further, *besides)
    told = tuple(renamed(each, names, known) for each in said)
    return (*of.axioms, *of.invariant, *told), renamed(goal, names, known)
