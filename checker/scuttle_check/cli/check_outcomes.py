"""``scuttle check --outcomes``: what the replicas of one model can end with, and how."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import click

from scuttle_check.base.errors import AS_EXPECTED, INCONCLUSIVE, INTERRUPTED
from scuttle_check.cli import shown
from scuttle_check.engine.system import World
from scuttle_check.engine.worlds import Gone
from scuttle_check.gossip.agreement import fair_rounds
from scuttle_check.gossip.experiment import Experiment, Setup
from scuttle_check.gossip.in_force import presumed
from scuttle_check.search.budget import BROKEN_OFF, Budget
from scuttle_check.search.outcomes import Outcome, outcomes
from scuttle_ref.names import place_name, thawed_value
from scuttle_ref.state import NodeState

Held: TypeAlias = tuple[tuple[str, str], ...]
"""The store of a replica: each place with its entry, as text."""


def check_outcomes(experiment: Experiment, budget: Budget, *, as_json: bool) -> int:
    """Print every outcome of a model; the exit code. Spec: CHK-13."""
    setup = experiment.build()
    stores: dict[Hashable, tuple[NodeState | Gone, ...]] = {}
    found, stats = outcomes(setup.system, _ending(setup, stores), budget)
    if as_json:
        document = {
            "format": "scuttle-outcomes/1",
            "experiment": experiment.to_json(),
            "outcomes": [_json(setup, each, stores[each.ended]) for each in found],
            **shown.stats_json(stats),
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        lines = [presumed(experiment), "", "from quiescent worlds, after fair rounds:", ""]
        for each in found:
            lines += _text(setup, each)
        click.echo("\n".join([*lines, "", shown.stats_line(stats)]))
    if stats.stop == BROKEN_OFF:
        return INTERRUPTED
    return AS_EXPECTED if stats.complete else INCONCLUSIVE


def _ending(
    setup: Setup, stores: dict[Hashable, tuple[NodeState | Gone, ...]]
) -> Callable[[World], Hashable | None]:
    """What the replicas hold once fair rounds have followed a quiescent world. Spec: CONV-13."""
    rounds, known = fair_rounds(setup.system), dict[Any, Hashable]()

    def ending(world: World) -> Hashable | None:
        if not setup.system.quiescent(world):
            return None
        if world.nodes not in known:
            nodes: tuple[NodeState | Gone, ...] = rounds.settle(world.nodes).nodes  # type: ignore[assignment]
            ended = tuple(map(_held, nodes))
            stores.setdefault(ended, nodes)
            known[world.nodes] = ended
        return known[world.nodes]

    return ending


def _held(node: NodeState | Gone) -> Held:
    if isinstance(node, Gone):
        return GONE
    return tuple((place_name(place), str(entry)) for place, entry in node.store)


GONE: Held = (("", ""),)
"""Stands for what a node holds that has stopped for good: no entry is an empty text."""


def _left(ended: tuple[Held, ...]) -> set[Held]:
    """What those replicas hold that are left."""
    return {each for each in ended if each != GONE} or {GONE}


def _all(ended: tuple[Held, ...]) -> str:
    gone = sum(each == GONE for each in ended)
    return f"{gone} gone; all others" if gone else "all"


def _shown(held: Held) -> str:
    if held == GONE:
        return "nothing any more: it is gone"
    return " ".join(f"{place}={entry}" for place, entry in held) or "nothing"


def _text(setup: Setup, outcome: Outcome) -> list[str]:
    ended: tuple[Held, ...] = outcome.ended  # type: ignore[assignment]
    names, steps = setup.system.topology.nodes, len(outcome.schedule)
    times = f"{outcome.worlds:>8,} x "
    if len(_left(ended)) == 1:
        lines = [f"{times} {_all(ended)} hold {_shown(_left(ended).pop())}"]
    else:
        pairs = zip(names, ended, strict=True)
        held = "; ".join(f"{name} holds {_shown(each)}" for name, each in pairs)
        lines = [f"{times} {held}"]
    how = "; ".join(map(str, outcome.schedule)) or "nothing happens"
    return [*lines, f"           after {steps} steps: {how}"]


def _json(setup: Setup, outcome: Outcome, nodes: tuple[NodeState | Gone, ...]) -> dict[str, Any]:
    ended: tuple[Held, ...] = outcome.ended  # type: ignore[assignment]
    return {
        "worlds": outcome.worlds,
        "equal": len(_left(ended)) == 1,
        "replicas": {
            name: {
                "/".join(place): {
                    "value": thawed_value(entry.value),
                    "version": entry.version,
                    "source_id": entry.source_id,
                }
                for place, entry in node.store
            }
            for name, node in zip(setup.system.topology.nodes, nodes, strict=True)
            if isinstance(node, NodeState)
        },
        "schedule": list(map(str, outcome.schedule)),
    }
