"""The certificate of stubborn sets: what they rest on, executed again.

In each world that was explored, the steps of a node outside its set are taken, as far as they are
known, and at every state on the way both orders of them with the actions of the set are executed
and compared. And no step that was explored may add to what may still arrive anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from attrs import define, field

from scuttle_check.engine.actions import Action
from scuttle_check.engine.system import Effects, Local, received
from scuttle_check.search.compiled.cell_tables import Ids
from scuttle_check.search.compiled.layout import Region
from scuttle_check.search.compiled.visited import Worlds
from scuttle_check.search.reductions.certificate import FalseClaim
from scuttle_check.search.reductions.promises import Words
from scuttle_check.search.reductions.stubborn import StubbornSets

Steps: TypeAlias = Callable[[Worlds, list[Ids]], Iterable[tuple[Action, Ids, Worlds]]]
"""The actions explored from worlds: which, from which of them, and the worlds after."""


class Step(NamedTuple):
    """A step of a node: a message of `sender`, or a command if there is none. Of class `kind`."""

    kind: int
    sender: str | None
    does: Hashable


@define
class OrderCertifier:
    """Checks what :class:`StubbornSets` took as independent.

    `steps` is what the search explored.

    Spec: RED-16.
    """

    sets: StubbornSets
    steps: Steps
    checked: int = 0
    _seen: set[Hashable] = field(factory=set, init=False)

    def false_claims(self, levels: list[Worlds], chunk: int) -> Iterator[FalseClaim]:
        """Every claim that was used in the worlds of `levels` and is not true."""
        for level in levels:
            for start in range(0, len(level), chunk):
                worlds = level[start : start + chunk]
                regions = self._regions(worlds)
                yield from self._promises(worlds, regions)
                closed = self.sets.closed(regions, self.sets.dependence.enabled(regions))
                for node in range(len(regions)):
                    yield from self._orders(node, regions, closed)

    def _regions(self, worlds: Worlds) -> list[Ids]:
        tables = self.sets.tables
        return [tables.fields.ids(worlds, node) for node in range(len(tables.interned))]

    # --- promises ---------------------------------------------------------------------------------

    def _promises(self, worlds: Worlds, regions: list[Ids]) -> Iterator[FalseClaim]:
        """What may still arrive does not grow with any step. Spec: RED-12."""
        links = self.sets.tables.layout.system.topology.links
        before = self.sets.dependence.to_come(regions)
        for action, acting, after in self.steps(worlds, regions):
            later = self.sets.dependence.to_come(self._regions(after))
            self.checked += len(acting)
            for (link, what), found in later.items():
                if (found & ~before[link, what][acting]).any():
                    said = f"{action} adds to what may be {what} on {'>'.join(links[link])}"
                    yield FalseClaim("to come", said)

    # --- orders -----------------------------------------------------------------------------------

    def _orders(self, node: int, regions: list[Ids], closed: Words) -> Iterator[FalseClaim]:
        """Both orders of each action of a set with the steps of its node outside the set."""
        layout, items = self.sets.tables.layout, self.sets.tables.interned
        topology = layout.system.topology
        mine = np.uint64(self.sets.dependence.classes.of_node(node))
        peers = {topology.node_index[topology.links[at][0]] for at in layout.in_links[node]}
        peers |= {topology.node_index[topology.links[at][1]] for at in layout.out_links[node]}
        near = sorted(peers)
        columns = [closed & mine, *(regions[at].astype(np.uint64) for at in (node, *near))]
        for row in np.unique(np.stack(columns, axis=1), axis=0).tolist():
            inside, own, *others = row
            if not inside or (node, *row) in self._seen:
                continue
            self._seen.add((node, *row))
            askers = {
                topology.nodes[peer]: items[peer].region(number).local
                for peer, number in zip(near, others, strict=True)
            }
            yield from self._walk(node, items[node].region(own), inside, askers)

    def _walk(
        self, node: int, region: Region, inside: int, askers: dict[str, Local]
    ) -> Iterator[FalseClaim]:
        """Every order of the steps of `node` outside the set that are known by now."""
        name = self.sets.tables.layout.system.topology.nodes[node]
        queues = self._queues(node, region)
        lossy = bool(self.sets.tables.layout.system.network.losses)
        start = (region.local, tuple(0 for _ in queues))
        found, pending = {start}, [start]
        while pending:
            local, places = pending.pop()
            heads = [
                (at, queue[place])
                for at, (queue, place) in enumerate(zip(queues, places, strict=True))
                if place < len(queue)
            ]
            within = [step for at, step in heads if inside >> step.kind & 1 and places[at] == 0]
            outside = [(at, step) for at, step in heads if not inside >> step.kind & 1]
            for at, step in outside:
                for each in within:
                    if not self._commute(name, local, each, step, askers):
                        yield FalseClaim("order", f"{each.does} and {step.does} at {local}")
                        return
                passed = (*places[:at], places[at] + 1, *places[at + 1 :])
                lost = [(local, passed)] if step.sender is not None and lossy else []
                for moved in ((self._taken(local, step).local, passed), *lost):
                    if moved not in found:
                        found.add(moved)
                        pending.append(moved)

    def _queues(self, node: int, region: Region) -> list[list[Step]]:
        """What is left to happen at a node, one queue for each place where things wait in turn."""
        layout, classes = self.sets.tables.layout, self.sets.dependence.classes
        topology, actor = layout.system.topology, layout.system.actor
        left = layout.system.script[node][region.scripted :]
        queues = [[Step(classes.performs[node], None, command) for command in left]]
        for link, started in zip(layout.out_links[node], region.exchanged, strict=True):
            command = actor.exchange(topology.links[link][1])
            rest = layout.system.exchanges - started
            queues.append([Step(classes.starts[link], None, command)] * rest)
        for link, channel in zip(layout.in_links[node], region.channels, strict=True):
            sender = topology.links[link][0]
            messages = [message for frame in channel for message in frame]
            kinds = self.sets.dependence.promises[node].kinds(region, link, channel)
            pairs = zip(kinds, messages, strict=True)
            queues.append([Step(kind, sender, message) for kind, message in pairs])
        return queues

    def _taken(self, local: Local, step: Step) -> Effects:
        actor = self.sets.tables.layout.system.actor
        if step.sender is None:
            return actor.command(local, step.does)
        return received(actor, local, step.sender, (step.does,))

    def _commute(
        self, name: str, local: Local, one: Step, two: Step, askers: dict[str, Local]
    ) -> bool:
        """Whether both orders come to the same, but for messages that do nothing. Spec: RED-11."""
        self.checked += 1
        forth = self._outcome(name, local, (one, two), askers)
        return forth == self._outcome(name, local, (two, one), askers)

    def _outcome(
        self, name: str, local: Local, steps: tuple[Step, Step], askers: dict[str, Local]
    ) -> tuple[Local, dict[str, list[Hashable]]]:
        """The state of node `name` after two steps, and what it sends that does something."""
        sends: list[tuple[str, Hashable]] = []
        for step in steps:
            effects = self._taken(local, step)
            local = effects.local
            sends.extend(effects.sends)
        facets = self.sets.claims.facets
        knowledge = facets.knowledge(local)
        sent: dict[str, list[Hashable]] = {}
        for target, message in sends:
            peer = askers.get(target)
            simplest = None if peer is None else facets.canonical(peer, name, message)
            if simplest is not None and not facets.pointless(knowledge, message):
                sent.setdefault(target, []).append(simplest)
        return local, sent
