"""The properties of Scuttlebutt, each with its clause.

Laws of this file: a property says what it reads and no more; it answers VACUOUS where it has
nothing to say, so that a run that moved no data cannot pass.

Findings that are remembered by what replicas contain.

Many vectors of node states differ only in what is remembered of a digest that is being answered
(EXCH-4). A property that reads clock, history and store alone is computed once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise
from typing import TypeAlias

from attrs import define, field

from scuttle_check.engine.actions import Action, actor_of
from scuttle_check.engine.properties import (
    Always,
    AlwaysStep,
    Broken,
    Finding,
    Good,
    Property,
    Sometimes,
)
from scuttle_check.engine.rounds import FairRounds
from scuttle_check.engine.system import Perform, Scope, System, World
from scuttle_check.engine.worlds import Gone, living
from scuttle_check.gossip.actor import GossipActor, actor_in, first_id
from scuttle_check.gossip.agreement import Difference, difference, fair_rounds
from scuttle_check.gossip.bounds import history_room
from scuttle_check.gossip.lasting import (
    Heeded,
    never_undone,
    writes_survive,
    writes_take_effect,
    written,
)
from scuttle_ref.config import Config
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Put, Update
from scuttle_ref.names import NodeId, one_line, place_name
from scuttle_ref.order import replay_key
from scuttle_ref.profile import Profile
from scuttle_ref.resolvers import lww_total
from scuttle_ref.rules import prefer_resolver
from scuttle_ref.state import NodeState

Nodes: TypeAlias = tuple[NodeState, ...]
Check: TypeAlias = Callable[[Nodes], Finding]


@define
class Contents:
    """Numbers for what replicas contain: id, clock, history and store.

    Several properties ask about one vector in a row, so the last answer is kept.
    """

    _numbers: dict[Hashable, int] = field(factory=dict)
    _of_node: dict[NodeState, int] = field(factory=dict)
    _last: tuple[Nodes, tuple[int, ...]] = ((), ())

    def of(self, nodes: Nodes) -> tuple[int, ...]:
        """A number for the content of each node: equal for equal content."""
        if self._last[0] is not nodes:
            self._last = (nodes, tuple(map(self._number, nodes)))
        return self._last[1]

    def _number(self, node: NodeState) -> int:
        number = self._of_node.get(node)
        if number is None:
            read = (node.id, node.clock, node.history, node.store)
            number = self._of_node[node] = self._numbers.setdefault(read, len(self._numbers))
        return number


def by_content(check: Check, contents: Contents | None = None) -> Check:
    """`check`, computed once for all node states that differ only in names or in `version`.

    The check must read nothing of a node but its id, clock, history and store. Checks of the same
    vectors share their `contents`.
    """
    shared = contents or Contents()
    findings: dict[tuple[int, ...], Finding] = {}

    def remembered(every: Nodes) -> Finding:
        nodes: Nodes = living(every)  # type: ignore[assignment]
        key = shared.of(nodes)
        finding = findings.get(key)
        if finding is None:
            finding = findings[key] = check(nodes)
        return finding

    return remembered


Pair = tuple[NodeState, NodeState]
OwnerStep = tuple[NodeState, NodeState, Hashable]


def _kept(said_something: object) -> Good:
    return Good.KEPT if said_something else Good.VACUOUS


def each_node(world: World) -> Iterable[NodeState]:
    """The parts of a property of single nodes."""
    return living(world.nodes)  # type: ignore[return-value]


def all_nodes(world: World) -> Iterable[tuple[NodeState, ...]]:
    """The one part of a property of all nodes together."""
    return (world.nodes,)  # type: ignore[return-value]


def changed_nodes(system: System) -> Callable[[World, Action, World], list[Pair]]:
    """The parts of a property of steps: the node that acted, before and after, if it changed."""

    def parts(before: World, action: Action, after: World) -> list[Pair]:
        at = system.topology.node_index[actor_of(action)]
        one, two = before.nodes[at], after.nodes[at]
        same = one is two or type(two) is Gone
        return [] if same else [(one, two)]  # type: ignore[list-item]

    return parts


def _when_quiescent(system: System) -> Callable[[World], Iterable[tuple[NodeState, ...]]]:
    """The parts of a property of all nodes together once a world is quiescent."""

    def parts(world: World) -> Iterable[tuple[NodeState, ...]]:
        return all_nodes(world) if system.quiescent(world) else ()

    return parts


def agreement(system: System, rounds: FairRounds | None = None) -> Always:
    """All replicas end equal, from every quiescent world. Spec: CONV-1.

    `rounds` are the fair rounds of `system`, which remember what they come to.
    """
    parts, rounds = _when_quiescent(system), rounds or fair_rounds(system)
    differences: dict[tuple[NodeState, ...], Difference | None] = {}

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        outcome = rounds.settle(nodes)
        ended: tuple[NodeState, ...] = living(outcome.nodes)  # type: ignore[assignment]
        if ended not in differences:
            differences[ended] = difference(ended)
        differ = differences[ended]
        if differ is None:
            return _kept(any(node.store for node in ended))
        if outcome.quiet:
            so_far: tuple[NodeState, ...] = living(nodes)  # type: ignore[assignment]
            if difference(so_far) == differ:
                return Broken(f"{differ}, and no later exchange moves any update")
            return Broken(f"{differ.to_come}, whatever they exchange")
        return Broken(f"{differ} after {outcome.rounds} fair rounds, with updates still moving")

    says = "once writing has stopped and all arrived, undisturbed exchanges make all stores equal"
    return Always("agreement", "CONV-1", says, parts, check, Scope.QUIESCENT_NODES)


def _issued(step: tuple[NodeState, NodeState]) -> Finding:
    """Judges a step in which the owner wrote."""
    before, after = step
    mine = [u for u in after.history.updates if u.source_id == after.id]
    fresh = [u for u in mine if not before.history.knows(u)]
    if after.clock.get(after.id) <= before.clock.get(after.id):
        return Broken(f"{after.id} wrote without raising its own clock entry")
    older = [u for u in before.history.updates if u.source_id == after.id]
    for update in fresh:
        if any(update.version <= old.version for old in older):
            return Broken(f"{update} does not have a version above all earlier ones of its source")
    return _kept(fresh)


def unique_versions(system: System) -> AlwaysStep:
    """A source never stamps one version twice, and stamps increasing ones. Spec: CONV-2."""
    changed = changed_nodes(system)

    def parts(before: World, action: Action, after: World) -> list[OwnerStep]:
        if not isinstance(action, Perform):
            return []
        at = system.topology.node_index[action.node]
        command = system.script[at][before.scripted[at]]
        return [(one, two, command) for one, two in changed(before, action, after)]

    def check(step: OwnerStep) -> Finding:
        before, after, command = step
        if not isinstance(command, Put) or before is after:
            return Good.VACUOUS
        return _issued((before, after))

    says = "a source never stamps the same version twice, and each is above the last"
    return AlwaysStep("unique-versions", "CONV-2", says, parts, check, Scope.OWNER_STEP)


def clock_within_issued(contents: Contents | None = None) -> Always:
    """Nobody has seen more of a source than the source itself has counted. Spec: CONV-3."""

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        own = {node.id: node.clock.get(node.id) for node in nodes}
        foreign = [
            (node.id, source, mark)
            for node in nodes
            for source, mark in node.clock.pairs
            if source != node.id
        ]
        for seer, source, mark in foreign:
            if mark > own.get(source, mark):
                counted = own[source]
                return Broken(f"{seer} has seen {source}:{mark}, but {source} is at {counted}")
        return _kept(foreign)

    says = "no clock entry is above what its source has counted to"
    return Always(
        "clock-within-issued",
        "CONV-3",
        says,
        all_nodes,
        by_content(check, contents),
        Scope.ALL_NODES,
    )


def provenance(system: System) -> Always:
    """Every value was put by an owner. Spec: CONV-4."""
    known = {
        (node, command.key, repr(command.value))
        for node, script in written(system).items()
        for command in script
    }
    nodes = system.topology.nodes

    def check(node: NodeState) -> Finding:
        for update in node.history.updates:
            if (first_id(update.source_id, nodes), update.key, repr(update.value)) not in known:
                return Broken(f"{node.id} remembers {update}, which nobody wrote")
        for place, entry in node.store:
            if (first_id(entry.source_id, nodes), place[-1], repr(entry.value)) not in known:
                held = f"{one_line(place[-1])}={one_line(entry.value)}"
                return Broken(f"{node.id} holds {held}, which nobody wrote")
        return _kept(node.store)

    says = "every update and every entry was written by the owner of its source"
    return Always("provenance", "CONV-4", says, each_node, check, Scope.EACH_NODE)


def entries_below_clock() -> Always:
    """A node has seen what it holds. Spec: CONV-5."""

    def check(node: NodeState) -> Finding:
        for place, entry in node.store:
            if entry.version > node.clock.get(entry.source_id):
                held = f"{one_line(place_name(place))}={entry}"
                return Broken(f"{node.id} holds {held} above its clock ({node.clock})")
        return _kept(node.store)

    says = "no entry is above the clock of its source"
    return Always("entries-below-clock", "CONV-5", says, each_node, check, Scope.EACH_NODE)


def history_sound(actor: GossipActor) -> Always:
    """History is in order, within its bound, and holds no update twice. Spec: CONV-6."""
    known: dict[NodeId, tuple[Config, float]] = {}

    def bounds(node: NodeId) -> tuple[Config, float]:
        if node not in known:
            runs = actor.of(node)
            known[node] = (runs.config, history_room(runs.profile, runs.config))
        return known[node]

    def check(node: NodeState) -> Finding:
        config, bound = bounds(node.id)
        updates = node.history.updates
        for one, two in pairwise(updates):
            if config.sort(two, one) < 0 and replay_key(one) != replay_key(two):
                return Broken(f"{node.id} remembers {one} before {two}, against the sort")
        met: dict[tuple[NodeId, int], Update] = {}
        for update in updates:
            identity = (update.source_id, update.version)
            if identity in met:
                same = met[identity] == update
                what = f"{update} twice" if same else f"both {met[identity]} and {update}"
                return Broken(f"{node.id} remembers {what}")
            met[identity] = update
        if len(updates) > bound:
            return Broken(f"{node.id} remembers {len(updates)} updates")
        return _kept(updates)

    says = "history is sorted, within max_history, and holds no update twice"
    return Always("history-sound", "CONV-6", says, each_node, check, Scope.EACH_NODE)


def clocks_monotone(system: System) -> AlwaysStep:
    """What was seen stays seen. Spec: CONV-7."""
    parts = changed_nodes(system)

    def check(step: Pair) -> Finding:
        before, after = step
        if before.id != after.id:
            return Good.VACUOUS
        if not before.clock <= after.clock:
            return Broken(f"the clock of {after.id} fell from {before.clock} to {after.clock}")
        return _kept(before.clock != after.clock)

    says = "no clock entry ever moves back"
    return AlwaysStep("clocks-monotone", "CONV-7", says, parts, check, Scope.NODE_STEP)


def own_writes_kept(system: System) -> AlwaysStep:
    """An owner never sees its own older write come back. Spec: CONV-8."""
    parts = changed_nodes(system)

    def check(step: Pair) -> Finding:
        before, after = step
        if before.id != after.id:
            return Good.VACUOUS
        mine = [(place, held) for place, held in before.store if held.source_id == before.id]
        for place, held in mine:
            now = after.at(place)
            if after.store and now.source_id == held.source_id and now.version < held.version:
                was = f"{one_line(held.value)}@{held.version}"
                return Broken(
                    f"{after.id} wrote {was} and is back at {one_line(now.value)}@{now.version}"
                )
        return _kept(mine and before.store != after.store)

    says = "an own write is never replaced by an older one of the same source"
    return AlwaysStep("own-writes-kept", "CONV-8", says, parts, check, Scope.NODE_STEP)


def no_gap(contents: Contents | None = None) -> Always:
    """What the clock covers was received. Spec: CONV-9."""

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        covered = 0
        by_id = {node.id: node for node in nodes}
        for node in nodes:
            for source, mark in node.clock.pairs:
                if source == node.id or source not in by_id:
                    continue
                issuer = by_id[source]
                for update in issuer.history.updates:
                    if update.source_id != source or update.version > mark:
                        continue
                    covered += 1
                    if not (node.history.knows(update) or _overtaken(node, update.key)):
                        seen = f"its clock says {source}:{mark}"
                        return Broken(f"{node.id} never received {update}, though {seen}")
        return _kept(covered)

    says = "every update at or below a clock entry was received"
    return Always("no-gap", "CONV-9", says, all_nodes, by_content(check, contents), Scope.ALL_NODES)


def _overtaken(node: NodeState, key: str) -> bool:
    """Whether the node holds something for `key`: what it forgot it may have received."""
    return any(place[-1] == key for place, _ in node.store)


def winner_or_ahead(contents: Contents | None = None) -> Always:
    """The invariant that makes a digest of maxima enough. Spec: CONV-10."""

    def check(nodes: tuple[NodeState, ...]) -> Finding:
        winners: dict[tuple[str, ...], Entry] = {}
        for node in nodes:
            for place, entry in node.store:
                best = winners.get(place, entry)
                winners[place] = max(best, entry, key=lambda e: (e.version, e.source_id))
        for node in nodes:
            for place, entry in sorted(winners.items(), key=lambda pair: pair[0]):
                held = node.at(place)
                same = (held.version, held.source_id) == (entry.version, entry.source_id)
                if not same and entry.version <= node.clock.get(entry.source_id):
                    winner = f"{one_line(place_name(place))}={entry}"
                    return Broken(f"{node.id} lacks {winner} and will not ask for it again")
        return _kept(len(nodes) > 1 and winners)

    says = "every replica holds the winner, or the winner is above its clock for that source"
    return Always(
        "winner-or-ahead", "CONV-10", says, all_nodes, by_content(check, contents), Scope.ALL_NODES
    )


def data_moved(system: System, rounds: FairRounds | None = None) -> Sometimes:
    """Some run settles with a value at a node that did not write it. Spec: CONV-14."""
    parts, rounds = _when_quiescent(system), rounds or fair_rounds(system)

    def check(nodes: tuple[NodeState, ...]) -> bool:
        ended: tuple[NodeState, ...] = living(rounds.settle(nodes).nodes)  # type: ignore[assignment]
        return any(entry.source_id != node.id for node in ended for _, entry in node.store)

    says = "some value reaches a node that did not write it (guards against empty runs)"
    return Sometimes("data-moved", "CONV-14", says, check, parts, Scope.QUIESCENT_NODES)


def properties_of(system: System, heeded: Heeded | None = None) -> tuple[Property, ...]:
    """The properties of a system of Scuttlebutt nodes.

    `heeded` is told what became of each write.
    """
    rounds, contents, actor = fair_rounds(system), Contents(), actor_in(system)
    run = [actor.of(node) for node in system.topology.nodes]
    found: list[Property] = [
        agreement(system, rounds),
        data_moved(system, rounds),
        unique_versions(system),
        clock_within_issued(contents),
        provenance(system),
        entries_below_clock(),
        history_sound(actor),
        clocks_monotone(system),
        own_writes_kept(system),
        no_gap(contents),
        writes_survive(system, rounds),
        writes_take_effect(system, heeded or Heeded()),
        never_undone(system),
    ]
    if all(newest_wins(each.profile, each.config) for each in run):
        found.append(winner_or_ahead(contents))
    return tuple(found)


def newest_wins(profile: Profile, config: Config) -> bool:
    """Whether the highest (version, source) is meant to win, as CONV-10 presumes."""
    return profile.prefer is not prefer_resolver or config.resolve is lww_total


def names(properties: Iterable[Property]) -> list[NodeId]:
    """The names of properties, in order."""
    return [each.name for each in properties]
