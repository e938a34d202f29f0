"""How much a search had met of each node and link when it was stopped.

Worlds are combinations of few parts. Where the parts have stopped growing, the model is finite and
merely large; where they grow with the budget, it may be infinite.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from scuttle_check.engine.network import Channel
from scuttle_check.engine.system import System, World
from scuttle_check.engine.verdict import Growth
from scuttle_check.search.compiled.layout import Layout


def growth_of_worlds(model: Any, worlds: Iterable[Any]) -> Growth | None:
    """The growth of a system, from all worlds met; None for other models. Spec: CHK-6."""
    if not isinstance(model, System):
        return None
    states: list[set[Hashable]] = [set() for _ in model.topology.nodes]
    contents: list[set[Channel]] = [set() for _ in model.topology.links]
    world: World
    for world in worlds:
        for met, local in zip(states, world.nodes, strict=True):
            met.add(local)
        for held, channel in zip(contents, world.channels, strict=True):
            held.add(channel)
    return _growth(model, states, contents)


def growth_of_components(layout: Layout, met: Sequence[Sequence[Sequence[Any]]]) -> Growth:
    """The growth of a system, from the components met of each node. Spec: CHK-6.

    A search that was stopped before its first world has met none.
    """
    states: list[set[Hashable]] = [set(values[0]) if values else set() for values in met]
    contents: list[set[Channel]] = [set() for _ in layout.system.topology.links]
    for node, values in enumerate(met):
        if not values:
            continue
        for link, held in zip(
            layout.in_links[node], [values[at] for at in layout.link_columns(node)], strict=True
        ):
            contents[link].update(each.queue for each in held)
    return _growth(layout.system, states, contents)


def _growth(system: System, states: list[set[Hashable]], contents: list[set[Channel]]) -> Growth:
    nodes = zip(system.topology.nodes, map(len, states), strict=True)
    links = (
        (f"{source}>{target}", len(held), max(map(len, held), default=0))
        for (source, target), held in zip(system.topology.links, contents, strict=True)
    )
    return Growth(tuple(nodes), tuple(links))
