"""Every reduction gives the answers of the unreduced search, on generated models of every profile.

Each model is explored once without a reduction, and what was seen there is compared with what two
of the reductions see that are sound for it. Each rule has a witness and a mutant of its own
elsewhere (test_quotient, test_stubborn, test_symmetry); random models alone would miss some.
"""

from __future__ import annotations

import os
from collections import Counter
from types import ModuleType

import pytest
from unreduced import PIECES, QUIESCENT, TERMINAL, Unreduced, sound_for

TIMES = int(os.environ.get("SCUTTLE_EXAMPLES", "1"))
"""How many times as many models are compared: more in a run of its own (decision 0042)."""

COMPARED = [
    *(("textbook", part, 100) for part in range(2)),
    *(("documented", part, 90) for part in range(2)),
    *(("paper", 0, 60), ("as-shipped", 0, 20), ("scuttlebutt", 0, 24), ("plasmid", 0, 20)),
]
"""Profiles, parts of their models, and how many are compared: 500 in all."""

USED = {
    "textbook": set(PIECES),
    "documented": set(PIECES) - {"symmetry", "stubborn+symmetry"},
    "paper": {"quotient", "quotient+symmetry"},
    "as-shipped": {"symmetry"},
    "scuttlebutt": {"quotient"},
    "plasmid": {"quotient"},
}
"""The reductions that are sound for some model of a profile, and so are compared."""


@pytest.mark.parametrize(("profile", "part", "wanted"), COMPARED)
def test_reductions_keep_vectors_and_verdicts(
    drawn: ModuleType, profile: str, part: int, wanted: int
) -> None:
    """Vectors of node states, all and quiescent, and every verdict, are those of the full search.

    Spec: RED-2, RED-3, RED-4, RED-5, RED-6, RED-9, RED-10, RED-11, RED-12, RED-13, RED-15, SYM-3.
    """
    shapes: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for number, experiment in drawn.models(profile, part, 2):
        if shapes.total() == wanted * TIMES:
            break
        sound = sound_for(experiment)
        plain = Unreduced(experiment) if sound else None
        if plain is None or not plain.stats.complete:
            continue
        shapes[experiment.topology.name] += 1
        for reduction in {sound[number % len(sound)], sound[(number // 7 + 1) % len(sound)]}:
            plain.compare(reduction, certify=number % (8 if "stubborn" in reduction else 3) == 0)
            used[reduction] += 1
        if any("stubborn" in reduction for reduction in sound):
            assert plain.vectors[TERMINAL] == plain.vectors[QUIESCENT]  # RED-15
    assert set(shapes) == {shape.name for shape in drawn.SHAPES}
    assert set(used) == USED[profile]


@pytest.mark.parametrize("profile", ["gossiper", "txgossip"])
def test_no_reduction_is_sound_for_who_answers_acquaintances_alone(
    drawn: ModuleType, profile: str
) -> None:
    """Whom they know decides what they take; no claim says anything about that. Spec: RED-1."""
    assert not any(sound_for(drawn.model(profile, number)) for number in range(30))
