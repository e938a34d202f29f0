"""The steps that a model really takes, as formulas see them: which action, of what, before, after.

A frame of several messages is several steps: the reducer takes its messages one by one, and so does
the relation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import attrs
from attrs import frozen

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Perform,
    Restart,
    Start,
)
from scuttle_check.engine.network import DOWN, Comeback
from scuttle_check.engine.system import System, World
from scuttle_check.gossip.actor import GossipActor
from scuttle_check.proofs.seen import Flight, Seen, kind_of, number, stamp
from scuttle_check.proofs.vocabulary import DONE, LINE, RETURNED, UPDATES
from scuttle_ref.messages import Digest, DigestDone, Exchange, Put, Update
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState, highest

NAMES = {UPDATES: "update", LINE: "line", DONE: "done", RETURNED: "done returned"}

BLANK = "blank"
"""The frame that a step writes."""


@frozen
class Ghost:
    """What a world does not hold and formulas read: what was written, and who stopped for ever."""

    issued: frozenset[Update] = frozenset()
    gone: tuple[NodeState, ...] = ()


@frozen(eq=False)
class Taken:
    """One step as formulas see it: the name of its action, its constants, and the two worlds.

    `local` is what the step depends on: equal ones are the same local transition.
    """

    action: str
    constants: Mapping[str, Any]
    before: Seen
    after: Seen
    local: object


@frozen
class Speech:
    """What a node says over a link in one step, and whether the link stands."""

    link: tuple[str, str]
    said: tuple[Any, ...]
    stands: bool

    def told(self, begin: int) -> dict[str, Any]:
        """The constants by which formulas speak of it; it is written from `begin` on."""
        updates = [each for each in self.said if isinstance(each, Update)]
        cut: dict[str, int] = {}
        place: dict[Any, int] = {}
        for at, each in enumerate(updates):
            cut[each.source_id] = max(cut.get(each.source_id, 0), each.version)
            place.setdefault(stamp(each), begin + at)
        lines = enumerate(self.said, begin)
        return {
            "OPEN": self.stands,
            "MIDDLE": begin + (len(updates) if self.stands else 0),
            "WHOLE": any(isinstance(each, DigestDone) for each in self.said),
            "FIRST": stamp(updates[0]) if updates else None,
            "cut": cut,
            "place_of": place,
            "line_at": {each.source_id: at for at, each in lines if isinstance(each, Digest)},
        }


@frozen
class Watched:
    """A model whose steps are watched. `streams`: its messages travel one by one, in order."""

    system: System
    unlimited: bool
    streams: bool

    def seen(self, world: World, ghost: Ghost) -> Seen:
        """A world as formulas see it."""
        topology = self.system.topology
        slots: dict[str, Any] = dict(zip(topology.nodes, world.nodes, strict=True))
        channels: dict[object, Flight] = {}
        for link, channel in zip(topology.links, world.channels, strict=True):
            ends = slots[link[0]].id, slots[link[1]].id
            if self.streams:
                channels[link] = Flight(*ends, tuple(one for frame in channel for one in frame))
            else:
                for at, frame in enumerate(channel):
                    channels[(*link, at)] = Flight(*ends, frame)
        return Seen(slots, channels, ghost.issued, ghost.gone)

    def ghost(self, before: World, ghost: Ghost, action: Action, after: World) -> Ghost:
        """What was written and who is gone, after a step."""
        at = self.system.topology.node_index
        if isinstance(action, Perform):
            me = at[action.node]
            had: Any = before.nodes[me]
            has: Any = after.nodes[me]
            new = [
                each
                for each in has.history.updates
                if each.source_id == has.id and not had.history.knows(each)
            ]
            return attrs.evolve(ghost, issued=ghost.issued.union(new))
        if isinstance(action, Restart) and action.how is Comeback.NEW_ID:
            old: Any = before.nodes[at[action.node]]
            return attrs.evolve(ghost, gone=(*ghost.gone, old))
        return ghost

    def steps(
        self, world: World, ghost: Ghost, action: Action, after: World, then: Ghost
    ) -> Iterator[Taken]:
        """The step that an action is, or the steps; none where formulas see nothing happen."""
        match action:
            case Perform(node=node):
                script = self.system.script[self.system.topology.node_index[node]]
                command = script[world.scripted[self.system.topology.node_index[node]]]
                if isinstance(command, Put):
                    yield from self._written(world, ghost, node, after, then)
                elif isinstance(command, Exchange):
                    yield self._begun(world, ghost, (node, command.peer), after, then)
            case Start(source=source, target=target):
                yield self._begun(world, ghost, (source, target), after, then)
            case Deliver() | Duplicate() | Overtake():
                yield from self._heard(world, ghost, action, after, then)
            case Drop():
                if self.streams:
                    raise ValueError("no theorem of streams allows that a message is lost")
            case Cut() | Heal() | Crash() | Restart():
                yield from self._misfortune(world, ghost, action, after, then)
            case _:
                return

    # --- owners -----------------------------------------------------------------------------------

    def _written(
        self, world: World, ghost: Ghost, node: str, after: World, then: Ghost
    ) -> Iterator[Taken]:
        before, later = self.seen(world, ghost), self.seen(after, then)
        new = then.issued - ghost.issued
        if not new:
            return  # the write was refused
        (update,) = new
        me = before.slots[node]
        constants = {"N": me.id, "X": stamp(update)}
        yield Taken("write", constants, before, later, ("write", me, update))

    def _begun(
        self, world: World, ghost: Ghost, link: tuple[str, str], after: World, then: Ghost
    ) -> Taken:
        before, later = self.seen(world, ghost), self.seen(after, then)
        said = tuple(
            message
            for peer, message in self.system.actor.command(
                before.slots[link[0]], Exchange(link[1])
            ).sends
            if peer == link[1]
        )
        speech = Speech(link, said, self._stands(world, link))
        return self._spoken("exchange", (before, later), speech, {})

    def _spoken(
        self, name: str, worlds: tuple[Seen, Seen], speech: Speech, constants: Mapping[str, Any]
    ) -> Taken:
        """A step in which a node says something over a link, if the link stands."""
        before, later = worlds
        link, said = speech.link, speech.said if speech.stands else ()
        me, peer = before.slots[link[0]], before.slots[link[1]]
        target: object = link if self.streams else BLANK
        if self.streams:
            old = before.channels[link]
            written = attrs.evolve(
                old, messages=(*old.messages, *said), head=later.channels[link].head
            )
            others = later.channels
        else:
            old = Flight(me.id, peer.id)
            before = attrs.evolve(before, channels={**before.channels, BLANK: old})
            written = attrs.evolve(old, messages=said)
            others = before.channels
        later = attrs.evolve(later, channels={**others, target: written})
        told = {
            **constants,
            "N": me.id,
            "P": peer.id,
            "D": target,
            "UNLIMITED": self.unlimited,
            "common": {name: number(mark) for name, mark in highest(me.marks(PROCESS)).items()},
            **speech.told(len(old.messages)),
        }
        local = (name, me, peer.id, speech, old.messages)
        return Taken(name, told, before, later, local)

    def _stands(self, world: World, link: tuple[str, str]) -> bool:
        """Whether what is said over a link goes in flight."""
        topology = self.system.topology
        down = world.status[topology.node_index[link[1]]] == DOWN
        return not (down or world.cut[topology.link_index[link]])

    # --- what arrives -----------------------------------------------------------------------------

    def _heard(
        self, world: World, ghost: Ghost, action: Any, after: World, then: Ghost
    ) -> Iterator[Taken]:
        link = (action.source, action.target)
        frame = self.system.frame(world, action)
        actor = cast("GossipActor", self.system.actor)
        before = self.seen(world, ghost)
        read: object = link if self.streams else (*link, action.index)
        pops = self.streams and not isinstance(action, Duplicate)
        back = (action.target, action.source)
        if self.streams and action.index:
            raise ValueError("no theorem of streams allows that a message overtakes")
        for at, message in enumerate(frame):
            state = before.slots[action.target]
            effects = actor.receive(state, action.source, message)
            slots = {**before.slots, action.target: effects.local}
            channels = dict(before.channels)
            if pops:
                channels[read] = attrs.evolve(channels[read], head=1)
            later = Seen(slots, channels, then.issued, then.gone)  # type: ignore[arg-type]
            said = tuple(each for peer, each in effects.sends if peer == action.source)
            constants = {"C": read, "I": at if not self.streams else 0, "POPS": pops}
            name = NAMES[kind_of(message)]
            if name == "update":
                constants |= {"N": state.id, "P": before.slots[action.source].id}
                yield Taken(name, constants, before, later, (name, state, message, pops))
            else:
                speech = Speech(back, said, self._stands(world, back))
                step = self._spoken(name, (before, later), speech, constants)
                yield attrs.evolve(step, local=(name, step.local, message, pops))
            before = attrs.evolve(later, channels=before.channels)
        del after

    # --- faults -----------------------------------------------------------------------------------

    def _misfortune(
        self, world: World, ghost: Ghost, action: Any, after: World, then: Ghost
    ) -> Iterator[Taken]:
        before, later = self.seen(world, ghost), self.seen(after, then)
        name = {Cut: "cut", Heal: "heal", Crash: "crash", Restart: "restart"}[type(action)]
        if isinstance(action, Restart) and action.how is not Comeback.PERSISTED:
            if action.how is Comeback.AMNESIA:
                raise ValueError("no theorem allows that a node forgets all and keeps its id")
            return  # somebody else begins: formulas see nothing happen
        touched: set[object] = set()
        if isinstance(action, Cut | Heal):
            pair = (action.source, action.target)
            constants: dict[str, Any] = {
                "N": before.slots[pair[0]].id,
                "P": before.slots[pair[1]].id,
            }
            told = [(pair[0], pair[1]), (pair[1], pair[0])]
            touched = {pair, pair[::-1]} if name == "cut" else set()
        else:
            node = action.node
            constants = {"N": before.slots[node].id}
            told = [(b, a) for a, b in self.system.topology.links if a == node]
            if name == "crash":
                touched = {link for link in self.system.topology.links if node in link}
        hears = {before.slots[m].id: True for m, n in told if self._hears(world, m, n, name)}
        channels: dict[object, Flight] = dict(before.channels)
        if self.streams:
            for link in touched & channels.keys():
                flight = channels[link]
                channels[link] = attrs.evolve(flight, head=len(flight.messages))
        later = attrs.evolve(later, channels=channels)
        constants = {**constants, "hears": hears}
        local = (name, repr(constants), tuple(before.slots.values()))
        yield Taken(name, constants, before, later, local)

    def _hears(self, world: World, node: str, peer: str, name: str) -> bool:
        """Whether a node is told that its connection to a peer changes. Spec: FAULT-8."""
        topology = self.system.topology
        up = world.status[topology.node_index[node]] != DOWN
        peer_up = world.status[topology.node_index[peer]] != DOWN
        link = topology.link_index.get((peer, node))
        if link is None or not up:
            return False
        whole = not world.cut[link]
        return peer_up if name in {"cut", "heal"} else whole
