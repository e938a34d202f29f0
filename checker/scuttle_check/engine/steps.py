"""What can happen in a system, and what then happens: the one meaning of a step.

Laws of this file: all of it is made of the gates and cells of :mod:`scuttle_check.engine.cells`.
The plain search, every replay and the explorer interpret them, and the compiled searches and the
walks keep them in tables that know no fault by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, reduce
from operator import or_
from typing import Any

from attrs import define, field

from scuttle_check.engine.actions import (
    Action,
    Crash,
    Cut,
    Deliver,
    Drop,
    Duplicate,
    Heal,
    Overtake,
    Pause,
    Perform,
    Restart,
    Resume,
    Start,
    Stop,
)
from scuttle_check.engine.cells import After, Gate, Link, Move, Refused, Values, taken
from scuttle_check.engine.environment import CUT, SENDER_DOWN, SENDER_GONE, Environment
from scuttle_check.engine.network import DOWN, GONE, UNLIMITED, UP
from scuttle_check.engine.worlds import World

QUIET = ("link", "script", "status")
"""The kinds of slots that a quiescent world says something of."""


@define(eq=False)
class _Listing:
    """The moves there can be, and which of them each value of a slot closes, as bits."""

    moves: list[Move]
    gates: dict[int, dict[Gate, int]] = field(factory=dict)
    closed: list[tuple[int, dict[Any, int], dict[Gate, int]]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        for at, move in enumerate(self.moves):
            for gate in move.gates:
                of_slot = self.gates.setdefault(gate.slot, {})
                of_slot[gate] = of_slot.get(gate, 0) | 1 << at
        self.closed = [(slot, {}, gates) for slot, gates in self.gates.items()]

    def open(self, values: Values) -> Iterator[Move]:
        """The moves that no gate refuses in a world, in their order."""
        closed = 0
        for slot, known, gates in self.closed:
            value = values[slot]
            bits = known.get(value)
            if bits is None:
                refusing = (bits for gate, bits in gates.items() if gate.asks(value) is not None)
                bits = known[value] = reduce(or_, refusing, 0)
            closed |= bits
        left = ~closed & ((1 << len(self.moves)) - 1)
        while left:
            lowest = left & -left
            yield self.moves[lowest.bit_length() - 1]
            left ^= lowest


@define(eq=False, slots=False)
class Steps(Environment):
    """What can happen in the worlds of a system."""

    _listings: dict[int, _Listing] = field(init=False, factory=dict, repr=False)

    # --- worlds as rows ---------------------------------------------------------------------------

    def values(self, world: World) -> Values:
        """The values of the slots in a world."""
        topology = self.system.topology
        listens, down = self.system.reactions.listens, world.status
        silent = {DOWN: SENDER_DOWN, GONE: SENDER_GONE}
        links = (
            Link(
                (CUT if cut else 0)
                | (silent.get(down[topology.node_index[peer]], 0) if listens else 0),
                queue,
            )
            for (peer, _), queue, cut in zip(topology.links, world.channels, world.cut, strict=True)
        )
        counts = zip(world.spent, self.system.budgets, strict=True)
        spent = (count for count, budget in counts if budget != UNLIMITED)
        return (*world.nodes, *world.scripted, *world.status, *world.exchanged, *links, *spent)

    def world(self, values: Values) -> World:
        """The world of a row of values."""
        nodes, links = len(self.system.topology.nodes), len(self.system.topology.links)
        flights = values[3 * nodes + links : 3 * nodes + 2 * links]
        counts = iter(values[3 * nodes + 2 * links :])
        return World(
            values[:nodes],
            tuple([flight.queue for flight in flights]),
            values[nodes : 2 * nodes],
            values[3 * nodes : 3 * nodes + links],
            tuple([0 if limit == UNLIMITED else next(counts) for limit in self.system.budgets]),
            values[2 * nodes : 3 * nodes],
            tuple([bool(flight.broken & CUT) for flight in flights]),
        )

    def rests(self, slot: int, value: Any) -> bool:
        """Whether a slot is as it must be in a quiescent world. Spec: CONV-12.

        The owner is done, nothing is in flight or broken, and all is up that is not gone.
        """
        kind, of = self.slots[slot].kind, self.slots[slot].of
        if kind == "script":
            return bool(value == len(self.system.script[self.system.topology.node_index[of]]))
        if kind == "status":
            return value in {UP, GONE}
        return kind not in QUIET or not (value.queue or value.broken & ~SENDER_GONE)

    # --- the interpreter: the plain search, every replay and every picture ------------------------

    def enabled(self, values: Values) -> Iterator[Move]:
        """Every move that no gate refuses, in the order of :meth:`listed`. No actor is asked."""
        nodes, links = len(self.system.topology.nodes), len(self.system.topology.links)
        first = 3 * nodes + links
        places = max([len(each.queue) for each in values[first : first + links]], default=0)
        return self._listing(places).open(values)

    def after(self, values: Values, action: Action, *, limits: bool = True) -> After | Refused:
        """What an action comes to, or why it cannot happen; budgets count where `limits` do.

        Spec: EXPL-3, FAULT-1.
        """
        move = self.move(action)
        if isinstance(move, Refused):
            return move
        obstacle = move.obstacle(values, limits=limits)
        return taken(move, values) if obstacle is None else obstacle

    def listed(self, places: int) -> list[Move]:
        """Every move there can be while links hold at most `places` frames, in a fixed order."""
        return self._listing(places).moves

    def _listing(self, places: int) -> _Listing:
        network = self.system.network
        if network.ordered and not network.overtakings:
            places = 1
        known = self._listings.get(places)
        if known is None:
            actions = (*self._orders, *self._fates(places), *self._misfortunes)
            moves = [move for move in map(self.move, actions) if isinstance(move, Move)]
            known = self._listings[places] = _Listing(moves)
        return known

    def _fates(self, places: int) -> Iterator[Action]:
        """What may become of frames in this system."""
        network, links = self.system.network, self.system.topology.links
        fates = (
            (Deliver, 1),
            (Drop, network.losses),
            (Duplicate, network.duplicates),
            (Overtake, network.overtakings),
        )
        for kind, budget in fates:
            if budget:
                late = kind is Overtake
                most = 1 if network.ordered and not late else places
                yield from (kind(*link, at) for link in links for at in range(late, most))

    @cached_property
    def _orders(self) -> list[Action]:
        """What owners do: commands and exchanges."""
        topology = self.system.topology
        performed: list[Action] = [Perform(node) for node in topology.nodes]
        return performed + [Start(*link) for link in topology.links]

    @cached_property
    def _misfortunes(self) -> list[Action]:
        """What may happen to connections and nodes in this system, and how it ends."""
        topology, outages = self.system.topology, self.system.outages
        found: list[Action] = []
        if self.system.network.cuts:
            for pair in topology.connections:
                found += (Heal(*pair), Cut(*pair))
        if outages.crashes:
            found += (Crash(node) for node in topology.nodes if outages.may(node))
        if outages.pauses:
            found += (Pause(node) for node in topology.nodes)
        for node in topology.nodes:
            if outages.crashes:
                found.append(Restart(node, outages.comeback))
            if outages.pauses:
                found.append(Resume(node))
        if outages.stops:
            found += (Stop(node) for node in topology.nodes if outages.may(node))
        return found
