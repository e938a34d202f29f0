"""The fair rounds after a schedule, as actions: so that a divergence can be watched."""

from __future__ import annotations

import attrs

from checker.actors import Action, Deliver, Start, System, World
from checker.network import Network
from checker.scuttlebutt.agreement import settled

ROUNDS_SHOWN = 2
"""More rounds than this repeat what was seen."""


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
    )
    actions: list[Action] = []
    for link in system.topology.links * rounds:
        pending: Action | None = Start(*link)
        while pending is not None:
            world = healed.next(world, pending)
            actions.append(pending)
            pending = _first_arrival(healed, world)
    return healed, tuple(actions)


def _first_arrival(system: System, world: World) -> Deliver | None:
    """An arrival on the first link that has something in flight."""
    for link, channel in zip(system.topology.links, world.channels, strict=True):
        if channel:
            return Deliver(*link)
    return None
