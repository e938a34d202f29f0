"""Agreement: do all replicas end equal? The property this project exists for.

The fair rounds after a schedule, as actions: so that a divergence can be watched.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from scuttle_check.engine.network import NO_OUTAGES, Network
from scuttle_check.engine.rounds import EndlessExchange, FairRounds, Settled
from scuttle_check.engine.system import Action, Deliver, Start, System, World
from scuttle_check.gossip.actor import moves_update
from scuttle_ref.names import Mark, Place, Value
from scuttle_ref.state import NodeState

Observed: TypeAlias = dict[Place, tuple[Value, Mark]]
"""What an owner can see of a replica: per place, value and version."""


def observed(state: NodeState) -> Observed:
    """The store as ``get`` shows it, without the writers."""
    return {place: (entry.value, entry.version) for place, entry in state.store}


def disagreement(nodes: tuple[NodeState, ...]) -> str | None:
    """A sentence about the first place at which two replicas differ, or None."""
    if not nodes:
        return None
    first = nodes[0]
    for other in nodes[1:]:
        one, two = observed(first), observed(other)
        for place in sorted(one.keys() | two.keys()):
            if repr(one.get(place)) != repr(two.get(place)):
                held = f"{first.id} has {_shown(one.get(place))}"
                return f"{held} and {other.id} has {_shown(two.get(place))} for {'/'.join(place)}"
    return None


def _shown(seen: tuple[Value, Mark] | None) -> str:
    return "nothing" if seen is None else f"{seen[0]}@{seen[1]}"


def fair_rounds(system: System) -> FairRounds:
    """The fair rounds of a system, wired and housed as it is. Spec: CONV-13."""
    return FairRounds(system.actor, system.topology, system.network, moves_update, system.wiring)


def settled(system: System, nodes: tuple[NodeState, ...]) -> Settled:
    """Fair rounds from `nodes` over the healed network of `system`. Spec: CONV-13."""
    return fair_rounds(system).settle(nodes)


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
