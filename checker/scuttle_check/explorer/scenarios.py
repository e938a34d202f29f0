"""A scenario as something to explore: the dialogue becomes a run over the nodes it names."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from scuttle_check.base.errors import UsageFault
from scuttle_check.engine.topology import from_links
from scuttle_check.explorer.explorable import NamedRun, Source
from scuttle_check.explorer.play import Play, settled_experiment
from scuttle_check.gossip.experiment import DELTA_ORDERS, Experiment
from scuttle_check.gossip.scenario import PROMPT, play
from scuttle_check.gossip.stage import Stage
from scuttle_ref.resolvers import RESOLVERS

STEPS_MAX = 150
"""How many steps of a dialogue are shown; nobody looks at more one by one. Unit: steps."""

EXCHANGES_MAX = 2
"""How many exchanges of each link are foreseen, for the search; a page allows any number."""


def scenario_source(text: str, name: str) -> Source:
    """The nodes of a scenario, each linked to each, and its commands as a run. Raises UsageFault.

    Spec: EXPL-8.
    """
    stage = Stage()
    play(text, name, stage)
    labels = [move.label for move in stage.moves]
    if not stage.nodes:
        raise UsageFault("has no nodes to show", where=name, expected="a line '> nodes A B'")
    nodes = list(stage.nodes)
    links = [(one, other) for one in nodes for other in nodes if one != other]
    experiment = Experiment(
        topology=from_links(nodes, links, f"complete:{len(nodes)}"),
        script=((),) * len(nodes),
        profile=stage.profile.name,
        max_history=stage.config.max_history,
        mtu=stage.config.mtu,
        resolver=_resolver_name(stage, name),
        delta_order=_named(DELTA_ORDERS, stage.config.delta_order) or "depth",
        processes=_processes(stage),
    )
    played = Play(experiment)
    ran = played.run(labels[:STEPS_MAX])
    settled, schedule = settled_experiment(played, ran.taken)
    fewer = min(settled.exchanges, EXCHANGES_MAX)
    more = len(labels) - STEPS_MAX
    note = f"The first {STEPS_MAX} steps of the dialogue; {more:,} more are left out."
    return Source(
        _title(text, name),
        attrs.evolve(settled, exchanges=fewer),
        (NamedRun("the dialogue", schedule),),
        note if more > 0 else "",
    )


def _title(text: str, name: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return name if first.startswith(PROMPT) or not first else first.lstrip("# ").rstrip(".")


def _resolver_name(stage: Stage, where: str) -> str:
    resolver = stage.config.resolve
    known = _named(RESOLVERS, resolver)
    if known is not None:
        return known
    module, name = getattr(resolver, "__module__", ""), getattr(resolver, "__qualname__", "")
    if not module or "<" in name:
        raise UsageFault("has a resolver without a name", where=where)
    return f"{module}:{name}"


def _named(table: Mapping[str, object], value: object) -> str | None:
    return next((name for name, known in table.items() if known is value), None)


def _processes(stage: Stage) -> tuple[tuple[str, ...], ...]:
    homes: dict[int, list[str]] = {}
    for node, process in stage.process_of.items():
        homes.setdefault(process, []).append(node)
    return tuple(tuple(nodes) for nodes in homes.values() if len(nodes) > 1)
