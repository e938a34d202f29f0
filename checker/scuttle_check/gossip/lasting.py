"""Properties of writes: what an owner has written is not lost, and not undone.

Laws of this file: that all replicas end equal says nothing of what they end with. These properties
speak of the order in which an owner wrote, never of the order of versions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from attrs import define, field

from scuttle_check.engine.actions import Action, Perform, actor_of
from scuttle_check.engine.properties import Always, AlwaysStep, Broken, Finding, Good
from scuttle_check.engine.rounds import FairRounds
from scuttle_check.engine.system import Scope, System, World
from scuttle_check.engine.worlds import Gone, living
from scuttle_check.gossip.actor import actor_in, first_id
from scuttle_check.gossip.script import command_text
from scuttle_ref.entries import Entry
from scuttle_ref.messages import Put, Update
from scuttle_ref.names import Key, NodeId, Place, one_line
from scuttle_ref.state import NodeState

Pair = tuple[NodeState, NodeState]
OwnerStep = tuple[NodeState, NodeState, Hashable]


@define
class Heeded:
    """What became of each write that a script asks for, in all that a search has met."""

    _came: dict[tuple[NodeId, str], set[str]] = field(factory=dict)

    def note(self, owner: NodeId, command: Put, came: str) -> None:
        """Remember that a write of an owner was ``taken``, ``refused`` or ``lost``."""
        self._came.setdefault((owner, command_text(command)), set()).add(came)

    def unheeded(self) -> list[str]:
        """The writes that never took effect, in sentences without a full stop. Spec: CONV-16."""
        words = {"refused": "is refused", "lost": "loses at once", "taken": ""}
        return [
            f"{owner}: {text} {' or '.join(sorted(words[each] for each in came))} in every run"
            for (owner, text), came in sorted(self._came.items())
            if "taken" not in came
        ]


def written(system: System) -> dict[NodeId, tuple[Put, ...]]:
    """What each owner writes, in turn: before the run begins, and by its script."""
    before = dict(actor_in(system).written)
    pairs = zip(system.topology.nodes, system.script, strict=True)
    return {
        node: (*before.get(node, ()), *(each for each in script if isinstance(each, Put)))
        for node, script in pairs
    }


def last_writes(system: System) -> dict[tuple[NodeId, Key], Put]:
    """The last write of each owner under each key, as its script says."""
    found: dict[tuple[NodeId, Key], Put] = {}
    for node, puts in written(system).items():
        found.update({(node, each.key): each for each in puts})
    return found


def writes_survive(system: System, rounds: FairRounds) -> Always:
    """Some replica ends with the last write of each owner, or with another owner's. Spec: CONV-15.

    An owner is whoever has the script, under whichever id: a node that comes back under a new id
    goes on writing for the same owner. One that has stopped for good is owed nothing.
    """
    last, nodes = last_writes(system), system.topology.nodes

    def is_last(entry: Entry, key: Key) -> bool:
        put = last.get((first_id(entry.source_id, nodes), key))
        return put is not None and repr(put.value) == repr(entry.value)

    def check(worlds: tuple[NodeState, ...]) -> Finding:
        settled = rounds.settle(worlds).nodes
        gone = {node.id for node in settled if isinstance(node, Gone)}
        left: tuple[NodeState, ...] = living(settled)  # type: ignore[assignment]
        held = [(place, entry) for node in left for place, entry in node.store]
        due = {(owner, key): put for (owner, key), put in last.items() if owner not in gone}
        for (owner, key), put in due.items():
            mine = [each for each in held if _of(each, owner, key, nodes)]
            if not any(is_last(entry, key) for _, entry in mine):
                instead = one_line(mine[0][1].value) if mine else "nothing"
                wrote = (
                    f"the last that {owner} wrote under {one_line(key)} is {one_line(put.value)}"
                )
                return Broken(f"{wrote}, and all that is left of it is {instead}")
        return Good.KEPT if due else Good.VACUOUS

    def parts(world: World) -> tuple[tuple[NodeState, ...], ...]:
        return (world.nodes,) if system.quiescent(world) else ()  # type: ignore[return-value]

    says = "the last write of each owner survives, or another owner's last write replaced it"
    return Always("writes-survive", "CONV-15", says, parts, check, Scope.QUIESCENT_NODES)


def _of(held: tuple[Place, Entry], owner: NodeId, key: Key, nodes: tuple[NodeId, ...]) -> bool:
    """Whether an entry is where the owner's write under `key` lives: others may share the place."""
    place, entry = held
    shared = len(place) == 1
    return place[-1] == key and (shared or first_id(entry.source_id, nodes) == owner)


def writes_take_effect(system: System, heeded: Heeded) -> AlwaysStep:
    """Whoever writes holds what it wrote, whatever it held before. Spec: CONV-16.

    What became of each command is noted in `heeded`.
    """
    nodes, actor = system.topology.nodes, actor_in(system)

    def parts(before: World, action: Action, after: World) -> list[OwnerStep]:
        if not isinstance(action, Perform):
            return []
        at = system.topology.node_index[action.node]
        command = system.script[at][before.scripted[at]]
        return [(before.nodes[at], after.nodes[at], command)]  # type: ignore[list-item]

    def check(step: OwnerStep) -> Finding:
        before, after, command = step
        if not isinstance(command, Put):
            return Good.VACUOUS
        place = actor.of(after.id).profile.place(Update(after.id, command.key, command.value, 1))
        now, was = after.at(place), before.at(place)
        if now.source_id == after.id and repr(now.value) == repr(command.value) and now != was:
            heeded.note(first_id(after.id, nodes), command, "taken")
            return Good.KEPT
        refused = before.clock == after.clock
        heeded.note(first_id(after.id, nodes), command, "refused" if refused else "lost")
        wrote = f"{after.id} writes {one_line(command.key)}={one_line(command.value)}"
        return Broken(
            f"{wrote}, and it is refused" if refused else f"{wrote}, and still holds {now}"
        )

    says = "whoever writes holds what it wrote: a new write never loses to what its owner had seen"
    return AlwaysStep("writes-take-effect", "CONV-16", says, parts, check, Scope.OWNER_STEP)


def never_undone(system: System) -> AlwaysStep:
    """What a node has taken before never replaces what it holds. Spec: CONV-17."""

    def parts(before: World, action: Action, after: World) -> Iterator[Pair]:
        at = system.topology.node_index[actor_of(action)]
        if before.nodes[at] is not after.nodes[at] and type(after.nodes[at]) is not Gone:
            yield before.nodes[at], after.nodes[at]  # type: ignore[misc]

    def check(step: Pair) -> Finding:
        before, after = step
        if before.id != after.id:
            return Good.VACUOUS
        for place, held in before.store:
            now = after.at(place)
            if after.store and now != held and _remembered(before, place, now):
                was = str(held)
                back = str(now)
                return Broken(f"{after.id} held {was} and is back at {back}, which it had before")
        return Good.KEPT if after.store else Good.VACUOUS

    says = "an update that a node has taken never replaces what it holds a second time"
    return AlwaysStep("never-undone", "CONV-17", says, parts, check, Scope.NODE_STEP)


def _remembered(node: NodeState, place: Place, entry: Entry) -> bool:
    """Whether history holds the update that an entry came from."""
    wanted = (entry.source_id, entry.version, place[-1])
    return any((u.source_id, u.version, u.key) == wanted for u in node.history.updates)
