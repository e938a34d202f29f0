"""Conditions that suffice where an assumption is dropped, and that fail when weakened."""

from __future__ import annotations

import pytest

from scuttle_check.proofs.dropped import DROPPED, overhear_below
from scuttle_check.proofs.forgetting import forgetful, forgets
from scuttle_check.proofs.obligations import Theory, kept, safety, theory
from scuttle_check.proofs.proving import Status, decided, prove
from scuttle_check.proofs.solvers import solvers
from scuttle_ref.profiles import PROFILES

(Z3,) = solvers("z3")
BOTH = solvers("both")


def of(name: str) -> Theory:
    return theory(PROFILES[name])


@pytest.mark.parametrize("name", ["documented", "textbook"])
def test_what_every_node_has_taken_may_be_forgotten(name: str) -> None:
    """Nothing is skipped: what some clock does not cover is remembered by whoever covers it."""
    limited = forgetful(of(name))

    proof = prove(limited, safety(limited), BOTH)

    assert proof.complete
    assert "history is unlimited" not in limited.assumptions


@pytest.mark.parametrize("name", ["documented", "textbook"])
def test_what_every_node_but_one_has_taken_may_not(name: str) -> None:
    limited = forgetful(of(name))
    (clause,) = (each for each in limited.clauses if each.name == "no-gap")

    result = decided(kept(limited, forgets(sparing=True), clause), [Z3], 10, streams=True)

    assert result.status is Status.REFUTED


@pytest.mark.parametrize("name", ["documented", "textbook", "paper"])
def test_under_broadcast_who_takes_only_what_its_clock_covers_skips_nothing(name: str) -> None:
    """One line mends it: an answer to another, above my clock, is not taken."""
    mended = overhear_below(of(name))

    for clause in of(name).clauses:
        obligation = kept(of(name), mended, clause)
        result = decided(obligation, BOTH, 10, streams=of(name).medium.streams)
        assert result.status is Status.PROVED, clause.name
    assert "overhear" in DROPPED
