"""Seeded bugs: a profile with one wrong rule is refuted, each by the property made for it.

A property that no wrong rule can break protects nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from attrs import field, frozen

from scuttle_check.engine.verdict import Kind, Report, Verdict
from scuttle_check.gossip.experiment import Setup
from scuttle_check.oracle.mutants import wrong_keeping as keeping
from scuttle_check.oracle.mutants import wrong_talking as talking
from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK
from scuttle_ref.reducer import Gossip

# --- what must become of them ---------------------------------------------------------------------

SWAP = "A set k=a; B set k=b"
KEYS = "A set k=1; A set j=2"


@frozen
class Mutant:
    """A profile with a rule exchanged, a model, and the property that must refute it."""

    base: Profile
    point: str
    rule: Callable[..., Any]
    refuting: str
    script: str = SWAP
    topology: str = "line:2"
    settings: dict[str, Any] = field(factory=dict)

    def __str__(self) -> str:
        return f"{self.base.name}-{self.rule.__name__}"

    def gossip(self, profile: Profile) -> Gossip:
        """The protocol under `profile`."""
        return Gossip(profile, Config(max_history=UNBOUNDED, mtu=UNBOUNDED))

    @property
    def profile(self) -> Profile:
        """The profile with the wrong rule."""
        return attrs.evolve(self.base, **{self.point: self.rule})


MUTANTS = [
    Mutant(TEXTBOOK, "stamp", keeping.stamp_seven, "unique-versions", KEYS),
    Mutant(TEXTBOOK, "stamp", keeping.stamp_seven, "history-sound", KEYS),
    Mutant(DOCUMENTED, "stamp", keeping.stamp_what_is_seen, "unique-versions", KEYS),
    Mutant(TEXTBOOK, "witness", keeping.witness_overshooting, "clock-within-issued", "A set k=1"),
    Mutant(TEXTBOOK, "witness", keeping.witness_nothing_foreign, "entries-below-clock",
           "A set k=1"),
    Mutant(TEXTBOOK, "witness", keeping.witness_only_the_last, "clocks-monotone"),
    Mutant(TEXTBOOK, "admit", rules.admit_all, "history-sound", "A set k=1", "line:2",
           {"exchanges": 2}),
    Mutant(TEXTBOOK, "place", keeping.place_by_length, "provenance", "A set jj=1"),
    Mutant(TEXTBOOK, "prefer", keeping.prefer_smallest, "winner-or-ahead"),
    Mutant(TEXTBOOK, "prefer", keeping.prefer_by_version, "agreement"),
    Mutant(TEXTBOOK, "prefer", keeping.prefer_own, "agreement"),
    Mutant(TEXTBOOK, "prefer", rules.prefer_latest_arrival, "agreement"),
    Mutant(TEXTBOOK, "retain", keeping.retain_last_only, "agreement", KEYS),
    Mutant(TEXTBOOK, "retain", keeping.retain_in_front, "history-sound", KEYS),
    Mutant(TEXTBOOK, "retain", keeping.retain_twice, "history-sound", "A set k=1"),
    Mutant(TEXTBOOK, "retain", keeping.retain_foreign_only, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", talking.advertise_too_much, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", talking.advertise_without_done, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", talking.advertise_forgetting, "clocks-monotone", KEYS),
    Mutant(DOCUMENTED, "mention", talking.mention_everybody, "agreement", KEYS),
    Mutant(AS_SHIPPED, "mention", talking.mention_nobody, "own-writes-kept",
           "A set k=1; A set k=2"),
    Mutant(TEXTBOOK, "prefer", keeping.prefer_smallest, "writes-survive", "A set k=1; A set k=2"),
    Mutant(TEXTBOOK, "prefer", keeping.prefer_smallest, "writes-take-effect",
           "A set k=1; A set k=2"),
    Mutant(AS_SHIPPED, "mention", talking.mention_nobody, "never-undone", "A set k=1; A set k=2"),
    Mutant(TEXTBOOK, "answer", talking.answer_off_by_one, "agreement", KEYS),
    Mutant(TEXTBOOK, "fill", talking.fill_nothing, "agreement", KEYS),
    Mutant(PAPER, "fill", talking.fill_nothing, "agreement", KEYS),
    Mutant(TEXTBOOK, "pace", talking.pace_without_the_first, "no-gap", KEYS),
    Mutant(TEXTBOOK, "pace", talking.pace_without_the_first, "agreement", KEYS),
    Mutant(TEXTBOOK, "pace", talking.pace_backwards, "winner-or-ahead", KEYS),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant}-{mutant.refuting}")
def test_a_wrong_rule_is_refuted_by_the_property_made_for_it(
    build: Callable[..., Setup], hunt: Callable[[Setup, str], tuple[Verdict, int]], mutant: Mutant
) -> None:
    """Found within a few hundred worlds, with a schedule that a person can follow."""
    gossip = mutant.gossip(mutant.profile)
    setup = build(mutant.topology, mutant.script, gossip=gossip, **mutant.settings)
    verdict, worlds = hunt(setup, mutant.refuting)
    assert verdict.kind is Kind.REFUTED
    assert len(verdict.schedule or ()) <= 12
    assert worlds <= 700


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant}-{mutant.refuting}")
def test_the_right_rule_passes_in_the_same_model(
    build: Callable[..., Setup], explore: Callable[[Setup], Report], mutant: Mutant
) -> None:
    """The control: the property is exercised there, and it is the rule that breaks it."""
    gossip = mutant.gossip(mutant.base)
    setup = build(mutant.topology, mutant.script, gossip=gossip, **mutant.settings)
    assert explore(setup).verdict(mutant.refuting).kind is Kind.HOLDS


def test_every_always_property_has_a_mutant_that_it_refutes(build: Callable[..., Setup]) -> None:
    """A new property must come with the mistake that it is there to find."""
    refutable = {each.name for each in build("line:2", SWAP).properties} - {"data-moved"}
    assert {mutant.refuting for mutant in MUTANTS} == refutable


@pytest.mark.parametrize("point", ["mention", "session"])
def test_answers_sent_twice_cost_traffic_and_nothing_else(
    build: Callable[..., Setup],
    explore: Callable[[Setup], Report],
    refuted: Callable[[Report], set[str]],
    point: str,
) -> None:
    """Where stale updates are ignored, forgetting what was named breaks no property."""
    rule = {"mention": talking.mention_nobody, "session": rules.session_per_process}[point]
    gossip = Gossip(attrs.evolve(TEXTBOOK, **{point: rule}), Config(max_history=UNBOUNDED))
    report = explore(build("line:3", SWAP, gossip=gossip, exchanges=1))
    assert refuted(report) == {"writes-take-effect"}, "as the profile itself"
