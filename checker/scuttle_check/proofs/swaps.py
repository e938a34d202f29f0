"""Rules exchanged for one another: is it noticed, and by what?

Of a profile each rule in turn is exchanged for every other of its decision point. What follows is
one of these: the formulas of the profile are *false* on what the changed reducer does; a solver
proves that the change makes *no difference* in any world of the invariant; an *obligation fails*
with the other rule, or all are *proved with it, too*; the formulas leave the point *open* on
purpose; or it *lives*, and then the proof is not tied to that rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.proofs.actions import actions
from scuttle_check.proofs.formulas import FORMULAS, Chosen
from scuttle_check.proofs.obligations import Obligation, Theory, step, theory
from scuttle_check.proofs.proving import Status, decided, not_claimed, obligations_of
from scuttle_check.proofs.solvers import Solver
from scuttle_check.proofs.terms import conj
from scuttle_check.proofs.trial import Trier, tried
from scuttle_check.proofs.vocabulary import unchanged
from scuttle_ref import relatives, rules
from scuttle_ref.profile import Profile, decision_points, rule_of


class Fate(Enum):
    """What became of an exchanged rule."""

    NOTICED = "noticed"
    FAILS = "an obligation fails"
    SAME = "makes no difference"
    ALSO = "proved with it, too"
    OPEN = "left open"
    LIVES = "lives"


@frozen
class Swap:
    """One rule exchanged for another. `by` says what noticed it, or why it need not be."""

    point: str
    rule: str
    instead: str
    fate: Fate
    by: str

    def __str__(self) -> str:
        return f"{self.point}: {self.instead} for {self.rule}: {self.fate.value} ({self.by})"


def rules_of(point: str) -> list[Any]:
    """Every rule of a decision point, those without a formula among them."""
    named = {
        name: rule
        for module in (rules, relatives)
        for name, rule in vars(module).items()
        if name.startswith(f"{point}_") and callable(rule)
    }
    return [named[name] for name in sorted(named)]


def swaps(of: Theory, using: Solver, count: int, seconds: float) -> Iterator[Swap]:
    """Every exchange of a rule of a profile, and what becomes of it.

    It has `count` transitions to be noticed on; a solver has `seconds` for an obligation.
    """
    for point in decision_points():
        kept: Any = rule_of(of.profile, point)
        for rule in rules_of(point):
            if rule is not kept:
                changed = attrs.evolve(of.profile, **{point: rule})
                noticed = evaluation_notices(of, changed, count)
                fate, by = (
                    (Fate.NOTICED, noticed)
                    if noticed
                    else unnoticed(of, point, rule, using, seconds)
                )
                yield Swap(point, kept.__name__, rule.__name__, fate, by)


def unnoticed(of: Theory, point: str, rule: Any, using: Solver, seconds: float) -> tuple[Fate, str]:
    """Why no transition told a rule apart from the profile's."""
    formula: Any = FORMULAS[point].get(rule)
    mine: Any = getattr(of.rules, point)
    if formula is None:
        return Fate.LIVES, "it has no formula, and no transition told it apart"
    if formula == mine:
        return Fate.OPEN, mine.leaves or "; ".join(mine.assumes) or "both say the same"
    changed = attrs.evolve(of.rules, **{point: formula})
    failing = differs(of, changed, using, seconds)
    if failing is None:
        return Fate.SAME, "proved: what it does is what this one does"
    missing = not_claimed(attrs.evolve(of, rules=changed))
    if missing and not not_claimed(of):
        return Fate.FAILS, f"agreement does not follow: {missing[0]}"
    other = theory(attrs.evolve(of.profile, **{point: rule}), of.medium)
    for obligation in obligations_of(other):
        result = decided(obligation, [using], seconds, streams=of.medium.streams)
        if result.status is not Status.PROVED:
            return Fate.FAILS, obligation.name
    return Fate.ALSO, "every obligation is proved with it"


def evaluation_notices(of: Theory, changed: Profile, count: int) -> str:
    """The first formula of a profile that is false of a changed reducer, or nothing."""
    trier = Trier(of, changed, every=True)
    try:
        tried(trier, count, lambda trial: bool(trial.failures), deep=True)
    except Exception as fault:  # noqa: BLE001 - a rule that does not fit the others may raise
        return f"its reducer raises {type(fault).__name__}"
    return next((str(each) for each in trier.trial.failures), "")


def differs(of: Theory, rules: Chosen, using: Solver, seconds: float) -> str | None:
    """The first action of other rules that is not proved to be within the profile's own; or None.

    In every world of the invariant, what the other rules do is what the profile's rules may do.
    """
    other = attrs.evolve(of, rules=rules, actions=actions(rules, of.medium))
    own = {action.name: action for action in of.actions}
    for action in other.actions:
        allowed = own.get(action.name)
        if allowed is None:
            return action.name
        said = (*allowed.relation, *allowed.all_said, *allowed.one_said)
        goal = conj(*said, *unchanged(*allowed.same))
        hypotheses, asked = step(of, action, goal, every=True, one=True)
        obligation = Obligation(f"within/{action.name}", "within", "", hypotheses, asked)
        result = decided(obligation, [using], seconds, streams=of.medium.streams)
        if result.status is not Status.PROVED:
            return action.name
    return None
