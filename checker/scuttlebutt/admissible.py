"""Which rules of the quotient are sound where, as data: each rule with what it needs.

Laws of this file: a *need* looks at a profile's rules, a configuration and a system, and gives the
reason why it is not met, or None. A rule holds where all its needs are met; no need asks which
profile it is looking at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from checker.actors import System
from checker.outages import Comeback
from checker.scuttlebutt.actor import Restart
from scuttle_ref import rules
from scuttle_ref.messages import Put
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import by_version_and_source
from scuttle_ref.profile import rule_of
from scuttle_ref.reducer import Gossip
from scuttle_ref.resolvers import first_writer, lww_total, max_value

Need: TypeAlias = Callable[[Gossip, System], str | None]

JOINS = (lww_total, max_value, first_writer)
"""Resolvers that change nothing when they are asked about an update a second time."""


@frozen
class Rule:
    """A rule of the quotient: its name, its clause, what it leaves out, and what it needs."""

    name: str
    clause: str
    leaves_out: str
    needs: tuple[Need, ...]

    def refusal(self, gossip: Gossip, system: System) -> str | None:
        """Why the rule would be unsound, or None where it is sound."""
        reasons = (need(gossip, system) for need in self.needs)
        return next((reason for reason in reasons if reason is not None), None)


def _one_of(point: str, *sound: Callable[..., object]) -> Need:
    """That the profile has chosen one of these rules at a decision point."""

    def need(gossip: Gossip, _system: System) -> str | None:
        rule = rule_of(gossip.profile, point)
        if rule in sound:
            return None
        return f"the rule {rule.__name__} of profile {gossip.profile.name}"

    return need


# --- what becomes of a node and its clock ---------------------------------------------------------


def no_scripted_restart(_gossip: Gossip, system: System) -> str | None:
    """A clock moves back while messages to it are in flight. (A crash loses them.)"""
    commands = (command for script in system.script for command in script)
    if any(isinstance(command, Restart) for command in commands):
        return "a restart with amnesia in the script, which moves a clock back"
    return None


def nothing_is_forgotten_in_crashes(_gossip: Gossip, system: System) -> str | None:
    """What a node knows it knows for ever, and its id is that of the script."""
    outages = system.outages
    if outages.crashes and outages.comeback is not Comeback.PERSISTED:
        return f"crashes with restart {outages.comeback.value}, after which nodes ask again"
    return None


def losses_while_awake(_gossip: Gossip, system: System) -> str | None:
    """What does nothing can be delivered before a frame behind it is lost."""
    if system.outages.pauses and system.network.losses:
        return "losses on the way to nodes that pause"
    return None


# --- what a node remembers ------------------------------------------------------------------------


def history_keeps_all(gossip: Gossip, system: System) -> str | None:
    """History has room for every update that can ever be stamped."""
    if gossip.profile.retain is not rules.retain_newest:
        return f"the rule {rule_of(gossip.profile, 'retain').__name__}, which forgets updates"
    room = gossip.config.max_history or rules.HISTORY_DEFAULT
    if room < writes(system):
        return f"max_history {room} for {writes(system)} writes"
    return None


def ignored_for_ever(gossip: Gossip, system: System) -> str | None:
    """What a node ignores once it ignores always, or takes again without effect.

    An update below the clock stays below it. One that history holds is held for ever, or, once
    forgotten, is too old to be remembered again; then the resolver must answer as before.
    """
    if gossip.profile.admit is rules.admit_above_clock:
        return None
    if history_keeps_all(gossip, system) is None:
        return None
    refused = nothing_is_forgotten_in_crashes(gossip, system)
    if refused is not None:
        return f"{refused} what a short history forgot"
    if gossip.config.resolve not in JOINS:
        return f"the resolver {_name(gossip.config.resolve)} with a short history"
    if gossip.config.sort is not by_version_and_source:
        return f"the sort {_name(gossip.config.sort)} with a short history"
    return None


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", repr(function))


def writes(system: System) -> int:
    """How many updates all scripts together can stamp."""
    return sum(isinstance(command, Put) for script in system.script for command in script)


# --- what the network may do ----------------------------------------------------------------------


def addressed(_gossip: Gossip, system: System) -> str | None:
    """Only who asked hears an answer."""
    return "broadcast wiring: others hear an answer too" if system.wiring.broadcast else None


def answers_whole(gossip: Gossip, system: System) -> str | None:
    """No answer is cut: what is answered in excess takes nothing else's place."""
    if gossip.profile.pace is rules.pace_everything:
        return None
    default = rules.MTU_DEFAULT if gossip.profile.pace is rules.pace_prefix else UNBOUNDED
    room = gossip.config.mtu or default
    return f"mtu {room} for {writes(system)} writes" if room < writes(system) else None


def nothing_lost(_gossip: Gossip, system: System) -> str | None:
    """Of two frames on one link both arrive, or neither."""
    return "a network that loses messages" if system.network.losses else None


def in_order(_gossip: Gossip, system: System) -> str | None:
    """Frames arrive in the order sent."""
    network = system.network
    if network.ordered and not network.overtakings:
        return None
    return "a network on which messages overtake each other"


def no_gaps(gossip: Gossip, system: System) -> str | None:
    """A clock entry says that every update up to it was taken, or below it all is ignored.

    Where duplicates are known by history alone this needs links that keep the order and lose
    nothing but whole streams, answers that go to who asked, and a history that forgets nothing.
    """
    if gossip.profile.admit is rules.admit_above_clock:
        return None
    if nothing_lost(gossip, system) or in_order(gossip, system):
        return "clock entries above updates that were lost or overtaken"
    for need in (addressed, history_keeps_all, answers_whole, nothing_is_forgotten_in_crashes):
        reason = need(gossip, system)
        if reason is not None:
            return reason
    return None if gossip.config.sort is by_version_and_source else "a sort that is not by version"


def last_version_known(gossip: Gossip, system: System) -> str | None:
    """A node can tell that it has seen the last version of a source."""
    if gossip.profile.admit is not rules.admit_above_clock:
        return history_keeps_all(gossip, system)
    return _one_of("witness", rules.witness_join)(gossip, system)


# --- the rules ------------------------------------------------------------------------------------

STALE = Rule(
    "stale",
    "RED-2",
    "updates that the receiver would ignore",
    (
        _one_of("admit", rules.admit_above_clock, rules.admit_unremembered),
        ignored_for_ever,
        no_scripted_restart,
        losses_while_awake,
    ),
)
COPY = Rule("copy", "RED-4", "second copies of updates in flight", (*STALE.needs, nothing_lost))
OVERTAKEN = Rule(
    "overtaken",
    "RED-4",
    "updates behind newer ones of their source",
    (*STALE.needs, nothing_lost, in_order, no_gaps),
)
_ASKING: tuple[Need, ...] = (
    *STALE.needs,
    _one_of("mention", rules.mention_source, rules.mention_mark),
    _one_of("answer", rules.answer_news, rules.answer_later),
    _one_of("fill", rules.fill_in_sort_order, rules.fill_in_delta_order),
    _one_of("session", rules.session_per_peer),
    _one_of("relay", rules.relay_nothing),
    addressed,
    answers_whole,
)
VERSION = Rule("version", "RED-3", "the versions of digest lines", (*_ASKING, no_gaps))
FINISHED = Rule(
    "finished",
    "RED-5",
    "digest lines of finished sources",
    (
        *_ASKING,
        _one_of("stamp", rules.stamp_next),
        last_version_known,
        nothing_is_forgotten_in_crashes,
    ),
)
SATURATED = Rule(
    "saturated",
    "RED-6",
    "exchanges of nodes that know everything",
    (*FINISHED.needs, _one_of("close", rules.close_silent)),
)

RULES = (STALE, COPY, OVERTAKEN, VERSION, FINISHED, SATURATED)
"""The rules of the quotient; the others rest on the first."""


def sound_rules(gossip: Gossip, system: System) -> frozenset[str]:
    """The names of the rules that are sound for a system. Spec: RED-1."""
    return frozenset(rule.name for rule in RULES if rule.refusal(gossip, system) is None)


def refusals(gossip: Gossip, system: System) -> dict[str, str]:
    """Why each other rule would be unsound, by name. Spec: RED-1."""
    reasons = ((rule.name, rule.refusal(gossip, system)) for rule in RULES)
    return {name: reason for name, reason in reasons if reason is not None}
