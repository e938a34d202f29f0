"""Agreement: do all replicas end equal? The property this project exists for."""

from __future__ import annotations

from typing import TypeAlias

from checker.actors import System
from checker.fairness import FairRounds, Settled
from checker.scuttlebutt.actor import moves_update
from scuttle_ref.names import Mark, Place, Value
from scuttle_ref.state import NodeState

Observed: TypeAlias = dict[Place, tuple[Value, Mark]]
"""What an owner can see of a replica: per place, value and version."""


def observed(state: NodeState) -> Observed:
    """The store as ``get`` shows it, without the writers."""
    return {place: (entry.value, entry.version) for place, entry in state.store}


def disagreement(nodes: tuple[NodeState, ...]) -> str | None:
    """A sentence about the first place at which two replicas differ, or None."""
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
