"""The fair rounds after a schedule, as actions: so that a divergence can be watched."""

from __future__ import annotations

import attrs

from checker.actors import Action, Deliver, Start, System, World
from checker.fairness import EndlessExchange
from checker.network import Network
from checker.outages import NO_OUTAGES
from checker.scuttlebutt.agreement import fair_rounds, settled

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
