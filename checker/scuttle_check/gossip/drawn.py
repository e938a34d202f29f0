"""A run as a trace in ITF, the format of other checkers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scuttle_check.engine.actions import Action
from scuttle_check.engine.pictures import itf
from scuttle_check.engine.system import System, World
from scuttle_check.engine.trace import Trace
from scuttle_check.gossip.experiment import Experiment
from scuttle_ref.names import thawed_value
from scuttle_ref.state import NodeState

# --- ITF ----------------------------------------------------------------------------------------


def itf_of(
    experiment: Experiment, schedule: Sequence[Action], told: str, run: dict[str, Any]
) -> dict[str, Any]:
    """The worlds of a schedule as a trace in ITF.

    `run` is the document from which it can be run again; it stands in `#meta`. Where the last world
    of a lasso is the one in which its cycle began, `loop` names what follows it, the world after
    that. Where numbers only grow they are alike and not equal, and ITF has no word for it.

    Spec: CONVERT-1, CONVERT-3.
    """
    system = experiment.build().system
    worlds = Trace.beyond(system, schedule).states
    actions = ["init", *map(str, schedule)]
    pairs = enumerate(zip(worlds, actions, strict=True))
    states = [
        {"#meta": {"index": at}, "mbt::actionTaken": action, **_state(system, world)}
        for at, (world, action) in pairs
    ]
    begun = len(run.get("prefix", states)) + 1
    loop = {}
    if begun < len(states) and _same(states[begun - 1], states[-1]):
        loop = {"loop": begun}
    return {
        "#meta": {
            "format": "ITF",
            "source": "scuttle-ref",
            "description": told,
            "run": run,
        },
        "params": [],
        "vars": ["mbt::actionTaken", "nodes", "network"],
        "states": states,
        **loop,
    }


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("nodes", "network"))


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
