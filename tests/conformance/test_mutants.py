"""The mutants that conformance is measured with."""

from __future__ import annotations

import pytest

from scuttle_check.oracle.mutants.mutants import EQUIVALENT, MUTANTS, candidates
from scuttle_ref.profile import Profile, decision_points, deviations
from scuttle_ref.profiles import PROFILES


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_every_rule_of_every_profile_has_a_mutant(profile: Profile) -> None:
    """A rule without one is a claim that no test of an implementation can fail."""
    points = {mutant.point for mutant in MUTANTS if mutant.base is profile}
    assert points == set(decision_points())


def test_a_mutant_differs_from_its_profile_in_one_rule() -> None:
    """Else a failure could not be traced to a clause; and it must be one that code cites."""
    for mutant in MUTANTS:
        assert [each.point for each in deviations(mutant.base, mutant.profile)] == [mutant.point]
        assert mutant.clauses, mutant.name
        assert mutant.mistake, mutant.name


def test_what_is_set_aside_as_equivalent_is_a_candidate() -> None:
    """A name that no longer exists would hide that its reason is out of date."""
    names = [mutant.name for profile in PROFILES.values() for mutant in candidates(profile)]
    assert len(set(names)) == len(names)
    assert EQUIVALENT.keys() <= set(names)
    assert len(MUTANTS) == len(names) - len(EQUIVALENT)
