"""Which rule of the profile explains a difference, and which clause it breaks.

Laws of this file: what was observed is judged again under the profile with one rule exchanged; a
mutant that accepts everything explains the difference. No live node is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from attrs import frozen

from scuttle_check.gossip.explain import clauses_of
from scuttle_check.oracle.live.acceptor import Acceptor
from scuttle_check.oracle.live.compare import Difference
from scuttle_check.oracle.live.observation import Ambiguous
from scuttle_check.oracle.live.stage import replay
from scuttle_check.oracle.mutants.mutants import candidates
from scuttle_ref.profile import Profile, rule_of

EXPLAINING_MAX = 6
"""How many explaining variants are carried on."""


@frozen
class Diagnosis:
    """The clauses broken, likeliest first; the mistakes that explain everything seen; variants.

    Spec: ORA-9.
    """

    clauses: tuple[str, ...]
    mistakes: tuple[str, ...] = ()
    variants: tuple[Profile, ...] = ()

    @property
    def clause(self) -> str:
        """The clause that the finding is filed under."""
        return self.clauses[0]


def diagnose(
    base: Profile,
    variants: Sequence[Profile],
    difference: Difference,
    journal: Sequence[tuple[str, Any]],
    acceptor: Callable[[Profile], Acceptor],
) -> Diagnosis:
    """Explain a difference that every one of `variants` has. Spec: ORA-9."""
    found: list[tuple[int, str, str, Profile]] = []
    for variant in variants:
        named = attrs.evolve(variant, name=base.name)
        for mutant in candidates(named):
            profile = attrs.evolve(mutant.profile, name=base.name)
            if _explains(acceptor(profile), journal):
                rank = _rank(mutant.point, difference.points)
                found.append((rank, mutant.point, mutant.rule.__name__, profile))
    found.sort(key=lambda each: (each[0], each[2]))
    points = tuple(dict.fromkeys(each[1] for each in found)) or difference.points
    best = [each for each in found if each[1] == points[0]] if found else []
    clauses = (difference.clause,) if difference.clause else _clauses(base, points)
    mistakes = tuple(dict.fromkeys(each[2] for each in best))
    return Diagnosis(clauses, mistakes[:3], tuple(each[3] for each in found[:EXPLAINING_MAX]))


def _rank(point: str, points: tuple[str, ...]) -> int:
    return points.index(point) if point in points else len(points)


def _explains(acceptor: Acceptor, journal: Sequence[tuple[str, Any]]) -> bool:
    try:
        return replay(acceptor, journal) is None
    except Ambiguous:
        return False


def _clauses(base: Profile, points: tuple[str, ...]) -> tuple[str, ...]:
    """The clauses of the rule at the likeliest decision point."""
    for point in points:
        found = clauses_of(rule_of(base, point), base.name)
        if found:
            return tuple(found)
    return ("PROF-1",)
