"""The formulas of the proofs, held against what the reducers do."""

from __future__ import annotations

import attrs
import pytest

from scuttle_check.proofs.evaluated import Table, compiled
from scuttle_check.proofs.obligations import theory
from scuttle_check.proofs.solvers import solvers
from scuttle_check.proofs.swaps import Fate, evaluation_notices, rules_of, unnoticed
from scuttle_check.proofs.terms import conj, disj, exists, forall, implies, ite, larger, neg, term
from scuttle_check.proofs.trial import Trier, tried
from scuttle_check.proofs.vocabulary import BEFORE, N, P, a, n, u, version
from scuttle_ref import rules
from scuttle_ref.messages import Update
from scuttle_ref.profile import decision_points, rule_of
from scuttle_ref.profiles import PROFILES

PROVED = ("documented", "as-shipped", "textbook", "paper")


@pytest.mark.parametrize("name", PROVED)
def test_the_formulas_of_a_profile_are_true_of_what_its_reducer_does(name: str) -> None:
    """Spec: PROVE-3."""
    trier = Trier(theory(PROFILES[name]), every=True)

    tried(trier, 4_000, deep=True)

    assert not trier.trial.failures
    assert set(trier.trial.transitions) == {action.name for action in trier.theory.actions}
    assert trier.trial.count >= 4_000


NOTICED = (
    ("documented", "witness", rules.witness_join, "update"),
    ("documented", "advertise", rules.advertise_written, "exchange"),
    ("documented", "close", rules.close_with_digest, "done"),
    ("documented", "mention", rules.mention_mark, "line"),
    ("documented", "disconnect", rules.disconnect_unmoved, "cut"),
    ("textbook", "witness", rules.witness_lamport, "update"),
    ("as-shipped", "advertise", rules.advertise_clock, "exchange"),
    ("paper", "retain", rules.retain_newest, "write"),
    ("paper", "mention", rules.mention_source, "line"),
)


@pytest.mark.parametrize(("name", "point", "rule", "action"), NOTICED)
def test_another_rule_makes_a_formula_false(
    name: str, point: str, rule: object, action: str
) -> None:
    of = theory(PROFILES[name])

    noticed = evaluation_notices(of, attrs.evolve(of.profile, **{point: rule}), 6_000)

    assert noticed.startswith(action)


def test_a_rule_that_sends_one_too_few_is_noticed() -> None:
    """It is no rule of ours, and so has no formula; the one that it stands for is false of it."""

    def one_too_few(state: object, digest: object) -> tuple[tuple[Update, ...], ...]:
        (news,) = rules.answer_news(state, digest)  # type: ignore[arg-type]
        return (news[1:],)

    of = theory(PROFILES["documented"])
    changed = attrs.evolve(of.profile, answer=one_too_few)

    assert evaluation_notices(of, changed, 6_000).startswith("line")


def test_what_makes_no_difference_is_proved_to_make_none() -> None:
    """What a node of documented remembers is what its clock covers, so it may ask either."""
    (z3,) = solvers("z3")
    of = theory(PROFILES["documented"])

    assert unnoticed(of, "admit", rules.admit_above_clock, z3, 10)[0] is Fate.SAME
    assert unnoticed(of, "admit", rules.admit_all, z3, 10)[0] is Fate.SAME
    assert unnoticed(of, "enlist", rules.enlist_as_object_keys, z3, 10)[0] is Fate.OPEN


def test_every_rule_of_the_core_is_found_for_its_decision_point() -> None:
    for profile in PROFILES.values():
        for point in decision_points():
            assert rule_of(profile, point) in rules_of(point)


def test_a_formula_is_evaluated_as_it_is_read() -> None:
    tables = {
        "has": Table({("A", "x"): True}, False),
        "version": Table({"x": 3, "y": 1}, 0),
        "clock": Table({("A", "B"): 2}, -1),
        "N": "A",
        "P": "B",
    }
    about = {"Node": ["A", "B"], "Update": ["x", "y"], "Int": range(3)}

    def value(formula: object) -> object:
        return compiled(term(formula))(tables, about)

    assert value(exists(u, BEFORE.has(N, u))) is True
    assert value(forall(u, BEFORE.has(N, u))) is False
    assert value(forall(u, implies(BEFORE.has(N, u), version(u) == 3))) is True
    assert value(forall(u, implies(BEFORE.has(N, u), version(u) < 3))) is False
    assert value(larger(BEFORE.clock(N, P), BEFORE.clock(P, N))) == 2
    assert value(ite(N == P, 1, 0) + 1 - term(3)) == -2
    assert value(conj(N != P, disj(neg(N == P), False))) is True
    assert value(exists((n, a), BEFORE.clock(n, a) >= 2)) is True
    assert value(conj()) is True
    assert value(disj()) is False
