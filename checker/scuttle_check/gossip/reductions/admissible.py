"""Which rules of the reductions are sound where, as data: each rule with what it needs.

Laws of this file: what a rule needs of the nodes stands in its premises
(:mod:`scuttle_check.gossip.reductions.known_rules`); what it needs of a configuration and a system
are its *needs*, each of which gives the reason why it is not met, or None. No need asks which
profile it is looking at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen

from scuttle_check.engine.actions import BUDGETED, Drop
from scuttle_check.engine.network import UNLIMITED, Comeback
from scuttle_check.engine.system import System
from scuttle_check.gossip.actor import Restart
from scuttle_check.gossip.reductions.known_rules import (
    ASKING,
    FINISHING,
    GAPLESS,
    IGNORED,
    NAMELESS,
    SATURATING,
    STUBBORN,
)
from scuttle_check.gossip.reductions.premises import Premise, name_of, unmet
from scuttle_ref import resolvers, rules
from scuttle_ref.messages import Put
from scuttle_ref.names import UNBOUNDED
from scuttle_ref.order import by_version_and_source
from scuttle_ref.reducer import Gossip

Need: TypeAlias = Callable[[Gossip, System], str | None]

JOINS = (resolvers.lww_total, resolvers.max_value, resolvers.first_writer)
"""Resolvers that change nothing when they are asked about an update a second time."""

READS_ENTRY = (resolvers.strictly_order_values, resolvers.lww_vs_current_vers)
"""Resolvers that look at the stored entry of the key, and at nothing else that changes."""

KNOWN_RESOLVERS = (*JOINS, *READS_ENTRY, resolvers.lww_vs_clock)
"""The last looks at the clock of the update's source."""

BLIND = (*JOINS, resolvers.strictly_order_values)
"""Resolvers that never look at the id of the node that decides."""


@frozen
class Rule:
    """A rule of a reduction: its name, its clause, what it leaves out, and when that is sound.

    The rules of the nodes must be those of one of the `premises`, and every need must be met.
    """

    name: str
    clause: str
    leaves_out: str
    premises: tuple[Premise, ...]
    needs: tuple[Need, ...]

    def refusal(self, gossip: Gossip, system: System) -> str | None:
        """Why the rule would be unsound, or None where it is sound. Spec: RED-1."""
        return unmet(self.premises, gossip) or unmet_need(self.needs, gossip, system)


def unmet_need(needs: tuple[Need, ...], gossip: Gossip, system: System) -> str | None:
    """The first reason why a need is not met, or None."""
    reasons = (need(gossip, system) for need in needs)
    return next((reason for reason in reasons if reason is not None), None)


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


# --- what a node remembers ------------------------------------------------------------------------


def history_keeps_all(gossip: Gossip, system: System) -> str | None:
    """History has room for every update that can ever be stamped."""
    if gossip.profile.retain is not rules.retain_newest:
        return f"the rule {name_of(gossip.profile.retain)}, which forgets updates"
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
    if gossip.profile.prefer is rules.prefer_resolver and gossip.config.resolve not in JOINS:
        return f"the resolver {name_of(gossip.config.resolve)} with a short history"
    if gossip.config.sort is not by_version_and_source:
        return f"the sort {name_of(gossip.config.sort)} with a short history"
    return None


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


def one_frame_an_answer(gossip: Gossip, system: System) -> str | None:
    """An answer whose order depends on how much was asked arrives as one."""
    if gossip.profile.fill is rules.fill_in_sort_order or system.network.whole_answers:
        return None
    return f"the rule {name_of(gossip.profile.fill)} over frames of one message"


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
    needs = (addressed, history_keeps_all, answers_whole, nothing_is_forgotten_in_crashes)
    return unmet_need(needs, gossip, system)


def last_update_known(gossip: Gossip, system: System) -> str | None:
    """A node can tell that it has seen the last update of a source: by its clock, or history."""
    if gossip.profile.admit is rules.admit_above_clock:
        return None
    return history_keeps_all(gossip, system)


# --- what stubborn sets say nothing about ---------------------------------------------------------


def order_kept(_gossip: Gossip, system: System) -> str | None:
    """Of each link the oldest frame alone can arrive."""
    if system.network.ordered:
        return None
    return "a network that does not keep the order, in which every arrival is a choice"


def messages_alone(_gossip: Gossip, system: System) -> str | None:
    """A frame is one message, which brings or asks."""
    return "frames of several messages" if system.network.whole_answers else None


def losses_alone(_gossip: Gossip, system: System) -> str | None:
    """Nothing goes wrong but that frames are lost."""
    for kind, budget in zip(BUDGETED, system.budgets, strict=True):
        if budget and kind is not Drop:
            return f"the fault {kind.verb}, of which the claims say nothing"
    return None


def losses_unlimited(_gossip: Gossip, system: System) -> str | None:
    """No loss takes another one's place."""
    if system.network.losses in {0, UNLIMITED}:
        return None
    return "a limited number of losses, which any two losses compete for"


def resolver_known(gossip: Gossip, _system: System) -> str | None:
    """It is known what the resolver looks at."""
    if gossip.profile.prefer is not rules.prefer_resolver:
        return None
    if gossip.config.resolve in KNOWN_RESOLVERS:
        return None
    return "a resolver of your own, of which the claims say nothing"


# --- where a name decides -------------------------------------------------------------------------


def resolver_blind(gossip: Gossip, _system: System) -> str | None:
    """The resolver does not look at the id of the node that decides."""
    resolve = gossip.config.resolve
    if gossip.profile.prefer is not rules.prefer_resolver or resolve in BLIND:
        return None
    return f"the resolver {name_of(resolve)}, which may look at the id of the node that decides"


def processes_of_one(_gossip: Gossip, system: System) -> str | None:
    """No two nodes share a process."""
    return "nodes that share a process" if system.wiring.processes else None


def ids_kept(_gossip: Gossip, system: System) -> str | None:
    """Nodes come back under the ids that they had."""
    if system.outages.crashes and system.outages.comeback is Comeback.NEW_ID:
        return "nodes that come back under new ids"
    return None


def names_no_numbers(gossip: Gossip, system: System) -> str | None:
    """Where sources stand in order of arrival, no name sorts as a number."""
    if gossip.profile.enlist is not rules.enlist_as_object_keys:
        return None
    numbers = [name for name in system.topology.nodes if name.isdigit()]
    return f"the name {numbers[0]}, which sorts as a number" if numbers else None


def silent_nodes_unnamed(gossip: Gossip, _system: System) -> str | None:
    """No digest has, in the order of ids, the line of a source that never writes."""
    profile = gossip.profile
    if profile.enlist is rules.enlist_as_object_keys:
        return None
    if profile.advertise is rules.advertise_written and profile.witness is rules.witness_join:
        return None
    return "digest lines of nodes that never write, in the order of ids (the quotient drops them)"


# --- the rules ------------------------------------------------------------------------------------

STALE = Rule(
    "stale",
    "RED-2",
    "updates that the receiver would ignore",
    IGNORED,
    (ignored_for_ever, no_scripted_restart),
)
COPY = Rule(
    "copy", "RED-4", "second copies of updates in flight", IGNORED, (*STALE.needs, nothing_lost)
)
OVERTAKEN = Rule(
    "overtaken",
    "RED-4",
    "updates behind newer ones of their source",
    GAPLESS,
    (*STALE.needs, nothing_lost, in_order, no_gaps),
)
_ASKING: tuple[Need, ...] = (*STALE.needs, addressed, answers_whole, one_frame_an_answer)
VERSION = Rule("version", "RED-3", "the versions of digest lines", ASKING, (*_ASKING, no_gaps))
FINISHED = Rule(
    "finished",
    "RED-5",
    "digest lines of finished sources",
    FINISHING,
    (*_ASKING, last_update_known, nothing_is_forgotten_in_crashes),
)
SATURATED = Rule(
    "saturated", "RED-6", "exchanges of nodes that know everything", SATURATING, FINISHED.needs
)

RULES = (STALE, COPY, OVERTAKEN, VERSION, FINISHED, SATURATED)
"""The rules of the quotient; the others rest on the first."""

INDEPENDENT = Rule(
    "stubborn",
    "RED-9",
    "orders of steps that come to the same",
    STUBBORN,
    (
        *SATURATED.needs,
        *(resolver_known, order_kept, messages_alone, losses_alone, losses_unlimited),
    ),
)
"""What stubborn sets rest on; messages that do nothing (RED-2 to RED-6) count as nothing."""

UNNAMED = Rule(
    "symmetry",
    "SYM-2",
    "worlds in which nodes that never write have changed places",
    (NAMELESS,),
    (resolver_blind, processes_of_one, ids_kept, names_no_numbers, silent_nodes_unnamed),
)
"""What the symmetry rests on. Its last need is met, too, where a quotient drops those lines."""


def sound_rules(gossip: Gossip, system: System) -> frozenset[str]:
    """The names of the rules that are sound for a system. Spec: RED-1."""
    return frozenset(rule.name for rule in RULES if rule.refusal(gossip, system) is None)


def refusals(gossip: Gossip, system: System) -> dict[str, str]:
    """Why each other rule would be unsound, by name. Spec: RED-1."""
    reasons = ((rule.name, rule.refusal(gossip, system)) for rule in RULES)
    return {name: reason for name, reason in reasons if reason is not None}
