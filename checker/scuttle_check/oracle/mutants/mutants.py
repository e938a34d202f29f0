"""Mutants: each profile with one rule replaced, as data.

A mutant is what an implementation with one mistake does. An oracle or a set of vectors that lets
one pass does not test that rule. What replaces a rule is a rule of another profile, or one of the
mistakes in :mod:`wrong_keeping` and :mod:`wrong_talking`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from scuttle_check.gossip.explain import clauses_of
from scuttle_check.oracle.mutants import wrong_keeping as keeping
from scuttle_check.oracle.mutants import wrong_talking as talking
from scuttle_ref import relatives, rules
from scuttle_ref.profile import Profile, decision_points, rule_of
from scuttle_ref.profiles import GOSSIPER, PLASMID, PROFILES, SCUTTLEBUTT, TXGOSSIP

Rule: TypeAlias = Callable[..., Any]


@frozen
class Mutant:
    """The profile `base` with `rule` at the decision point `point`."""

    base: Profile
    point: str
    rule: Rule

    @property
    def name(self) -> str:
        """Its stable id: ``documented/pace/pace_last``."""
        return f"{self.base.name}/{self.point}/{self.rule.__name__}"

    @property
    def called(self) -> tuple[str, str]:
        """What it is called where its profile is known: ``pace=pace_last``, or ``pace_last``."""
        return f"{self.point}={self.rule.__name__}", self.rule.__name__

    @property
    def profile(self) -> Profile:
        """The profile with the wrong rule, named for it."""
        changes: dict[str, Any] = {self.point: self.rule, "name": self.name}
        return attrs.evolve(self.base, **changes)

    @property
    def mistake(self) -> str:
        """What an implementation with this mistake does, for "an implementation that ..."."""
        said = (inspect.getdoc(self.rule) or "").partition("\n")[0].rstrip(".")
        if self.rule.__module__.startswith("scuttle_check."):
            return said[:1].lower() + said[1:]
        return f'follows another rule ("{said}")'

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that it breaks: those of the rule it has not."""
        return tuple(clauses_of(rule_of(self.base, self.point), self.base.name))


WRONG: dict[str, tuple[Rule, ...]] = {
    "stamp": (
        rules.stamp_next,
        rules.stamp_saturating,
        keeping.stamp_seven,
        keeping.stamp_what_is_seen,
        keeping.stamp_skipping,
        keeping.stamp_counting_writes,
    ),
    "witness": (
        rules.witness_lamport,
        rules.witness_counting,
        rules.witness_join,
        keeping.witness_overshooting,
        keeping.witness_nothing_foreign,
        keeping.witness_only_the_last,
        keeping.witness_without_step,
        keeping.witness_overwriting,
    ),
    "admit": (
        rules.admit_unremembered,
        rules.admit_all,
        rules.admit_above_clock,
        keeping.admit_nothing,
        keeping.admit_foreign,
        keeping.admit_above_everything,
    ),
    "place": (
        rules.place_shared,
        rules.place_owned,
        keeping.place_by_length,
        keeping.place_by_source_only,
    ),
    "prefer": (
        rules.prefer_resolver,
        rules.prefer_latest_arrival,
        rules.prefer_newest,
        keeping.prefer_smallest,
        keeping.prefer_by_version,
        keeping.prefer_by_version_or_tie,
        keeping.prefer_own,
        keeping.prefer_nothing,
    ),
    "retain": (
        rules.retain_newest,
        rules.retain_as_shipped,
        rules.retain_current,
        keeping.retain_last_only,
        keeping.retain_in_front,
        keeping.retain_foreign_only,
        keeping.retain_twice,
        relatives.retain_everything,
        keeping.retain_one_more,
        keeping.retain_oldest,
        keeping.retain_latest_per_key,
    ),
    "enlist": (
        rules.enlist_sorted,
        rules.enlist_as_object_keys,
        keeping.enlist_nobody,
        keeping.enlist_reversed,
    ),
    "relay": (rules.relay_nothing, keeping.relay_echo),
    "advertise": (
        rules.advertise_clock,
        rules.advertise_written,
        rules.advertise_ticking,
        talking.advertise_too_much,
        talking.advertise_without_done,
        talking.advertise_forgetting,
        talking.advertise_others,
        talking.advertise_cut,
    ),
    "session": (rules.session_per_peer, rules.session_per_process),
    "mention": (
        rules.mention_source,
        rules.mention_mark,
        talking.mention_everybody,
        talking.mention_nobody,
        talking.mention_last,
        talking.mention_last_mark,
        talking.mention_lowest,
    ),
    "answer": (
        rules.answer_news,
        rules.answer_later,
        talking.answer_off_by_one,
        talking.answer_inclusive,
        talking.answer_everything,
        talking.answer_of_all_sources,
    ),
    "fill": (
        rules.fill_in_sort_order,
        rules.fill_by_source,
        rules.fill_in_delta_order,
        talking.fill_nothing,
        talking.fill_everything,
        talking.fill_foreign,
    ),
    "pace": (
        rules.pace_prefix,
        rules.pace_everything,
        rules.pace_first,
        rules.pace_high_water_mark,
        talking.pace_without_the_first,
        talking.pace_backwards,
        talking.pace_one_more,
        talking.pace_last,
    ),
    "close": (
        rules.close_silent,
        rules.close_with_digest,
        talking.close_always,
        talking.close_with_done,
    ),
    "connect": (rules.connect_afresh, rules.connect_unmoved, keeping.connect_forgetting_all),
    "disconnect": (
        rules.disconnect_forgetting,
        rules.disconnect_unmoved,
        keeping.disconnect_forgetting_all,
    ),
}
"""What may stand at each decision point, right for some profile or wrong for all."""

LINES = "neighbouring lines of a digest have no order (EXCH-7)"
BATCH = "every answer is one batch in version order, so all cut it at the same place"
ADMITTED = "only versions above the clock are let in, so no older update arrives"
OWNED = "every update of an owned key that is let in is the newest of that key"

EQUIVALENT: dict[str, str] = {
    "documented/enlist/enlist_as_object_keys": LINES,
    "documented/enlist/enlist_reversed": LINES,
    "documented/pace/pace_first": BATCH,
    "documented/pace/pace_high_water_mark": BATCH,
    "as-shipped/mention/mention_source": "a source named twice is as good as named once",
    "textbook/witness/witness_overwriting": ADMITTED,
    "textbook/enlist/enlist_as_object_keys": LINES,
    "textbook/enlist/enlist_reversed": LINES,
    "paper/stamp/stamp_counting_writes": "the latest own write is always remembered",
    "paper/witness/witness_overwriting": ADMITTED,
    "paper/prefer/prefer_latest_arrival": OWNED,
    "paper/prefer/prefer_by_version": OWNED,
    "paper/prefer/prefer_by_version_or_tie": OWNED,
    "paper/prefer/prefer_own": OWNED,
    "paper/enlist/enlist_as_object_keys": LINES,
    "paper/enlist/enlist_reversed": LINES,
    "paper/pace/pace_prefix": BATCH,
    "paper/pace/pace_high_water_mark": BATCH,
}
"""Mutants that nobody who talks to a node can tell from their profile, and why.

As far as the configurations and conversations of :mod:`distinguish` go: sort is by version and
source, and both limits are given.
"""

UNREAD = "no clock is read here"
CLOSED = "no session is open here"
UNCUT = "a relative has no mtu and no bound on history"
LONGER = "only longer conversations than those of distinguish tell"

_OF_ALL_RELATIVES = {
    "witness/witness_overwriting": ADMITTED,
    "enlist/enlist_as_object_keys": LINES,
    "enlist/enlist_reversed": LINES,
    "pace/pace_prefix": UNCUT,
    "pace/pace_first": UNCUT,
    "pace/pace_high_water_mark": UNCUT,
    "pace/pace_one_more": UNCUT,
    "pace/pace_last": UNCUT,
}
_OF_OWNED_KEYS = {
    "stamp/stamp_wall_clock": UNREAD,
    "prefer/prefer_resolver": OWNED,
    "prefer/prefer_latest_arrival": OWNED,
    "prefer/prefer_by_version": OWNED,
    "prefer/prefer_by_version_or_tie": OWNED,
    "prefer/prefer_own": OWNED,
    "relay/relay_applied": CLOSED,
    "relay/relay_to_the_first": CLOSED,
    "relay/relay_losers_too": CLOSED,
    "relay/relay_without_echo": CLOSED,
}
_OF_ONE = {
    "scuttlebutt": {
        "mention/mention_last_mark": LONGER,
        "mention/mention_lowest": LONGER,
    },
    "plasmid": {
        "advertise/advertise_cut": UNCUT,
        "stamp/stamp_saturating": LONGER,
        "retain/retain_newest": UNCUT,
        "retain/retain_as_shipped": UNCUT,
        "retain/retain_one_more": UNCUT,
        "retain/retain_oldest": UNCUT,
        "retain/retain_in_front": "an answer is put in version order again",
        "mention/mention_last_mark": LONGER,
        "mention/mention_lowest": LONGER,
    },
    "gossiper": {
        "retain/retain_latest_per_key": LONGER,
        "retain/retain_value": LONGER,
    },
}
_OF_ONE["txgossip"] = _OF_ONE["gossiper"]

EQUIVALENT |= {
    f"{profile}/{mutant}": reason
    for profile, own in _OF_ONE.items()
    for mutant, reason in {
        **_OF_ALL_RELATIVES,
        **({} if profile == "scuttlebutt" else _OF_OWNED_KEYS),
        **own,
    }.items()
}

OF_THE_PROCESS = "what the process remembers is of no connection"

EQUIVALENT |= {
    "as-shipped/connect/connect_afresh": OF_THE_PROCESS,
    "as-shipped/disconnect/disconnect_forgetting": OF_THE_PROCESS,
}

WRONG_OF_RELATIVES: dict[str, tuple[Rule, ...]] = {
    "stamp": (relatives.stamp_wall_clock,),
    "admit": (relatives.admit_known_above_clock,),
    "retain": (relatives.retain_value,),
    "relay": (
        relatives.relay_applied,
        keeping.relay_to_the_first,
        keeping.relay_losers_too,
        keeping.relay_without_echo,
    ),
    "advertise": (relatives.advertise_opening, relatives.advertise_acquainted),
    "fill": (relatives.fill_named,),
    "close": (relatives.close_opening, relatives.close_requesting, relatives.close_acquainted),
}
"""What may stand there besides in a profile of another implementation."""

RELATIVES = (SCUTTLEBUTT, PLASMID, GOSSIPER, TXGOSSIP)


def candidates(profile: Profile) -> tuple[Mutant, ...]:
    """Every mutant of a profile, also those that are equivalent to it."""
    return tuple(
        Mutant(profile, point, rule)
        for point in decision_points()
        for rule in _choices(profile, point)
        if rule is not rule_of(profile, point)
    )


def _choices(profile: Profile, point: str) -> tuple[Rule, ...]:
    more = WRONG_OF_RELATIVES.get(point, ()) if profile in RELATIVES else ()
    return WRONG[point] + more


MUTANTS: tuple[Mutant, ...] = tuple(
    mutant
    for profile in PROFILES.values()
    for mutant in candidates(profile)
    if mutant.name not in EQUIVALENT
)
"""The mutants that can be told from their profile, in the order of profiles and points."""
