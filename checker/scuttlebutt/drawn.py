"""A schedule as a timeline, and as a trace in ITF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from checker.actions import Action, Deliver, Drop, Duplicate, Overtake
from checker.actors import System, World
from checker.network import Frame
from checker.render import itf
from checker.render.timeline import Fate, Moment, Passage, Timeline
from checker.scuttlebutt.counterexample import Counterexample
from checker.scuttlebutt.explain import headline, worlds_of
from scuttle_ref.state import NodeState
from scuttle_ref.wire import thawed_value

Flying = tuple[int, int, Frame]
"""The number of a message in flight, when it was sent, and what it is."""


def timeline_of(system: System, schedule: Sequence[Action]) -> Timeline:
    """What happened where, and every message from its sending to its end.

    A frame is told as what it carries; of equal frames on one link the older is taken for the one
    that goes on.
    """
    worlds = worlds_of(system, schedule)
    flying: list[list[Flying]] = [[] for _ in system.topology.links]
    moments: list[Moment] = []
    passages: list[Passage] = []
    numbers = 0
    for at, (world, after, action) in enumerate(
        zip(worlds, worlds[1:], schedule, strict=False), start=1
    ):
        match action:
            case Deliver() | Drop() | Duplicate() | Overtake():
                link = system.topology.link_index[action.source, action.target]
                fate = Fate.LOST if isinstance(action, Drop) else Fate.ARRIVED
                passages.append(_ended(system, link, flying[link][action.index], at, fate))
                if not isinstance(action, Duplicate):
                    del flying[link][action.index]
            case _:
                node = getattr(action, "node", None) or getattr(action, "source", "")
                moments.append(Moment(at, str(node), headline(system, world, action)))
        for link, channel in enumerate(after.channels):
            left = list(flying[link])
            flying[link] = []
            for frame in channel:
                known = next((each for each in left if each[2] == frame), None)
                if known is None:
                    numbers += 1
                    known = (numbers, at, frame)
                else:
                    left.remove(known)
                flying[link].append(known)
            passages.extend(_ended(system, link, each, at, Fate.LOST) for each in left)
    for link, queue in enumerate(flying):
        end = len(schedule) + 1
        passages.extend(_ended(system, link, each, end, Fate.IN_FLIGHT) for each in queue)
    ordered = tuple(sorted(passages, key=lambda each: (each.sent, each.number, each.ended)))
    return Timeline(system.topology.nodes, tuple(moments), ordered, len(schedule))


def _ended(system: System, link: int, flying: Flying, at: int, fate: Fate) -> Passage:
    source, target = system.topology.links[link]
    number, sent, frame = flying
    return Passage(number, source, target, sent, at, " + ".join(map(str, frame)), fate)


# --- ITF ----------------------------------------------------------------------------------------


def itf_of(found: Counterexample) -> dict[str, Any]:
    """The worlds of a schedule as a trace in ITF; `#meta` holds what it takes to run it again.

    Spec: CONVERT-3.
    """
    system = found.experiment.build().system
    worlds = worlds_of(system, found.schedule)
    actions = ["init", *map(str, found.schedule)]
    pairs = enumerate(zip(worlds, actions, strict=True))
    return {
        "#meta": {
            "format": "ITF",
            "source": "scuttle-ref",
            "description": f"{found.property}: {found.because}",
            "counterexample": found.to_json(),
        },
        "params": [],
        "vars": ["mbt::actionTaken", "nodes", "network"],
        "states": [
            {"#meta": {"index": at}, "mbt::actionTaken": action, **_state(system, world)}
            for at, (world, action) in pairs
        ],
    }


def _state(system: System, world: World) -> dict[str, Any]:
    nodes = {
        node: _node(state)
        for node, state in zip(system.topology.nodes, world.nodes, strict=True)
        if isinstance(state, NodeState)
    }
    links = zip(system.topology.links, world.channels, strict=True)
    network = {link: [[str(m) for m in frame] for frame in channel] for link, channel in links}
    return {"nodes": itf.encoded(nodes), "network": itf.encoded(network)}


def _node(state: NodeState) -> itf.Record:
    """What a node knows. A mark that is no integer is a text."""
    return itf.Record(
        {
            "store": {
                place: itf.Record(
                    {
                        "value": json.dumps(thawed_value(entry.value), default=str),
                        "version": _mark(entry.version),
                        "source_id": entry.source_id,
                    }
                )
                for place, entry in state.store
            },
            "clock": {source: _mark(mark) for source, mark in state.clock.pairs},
            "history": [(u.source_id, u.version, u.key) for u in state.history.updates],
        }
    )


def _mark(mark: float) -> int | str:
    return int(mark) if isinstance(mark, int) else str(mark)
