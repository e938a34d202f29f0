"""The rules that each claim was argued for, as data: one choice for every decision of a node.

Laws of this file: a premise names every decision, so that adding one refuses every claim until it
is named here; *anything* stands only where the argument beside it is true of every pure function.
Rules that are only sound together stand in one premise; what else they need of a system stands in
:mod:`scuttle_check.gossip.reductions.admissible`.
"""

from __future__ import annotations

from scuttle_check.gossip.reductions.premises import Anything, Premise
from scuttle_ref import order, relatives, rules

_UNSENT = Anything("it decides what is said, and what is remembered of a digest, and no more")
_STORED = Anything("which value is stored does not decide what is news")
_ORDERED = Anything("in which order updates are kept or sent does not decide what is news")
_ASKED_BELOW = Anything("it is asked about what is taken; a need looks at what is taken twice")
_UNREAD = Anything("no rule of this premise reads it")
_WRITERS = Anything("it is shown values and updates, and only of writers, whom nothing renames")

_CLIMBING = (
    *(rules.advertise_clock, rules.advertise_written, rules.advertise_ticking),
    *(relatives.advertise_opening, relatives.advertise_acquainted),
)
"""Rules of `advertise` under which no clock entry falls."""

_ENDING = (
    *(rules.close_silent, rules.close_with_digest),
    *(relatives.close_opening, relatives.close_requesting, relatives.close_acquainted),
)
"""The same of `close`."""

_WITNESSES = (rules.witness_join, rules.witness_lamport, rules.witness_counting)
_ENLISTING = (rules.enlist_sorted, rules.enlist_as_object_keys)
_PLACES = (rules.place_shared, rules.place_owned)
_PACES = (rules.pace_everything, rules.pace_prefix, rules.pace_first)
_DELTA_ORDERS = (order.scuttle_depth, order.scuttle_breadth)

_CONNECTING = {
    "connect": (rules.connect_afresh, rules.connect_unmoved),
    "disconnect": (rules.disconnect_forgetting, rules.disconnect_unmoved),
}
"""Rules that move no clock, no history and no store, and nothing of another peer."""

# --- what is ignored: an update that a node refuses now it refuses always -------------------------

IGNORED_BY_CLOCK: Premise = {
    **_CONNECTING,
    "stamp": Anything("a write is witnessed as an update is, and moves no clock down"),
    "witness": _WITNESSES,
    "admit": (rules.admit_above_clock,),
    "place": _STORED,
    "prefer": _STORED,
    "retain": Anything("only the clock decides what is news, never history"),
    "enlist": _ORDERED,
    "relay": Anything("only what is taken is passed on"),
    "advertise": _CLIMBING,
    "session": _UNSENT,
    "mention": _UNSENT,
    "answer": _UNSENT,
    "fill": _UNSENT,
    "pace": _UNSENT,
    "close": _ENDING,
    "resolve": _STORED,
    "sort": _ORDERED,
    "value_order": _STORED,
    "delta_order": _ORDERED,
}
IGNORED_BY_HISTORY: Premise = {
    **IGNORED_BY_CLOCK,
    "stamp": (rules.stamp_next, relatives.stamp_wall_clock),
    "admit": (rules.admit_unremembered,),
    "place": _PLACES,
    "prefer": (rules.prefer_resolver, rules.prefer_newest),
    "retain": (rules.retain_newest,),
    "enlist": _ENLISTING,
    "relay": (rules.relay_nothing,),
    "resolve": _ASKED_BELOW,
    "sort": _ASKED_BELOW,
    "value_order": _ASKED_BELOW,
}
IGNORED = (IGNORED_BY_CLOCK, IGNORED_BY_HISTORY)

# --- no gaps: a clock entry says that everything up to it was taken, or that it is ignored --------

GAPLESS_BY_HISTORY: Premise = {
    **IGNORED_BY_HISTORY,
    "stamp": (rules.stamp_next,),
    "witness": (rules.witness_join, rules.witness_lamport),
    "advertise": (rules.advertise_clock, rules.advertise_written),
    "session": (rules.session_per_peer,),
    "mention": (rules.mention_source, rules.mention_mark),
    "answer": (rules.answer_news, rules.answer_later),
    "fill": (rules.fill_in_sort_order, rules.fill_in_delta_order),
    "pace": _PACES,
    "close": (rules.close_silent, rules.close_with_digest),
    "sort": (order.by_version_and_source,),
    "delta_order": _DELTA_ORDERS,
}
GAPLESS = (IGNORED_BY_CLOCK, GAPLESS_BY_HISTORY)

# --- asking: a digest is answered with what lies above its lines, and leaves nothing else behind --

_LINE_BY_LINE: Premise = {
    "advertise": (rules.advertise_clock, rules.advertise_written),
    "enlist": _ENLISTING,
    "relay": (rules.relay_nothing,),
    "session": (rules.session_per_peer,),
    "mention": (rules.mention_source,),
    "answer": (rules.answer_news,),
    "fill": (rules.fill_in_sort_order,),
    "pace": _PACES,
    "close": (rules.close_silent, rules.close_with_digest),
    "delta_order": _UNREAD,
}
"""Each line is answered at once, and the rest at the end, in the order of history."""

_AS_A_WHOLE: Premise = {
    **_LINE_BY_LINE,
    "prefer": (rules.prefer_newest,),
    "mention": (rules.mention_mark,),
    "answer": (rules.answer_later,),
    "fill": (rules.fill_in_delta_order,),
    "delta_order": _DELTA_ORDERS,
}
"""The digest is answered in one frame, in an order that what is asked in excess may change: the
newest update of a key wins whatever the order."""

ASKING = tuple(
    {**taking, **asking}
    for taking in (IGNORED_BY_CLOCK, GAPLESS_BY_HISTORY)
    for asking in (_LINE_BY_LINE, _AS_A_WHOLE)
)

_COUNTED: Premise = {"stamp": (rules.stamp_next,), "witness": (rules.witness_join,)}
"""Versions are dense, so that a clock entry tells how many updates were stamped."""

FINISHING = tuple(
    {**premise, **(_COUNTED if premise["admit"] == (rules.admit_above_clock,) else {})}
    for premise in ASKING
)
SATURATING = tuple({**premise, "close": (rules.close_silent,)} for premise in FINISHING)

# --- stubborn sets: what depends on the order of two steps of one node ----------------------------

STUBBORN_BY_HISTORY: Premise = {
    **_CONNECTING,
    "stamp": (rules.stamp_next,),
    "witness": (rules.witness_join, rules.witness_lamport),
    "admit": (rules.admit_unremembered,),
    "place": (rules.place_shared,),
    "prefer": (rules.prefer_newest, rules.prefer_resolver),
    "retain": (rules.retain_newest,),
    "enlist": (rules.enlist_sorted,),
    "relay": (rules.relay_nothing,),
    "advertise": (rules.advertise_written, rules.advertise_clock),
    "session": (rules.session_per_peer,),
    "mention": (rules.mention_source,),
    "answer": (rules.answer_news,),
    "fill": (rules.fill_in_sort_order,),
    "pace": (rules.pace_everything, rules.pace_prefix),
    "close": (rules.close_silent,),
    "resolve": Anything("a need knows the resolvers, where one is asked"),
    "sort": (order.by_version_and_source,),
    "value_order": Anything("it compares two values, which are what they are in either order"),
    "delta_order": _UNREAD,
}
STUBBORN = (
    {**STUBBORN_BY_HISTORY, **_COUNTED, "admit": (rules.admit_above_clock,)},
    STUBBORN_BY_HISTORY,
)

# --- symmetry: nothing that a node does depends on what a node that never writes is called --------

NAMELESS: Premise = {
    **_CONNECTING,
    "stamp": (rules.stamp_next, rules.stamp_saturating, relatives.stamp_wall_clock),
    "witness": _WITNESSES,
    "admit": (
        *(rules.admit_above_clock, rules.admit_unremembered, rules.admit_all),
        relatives.admit_known_above_clock,
    ),
    "place": _PLACES,
    "prefer": (rules.prefer_newest, rules.prefer_resolver, rules.prefer_latest_arrival),
    "retain": (
        *(rules.retain_newest, rules.retain_as_shipped, rules.retain_current),
        *(relatives.retain_value, relatives.retain_everything),
    ),
    "enlist": _ENLISTING,
    "relay": (rules.relay_nothing,),
    "advertise": (rules.advertise_clock, rules.advertise_written, rules.advertise_ticking),
    "session": (rules.session_per_peer, rules.session_per_process),
    "mention": (rules.mention_source, rules.mention_mark, rules.mention_again),
    "answer": (rules.answer_news, rules.answer_later),
    "fill": (
        *(rules.fill_in_sort_order, rules.fill_in_delta_order, rules.fill_by_source),
        relatives.fill_named,
    ),
    "pace": (*_PACES, rules.pace_high_water_mark),
    "close": (rules.close_silent, rules.close_with_digest),
    "resolve": Anything("a need knows the resolvers, where one is asked"),
    "sort": _WRITERS,
    "value_order": _WRITERS,
    "delta_order": _WRITERS,
}
