"""Seeded bugs: a profile with one wrong rule is refuted, each by the property made for it.

A property that no wrong rule can break protects nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from attrs import field, frozen

from checker.scuttlebutt.experiment import Setup
from checker.verdict import Kind, Report, Verdict
from scuttle_ref import rules
from scuttle_ref.config import Config
from scuttle_ref.history import History
from scuttle_ref.messages import Delta, Digest, Message, Update
from scuttle_ref.names import ANSWERED, UNBOUNDED, NodeId, Place, Version
from scuttle_ref.profile import Profile
from scuttle_ref.profiles import AS_SHIPPED, DOCUMENTED, PAPER, TEXTBOOK
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import GossipView
from scuttle_ref.state import Marks, NodeState
from scuttle_ref.version_vector import VersionVector

# --- wrong rules, in the order of the decision points ------------------------------------------


def stamp_seven(_state: NodeState) -> Version:
    return 7


def stamp_what_is_seen(state: NodeState) -> Version:
    return max(1, int(state.clock.get(state.id)))


def witness_overshooting(state: NodeState, update: Update) -> VersionVector:
    own = update.source_id == state.id
    return state.clock.raised(update.source_id, update.version + (not own))


def witness_nothing_foreign(state: NodeState, update: Update) -> VersionVector:
    return rules.witness_join(state, update) if update.source_id == state.id else state.clock


def witness_only_the_last(state: NodeState, update: Update) -> VersionVector:
    return VersionVector().raised(state.id, 0).raised(update.source_id, update.version)


def place_by_length(update: Update) -> Place:
    return ("k" * len(update.key),)


def prefer_smallest(view: GossipView, update: Update, _config: Config) -> bool:
    stored = view.get(update.key)
    return not stored.source_id or (update.version, update.source_id) < (
        stored.version,
        stored.source_id,
    )


def prefer_by_version(view: GossipView, update: Update, _config: Config) -> bool:
    return update.version > view.get(update.key).version


def prefer_own(view: GossipView, update: Update, config: Config) -> bool:
    own = view.get(update.key).source_id == view.id
    return update.source_id == view.id or (
        not own and rules.prefer_newest(view, update, config) is True
    )


def retain_last_only(_history: History, update: Update, _config: Config) -> tuple[History, Delta]:
    return History((update,)), ()


def retain_in_front(history: History, update: Update, _config: Config) -> tuple[History, Delta]:
    return History((update, *history.updates)), ()


def retain_foreign_only(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    longer, forgotten = rules.retain_newest(history, update, config)
    return (longer, forgotten) if update.version > 1 else (history, (update,))


def retain_twice(history: History, update: Update, config: Config) -> tuple[History, Delta]:
    return rules.retain_newest(history, update, config)[0].with_update(update, config.sort), ()


def advertise_too_much(
    state: NodeState, order: tuple[NodeId, ...], config: Config
) -> tuple[VersionVector, tuple[Message, ...]]:
    clock, messages = rules.advertise_clock(state, order, config)
    raised = [attrs.evolve(m, version=m.version + 1) if isinstance(m, Digest) else m
              for m in messages]  # fmt: skip
    return clock, tuple(raised)


def advertise_without_done(
    state: NodeState, order: tuple[NodeId, ...], config: Config
) -> tuple[VersionVector, tuple[Message, ...]]:
    clock, messages = rules.advertise_clock(state, order, config)
    return clock, messages[:-1]


def advertise_forgetting(
    state: NodeState, order: tuple[NodeId, ...], config: Config
) -> tuple[VersionVector, tuple[Message, ...]]:
    _, messages = rules.advertise_clock(state, order, config)
    return VersionVector(((state.id, 0),)), messages


def mention_everybody(_marks: Marks, _digest: Digest) -> Marks:
    return tuple((node, ANSWERED) for node in "ABC")


def mention_nobody(_marks: Marks, _digest: Digest) -> Marks:
    return ()


def answer_off_by_one(state: NodeState, digest: Digest) -> tuple[Delta, ...]:
    return (state.history.news(digest.source_id, digest.version + 1),)


def fill_nothing(_state: NodeState, _marks: Marks, _config: Config) -> tuple[Delta, ...]:
    return ()


def pace_without_the_first(batches: tuple[Delta, ...], _config: Config) -> Delta:
    return tuple(update for batch in batches for update in batch[len(batch) // 2 :])


def pace_backwards(batches: tuple[Delta, ...], _config: Config) -> Delta:
    return tuple(update for batch in batches for update in reversed(batch))


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
    Mutant(TEXTBOOK, "stamp", stamp_seven, "unique-versions", KEYS),
    Mutant(TEXTBOOK, "stamp", stamp_seven, "history-sound", KEYS),
    Mutant(DOCUMENTED, "stamp", stamp_what_is_seen, "unique-versions", KEYS),
    Mutant(TEXTBOOK, "witness", witness_overshooting, "clock-within-issued", "A set k=1"),
    Mutant(TEXTBOOK, "witness", witness_nothing_foreign, "entries-below-clock", "A set k=1"),
    Mutant(TEXTBOOK, "witness", witness_only_the_last, "clocks-monotone"),
    Mutant(TEXTBOOK, "admit", rules.admit_all, "history-sound", "A set k=1", "line:2",
           {"exchanges": 2}),
    Mutant(TEXTBOOK, "place", place_by_length, "provenance", "A set jj=1"),
    Mutant(TEXTBOOK, "prefer", prefer_smallest, "winner-or-ahead"),
    Mutant(TEXTBOOK, "prefer", prefer_by_version, "agreement"),
    Mutant(TEXTBOOK, "prefer", prefer_own, "agreement"),
    Mutant(TEXTBOOK, "prefer", rules.prefer_latest_arrival, "agreement"),
    Mutant(TEXTBOOK, "retain", retain_last_only, "agreement", KEYS),
    Mutant(TEXTBOOK, "retain", retain_in_front, "history-sound", KEYS),
    Mutant(TEXTBOOK, "retain", retain_twice, "history-sound", "A set k=1"),
    Mutant(TEXTBOOK, "retain", retain_foreign_only, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", advertise_too_much, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", advertise_without_done, "agreement", KEYS),
    Mutant(DOCUMENTED, "advertise", advertise_forgetting, "clocks-monotone", KEYS),
    Mutant(DOCUMENTED, "mention", mention_everybody, "agreement", KEYS),
    Mutant(AS_SHIPPED, "mention", mention_nobody, "own-writes-kept", "A set k=1; A set k=2"),
    Mutant(TEXTBOOK, "answer", answer_off_by_one, "agreement", KEYS),
    Mutant(TEXTBOOK, "fill", fill_nothing, "agreement", KEYS),
    Mutant(PAPER, "fill", fill_nothing, "agreement", KEYS),
    Mutant(TEXTBOOK, "pace", pace_without_the_first, "no-gap", KEYS),
    Mutant(TEXTBOOK, "pace", pace_without_the_first, "agreement", KEYS),
    Mutant(TEXTBOOK, "pace", pace_backwards, "winner-or-ahead", KEYS),
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
    rule = {"mention": mention_nobody, "session": rules.session_per_process}[point]
    gossip = Gossip(attrs.evolve(TEXTBOOK, **{point: rule}), Config(max_history=UNBOUNDED))
    report = explore(build("line:3", SWAP, gossip=gossip, exchanges=1))
    assert refuted(report) == set()
