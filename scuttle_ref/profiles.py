"""The profiles: four readings of one protocol, and four of its relatives."""

from __future__ import annotations

import attrs

from scuttle_ref import relatives, rules
from scuttle_ref.profile import Profile

DOCUMENTED = Profile(
    name="documented",
    summary="what the README of simple-scuttle promises, each ambiguity decided",
    stamp=rules.stamp_next,
    witness=rules.witness_lamport,
    admit=rules.admit_unremembered,
    place=rules.place_shared,
    prefer=rules.prefer_resolver,
    retain=rules.retain_newest,
    enlist=rules.enlist_sorted,
    relay=rules.relay_nothing,
    advertise=rules.advertise_clock,
    session=rules.session_per_peer,
    mention=rules.mention_source,
    answer=rules.answer_news,
    fill=rules.fill_in_sort_order,
    pace=rules.pace_prefix,
    close=rules.close_silent,
    connect=rules.connect_afresh,
    disconnect=rules.disconnect_forgetting,
)
"""Spec: PROF-3."""

AS_SHIPPED = attrs.evolve(
    DOCUMENTED,
    name="as-shipped",
    summary="what simple-scuttle 3.0.2 does on well-formed input, flaws included",
    stamp=rules.stamp_saturating,
    witness=rules.witness_counting,
    admit=rules.admit_all,
    prefer=rules.prefer_latest_arrival,
    retain=rules.retain_as_shipped,
    enlist=rules.enlist_as_object_keys,
    advertise=rules.advertise_ticking,
    session=rules.session_per_process,
    mention=rules.mention_again,
    fill=rules.fill_by_source,
    pace=rules.pace_high_water_mark,
    connect=rules.connect_unmoved,
    disconnect=rules.disconnect_unmoved,
)
"""Spec: PROF-4."""

TEXTBOOK = attrs.evolve(
    DOCUMENTED,
    name="textbook",
    summary="the smallest Scuttlebutt over shared keys; the highest (version, source) wins, "
    "so a new write may lose",
    witness=rules.witness_join,
    admit=rules.admit_above_clock,
    prefer=rules.prefer_newest,
    advertise=rules.advertise_written,
    pace=rules.pace_everything,
)
"""Spec: PROF-5."""

PAPER = attrs.evolve(
    DOCUMENTED,
    name="paper",
    summary="Scuttlebutt reconciliation of the paper: owned keys, push-pull, one frame per answer",
    witness=rules.witness_join,
    admit=rules.admit_above_clock,
    place=rules.place_owned,
    prefer=rules.prefer_newest,
    retain=rules.retain_current,
    mention=rules.mention_mark,
    answer=rules.answer_later,
    fill=rules.fill_in_delta_order,
    pace=rules.pace_first,
    close=rules.close_with_digest,
    whole_answers=True,
)
"""Spec: PROF-6."""

SCUTTLEBUTT = attrs.evolve(
    TEXTBOOK,
    name="scuttlebutt",
    summary="npm scuttlebutt 5: sessions that stay open, versions of the wall clock",
    stamp=relatives.stamp_wall_clock,
    retain=relatives.retain_value,
    relay=relatives.relay_applied,
    advertise=relatives.advertise_opening,
    mention=rules.mention_mark,
    answer=rules.answer_later,
    close=relatives.close_opening,
)
"""Spec: PROF-7."""

PLASMID = attrs.evolve(
    PAPER,
    name="plasmid",
    summary="npm plasmid: owned keys, pulled over a stream; unnamed sources are left out",
    retain=relatives.retain_everything,
    fill=relatives.fill_named,
    pace=rules.pace_everything,
    close=relatives.close_acquainted,
    whole_answers=False,
)
"""Spec: PROF-7."""

GOSSIPER = attrs.evolve(
    PAPER,
    name="gossiper",
    summary="npm gossiper: owned keys, three messages per exchange, news of known sources only",
    admit=relatives.admit_known_above_clock,
    advertise=relatives.advertise_acquainted,
    fill=relatives.fill_named,
    pace=rules.pace_everything,
    close=relatives.close_requesting,
)
"""Spec: PROF-7."""

TXGOSSIP = attrs.evolve(
    GOSSIPER,
    name="txgossip",
    summary="PyPI txgossip: the rules of gossiper over datagrams",
)
"""Spec: PROF-7."""

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        DOCUMENTED,
        AS_SHIPPED,
        TEXTBOOK,
        PAPER,
        SCUTTLEBUTT,
        PLASMID,
        GOSSIPER,
        TXGOSSIP,
    )
}
"""The profiles by name."""
