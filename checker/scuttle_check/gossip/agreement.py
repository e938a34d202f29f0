"""Agreement: do all replicas end equal? The property this project exists for.

The fair rounds after a schedule, as actions: so that a divergence can be watched.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import attrs
from attrs import frozen

from scuttle_check.engine.network import NO_OUTAGES, Network
from scuttle_check.engine.properties import Property
from scuttle_check.engine.rounds import EndlessExchange, FairRounds, Settled
from scuttle_check.engine.system import Action, Deliver, Scope, Start, System, World
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.actor import moves_update
from scuttle_ref.names import Mark, Place, Value
from scuttle_ref.state import NodeState

Observed: TypeAlias = dict[Place, tuple[Value, Mark]]
"""What an owner can see of a replica: per place, value and version."""


def observed(state: NodeState) -> Observed:
    """The store as ``get`` shows it, without the writers."""
    return {place: (entry.value, entry.version) for place, entry in state.store}


@frozen
class Difference:
    """A place at which two replicas differ, and what each shows there."""

    one: str
    other: str
    place: Place
    seen: tuple[str, str]

    def __str__(self) -> str:
        held = f"{self.one} has {self.seen[0]}"
        return f"{held} and {self.other} has {self.seen[1]} for {'/'.join(self.place)}"

    @property
    def to_come(self) -> str:
        """The same of replicas that do not differ in that way yet."""
        ends = f"{self.one} will end with {self.seen[0]}"
        return f"{ends} and {self.other} with {self.seen[1]} for {'/'.join(self.place)}"


def difference(nodes: tuple[NodeState, ...]) -> Difference | None:
    """The first place at which two replicas differ, or None."""
    for other in nodes[1:]:
        one, two = observed(nodes[0]), observed(other)
        for place in sorted(one.keys() | two.keys()):
            if repr(one.get(place)) != repr(two.get(place)):
                seen = (_shown(one.get(place)), _shown(two.get(place)))
                return Difference(nodes[0].id, other.id, place, seen)
    return None


_TO_COME = re.compile(
    r"(\S+) will end with (.+) and (\S+) with (.+) for (.+), whatever they exchange"
)


def as_if_so_already(because: str) -> str:
    """A reason, whether it is told of what is to come or of what is: they are one cause."""
    found = _TO_COME.fullmatch(because)
    if found is None:
        return because
    one, first, other, second, place = found.groups()
    differ = Difference(one, other, tuple(place.split("/")), (first, second))
    return f"{differ}, and no later exchange moves any update"


def disagreement(nodes: tuple[NodeState, ...]) -> str | None:
    """A sentence about the first place at which two replicas differ, or None."""
    found = difference(nodes)
    return None if found is None else str(found)


def _shown(seen: tuple[Value, Mark] | None) -> str:
    return "nothing" if seen is None else f"{seen[0]}@{seen[1]}"


def fair_rounds(system: System) -> FairRounds:
    """The fair rounds of a system, wired and housed as it is. Spec: CONV-13."""
    return FairRounds(system.actor, system.topology, system.network, moves_update, system.wiring)


def settled(system: System, nodes: tuple[NodeState, ...]) -> Settled:
    """Fair rounds from `nodes` over the healed network of `system`. Spec: CONV-13."""
    return fair_rounds(system).settle(nodes)


def with_evidence(system: System, each: Property, trace: Trace) -> Trace:
    """The run that refutes a property, with the exchanges in which it is judged. Spec: CONV-13.

    Whoever is judged by what replicas end with is shown how they come there.
    """
    settles = each.scope in {Scope.QUIESCENT_NODES, Scope.TERMINAL_NODES}
    if not settles or not system.quiescent(trace.last):
        return trace
    healed, actions = aftermath(system, trace.last)
    first = trace.first + len(trace.actions)
    return attrs.evolve(trace, rest=Trace.beyond(healed, actions, start=trace.last, first=first))


ROUNDS_SHOWN = 2
"""More rounds than this repeat what was seen."""

ACTIONS_SHOWN = 500
"""Where an exchange without end is cut."""


def aftermath(system: System, world: World) -> tuple[System, tuple[Action, ...]]:
    """The healed system, and the actions of fair rounds from a quiescent `world`.

    As many rounds as move something, but at least one and at most ROUNDS_SHOWN.

    Spec: CONV-13.
    """
    outcome = settled(system, world.nodes)  # type: ignore[arg-type]
    rounds = max(1, min(outcome.rounds - 1, ROUNDS_SHOWN))
    healed = attrs.evolve(
        system,
        network=Network("healed", whole_answers=system.network.whole_answers),
        exchanges=max(world.exchanged, default=0) + rounds,
        outages=NO_OUTAGES,
    )
    actions: list[Start | Deliver] = []
    nodes = world.nodes
    try:
        for link in system.topology.links * rounds:
            nodes, _ = fair_rounds(healed).exchange(nodes, *link, actions)
    except EndlessExchange:
        del actions[ACTIONS_SHOWN:]
    return healed, tuple(actions)
