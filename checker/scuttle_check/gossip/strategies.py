"""Hypothesis strategies for what Scuttlebutt speaks of: a public interface.

All of them shrink: fewer updates, fewer nodes, smaller versions, simpler values. Each function
returns a strategy; none needs an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from scuttle_check.engine.actions import Action
from scuttle_check.engine.system import System
from scuttle_check.engine.topology import Topology, from_links, node_name
from scuttle_check.gossip.script import NodeCommand
from scuttle_ref.messages import Delta, Digest, DigestDone, Message, Put, Update
from scuttle_ref.names import NEVER, VERSION_MAX, Key, NodeId, Value, frozen_value

__all__ = [
    "VALUES",
    "commands",
    "digests",
    "histories",
    "messages",
    "schedules",
    "sources",
    "topologies",
    "updates",
    "values",
    "versions",
]

_numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_scalars = st.none() | st.booleans() | _numbers | st.text(max_size=8)
_json = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
).map(frozen_value)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "json": _json,
    "integers": st.integers(-(2**53), 2**53),
    "numbers": _numbers,
    "text": st.text(max_size=12),
    "booleans": st.booleans(),
    "lists": st.lists(st.integers(0, 9), max_size=3).map(tuple),
    "sets": st.frozensets(st.integers(0, 5), max_size=4).map(lambda items: tuple(sorted(items))),
}
"""Values by the name of their kind, as in ``scuttle laws --values``."""


def values() -> st.SearchStrategy[Value]:
    """What a key can hold: any JSON value, lists as tuples and objects as Records."""
    return VALUES["json"]


def sources(names: Sequence[NodeId] = ("A", "B", "C")) -> st.SearchStrategy[NodeId]:
    """Who writes."""
    return st.sampled_from(list(names))


def versions() -> st.SearchStrategy[int]:
    """Versions: mostly small, so that sources tie; sometimes the largest there is."""
    return st.integers(1, 4) | st.integers(1, 50) | st.sampled_from([VERSION_MAX - 1, VERSION_MAX])


def updates(
    values: st.SearchStrategy[Any] | None = None,
    sources: st.SearchStrategy[NodeId] | None = None,
    keys: st.SearchStrategy[Key] | None = None,
) -> st.SearchStrategy[Update]:
    """Single updates."""
    return st.builds(
        Update,
        source_id=_or(sources, globals()["sources"]()),
        key=_or(keys, st.sampled_from(["k", "j"])),
        value=_or(values, VALUES["json"]),
        version=versions(),
    )


def _or(given: st.SearchStrategy[Any] | None, default: st.SearchStrategy[Any]) -> Any:
    return default if given is None else given


def histories(
    values: st.SearchStrategy[Any] | None = None,
    sources: st.SearchStrategy[NodeId] | None = None,
    keys: st.SearchStrategy[Key] | None = None,
    *,
    min_size: int = 0,
    max_size: int = 5,
) -> st.SearchStrategy[Delta]:
    """Distinct updates in an order of delivery: no two have the same source and version."""
    return st.lists(
        updates(values, sources, keys),
        min_size=min_size,
        max_size=max_size,
        unique_by=lambda update: (update.source_id, update.version),
    ).map(tuple)


def digests() -> st.SearchStrategy[Digest]:
    """Digest lines: a source, and up to where it was seen, or never."""
    return st.builds(Digest, sources(), st.integers(0, 4) | st.just(NEVER))


def messages() -> st.SearchStrategy[Message]:
    """Anything valid that a peer may send."""
    return updates() | digests() | st.builds(DigestDone, st.booleans())


@st.composite
def topologies(draw: st.DrawFn, max_nodes: int = 4) -> Topology:
    """Connected graphs from two nodes on; fewer nodes and links are simpler."""
    count = draw(st.integers(2, max_nodes))
    edges = {(draw(st.integers(0, at - 1)), at) for at in range(1, count)}
    others = [(one, at) for at in range(count) for one in range(at) if (one, at) not in edges]
    if others:
        edges |= set(draw(st.lists(st.sampled_from(others), max_size=1)))
    nodes = [node_name(at) for at in range(count)]
    links = [(nodes[one], nodes[other]) for one, other in sorted(edges)]
    both_ways = [pair for one, other in links for pair in ((one, other), (other, one))]
    return from_links(nodes, both_ways, f"{count} nodes, {len(links)} links")


def commands(
    values: st.SearchStrategy[Any] | None = None, keys: Sequence[Key] = ("k", "j")
) -> st.SearchStrategy[NodeCommand]:
    """What an owner may ask of a node: writes."""
    return st.builds(Put, st.sampled_from(list(keys)), _or(values, VALUES["json"]))


@st.composite
def schedules(draw: st.DrawFn, system: System, max_size: int = 30) -> tuple[Action, ...]:
    """Schedules that a system allows, from its start: fewer steps are simpler."""
    world = next(iter(system.initial()))
    found: list[Action] = []
    for _ in range(draw(st.integers(0, max_size))):
        enabled = list(system.actions(world))
        if not enabled:
            break
        action = draw(st.sampled_from(enabled))
        found.append(action)
        world = system.next(world, action)
    return tuple(found)


def some(strategy: st.SearchStrategy[Any], count: int, number: int) -> list[Any]:
    """Up to `count` examples of a strategy, decided by the seed `number`, simplest first."""
    found: list[Any] = []

    def take(example: Any) -> None:
        found.append(example)

    quiet = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
            HealthCheck.large_base_example,
        ],
    )
    run: Any = seed(number)(quiet(given(strategy)(take)))
    run()
    return found
