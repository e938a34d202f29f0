"""Worlds as the page shows them: JSON of nodes, messages in flight, and findings."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeAlias

from attrs import define, field

from scuttle_check.engine.actions import Action
from scuttle_check.engine.network import DOWN, GONE, PAUSED, Channel
from scuttle_check.engine.properties import (
    Always,
    AlwaysStep,
    Broken,
    Eventually,
    Good,
    Property,
    Sometimes,
)
from scuttle_check.engine.system import System, World
from scuttle_check.engine.telling import Told, tell
from scuttle_check.engine.worlds import Gone
from scuttle_ref.names import one_line, place_name
from scuttle_ref.rules import PROCESS
from scuttle_ref.state import NodeState

Json: TypeAlias = dict[str, Any]

VACUOUS, KEPT = 0, 1
"""How a property fares at a step, where it is not broken; a broken one is a sentence."""

STATUS = {DOWN: "down", PAUSED: "paused", GONE: "gone"}


def node_json(state: NodeState | Gone) -> Json:
    """What a node knows, as cells [key, text]; a cell whose text differs at a step has changed."""
    if isinstance(state, Gone):
        return {"id": state.id, "holds": [], "clock": [], "history": [], "named": []}
    return {
        "id": state.id,
        "holds": [
            [place_name(place), f"{one_line(place_name(place))}={e}"] for place, e in state.store
        ],
        "clock": [[source, f"{source}:{mark}"] for source, mark in state.clock.pairs],
        "history": [[f"{u.source_id}{u.version}", str(u)] for u in state.history.updates],
        "named": [
            [f"{session}/{source}", f"{'process' if session == PROCESS else session}: {source}"]
            for session, marks in state.named
            for source, _ in marks
        ],
    }


def channel_json(channel: Channel) -> list[str]:
    """The frames in flight on a link, the oldest first."""
    return [" + ".join(map(str, frame)) for frame in channel]


def condition_json(system: System, world: World) -> Json:
    """What is not as usual: nodes that are down or paused, links that are broken."""
    status = {
        node: STATUS[value]
        for node, value in zip(system.topology.nodes, world.status, strict=True)
        if value in STATUS
    }
    return {
        "status": status,
        "cut": [at for at, cut in enumerate(world.cut) if cut],
        "quiescent": system.quiescent(world),
    }


def told_json(told: Told) -> list[Any]:
    """A step as [headline, details]."""
    return [told.headline, list(told.details)]


def tell_step(system: System, world: World, action: Action) -> list[Any]:
    """What `action` is and does, as [headline, details]. Spec: EXPL-4."""
    return told_json(tell(system, world, action))


@define
class Findings:
    """How the properties of one setup fare, each distinct part judged once.

    Spec: EXPL-5.
    """

    properties: Sequence[Property]
    _judged: dict[tuple[str, Hashable], object] = field(factory=dict, init=False)

    def of_world(self, world: World) -> list[int | str | None]:
        """One finding for each property; None for those that look at steps."""
        return [
            None if isinstance(each, AlwaysStep | Eventually) else self._of(each, each.parts(world))
            for each in self.properties
        ]

    def of_step(self, before: World, action: Action, after: World) -> list[int | str | None]:
        """One finding for each property; None for those that look at worlds."""
        return [
            self._of(each, each.parts(before, action, after))
            if isinstance(each, AlwaysStep)
            else None
            for each in self.properties
        ]

    def _of(self, each: Always | AlwaysStep | Sometimes, parts: Iterable[Hashable]) -> int | str:
        worst: int | str = VACUOUS
        for part in parts:
            key = (each.name, part)
            if key not in self._judged:
                self._judged[key] = each.check(part)
            match self._judged[key]:
                case Broken(because=because):
                    return because
                case Good.KEPT | True:
                    worst = KEPT
        return worst


def property_json(each: Property) -> Json:
    """A property as the page lists it."""
    kind = {Always: "always", AlwaysStep: "each step", Sometimes: "sometimes"}.get(type(each), "")
    return {"name": each.name, "clause": each.clause, "says": each.says, "kind": kind}
